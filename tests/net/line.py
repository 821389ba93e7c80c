#!/usr/bin/python3
"""The lab's emulated lines against what they were told to be, counted and timed by netdrill itself over
each: delay, loss at random and in runs, doubles, overtaking, a gap and a rate. Delays are only held to
bounds that no machine's load can break; how exact they are is a matter of the benchmark."""
import glob, json, os, sqlite3, subprocess, sys, tempfile

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
LINES = {
    "slow": "delay: 40ms", "jitter": "delay: 20ms, jitter: 5ms", "lossy": "loss: 10%", "bursty": "loss: 10%, burst: 5",
    "double": "duplicate: 20%", "overtaken": "delay: 20ms, reorder: 10%", "gap": 'events: ["every 2s lasts 500ms gap"]',
    "narrow": "rate: 400kbit/s, limit: 50ms", "geo": "profile: geo, loss: 0%"}
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, got)
    if not good:
        wrong.append(what)


def site():
    hosts, links, targets = "    near: {}\n", "", ""
    for i, (name, line) in enumerate(LINES.items()):
        hosts += f"    {name}: {{services: [{{kind: echo, address: 10.99.{i}.2, port: 7}}]}}\n"
        links += (f"    - ends: [{{host: near, interface: n{i}, addresses: [10.99.{i}.1/24]}}, "
                  f"{{host: {name}, interface: f{i}, addresses: [10.99.{i}.2/24]}}]\n      line: {{{line}}}\n")
        targets += f"  {name}: {{kind: service, address: 10.99.{i}.2, port: 7}}\n"
    return f"site: line{os.getpid()}\nlab:\n  hosts:\n{hosts}  links:\n{links}targets:\n{targets}"


open(f"{work}/site.yaml", "w").write(site())
streams = "".join(f"""  measure {{ reach.udp, site "{name}", every = ms(10), lasts = seconds(8), from = "near", size = {1000 if name == "narrow" else 64} }}
""" for name in LINES)
open(f"{work}/s.lua", "w").write(f"""
local reach = use "reach"
drill {{ "Lines", id = "lines", lasts = seconds(30), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Measure", owner = "me", run = function()
{streams}  wait(seconds(10))
end }}
""")
out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--lab", "--plain", "--runs", f"{work}/runs"],
                     capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
if out.returncode not in (0, 10):
    print(out.stdout[-2000:], out.stderr[-2000:])
run = glob.glob(f"{work}/runs/*")[0]
closed = {int(e["subject"]): e["data"] for e in map(json.loads, open(f"{run}/journal.jsonl")) if e["type"] == "netdrill.series.closed"}
db = sqlite3.connect(f"{run}/samples.sqlite")
data = {}
for series, name in enumerate(LINES, 1):
    end = closed[series]
    rows = db.execute("select slot, outcome, value from sample where series = ? and outcome <> 1 order by slot", (series,)).fetchall()
    values = sorted(v / 1e6 for _, o, v in rows if o == 0)
    lost = [o != 0 for _, o, _ in rows]
    runs = sum(b and not a for a, b in zip([False] + lost, lost))
    data[name] = {"n": len(rows), "p50": values[len(values) // 2] if values else None, "min": values[0] if values else None,
                  "max": values[-1] if values else None, "loss": sum(lost) / len(rows), "run": sum(lost) / max(1, runs), "runs": runs, **end,
                  "lost": [slot for slot, o, _ in rows if o != 0], "good": [slot for slot, o, _ in rows if o == 0]}
d = data
ms = lambda name: "p50 %.2f ms, loss %.1f %%, of %d" % (d[name]["p50"], 100 * d[name]["loss"], d[name]["n"])
check("delay 40 ms each way: never less than 80 ms", d["slow"]["min"] >= 80 and d["slow"]["p50"] < 200, ms("slow"))
check("jitter keeps within 20 ± 5 ms each way, and in order", 30 <= d["jitter"]["min"] and d["jitter"]["max"] - d["jitter"]["min"] > 5
      and d["jitter"]["reordered"] == 0, ms("jitter"))
check("10 % lost at random, each way: 19 %", 0.11 < d["lossy"]["loss"] < 0.27, ms("lossy"))
check("10 % lost in runs of 5: as much, in longer runs", 0.05 < d["bursty"]["loss"] < 0.4 and d["bursty"]["run"] > 2 * d["lossy"]["run"],
      "%s; mean run %.1f, random %.1f" % (ms("bursty"), d["bursty"]["run"], d["lossy"]["run"]))
check("doubles come back, each way", d["double"]["duplicates"] > 0.2 * d["double"]["n"], d["double"]["duplicates"])
check("what overtakes is seen to", d["overtaken"]["reordered"] > 20, d["overtaken"]["reordered"])
gaps = []
for slot in d["gap"]["lost"]:
    if gaps and slot <= gaps[-1][1] + 10: # a machine that stalls lets some through late
        gaps[-1][1] = slot
    else:
        gaps.append([slot, slot])
# Of each: the last that came through, the first and the last lost, the next that came through. What a busy machine
# did not send in between may belong to either, and one that holds the line up by 100 ms moves an edge as far.
whole = [(max(good), a, b, min(g for g in d["gap"]["good"] if g > b)) for a, b in gaps
         if (good := [g for g in d["gap"]["good"] if g < a]) and b < max(d["gap"]["good"])]
check("a gap of 0.5 s each 2 s", len(whole) >= 3 and all(b - a + 1 <= 60 and after - before - 1 >= 40 for before, a, b, after in whole) and
      all(next_a - before >= 190 and next_before - a <= 210 for (before, a, *_), (next_before, next_a, *_) in zip(whole, whole[1:])), whole)
check("400 kbit/s carries about half of 834 kbit/s offered", 0.4 < d["narrow"]["loss"] < 0.6, ms("narrow"))
check("a geostationary satellite's 600 ms", 580 <= d["geo"]["min"] and 595 <= d["geo"]["p50"] < 800, ms("geo"))
check("and nothing is left of the lab", not glob.glob(f"/run/netns/nd-line{os.getpid()}-*"), glob.glob(f"/run/netns/nd-line{os.getpid()}-*"))
if wrong:
    print(out.stdout[-1500:], out.stderr[-500:])
sys.exit(bool(wrong))
