#!/usr/bin/python3
"""Exact figures: run directories whose interruptions, losses, clocks and reactions were decided beforehand (by a seed; the run is
written without netdrill, tests/support/synthetic.py) give those figures and no others. What is expected is reckoned here, from
what was decided and from docs/report.md, with fractions, never by netdrill's own code. The store beyond 100,000 values is held
to the half per cent that is promised of it."""
import csv
import fractions
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from synthetic import ANSWERED, LOST, MS, NOT_SENT, SEC, Run, moment

netdrill = os.path.abspath(sys.argv[1])
RUNS = 24


def report(run, *args):
    return subprocess.run([netdrill, "report", run.directory, *args], check=True, stdout=subprocess.PIPE).stdout


# ---- what is decided ----

def decide(dice, lasts):
    """A series: what became of each slot, by turns good, interrupted and, now and then, not sent or not kept."""
    every = dice.choice([20 * MS, 50 * MS, 100 * MS, 333_333_333])
    opened = dice.randrange(0, 2000) * MS
    count = min(dice.randrange(40, 400), (lasts - opened) // every - 1)
    fates = []
    while len(fates) < count:
        fates += ["good"] * dice.choice([1, 2, 7, 30]) + dice.choice([["lost"] * dice.choice([1, 1, 2, 5, 40]), ["none"], ["gone"], ["lost", "none", "lost"],
                                                                      ["none", "lost"], ["lost", "none"], ["lost", "gone", "gone", "lost"]])
    fates = fates[:count]
    if dice.random() < 0.3:
        fates[0] = "lost"
    if dice.random() < 0.3:
        fates[-3:] = ["lost"] * 3
    return every, opened, fates


def slots_of(dice, every, opened, fates):
    rows = []
    for slot, fate in enumerate(fates):
        sent = opened + slot * every + dice.randrange(0, every // 3)
        value = float(dice.randrange(100_000, 90_000_000))
        if fate != "gone":
            rows.append((slot, 0 if fate == "none" else sent, {"good": ANSWERED, "lost": LOST, "none": NOT_SENT}[fate], value if fate == "good" else None))
    return rows


# ---- what follows ----

def outages(rows, every, deadline, end, windows):
    """Times without an answer, by the definitions of docs/report.md. windows: when a change was in force (from, till), the run clock's."""
    found, current, good = [], None, None
    for _, sent, outcome, _ in rows:
        if outcome == LOST:
            current = current or {"from": sent, "good": good, "lost": 0}
            current["last"], current["lost"] = sent, current["lost"] + 1
        elif outcome == ANSWERED:
            if current:
                found.append({**current, "till": sent})
            current, good = None, sent
    if current:
        found.append({**current, "till": None})
    for one in found:
        stop = one["till"] if one["till"] is not None else min(one["last"] + every, end)
        one["length"] = stop - one["from"]
        one["width"] = max(one["from"] - one["good"] if one["good"] is not None else 0, one["till"] - one["last"] if one["till"] is not None else 0)
        first = one["good"] if one["good"] is not None else one["from"] - every
        last = one["from"] + deadline if one["till"] is None else min(one["from"] + deadline, one["till"])
        one["class"] = "injected" if any(a <= last and b + every >= first for a, b in windows) else "unexpected"
    return found


def rank(values, percent):
    """Nearest rank: the smallest with at least so many per cent at or below it."""
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)] if ordered else None


def near(a, b):
    """The same number as far as twelve digits tell; none is none."""
    return a is b if a is None or b is None else abs(a - float(b)) <= 1e-11 * max(1, abs(float(b)))


def forced(rows, every, deadline, found, windows):
    """Probes that injected interruptions lost while a change was in force."""
    spans = [(o["from"], o["last"]) for o in found if o["class"] == "injected"]
    return sum(outcome == LOST and any(a <= sent <= b for a, b in spans) and any(a <= sent + deadline and sent <= b + every for a, b in windows)
               for _, sent, outcome, _ in rows)


