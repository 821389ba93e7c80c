#!/usr/bin/python3
"""Throughput over an emulated line of 8 Mbit/s, beside iperf3 over the same line: the two have to agree.
What was declared as most (rate, octets, time) is kept, and a far end that is no sink is said to be none."""
import glob, json, os, subprocess, sys, tempfile

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
name = f"bulk{os.getpid()}"
near, far = f"nd-{name}-near", f"nd-{name}-far"
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, got)
    if not good:
        wrong.append(what)


open(f"{work}/site.yaml", "w").write(f"""site: {name}
lab:
  hosts:
    near: {{}}
    far: {{services: [{{kind: sink, address: 10.98.0.2, port: 9}}, {{kind: echo, address: 10.98.0.2, port: 7}}]}}
  links:
    - ends: [{{host: near, interface: n0, addresses: [10.98.0.1/24]}}, {{host: far, interface: f0, addresses: [10.98.0.2/24]}}]
      line: {{delay: 2ms, rate: 8mbit/s}}
targets:
  far: {{kind: service, address: 10.98.0.2, port: 9}}
""")
calls = {
    "tcp": "rate = mbit_per_s(100), sends_for = seconds(4)",
    "udp": "rate = mbit_per_s(4), sends_for = seconds(2), protocol = 'udp'",
    "udp_over": "rate = mbit_per_s(16), sends_for = seconds(3), protocol = 'udp'",
    "capped": "rate = mbit_per_s(2), sends_for = seconds(2)",
    "few": "rate = mbit_per_s(100), sends_for = seconds(20), octets = 200000",
    "no_sink": "rate = mbit_per_s(1), sends_for = ms(200), port = 7",
    "nobody": "rate = mbit_per_s(1), sends_for = ms(200), port = 10",
}
steps = "".join(f"""  local r = reach.bulk {{ site "far", from = "near", {arguments}, label = "{key}" }}
""".replace("local r", f"local {key}") for key, arguments in calls.items())
open(f"{work}/s.lua", "w").write(f"""
local reach = use "reach"
drill {{ "Bulk", id = "bulk", lasts = minutes(2), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Measure", owner = "me", run = function()
{steps}end }}
""")
# What a machine whose processor others take can spoil; what was declared as most is kept whatever the machine does.
SPEED = {"TCP agrees with iperf3 within a tenth", "and is what an 8 Mbit/s line carries at most", "UDP under the line's rate arrives whole",
         "UDP over it loses what does not fit"}


def iperf3():
    server = subprocess.Popen(["ip", "netns", "exec", far, "iperf3", "-s", "-1", "-p", "5201", "--forceflush"], stdout=subprocess.PIPE, text=True)
    try:
        while "listening" not in server.stdout.readline():
            pass
        peer = subprocess.run(["ip", "netns", "exec", near, "iperf3", "-c", "10.98.0.2", "-t", "4", "-J"], capture_output=True, text=True, timeout=60)
    finally:
        server.kill()
        server.wait()
    return json.loads(peer.stdout)["end"]["sum_received"]["bits_per_second"]


def compare():
    """Both measure; what is to hold, whether it does, and the figures of it."""
    out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--plain", "--confirm", "bulk", "--runs", f"{work}/runs"],
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    iperf = iperf3()
    run = max(glob.glob(f"{work}/runs/*"), key=os.path.getmtime)
    events = [json.loads(line) for line in open(f"{run}/journal.jsonl")]
    label = {e["subject"]: e["data"]["label"] for e in events if e["type"] == "netdrill.op.started"}
    ended = {label[e["subject"]]: e["data"] for e in events if e["type"] == "netdrill.op.ended" and e["subject"] in label}
    read = {key: data.get("readings", {}) for key, data in ended.items()}
    mbit = lambda key: read[key].get("rate", 0) / 1e6
    return [
        ("TCP agrees with iperf3 within a tenth", abs(mbit("tcp") / (iperf / 1e6) - 1) < 0.1, "%.2f and %.2f Mbit/s" % (mbit("tcp"), iperf / 1e6)),
        ("and is what an 8 Mbit/s line carries at most", 6 < mbit("tcp") < 8, ""),
        ("UDP under the line's rate arrives whole", 3.6 < mbit("udp") < 4.2 and read["udp"]["loss"] == 0, "%.2f Mbit/s" % mbit("udp")),
        ("UDP over it loses what does not fit", 6.5 < mbit("udp_over") < 8 and 0.35 < read["udp_over"]["loss"] < 0.6,
         "%.2f Mbit/s, loss %.2f" % (mbit("udp_over"), read["udp_over"].get("loss", -1))),
        ("the declared rate is kept", mbit("capped") < 2.2, "%.2f Mbit/s" % mbit("capped")),
        ("and the declared octets", read["few"]["octets"] <= 200000 and ended["few"]["took_ns"] < 10e9, int(read["few"]["octets"])),
        ("an echo is no sink", ended["no_sink"]["err"] == "EANSWER", ended["no_sink"]["err"]),
        ("a closed port refuses", ended["nobody"]["err"] == "EREFUSED", ended["nobody"]["err"])], out, ended


subprocess.run([netdrill, "lab", "up", f"{work}/site.yaml"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
try:
    for _ in range(3):  # one after the other: others on the machine may have come between
        found, out, ended = compare()
        odd = [what for what, good, _ in found if not good]
        if not odd or set(odd) - SPEED:
            break
        print("once more:", odd)
finally:
    subprocess.run([netdrill, "lab", "down", f"{work}/site.yaml"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
for row in found:
    check(*row)
if wrong:
    print(out.stdout[-1500:], out.stderr[-500:], json.dumps(ended)[:1500])
sys.exit(bool(wrong))
