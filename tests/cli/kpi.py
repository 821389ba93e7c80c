#!/usr/bin/python3
"""Limits in numbers, of a run written by hand (tests/support/synthetic.py): margin, samples, what lies within the uncertainty and
what is close to its limit, in report.json and in the table; and the bullet charts: where dot, tick, whisker and bands stand is reckoned
here from the value and from the ends of the axis that the chart itself shows. What is a yes or a no, or a code, has none."""
import csv
import html
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from synthetic import ANSWERED, LOST, MS, NOT_SENT, SEC, Run

netdrill = os.path.abspath(sys.argv[1])
LEFT, RIGHT = 8.0, 232.0
UNKNOWN = object()


def report(run, *args):
    return subprocess.run([netdrill, "report", run.directory, *args], check=True, stdout=subprocess.PIPE).stdout


def case(name, operator, limit, measured, grade, axis, unit="ns", width=0.0, warn=None, statistic=None, series=None, window=(None, None),
         margin=UNKNOWN, within=False, near=None, samples=None, why=None):
    """axis: its ends as the chart shows them, in the unit, and whether by tenfolds; None: no chart."""
    return locals()


MIN = 60 * SEC
CASES = [
    # name, operator, limit, measured, grade, axis
    case("well below", "at_most", 60 * SEC, 8 * SEC, "met", (0, 90 * SEC), margin=52 * SEC),
    case("at most, within", "at_most", 30 * SEC, 29.5 * SEC, "met", (0, 40 * SEC), width=1.0 * SEC, margin=0.5 * SEC, within=True,
         statistic="interruption", series=1, window=(0, 20 * SEC), samples=190),
    case("at most, missed within", "at_most", 30 * SEC, 30.5 * SEC, "missed", (0, 40 * SEC), width=1.0 * SEC, margin=-0.5 * SEC, within=True),
    case("at most, missed", "at_most", 30 * SEC, 45 * SEC, "missed", (0, MIN), width=1.0 * SEC, margin=-15 * SEC),
    case("at the limit", "at_most", 10 * SEC, 10 * SEC, "met", (0, 15 * SEC), margin=0),
    case("below", "below", 5, 4, "met", (0, 6), unit="jobs", margin=1),
    case("above nothing", "above", 0, 3, "met", (0, 4), unit="jobs", margin=3),
    case("zero of zero", "at_most", 0, 0, "met", (0, 1), unit="jobs", margin=0),
    case("zero", "at_most", 10, 0, "met", (0, 15), unit="jobs", margin=10),
    case("below zero", "at_least", 2, -3, "missed", (-4, 2.5), unit="dB", margin=-5),
    case("share", "at_least", 0.99, 0.9, "missed", (0.8, 1), unit="1", statistic="share", series=1, window=(20 * SEC, 40 * SEC), margin=-0.09, samples=200),
    case("all of it", "equals", 1, 1, "met", (0, 1), unit="1", statistic="share", series=1, window=(0, 10 * SEC), margin=0, samples=90),
    case("share of its own", "at_least", 0.2, 0.25, "met", (0, 0.4), unit="1", warn=0.3, margin=0.05, near=True),
    case("availability", "at_least", 0.999, 0.9995, "met", (0.997, 1), unit="1", width=0.001, statistic="availability", series=1, window=(0, 40 * SEC),
         margin=0.0005, within=True, samples=390),
    case("p95", "at_most", 1 * SEC, 10 * MS, "met", (1 * MS, 10 * SEC, True), statistic="p95", series=1, window=(0, 40 * SEC), margin=0.99 * SEC, samples=370),
    case("an hour", "at_most", 60 * MIN, 7 * SEC, "met", (1 * SEC, 600 * MIN, True), width=0.2 * SEC, margin=60 * MIN - 7 * SEC),
    case("far too much", "at_most", 3, 1e12, "missed", (1, 1e6, True), unit="jobs", margin=3 - 1e12),
    case("nearly nothing", "at_most", 60 * MIN, 1000, "met", (36 * MS, 600 * MIN, True), margin=60 * MIN - 1000),
    case("without end", "at_most", 60, None, "missed", (0, 80), unit="jobs", margin=None),
    case("without end, and good", "at_least", 60, None, "met", (0, 80), unit="jobs", margin=None),
    case("not known", "at_most", 60, None, "unknown", (0, 80), unit="jobs", margin=None, why="no slot of the window was answered for"),
    case("near", "at_most", 30 * SEC, 25 * SEC, "met", (0, 40 * SEC), warn=20 * SEC, margin=5 * SEC, near=True),
    case("not near", "at_most", 30 * SEC, 15 * SEC, "met", (0, 40 * SEC), warn=20 * SEC, margin=15 * SEC, near=False),
    case("missed is not near", "at_least", 3.6, 3, "missed", (0, 5), unit="", warn=4, margin=-0.6, near=False),
    case("near from above", "at_least", 3.6, 3.8, "met", (0, 5), unit="", warn=4, margin=0.2, near=True),
    case("rate", "at_least", 1e6, 2.5e6, "met", (0, 3e6), unit="bit/s", margin=1.5e6),
    case("yes or no", "is_true", 1, 1, "met", None, unit="bool"),
    case("a code", "equals", 403, 403, "met", None, unit=""),
]


