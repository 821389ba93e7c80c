#!/usr/bin/python3
"""What other machines read of a report, by their own rules: OpenMetrics by Prometheus' promtool (the lint of its text, and the strict
parser of OpenMetrics behind 'tsdb create-blocks-from'), JUnit XML by the rules of its readers (support/junit_rules.py), CSV for
formulas in every cell of every table. Of a run with more interruptions than report.json keeps, annotations have every one, and sums are exact."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from full_run import full
from synthetic import ANSWERED, LOST, MS, SEC, Run
import junit_rules
import prometheus

netdrill = os.path.abspath(sys.argv[1])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
KEPT, SLOTS, EVERY, T0 = 1000, 6001, 10 * MS, 5 * SEC


def report(run, *args):
    return subprocess.run([netdrill, "report", run.directory, *args], check=True, stdout=subprocess.PIPE).stdout


# ---- OpenMetrics ----

def metrics(run, work):
    text = report(run, "--format", "openmetrics").decode()
    check(not prometheus.lint(text), f"openmetrics: promtool: {prometheus.lint(text)}")
    wrong, read = prometheus.strict(text, f"{work}/blocks")
    check(not wrong, f"openmetrics: the strict parser: {wrong}")
    ours = prometheus.samples(text)
    check(len(ours) == len(read) > 10 and all(float(value) in read.values() for _, _, value in ours), f"openmetrics: {len(ours)} samples, {len(read)} read")
    check(not prometheus.units(text), f"openmetrics: {prometheus.units(text)}")
    for what, damaged in (("no end", text.replace("# EOF\n", "")), ("another unit", text.replace("_ratio ratio", "_ratio percent", 1)),
                          ("a label that is not closed", text.replace('",series', ",series", 1)), ("text behind the end", text + "x 1\n")):
        check(prometheus.strict(damaged, f"{work}/damaged")[0], f"openmetrics: {what} is not refused")
    check(prometheus.lint(text.replace("# HELP netdrill_report_changes ", "# HELD netdrill_report_changes ")), "promtool's lint finds nothing")
    return ours


# ---- JUnit ----

def junit(runs):
    for what, run, more in (("whole", full(f"{runs}/whole"), []), ("public", full(f"{runs}/public"), ["--audience", "public"]),
                            ("rehearsed", full(f"{runs}/rehearsed", mode="rehearsal", simulated=True), []), ("died", full(f"{runs}/died", closed=False), [])):
        octets = report(run, "--format", "junit", *more)
        check(not junit_rules.problems(octets), f"junit, {what}: {junit_rules.problems(octets)}")
        errors = tree.fromstring(octets).get("errors")
        check(errors == ("1" if what == "died" else "0"), f"junit, {what}: {errors} errors")
    text = report(full(f"{runs}/damaged"), "--format", "junit").decode()
    case = tree.fromstring(text).find(".//testcase[@classname='paper-drill.steps'][@name='measure']")
    check(case is not None and case.get("time") == "48.000", "junit: a step does not tell its seconds")
    for old, new in (('failures="1"', 'failures="2"'), (' errors="0"', ""), ('time="48.000"', 'time="48 s"'), ('time="48.000"', 'time="47.000"'), ('type="steps" ', ""),
                     ('T01:00:00"', 'T01:00:00Z"'), ('<property name="mode"', "<property"), ("<properties>", "<properties><testcase/>")):
        check(old in text and junit_rules.problems(text.replace(old, new, 1)), f"junit: {old} as {new!r} is not refused")


# ---- CSV ----

def cells(octets):
    return list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""), strict=True))


def is_number(text):
    return re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text) is not None


def formulas(runs):
    """Whatever begins each text of the records, no cell begins a formula; numbers are as they would be without it."""
    names = re.search(r"one table: `([^`]*)`", open(f"{root}/docs/report.md").read()).group(1).split()
    plain = full(f"{runs}/plain")
    begins = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'=", '=1,"']
    seen = dict.fromkeys(begins, 0)
    for number in range(4):
        run = full(f"{runs}/formula-{number}", words=lambda key, text: begins[(sum(text.encode()) + number * 3) % len(begins)] + text, site=False)
        for name in names:
            rows, before = cells(report(run, "--format", "csv", "--table", name)), cells(report(plain, "--format", "csv", "--table", name))
            for cell in sum(rows, []):
                check(not re.match(r"[=+\-@\t\r\n＝＋－＠]", cell) or is_number(cell), f"csv: {name}: {cell[:60]!r}")
                for first in begins:
                    seen[first] += cell.startswith("'" + first)
            if name in ("expectations", "steps", "interruptions", "lengths", "changes", "kpis"):
                numbers = [[(c if is_number(c) else "") for c in row] for row in rows[1:]]
                check(numbers == [[(c if is_number(c) else "") for c in row] for row in before[1:]], f"csv: {name}: numbers are others")
        listed = cells(subprocess.run([netdrill, "samples", run.directory], check=True, stdout=subprocess.PIPE).stdout)
        check(all(not re.match(r"[=+\-@\t\r\n＝＋－＠]", cell) for row in listed for cell in row) and len(listed) > 3, f"samples: {listed[1]}")
    check(min(seen.values()) > 10, f"csv: so many cells were guarded: {seen}")
    check(any(cell.startswith("-") for cell in sum(cells(report(plain, "--format", "csv", "--table", "kpis")), [])), "csv: no number below 0 to look at")


# ---- more interruptions than are kept ----

def many(runs, work):
    """Every other probe is lost; in the second half a change is in force."""
    run = Run(runs, "20260110T010000Z-many-0001", t0=T0)
    lasts = SLOTS * EVERY
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "mode": "live", "drill": {"id": "many", "title": {"en": "Many"}, "revision": 1}})
    run.event("run.started", T0, {"t0_ns": T0, "wall": run.wall(T0)})
    run.rel("change.recorded", lasts // 2, {"plugin": "links", "verb": "down", "target": "x"}, "1")
    run.rel("change.applied", lasts // 2, {"began_ns": T0 + lasts // 2, "ended_ns": T0 + lasts // 2}, "1")
    run.rel("change.verified", lasts, {}, "1")
    sent = lambda slot: T0 + slot * EVERY + slot * 7919 % 100003
    run.series(1, "reach.icmp x", [(slot, sent(slot), LOST if slot % 2 else ANSWERED, None if slot % 2 else 1e6) for slot in range(SLOTS)], EVERY, T0, deadline=EVERY // 2)
    run.rel("run.ended", lasts, {"reason": "endex"})
    run.rel("run.closed", lasts, {"outcome": "ok"})
    run.write()
    start = 1768006800000
    wanted = [(start + (sent(slot) - T0) // MS, start + (sent(slot + 1) - T0) // MS) for slot in range(1, SLOTS, 2)]
    octets = report(run, "--format", "grafana", "--lang", "en")
    told = [one for one in json.loads(octets) if one["tags"][1] == "interruption"]
    check(len(wanted) > 2 * KEPT and [(one["time"], one["timeEnd"]) for one in told] == wanted, f"grafana: {len(told)} interruptions of {len(wanted)}")
    check(octets == report(run, "--format", "grafana", "--lang", "en"), "grafana: differs when repeated")
    subprocess.run([netdrill, "report", run.directory], check=True, stdout=subprocess.DEVNULL)
    lines = list(csv.DictReader(open(f"{run.directory}/report/report.interruptions.csv")))
    model = json.load(open(f"{run.directory}/report/report.json"))
    check(len(lines) == len(wanted) and len(model["series"][0]["interruptions"]) == KEPT, f"{len(lines)} lines, {len(model['series'][0]['interruptions'])} kept")
    ours = metrics(run, work)
    for kind in ("injected", "unexpected"):
        own = [int(line["length_ns"]) for line in lines if line["class"] == kind]
        value = {name: text for name, labels, text in ours if f'class="{kind}"' in labels}
        check(len(own) > KEPT and int(value["netdrill_report_interruptions"]) == len(own), f"openmetrics: {value} of {len(own)}")
        check(Fraction(value["netdrill_report_interrupted_seconds"]) * 10**9 == sum(own), f"openmetrics: {value} s, they are {sum(own)} ns")
        check(sum(f": {kind}, " in one["text"] for one in told) == len(own), f"grafana: {kind}")
    store = open(f"{run.directory}/samples.sqlite", "r+b")
    store.truncate(20000)
    store.close()
    done = subprocess.run([netdrill, "report", run.directory, "--format", "grafana"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done.returncode == 20 and not done.stdout, f"grafana: a damaged store: exit {done.returncode}, {done.stdout[:80]}")


def main(work):
    for name in ("full", "many-blocks"):
        os.mkdir(f"{work}/{name}")
    metrics(full(f"{work}/runs"), f"{work}/full")
    junit(f"{work}/junit")
    formulas(f"{work}/csv")
    many(f"{work}/many", f"{work}/many-blocks")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
