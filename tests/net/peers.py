#!/usr/bin/python3
"""The same emulated lines measured by netdrill, fping, ping and irtt, one after the other: they have to agree on
the round trip (least within 3 ms, median within 15 ms, of 50 ms: room for a machine that is shared) and on the
loss (within 15 points: four deviations of 250 probes against 500)."""
import glob, gzip, json, os, re, sqlite3, subprocess, sys, tempfile, time

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
name = f"peers{os.getpid()}"
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, got)
    if not good:
        wrong.append(what)


open(f"{work}/site.yaml", "w").write(f"""site: {name}
lab:
  hosts:
    near: {{}}
    slow: {{services: [{{kind: echo, address: 10.93.0.2, port: 7}}, {{kind: stamp, address: 10.93.0.2, port: 862}}]}}
    lossy: {{services: [{{kind: echo, address: 10.93.1.2, port: 7}}, {{kind: stamp, address: 10.93.1.2, port: 862}}]}}
  links:
    - ends: [{{host: near, interface: n0, addresses: [10.93.0.1/24]}}, {{host: slow, interface: f0, addresses: [10.93.0.2/24]}}]
      line: {{delay: 25ms}}
    - ends: [{{host: near, interface: n1, addresses: [10.93.1.1/24]}}, {{host: lossy, interface: f1, addresses: [10.93.1.2/24]}}]
      line: {{delay: 5ms, loss: 20%}}
targets:
  slow: {{kind: host, address: 10.93.0.2, port: 7}}
  lossy: {{kind: host, address: 10.93.1.2, port: 7}}
""")
VERBS = ["icmp", "udp", "stamp"]
streams = "".join(f'  measure {{ reach.{verb}, site "{target}"{", port = 862" if verb == "stamp" else ""}, from = "near", every = ms({every}), lasts = ms({lasts}) }}\n'
                  for target, every, lasts in (("slow", 20, 2000), ("lossy", 8, 4000)) for verb in VERBS)
open(f"{work}/s.lua", "w").write(f"""local reach = use "reach"
drill {{ "Peers", id = "peers", lasts = seconds(20), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Measure", owner = "me", run = function()
{streams}  wait(seconds(6))
end }}
""")


def inside(*command, **more):
    return subprocess.run(["ip", "netns", "exec", f"nd-{name}-near", *command], capture_output=True, text=True, timeout=60, **more)


def fping(address, count, period):
    out = inside("fping", "-q", "-C", str(count), "-p", str(period), "-t", "1000", "-i", "1", address)
    values = out.stderr.strip().splitlines()[-1].split(":")[1].split()
    return [float(v) for v in values if v != "-"], values.count("-") / count


def ping(address, count, period):
    out = inside("ping", "-n", "-c", str(count), "-i", str(period / 1000), "-W", "1", address)
    values = [float(v) for v in re.findall(r"time=([\d.]+)", out.stdout)]
    return values, 1 - len(values) / int(re.search(r"(\d+) packets transmitted", out.stdout)[1])


def irtt(address, count, period):
    path = f"{work}/irtt{time.time()}.json.gz"
    inside("irtt", "client", "-q", "-Q", "-i", f"{period}ms", "-d", f"{count * period}ms", "-o", path, address)
    trips = json.load(gzip.open(path))["round_trips"]
    values = [t["delay"]["rtt"] / 1e6 for t in trips if t["delay"].get("rtt")]
    return values, 1 - len(values) / len(trips)


def ours(run, target, verb):
    db = sqlite3.connect(f"{run}/samples.sqlite")
    rows = db.execute("select outcome, value from sample join series on series.id = series where target = ? and verb = ? and outcome <> 1", (target, verb)).fetchall()
    return [v / 1e6 for o, v in rows if o == 0], sum(o != 0 for o, _ in rows) / len(rows)


QUICKER = "never quicker than the line"


def median(values):
    return sorted(values)[len(values) // 2]


def compare():
    """Everybody measures; what is to hold, whether it does, and the figures of it."""
    out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--plain", "--confirm", "peers", "--runs", f"{work}/runs"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    run = max(glob.glob(f"{work}/runs/*"), key=os.path.getmtime)
    told = {("slow", f.__name__): f("10.93.0.2", 60, 20) for f in (fping, ping, irtt)}
    told |= {("lossy", f.__name__): f("10.93.1.2", 250, 8) for f in (fping, ping, irtt)}
    found = []
    for verb in VERBS:
        values, lost = ours(run, "slow", verb)
        found.append((f"reach.{verb}: {QUICKER}", min(values) >= 50, "least %.2f ms" % min(values)))
        found.append((f"reach.{verb}: nothing lost", lost == 0, "least %.2f, median %.2f ms of %d" % (min(values), median(values), len(values))))
        for peer in ("fping", "ping", "irtt"):
            theirs, _ = told["slow", peer]
            found.append((f"reach.{verb} and {peer} agree on the round trip", abs(min(values) - min(theirs)) < 3 and abs(median(values) - median(theirs)) < 15,
                  "least %.2f and %.2f, median %.2f and %.2f ms" % (min(values), min(theirs), median(values), median(theirs))))
        _, lost = ours(run, "lossy", verb)
        for peer in ("fping", "ping", "irtt"):
            found.append((f"reach.{verb} and {peer} agree on the loss", abs(lost - told["lossy", peer][1]) < 0.15, "%.1f and %.1f %%" % (100 * lost, 100 * told["lossy", peer][1])))
    return found, out


subprocess.run([netdrill, "lab", "up", f"{work}/site.yaml"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
servers = []
try:
    for host in ("slow", "lossy"):
        servers.append(subprocess.Popen(["ip", "netns", "exec", f"nd-{name}-{host}", "irtt", "server", "-i", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for _ in range(3):  # one after the other: others on the machine may have come between
        found, out = compare()
        odd = [row for row in found if not row[1]]
        if not odd or any(QUICKER in what for what, _, _ in odd):  # no load makes anything quicker
            break
        print("once more:", odd)
finally:
    for server in servers:
        server.kill()
        server.wait()
    subprocess.run([netdrill, "lab", "down", f"{work}/site.yaml"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
for row in found:
    check(*row)
if wrong:
    print(out.stdout[-1000:], out.stderr[-500:])
sys.exit(bool(wrong))
