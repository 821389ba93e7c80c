#!/usr/bin/python3
"""The report's page for those who see less or who listen: the contrast of every pair of colours of
the style, computed (WCAG 2.1, 1.4.3 and 1.4.11), in light, in dark and in print; headings in order;
each chart with a role, a title, a description and a table that holds the same; each table with a
caption and the scope of its headings; no id twice, in both languages on one page either."""
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from full_run import full

netdrill = os.path.abspath(sys.argv[1])
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TEXT, MARK = 4.5, 3.0
# Not told by these alone: rules of tables and grids, the halo of a word, the soft ground of a pattern.
GROUND = {"line", "bg", "card", "inj", "unx"}


# ---- colours ----

def rgb(colour):
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    return [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(top, share, below):
    return [t * share + b * (1 - share) for t, b in zip(top, below)]


def schemes(style):
    """Each scheme's colours: what :root says, and what a medium says instead."""
    variables = [dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", block)) for block in re.findall(r":root\{([^}]*)\}", style)]
    check(len(variables) == 3, f"{len(variables)} schemes: light, dark and print are meant")
    light, dark, paper = variables
    check(set(light) == set(dark) == set(paper), "a scheme lacks a colour")
    return {"light": light, "dark": dark, "print": paper}


def uses(style):
    """The variables that are text, and those that are marks, as the rules say."""
    text, marks = set(), set()
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        for name, value in re.findall(r"([\w-]+):([^;]*)", body):
            for variable in re.findall(r"var\(--(\w+)\)", value):
                if name == "color" and ".k." not in selector or name == "fill" and "text" in selector:
                    text.add(variable)
                elif name in ("color", "fill", "stroke") or name.startswith("border"):
                    marks.add(variable)
    return text, marks - GROUND


def opacity(style, selector):
    return float(re.search(re.escape(selector) + r"\{[^}]*fill-opacity:([\d.]+)", style).group(1))


def colours(style):
    known = contrast(rgb("#777777"), rgb("#ffffff"))
    check(abs(known - 4.48) < 0.01, f"the computation itself: #777 on white is 4.48, not {known:.2f}")
    text, marks = uses(style)
    check({"fg", "soft", "ok", "bad", "warn", "accent"} <= text and {"rtt", "unxl", "miss", "injl"} <= marks, f"{text}, {marks}")
    lowest = {}
    for scheme, given in schemes(style).items():
        colour = {name: rgb(value) for name, value in given.items()}
        hatch = over(colour["inj"], opacity(style, ".p1a"), colour["bg"])
        cross = over(colour["unx"], opacity(style, ".p2a"), colour["bg"])
        pairs = [(f"--{t} on --{g}", colour[t], colour[g], TEXT) for t in sorted(text) for g in ("bg", "card")]
        pairs += [(f"--{m} on --bg", colour[m], colour["bg"], MARK) for m in sorted(marks)]
        pairs += [("the hatch of what was injected", over(colour["injl"], opacity(style, ".p1b"), hatch), hatch, MARK),
                  ("the crosses of what was unexpected", colour["unxl"], cross, MARK),
                  ("a latency within an injected band", colour["rtt"], hatch, MARK),
                  ("a latency within an unexpected band", colour["rtt"], cross, MARK)]
        for what, a, b, least in pairs:
            check(contrast(a, b) >= least, f"{scheme}: {what}: {contrast(a, b):.2f}, needs {least}")
        lowest[scheme] = min(contrast(a, b) for _, a, b, least in pairs if least == TEXT), min(contrast(a, b) for *_, a, b, least in pairs if least == MARK)
    print("lowest contrast of text and of marks:", {s: f"{t:.2f} {m:.2f}" for s, (t, m) in lowest.items()})


# ---- the page ----

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows = []     # of the table that is open
        self.bullets = []  # cells of the rows that have a chart within
        self.ids, self.headings, self.refs, self.charts, self.tables, self.sections = [], [], [], [], [], [[]]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("aria-labelledby", "aria-describedby"):
            self.refs += given.get(name, "").split()
        if given.get("href", "").startswith("#"):
            self.refs.append(given["href"][1:])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        elif tag == "section":
            self.sections.append([])
        elif tag == "svg" and given.get("aria-hidden") != "true":
            self.charts.append({"role": given.get("role"), "labels": given.get("aria-labelledby", "").split()})
            self.sections[-1].append("bullet" if self.rows else "chart")
            if self.rows:
                self.rows[-1]["charts"] += 1
        elif tag in ("title", "desc") and self.charts and "id" in given: # others are of a part of the chart
            self.charts[-1][tag] = given.get("id")
        elif tag == "table":
            self.tables.append({"caption": False, "scopes": []})
            self.sections[-1].append("table")
        elif tag == "tr":
            self.rows.append({"charts": 0, "cells": 0})
        elif tag == "td":
            self.rows[-1]["cells"] += 1
        elif tag == "caption":
            self.tables[-1]["caption"] = True
        elif tag == "th":
            self.tables[-1]["scopes"].append(given.get("scope"))


    def handle_endtag(self, tag):
        if tag == "table":
            self.bullets += [row["cells"] for row in self.rows if row["charts"]]
            self.rows = []


def structure(what, text):
    page = Page()
    page.feed(text)
    twice = {i for i in page.ids if page.ids.count(i) > 1}
    check(not twice, f"{what}: ids that are there twice: {twice}")
    check(set(page.refs) <= set(page.ids), f"{what}: what is named is not there: {set(page.refs) - set(page.ids)}")
    languages = len(re.findall(r"<div lang=", text))
    check(page.headings.count(1) == languages and page.headings[0] == 1, f"{what}: h1: {page.headings}")
    for before, after in zip(page.headings, page.headings[1:]):
        check(after <= before + 1, f"{what}: h{after} follows h{before}")
    check(len(page.charts) > 2 * languages, f"{what}: {len(page.charts)} charts: this would show nothing")
    for chart in page.charts:
        check(chart["role"] == "img" and chart["labels"] == [chart.get("title"), chart.get("desc")] and chart.get("title"), f"{what}: a chart: {chart}")
    for section in page.sections:
        check("chart" not in section or "table" in section[section.index("chart"):], f"{what}: a chart without a table after it")
    check(page.bullets and min(page.bullets) > 5, f"{what}: a chart in a row that does not say the same: {page.bullets}")
    for table in page.tables:
        check(table["caption"] and table["scopes"] and set(table["scopes"]) <= {"col", "row", "rowgroup"}, f"{what}: a table: {table}")


def full_page(work):
    """A run that has something of everything, a change that was not put back among it: that is said before all else."""
    run = full(work)
    for lang in ("zh", "en", "both"):
        text = subprocess.run([netdrill, "report", run.directory, "--format", "html", "--lang", lang], check=True, stdout=subprocess.PIPE).stdout.decode()
        structure(f"full, {lang}", text)
        for body in text.split("<div lang=")[1:]:
            first = [body.index(part) for part in ('class="alarm"', "<header>", "<h1>", 'class="tile"')]
            check(first == sorted(first), f"full, {lang}: what was not put back does not stand first: {first}")
        check(('id="only-zh"' in text) == (lang == "both"), f"full, {lang}: the choice of a language")
        check(len(re.findall(r'href="#e\d+-', text)) > 20, f"full, {lang}: evidence is not linked")
        times = re.findall(r'<time datetime="([^"]*)" title="([^"]*)">T\+', text)
        check(len(times) > 20 and all("+08:00" in title and "UTC " + iso[11:23] in title for iso, title in times), f"full, {lang}: moments: {times[:2]}")
    zh, en = (subprocess.run([netdrill, "report", run.directory, "--format", "html", "--lang", lang], check=True, stdout=subprocess.PIPE).stdout.decode()
              for lang in ("zh", "en"))
    late = full(work + "/late", outcome="ok")
    text = subprocess.run([netdrill, "report", late.directory, "--format", "html", "--lang", "en"], check=True, stdout=subprocess.PIPE).stdout.decode()
    said = re.search(r'<p class="outcome (\w+)">([^<]*)', text)
    check(said.group(1) == "missed" and "Objectives not met: 2. Clocks missed: 1." in said.group(2), f"objectives that were not met are passed over: {said.group(0)}")
    check("民國 115 年 1 月 10 日" in zh and "民國" not in en, "the year of the Republic stands beside the date in Chinese alone")
    check('<span lang="zh-Hant-TW">聯絡簿未更新</span>' in en, "Chinese on the English page is not marked as such")
    check('<span lang="en">' in zh, "English on the Chinese page is not marked as such")


def main(work):
    full_page(work + "/full")
    with open(f"{root}/core/report/page/style.css") as file:
        colours(file.read())
    subprocess.run([netdrill, "rehearse", f"{root}/drills/disaster-roaming.lua", "--answers", f"{root}/drills/answers/disaster-roaming.yaml",
                    "--runs", work], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    clocks = subprocess.run([netdrill, "report", "last", "--runs", work, "--format", "json"], check=True, stdout=subprocess.PIPE).stdout
    clocks = json.loads(clocks)
    due = [o for o in clocks["obligations"] if o["due_rel_ns"] is not None] # all within what the chart shows
    check(len(due) > 2, "no clocks: this would show nothing")
    for lang in ("zh", "en", "both"):
        text = subprocess.run([netdrill, "report", "last", "--runs", work, "--format", "html", "--lang", lang], check=True,
                              stdout=subprocess.PIPE).stdout.decode()
        structure(lang, text)
        ticks = text.count('class="due"')
        reached = sum(isinstance(f[k], int) for f in clocks["faults"] for k in ("ttd_ns", "tta_ns", "ttm_ns", "ttr_ns", "reverted_ns"))
        badges = len(re.findall(r'<circle class="badge[^"]*" cx="[\d.]+" cy="[\d.]+" r="9.5"', text))
        check(reached >= 4 and badges == reached * (2 if lang == "both" else 1), f"{lang}: {badges} badges of faults, {reached} moments are known")
        check(ticks == len(due) * (2 if lang == "both" else 1), f"{lang}: {ticks} ticks of deadlines, {len(due)} clocks were due")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
