#!/usr/bin/python3
"""A report of many samples: its memory does not grow with them (under a limit on the address space that a run of a quarter of the
size needs, too), its figures are those of a plain reference reckoned here, and of thousands of interruptions it has the longest, says
how many there are besides, and lists every one in the file beside it. The same octets each time; nothing of a store that is damaged,
and no file at all on a disk that is full."""
import csv
import glob
import json
import math
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from synthetic import MS, SEC, Run

netdrill = os.path.abspath(sys.argv[1])
MIB = 1 << 20
EVERY, DEADLINE, T0, SERIES, KEPT = 3 * MS, 2 * MS, 5 * SEC, 2, 1000
A_SERIES = 6000  # octets of address space


def outcome(series, slot):
    """0 answered, -4 lost, 1 not sent, None: never stored. Bursts of 1 to 7 lost, and long ones now and then."""
    if slot % 4001 == 17:
        return None
    if slot % 503 == 7:
        return 1
    burst = slot % 13
    return -4 if burst < slot // 13 * (5 + 2 * series) % 8 or slot % 20011 < 90 else 0


def value(series, slot):
    return float(1000000 + slot * 7919 * (series + 3) % 999983)


def fill(runs, name, rows):
    """A run with a change in force in its second quarter, and rows of each series, one after the other as they were measured."""
    run = Run(runs, name, t0=T0)
    lasts = rows * EVERY
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "mode": "live", "drill": {"id": "large", "title": {"en": "Large"}, "revision": 1}})
    run.event("run.started", T0, {"t0_ns": T0, "wall": run.wall(T0)})
    run.rel("change.recorded", lasts // 4, {"plugin": "links", "verb": "down"}, "1")
    run.rel("change.applied", lasts // 4, {"began_ns": T0 + lasts // 4, "ended_ns": T0 + lasts // 4}, "1")
    run.rel("change.verified", lasts // 2, {}, "1")
    for number in range(1, SERIES + 1):
        run.series(number, f"reach.udp far{number}", [], EVERY, T0, deadline=DEADLINE)
    run.rel("run.ended", lasts, {"reason": "endex"})
    run.rel("run.closed", lasts, {"outcome": "ok"})
    run.write()
    store = sqlite3.connect(run.directory + "/samples.sqlite")
    store.executemany("INSERT INTO sample VALUES (?,?,?,?,?,?)", (
        (series, slot, T0 + slot * EVERY, 0 if fate == 1 else sent(slot), fate, value(series, slot) if fate == 0 else None)
        for slot in range(rows) for series in range(1, SERIES + 1) for fate in [outcome(series, slot)] if fate is not None))
    store.commit()
    store.close()
    return run


def sent(slot):
    return T0 + slot * EVERY + slot * 31 % 700


def report(run, limit=None, check_it=True):
    def confine():
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return subprocess.run([netdrill, "report", run.directory], check=check_it, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=confine, text=True)


def files(run):
    return {os.path.basename(path): open(path, "rb").read() for path in glob.glob(run.directory + "/report/*")}


# ---- the reference ----

def reference(series, rows):
    last = max(slot for slot in range(rows) if outcome(series, slot) is not None)
    values, cuts, cut, good = [], [], None, None
    counts = {"count": 0, "answered": 0, "missed": 0}
    for slot in range(last + 1):
        fate = outcome(series, slot)
        counts["missed"] += fate == 1
        if fate is None or fate == 1:
            continue
        counts["count"] += 1
        if fate == 0:
            counts["answered"] += 1
            values.append(value(series, slot))
            if cut:
                cuts.append({**cut, "till": sent(slot)})
            cut, good = None, sent(slot)
        else:
            cut = cut or {"from": sent(slot), "good": good, "lost": 0, "forced": 0}
            cut.update(lost=cut["lost"] + 1, last=sent(slot), forced=cut["forced"] + met(sent(slot), sent(slot) + DEADLINE, rows))
    if cut:
        cuts.append({**cut, "till": None})
    lines = [told(one, rows) for one in cuts]
    return counts, values, lines, sum(cut["forced"] for cut, line in zip(cuts, lines) if line["class"] == "injected")


def met(since, till, rows):
    """Whether the change was in force, or had been until an interval before."""
    return T0 + rows * EVERY // 4 <= till and T0 + rows * EVERY // 2 + EVERY >= since


def told(cut, rows):
    """As a line of the file: see docs/report.md."""
    end = cut["till"] if cut["till"] is not None else min(cut["last"] + EVERY, T0 + rows * EVERY)
    edges = (cut["from"] - cut["good"] if cut["good"] is not None else 0, cut["till"] - cut["last"] if cut["till"] is not None else 0)
    since = cut["good"] if cut["good"] is not None else cut["from"] - EVERY
    till = cut["from"] + DEADLINE if cut["till"] is None else min(cut["from"] + DEADLINE, cut["till"])
    rel = lambda moment: None if moment is None else moment - T0
    return {"from_rel_ns": rel(cut["from"]), "till_rel_ns": rel(cut["till"]), "last_good_rel_ns": rel(cut["good"]), "last_lost_rel_ns": rel(cut["last"]),
            "length_ns": end - cut["from"], "uncertainty_ns": max(edges), "lost": cut["lost"],
            "class": "injected" if met(since, till, rows) else "unexpected"}


def near(got, wanted, by):
    return abs(got - wanted) <= by * abs(wanted)


def compare(run, rows):
    model = json.load(open(run.directory + "/report/report.json"))
    lines = list(csv.DictReader(open(run.directory + "/report/report.interruptions.csv")))
    listed = [{key: text if key == "class" else int(text) if text else None for key, text in line.items()} for line in lines]
    check(model.get("interruptions_file") == "report.interruptions.csv", "report.json names the file")
    check([one["till_rel_ns"] for one in listed if one["till_rel_ns"]] == sorted(one["till_rel_ns"] for one in listed if one["till_rel_ns"]), "in the order in which they ended")
    for one in model["series"]:
        number = one["id"]
        counts, values, cuts, forced = reference(number, rows)
        check({key: one[key] for key in counts} == counts, f"{number}: {counts}, got { {key: one[key] for key in counts} }")
        own = [{key: v for key, v in line.items() if key != "series"} for line in listed if line["series"] == number]
        check(own == cuts, f"{number}: {len(cuts)} interruptions line by line, got {len(own)}")
        longest = sorted(sorted(cuts, key=lambda cut: (-cut["length_ns"], cut["from_rel_ns"]))[:KEPT], key=lambda cut: cut["from_rel_ns"])
        kept = [{key: v for key, v in cut.items() if key != "next_rel_ns"} for cut in one["interruptions"]]
        check(kept == longest, f"{number}: the {KEPT} longest, the first of those as long, in their order")
        following = {a["from_rel_ns"]: b["from_rel_ns"] for a, b in zip(cuts, cuts[1:])}
        check(all(cut["next_rel_ns"] == following.get(cut["from_rel_ns"]) for cut in one["interruptions"]), f"{number}: what follows is told, also where it is left out")
        check(one["interruptions_left"] == len(cuts) - KEPT > 0, f"{number}: {one['interruptions_left']} left out of {len(cuts)}")
        lengths, lost = sorted(cut["length_ns"] for cut in cuts), counts["count"] - counts["answered"]
        rank = lambda of, q: sorted(of)[max(0, math.ceil(q * len(of)) - 1)]
        check(one["lengths"]["all"] == {"count": len(cuts), "p50_ns": rank(lengths, .5), "p95_ns": rank(lengths, .95), "longest_ns": lengths[-1],
                                        "sum_ns": sum(lengths)}, f"{number}: lengths of all: {one['lengths']['all']}")
        inside = [cut for cut in cuts if cut["class"] == "injected"]
        check(one["lengths"]["injected"]["count"] == len(inside) > 0, f"{number}: injected {len(inside)}")
        check(near(one["loss"], lost / counts["count"], 1e-11), f"{number}: loss")
        check(near(one["availability_without_injected"], counts["answered"] / (counts["count"] - forced), 1e-11), f"{number}: availability")
        check((one["min"], one["max"]) == (min(values), max(values)), f"{number}: least and largest")
        exact = len(values) <= 100000
        for name, q in (("p50", .5), ("p95", .95), ("p99", .99)):
            check(near(one[name], rank(values, q), 1e-11 if exact else 0.005), f"{number}: {name} {one[name]}, reference {rank(values, q)}")
        jitter = sum(abs(b - a) for a, b in zip(values, values[1:])) / (len(values) - 1)
        check(near(one["jitter"], jitter, 1e-11), f"{number}: jitter {one['jitter']}, reference {jitter}")
        check([sum(column[k] for column in one["columns"]) for k in (1, 2, 3)] == [counts["count"], lost, counts["missed"]], f"{number}: the strip's columns hold all")
    return sum(one["lengths"]["all"]["count"] for one in model["series"])


# ---- ----

def least_limit(run):
    """The least limit, in steps of 2 MiB, under which the run's report can be made."""
    low, high = 8, 256  # as 2 MiB each: not enough, enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if report(run, middle * 2 * MIB, False).returncode == 0 else (middle, high)
    return high * 2 * MIB


def damaged(run):
    """A store with pages overwritten, one with slots out of order, one that is none: said, and the report of before stays."""
    path, before = run.directory + "/samples.sqlite", files(run)
    good = open(path, "rb").read()
    middle = len(good) // 3
    store = sqlite3.connect(path)
    store.execute("UPDATE sample SET slot = 3 WHERE rowid = 5000")
    store.commit()
    store.close()
    for what, octets, said in (("out of order", open(path, "rb").read(), "is damaged: of series"), ("overwritten", good[:middle] + b"\xa5" * 65536 + good[middle + 65536:], "netdrill verify"),
                               ("no database", b"\x00\x01" * 50000, "netdrill verify"), ("empty", b"", "netdrill verify")):
        open(path, "wb").write(octets)
        got = report(run, check_it=False)
        check(got.returncode == 20 and said in got.stderr and got.stdout == "", f"{what}: exit {got.returncode}, {got.stderr}{got.stdout}")
        check(files(run) == before, f"{what}: the report of before stays as it was")
    open(path, "wb").write(good)


def full_disk(run):
    """Whatever file there is no room for, none is there."""
    before = files(run)

    def confine():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for share in (0.1, 0.5, 0.9):
        limit = int(max(len(octets) for octets in before.values()) * share)
        got = subprocess.run([netdrill, "report", run.directory], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=confine)
        check(got.returncode == 20 and "cannot write" in got.stderr and got.stdout == "", f"no room beyond {limit}: exit {got.returncode}, {got.stderr}{got.stdout}")
        check(files(run) == before, f"no room beyond {limit}: the report of before stays whole, {sorted(files(run))}")


def many_series(runs):
    """Of 230 series a page lists the 200 that lost most, the worst first, and says how many more there are and where; sheets and report.json have
    all. Those who lead are told of the 20 that were cut off the longest, and how many others were."""
    count, every = 230, SEC
    run = Run(runs, "20260110T010000Z-many-0001", t0=T0)
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "mode": "live", "drill": {"id": "many", "title": {"en": "Many"}, "revision": 1}})
    run.event("run.started", T0, {"t0_ns": T0, "wall": run.wall(T0)})
    lost = {n: n * 37 % 11 for n in range(1, count + 1)}
    for n in lost:
        run.series(n, f"reach.udp far{n}.", [(slot, T0 + slot * every, -4 if 2 <= slot < 2 + lost[n] else 0, None if 2 <= slot < 2 + lost[n] else 1e6)
                                             for slot in range(14)], every, T0)
    run.rel("run.ended", 14 * SEC, {"reason": "endex"})
    run.rel("run.closed", 14 * SEC, {"outcome": "ok"})
    run.write()
    report(run)
    made = files(run)
    model, page, text = json.loads(made["report.json"]), made["report.en.html"].decode(), made["report.en.md"].decode()
    worst = sorted(lost, key=lambda n: (-lost[n], n))
    cut_off = sum(1 for n in lost if lost[n])
    sections = [part for part in text.split("\n## ") if "reach.udp far" in part]
    listed = {part.split("\n")[0]: re.findall(r"^\| reach\.udp far(\d+)\. ", part, re.M) for part in sections}
    for heading in ("Network performance and interruptions", "How long interruptions were", "Service interruptions"):
        rows = [n for i, n in enumerate(listed[heading]) if n not in listed[heading][:i]]  # an interruption each
        check(rows == [str(n) for n in worst[:200]], f"{heading}: the worst first: {rows[:30]}, {len(rows)} rows")
    left = sorted(int(n) for n in re.findall(r"\+ (\d+) measurements are not listed here", text))
    check(left == [cut_off - 200] * 2 + [count - 200], f"how many are left out: {left}")
    check(sorted(int(n) for n in re.findall(r">\+ (\d+) measurements are not listed here", page)) == sorted([*left, count - 200]), "the page says the same, and has a table of sources")
    sheet = subprocess.run([netdrill, "report", run.directory, "--format", "csv", "--table", "services", "--lang", "en"], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8-sig")
    check(len(list(csv.reader(sheet.splitlines()))) == 1 + count and len(model["series"]) == count, "sheets and report.json have all")
    check(all(("lengths" in one) == (lost[one["id"]] > 0) for one in model["series"]), "lengths of those that had interruptions")
    told = [one for one in model["lessons"] if one["kind"] == "interruption_unexpected"]
    check([one["text"]["en"] for one in told] == [f"reach.udp far{n}." for n in worst[:20]], f"lessons: {[one['text'] for one in told]}")
    more = [one["words"]["en"] for one in model["lessons"] if one["kind"] == "interruptions_more"]
    check(more == [str(cut_off - 20)], f"lessons of the others: {more} of {cut_off}")


def interrupted(runs, count):
    """Series of eight samples each, two interruptions in them."""
    run = Run(runs, f"20260110T010000Z-wide-{count:04}", t0=T0)
    run.event("journal.opened", 0, {"schema": "netdrill.journal/1", "mode": "live", "drill": {"id": "wide", "title": {"en": "Wide"}, "revision": 1}})
    run.event("run.started", T0, {"t0_ns": T0, "wall": run.wall(T0)})
    for n in range(1, count + 1):
        run.series(n, f"reach.udp far{n}.", [(slot, T0 + slot * SEC + n, fate, None if fate else 1e6 + n * slot)
                                             for slot in range(8) for fate in [-4 if slot in (2, 5, 6) else 0]], SEC, T0)
    run.rel("run.ended", 8 * SEC, {"reason": "endex"})
    run.rel("run.closed", 8 * SEC, {"outcome": "ok"})
    run.write()
    return run


def by_series(runs):
    """What a further series costs of memory: those that pages do not show are not held as trees."""
    few, many = interrupted(runs, 300), interrupted(runs, 3300)
    room = least_limit(few) + 3000 * A_SERIES
    got = report(many, room, False)
    check(got.returncode == 0, f"3,300 series within what 300 need and {A_SERIES} octets for each further one: exit {got.returncode} {got.stderr}")


with tempfile.TemporaryDirectory() as runs:
    many_series(runs)
    by_series(runs)
    small, large = fill(runs, "20260110T010000Z-large-0001", 125000), fill(runs, "20260110T010000Z-large-0002", 500000)
    limit = least_limit(small)
    got = report(large, limit + 4 * MIB, False)
    check(got.returncode == 0, f"500,000 samples of a series within {limit // MIB} + 4 MiB, which 125,000 need: exit {got.returncode} {got.stderr}")
    report(small)
    first = files(small)
    told_of = compare(small, 125000)
    report(small)
    check(files(small) == first, "the same octets each time")
    check(len(files(large)["report.json"]) < 1.2 * len(first["report.json"]), "report.json does not grow with what is left out")
    damaged(small)
    full_disk(small)
finish(f"ok: {told_of} interruptions as reckoned; {limit // MIB} MiB of address space")