def written(runs):
    run = Run(runs, "20260110T010000Z-kpi-0001")
    run.plan["objectives"] = [{"id": "o", "text": {"zh": "目標甲", "en": "Objective A"}, "kind": "objective", "parent": None, "capability": None},
                              {"id": "t", "text": {"zh": "指標乙", "en": "Target B"}, "kind": "target", "parent": "o", "capability": None}]
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "version": "1", "mode": "live", "simulated": False,
                                    "drill": {"id": "kpi", "title": {"zh": "門檻", "en": "Limits"}, "revision": 1, "lasts_ns": 200 * SEC}})
    run.event("run.started", run.t0, {"t0_ns": run.t0, "wall": run.wall(run.t0)})
    # Ten a second for 40 s; 5.0 to 5.9 s not sent, 20.0 to 21.9 s lost.
    fate = {**{n: NOT_SENT for n in range(50, 60)}, **{n: LOST for n in range(200, 220)}}
    run.series(1, "reach.http web", [(n, 0 if fate.get(n) == NOT_SENT else run.t0 + n * 100 * MS, fate.get(n, ANSWERED), None if n in fate else 5e6)
                                     for n in range(400)], 100 * MS, run.t0, label="the page")
    for number, c in enumerate(CASES):
        data = {"sentence": {"zh": "甲" + c["name"], "en": c["name"]}, "step": "s", "objective": "t" if number % 2 else "o", "operator": c["operator"],
                "limit": float(c["limit"]), "measured": None if c["measured"] is None else float(c["measured"]), "unit": c["unit"],
                "uncertainty": c["width"], "grade": c["grade"], "statistic": c["statistic"], "series": c["series"], "from_rel_ns": c["window"][0],
                "till_rel_ns": c["window"][1], "why": c["why"]}
        if c["warn"] is not None:
            data["warn"] = float(c["warn"])
        run.rel("verdict", 50 * SEC + number, data)
    run.rel("run.ended", 100 * SEC, {"reason": "every step has ended"})
    run.rel("run.closed", 101 * SEC, {"outcome": "missed"})
    return run.write()


def figures(model):
    for c, verdict in zip(CASES, model["verdicts"]):
        check(verdict["kpi"] == (c["axis"] is not None), f"{c['name']}: kpi is {verdict['kpi']}")
        check(verdict["objective_text"]["en"] in ("Objective A", "Target B"), f"{c['name']}: {verdict}")
        if c["axis"] is None:
            check("margin" not in verdict, f"{c['name']}: a margin")
            continue
        same = verdict["margin"] is None if c["margin"] is None else math.isclose(verdict["margin"], c["margin"], rel_tol=1e-9, abs_tol=1e-12)
        check(same, f"{c['name']}: margin {verdict['margin']}, expected {c['margin']}")
        check(verdict["within_uncertainty"] == c["within"], f"{c['name']}: within the uncertainty is {verdict['within_uncertainty']}")
        check(verdict.get("near") == c["near"], f"{c['name']}: near is {verdict.get('near')}")
        check(verdict.get("samples") == c["samples"], f"{c['name']}: samples {verdict.get('samples')}, expected {c['samples']}")


def place(axis, value):
    """Where a value stands: x, and whether it is on the axis."""
    low, high = axis[0], axis[1]
    if value < low or value > high:
        return (LEFT if value < low else RIGHT), False
    share = math.log(value / low) / math.log(high / low) if len(axis) == 3 else (value - low) / (high - low)
    return LEFT + (RIGHT - LEFT) * share, True


def number(text, unit, share):
    """What an end of an axis says, in the unit."""
    text = text.replace("\u00a0", "")
    text = text.removesuffix(unit) if unit not in ("ns", "1", "bit/s", "") else text
    if share:
        return float(text.rstrip("%")) / 100
    if unit == "ns":
        parts = re.findall(r"([\d.]+)(ns|µs|ms|s|min|h|d)(?![a-z])", text)
        return sum(float(n) * {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 6e10, "h": 3.6e12, "d": 8.64e13}[u] for n, u in parts)
    if unit == "bit/s":
        amount, prefix = re.fullmatch(r"([\d.]+) ?([kMG]?)bit/s", text).groups()
        return float(amount) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[prefix]
    return float(text)