def check_series(what, told, rows, every, deadline, t0, end, windows):
    good = [value for _, _, outcome, value in rows if outcome == ANSWERED]
    lost = sum(outcome == LOST for _, _, outcome, _ in rows)
    sent = len(good) + lost
    unsent = sum(outcome == NOT_SENT for _, _, outcome, _ in rows)
    check((told["count"], told["answered"], told["missed"]) == (sent, len(good), unsent), f"{what}: counts {told['count']} {told['answered']} {told['missed']}")
    share = fractions.Fraction(len(good), sent) if sent else None
    figures = {"loss": 1 - share if sent else None, "min": min(good, default=None), "max": max(good, default=None), "p50": rank(good, 50),
               "p95": rank(good, 95), "p99": rank(good, 99),
               "jitter": fractions.Fraction(int(sum(abs(a - b) for a, b in zip(good, good[1:]))), len(good) - 1) if len(good) > 1 else (0 if good else None)}
    for key, value in figures.items():
        check(near(told[key], value), f"{what}: {key} is {told[key]}, ought to be {value and float(value)}")
    expected = outages(rows, every, deadline, end, windows)
    wanted = [{"from_rel_ns": o["from"] - t0, "till_rel_ns": None if o["till"] is None else o["till"] - t0,
               "last_good_rel_ns": None if o["good"] is None else o["good"] - t0, "last_lost_rel_ns": o["last"] - t0, "length_ns": o["length"],
               "uncertainty_ns": o["width"], "lost": o["lost"], "class": o["class"]} for o in expected]
    got = [{key: one.get(key) for key in wanted[0]} for one in told["interruptions"]] if wanted else told["interruptions"]
    check(got == wanted, f"{what}: interruptions\n{[g for g in got if g not in wanted][:2]}\n{[w for w in wanted if w not in got][:2]}")
    rest = sent - forced(rows, every, deadline, expected, windows)
    kept = told.get("without_injected", told["all_time"])
    check((kept["sent"], kept["answered"]) == (rest, len(good)), f"{what}: {kept}, {rest}")
    check(near(told["availability"], share), f"{what}: availability {told['availability']}")
    check(near(told["availability_without_injected"], fractions.Fraction(len(good), rest) if rest else None), f"{what}: without injected")
    columns = told["columns"]
    check([sum(c[k] for c in columns) for k in (1, 2, 3)] == [sent, lost, unsent], f"{what}: the chart's columns hold another number of probes")
    check(not good or (min(c[4] for c in columns if c[4] is not None), max(c[5] for c in columns if c[5] is not None)) == (min(good), max(good)),
          f"{what}: the chart's least and largest")
    at = 0
    for column in columns:  # in the order of the rows
        of_column = [value for _, _, outcome, value in rows[at:at + column[1] + column[3]] if outcome == ANSWERED]
        at += column[1] + column[3]
        exact = rank(of_column, 95)
        check(column[6] is exact or abs(column[6] - exact) <= 0.016 * exact, f"{what}: column {column[0]}: p95 {column[6]}, not {exact}")
    return expected, good


