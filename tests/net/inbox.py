#!/usr/bin/python3
"""Duties that are met by a report arriving at an endpoint: the lab's inbox, to which curl posts as an operator's
system would; in time to the second of its arrival, before the clock begins, missed and late. And the inbox by
itself, in clear and over TLS, with senders that are slow, rude, too big or many."""
import datetime, glob, json, os, signal, socket, ssl, subprocess, sys, threading, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
import daemons
from daemons import check, work

netdrill = os.path.realpath(sys.argv[1])
daemons.needs("curl", "openssl")

# ---- the inbox by itself ----
at = ("127.0.0.1", 8070)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
tls = {name: f"{work}/{name}.pem" for name in ("ca", "cert", "key", "other", "both")}
for made, names in (("ca", ("ca", "ca-key")), ("cert", ("cert", "key")), ("other", ("other", "other-key"))):
    signed = ["-CA", tls["ca"], "-CAkey", f"{work}/ca-key.pem", "-addext", "basicConstraints=CA:FALSE"] if made == "cert" else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={made}.drill.test", "-addext", f"subjectAltName=DNS:{made}.drill.test",
                    "-out", f"{work}/{names[0]}.pem", "-keyout", f"{work}/{names[1]}.pem", *signed], check=True, capture_output=True)
open(tls["both"], "w").write(open(tls["cert"]).read() + open(tls["key"]).read())
os.chmod(tls["both"], 0o600)
program = subprocess.Popen([netdrill, "reflect", "inbox:127.0.0.1:8070", "inbox:[::1]:8070", "inbox:127.0.0.1:8071"], stdout=subprocess.PIPE, text=True)
check("it serves", "ready" in program.stdout.readline())


def curl(path, *more, url="http://127.0.0.1:8070"):
    got = subprocess.run(["curl", "-s", "-m", "10", "-w", "%{http_code}", *more, url + path], capture_output=True, text=True).stdout
    return int(got[-3:] or 0), got[:-3]


def raw(*pieces, wait=0):
    s = socket.create_connection(at, 5)
    got = b""
    try:
        for piece in pieces:
            s.sendall(piece)
            time.sleep(wait)
        while piece := s.recv(65536):
            got += piece
    except ConnectionError:
        pass
    s.close()
    return got


def told(path):
    text = curl(path)[1]
    return int(text.split("\nreports ")[1].split("\n")[0])


