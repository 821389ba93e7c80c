#!/usr/bin/python3
"""A figure over the years: values with their uncertainty, thresholds and dates, 民國 years beside ISO; rehearsals are left out; another
threshold, scenario, parameter or network is marked and never joined; another unit is another figure; all formats agree and are the
same when repeated; a hostile sentence does no harm; many drills are cut in the chart alone, and it is said."""
import csv
import io
import json
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

CUT = "cut off no longer than the limit"
HOSTILE = "<script>alert(1)</script>|a\u202e=cmd()"


def main(years):
    check = years.check
    os.mkdir(years.runs)
    open(f"{years.work}/site.yaml", "w").write("site: s\npeople:\n  chen: {role: evaluator}\n")

    def play(stamp, seconds, uncertainty, limit=60, share=0.95, **opened):
        run = years.play("roaming", [(CUT, "seconds(20)", "at_most = seconds(60)"), ("through", 0.95, "at_least = 0.9"), (HOSTILE, 1, "at_most = 2")])

        def edit(kind, data):
            if kind == "journal.opened":
                data.update(opened)
            if kind == "verdict" and data["unit"] == "ns":
                data.update(measured=seconds and seconds * 1e9, limit=limit * 1e9, uncertainty=uncertainty * 1e9, grade="unknown" if seconds is None else "met" if seconds <= limit else "missed")
            elif kind == "verdict" and data["sentence"].get("en") == "through":
                data.update(measured=share, statistic="share")
        return years.move(run, stamp, edit=edit)
    # move() sets every uncertainty to its own; those of edit() count, since it comes after.
    old = [play("20210921T160203Z", 95, 5), play("20220920T010203Z", 61, 5), play("20230921T010203Z", 38, 2, limit=45),
           play("20240920T010203Z", None, 0, limit=45), play("20250919T010203Z", 33, 2, limit=45, simulated=True, parameters={"pace": "full"}),
           play("20260101T010203Z", 25, 1, limit=45, simulated=True, parameters={"pace": "full"}, scenario_sha256="sha256:" + "0" * 64)]
    years.play("roaming", [(CUT, "seconds(1)", "at_most = seconds(60)")], how="rehearse")
    trends = {t["sentence"].get("en"): t for t in years.json("trends", "roaming", "--json")}
    cut = trends[CUT]["points"]
    check([p["run"] for p in cut] == old, f"{cut}")
    check([p["date"] for p in cut][:2] == ["2021-09-22", "2022-09-20"], "the day is not that of the clock on the wall there")
    check([p["measured"] and p["measured"] / 1e9 for p in cut] == [95, 61, 38, None, 33, 25] and cut[0]["uncertainty"] == 5e9, f"{cut}")
    check([p["changed"] for p in cut] == [[], [], ["limit"], [], ["parameters", "simulated"], ["scenario"]], f"{[p['changed'] for p in cut]}")
    text = years.out("trends", "roaming", "--kpi", "CUT OFF", "--lang", "en")
    check("2021-09-22  1m35s ± 5s" in text and "defined otherwise from here on: Limit" in text and "through" not in text, text)
    check("?  " + old[3] in text and "[模擬 SIMULATED]" in text, text)

    page = years.out("trends", "roaming", "--format", "html", "--lang", "zh")
    check(page == years.out("trends", "roaming", "--format", "html", "--lang", "zh"), "the page differs when repeated")
    check("<script>" not in page and "\u202e" not in page and "default-src 'none'" in page, "the page")
    xml.dom.minidom.parseString(re.sub(r"<meta[^>]*>|<link[^>]*>|<!DOCTYPE html>|<br>", "", page))
    chart = page.split("<svg")[1].split("</svg>")[0]
    # 61 s joins 95 s; nothing goes to 38 s (another threshold), to what was not measured, or to 33 and 25 s (defined otherwise).
    check(chart.count('class="joined"') == 1 and chart.count('class="break" x1') == 3, f"joined {chart.count('joined')}")
    check(chart.count('class="whisker"') == 5 and chart.count("<circle") == 3 and chart.count('path class="missed"') == 2 and ">?</text>" in chart, "points")
    check(chart.count('class="limit" x1') == 2 and "≤ 1\u00a0min" in chart and "≤ 45\u00a0s" in chart, "thresholds")
    check("民國 110" in page and "2021（民國 110 年）" in chart and ">09-22<" in chart and "定義變更: 門檻" in page, "years and dates")
    check(page.count("<table") == 3 and "無法判定" in page and "模擬" in page, "the tables")
    for lang, words in (("en", ["2023-09-21", "± 2\u00a0s", "≤ 45\u00a0s", "Limit"]), ("zh", ["2023-09-21（民國 112 年）", "門檻", "模擬"])):
        text = years.out("trends", "roaming", "--format", "md", "--lang", lang)
        check(all(w in text for w in words) and "<script>" not in text, f"Markdown {lang}")
    rows = list(csv.DictReader(io.StringIO(years.out("trends", "roaming", "--format", "csv", "--lang", "en").lstrip("\ufeff"))))
    check(len(rows) == 18 and [r["Measured"] for r in rows if r["Expected"] == CUT] == ["95000000000", "61000000000", "38000000000", "", "33000000000", "25000000000"], f"{rows[:2]}")
    check([r["ROC year"] for r in rows if r["Expected"] == CUT] == ["110", "111", "112", "113", "114", "115"], "csv: years")
    octets = years.call("trends", "roaming", "--format", "ods", "--lang", "en", "--runs", years.runs).stdout
    open(f"{years.work}/t.ods", "wb").write(octets)
    tables = odf.opendocument.load(f"{years.work}/t.ods").spreadsheet.getElementsByType(odf.table.Table)
    check(len(tables) == 2 and odf.teletype.extractText(tables[1]).count("-roaming-") == 18, "ods")

    # Values in another unit stand for themselves; another drill's are not there; what is not there is told.
    check(len(trends["through"]["points"]) == 6 and set(trends) == {CUT, "through", HOSTILE}, f"{list(trends)}")
    check("90%" in page.split("<svg")[2], "a share is told as one")
    check("no live run of 'x'" in years.err("trends", "x", code=2), "another drill")
    check("holds the words 'zzz'" in years.err("trends", "roaming", "--kpi", "zzz", code=2), "no such words")
    check("'--pdf' goes with" in years.err("trends", "roaming", "--pdf", code=2), "--pdf alone")
    check("html|md|csv|ods" in years.err("trends", "roaming", "--format", "pdf", code=2), "a format that is none")
    paths = years.out("trends", "roaming", "--out", years.work).split()
    check(len(paths) == 8 and all(os.path.getsize(p) > 300 for p in paths), f"{paths}")

    for i in range(50):
        os.symlink(f"{years.runs}/{old[0]}", f"{years.runs}/2019{i // 28 + 1:02}{i % 28 + 1:02}T010203Z-roaming-aaaa")
    page = years.out("trends", "roaming", "--kpi", "cut off", "--format", "html", "--lang", "en", "--rebuild")
    check("48/56" in page and page.count("<tr>") == 57, f"{page.count('<tr>')} rows; of many the newest alone are shown")


with tempfile.TemporaryDirectory() as directory:
    of = Years(sys.argv[1], directory)
    main(of)
print(f"{of.failures} failure(s)" if of.failures else "ok")
sys.exit(1 if of.failures else 0)