def one_run(runs, seed):
    dice = random.Random(seed)
    t0, lasts = dice.randrange(1, 9000) * MS, 90 * SEC
    run = Run(runs, f"20260110T01{seed:02d}00Z-figures-{seed:04x}", t0=t0)
    end = t0 + lasts
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "version": "0", "mode": "live", "simulated": False, "lab": False, "seed": seed,
                                    "drill": {"id": "figures", "title": {"zh": "數值", "en": "Figures"}, "revision": 1, "lasts_ns": lasts}})
    run.event("run.started", t0, {"t0_ns": t0, "wall": run.wall(t0)})
    todo, windows = [], []  # (moment of the drill, event)
    for n in range(dice.randrange(0, 4)):
        began, took, held = dice.randrange(1, 70) * SEC, dice.randrange(1, 900) * MS, dice.randrange(1, 12) * SEC
        back = dice.random() < 0.8
        todo += [(began, ("change.recorded", {"plugin": "links", "verb": "down", "target": "x", "step": "s", "args": {}}, str(n + 1))),
                 (began + took, ("change.applied", {"began_ns": t0 + began, "ended_ns": t0 + began + took}, str(n + 1)))]
        if back:
            todo.append((began + took + held, ("change.verified", {}, str(n + 1))))
        windows.append((t0 + began, t0 + began + took + held if back else end))
    late, margin = dice.randrange(0, 4000) * MS, dice.randrange(1, 20) * SEC
    todo += [(2 * SEC + late, ("phase.started", {"title": {"en": "One"}, "planned_rel_ns": 2 * SEC, "late_ns": late}, "p1")),
             (80 * SEC, ("phase.ended", {}, "p1")),
             (5 * SEC, ("obligation.opened", {"profile": "p", "duty": "d", "case": "", "number": 1, "title": {"en": "Tell"}, "limit_ns": 30 * SEC,
                                             "opened_ns": 5 * SEC, "due_ns": 35 * SEC, "due_rel_ns": 35 * SEC, "pace": 1, "owner": "noc"}, "p.d")),
             (35 * SEC - margin, ("obligation.met", {"how": "person", "by": "noc", "took_ns": 30 * SEC - margin, "margin_ns": margin}, "p.d")),
             (10 * SEC, ("inject.fired", {"title": {"en": "News"}, "kind": "standard", "from": "desk", "to": ["noc"], "planned_rel_ns": 9 * SEC,
                                          "late_ns": SEC, "react_within_ns": 60 * SEC}, "i1")),
             (11 * SEC, ("inject.delivered", {"to": "noc", "by_hand": True}, "i1")),
             (11 * SEC + margin, ("inject.answered", {"by": "noc", "text": "done", "after_ns": margin, "in_time": True}, "i1")),
             (11 * SEC + margin, ("inject.done", {"outcome": "answered", "by": "noc", "text": "done", "after_ns": margin}, "i1"))]
    grades = [dice.choice(["met", "missed", "unknown"]) for _ in range(dice.randrange(1, 9))]
    todo += [(60 * SEC + k, ("verdict", {"sentence": {"en": f"v{k}"}, "operator": "at_most", "limit": 2.0, "measured": 1.0, "unit": "1", "grade": grade}, None))
             for k, grade in enumerate(grades)]
    answers = [[dice.randrange(0, 9) for _ in range(3)] for _ in range(3)]
    todo += [(88 * SEC, ("series.closed", dict(zip(("late", "duplicates", "reordered"), row)), str(k + 1))) for k, row in enumerate(answers)]
    pause = dice.randrange(1, 5000) * MS
    todo += [(70 * SEC, ("run.paused", {"by": "lin", "moment_ns": 70 * SEC}, None)), (70 * SEC + pause, ("run.resumed", {"by": "chen", "lasted_ns": pause}, None))]
    for at, (kind, data, subject) in sorted(todo, key=lambda one: one[0]):
        run.rel(kind, at, data, subject)
    restored = dice.randrange(1, 3000) * MS
    run.event("run.ended", end - restored, {"reason": "endex", "aborted": False})
    run.event("restore.started", end - restored, {"why": "endex", "changes": len(windows)})
    run.event("restore.ended", end, {"verified": 1, "unverified": 0, "took_ns": restored})
    run.event("run.closed", end, {"outcome": "ok", "exit": 0})
    wanted = []
    for number in range(1, 4):
        every, opened, fates = decide(dice, lasts)
        rows, deadline = slots_of(dice, every, t0 + opened, fates), dice.choice([1, 10 * MS, every, SEC])
        run.series(number, f"reach.icmp t{number}", rows, every, t0 + opened, target=f"t{number}", deadline=deadline)
        wanted.append((rows, every, deadline))
    gap = dice.randrange(1, 5000)
    run.tables["gap"].append((t0 + SEC, t0 + 2 * SEC, gap, "disk full"))
    run.write()

    what = f"seed {seed}"
    text = report(run, "--format", "json")
    told = json.loads(text)
    check(report(run, "--format", "json") == text, f"{what}: not the same octets again")
    every_outage, sent, unsent = [], 0, 0
    for number, (rows, every, deadline) in enumerate(wanted):
        found, _ = check_series(f"{what}, series {number + 1}", told["series"][number], rows, every, deadline, t0, end, windows)
        every_outage += [{**one, "series": number + 1} for one in found]
        sent += sum(outcome <= ANSWERED for _, _, outcome, _ in rows)
        unsent += sum(outcome == NOT_SENT for _, _, outcome, _ in rows)
    s = told["summary"]
    check((s["met"], s["missed"], s["unknown"]) == tuple(grades.count(g) for g in ("met", "missed", "unknown")), f"{what}: verdicts {s}")
    check((s["sent"], s["not_sent"]) == (sent, unsent) and near(s["completeness"], fractions.Fraction(sent, sent + unsent)), f"{what}: completeness {s}")
    check((s["changes"], s["verified"]) == (len(windows), sum(till != end for _, till in windows)), f"{what}: changes {s}")
    check(told["phases"][0]["late_ns"] == late and told["phases"][0]["started_rel_ns"] == 2 * SEC + late, f"{what}: phase {told['phases']}")
    duty = told["obligations"][0]
    check((duty["verdict"], duty["margin_ns"], duty["took_ns"], duty["done_rel_ns"], duty["paused_ns"]) ==
          ("met", margin, 30 * SEC - margin, 35 * SEC - margin, 0), f"{what}: clock {duty}")
    inject = told["injects"][0]
    check((inject["outcome"], inject["reaction_ns"], inject["late_ns"], inject["fired_rel_ns"]) == ("answered", margin, SEC, 10 * SEC), f"{what}: {inject}")
    check(told["pauses"][0]["lasted_ns"] == pause and told["pauses"][0]["from_rel_ns"] == 70 * SEC, f"{what}: pause {told['pauses']}")
    check(told["safety"]["restored_after_ns"] == restored == told["safety"]["restore_took_ns"], f"{what}: restored {told['safety']}")
    check(told["run"]["lasted_ns"] == lasts - restored and told["run"]["complete"], f"{what}: {told['run']}")
    quality = told["quality"]
    check([quality[k] for k in ("late", "duplicates", "reordered")] == [sum(row[k] for row in answers) for k in range(3)], f"{what}: {quality}")
    check(quality["gaps"] == [{"from_rel_ns": SEC, "till_rel_ns": 2 * SEC, "rows": gap, "why": "disk full"}], f"{what}: {quality['gaps']}")
    journal = told["journal"]
    cited = journal.pop("cited", [])
    check(journal == {"events": len(run.journal.lines), "bad_seq": 0, "torn": False, "last_hash": run.journal.last}, f"{what}: {journal}")
    events = {one["seq"]: one for one in map(json.loads, run.journal.lines)}
    check(cited and all((c["at_rel_ns"], c["time"], "netdrill." + c["type"], c["subject"]) ==
                        (events[c["seq"]]["monons"] - t0, events[c["seq"]]["time"], events[c["seq"]]["type"], events[c["seq"]].get("subject")) for c in cited),
          f"{what}: events that are cited are others")
    return run, told, every_outage


