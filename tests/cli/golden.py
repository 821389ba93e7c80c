#!/usr/bin/python3
"""Goldens: one run, written by hand (tests/support/full_run.py), in every format, as it is kept in tests/golden/. A change of the
report shows as a difference to be read; when it is meant, the goldens are made anew and the difference is read once more in git:

    UPDATE=1 meson test -C build golden && git diff tests/golden

Nothing in a report comes from a clock or this machine, so there is nothing to be masked. The page's style is kept out of the goldens
(it stands in core/report/page/style.css, and has to be what stands there). What an audience does not see, and what is said of a
rehearsal and of a run under way, is kept as the difference from the whole report."""
import difflib
import fcntl
import io
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
goldens = root + "/tests/golden"
UPDATE = os.environ.get("UPDATE") == "1"
# What stands at every cell of a sheet is kept short.
ABBREVIATED = (("table:table-cell table:style-name=", "c "), ("/table:table-cell", "/c"), (" office:value-type=", " "), (" office:value=", " "),
               ("<text:p>", ""), ("</text:p>", ""), ('<c "t"/>', "<c/>"))
SHOWN = 40  # lines of a difference


def report(run, *args):
    return subprocess.run([netdrill, "report", run.directory, *args], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8-sig" if "csv" in args else "utf-8")


def compare(name, text):
    path = f"{goldens}/{name}"
    kept = open(path, newline="").read() if os.path.exists(path) else ""
    if kept == text:
        return
    if UPDATE:
        with open(path, "w", newline="") as out:
            out.write(text)
        print(f"made anew: {name}")
        return
    lines = list(difflib.unified_diff(kept.splitlines(), text.splitlines(), f"tests/golden/{name}", "as it is now", lineterm="", n=1))
    cut = [line if len(line) < 400 else line[:400] + " ..." for line in lines[:SHOWN]]
    check(False, f"{name} is another one (UPDATE=1 takes it, see tests/cli/golden.py):\n" + "\n".join(cut) + f"\n{max(0, len(lines) - SHOWN)} more lines" * (len(lines) > SHOWN))


def page(run, lang):
    """The page without its style, which has to be the source's."""
    text = report(run, "--format", "html", "--lang", lang)
    before, style, after = re.fullmatch(r"(.*<style>)(.*)(</style>.*)", text, re.S).groups()
    check(style.strip() == open(f"{root}/core/report/page/style.css").read().strip(), f"{lang}: the page's style is not core/report/style.css")
    return before + "core/report/page/style.css" + after


def tables(run, lang):
    """All tables of a language, one after the other."""
    said = subprocess.run([netdrill, "report", run.directory, "--format", "csv", "--table", "?"], stderr=subprocess.PIPE, text=True).stderr
    names = re.search(r"one table: `([^`]*)`", open(f"{root}/docs/report.md").read()).group(1).split()
    named = said.strip().rsplit("expected one of ", 1)[1].split(", ")  # as many as a message holds
    check(len(named) >= 15 and set(named[:-1]) <= set(names), f"tables: docs/report.md lists {names}, the program {named}")
    parts = []
    for name in names:
        text = report(run, "--format", "csv", "--table", name, "--lang", lang)
        check(text.count("\r\n") > 1 or name == "carried", f"the run has nothing for the table {name}")
        parts.append(f"== {name} ==\n" + text.replace("\r\n", "\n"))
    return "\n".join(parts)


def sheet(run, lang):
    octets = subprocess.run([netdrill, "report", run.directory, "--format", "ods", "--lang", lang], check=True, stdout=subprocess.PIPE).stdout
    archive = zipfile.ZipFile(io.BytesIO(octets))
    check([i.filename for i in archive.infolist()] == ["mimetype", "META-INF/manifest.xml", "content.xml"], "ods: its entries")
    content = archive.read("content.xml").decode()
    for long, short in ABBREVIATED:
        content = content.replace(long, short)
    return content


def difference(whole, part):
    return "\n".join(difflib.unified_diff(whole.splitlines(), part.splitlines(), "as a whole", "as this one", lineterm="", n=0)) + "\n"


def bodies(run):
    """Both languages on one page: what stands on the page of each, one after the other."""
    both = report(run, "--format", "html", "--lang", "both")
    for lang in ("zh", "en"):
        one = report(run, "--format", "html", "--lang", lang)
        body = one[one.index("<div lang="):one.index("</body>")]
        check(body.count("<h1") == 1 and body in both, f"both: it lacks the page of {lang}")
    check(report(run, "--format", "md", "--lang", "both") == report(run, "--format", "md", "--lang", "zh") + "\n---\n\n" + report(run, "--format", "md", "--lang", "en"),
          "both: Markdown is not that of one language and of the other")


def main(work):
    os.makedirs(goldens, exist_ok=True)
    run = full(work + "/runs")
    whole = report(run, "--format", "json")
    compare("report.json", whole)
    for lang, name in (("zh", "zh-TW"), ("en", "en")):
        compare(f"report.{name}.html", page(run, lang))
        compare(f"report.{name}.md", report(run, "--format", "md", "--lang", lang))
        compare(f"tables.{name}.csv", tables(run, lang))
        if lang == "zh":  # the other one holds the same rows, which tests/cli/office.py compares with the tables
            compare("content.zh-TW.xml", sheet(run, lang))
        compare(f"annotations.{name}.json", report(run, "--format", "grafana", "--lang", lang))
        compare(f"stix.{name}.json", report(run, "--format", "stix", "--lang", lang))
    bodies(run)
    compare("junit.xml", report(run, "--format", "junit"))
    compare("openmetrics.txt", report(run, "--format", "openmetrics"))
    for audience, name in (("operator:jia", "operator-jia"), ("public", "public")):
        part = report(run, "--format", "json", "--audience", audience)
        compare(f"for-{name}.diff", difference(whole, part))
        compare(f"for-{name}.md", difference(report(run, "--format", "md", "--lang", "zh"), report(run, "--format", "md", "--lang", "zh", "--audience", audience)))
    rehearsed = full(work + "/rehearsed", mode="rehearsal", simulated=True, outcome="missed")
    compare("rehearsal.md", difference(report(run, "--format", "md", "--lang", "zh"), report(rehearsed, "--format", "md", "--lang", "zh")))
    living = full(work + "/living", closed=False)
    with open(living.directory + "/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = report(living, "--format", "md", "--lang", "zh")
        check("初步 INTERIM" in told, f"interim: {told[:200]}")
        compare("interim.md", difference(report(run, "--format", "md", "--lang", "zh"), told))
    size = sum(os.path.getsize(f"{goldens}/{name}") for name in os.listdir(goldens))
    check(size < 600_000, f"the goldens are {size} octets: too many to be read")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
