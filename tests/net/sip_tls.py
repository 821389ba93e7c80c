#!/usr/bin/python3
"""SIP over TLS against kamailio: OPTIONS as a stream, REGISTER with digest, calls with voice to a far
end behind it, a connection that is lost and made again; and a certificate of nobody's, of another name, one that has run out,
a server that speaks no TLS, one that says nothing: none of these is asked anything."""
import os, socket, subprocess, sys, threading
import daemons
from daemons import check, listens, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("kamailio", "sipp", "openssl", "tshark")


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, cwd=work, stderr=subprocess.DEVNULL)


def certificate(name, *more):
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy",
            "-out", f"{name}.pem", *more)


openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Exercise CA", "-keyout", "ca.key", "-out", "ca.pem")
certificate("sip.jia.test", "-days", "2")
certificate("old.jia.test", "-days", "-1")
open(f"{work}/tls.cfg", "w").write(f"""
[server:default]
method = TLSv1.2+
private_key = {work}/sip.jia.test.key
certificate = {work}/sip.jia.test.pem
[server:127.0.0.1:5062]
method = TLSv1.2+
private_key = {work}/old.jia.test.key
certificate = {work}/old.jia.test.pem
""")
open(f"{work}/kamailio.cfg", "w").write(f"""
debug=2
log_stderror=yes
children=1
tcp_children=2
auto_aliases=no
enable_tls=yes
listen=tls:127.0.0.1:5061
listen=tls:127.0.0.1:5062
listen=udp:127.0.0.1:5060
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tls.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("tls", "config", "{work}/tls.cfg")
request_route {{
    if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not here"); exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("$td", "secret", "0")) {{ www_challenge("$td", "1"); exit; }}
        sl_send_reply("200", "OK"); exit;
    }}
    if (is_method("INVITE")) {{ record_route(); $du = "sip:127.0.0.1:5070"; t_relay(); exit; }}
    sl_send_reply("405", "Method Not Allowed");
}}
""")
proxy = daemons.daemon(["kamailio", "-DD", "-E", "-f", f"{work}/kamailio.cfg", "-Y", work, "-w", work], lambda: listens("127.0.0.1", 5061) and listens("127.0.0.1", 5062))
far = subprocess.Popen([netdrill, "reflect", "sip:127.0.0.1:5070"], stdout=subprocess.PIPE, text=True)
daemons.started.append(far)
check("the far end is ready", "ready" in far.stdout.readline())
mute = socket.create_server(("127.0.0.1", 5063))  # takes connections, and says nothing
plain = socket.create_server(("127.0.0.1", 5064))


def speak_plainly():
    while True:
        connection, _ = plain.accept()
        connection.sendall(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n" * 4)
        connection.close()


threading.Thread(target=speak_plainly, daemon=True).start()
capture = daemons.Capture("tcp portrange 5060-5064", "tls")
daemons.Scenes(netdrill, "sip", """
  proxy: {kind: proxy, address: 127.0.0.1, name: sip.jia.test}
  old: {kind: proxy, address: 127.0.0.1, port: 5062, name: old.jia.test}
  mute: {kind: proxy, address: 127.0.0.1, port: 5063, name: sip.jia.test}
  plain: {kind: proxy, address: 127.0.0.1, port: 5064, name: sip.jia.test}
  nobody: {kind: proxy, address: 127.0.0.3, name: sip.jia.test}
  nameless: {kind: proxy, address: 127.0.0.1}
  alice: {kind: account, aor: "sip:alice@jia.test", user: alice, password: secret}
  bob: {kind: number, uri: "sip:bob@yi.test"}
  secure: {kind: number, uri: "sips:bob@yi.test"}
""", f'local proxy, alice, bob, ca = site "proxy", site "alice", site "bob", "{work}/ca.pem"').play("encrypted", """
  local function ask(target, more)
    return sip.options { target, transport = "tls", name = more and more.name, ca = not (more and more.any) and ca or nil, deadline = seconds(3) }
  end
  expect { "it answers", ask(proxy) }
  expect { "registered, by digest", sip.register { proxy, transport = "tls", ca = ca, account = alice }.challenged or 0, equals = 1 }
  local s = measure { sip.options, proxy, transport = "tls", ca = ca, every = ms(10), lasts = seconds(1), deadline = ms(500) }
  expect { "a stream over one connection", s:share(), at_least = percent(95) }
  local call = sip.call { proxy, transport = "tls", ca = ca, account = alice, to = bob, held = seconds(1), voice = "g711", priority = "mcpttp.15" }
  expect { "a call with voice", call }
  expect { "that is heard", call.mos or 0, at_least = 3 }
  local m = measure { sip.call, proxy, transport = "tls", ca = ca, account = alice, to = bob, held = ms(100), every = ms(100), lasts = seconds(2), deadline = seconds(3) }
  expect { "many calls, each over a connection of its own", m:share(), at_least = percent(95) }
  expect { "whose authority nobody knows", ask(proxy, { any = true }).err, equals = "EANSWER" }
  expect { "of another name", ask(proxy, { name = "sip.yi.test" }).err, equals = "EANSWER" }
  expect { "that has run out", ask(site "old").err, equals = "EANSWER" }
  expect { "no TLS there", not ask(site "plain").ok }
  expect { "nothing is said", ask(site "mute").err, equals = "ETIME" }
  expect { "nobody is there", ask(site "nobody").err, equals = "EREFUSED" }
  expect { "no name to check", sip.options { site "nameless", transport = "tls" }.err, equals = "EARG" }
  expect { "sips without TLS", sip.call { site "proxy", account = alice, to = site "secure" }.err, equals = "EARG" }
  expect { "sips over TLS", sip.call { proxy, transport = "tls", ca = ca, account = alice, to = site "secure", held = ms(100) } }
""")
# The proxy goes and comes again under a stream.
back = daemons.restart(proxy, lambda: daemons.daemon(["kamailio", "-DD", "-E", "-f", f"{work}/kamailio.cfg", "-Y", work, "-w", work], lambda: listens("127.0.0.1", 5061)), "again")
daemons.Scenes(netdrill, "sip", "  proxy: {kind: proxy, address: 127.0.0.1, name: sip.jia.test}\n").play("again", f"""
  local s = measure {{ sip.options, site "proxy", transport = "tls", ca = "{work}/ca.pem", every = ms(50), lasts = seconds(12), deadline = ms(800) }}
  expect {{ "the outage is seen", s:interruption(), at_least = ms(300) }}
  expect {{ "and it is over", s:share {{ last = seconds(3) }}, at_least = percent(90) }}
""")
back.join()
capture.done("-d", "tcp.port==5062,tls", "-d", "tcp.port==5063,tls")
check("nothing of it goes in the clear but what the plain one says", capture.count('tcp.dstport != 5064 && tcp.srcport != 5064 && (frame contains "SIP/2.0" || frame contains "alice")') == 0)
check("the name is asked for", capture.count('tls.handshake.extensions_server_name == "sip.jia.test"') >= 20)
check("no HTTP is offered", capture.count("tls.handshake.type == 1 && tls.handshake.extensions_alpn_str") == 0)
check("TLS 1.2 or later was agreed", capture.count("tls.handshake.type == 2") >= 20)
daemons.finish()