def other_formats(run, told, every_outage):
    """The spreadsheet, JUnit's counts and OpenMetrics say the same numbers as the model."""
    table = list(csv.reader(io.StringIO(report(run, "--format", "csv", "--table", "interruptions", "--lang", "en").decode("utf-8-sig"), newline="")))
    place = table[0].index("Length (s)")
    got = sorted(float(row[place]) for row in table[1:])
    check(len(got) == len(every_outage) and all(near(a, fractions.Fraction(o, SEC)) for a, o in zip(got, sorted(o["length"] for o in every_outage))),
          f"CSV: lengths of interruptions {got[:5]}")
    metrics = report(run, "--format", "openmetrics").decode()
    for series in told["series"]:
        line = [x for x in metrics.splitlines() if x.startswith("netdrill_report_loss_ratio{") and f'series="{series["id"]}"' in x]
        check(len(line) == 1 and near(float(line[0].rsplit(" ", 1)[1]), series["loss"]), f"OpenMetrics: {line}")
    longest = max(every_outage, key=lambda o: o["length"])["length"]
    check(longest == max(i["length_ns"] for s in told["series"] for i in s["interruptions"]), "the longest")


def samples_of(run, every_outage):
    """The command that a page names, with the series and the moments of an interruption's row, prints what it rests on: the last
    that was answered before, all that were lost, and the first that was answered again."""
    page = report(run, "--format", "md", "--lang", "en").decode()
    named = re.search(r"of the first: (netdrill samples \S+ --csv --series (\d+).*)$", page, re.M)
    rows = re.findall(r"^\| [^|]* \| (\d+) \| (T[^ ]*) \| ([^|]*) \| .*(?:injected|unexpected) \|$", page, re.M)
    check(len(rows) > 0 and named and named.group(2) == rows[0][0] and rows[0][1] in named.group(1), f"the page names the command: {named} of {rows[:1]}")
    asked = named.group(1).split()[1:]
    check(asked[1] == run.run_id, f"of this run: {asked}")
    asked[1] = run.directory
    for number, since, till in rows[:12]:
        asked = ["samples", run.directory, "--csv", "--series", number, "--from", since, *(["--till", till] if till.startswith("T+") else [])]
        got = list(csv.DictReader(io.StringIO(subprocess.run([netdrill, *asked], check=True, stdout=subprocess.PIPE, text=True).stdout)))
        known = next(o for o in every_outage if o["series"] == int(number) and moment(o["from"] - run.t0) == since)
        sent = {int(row["sent_ns"]): row["outcome"] for row in got if row["outcome"] != "not_sent"}
        lost = [at for at, outcome in sent.items() if outcome != "answered" and known["from"] <= at and (known["till"] is None or at < known["till"])]
        check(len(lost) == known["lost"], f"{asked}: {known['lost']} lost, got {len(lost)}")
        check(known["good"] is None or sent.get(known["good"]) == "answered", f"{asked}: the last good one at {known['good']}")
        check(known["till"] is None or sent.get(known["till"]) == "answered", f"{asked}: the first again at {known['till']}")
        check(all(int(row["due_ns"]) - run.t0 == int(row["due_rel_ns"]) for row in got), f"{asked}: moments from T+0")


