#!/usr/bin/python3
"""SIP against kamailio and, behind it, sipp: OPTIONS as a stream, REGISTER with digest, calls through a
proxy that records its route, refusals, and Resource-Priority with a namespace that is not known;
tshark as witness."""
import os, re, subprocess, sys
import daemons
from daemons import check, listens, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("kamailio", "sipp", "tshark")
open(f"{work}/kamailio.cfg", "w").write("""
debug=2
log_stderror=yes
children=1
auto_aliases=no
listen=udp:127.0.0.1:5060
listen=tcp:127.0.0.1:5060
tcp_children=1
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "auth.so"
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_present_hf("Resource-Priority") && !($hdr(Resource-Priority) =~ "^(ets|wps|mcpttp|mcpttq)\\.")) {
        sl_send_reply("417", "Unknown Resource-Priority"); exit;
    }
    if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not here"); exit;
    }
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("$td", "secret", "0")) { www_challenge("$td", "1"); exit; }
        append_to_reply("Contact: <sip:netdrill@127.0.0.1>;expires=60\\r\\n");
        sl_send_reply("200", "OK"); exit;
    }
    if (is_method("INVITE")) {
        if ($fU == "carol") {
            if (!pv_proxy_authenticate("$fd", "secret", "0")) { proxy_challenge("$fd", "1"); exit; }
            consume_credentials();
        }
        if ($rU == "guest") { sl_send_reply("403", "Roaming not allowed"); exit; }
        record_route();
        $du = "sip:127.0.0.1:5070";
        t_relay(); exit;
    }
    sl_send_reply("405", "Method Not Allowed");
}
""")
COPIED = "\n".join(f"[last_{name}:]" for name in ("Via", "From", "Call-ID", "CSeq", "Record-Route"))


