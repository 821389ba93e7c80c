#!/usr/bin/python3
"""Every statistic over several windows of one measurement, against a plain reference in another
language that reads the samples as CSV: the numbers have to be the same."""
import csv, glob, io, json, math, os, random, socket, struct, subprocess, sys, tempfile, threading, time

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
far.bind(("127.0.0.1", 0))
random.seed(4)


def serve():
    while True:
        packet, peer = far.recvfrom(2048)
        slot = struct.unpack(">q", packet[12:20])[0]
        if slot % 7 == 3 or 100 <= slot < 140 or 290 <= slot < 301 or slot > 390:
            continue
        time.sleep(random.random() * 0.002)
        far.sendto(packet, peer)


WINDOWS = [None, (0.3, 1.1), (0.52, 0.68), (1.3, 1.52), (0.0, 0.02)]
STATS = ["share", "loss", "interruption", "interruptions", "interruption_sum", "longest_gap", "count", "answered",
         "missed", "min", "mean", "max", "p50", "p90", "p95", "p99", "p999", "stddev", "jitter", "rtp_jitter",
         "availability", "availability_minutes"]


def reference(rows, every, start, window):
    lo, hi = (0, 1 << 62) if window is None else (start + int(window[0] * 1e9), start + int(window[1] * 1e9))
    inside = [r for r in rows if lo <= r["due"] < hi]
    sent = [r for r in inside if r["outcome"] != "not_sent"]
    good = [r for r in sent if r["outcome"] == "answered"]
    end = min(hi, inside[-1]["due"] + every) if inside else hi
    before = [r for r in rows if r["due"] < lo and r["outcome"] == "answered"]
    values = sorted(r["value"] for r in good)
    gaps, began = [], None
    for r in sent:
        if r["outcome"] != "answered":
            began = r["sent"] if began is None else began
        elif began is not None:
            gaps.append(r["sent"] - began)
            began = None
    if began is not None:
        gaps.append(max(0, end - began))  # sent late, it may have begun behind the window's end
    marks = [max(lo, inside[0]["due"]) if inside else lo] + [r["sent"] for r in good] + [end]
    rank = lambda q: values[max(0, math.ceil(q * len(values)) - 1)] if values else None
    series = [r["value"] for r in good]
    rtp = 0
    for a, b in zip(series, series[1:]):
        rtp += (abs(b - a) - rtp) / 16
    if not sent:  # a window in which a busy machine has sent nothing
        return {"count": 0, "answered": 0, "missed": len(inside)}
    lost = len(sent) - len(good)
    mean = sum(series) / len(series) if series else None
    return {
        "share": len(good) / len(sent), "loss": 1 - len(good) / len(sent), "interruption": max(gaps, default=0),
        "availability": max(0, 1 - sum(gaps) / (end - marks[0])), "rtp_jitter": rtp if series else None,
        "availability_minutes": float(lost < 0.2 * len(sent)),  # all within one minute
        "interruptions": len(gaps), "interruption_sum": sum(gaps),
        "longest_gap": max(b - a for a, b in zip(marks, marks[1:])), "count": len(sent), "answered": len(good),
        "missed": len(inside) - len(sent), "min": rank(0), "max": rank(1), "mean": mean, "p50": rank(.5), "p90": rank(.9),
        "p95": rank(.95), "p99": rank(.99), "p999": rank(.999),
        "stddev": math.sqrt(sum((v - mean) ** 2 for v in series) / len(series)) if series else None,
        "jitter": (sum(abs(b - a) for a, b in zip(series, series[1:])) / (len(series) - 1) if len(series) > 1 else 0)
        if series else None}


def main():
    threading.Thread(target=serve, daemon=True).start()
    open(f"{work}/site.yaml", "w").write(
        f"site: stat-{os.getpid()}\ntargets: {{far: {{kind: service, address: 127.0.0.1, port: {far.getsockname()[1]}}}}}\n")
    asks = ""
    for i, window in enumerate(WINDOWS):
        arg = "" if window is None else "{ from = ms(%d), till = ms(%d) }" % (window[0] * 1000, window[1] * 1000)
        for stat in STATS:
            zero = "0" if stat in ("count", "answered", "missed", "interruptions", "share", "loss", "availability", "availability_minutes") else "ms(0)"
            zero = "percent(0)" if stat in ("share", "loss", "availability", "availability_minutes") else zero
            asks += f'  expect {{ "{stat} {i}", s:{stat}({arg}), at_least = {zero} }}\n'
    asks = asks.replace("{ from = ms(", '{ from = at(').replace("till = ms(", "till = at(")
    open(f"{work}/s.lua", "w").write(f"""
local reach = use "reach"
drill {{ "Statistics", id = "stat", lasts = seconds(30), site = "site.yaml" }}
phase {{ "One" }}
local function at(n) return string.format("T+00:00:%06.3f", n / 1000) end
step {{ "Measure", owner = "me", run = function()
  local s = measure {{ reach.udp, site "far", every = ms(5), lasts = seconds(2), deadline = ms(100) }}
  wait(seconds(3))
{asks}end }}
""")
    out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--confirm", "stat", "--plain", "--runs", f"{work}/runs"],
                         capture_output=True, text=True)
    run = glob.glob(f"{work}/runs/*")[0]
    events = [json.loads(line) for line in open(f"{run}/journal.jsonl")]
    start = next(e["data"]["t0_ns"] for e in events if e["type"] == "netdrill.run.started")
    text = subprocess.run([netdrill, "samples", run, "--csv"], capture_output=True, text=True, check=True).stdout
    rows = [{"due": int(r["due_ns"]), "sent": int(r["sent_ns"] or 0), "outcome": r["outcome"],
             "value": float(r["value"]) if r["value"] else None} for r in csv.DictReader(io.StringIO(text))]
    told = {e["data"]["sentence"]["en"]: e["data"]["measured"] for e in events if e["type"] == "netdrill.verdict"}
    wrong = [] if len(rows) == 400 else [f"{len(rows)} rows, expected 400"]
    for i, window in enumerate(WINDOWS):
        expected = reference(rows, 5000000, start, window)
        for stat in expected:
            got = told.get(f"{stat} {i}", "no verdict")
            same = got == expected[stat] or (isinstance(got, (int, float)) and expected[stat] is not None and
                                            abs(got - expected[stat]) <= 1e-9 * max(1, abs(expected[stat])))
            if not same:
                wrong.append(f"{stat} of window {window}: reference {expected[stat]}, netdrill {got}")
    print(f"{len(told)} statistics of {len(rows)} samples", *wrong[:20], out.stderr[-500:], sep="\n")
    sys.exit(bool(wrong))


main()