def sketch(runs):
    """More values than are kept to be sorted."""
    dice = random.Random(99)
    run = Run(runs, "20260110T020000Z-sketch-0001", t0=0)
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "version": "0", "mode": "live", "drill": {"id": "sketch", "title": {"en": "S"}}})
    run.event("run.started", 0, {"t0_ns": 0, "wall": run.wall(0)})
    rows = [(k, k * MS + 1, ANSWERED, float(int(dice.lognormvariate(16, 1)) + 1000)) for k in range(120_000)]
    for k in range(60_000, 60_500):
        rows[k] = (k, k * MS + 1, LOST, None)
    run.series(1, "reach.icmp x", rows, MS, 0)
    run.event("run.ended", 120 * SEC, {"reason": "endex"})
    run.event("run.closed", 120 * SEC, {"outcome": "ok", "exit": 0})
    run.write()
    told = json.loads(report(run, "--format", "json"))["series"][0]
    good = [row[3] for row in rows if row[2] == ANSWERED]
    for key, percent in (("p50", 50), ("p95", 95), ("p99", 99)):
        exact = rank(good, percent)
        check(abs(told[key] - exact) <= 0.005 * exact, f"sketch: {key} is {told[key]}, exactly {exact}")
    check((told["min"], told["max"]) == (min(good), max(good)), "sketch: least and largest are exact")
    check([(i["from_rel_ns"], i["length_ns"], i["lost"]) for i in told["interruptions"]] == [(60_000 * MS + 1, 500 * MS, 500)], f"sketch: {told['interruptions']}")