SDP = """v=0
o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""


def answer(status, contact=True, sdp=False):
    return f"""<send><![CDATA[
SIP/2.0 {status}
{COPIED}
[last_To:];tag=[pid]SIPp[call_number]
{"Contact: <sip:[local_ip]:[local_port]>" if contact else ""}
{"Content-Type: application/sdp" if sdp else ""}
Content-Length: {"[len]" if sdp else 0}

{SDP if sdp else ""}]]></send>"""


# sipp's own callee leaves the recorded route out.
open(f"{work}/callee.xml", "w").write(f"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="callee">
<recv request="INVITE" rrs="true"/>{answer("180 Ringing")}<pause milliseconds="100"/>{answer("200 OK", sdp=True)}<recv request="ACK"/>
<recv request="BYE"/>{answer("200 OK", contact=False).replace(";tag=[pid]SIPp[call_number]", "")}
</scenario>
""")
proxy = daemons.daemon(["kamailio", "-DD", "-E", "-f", f"{work}/kamailio.cfg", "-Y", work, "-w", work], lambda: listens("127.0.0.1", 5060, "udp"))
callee = daemons.daemon(["sipp", "-sf", f"{work}/callee.xml", "-i", "127.0.0.1", "-p", "5070", "-mp", "6000", "-rtp_echo", "-nostdin"], lambda: listens("127.0.0.1", 5070, "udp"))
capture = daemons.Capture("udp or tcp", "sip")
daemons.Scenes(netdrill, "sip", """
  proxy: {kind: proxy, address: 127.0.0.1}
  nobody: {kind: proxy, address: 127.0.0.3}
  alice: {kind: account, aor: "sip:alice@jia.test", user: alice, password: secret}
  mallory: {kind: account, aor: "sip:alice@jia.test", user: alice, password: wrong}
  carol: {kind: account, aor: "sip:carol@jia.test", user: carol, password: secret}
  bob: {kind: number, uri: "sip:bob@yi.test"}
  guest: {kind: number, uri: "sip:guest@yi.test"}
  centre: {kind: number, uri: "urn:service:sos"}
  agreed: {kind: number, uri: "sip:112@yi.test", emergency_calls_agreed: true}
""", 'local proxy, alice, bob = site "proxy", site "alice", site "bob"').play("proxied", """
  local options = sip.options { proxy }
  expect { "it answers", options.ok and options.status == 200 }
  expect { "a namespace it knows", sip.options { proxy, priority = "mcpttp.15" }.ok }
  expect { "one it does not", sip.options { proxy, priority = "dsn.flash" }.status, equals = 417 }
  local s = measure { sip.options, proxy, every = ms(10), lasts = seconds(2), deadline = ms(500) }
  expect { "the stream is answered", s:share(), at_least = percent(99) }
  local registered = sip.register { proxy, account = alice }
  expect { "registered, by digest", registered.ok and registered.challenged == 1 }
  local refused = sip.register { proxy, account = site "mallory" }
  expect { "not with another password", refused.err == "EREFUSED" and refused.status == 401 }
  local call = sip.call { proxy, account = alice, to = bob, held = ms(500) }
  expect { "a call, ringing before it is answered", call.ok and call.ringing <= call.setup }
  expect { "asked by the proxy who calls", sip.call { proxy, account = site "carol", to = bob, priority = "ets.0", held = ms(200) }.ok }
  local voice = sip.call { proxy, account = alice, to = bob, held = seconds(3), voice = "g711", dscp = 46 }
  expect { "a call with voice", voice.ok and voice.branches == 1 }
  expect { "the voice is heard", voice.mos, at_least = 4 }
  expect { "all of it, but for what a busy machine loses", voice.voice_loss, at_most = percent(5) }
  expect { "three seconds of it", voice.voice_packets, at_least = 100 }
  expect { "mouth to ear", voice.mouth_to_ear >= ms(80) and voice.mouth_to_ear < ms(400) }
  expect { "heard after it was answered", voice.heard >= voice.setup }
  local tcp = sip.call { proxy, transport = "tcp", account = site "carol", to = bob, held = ms(500), voice = "g711", dscp = 46 }
  expect { "over TCP, through a proxy that asks who calls", tcp.ok and tcp.mos > 3 }
  expect { "registered over TCP", sip.register { proxy, transport = "tcp", account = alice }.ok }
  local t = measure { sip.options, proxy, transport = "tcp", every = ms(10), lasts = seconds(1), deadline = ms(500) }
  expect { "a stream over TCP is answered", t:share(), at_least = percent(99) }
  expect { "nobody is there", sip.options { site "nobody", transport = "tcp" }.err, equals = "EREFUSED" }
  local roamer = sip.call { proxy, account = alice, to = site "guest" }
  expect { "refused", roamer.err == "EREFUSED" and roamer.status == 403 }
  expect { "no emergency centre", sip.call { proxy, account = alice, to = site "centre" }.err, equals = "EARG" }
  local located = sip.call { proxy, transport = "tcp", account = site "carol", to = bob, location = "-23.5,-120.25", held = ms(200) }
  expect { "with a position, through a proxy that asks who calls", located.ok }
  expect { "but one that has agreed", sip.call { proxy, account = alice, to = site "agreed", held = ms(200) }.ok }
""")
# What is no priority, and who has not agreed, is told before the day, with its line; the lowest priority is warned of.
open(f"{work}/before.yaml", "w").write("""site: before
targets:
  proxy: {kind: proxy, address: 127.0.0.1}
  alice: {kind: account, aor: "sip:alice@jia.test"}
  bob: {kind: number, uri: "sip:bob@yi.test"}
  centre: {kind: number, uri: "urn:service:test.sos"}
""")
for call, words in (('call { site "proxy", account = site "alice", to = site "bob", priority = "ets.9" }', "before.lua:5: [E0316] 'sip.call': priority 'ets.9': of 'ets' the lowest is 4, the highest 0"),
                    ('message { site "proxy", account = site "alice", to = site "centre", text = "x" }', "may be an emergency centre"),
                    ('call { site "proxy", account = site "alice", to = site "bob", location = "23.1417,120.1019" }', "before.lua:5: [E0316] 'sip.call': with a 'location' a call is longer than UDP may carry; transport = \"tcp\""),
                    ('call { site "proxy", transport = "tcp", account = site "alice", to = site "bob", location = "95,120" }', "'sip.call': location '95,120' is no position in degrees north and east"),
                    ('options { site "proxy", priority = "mcpttp.0" }', "the highest is 'mcpttp.15'")):
    open(f"{work}/before.lua", "w").write(f"""local sip = use "sip"
drill {{ "Before", id = "before", lasts = minutes(1), site = "before.yaml" }}
phase {{ "One" }}
step {{ "All", owner = "me", run = function()
  local got = sip.{call}
end }}
""")
    told = subprocess.run([netdrill, "rehearse", f"{work}/before.lua"], capture_output=True, text=True)
    check(f"a rehearsal says: {words}", words in told.stdout + told.stderr)
