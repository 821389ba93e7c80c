#!/usr/bin/python3
"""Two live runs compared by the command: every kind of change in every format, an aborted run, other drills and networks with their
reason, rehearsals refused; a hostile sentence does no harm; the same octets when repeated."""
import csv
import io
import os
import re
import sys
import tempfile
import xml.dom.minidom

import odf.opendocument
import odf.table
import odf.teletype

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from years import Years

HOSTILE = "<script>alert(1)</script>|a\u202e=cmd()"


def main(years):
    check = years.check
    os.mkdir(years.runs)
    open(f"{years.work}/site.yaml", "w").write("site: s\npeople:\n  chen: {role: evaluator}\n")

    def simulated(kind, data):
        if kind == "journal.opened":
            data["simulated"] = True
    first = years.move(years.play("roaming", [("cut off (s)", 40, "at_most = 30"), ("answered", 0.9, "at_least = 0.8"), ("steady", 5, "at_most = 9"),
                                              (HOSTILE, 1, "at_most = 2"), ("old", 1, "at_most = 2")], code=10), "20240920T010203Z", uncertainty=0.5)
    second = years.move(years.play("roaming", [("cut off (s)", 20, "at_most = 25"), ("answered", 0.85, "at_least = 0.8"), ("steady", 6, "at_most = 9"),
                                               (HOSTILE, 3, "at_most = 2")], code=10), "20250919T010203Z", uncertainty=0.5)
    third = years.move(years.play("roaming", [], body="  expect { 'the real thing', 1, above = 2, abort_on_fail = true }\n  wait(seconds(9))\n", code=11), "20250920T010203Z")
    other = years.move(years.play("cable", [("cut off (s)", 20, "at_most = 30")]), "20250921T010203Z")
    fourth = years.move(years.play("roaming", [("cut off (s)", 20, "at_most = 30")]), "20250922T010203Z", edit=simulated)
    rehearsal = years.play("roaming", [("cut off (s)", 20, "at_most = 30")], how="rehearse")

    def kinds(a, b):
        compared = years.json("compare", a, b, "--json")
        return {r["sentence"].get("en", r["sentence"].get("zh")): (r["change"], r["reason"]) for r in compared["rows"]}, compared
    found, compared = kinds(first, second)
    check(found == {"cut off (s)": ("better", None), "answered": ("same", None), "steady": ("same", None), HOSTILE: ("worse", None), "old": ("gone", None)}, f"{found}")
    check(compared["conditions"] == ["scenario"] and compared["counts"]["better"] == 1, f"{compared['conditions']}")
    check(kinds(first, third)[0]["cut off (s)"] == ("incomparable", "cancelled") and "cut_short" in kinds(first, third)[1]["conditions"], "an aborted run")
    check(kinds(first, other)[0]["cut off (s)"] == ("gone", None) or kinds(first, other)[0]["cut off (s)"] == ("incomparable", "drill"), "another drill")
    check(kinds(second, fourth)[0]["cut off (s)"] == ("incomparable", "simulated"), "another network")
    text = years.out("compare", first, second, "--lang", "en")
    check("better" in text and "40 ± 0.5 -> 20 ± 0.5" in text and "1 better, 1 worse, 2 the same" in text and "not the same in both: Scenario hash" in text, text)
    check("無法比較 (其中一次該步驟取消)" in years.out("compare", first, third, "--lang", "zh"), "the reason in Chinese")
    for pair in ((first, rehearsal), (rehearsal, first)):
        check("two live runs" in years.err("compare", *pair, code=2), "a rehearsal was compared")
    check("nothing" in years.err("compare", first, "nothing", code=2), "a run that is not there")

    page = years.out("compare", first, second, "--format", "html", "--lang", "en")
    check(page == years.out("compare", first, second, "--format", "html", "--lang", "en"), "the page differs when repeated")
    check("<script>" not in page and "\u202e" not in page and page.count("<circle") == 8 and page.count("<tr>") == 6, f"the page: {page.count('<circle')}")
    xml.dom.minidom.parseString(re.sub(r"<meta[^>]*>|<link[^>]*>|<!DOCTYPE html>|<br>", "", page))
    text = years.out("compare", first, second, "--format", "md", "--lang", "zh")
    check("| 改善 |" in text and "<script>" not in text and "40 ± 0.5 (≤ 30)" in text.replace("<br>", " "), text)
    rows = list(csv.DictReader(io.StringIO(years.out("compare", first, second, "--format", "csv", "--lang", "en").lstrip("\ufeff"))))
    check([(r["Run"], r["Measured"], r["Change"]) for r in rows[:2]] == [(first, "40", "better"), (second, "20", "better")] and len(rows) == 10, f"{rows[:2]}")
    octets = years.call("compare", first, second, "--format", "ods", "--lang", "en", "--runs", years.runs).stdout
    open(f"{years.work}/c.ods", "wb").write(octets)
    tables = odf.opendocument.load(f"{years.work}/c.ods").spreadsheet.getElementsByType(odf.table.Table)
    check(len(tables) == 2 and "cut off" in odf.teletype.extractText(tables[1]), "ods")
    check(len(years.out("compare", first, second, "--out", years.work).split()) == 8, "files")


with tempfile.TemporaryDirectory() as directory:
    of = Years(sys.argv[1], directory)
    main(of)
print(f"{of.failures} failure(s)" if of.failures else "ok")
sys.exit(1 if of.failures else 0)