EVERY, DEADLINE, BEGAN, BACK = 100 * MS, 30 * MS, 10 * SEC, 20 * SEC
ASKED, YES = 40 * SEC, 45 * SEC


def edge(runs, number, sent, lost, step, prepare):
    """One service, a probe each 100 ms, to be answered within 30 ms. sent: of the first lost one, from T+0; lost: how many are. Its class, what it is
    told to, and what is left without the drill's faults: of the service and of its operator."""
    run = Run(runs, f"20260110T0300{number:02d}Z-edge-{number:04x}")
    run.site = "site: one\noperators:\n  jia: {title: {en: Jia}}\ntargets:\n  web: {kind: host, operator: jia, address: 127.0.1.1}\n"
    run.plan["phases"] = [{"id": "p", "steps": [{"id": "cut"}, {"id": "theirs", "users": 9}, {"id": "ask"}], "injects": []}]
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "version": "0", "mode": "live", "drill": {"id": "edge", "title": {"en": "E"}}})
    run.event("run.started", run.t0, {"t0_ns": run.t0, "wall": run.wall(run.t0)})
    run.rel("step.started", SEC, {"title": {"en": step}}, step)
    run.step, run.made = step, []
    prepare(run)
    first = sent % EVERY
    rows = [(k, run.t0 + first + k * EVERY, LOST if 0 <= k * EVERY + first - sent < lost * EVERY else ANSWERED, 1e6) for k in range(600)]
    run.series(1, "reach.icmp web", [row if row[2] == ANSWERED else (*row[:3], None) for row in rows], EVERY, run.t0 + first, target="web", deadline=DEADLINE)
    run.rel("run.ended", 60 * SEC, {"reason": "endex"})
    run.rel("run.closed", 60 * SEC, {"outcome": "ok", "exit": 0})
    run.write()
    told = json.loads(report(run, "--format", "json"))
    one = told["series"][0]
    check([(i["from_rel_ns"], i["lost"]) for i in one["interruptions"]] == [(sent, lost)], f"edge {number}: {one['interruptions']}")
    fault = [f for f in told["faults"] if f["services"]]
    check(len(fault) == 1, f"edge {number}: {told['faults']}")
    rest = one.get("without_injected", one["all_time"])
    kept = rest["sent"] - rest["answered"]
    share = told["operators"][0]["shares"][1]
    check(near(one["availability_without_injected"], fractions.Fraction(600 - lost, 600 - lost + kept)) and
          near(share["availability"], one["availability_without_injected"]) and share["sent"] - share["answered"] == kept,
          f"edge {number}: the service and its operator: {one['availability_without_injected']}, {share}")
    check([c.get("fault", False) for c in told["confirmations"]] == run.made, f"edge {number}: {told['confirmations']}")
    return one["interruptions"][0]["class"], fault[0]["class"], kept