# The far end of ours, called directly: many calls side by side, with voice each.
far = subprocess.Popen([netdrill, "reflect", "sip:127.0.0.4:5060", "sip:[::1]:5060"], stdout=subprocess.PIPE, text=True)
daemons.started.append(far)
check("the far end is ready", "ready" in far.stdout.readline())
daemons.Scenes(netdrill, "sip", """
  far: {kind: proxy, address: 127.0.0.4}
  far6: {kind: proxy, address: "::1"}
  alice: {kind: account, aor: "sip:alice@jia.test"}
  bob: {kind: number, uri: "sip:bob@yi.test"}
  centre: {kind: number, uri: "urn:service:sos.fire", emergency_calls_agreed: true}
""", 'local far, alice, bob = site "far", site "alice", site "bob"').play("direct", """
  expect { "it answers", sip.options { far }.ok }
  expect { "it registers everybody", sip.register { far, account = alice }.ok }
  expect { "it knows its namespaces", sip.options { far, priority = "x.1" }.status, equals = 417 }
  local text = sip.message { far, account = alice, to = bob, text = "集合", priority = "ets.0" }
  expect { "a message, taken by the other end", text.ok and text.delivered == 1 and text.rank == 1 }
  expect { "and over TCP", sip.message { far, transport = "tcp", account = alice, to = bob, text = "assemble" }.ok }
  local direct = sip.call { far, transport = "tcp", account = alice, to = bob, held = ms(300), voice = "g711" }
  expect { "a call over TCP", direct.ok and direct.mos > 3 }
  local sos = sip.call { far, account = alice, to = site "centre", held = ms(200), priority = "esnet.4" }
  expect { "an emergency call that was agreed", sos.ok and sos.setup < seconds(2) and sos.rank == 1 }
  local located = sip.call { far, transport = "tcp", account = alice, to = site "centre", location = "23.1417,120.1019,50", held = ms(300), voice = "g711" }
  expect { "with a position beside its session, which is read", located.ok and located.mos > 3 }
  local six = sip.call { site "far6", account = alice, to = bob, held = ms(500), voice = "evs" }
  expect { "over IPv6, another codec", six.ok and six.voice_loss < 0.2 }
  local s = measure { sip.call, far, account = alice, to = bob, held = seconds(1), voice = "amr_wb", priority = "mcpttp.15",
                      every = ms(100), lasts = seconds(3), deadline = seconds(4) }
  expect { "calls are set up", s:share(), at_least = percent(95) }
  expect { "and are heard", s:p50 { reading = "mos" }, at_least = 4 }
""")
# And by sipp, as the witness of our answering.
for transport in ("u1", "t1"):
    caller = subprocess.run(["sipp", "-sn", "uac", "-t", transport, "-i", "127.0.0.5", "-r", "20", "-m", "10", "-d", "200", "-nostdin", "-timeout", "20", "127.0.0.4:5060"],
                            cwd=work, capture_output=True, text=True)
    check(f"sipp's calls over {transport} are answered: exit {caller.returncode}", caller.returncode == 0)
far.terminate()
said = far.stdout.read()
counted = re.search(r"(\d+) calls answered, 0 refused, (\d+) ended", said)
# 4 one by one, 20 of sipp, 30 of the stream, of which a busy machine may leave some out.
check("it says what it did: " + said.strip(), counted and counted[1] == counted[2] and 44 <= int(counted[1]) <= 54)
capture.done("-d", "udp.port==6000,rtp")
capture.check_clean("sip", 400)
capture.check_clean("rtp", 200)
check("voice is of the codec and mark asked for, at its pace", capture.count("rtp.p_type == 0 && rtp.ext == 0 && ip.dsfield.dscp == 46 && udp.dstport == 6000") >= 100)
check("messages are marked, in UTF-8", capture.count('sip.Method == MESSAGE && frame contains "演練 EXERCISE: 集合" && sip.Content-Type contains "UTF-8"') == 1)
check("emergency calls ask for their service by name", capture.count('sip.Method == INVITE && sip.r-uri == "urn:service:sos.fire"') == 2)
POSITION = 'sip.Geolocation contains "<cid:" && xml.cdata == "23.14170 120.10190" && sdp.media'
check("a position goes with the call, read by tshark as the XML that Geolocation names", capture.count(POSITION) == 1)
check("TCP is one of the transports", capture.count("sip.Method == INVITE && tcp") >= 3 and capture.count("sip.Method == OPTIONS && tcp") >= 50)
check("each answer's session is read as SDP", capture.count("sdp.media.port == 6000") >= 4)
check("every call that was answered was acknowledged and ended", capture.count("sip.Method == ACK && udp.dstport == 5070") >= 3 and
      capture.count("sip.Method == BYE && udp.dstport == 5070") >= 3)
daemons.finish()
