#!/usr/bin/python3
"""Every verb over IPv4 and IPv6, from a namespace, with DSCP, hop limit, source, interface and size asked for
and without, as a program nobody here wrote captures and dissects its packets at the far end: each mark is
where it was asked for, each protocol is well formed."""
import glob, json, os, subprocess, sys, tempfile

import tshark

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
name = f"marks{os.getpid()}"
wrong = []
FAR4, FAR6 = "10.94.9.9", "fd94:9::9"
PORTS = {"udp": 7007, "voice": 7008, "stamp": 7862, "dns": 7053, "tcp": 7007, "http": 7080, "bulk": 7009, "bulk_udp": 7009}
# options, and octets of UDP or ICMP payload where the verb takes a size
VERBS = {"icmp": ("size = 100", 100), "udp": ("port = 7007, size = 300", 300), "stamp": ("port = 7862, size = 200, cos = true, direct = true", 200),
         "voice": ("port = 7008", 172), "dns": ('port = 7053, name = "www.drill.test"', None), "tcp": ("port = 7007", None), "http": ("port = 7080", None),
         "bulk": ("port = 7009, rate = mbit_per_s(1), sends_for = ms(200)", None), "bulk_udp": ('port = 7009, rate = mbit_per_s(1), sends_for = ms(200), protocol = "udp"', None), "path": ("hops = 3", None)}
STREAMS = ("icmp", "udp", "stamp", "voice")


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, "" if good else got)
    if not good:
        wrong.append(what)


services = "".join(f"{{kind: {k}, address: '{a}', port: {p}{', names: {www.drill.test: 10.9.0.80}' if k == 'dns' else ''}}}, " for a in (FAR4, FAR6)
                   for k, p in [("echo", 7007), ("echo", 7008), ("stamp", 7862), ("dns", 7053), ("web", 7080), ("sink", 7009)])
open(f"{work}/site.yaml", "w").write(f"""site: {name}
lab:
  hosts: {{near: {{}}, far: {{addresses: [{FAR4}/32, '{FAR6}/128'], services: [{services}]}}}}
  links:
    - ends: [{{host: near, interface: n0, addresses: [10.94.0.1/24, 10.94.0.7/24, 'fd94::1/64', 'fd94::7/64']}}, {{host: far, interface: f0, addresses: [10.94.0.2/24, 'fd94::2/64']}}]
    - ends: [{{host: near, interface: n1, addresses: [10.94.1.1/24, 'fd94:1::1/64']}}, {{host: far, interface: f1, addresses: [10.94.1.2/24, 'fd94:1::2/64']}}]
  routes:
    - {{host: near, to: {FAR4}/32, via: 10.94.0.2, metric: 10}}
    - {{host: near, to: {FAR4}/32, via: 10.94.1.2, metric: 20}}
    - {{host: near, to: '{FAR6}/128', via: 'fd94::2', metric: 10}}
    - {{host: near, to: '{FAR6}/128', via: 'fd94:1::2', metric: 20}}
targets: {{far4: {{kind: host, address: {FAR4}}}, far6: {{kind: host, address: '{FAR6}'}}}}
""")
calls, wanted = "", {}
for family, far in ((4, FAR4), (6, FAR6)):
    for i, (verb, (options, size)) in enumerate(VERBS.items()):
        real = verb.split("_")[0]
        base = f'site "far{family}", from = "near", {options}'
        marked = [("bare", "", 0, 64, None, "f0"),
                  ("marked", f', dscp = {10 + i}, source = "{ {4: "10.94.0.7", 6: "fd94::7"}[family] }"' + ("" if verb == "path" else f", ttl = {30 + i}"), 10 + i, 30 + i,
                   {4: "10.94.0.7", 6: "fd94::7"}[family], "f0"),
                  ("by_n1", f', dscp = {30 + i}, interface = "n1"', 30 + i, 64, {4: "10.94.1.1", 6: "fd94:1::1"}[family], "f1")]
        for mark, extra, dscp, ttl, source, interface in marked:
            key = f"{verb}{family}_{mark}"
            wanted[key] = (verb, dscp, ttl, source, interface, size)
            calls += f'  reach.{real} {{ {base}{extra}, label = "{key}" }}\n'
        if verb in STREAMS:
            key = f"{verb}{family}_stream"
            wanted[key] = (verb, 50 + STREAMS.index(verb), 77, marked[1][4], "f0", size)
            calls += (f'  measure {{ reach.{real}, {base}, dscp = {50 + STREAMS.index(verb)}, ttl = 77, source = "{marked[1][4]}", every = ms(20), lasts = ms(200), deadline = ms(100) }}\n'
                      "  wait(ms(400))\n")
open(f"{work}/s.lua", "w").write(f"""local reach = use "reach"
drill {{ "Marks", id = "marks", lasts = minutes(2), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Probe", owner = "me", run = function()
{calls}  local no = reach.http {{ site "far4", from = "near", port = 7080, source = "10.94.77.7", label = "no_source" }}
  local dev = reach.tcp {{ site "far4", from = "near", port = 7007, interface = "nn9", label = "no_interface" }}
end }}
""")
FIELDS = ["ip.src", "ipv6.src", "ip.dsfield.dscp", "ipv6.tclass.dscp", "ip.ttl", "ipv6.hlim", "udp.dstport", "tcp.dstport", "icmp.type", "icmpv6.type", "udp.length", "ip.len", "ipv6.plen",
          "frame.protocols", *tshark.WARNED]
