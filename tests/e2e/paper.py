#!/usr/bin/python3
"""The report on paper, of the run that has something of everything: tagged; an outline with each heading of the page; its Chinese as
text; 演練 EXERCISE and the number of the page, of so many, at the head of every page; the summary on the first page alone. The same of a
template with a logo, words and an order of its own, and of hostile words, whose first page is one page too."""
import os
import re
import subprocess
import sys
import tempfile
import xml.dom.minidom

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
import hostile_words
from full_run import full

netdrill = os.path.abspath(sys.argv[1])
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40" fill="#0b4f8a"/></svg>'
TEMPLATE = """agency: {zh: 示範主管機關, en: Example Authority}
logo: logo.svg
footer: {zh: 聯絡窗口二三四, en: Contact desk}
words:
  SUMMARY: {zh: 首長摘要, en: For the minister}
  CHANGES: {zh: 復原情形, en: What was restored}
sections: [safety, injects, ratings, expectations, quality, appendix]
"""


def tool(*args):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done.returncode == 0, f"{args[0]}: exit {done.returncode} {done.stderr[-300:]}")
    return done.stdout.decode(errors="replace")


def squeezed(text):
    return re.sub(r"\s+", "", text)


def outline(pdf):
    """Headings with the page each leads to."""
    document = xml.dom.minidom.parseString(tool("pdftohtml", "-xml", "-i", "-stdout", pdf).encode())
    return [(squeezed("".join(n.data for n in item.childNodes if n.nodeType == n.TEXT_NODE)), int(item.getAttribute("page"))) for item in document.getElementsByTagName("item")]


def headings(page):
    return [squeezed(re.sub(r"<[^>]*>", "", h)) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.S)]


def judge(what, folder, lang, summary, chinese=()):
    pdf, page = f"{folder}/report.{lang}.pdf", open(f"{folder}/report.{lang}.html").read()
    what = f"{what}, {lang}"
    info = tool("pdfinfo", pdf)
    check(re.search(r"Tagged:\s+yes", info) and "A4" in info, f"{what}: {info}")
    count = int(re.search(r"Pages:\s+(\d+)", info).group(1))
    texts = [tool("pdftotext", "-layout", "-f", str(n), "-l", str(n), pdf, "-") for n in range(1, count + 1)]
    for n, text in enumerate(texts, 1):
        head = squeezed("\n".join(text.strip().split("\n")[:3]))
        check("演練EXERCISE" in head and f"{n}/{count}" in head, f"{what}: the head of page {n} of {count}: {head[:80]!r}")
    whole = squeezed("".join(texts))
    for words in chinese:
        check(squeezed(words) in whole, f"{what}: '{words}' is not in its text")
    found, wanted = outline(pdf), headings(page)
    names = [name for name, _ in found]
    check(len(wanted) > 5 and [name for name in names if name in wanted] == wanted, f"{what}: outline {names}\nheadings {wanted}")
    pages = dict(found)
    check(pages.get(squeezed(summary)) == 1 and all(pages[name] > 1 for name in wanted if name != squeezed(summary)),
          f"{what}: the summary is not the first page, whole and alone: {[(n, pages.get(n)) for n in wanted]}")
    check(min(pages[name] for name in wanted if name != squeezed(summary)) == 2, f"{what}: the summary takes more than a page")
    return texts, wanted


def printed(run, *args):
    subprocess.run([netdrill, "report", run.directory, "--pdf", *args], check=True, stdout=subprocess.DEVNULL)
    return run.directory + "/report"


def main(work):
    run = full(work + "/runs")
    folder = printed(run)
    judge("as it is", folder, "zh-TW", "一頁摘要", ["災難漫遊三分鐘內可用", "聯絡簿未更新", "電信管理法", "海纜中斷", "甲之網頁"])
    judge("as it is", folder, "en", "Summary", ["聯絡簿未更新"])
    for name, text in (("template.yaml", TEMPLATE), ("logo.svg", LOGO)):
        with open(f"{work}/{name}", "w") as out:
            out.write(text)
    folder = printed(run, "--template", work + "/template.yaml")
    for lang, summary, first, agency in (("zh-TW", "首長摘要", "復原情形", "示範主管機關"), ("en", "For the minister", "What was restored", "Example Authority")):
        texts, wanted = judge("with a template", folder, lang, summary)
        check(squeezed(agency) in squeezed(texts[0]), f"template, {lang}: whose it is does not stand on the first page")
        check(wanted[1] == squeezed(first), f"template, {lang}: the order is {wanted}")
    harmful = full(work + "/hostile", words=hostile_words.in_every)
    folder = printed(harmful)
    judge("hostile words", folder, "zh-TW", "一頁摘要")
    judge("hostile words", folder, "en", "Summary")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
