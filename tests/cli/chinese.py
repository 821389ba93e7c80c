#!/usr/bin/python3
"""A Chinese report is Chinese: in the page, Markdown, CSV and OpenDocument of a written run and of the shipped drills, rehearsed well
and with failures, no English sentence stands outside of 原文「 」, the glossary and the run's own English words."""
import glob
import html.parser
import os
import re
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from full_run import full

netdrill = os.path.abspath(sys.argv[1])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SMALL = "a an and are as at be before by did does for from had has have in is it its no not of on or that the there this to was were with".split()
# Three words in a row, or two of which one is no name.
SENTENCE = re.compile(r"\b[A-Za-z]?[a-z']+(?: [a-z']+){2,}\b|\b[A-Za-z]?[a-z']+ (?:%s)\b|\b(?:%s) [a-z']+" % ("|".join(SMALL), "|".join(SMALL)), re.I)
DRILLS = {"decoy-district": ["links.down#1"], "tabletop-outage": [], "outage-reporting": [], "ppdr-mocn": ["shape.classes#1"],
          "disaster-roaming": ["links.down#1", "kamailio.set#1", "mobile_lab.open#1"]}


class Text(html.parser.HTMLParser):
    """What a reader sees and hears, cells and paragraphs apart; the glossary's English column is English."""

    def __init__(self, page):
        super().__init__()
        self.words, self.apart, self.cell = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.apart += [tag] if tag in ("style", "script") else []
        self.cell = tag == "td" and attrs.get("lang") == "en"
        self.words.append("" if tag in ("span", "b", "a") else "\n")
        self.words += [f"\n{attrs[key]}\n" for key in ("title", "aria-label", "alt") if key in attrs]

    def handle_endtag(self, tag):
        self.apart = self.apart[:-1] if self.apart and self.apart[-1] == tag else self.apart
        self.words.append("" if tag in ("span", "b", "a") else "\n")

    def handle_data(self, data):
        if not self.apart and not self.cell:
            self.words.append(data)


def english(text):
    text = re.sub(r"原文「[^」]*」|netdrill [a-z]+ [!-~ ]*", "", text)  # a command to be typed is none
    return [line.strip()[:160] for line in text.split("\n") if SENTENCE.search(line)]


def render(directory, *args):
    done = subprocess.run([netdrill, "report", directory, "--lang", "zh", *args], stdout=subprocess.PIPE, check=True)
    return done.stdout


def look(name, directory):
    subprocess.run([netdrill, "report", directory], check=True, stdout=subprocess.DEVNULL)
    written = f"{directory}/report/report.zh-TW"
    content = zipfile.ZipFile(written + ".ods").read("content.xml").decode()
    texts = {"page": "".join(Text(open(written + ".html").read()).words), "Markdown": open(written + ".md").read().replace("|", "\n"),
             "OpenDocument": re.sub(r"<[^>]*>", "\n", content)}
    for table in ("expectations", "changes", "steps", "injects", "notes", "guards", "answers", "evidence"):
        texts["CSV " + table] = render(directory, "--format", "csv", "--table", table).decode("utf-8-sig").replace(",", "\n")
    for kind, text in texts.items():
        found = english(text)
        check(not found, f"{name}, {kind}: {len(found)} in English: " + " | ".join(found[:6]))
    return texts["page"]


with tempfile.TemporaryDirectory() as work:
    page = look("the written run", full(work).directory)
    check("未能確認：原文「the link is still down」" in page, "what a plugin said is not quoted")
    check("略過：其前之步驟失敗" in page and "郵件伺服器無回應" in page, "reasons of the core and of plugins are not in Chinese")
    for drill, fails in DRILLS.items():
        for fail in [None] + fails:
            runs = f"{work}/{drill}-{fail}"
            done = subprocess.run([netdrill, "rehearse", f"{root}/drills/{drill}.lua", "--answers", f"{root}/drills/answers/{drill}.yaml", "--runs", runs,
                                   *(["--fail", fail] if fail else [])], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            found = glob.glob(runs + "/20*")
            check(len(found) == 1, f"{drill}: {done.stdout[-300:]}")
            page = look(f"{drill} {fail or ''}", found[0])
            check(fail is None or "依指示使其失敗" in page, f"{drill}: it is not told that {fail} failed, and why")
    # the test itself: it sees what it is to see
    check(english("復原：interface is still down") and not english("未能確認：原文「the link is still down」，links.cut yi-web"), "english() does not see")
finish()
