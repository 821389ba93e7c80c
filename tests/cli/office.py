#!/usr/bin/python3
"""The spreadsheet of a report as LibreOffice reads it: every sheet turned to CSV there holds what the report's own CSV holds, cell by
cell, in both languages; numbers are numbers (what it writes without quotes), days are days, all else is text, Chinese whole, and what
looks like a formula is none."""
import csv
import glob
import io
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
from full_run import full

netdrill = os.path.abspath(sys.argv[1])
# Separator, quote, UTF-8, from row 1; quotes around all texts, values instead of what is shown, all sheets.
FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"
cells = 0


def report(run, *args):
    return subprocess.run([netdrill, "report", run.directory, *args], check=True, stdout=subprocess.PIPE).stdout


def rows_of(octets, quoting=csv.QUOTE_MINIMAL):
    return list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""), quoting=quoting))


def typed(octets):
    """Rows of (is it a text?, words): LibreOffice puts quotes around texts alone."""
    text, rows, at = octets.decode("utf-8-sig"), [[]], 0
    for one in re.finditer(r'("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)', text):
        if one.start() < at:
            continue
        cell, at = one.group(1), one.end()
        rows[-1].append((cell.startswith('"'), cell[1:-1].replace('""', '"') if cell.startswith('"') else cell))
        if one.group(2) != ",":
            rows.append([])
        if at >= len(text):
            break
    return [row for row in rows if row]


def same_cell(where, ours, theirs):
    global cells
    cells += 1
    is_text, words = theirs
    number = re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", ours, re.I) and not is_text
    plain = ours[1:] if re.match(r"'+[=+\-@\t\r]", ours) else ours  # the guard of the CSV
    if number:
        check(abs(float(words) - float(ours)) <= 1e-9 * max(1, abs(float(ours))), f"{where}: {words}, not {ours}")
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", ours) and not is_text:
        check(words == ours, f"{where}: the day {words}, not {ours}")
        days.append(words)
    else:
        check(words.replace("\r\n", "\n") == plain.replace("\r\n", "\n") and (is_text or ours == ""), f"{where}: {words[:60]!r}, not {plain[:60]!r} as a text")
    return bool(number)


def compare(work, run, lang):
    with open(f"{work}/{lang}.ods", "wb") as out:
        out.write(report(run, "--format", "ods", "--lang", lang))
    done = subprocess.run(["soffice", f"-env:UserInstallation=file://{work}/profile", "--headless", "--convert-to", FILTER, "--outdir", f"{work}/{lang}",
                           f"{work}/{lang}.ods"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    sheets = {os.path.basename(p)[len(lang) + 1:-4]: p for p in glob.glob(f"{work}/{lang}/*.csv")}
    check(done.returncode == 0 and len(sheets) > 15, f"{lang}: LibreOffice gave {len(sheets)} sheets: {done.stdout[-300:]}")
    ours = {name: report(run, "--format", "csv", "--table", name, "--lang", lang) for name in tables(run)}
    numbers, seen = 0, 0
    for name, octets in ours.items():
        mine = rows_of(octets)
        found = [p for p in sheets.values() if [words for _, words in typed(open(p, "rb").read())[0]] == mine[0] and len(typed(open(p, "rb").read())) == len(mine)]
        if len(mine) < 2:
            continue
        seen += 1
        check(found, f"{lang}: no sheet has the headings of {name}: {mine[0]}")
        best = max(found, key=lambda p: sum(a[0] == b[0][1] for a, b in zip(mine, typed(open(p, 'rb').read()))), default=None)
        if best is None:
            continue
        for r, (row, other) in enumerate(zip(mine, typed(open(best, "rb").read()))):
            other += [(False, "")] * (len(row) - len(other))
            for c, cell in enumerate(row):
                numbers += same_cell(f"{lang}, {name}, row {r + 1}, column {c + 1}", cell, other[c])
    check(numbers > 60 and seen > 15, f"{lang}: {numbers} numbers in {seen} tables: this shows too little")
    cover = next((open(p).read() for n, p in sheets.items() if "EXERCISE" in n), "")
    check("演練" in cover and run.run_id in cover, f"{lang}: the cover sheet: {cover[:200]}")


def tables(run):
    said = subprocess.run([netdrill, "report", run.directory, "--format", "csv", "--table", "?"], stderr=subprocess.PIPE, text=True).stderr
    return said.strip().rsplit("expected one of ", 1)[1].split(", ")


days = []
with tempfile.TemporaryDirectory() as directory:
    os.environ["HOME"] = directory
    of = full(directory + "/runs", words=lambda key, text: "=1+1 " + text if key == "issue" else text)
    for language in ("zh", "en"):
        compare(directory, of, language)
    check(sorted(set(days)) == ["2025-12-31", "2026-02-01", "2026-06-30", "2026-12-31"], f"days: {days}")
finish(f"ok: {cells} cells")
