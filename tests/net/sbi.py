#!/usr/bin/python3
"""What an NRF has registered and finds, over HTTP/2: against nghttpd (search, TLS, our certificate) and against
servers on python3-h2 that answer as TS 29.510 has it, or as no NRF should; tshark as witness. Neither is an NRF:
Debian has none."""
import json, os, socket, subprocess, sys, threading, time
import h2.config, h2.connection, h2.events, h2.exceptions
import daemons
from daemons import check, listens, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("nghttpd", "openssl", "tshark")
PORT, HOWS = 7777, ["good", "many", "gone", "refuse", "huge", "never", "trickle", "garbage", "deep", "reset", "goaway", "noise", "empty", "elsewhere"]
TYPES = ["AMF", "AMF", "SMF", "UPF", "AUSF", "UDM", "UDR", "PCF", "NSSF", "BSF", "5G_EIR"]
asked = []


def profile(how, name):
    number = int(name[-12:], 16)
    if how == "gone" and number % 3 == 0:
        return 404, {"title": "Not Found", "status": 404, "cause": "RESOURCE_NOT_FOUND"}
    status = "SUSPENDED" if number == 1 else "REGISTERED"
    return 200, {"nfInstanceId": name, "nfType": TYPES[number % len(TYPES)], "nfStatus": status, "plmnList": [{"mcc": "466", "mnc": "92"}]}


def answer(how, path):
    """Status and what the body says."""
    if how == "refuse":
        return 403, {"title": "Forbidden", "status": 403, "detail": "who are you", "cause": "ACCESS_NOT_ALLOWED"}
    if how == "elsewhere":
        return 307, {}
    if path == "/nnrf-nfm/v1/nf-instances":
        count = {"many": 300, "empty": 0}.get(how, len(TYPES))
        host = "somebody.else.test"  # which nobody is to be asked for
        return 200, {"_links": {"item": [{"href": f"http://{host}/nnrf-nfm/v1/nf-instances/00000000-0000-4000-8000-{n:012x}"} for n in range(count)]}, "totalItemCount": count}
    return profile(how, path.rsplit("/", 1)[1])


def respond(conn, sock, how, stream, path):
    headers = lambda status, kind="application/json": conn.send_headers(stream, [(":status", str(status)), ("content-type", kind)])
    if how in ("good", "many", "gone", "refuse", "empty", "elsewhere"):
        status, body = answer(how, path)
        headers(status, "application/problem+json" if status >= 400 else "application/json")
        whole = json.dumps(body).encode()
        for at in range(0, len(whole), 16000):
            conn.send_data(stream, whole[at:at + 16000])
        conn.end_stream(stream)
    elif how == "garbage":
        headers(200)
        conn.send_data(stream, b"<html>no</html>", end_stream=True)
    elif how == "deep":
        headers(200)
        conn.send_data(stream, b'{"a":' * 3000, end_stream=True)
    elif how == "reset":
        conn.reset_stream(stream, 2)
    elif how == "goaway":
        conn.close_connection(11)
    elif how in ("huge", "trickle", "never"):
        headers(200)
    sock.sendall(conn.data_to_send())
    return {"huge": b"x" * 16000, "trickle": b" "}.get(how)


def serve(sock, how):
    if how == "noise":
        sock.sendall(os.urandom(5000))
        while sock.recv(65536):
            pass
        return
    conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    conn.initiate_connection()
    sock.sendall(conn.data_to_send())
    more, stream, wait = None, None, {"trickle": 0.05, "huge": 0.0}.get(how)
    while True:
        sock.settimeout(None if more is None else max(wait, 0.0001))
        try:
            data = sock.recv(65536)
            if not data:
                return
            for event in conn.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    wanted = dict(event.headers)
                    asked.append((how, wanted[":method"], wanted[":path"]))
                    stream = event.stream_id
                    more = respond(conn, sock, how, stream, wanted[":path"])
                    if how == "goaway":
                        sock.shutdown(socket.SHUT_WR)
        except TimeoutError:
            pass
        except (OSError, h2.exceptions.ProtocolError):
            return
        if more is not None:
            room = conn.local_flow_control_window(stream)
            conn.send_data(stream, more[:room])
        try:
            sock.sendall(conn.data_to_send())
        except OSError:
            return


def listen(address, how):
    listener = socket.create_server((address, PORT))
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], how), daemon=True).start()


for i, how in enumerate(HOWS):
    threading.Thread(target=listen, args=(f"127.0.1.{i + 1}", how), daemon=True).start()
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nrf.jia.test", "-addext",
                "subjectAltName=DNS:nrf.jia.test", "-keyout", f"{work}/key.pem", "-out", f"{work}/cert.pem"], check=True, capture_output=True)
os.makedirs(f"{work}/docs/nnrf-disc/v1")
os.makedirs(f"{work}/docs/nnrf-nfm/v1")
json.dump({"validityPeriod": 60, "nfInstances": [profile("good", f"00000000-0000-4000-8000-{n:012x}")[1] for n in (2, 3)]},
          open(f"{work}/docs/nnrf-disc/v1/nf-instances", "w"))