def bullet(svg, c):
    name, axis = c["name"], c["axis"]
    share = c["unit"] == "1"
    ends = [number(html.unescape(t), c["unit"], share) for t in re.findall(r'<text class="(?:first|last)" [^>]*>([^<]*)<', svg)]
    check(len(ends) == 2 and all(math.isclose(e, a, rel_tol=1e-6) for e, a in zip(ends, axis)), f"{name}: the axis shows {ends}, expected {axis}")
    check((">log" in svg) == (len(axis) == 3), f"{name}: by tenfolds?")
    tick = float(re.search(r'class="goal" d="M([\d.]+) ', svg).group(1))
    limit = place(axis, c["limit"])[0]
    check(abs(tick - limit) <= 0.06, f"{name}: the tick stands at {tick}, expected {limit}")
    value = c["measured"]
    if value is None and c["grade"] != "unknown":
        good_is_less = c["operator"] in ("at_most", "below")
        value = -math.inf if good_is_less == (c["grade"] == "met") else math.inf
    dots = [float(x) for x in re.findall(r'<circle class="dot" cx="([\d.]+)"', svg)]
    arrows = re.findall(r'<path class="dot" d="M([\d.]+) [\d.]+l(-?\d+) ', svg)
    if value is None:
        check(not dots and not arrows and "unknown" in svg, f"{name}: what is not known has a place")
    else:
        x, on = place(axis, value)
        check(len(dots) == on and len(arrows) == (not on), f"{name}: dots {dots}, arrows {arrows}")
        check(all(abs(d - x) <= 0.06 for d in dots), f"{name}: the dot stands at {dots}, expected {x}")
        check(all(float(a) == x and (int(w) > 0) == (x == LEFT) for a, w in arrows) and ("off the scale" in svg) == (not on), f"{name}: arrows {arrows}")
        whiskers = re.findall(r'class="spread" d="M([\d.]+) [\d.]+v8m0 -4H([\d.]+)', svg)
        check(len(whiskers) == (c["width"] > 0 and on), f"{name}: whiskers {whiskers}")
        for ends in whiskers:
            wanted = [place(axis, value - c["width"])[0], place(axis, value + c["width"])[0]]
            check(all(abs(float(e) - w) <= 0.06 for e, w in zip(ends, wanted)), f"{name}: the whisker goes {ends}, expected {wanted}")
    bands(svg, c, tick)


def bands(svg, c, tick):
    """Without a gap from end to end, the bad one on the bad side of the limit."""
    found = [(kind, float(x), float(x) + float(w)) for kind, x, w in re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)]
    check(abs(found[0][1] - LEFT) < 0.06 and abs(found[-1][2] - RIGHT) < 0.11, f"{c['name']}: bands {found}")
    check(all(abs(a[2] - b[1]) < 0.11 for a, b in zip(found, found[1:])), f"{c['name']}: bands with a gap: {found}")
    for kind, begin, end in found:
        bad = c["operator"] == "equals" or ((begin + end) / 2 > tick) == (c["operator"] in ("at_most", "below"))
        check((kind == "bad") == bad, f"{c['name']}: the band {kind} from {begin} to {end}, the limit at {tick}")
    check(("near" in [b[0] for b in found]) == (c["warn"] is not None), f"{c['name']}: bands {found}")
    if c["warn"] is not None:
        edge = place(c["axis"], c["warn"])[0]
        check(any(kind == "near" and min(abs(begin - edge), abs(end - edge)) < 0.11 for kind, begin, end in found), f"{c['name']}: close to the limit from {edge}: {found}")


