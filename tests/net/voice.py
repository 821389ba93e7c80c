#!/usr/bin/python3
"""A stream of voice against a far end of ours that loses, delays and marks what it is told to: the
packets as another program dissects them, their marks as the kernel received them, and every figure of
quality against the E-model written down once more."""
import glob, json, math, os, random, socket, sqlite3, struct, subprocess, sys, tempfile, threading, time

import tshark

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stamp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for s in (rtp, stamp):
    s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
    s.bind(("127.0.0.1", 0))
seen, heard, peers, years = set(), {rtp: [], stamp: []}, set(), {time.strftime("%Y", time.gmtime(time.time() + 3600 * h)) for h in (-13, 0, 13)}
LOST, SLOW = {20, 21, 22, 60}, {80, 81, 120}
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, "" if good else got)
    if not good:
        wrong.append(what)


def send_later(packet, peer, wait):
    time.sleep(wait)
    rtp.sendto(packet, peer)


def serve(sock):
    while True:
        packet, control, _, peer = sock.recvmsg(2048, 256)
        for level, kind, data in control:
            if kind in (socket.IP_TOS, socket.IP_TTL):
                seen.add((sock is rtp, kind, data[0]))
        heard[sock].append((time.time(), peer, packet))
        peers.add(peer[0])
        if sock is not rtp:
            continue
        slot = struct.unpack(">q", packet[18:26])[0]
        if slot in LOST:
            continue
        if slot in SLOW:
            threading.Thread(target=send_later, args=(packet, peer, 0.15)).start()
        else:
            rtp.sendto(packet, peer)


def write_pcap(path, port, packets):
    """Raw IPv4 and UDP in front of what was received: the payload is what is looked at."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 228))
        for at, peer, packet in packets:
            udp = struct.pack(">HHHH", peer[1], port, 8 + len(packet), 0) + packet
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(peer[0]),
                             socket.inet_aton("127.0.0.1")) + udp
            out.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(ip), len(ip)) + ip)


def dissect(sock, protocol, fields):
    path, port = f"{work}/{protocol}.pcap", sock.getsockname()[1]
    write_pcap(path, port, heard[sock])
    return [list(packet.values()) for packet in tshark.dissect(path, fields + ["_ws.malformed"], "-d", f"udp.port=={port},{protocol}")]


for s in (rtp, stamp):
    threading.Thread(target=serve, args=(s,), daemon=True).start()
open(f"{work}/site.yaml", "w").write(
    f"site: voice-{os.getpid()}\ntargets:\n"
    f"  phone: {{kind: service, address: 127.0.0.1, port: {rtp.getsockname()[1]}}}\n"
    f"  far: {{kind: service, address: 127.0.0.1, port: {stamp.getsockname()[1]}}}\n")
open(f"{work}/s.lua", "w").write("""
local reach = use "reach"
drill { "Voice", id = "voice", lasts = seconds(10), site = "site.yaml" }
phase { "One" }
step { "Measure", owner = "me", run = function()
  local t = measure { reach.stamp, site "far", every = ms(100), lasts = seconds(2), deadline = ms(50), dscp = 34 }
  local s = measure { reach.voice, site "phone", every = ms(20), lasts = seconds(3), deadline = ms(500), dscp = 46,
                      ttl = 17, source = "127.0.0.9", codec = "g711", buffer = ms(60) }
  expect { "loss", s, "voice_loss<50%" }
  expect { "burst", s, "burst_ratio>=1" }
  expect { "delay", s, "mouth_to_ear<=300ms" }
  expect { "R", s, "r_factor>=1" }
  expect { "MOS", s, "mos>=1" }
  expect { "jitter", s, "rtp_jitter<1s" }
end }
""")
out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--confirm", "voice", "--plain", "--runs", f"{work}/runs"],
                     capture_output=True, text=True)
run = glob.glob(f"{work}/runs/*")[0]
told = {e["data"]["sentence"]["en"]: e["data"]["measured"]
        for e in map(json.loads, open(f"{run}/journal.jsonl")) if e["type"] == "netdrill.verdict"}
rows = sqlite3.connect(f"{run}/samples.sqlite").execute(
    "select slot, outcome, value from sample where series = 2 and outcome <> 1 order by slot").fetchall()
sent = {slot for slot, _, _ in rows}  # all, but for what a busy machine leaves out

check("packets carry DSCP 46 and 34", {(True, socket.IP_TOS, 46 << 2), (False, socket.IP_TOS, 34 << 2)} <= seen, seen)
check("a hop limit of 17", (True, socket.IP_TTL, 17) in seen, seen)
check("and leave from the address asked for", "127.0.0.9" in peers, peers)

fields = dissect(rtp, "rtp", ["rtp.version", "rtp.p_type", "rtp.seq", "rtp.timestamp", "rtp.ssrc", "rtp.marker"])
check("the dissector takes all for RTP version 2, PCMU", fields and all(f[0] == "2" and f[1] == "0" for f in fields), fields[:2])
check("numbered by packet, 160 ticks apart",
      all(int(f[3], 0) == int(f[2]) * 160 for f in fields) and int(fields[-1][2]) >= len(fields) - 1, fields[:3])
check("of one source", len({f[4] for f in fields}) == 1)
check("none malformed", not any(f[-1] for f in fields))
fields = dissect(stamp, "twamp.test", ["twamp.test.seq_number", "twamp.test.timestamp", "twamp.test.error_estimate.scale"])
check("the dissector takes STAMP for TWAMP-Test, numbered from 0",
      [int(f[0]) for f in fields] == list(range(len(fields))) and len(fields) >= 8, fields[:3])
check("and reads this year in its time", all(any(year in f[1] for year in years) for f in fields), fields[:1])

quickest = min(v for _, o, v in rows if o == 0)
lost = [o != 0 or v - quickest > 60e6 for _, o, v in rows]
p = sum(lost) / len(lost)
runs = sum(b and not a for a, b in zip([False] + lost, lost))
burst = max(1, sum(lost) / runs * (1 - p))
delay = quickest / 2e6 + 60 + 20
equipment = 95 * p * 100 / (p * 100 / burst + 25.1)
r = 93.2 - .024 * delay - equipment
values = [v for _, o, v in rows if o == 0]
jitter = 0
for a, b in zip(values, values[1:]):
    jitter += (abs(b - a) - jitter) / 16
expected = {"loss": p, "burst": burst, "delay": delay * 1e6, "R": r, "MOS": 1 + .035 * r + r * (r - 60) * (100 - r) * 7e-6,
            "jitter": jitter}
check("what was lost or late is lost to the listener", (LOST | SLOW) & sent <= {s for (s, _, _), gone in zip(rows, lost) if gone} and len((LOST | SLOW) & sent) > 3, sum(lost))
for name, value in expected.items():
    check(f"{name}: {value:.4g}", math.isclose(told.get(name, -1), value, rel_tol=1e-9), told.get(name))
if wrong:
    print(out.stdout, out.stderr)
sys.exit(bool(wrong))