DISSECT = ["-d", "udp.port==7862,twamp.test", "-d", "udp.port==7008,rtp", "-d", "udp.port==7053,dns", "-d", "tcp.port==7080,http", "-d", "udp.port==7007,data", "-d", "udp.port==7009,data",
           "-d", "tcp.port==7007,data", "-d", "tcp.port==7009,data"]


def dissect(interface):
    return tshark.dissect(f"{work}/{interface}.pcapng", FIELDS, *DISSECT, first=True)


def play():
    subprocess.run([netdrill, "lab", "up", f"{work}/site.yaml"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    dumps = []
    try:
        for interface in ("f0", "f1"):
            dumps.append(subprocess.Popen(["ip", "netns", "exec", f"nd-{name}-far", "dumpcap", "-q", "-i", interface, "-w", f"{work}/{interface}.pcapng"], stderr=subprocess.PIPE))
            while b"File:" not in dumps[-1].stderr.readline():
                pass
        return subprocess.run([netdrill, "run", f"{work}/s.lua", "--plain", "--confirm", "marks", "--runs", f"{work}/runs"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100)
    finally:
        for dump, interface in zip(dumps, ("f0", "f1")):
            tshark.end_capture(dump, f"{work}/{interface}.pcapng")
        subprocess.run([netdrill, "lab", "down", f"{work}/site.yaml"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def of_verb(packet, verb):
    if verb in ("icmp", "path"):
        return packet["icmp.type"] == "8" or packet["icmpv6.type"] == "128"
    kind = "tcp" if verb in ("tcp", "http", "bulk") else "udp"
    return packet[f"{kind}.dstport"] == str(PORTS[verb])


def octets(packet, verb):
    if verb == "icmp":
        return int(packet["ip.len"]) - 28 if packet["ip.len"] else int(packet["ipv6.plen"]) - 8
    return int(packet["udp.length"]) - 8


out = play()
events = [json.loads(line) for line in open(glob.glob(f"{work}/runs/*/journal.jsonl")[0])]
label = {e["subject"]: e["data"]["label"] for e in events if e["type"] == "netdrill.op.started"}
ended = {label[e["subject"]]: e["data"] for e in events if e["type"] == "netdrill.op.ended" and label.get(e["subject"])}
seen = {interface: dissect(interface) for interface in ("f0", "f1")}
def from_there(packet, source, family):
    """source None: whichever of its own the kernel takes."""
    return packet["ip.src" if family == "4" else "ipv6.src"] in ({source} if source else {"10.94.0.1", "10.94.0.7", "fd94::1", "fd94::7"})


def closing(packet):
    """A segment without payload: once the socket is closed the kernel itself sends these, by its own route."""
    return packet["tcp.dstport"] and packet["ip.len"] in ("", "40", "52") and packet["ipv6.plen"] in ("", "20", "32")


for key, (verb, dscp, ttl, source, interface, size) in wanted.items():
    family = key.split("_stream")[0].split("_bare")[0].split("_marked")[0].split("_by_n1")[0][-1]
    if not key.endswith("stream"):
        check(f"{key}: answered", ended[key]["err"] == "OK", (ended[key]["err"], ended[key]["why"]))
    path = verb == "path"
    found = [p for p in seen[interface] if of_verb(p, verb) and from_there(p, source, family) and str(dscp) in (p["ip.dsfield.dscp"], p["ipv6.tclass.dscp"]) and
             ((p["ip.ttl"] or p["ipv6.hlim"]) == ("1" if path else str(ttl)))]
    check(f"{key}: DSCP {dscp}, hop limit {1 if path else ttl}, from {source or 'its own'}, by {interface}", len(found) >= (5 if key.endswith("stream") else 1), len(found))
    if size is not None:
        check(f"{key}: {size} octets", found and {octets(p, verb) for p in found} == {size}, [octets(p, verb) for p in found])
    stray = [p for p in seen["f1" if interface == "f0" else "f0"] if of_verb(p, verb) and from_there(p, source, family) and str(dscp) in (p["ip.dsfield.dscp"], p["ipv6.tclass.dscp"]) and not closing(p)]
    check(f"{key}: by no other way", not stray or dscp == 0, stray[:1])
for key in ("no_source", "no_interface"):
    check(f"{key}: refused, with the reason", ended[key]["err"] in ("EREACH", "EIO", "EARG") and ended[key]["why"], ended[key])
every = seen["f0"] + seen["f1"]
for protocol, least in {"twamp.test": 40, "rtp": 30, "dns": 10, "icmp": 30, "icmpv6": 30, "http": 6}.items():
    ours = [p for p in every if protocol in p["frame.protocols"].split(":")]
    if protocol == "twamp.test":
        ours = [p for p in every if p["frame.protocols"].endswith(("twamp.test", "twamp-test", "twamp:test"))]
    bad = [p for p in ours if tshark.odd(p)]
    check(f"{len(ours)} packets of {protocol}: none malformed, none warned of", len(ours) >= least and not bad, (len(ours), bad[:2], {p["frame.protocols"] for p in every}))
if wrong:
    print(out.stdout[-1500:], out.stderr[-1000:])
sys.exit(bool(wrong))
