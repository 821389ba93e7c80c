#!/usr/bin/python3
"""tshark dissects every kind of packet that netdrill sends, none malformed and none warned of: here those of reach,
over IPv4 and IPv6, of message, and of our own far end's answers; for each other verb that speaks on a wire,
the test that has it witnessed is named, and looked into."""
import os, re, subprocess, sys
import daemons, tshark
from daemons import check, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("tshark")
import logging, receivers
logging.disable()

# Verbs that send nothing, or write to files and ttys of this machine alone; and kamailio's binrpc, which tshark does not know.
SILENT = ("kamailio.", "exec.", "handset.", "lab.", "links.", "mobile_lab.", "pretend.", "shape.", "message.file", "message.cap", "message.card")
WITNESSED = {"diameter": "diameter.py", "gsup": "gsup.py", "gtp": "gtp.py", "ngap": "ngap.py", "sbi": "sbi.py", "sip": "sip.py", "reach": "witness.py", "message": "witness.py"}
here = os.path.dirname(os.path.realpath(__file__))
plugins = [line.split()[0] for line in subprocess.run([netdrill, "plugin", "list"], capture_output=True, text=True, check=True).stdout.splitlines()]
for plugin in plugins:
    shown = subprocess.run([netdrill, "plugin", "show", plugin], capture_output=True, text=True, check=True).stdout
    for verb in re.findall(rf"^  ({plugin}\.\w+)", shown, re.M):
        if verb.startswith(SILENT):
            continue
        text = open(f"{here}/{WITNESSED[plugin]}").read() if plugin in WITNESSED else ""
        check(f"{verb} is witnessed in {WITNESSED.get(plugin)}", verb in text and "check_expert" in text + text.replace("check_clean", "check_expert"))

open(f"{work}/key", "w").write("a key of the test's own")
os.chmod(f"{work}/key", 0o600)
ADDRESSES = {"four": "127.0.0.1", "six": "[::1]"}
SERVICES = [("echo", 7007), ("echo", 7008), ("stamp", 7862), ("dns", 7053), ("web", 7080), ("inbox", 7081), ("sink", 7009), ("emergency", 7112)]
far = subprocess.Popen([netdrill, "reflect", "name:www.drill.test=10.9.0.80", *[f"{kind}:{at}:{port}" for at in ADDRESSES.values() for kind, port in SERVICES],
                        f"key:{work}/key", *[f"stamp:{at}:7863" for at in ADDRESSES.values()]], stdout=subprocess.PIPE, text=True)
daemons.started.append(far)
check("the far end is ready", "ready" in far.stdout.readline())
receivers.smtp(2500, "plain")
receivers.Hooks(8080), receivers.Syslog(5514)
capture = daemons.Capture("ip or ip6", "witness")
daemons.Scenes(netdrill, "reach", """
  four: {kind: host, address: 127.0.0.1}
  six: {kind: host, address: "::1"}
  nobody: {kind: host, address: 127.0.0.9}
""").play("probes", f"""
  local function good(name, got)
    expect {{ name, got.ok }}
  end
  for _, name in ipairs {{ "four", "six" }} do
    local far = site(name)
    for _, size in ipairs {{ 16, 100, 1400 }} do good("icmp " .. size, reach.icmp {{ far, size = size }}) end
    for _, size in ipairs {{ 20, 300, 1400 }} do good("udp " .. size, reach.udp {{ far, port = 7007, size = size }}) end
    for _, codec in ipairs {{ "g711", "g711_no_concealment", "amr_wb", "evs" }} do
      good(codec, reach.voice {{ far, port = 7008, codec = codec }})
    end
    for _, kind in ipairs {{ "A", "AAAA", "TXT", "SOA", "NS" }} do
      local answer = reach.dns {{ far, port = 7053, name = "www.drill.test", type = kind }}
      expect {{ kind, answer.rcode ~= nil }}
    end
    good("http", reach.http {{ far, port = 7080 }})
    good("inbox", reach.inbox {{ far, port = 7081 }})
    good("tcp", reach.tcp {{ far, port = 7112, expect = "SIMULATED" }})
    good("stamp", reach.stamp {{ far, port = 7862 }})
    good("stamp, padded", reach.stamp {{ far, port = 7862, size = 300 }})
    good("stamp, with TLVs", reach.stamp {{ far, port = 7862, cos = true, direct = true, dscp = 46 }})
    good("stamp, authenticated", reach.stamp {{ far, port = 7863, key_file = "{work}/key", cos = true }})
    good("bulk", reach.bulk {{ far, port = 7009, rate = mbit_per_s(1), sends_for = ms(200) }})
    good("bulk over UDP", reach.bulk {{ far, port = 7009, rate = mbit_per_s(1), sends_for = ms(200), protocol = "udp" }})
    good("path", reach.path {{ far, hops = 3 }})
    good("path by UDP", reach.path {{ far, hops = 3, protocol = "udp" }})
  end
  local s = measure {{ reach.voice, site "four", port = 7008, codec = "amr_wb", every = ms(20), lasts = seconds(1), deadline = ms(300) }}
  expect {{ "refused by nobody", reach.udp {{ site "nobody", port = 7007 }}.err, equals = "EREFUSED" }}
  expect {{ "a stream", s:share(), at_least = percent(90) }}
""")
TO = "recipients: {jia: noc@jia.test}"
daemons.Scenes(netdrill, "message", f"""
  mail: {{kind: smtp, address: 127.0.0.1, port: 2500, sender: exercise@drill.test, {TO}}}
  udp: {{kind: syslog, address: 127.0.0.1, port: 5514, {TO}}}
  tcp: {{kind: syslog, address: 127.0.0.1, port: 5514, over: tcp, {TO}}}
  hook: {{kind: webhook, address: 127.0.0.1, port: 8080, path: /ok, {TO}}}
""").play("messages", """
  for name, verb in pairs { mail = message.mail, udp = message.syslog, tcp = message.syslog, hook = message.webhook } do
    expect { name, verb { site(name), to = { "jia" }, title_zh = "海纜中斷", title_en = "Cable cut", body_zh = "請回報", body_en = "Report", inject = "INJ001", sender = "演練管制組" }.ok }
  end
""")
capture.done("-d", "udp.port==7862,twamp.test", "-d", "udp.port==7863,data", "-d", "udp.port==7008,rtp", "-d", "udp.port==7053,dns", "-d", "tcp.port==7080,http", "-d", "tcp.port==7081,http", "-d", "udp.port==7007,data",
             "-d", "tcp.port==7112,data", "-d", "udp.port==7009,data", "-d", "tcp.port==7009,data", "-d", "tcp.port==2500,smtp", "-d", "udp.port==5514,syslog", "-d", "tcp.port==5514,syslog", "-d", "tcp.port==8080,http")
for protocol, least in {"icmp": 8, "icmpv6": 8, "rtp && udp.dstport == 7008": 58, "dns": 20, "http.request": 5, "http.response": 4, "twamp.test": 12, "smtp": 8, "syslog": 2}.items():
    seen = capture.count(protocol)
    check(f"tshark sees {seen} packets of {protocol}", seen >= least)
capture.check_expert("")
malformed = capture.count("_ws.malformed")
check(f"{malformed} are malformed", malformed == 0)
frames = [p["amr.wb.toc.ft"] for p in tshark.dissect(capture.file, ["amr.wb.toc.ft"], *capture.how, "-d", "rtp.pt==96,amr_wb", wanted="rtp.p_type == 96")]
check("AMR-WB frames are of 23.85 kbit/s", len(frames) >= 50 and set(frames) == {"8"})
daemons.finish()
