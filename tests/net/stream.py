#!/usr/bin/python3
"""A far end that drops, doubles, delays and turns round chosen answers of a 1 kHz stream: each is
counted as what it was, and the stored samples give the same numbers as the journal."""
import glob, json, os, socket, sqlite3, struct, subprocess, sys, tempfile, threading, time

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
far.bind(("127.0.0.1", 0))
LOST, DOUBLED, LATE, HELD = {200, 201, 500}, {300, 700}, {400, 401}, {600}
held = []


def later(packet, peer):
    time.sleep(1.4)
    far.sendto(packet, peer)


def serve():
    while True:
        packet, peer = far.recvfrom(2048)
        magic, _, slot = struct.unpack(">8sIq", packet[:20])
        assert magic == b"netdrill"
        if slot in LOST:
            continue
        if slot in HELD:
            held.append((slot + 3, packet))
            continue
        if slot in LATE:
            threading.Thread(target=later, args=(packet, peer)).start()
            continue
        far.sendto(packet, peer)
        if slot in DOUBLED:
            far.sendto(packet, peer)
        if held and slot >= held[0][0]:  # not slot + 3 itself, which a busy machine may leave out
            far.sendto(held.pop()[1], peer)


threading.Thread(target=serve, daemon=True).start()
open(f"{work}/site.yaml", "w").write(
    f"site: stream-{os.getpid()}\ntargets: {{far: {{kind: service, address: 127.0.0.1, port: {far.getsockname()[1]}}}}}\n")
open(f"{work}/s.lua", "w").write("""
local reach = use "reach"
drill { "Stream", id = "stream", lasts = seconds(10), site = "site.yaml" }
phase { "One" }
step { "Measure", owner = "me", run = function()
  local s = measure { reach.udp, site "far", every = ms(1), lasts = seconds(2), deadline = seconds(1) } -- what is late comes before its end
  expect { "answered", s:answered(), at_least = 1400 }
end }
""")
out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--confirm", "stream", "--plain", "--runs", f"{work}/runs"],
                     capture_output=True, text=True)
run = glob.glob(f"{work}/runs/*")[0]
events = [json.loads(line) for line in open(f"{run}/journal.jsonl")]
closed = next(e["data"] for e in events if e["type"] == "netdrill.series.closed")
rows = sqlite3.connect(f"{run}/samples.sqlite").execute("select slot, due_ns, sent_ns, outcome from sample order by slot").fetchall()
unsent = {slot for slot, _, _, outcome in rows if outcome == 1}
lost = {slot for slot, _, _, outcome in rows if outcome < 0}
wrong = []


def check(what, got, expected):
    print(f"{what}: {got}")
    if got != expected:
        wrong.append(f"{what}: expected {expected}, got {got}")


check("slots", [row[0] for row in rows], list(range(2000))) if len(rows) != 2000 else None
check("lost", lost, (LOST | LATE) - unsent)
check("lost, as counted", closed["lost"], len(lost))
check("duplicates", closed["duplicates"], len(DOUBLED - unsent))
check("reordered", closed["reordered"], len(HELD - unsent))
check("late", closed["late"], len(LATE - unsent))
check("not sent", closed["missed"], len(unsent))
if any(sent < due for _, due, sent, outcome in rows if outcome != 1):
    wrong.append("a slot was sent before it was due")
if len(unsent) > 600:
    wrong.append(f"{len(unsent)} of 2000 slots were not sent")
print(out.stdout[-400:] if wrong else "", *wrong, sep="\n")
sys.exit(bool(wrong))
