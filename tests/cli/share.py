#!/usr/bin/python3
"""Availability by operator, of a run written by hand (tests/support/synthetic.py) whose probes were decided beforehand: the figures of
both definitions to the last digit, whose each service is, what is missing, what a target says within the uncertainty, how far the bars
of the chart go; and that an audience sees the same sums. What is expected stands here as fractions that anybody can check by hand."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from synthetic import ANSWERED, LOST, MS, NOT_SENT, SEC, Run

netdrill = os.path.abspath(sys.argv[1])
SITE = """site: three
operators:
  jia: {title: {zh: 甲電信, en: Jia Telecom}}
  yi: {title: {zh: 乙電信, en: Yi Telecom}}
  bing: {title: {zh: 丙電信, en: Bing Telecom}}
vantages:
  jia-phone: {title: {zh: 甲用戶, en: Jia's subscriber}, interface: lo, operator: jia}
targets:
  jia-web: {kind: host, operator: jia, address: 127.0.1.1}
  yi-web: {kind: host, operator: yi, address: 127.0.2.1}
  public: {kind: host, address: 127.0.9.1}
"""


def report(run, *args):
    return subprocess.run([netdrill, "report", run.directory, *args], check=True, stdout=subprocess.PIPE).stdout


def slots(run, every, count, lost=(), not_sent=(), gone=()):
    """Slots by number; lost, not_sent and gone: ranges of them."""
    fate = {n: outcome for spans, outcome in ((lost, LOST), (not_sent, NOT_SENT), (gone, None)) for span in spans for n in span}
    rows = []
    for n in range(count):
        outcome = fate.get(n, ANSWERED)
        if outcome is not None:
            rows.append((n, 0 if outcome == NOT_SENT else run.t0 + n * every, outcome, 5e6 if outcome == ANSWERED else None))
    return rows


def change(run, undo, target, began, back):
    run.rel("change.recorded", began, {"plugin": "links", "verb": "cut", "target": target, "vantage": None, "step": "s", "args": {}}, undo)
    run.rel("change.applied", began, {"began_ns": run.t0 + began, "ended_ns": run.t0 + began}, undo)
    if back is not None:
        run.rel("change.undone", back, {}, undo)
        run.rel("change.verified", back, {}, undo)


def written(runs, targets, number=1):
    run = Run(runs, f"20260110T010000Z-three-{number:04}")
    run.site = SITE
    run.plan["availability"] = targets
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "version": "1", "mode": "live", "simulated": False,
                                    "drill": {"id": "three", "title": {"zh": "三", "en": "Three"}, "revision": 1, "lasts_ns": 200 * SEC}})
    run.event("run.started", run.t0, {"t0_ns": run.t0, "wall": run.wall(run.t0)})
    change(run, "1", "jia-web", 20 * SEC, 40 * SEC)
    # Jia: by its target, 1 a second for 100 s. Lost: 25 to 49 (injected: it was in force to 40 s, and a second longer; 42 to 49 are the
    # recovery), and 80 to 81 (unexpected).
    run.series(1, "reach.icmp jia-web", slots(run, SEC, 100, lost=[range(25, 50), range(80, 82)]), SEC, run.t0, target="jia-web")
    # Jia: by where its subscriber stands, 10 a second for 100 s; lost 30.0 to 34.9 s (injected). 20 were not sent, 10 not kept.
    run.series(2, "reach.icmp public", slots(run, 100 * MS, 1000, lost=[range(300, 350)], not_sent=[range(600, 620)], gone=[range(700, 710)]),
               100 * MS, run.t0, target="public", vantage="jia-phone")
    # Yi: 2 a second for 100 s, lost 60.0 to 60.4 s (one probe, unexpected).
    run.series(3, "reach.icmp yi-web", slots(run, 500 * MS, 200, lost=[range(120, 121)]), 500 * MS, run.t0, target="yi-web")
    # Nobody's, from nowhere of anybody's.
    run.series(4, "reach.icmp public here", slots(run, SEC, 10), SEC, run.t0, target="public")
    run.rel("run.ended", 100 * SEC, {"reason": "every step has ended"})
    run.rel("run.closed", 101 * SEC, {"outcome": "ok"})
    return run.write()


# name, definition: seconds observed, seconds down, uncertainty in seconds, probes sent and missing
EXPECTED = {
    ("jia", "all_time"): (100 + 97, 27 + 5, 1 + 1 + 0.1, 100 + 970, 30),
    # Left out: 25 to 41 of the first (17), all 50 of the second. The recovery of 42 to 49 counts, with its end's edge.
    ("jia", "without_injected"): (100 - 17 + 97 - 5, 27 - 17, 1 + 1, 100 - 17 + 970 - 50, 30),
    ("yi", "all_time"): (100, 0.5, 0.5, 200, 0),
    ("yi", "without_injected"): (100, 0.5, 0.5, 200, 0),
    ("bing", "all_time"): (0, 0, 0, 0, 0),
    ("bing", "without_injected"): (0, 0, 0, 0, 0),
    (None, "all_time"): (10, 0, 0, 10, 0),
    (None, "without_injected"): (10, 0, 0, 10, 0),
}


def figures(model):
    check([o["name"] for o in model["operators"]] == ["jia", "yi", "bing", None], f"operators: {[o['name'] for o in model['operators']]}")
    check([s["operator"] for s in model["series"]] == ["jia", "jia", "yi", None], "whose a service is")
    for operator in model["operators"]:
        for share in operator["shares"]:
            what = (operator["name"], share["definition"])
            observed, down, width, sent, missing = EXPECTED[what]
            check(share["observed_ns"] == observed * SEC and share["down_ns"] == down * SEC, f"{what}: {share}, expected {observed} s and {down} s")
            check(share["sent"] == sent and share["missing"] == missing, f"{what}: probes: {share}")
            if observed == 0:
                check(share["availability"] is None and share["uncertainty"] is None, f"{what}: nothing was measured, and yet {share}")
                continue
            check(abs(share["availability"] - (observed - down) / observed) < 1e-12, f"{what}: {share['availability']}")
            check(abs(share["uncertainty"] - width / observed) < 1e-12, f"{what}: ± {share['uncertainty']}, expected {width / observed}")
            check(abs(share["missing_share"] - missing / (sent + missing)) < 1e-12, f"{what}: missing {share['missing_share']}")
    minutes = {o["name"]: o["shares"][0]["minutes"] for o in model["operators"]}
    # Jia's: 25 of 60 and 2 of 40 lost, 50 of 600 and none of 370; two services of two minutes each.
    check(minutes["jia"] == {"counted": 4, "good": 3} and minutes["yi"] == {"counted": 2, "good": 2}, f"minutes: {minutes}")


def targets(runs):
    """Yi had 99.5 % and may be off by 0.5 %."""
    for number, (target, grade, within) in enumerate(((0.9, "met", False), (0.995, "met", True), (0.9951, "missed", True), (0.99, "met", True),
                                                      (0.9899, "met", False), (1.0, "missed", True)), 2):
        model = json.loads(report(written(runs, {"yi": target}, number), "--format", "json"))
        yi = model["operators"][1]["shares"][0]
        check((yi["grade"], yi["within_uncertainty"]) == (grade, within), f"target {target}: {yi}")
        check("grade" not in model["operators"][0]["shares"][0], "a verdict without a target")
    model = json.loads(report(written(runs, {"bing": 0.9}, 20), "--format", "json"))
    check(model["operators"][2]["shares"][0]["grade"] == "unknown", "a target of what was not measured")


def chart(run):
    """How far the bars go, and where the ticks stand, reckoned from the axis that the chart shows."""
    page = report(run, "--format", "html", "--lang", "en").decode()
    svg = re.search(r'<svg [^>]*operators0-t-en.*?</svg>', page, re.S).group(0)
    ticks = {t: float(x) for x, t in re.findall(r'class="tick" x="([\d.]+)"[^>]*>([\d.]+%)<', svg)}
    left, right = ticks["0%"], ticks["100%"]
    bars = [(float(x), float(w)) for x, w in re.findall(r'<rect class="(?:done|hollow)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)]
    expected = [(o - d) / o for o, d, *_ in EXPECTED.values() if o]
    check(len(bars) == len(expected), f"{len(bars)} bars")
    for (x, width), share in zip(bars, expected):
        check(x == left and abs(width / (right - left) - share) < 1e-3, f"a bar of {width / (right - left)}, expected {share}")
    due = [float(x) for x in re.findall(r'class="goal" d="M([\d.]+) ', svg)]
    check(len(due) == 2 and all(abs((x - left) / (right - left) - 0.995) < 1e-3 for x in due), f"ticks at {due}")
    whisker = [(float(a), float(b)) for a, b in re.findall(r'class="spread" d="M([\d.]+) [\d.]+v8m0 -4H([\d.]+)', svg)]
    wanted = [((o - d) / o - w / o, min((o - d) / o + w / o, 1)) for o, d, w, *_ in EXPECTED.values() if o and w]
    check(len(whisker) == len(wanted), f"whiskers: {whisker}")
    for got, want in zip(whisker, wanted):
        check(all(abs((g - left) / (right - left) - w) < 1e-3 for g, w in zip(got, want)), f"a whisker {got}, expected {want}")
    check("not measured" in svg and "✓≈ met" in svg, "what is not measured, and what lies within the uncertainty, are not said")
    check("83.8% ±\u00a01.1%" in page and "94.3% ±\u00a01.2%" in page, "shares in as many digits as their uncertainty has")
    check(re.search(r"Lowest availability of an operator(</a>)?</span><b>83\.8%</b><small>±\u00a01\.1% · Jia Telecom", page), "the first page does not tell the lowest")


def audiences(run, model):
    """The same sums, without the others' names; nothing where nobody is known."""
    for own in ("jia", "yi"):
        text = report(run, "--format", "json", "--audience", f"operator:{own}").decode()
        seen = json.loads(text)
        check([o["shares"] for o in seen["operators"]] == [o["shares"] for o in model["operators"]], f"for {own}: the sums differ")
        check("bing" not in text.lower() and "丙電信" not in text and ("jia-phone" in text) == (own == "jia"), f"for {own}: names")
        check([s["columns"] is None for s in seen["series"]] == ([False, False, True, False] if own == "jia" else [True, True, False, False]),
              f"for {own}: samples")
    os.unlink(run.directory + "/site.yaml")
    check(json.loads(report(run, "--format", "json"))["operators"] == [], "operators without a site file")


def scenario(work):
    """A drill that declares targets: the plan has them, the report judges by them; an operator that is not there is refused."""
    with open(f"{work}/site.yaml", "w") as out:
        out.write(SITE)
    drill = """drill { "Three", id = "three", lasts = minutes(2), site = "site.yaml", availability = %s }
phase { "P" }
step { "Measure", owner = "me", run = function()
  local s = measure { (use "reach").udp, site "jia-web", every = seconds(1) }
  wait(seconds(20))
  s:stop()
end }
"""
    for number, (said, code) in enumerate((("{ jia = percent(99.9), yi = percent(50) }", None), ("{ jya = percent(99) }", "E0325"), ("{ jia = 99 }", "E0301"),
                                           ("3", "E0301"), ("{ jia = seconds(3) }", "E0301"))):
        path = f"{work}/d{number}.lua"
        with open(path, "w") as out:
            out.write(drill % said)
        done = subprocess.run([netdrill, "lint", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check((code or "") in done.stdout and (done.returncode == 0) == (code is None), f"{said}: exit {done.returncode}, {done.stdout}")
        check(code != "E0325" or "did you mean 'jia'" in done.stdout, f"{said}: {done.stdout}")
    done = subprocess.run([netdrill, "rehearse", f"{work}/d0.lua", "--runs", f"{work}/r"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    model = json.loads(subprocess.run([netdrill, "report", "last", "--runs", f"{work}/r", "--format", "json"], check=True, stdout=subprocess.PIPE).stdout)
    told = [(o["name"], o["shares"][0]["target"], o["shares"][0].get("grade")) for o in model["operators"]]
    check(told == [("jia", 0.999, "met"), ("yi", 0.5, "unknown"), ("bing", None, None)], f"rehearsed: {done.stdout[-300:]}, {told}")


def main(runs):
    run = written(runs, {"yi": 0.995})
    model = json.loads(report(run, "--format", "json"))
    figures(model)
    scenario(runs)
    targets(runs)
    chart(run)
    rows = list(csv.reader(io.StringIO(report(run, "--format", "csv", "--table", "operators", "--lang", "en").decode("utf-8-sig"))))
    check(len(rows) == 9 and rows[1][:4] == ["Jia Telecom", "all time", "2", "197"] and rows[7][0] == "of no operator", f"csv: {rows}")
    metrics = report(run, "--format", "openmetrics").decode()
    check('operator="jia",definition="without_injected"} 0.942857142857\n' in metrics and 'operator="bing"' not in metrics, f"openmetrics: {metrics}")
    check("| Jia Telecom | all time |" in report(run, "--format", "md", "--lang", "en").decode(), "Markdown lacks the table")
    audiences(run, model)


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
