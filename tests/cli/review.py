#!/usr/bin/python3
"""The yearly review of synthetic runs, their journals moved to other years: it tells the goals, drills, figures with their
uncertainty, improvement items and what became of last year's, planned against achieved with the reasons; rehearsals and other
years never count; the local year decides; a hostile text does no harm; wrong goals are refused with their line."""
import os
import re
import shutil
import sys
import tempfile
import xml.dom.minidom

import odf.opendocument
import odf.table
import odf.teletype

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from years import Years

HOSTILE = '<script>alert(1)</script>|a\u202e=cmd()'


def rows(markdown, heading):
    part = markdown.split(f"## {heading}\n\n", 1)
    return [[c.strip() for c in line.strip("|").split(" | ")] for line in part[1].split("\n\n")[0].splitlines()[2:]] if len(part) == 2 else []


def main(years):
    check, call, play, move, work, runs = years.check, years.call, years.play, years.move, years.work, years.runs

    def review(runs, *args, code=0):
        return call("review", "--runs", runs, *args, code=code)

    def text(runs, *args):
        return review(runs, *args).stdout.decode()

    open(f"{work}/site.yaml", "w").write("site: s\npeople:\n  chen: {role: evaluator}\n")
    cut = [("cut off (s)", 40, "at_most = 30"), ("answered", 0.9, "at_least = 0.8"), (HOSTILE, 1, "at_most = 2")]
    last = move(play("roaming", cut, code=10), "20220921T010203Z")
    first = move(play("roaming", cut, code=10), "20230321T010203Z")
    second = move(play("roaming", [("cut off (s)", 20, "at_most = 30"), ("served", "true", "equals = true")]), "20230921T010203Z", uncertainty=2.5)
    # In Taiwan a new year has begun at 16:00 UTC.
    eve = move(play("cable", [("cut", 1, "at_most = 2")]), "20221231T160000Z")
    later = move(play("cable", [("cut", 1, "at_most = 2")]), "20231231T160000Z")
    aborted = move(play("cable", [], body="  expect { 'the real thing', 1, above = 2, abort_on_fail = true }\n  wait(seconds(20))\n", code=11), "20230601T010203Z")
    move(play("roaming", [("cut off (s)", 1, "at_most = 30")], how="rehearse"), "20230922T010203Z")
    who = ("--as", "chen", "--runs", runs)
    call("improve", "add", "old procedure " + HOSTILE, "--element", "planning", "--owner", "甲", *who, "--run", last)
    call("improve", "done", "I1", "version 2.1", *who, "--run", last)
    call("improve", "add", "never done", "--element", "training", *who, "--run", last)
    call("improve", "add", "new batteries", "--element", "equipment", "--due", "2024-03-31", *who, "--run", second)
    call("rate", "o", "S", "a minute late", *who, "--run", second)

    en = text(runs, "--year", "112", "--format", "md", "--lang", "en")
    check(en == text(runs, "--year", "2023", "--format", "md", "--lang", "en"), "112 is not 2023")
    check("EXERCISE" in en.splitlines()[0] and "2023" in en.splitlines()[0], en.splitlines()[0])
    check([r[2] for r in rows(en, "Drills held")] == [eve, first, aborted, second], f"runs: {rows(en, 'Drills held')}")
    check(later not in en and last not in "".join(r[2] for r in rows(en, "Drills held")), "a run of another year")
    goals = {r[0].split("<br>")[0]: r for r in rows(en, "Goals and results")}
    check(set(goals) == {"roaming drill", "cable drill"}, f"goals: {list(goals)}")
    roaming = goals["roaming drill"]
    check("People reach help" in roaming[0] and roaming[1].count("2023-") == 2, f"actions: {roaming[:2]}")
    check("all expectations met: 4" in roaming[2] and "cut off" not in roaming[2] and "served" not in roaming[2], f"what was met has a line of its own: {roaming[2]}")
    check("S Performed with some challenges" in roaming[2] and "not confirmed" not in roaming[2], f"effects: {roaming[2]}")
    # What was missed, and what its uncertainty leaves in doubt, is named with its figures.
    close = move(play("ferry", [("ferry cut off (s)", 40, "at_most = 30"), ("ferry answered", 29, "at_most = 30"), ("ferry runs", "true", "equals = true")], code=10),
                 "20230402T010203Z", uncertainty=2.5)
    ferry = next(r[2] for r in rows(text(runs, "--year", "112", "--format", "md", "--lang", "en"), "Goals and results") if r[0].startswith("ferry"))
    check("ferry cut off (s): 40 ± 2.5 (≤ 30): missed" in ferry and "ferry answered: 29 ± 2.5 (≤ 30): met" in ferry and "all other expectations met:" in ferry and "ferry runs" not in ferry, f"named: {ferry}")
    shutil.rmtree(f"{runs}/{close}")
    check("I1: new batteries (proposed, 2024-03-31)" in roaming[3] and "never done (proposed)" in roaming[3], f"future: {roaming[3]}")
    compared = {r[0]: r for r in rows(en, "Planned against achieved")}
    check(compared["roaming drill"][1] == "none set" and "drills 2<br>expectations met 4/5 (80%)" in compared["roaming drill"][2], f"{compared}")
    check("missed: cut off (s)" in compared["roaming drill"][3], f"reasons: {compared['roaming drill'][3]}")
    check("drills 1<br>" in compared["cable drill"][2] and "the real thing" in compared["cable drill"][3], f"aborted: {compared['cable drill']}")
    items = rows(en, "What became of earlier years' improvement items")
    check([(r[0], r[9]) for r in items] == [(f"{last}/I1", "done"), (f"{last}/I2", "proposed")] and items[0][12] == "version 2.1", f"items: {items}")

    zh = text(runs, "--year", "112", "--format", "md", "--lang", "zh")
    check("民國 112 年（2023）" in zh and "2023-09-21（民國 112 年 9 月 21 日）" in zh and "| 年度目標 | 推動策略/作為 | 達成效益/效果 | 未來精進方向 |" in zh, zh[:600])

    open(f"{work}/goals.yaml", "w").write("""goals:
- goal: {zh: 漫遊, en: Roaming works}
  strategy: two drills with three operators
  drills: [roaming]
  planned: {runs: 3, met: 70%}
- goal: Satellites
  drills: [satellite]
  planned: {runs: 1}
  remarks: {zh: 經費未核定, en: no budget}
""")
    planned = text(runs, "--year", "112", "--goals", f"{work}/goals.yaml", "--format", "md", "--lang", "en")
    compared = {r[0]: r for r in rows(planned, "Planned against achieved")}
    check(compared["Roaming works"][1] == "drills 3<br>expectations met 70%" and "drills 2" in compared["Roaming works"][2], f"{compared}")
    check(compared["Satellites"][2].startswith("drills 0") and compared["Satellites"][3].endswith("no budget"), f"{compared['Satellites']}")
    check("the records do not tell" in compared["Satellites"][3], f"unexplained: {compared['Satellites']}")
    check("no drill on record" in planned and "two drills with three operators" in planned, planned)
    for wrong, place in (("goals: []", "1:1"), ("goals:\n- goal: x\n", "2:3"), ("goals:\n- {goal: x, drills: y}\n", "2:21"),
                         ("goals:\n- {goal: x, drills: [y], planned: {met: 120%}}\n", "2:"), ("goals:\n- {goal: [x], drills: [y]}\n", "2:10"),
                         ("goals:\n- {goal: x, drills: [y], budget: 3}\n", "2:"), ("a: [", "2:1"), ("", "1:1")):
        open(f"{work}/wrong.yaml", "w").write(wrong)
        told = review(runs, "--year", "112", "--goals", f"{work}/wrong.yaml", "--format", "md", code=2).stderr.decode()
        check(f"wrong.yaml:{place}" in told, f"{wrong!r}: {told}")

    html = text(runs, "--year", "112", "--format", "html", "--lang", "zh")
    check("<script>" not in html and "\u202e" not in html and "Content-Security-Policy" in html and 'lang="zh-Hant-TW"' in html, "html")
    check(len(re.findall(r"<table\b", html)) == 5 and html.count("<h1>") == 1, "html: tables")
    xml.dom.minidom.parseString(re.sub(r"<meta[^>]*>|<link[^>]*>|<!DOCTYPE html>|<br>", "", html))
    octets = review(runs, "--year", "112", "--format", "ods", "--lang", "en").stdout
    check(octets == review(runs, "--year", "112", "--format", "ods", "--lang", "en").stdout, "ods: differs when repeated")
    open(f"{work}/r.ods", "wb").write(octets)
    tables = {t.getAttribute("name"): t for t in odf.opendocument.load(f"{work}/r.ods").spreadsheet.getElementsByType(odf.table.Table)}
    check(list(tables)[1:] == ["Goals and results", "Planned against achieved", "Drills held", "Improvement items of this year",
                               "What became of earlier years_ improvement items"], f"ods: {list(tables)}")
    check("new batteries" in odf.teletype.extractText(tables["Goals and results"]), "ods: the item is missing")

    out = review(runs, "--year", "112", "--out", work).stdout.decode().split()
    check(len(out) == 6 and all(os.path.getsize(p) > 500 for p in out), f"files: {out}")
    empty = text(runs, "--year", "1999", "--format", "md", "--lang", "en")
    check("Drills held" not in empty, "1999 has drills")
    for args, words in (([], "--year 112"), (["--year", "0"], "got '0'"), (["--year", "1900"], "got '1900'"), (["--year", "112x"], "got '112x'"),
                        (["--year", "112", "--format", "pdf"], "html|md|csv|ods"), (["--year", "112", "--goals", f"{work}/none"], "none")):
        told = review(runs, *args, code=2).stderr.decode()
        check(words in told, f"{args}: {told}")


with tempfile.TemporaryDirectory() as directory:
    of = Years(sys.argv[1], directory)
    main(of)
print(f"{of.failures} failure(s)" if of.failures else "ok")
sys.exit(1 if of.failures else 0)