def edges(runs):
    """To the nanosecond: what may have begun while a change was in force, or as people made a fault, is injected, and nothing else is."""
    def change(run, began=BEGAN, back=BACK, made=True):
        run.rel("change.recorded", began, {"plugin": "links", "verb": "down", "target": "web", "step": run.step, "args": {}}, "1")
        run.rel("change.applied", began, {"began_ns": run.t0 + began, "ended_ns": run.t0 + began}, "1")
        if not made:
            run.rel("change.not_made", began, {"why": "no such link"}, "1")
        if back is not None:
            run.rel("change.verified", back, {}, "1")

    def brief(run):  # between two probes, put back before the next was sent
        change(run, BEGAN, BEGAN + 10 * MS)

    def people(run, answer="yes", makes=True):
        run.made = [makes and answer == "yes"]
        run.rel("confirm.asked", ASKED, {"sentence": {"en": "Made?"}, "by": "noc", "step": run.step}, "1")
        run.rel("confirm.answered", YES, {"answer": answer, "by": "noc", "after_ns": YES - ASKED, "scripted": False}, "1")

    def both(run):  # its change is the fault, not the answer
        change(run, 2 * SEC, 3 * SEC)
        people(run, makes=False)

    own = ("injected", "injected")
    none = ("unexpected", "unexpected")
    later = ("injected", "consequence")
    rows = [  # first lost probe sent, how many lost, step, what was done; classes of interruption and fault, probes that still count as lost
        (BEGAN - 1, 5, "cut", change, own, 0),                   # under way as it began
        (BEGAN + 1, 5, "cut", change, own, 0),
        (BEGAN - DEADLINE - 1, 5, "cut", change, none, 5),       # its time was up 1 ns before
        (BEGAN - DEADLINE, 5, "cut", change, own, 0),
        (BEGAN - DEADLINE + 1, 5, "cut", change, own, 0),
        (BEGAN + EVERY + 1, 5, "cut", change, later, 0),         # an answered one was sent 1 ns after
        (BEGAN - DEADLINE + 1, 1, "cut", brief, own, 0),         # put back before its time was up, and within the interval
        (BEGAN + 10 * MS, 5, "cut", brief, own, 3),              # two of 5 were sent until an interval after it
        (BEGAN + 10 * MS + 1, 5, "cut", brief, own, 4),
        (BACK + 2 * EVERY, 5, "cut", change, later, 5),          # the last good one was sent an interval after it was read back
        (BACK + 2 * EVERY + 1, 5, "cut", change, none, 5),
        (BACK - SEC, 20, "cut", change, later, 8),               # 11 and one interval of 20
        (BACK - SEC, 20, "cut", lambda run: change(run, made=False), none, 20),
        (BACK + SEC, 20, "cut", lambda run: change(run, back=None), later, 0),
        (ASKED - DEADLINE - 1, 70, "theirs", people, none, 70),
        (ASKED - DEADLINE, 70, "theirs", people, own, 0),        # all of it, also after the yes
        (YES - 1, 70, "theirs", people, own, 0),
        (YES + 2 * EVERY, 70, "theirs", people, own, 0),
        (YES + 2 * EVERY + 1, 70, "theirs", people, none, 70),
        (YES - 1, 70, "theirs", lambda run: people(run, "no"), none, 70),
        (YES - 1, 70, "theirs", both, none, 70),
        (YES - 1, 70, "ask", lambda run: people(run, makes=False), none, 70),  # a question about no fault
    ]
    for number, (sent, lost, step, prepare, classes, kept) in enumerate(rows):
        told = edge(runs, number, sent, lost, step, prepare)
        check(told == (*classes, kept), f"edge {number}: {told}, expected {classes}, {kept}")


def main(runs):
    seen = []
    for seed in range(RUNS):
        run, told, every_outage = one_run(runs, seed)
        seen += every_outage
        if seed % 6 == 0 and every_outage:
            other_formats(run, told, every_outage)
            samples_of(run, every_outage)
    kinds = {(o["class"], o["till"] is None, o["good"] is None) for o in seen}
    check({("injected", False, False), ("unexpected", False, False), ("unexpected", True, False), ("unexpected", False, True)} <= kinds, f"this shows too little: {kinds}")
    sketch(runs)
    edges(runs)
    print(f"{len(seen)} interruptions of {RUNS} runs as decided")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