def page(run):
    text = report(run, "--format", "html", "--lang", "en").decode()
    targets = len(re.findall(r'<svg class="bullet" [^>]*"target', text))
    check(targets == sum(c["axis"] is not None for c in CASES[1::2]), f"{targets} charts of targets")
    charts = {html.unescape(re.search(r"<title[^>]*>([^<]*)<", svg).group(1)): svg for svg in re.findall(r'<svg class="bullet" [^>]*"kpi.*?</svg>', text, re.S)}
    wanted = [c for c in CASES if c["axis"] is not None]
    check(list(charts) == [c["name"] for c in wanted], f"charts of {list(charts)}")
    for c in wanted:
        bullet(charts[c["name"]], c)
    said = {}
    for row in text.split("<tr>"):
        if re.search('class="bullet" [^>]*"kpi', row):
            cells = [html.unescape(re.sub(r"<[^>]+>", " ", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
            said[re.search(r"<title[^>]*>([^<]*)<", row).group(1)] = cells
    check(any("(within the uncertainty)" in cell for cell in said["at most, missed within"]), f"{said['at most, missed within']}")
    check(any("+52\u00a0s" in cell for cell in said["well below"]) and any("\u22129 pp" in cell for cell in said["share"]), f"{said['well below']}, {said['share']}")
    check(any("met, close to the limit" in cell for cell in said["near"]), f"{said['near']}")
    own = " ".join(said["share of its own"])
    check(all(words in own for words in ("25%", "20%", "+5 pp")), f"a share that no series told: {own}")
    check(any("the page: 95th percentile" in cell for cell in said["p95"]) and any("1.2" in cell or "370" in cell for cell in said["p95"]), f"{said['p95']}")
    check(any("99.95%" in cell for cell in said["availability"]), f"{said['availability']}")
    check(any("no slot of the window" in cell for cell in said["not known"]), f"{said['not known']}")
    check(text.count("<td>yes or no<") >= 1 and text.count("<td>a code<") >= 1, "a yes or no, or a code, has gone")


def scenario(work):
    """`warn` of a scenario: in its unit, on the good side of the limit; the journal has it, the verdict stays."""
    for number, (said, code) in enumerate((("at_most = seconds(30), warn = seconds(20)", None), ("at_least = seconds(5), warn = seconds(20)", None),
                                           ("at_most = seconds(30), warn = 20", "E0302"), ("at_most = seconds(30), warn = percent(20)", "E0302"),
                                           ("at_most = seconds(30), warn = seconds(31)", "E0303"), ("above = seconds(3), warn = seconds(2)", "E0303"),
                                           ("equals = seconds(3), warn = seconds(3)", "E0303"), ("warn = seconds(3)", "E0208"))):
        with open(f"{work}/d{number}.lua", "w") as out:
            out.write("""drill { "W", id = "w", lasts = minutes(1) }
phase { "P" }
step { "S", owner = "me", run = function() expect { "It is short", seconds(10), %s } end }
""" % said)
        done = subprocess.run([netdrill, "rehearse", f"{work}/d{number}.lua", "--runs", f"{work}/r{number}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        check((code is None) == (done.returncode == 0) and (code or "") in done.stdout, f"{said}: exit {done.returncode}, {done.stdout[-500:]}")
        if code is None:
            model = json.loads(subprocess.run([netdrill, "report", "last", "--runs", f"{work}/r{number}", "--format", "json"], check=True,
                                              stdout=subprocess.PIPE).stdout)
            verdict = model["verdicts"][0]
            check(verdict["warn"] == 20 * SEC and verdict["grade"] == "met" and verdict["near"] == ("at_least" in said), f"{said}: {verdict}")


def of_its_own(work):
    """A share that a scenario reckons is told in percent, on the terminal and in the report; a code is told as it is."""
    with open(f"{work}/d.lua", "w") as out:
        out.write("""drill { "Own", id = "own", lasts = minutes(1) }
phase { "P" }
step { "S", owner = "me", run = function()
  expect { "a ratio", function() return 3 / 12 end, at_least = percent(20) }
  expect { "a share", percent(25), below = percent(40) }
  expect { "a code", 403, equals = 403 }
end }
""")
    done = subprocess.run([netdrill, "rehearse", f"{work}/d.lua", "--runs", f"{work}/own"], check=True, stdout=subprocess.PIPE, text=True)
    told = subprocess.run([netdrill, "report", "last", "--runs", f"{work}/own", "--format", "md", "--lang", "en"], check=True, stdout=subprocess.PIPE, text=True)
    for words in ("a ratio: 25% (limit >= 20%)", "a share: 25% (limit < 40%)", "a code: 403 (limit = 403)"):
        check(words in done.stdout, f"'{words}' is not in\n{done.stdout}")
    for words in ("| 25% |  | \u2265 20% |  | +5 pp |", "| 25% |  | < 40% |  | +15 pp |", "| a code | 403 |"):
        check(words in html.unescape(told.stdout).replace("\u00a0", " "), f"'{words}' is not in the report")


def main(runs):
    run = written(runs)
    model = json.loads(report(run, "--format", "json"))
    figures(model)
    scenario(runs)
    page(run)
    of_its_own(runs)
    rows = list(csv.reader(io.StringIO(report(run, "--format", "csv", "--table", "kpis", "--lang", "en").decode("utf-8-sig"))))
    check(len(rows) == 1 + sum(c["axis"] is not None for c in CASES), f"csv: {len(rows)} rows")
    check(float(rows[1][rows[0].index("Margin")]) == 52 * SEC, f"csv: {rows[:2]}")
    told = report(run, "--format", "md", "--lang", "en").decode()
    check("| at most, missed within" in told and "## Limits in numbers (KPI)" in told, "Markdown lacks the table")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
