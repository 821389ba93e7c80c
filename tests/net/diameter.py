#!/usr/bin/python3
"""Diameter against freeDiameterd (capabilities, watchdog, a location update that it cannot deliver) and
against a plain S6a home server in another language (success, user unknown, roaming not allowed);
tshark as witness."""
import os, socket, struct, subprocess, sys, threading
import daemons
from daemons import check, listens, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("freeDiameterd", "openssl", "tshark")
# freeDiameter takes no loopback address for its own
for address in ("192.0.2.1", "192.0.2.2"):
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hss.jia.test",
                "-keyout", f"{work}/key.pem", "-out", f"{work}/cert.pem"], check=True, capture_output=True)
open(f"{work}/acl.conf", "w").write("ALLOW_IPSEC *.netdrill.test\n")
open(f"{work}/fd.conf", "w").write(f"""
Identity = "hss.jia.test";
Realm = "jia.test";
Port = 3868;
SecPort = 0;
No_SCTP;
ListenOn = "192.0.2.1";
TLS_Cred = "{work}/cert.pem", "{work}/key.pem";
TLS_CA = "{work}/cert.pem";
LoadExtension = "acl_wl.fdx" : "{work}/acl.conf";
""")


def avp(code, data, vendor=0):
    head = struct.pack(">II", code, (0xC0 if vendor else 0x40) << 24 | len(data) + (12 if vendor else 8))
    return head + (struct.pack(">I", vendor) if vendor else b"") + data + b"\0" * (-len(data) % 4)


def avps(data):
    while data:
        code, flags_length = struct.unpack(">II", data[:8])
        length, vendor = flags_length & 0xFFFFFF, flags_length >> 31
        yield code, data[8 + 4 * vendor:length]
        data = data[length + -length % 4:]


def home_server(conn):
    """An HSS by the letter of TS 29.272: it knows some subscribers, and lets some roam."""
    stream = conn.makefile("rb")
    while True:
        head = stream.read(20)
        if len(head) < 20:
            return
        length, command = struct.unpack(">I", head[:4])[0] & 0xFFFFFF, struct.unpack(">I", head[4:8])[0] & 0xFFFFFF
        got = dict(avps(stream.read(length - 20)))
        origin = avp(264, b"hss.yi.test") + avp(296, b"yi.test")
        if command == 257:
            body = avp(268, struct.pack(">I", 2001)) + origin + avp(257, b"\0\1\xc0\0\2\2") + avp(266, b"\0\0\0\0") + \
                avp(269, b"plain").replace(b"\x40", b"\0", 1) + avp(265, struct.pack(">I", 10415)) + \
                avp(260, avp(266, struct.pack(">I", 10415)) + avp(258, struct.pack(">I", 16777251)))
        elif command == 316:
            assert got[283] == b"yi.test" and got[1407] == bytes.fromhex("64f629") and got[1032] == struct.pack(">I", 1004)
            imsi = got[1].decode()
            body = avp(263, got[263])
            if imsi.endswith("1"):
                body += avp(268, struct.pack(">I", 2001))
            else:
                code = 5001 if imsi.endswith("2") else 5004
                body += avp(297, avp(266, struct.pack(">I", 10415)) + avp(298, struct.pack(">I", code)))
            body += avp(277, struct.pack(">I", 1)) + origin
            if imsi.endswith("1"):
                body += avp(1406, struct.pack(">I", 1), 10415)
        else:
            body = avp(268, struct.pack(">I", 2001)) + origin
        flags = 0x40 if command == 316 else 0
        conn.sendall(struct.pack(">II", 1 << 24 | 20 + len(body), flags << 24 | command) + head[8:20] + body)


def serve():
    listener = socket.create_server(("192.0.2.2", 3868))
    while True:
        threading.Thread(target=home_server, args=(listener.accept()[0],), daemon=True).start()


def freediameter():
    return daemons.daemon(["freeDiameterd", "-c", f"{work}/fd.conf"], lambda: listens("192.0.2.1", 3868))


first = freediameter()
threading.Thread(target=serve, daemon=True).start()
capture = daemons.Capture("tcp port 3868", "diameter")
scenes = daemons.Scenes(netdrill, "diameter", """
  jia: {kind: hss, address: 192.0.2.1}
  yi: {kind: hss, address: 192.0.2.2}
  testers: {kind: subscribers, imsi: "466970000000001", count: 3, test_subscribers: true}
  people: {kind: subscribers, imsi: "466970000000001"}
""", 'local jia, yi, testers = site "jia", site "yi", site "testers"')
scenes.play("single", """
  local cea = diameter.capabilities { jia }
  expect { "capabilities", cea.ok and cea.result == 2001 and cea.applications >= 1 }
  local stranger = diameter.capabilities { jia, as = "somebody.else.test", deadline = seconds(3) }
  expect { "a stranger is refused", not stranger.ok }
  expect { "watchdog", diameter.watchdog { jia }.ok }
  local lost = diameter.update { jia, subscribers = testers, visited = "46692" }
  expect { "nobody there knows S6a", lost.err == "EREFUSED" and lost.result == 3002 }
  local one = diameter.update { yi, subscribers = testers, visited = "46692" }
  expect { "registered abroad", one.ok and one.result == 2001 }
  expect { "user unknown", diameter.update { yi, subscribers = testers, visited = "46692", number = 1 }.result, equals = 5001 }
  expect { "roaming not allowed", diameter.update { yi, subscribers = testers, visited = "46692", number = 2 }.result, equals = 5004 }
  expect { "no real subscriber", diameter.update { yi, subscribers = site "people", visited = "46692" }.err, equals = "EARG" }
""")

restarting = daemons.restart(first, freediameter, "stream")
scenes.play("stream", """
  local alive = measure { diameter.watchdog, jia, every = ms(50), lasts = seconds(14), deadline = seconds(1) }
  local storm = measure { diameter.update, yi, subscribers = testers, visited = "46692", every = ms(20), lasts = seconds(3) }
  expect { "a third of the subscribers is taken", storm:share(), at_least = percent(27) } -- a busy machine leaves some slots out
  expect { "and no more", storm:share(), at_most = percent(40) }
  expect { "missed while it is dead", alive:interruption(), at_least = ms(500) }
  expect { "and found again", alive:share { last = seconds(1) }, at_least = percent(99), within = seconds(16) }
""")
restarting.join()
capture.done()
capture.check_clean("diameter", 400)
check("requests and answers of each kind are seen", all(capture.count(f"diameter.cmd.code == {code} && diameter.flags.request == {r}") > 0
                                                        for code in (257, 280, 316) for r in (0, 1)))
daemons.finish()