status, text = curl("/first-report")
check("nothing has come, and it says that it is simulated", status == 200 and "reports 0\n" in text and "SIMULATED" in text and "演練 EXERCISE" in text and "ago_ns" not in text)
status, text = curl("/first-report?case=1", "--data", "演練 cable 2 is cut", "-H", "X-Operator: Jia")
check(f"a report is taken {status}", status == 201 and "report 1 at /first-report" in text and "SIMULATED" in text)
check("a PUT, too", curl("/first-report", "-T", "/etc/hostname")[0] == 201)
check("an empty one, too", curl("/empty", "-X", "POST", "-H", "Content-Length: 0")[0] == 201 and told("/empty") == 1)
open(f"{work}/big", "wb").write(bytes(1 << 20))
check("one of 1 MiB, for which curl waits to be told to go on", curl("/big", "--data-binary", f"@{work}/big", "-H", "Expect: 100-continue")[0] == 201)
open(f"{work}/bigger", "wb").write(bytes((1 << 20) + 1))
check("not one of more", curl("/big", "--data-binary", f"@{work}/bigger", "-H", "Expect: 100-continue")[0] == 413 and told("/big") == 1)
status, text = curl("/first-report")
check("it tells how many, when and how long", "reports 2\n" in text and "ago_ns " in text and text.count("report ") == 2 and " octets" in text)
check("HEAD has no text", raw(b"HEAD /first-report HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n"))
check("another inbox of the same process has its own", "reports 0\n" in curl("/first-report", url="http://127.0.0.1:8071")[1])
check("over IPv6", curl("/six", "--data", "x", url="http://[::1]:8070")[0] == 201)
whole = b"POST /slow HTTP/1.1\r\nContent-Length: 6\r\n\r\n"
check("octet by octet", b" 201 " in raw(*[bytes([b]) for b in whole + b"report"], wait=0.005) and told("/slow") == 1)
s = socket.create_connection(at, 5)
s.sendall(whole + b"repo")
time.sleep(0.2)
check("one that is not whole is none yet", told("/slow") == 1)
s.sendall(b"rt and more")
s.recv(100)
check("then it is one", told("/slow") == 2)
s.close()
s = socket.create_connection(at, 5)
s.sendall(whole + b"repo")
s.close()
check("one cut off is none", told("/slow") == 2)
for what, request, code in [("chunks", b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411), ("no length", b"POST /x HTTP/1.1\r\n\r\n", 411),
                            ("two lengths", b"POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400), ("a negative length", b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
                            ("a length without end", b"POST /x HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400), ("DELETE", b"DELETE /x HTTP/1.1\r\n\r\n", 405),
                            ("a long path", b"POST /" + b"x" * 128 + b" HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 414), ("no path", b"POST x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
                            ("control characters", b"POST /\x01 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400), ("nonsense", b"\0\1\2\r\n\r\n", 400), ("nothing", b"\r\n\r\n", 400),
                            ("an endless head", b"GET / HTTP/1.1\r\nX: " + b"x" * 20000, 431)]:
    got = raw(request)
    check(f"{what}: {code} {got[:60]}", got.startswith(f"HTTP/1.1 {code} ".encode()) or (code == 431 and got == b""))
check("none of them is a report", told("/x") == 0)
silent = [socket.create_connection(at, 5) for _ in range(200)]
check("silent ones keep nobody out", curl("/beside", "--data", "x")[0] == 201)
for n in range(260):
    got = raw(b"POST /p%d HTTP/1.1\r\nContent-Length: 0\r\n\r\n" % n)
    if b" 507 " in got:
        break
check(f"too many paths are told so (at {n}), those it has go on", n < 256 and curl("/first-report", "--data", "x")[0] == 201)

# ---- over TLS, another process: its paths are not used up ----
safe = subprocess.Popen([netdrill, "reflect", "inbox:127.0.0.1:8072", f"tls:{tls['cert']},{tls['key']}", "inbox-tls:127.0.0.1:8443"], stdout=subprocess.PIPE, text=True)
check("it serves over TLS", "ready" in safe.stdout.readline())
SAFE = ("--cacert", tls["ca"], "--connect-to", "cert.drill.test:443:127.0.0.1:8443")


def safely(path, *more, trust=SAFE):
    return curl(path, *trust, *more, url="https://cert.drill.test")


def secret(*pieces, wait=0.0, cut=False):
    context = ssl.create_default_context(cafile=tls["ca"])
    got = b""
    with socket.create_connection(("127.0.0.1", 8443), 5) as plain, context.wrap_socket(plain, server_hostname="cert.drill.test") as s:
        for piece in pieces:
            s.sendall(piece)
            time.sleep(wait)
        while not cut and (piece := s.recv(65536)):
            got += piece
    return got


check("a report over TLS", safely("/tls", "--data", "演練 cable 2 is cut")[0] == 201 and "reports 1\n" in safely("/tls")[1])
check("one of 1 MiB, for which curl waits", safely("/tls", "--data-binary", f"@{work}/big", "-H", "Expect: 100-continue")[0] == 201)
check("not one of more", safely("/tls", "--data-binary", f"@{work}/bigger", "-H", "Expect: 100-continue")[0] == 413)
whole = b"POST /tls-slow HTTP/1.1\r\nContent-Length: 6\r\n\r\n"
check("octet by octet", b" 201 " in secret(*[bytes([b]) for b in whole + b"report"], wait=0.002))
check("two records at once, more than one read takes", b" 201 " in secret(b"POST /tls-big HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + bytes(100000)))
secret(whole + b"repo", cut=True)
check("one cut off is none", "reports 1\n" in safely("/tls-slow")[1])
check("in clear it is none of the other inbox", "reports 0\n" in curl("/tls", url="http://127.0.0.1:8072")[1])
check("whom one does not trust gets nothing", safely("/tls", "--data", "x", trust=SAFE[2:])[0] == 0 and safely("/tls", "--data", "x", trust=("--cacert", tls["other"], *SAFE[2:]))[0] == 0)
check("another name is not trusted", curl("/tls", "--data", "x", "--cacert", tls["ca"], url="https://127.0.0.1:8443")[0] == 0)
old = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:8443", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
check("TLS 1.1 is refused", old.returncode != 0 and "alert protocol version" in old.stderr)
new = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:8443", "-tls1_3", "-CAfile", tls["ca"], "-verify_return_error"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
check("TLS 1.3 is spoken", new.returncode == 0 and "TLSv1.3" in new.stdout)
at = ("127.0.0.1", 8443)
got = raw(b"POST /tls HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
check(f"in clear to a TLS port: no report {got}", b"HTTP" not in got)
raw(b"\x16\x03\x01\xff\xff" + b"\0" * 400)
quiet = [socket.create_connection(at, 5) for _ in range(50)]
check("those who shake no hands keep nobody out", safely("/tls", "--data", "x")[0] == 201 and "reports 3\n" in safely("/tls")[1])
for words, args in [("needs a certificate", ["inbox-tls:127.0.0.1:8444"]), ("No such file", ["tls:/nowhere.pem", "inbox-tls:127.0.0.1:8444"]),
                    ("others may read it", [f"tls:{tls['cert']},{tls['other']}", "inbox-tls:127.0.0.1:8444"]),
                    ("certificate", [f"tls:{tls['cert']},{work}/other-key.pem", "inbox-tls:127.0.0.1:8444"]), ("expected tls:", ["tls:", "inbox-tls:127.0.0.1:8444"])]:
    out = subprocess.run([netdrill, "reflect", *args], capture_output=True, text=True, timeout=20)
    check(f"{words}: {out.stderr.strip()}", out.returncode == 1 and words in out.stderr)

# as reach.inbox asks it
open(f"{work}/asks.yaml", "w").write("site: asks\ntargets: {regulator: {kind: service, address: 127.0.0.1, port: 8443}}\n")
open(f"{work}/asks.lua", "w").write(f"""local reach, regulator = use "reach", site "regulator"
drill {{ "Asks", id = "asks", lasts = seconds(20), site = "asks.yaml" }}
phase {{ "One" }}
step {{ "Ask", owner = "lin", run = function()
  local came = reach.inbox {{ regulator, path = "/tls", https = true, name = "cert.drill.test", ca = "{tls['ca']}" }}
  expect {{ "answered over TLS", came.ok }}
  expect {{ "reports", came.reports, equals = 3 }}
  expect {{ "by a name that it does not bear", not reach.inbox {{ regulator, https = true, name = "regulator.test", ca = "{tls['ca']}" }}.ok }}
  expect {{ "by whom nobody trusts", not reach.inbox {{ regulator, https = true, name = "cert.drill.test" }}.ok }}
  expect {{ "in clear", not reach.inbox {{ regulator }}.ok }}
end }}
""")
out = subprocess.run([netdrill, "run", f"{work}/asks.lua", "--confirm", "asks", "--plain", "--lang", "en", "--runs", f"{work}/asked"], capture_output=True, text=True)
check(f"reach.inbox asks over TLS\n{out.stdout if out.returncode else ''}{out.stderr}", out.returncode == 0 and "5 met" in out.stdout)
began = time.time()
refused = subprocess.run([netdrill, "reflect", "inbx:127.0.0.1:80"], capture_output=True, text=True)
check("its name stands in the form that is asked for", refused.returncode == 1 and "inbox" in refused.stderr)

# ---- a drill, in a lab ----
open(f"{work}/report.yaml", "w").write("""site: report
people: {lin: {title: Lin}}
targets:
  regulator: {kind: service, address: 10.9.0.80, port: 80}
lab:
  hosts:
    operator: {}
    authority: {services: [{kind: inbox, address: 10.9.0.80, port: 80}, {kind: inbox-tls, address: 10.9.0.80, port: 443, certificate: CERTIFICATE}]}
  links:
    - ends: [{host: operator, interface: up0, addresses: [10.9.0.1/24]}, {host: authority, interface: down0, addresses: [10.9.0.80/24]}]
""".replace("CERTIFICATE", tls["both"]))
open(f"{work}/report.lua", "w").write("""
local reach, regulator = use "reach", site "regulator"
local function came(path) return function() return reach.inbox { regulator, path = path, from = "operator" }.ago end end
drill { "Reports", id = "report", lasts = seconds(30), site = "report.yaml" }
obligations { "tw-telecom-outage", pace = 300, owner = "lin", every = seconds(1),
  checks = { ["first-report"] = came "/first", ["web-notice"] = came "/notice", ["recovery-notice"] = came "/recovery" } }
phase { "One" }
step { "An old report, then the outage", owner = "lin", run = function()
  expect { "The lab's inbox takes TLS", reach.inbox { regulator, port = 443, https = true, name = "cert.drill.test", ca = "AUTHORITY", from = "operator" }.ok }
  wait(seconds(3))
  occurs { "outage" }
  wait(seconds(13))
end }
""".replace("AUTHORITY", tls["ca"]))
run = subprocess.Popen([netdrill, "run", f"{work}/report.lua", "--lab", "--confirm", "report", "--plain", "--lang", "en", "--runs", f"{work}/runs"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
lines = []
reader = threading.Thread(target=lambda: lines.extend(iter(run.stdout.readline, "")))
reader.start()


def wait_for(words):
    until = time.time() + 60
    while not any(words in line for line in lines):
        if time.time() > until or (run.poll() is not None and not reader.is_alive()):
            daemons.finish(f"'{words}' did not come:\n" + "".join(lines))
        time.sleep(0.02)


def post(path):
    """As the operator's system does, from its own host; gives when it began and when it was done."""
    began = time.time_ns()
    out = subprocess.run(["ip", "netns", "exec", "nd-report-operator", "curl", "-s", "-m", "5", "-w", "%{http_code}", "--data", "演練 海纜中斷", "http://10.9.0.80" + path],
                         capture_output=True, text=True)
    check(f"curl posts to {path} {out.stderr}", out.stdout.endswith("201"))
    return began, time.time_ns()


wait_for("STARTEX")
post("/notice")  # before the clock begins
wait_for("the major outage begins")
time.sleep(1.4)
first = post("/first")
wait_for("MISSED")  # the web notice: 6 s
time.sleep(0.6)
late = post("/notice")
run.wait(60)
reader.join()
print("".join(lines))
events = {(e["type"].split(".", 1)[1], e.get("subject", "").split(".")[-1]): e for e in (json.loads(line) for line in open(glob.glob(f"{work}/runs/*/journal.jsonl")[0]))}
opened = datetime.datetime.fromisoformat(events[("event.occurred", "outage")]["time"].replace("Z", "+00:00")).timestamp() * 1e9


def by_arrival(what, event, posted):
    """Neither before curl began nor after it was done, however late the look was; times in the journal are cut to ms."""
    done, slack = opened + event["data"]["took_ns"], event["data"]["within_ns"]
    check(f"{what}: {(done - posted[0]) / 1e6:.1f} ms after curl began, which took {(posted[1] - posted[0]) / 1e6:.1f} ms; told to {slack / 1e6:.1f} ms",
          posted[0] - slack - 5e6 <= done <= posted[1] + 5e6)


met = events.get(("obligation.met", "first-report"))
check("the report met the duty", met is not None and met["data"]["how"] == "check" and met["data"]["margin_ns"] > 0)
if met:
    by_arrival("from its arrival, not from the look", met, first)
check("the notice from before the outage was none", ("obligation.missed", "web-notice") in events)
done = events.get(("obligation.late", "web-notice"))
check("the one that came when time was up is late", done is not None and done["data"]["margin_ns"] < 0)
if done:
    by_arrival("by its arrival", done, late)
check("what nobody reported is missed", ("obligation.missed", "recovery-notice") in events)
check(f"so the drill ends with 10: {run.returncode}", run.returncode == 10)
page = open(glob.glob(f"{work}/runs/*/report/report.en.html")[0]).read()
check("the report tells them", "Limit of the law" in page and "simulated" in page.lower())

# ---- the inbox by itself, half a minute later ----
check("who says nothing is let go in half a minute", (silent[0].settimeout(60), silent[0].recv(1))[1] == b"" and time.time() - began > 20)
check("over TLS, too", (quiet[0].settimeout(60), quiet[0].recv(1))[1] == b"")
program.send_signal(signal.SIGTERM)
said, _ = program.communicate(timeout=10)
check(f"it ends well and says what came: {said.strip()}", program.returncode == 0 and "inbox: " in said and "256 paths" in said and "tls:" not in said)
safe.send_signal(signal.SIGTERM)
said, _ = safe.communicate(timeout=10)
check(f"over TLS it says who could not shake hands: {said.strip()}", safe.returncode == 0 and "tls: " in said and " failed, the last one: " in said)
daemons.finish()