json.dump({"_links": {"item": [{"href": "/nnrf-nfm/v1/nf-instances/a"}]}}, open(f"{work}/docs/nnrf-nfm/v1/nf-instances", "w"))
daemons.daemon(["nghttpd", "-a", "127.0.2.1", "--no-tls", "-d", f"{work}/docs", str(PORT)], lambda: listens("127.0.2.1", PORT))
daemons.daemon(["nghttpd", "-a", "127.0.2.2", "-V", "-d", f"{work}/docs", str(PORT), f"{work}/key.pem", f"{work}/cert.pem"], lambda: listens("127.0.2.2", PORT))
capture = daemons.Capture(f"tcp port {PORT} and not host 127.0.2.2", "sbi")
SITE = f"site: sbi-{os.getpid()}\ntargets:\n" + "".join(f"  {how}: {{kind: nrf, address: 127.0.1.{i + 1}, port: {PORT}}}\n" for i, how in enumerate(HOWS)) + f"""
  plain: {{kind: nrf, address: 127.0.2.1, port: {PORT}}}
  tls: {{kind: nrf, address: 127.0.2.2, port: {PORT}}}
  none: {{kind: nrf, address: 127.0.2.3, port: {PORT}}}
"""
FRAME = """
local sbi = use "sbi"
drill { "SBI", id = "NAME", lasts = minutes(1), site = "NAME.yaml" }
phase { "One" }
step { "Ask", owner = "me", run = function()
"""


def play(name, body):
    return daemons.run(netdrill, name, SITE, FRAME.replace("NAME", name) + body + "\nend }\n")


play("inventory", """
  local all = sbi.inventory { site "good", needs = { "AMF", "SMF=1", "5G_EIR" } }
  expect { "the core is whole: " .. tostring(all.why), all.ok and all.status == 200 and all.instances == 11 and all.registered == 10 and all.suspended == 1 and all.unread == 0 }
  expect { "by type", all.amf == 1 and all.smf == 1 and all.udm == 1 and all.scp == 0 }
  expect { "in a moment", all.rtt < seconds(3) and all.list <= all.rtt }
  local few = sbi.inventory { site "good", needs = { "AMF=2" } }
  expect { "one AMF is suspended", few.err == "EANSWER" and few.why == "expected 2 AMF registered at the least, found 1" }
  local gone = sbi.inventory { site "gone" }
  expect { "some went meanwhile", gone.ok and gone.unread == 4 and gone.instances == 7 }
  local many = sbi.inventory { site "many", most = 1000, deadline = seconds(20) }
  expect { "300 instances", many.ok and many.instances == 300 }
  expect { "or too many", sbi.inventory { site "many" }.err, equals = "EANSWER" }
  local empty = sbi.inventory { site "empty" }
  expect { "nobody is registered", empty.ok and empty.instances == 0 }
  local found = sbi.discover { site "plain", type = "SMF", plmn = "46692" }
  expect { "a search", found.ok and found.instances == 2 and found.registered == 2 and found.validity == seconds(60) }
  expect { "two are wanted", sbi.discover { site "plain", type = "SMF", least = 2 }.err, equals = "EANSWER" }
  expect { "what is listed cannot be read", sbi.inventory { site "plain" }.err, equals = "EANSWER" }
  local safe = { site "tls", type = "SMF", https = true, name = "nrf.jia.test", ca = "WORK/cert.pem", cert = "WORK/cert.pem", key = "WORK/key.pem" }
  expect { "over TLS, with our certificate", sbi.discover(safe).ok }
  safe.cert, safe.key = nil, nil
  expect { "not without it", sbi.discover(safe).ok, equals = false }
  safe.name = "somebody.else.test"
  expect { "nor under another name", sbi.discover(safe).err, equals = "EANSWER" }
  local series = measure { sbi.inventory, site "good", needs = { "AMF" }, every = ms(200), lasts = seconds(3), deadline = seconds(2) }
  wait(seconds(4))
  expect { "and again and again", series:share(), at_least = percent(99) }
""".replace("WORK", work))
play("wrong", """
  local function meets(nrf, err, words)
    local got = sbi.inventory { site(nrf), deadline = seconds(2) }
    expect { nrf .. ": " .. err .. " (" .. tostring(got.err) .. ", " .. tostring(got.why) .. ")", got.err, equals = err }
    if words then expect { nrf .. " is told as it is", (string.find(got.why, words, 1, true)) ~= nil } end
  end
  meets("refuse", "EREFUSED", "answered 403, Forbidden: who are you: ACCESS_NOT_ALLOWED")
  meets("elsewhere", "EANSWER", "answered 307")
  meets("huge", "EANSWER", "longer than 1000000 octets")
  meets("never", "ETIME")
  meets("trickle", "ETIME")
  meets("garbage", "EANSWER", "is no JSON object")
  meets("deep", "EANSWER", "is no JSON object")
  meets("reset", "EANSWER")
  meets("goaway", "EANSWER")
  meets("noise", "EANSWER")
  meets("none", "EREFUSED")
""")
capture.done("-d", f"tcp.port=={PORT},http2")
check("nothing but GETs, and of the paths of TS 29.510", all(m == "GET" and p.startswith("/nnrf-nfm/v1/nf-instances") for _, m, p in asked))
check(f"{len(asked)} requests", len(asked) > 500)
OURS = f"tcp.dstport == {PORT}"
seen = capture.count(f"{OURS} && http2.type == 1")
check(f"tshark sees {seen} of them", seen > 100)
capture.check_expert(f"{OURS} && http2")
odd = capture.count(f"{OURS} && _ws.malformed")
check(f"none malformed: {odd}", odd == 0)
daemons.finish()
