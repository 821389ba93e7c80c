#!/usr/bin/python3
"""The report's formats, read by readers nobody here wrote: the spreadsheet by odfpy, the CSV by
Python, OpenMetrics by prometheus_client; what they hold is what report.json holds, and a hostile
name does no harm in any of them."""
import csv
import html
import html.parser
import io
import json
import os
import re
import subprocess
import sys
import tempfile

import odf.opendocument
import odf.table
import odf.teletype
from prometheus_client.openmetrics.parser import text_string_to_metric_families

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])
HOSTILE = '=cmd|x!A0 <script>alert(1)</script> "q\\" \' & \u202eevil\u202c \x07'


def report(runs, *args):
    return subprocess.run([netdrill, "report", "last", "--runs", runs, *args], check=True,
                          stdout=subprocess.PIPE).stdout


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\x07", "\\a") + '"'


def rehearse(work):
    with open(f"{work}/site.yaml", "w") as out:
        out.write("site: s\ntargets:\n  web: {kind: host, address: 127.0.0.1, port: 7}\n")
    with open(f"{work}/d.lua", "w") as out:
        out.write(f"""local reach = use "reach"
drill {{ {quoted(HOSTILE)}, id = "hostile", lasts = minutes(2), site = "site.yaml", objectives = {{ one = {quoted(HOSTILE)} }} }}
phase {{ {quoted(HOSTILE)} }}
step {{ {quoted(HOSTILE)}, owner = {quoted(HOSTILE)}, run = function()
  local s = measure {{ reach.udp, site "web", every = seconds(1), label = {quoted(HOSTILE)} }}
  note {{ {quoted(HOSTILE)} }}
  wait(seconds(5))
  s:stop()
  expect {{ {quoted(HOSTILE)}, s:share(), equals = percent(100), objective = "one" }}
  expect {{ "never", s:loss(), above = percent(50) }}
end }}
""")
    runs = f"{work}/runs"
    done = subprocess.run([netdrill, "rehearse", f"{work}/d.lua", "--runs", runs], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    check(done.returncode == 10, f"the rehearsal: exit {done.returncode}\n{done.stdout[-800:]}")
    return runs


def table_of(text):
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


class Tables(html.parser.HTMLParser):
    """A page's tables by their captions: rows of cells. What stands above rows that have it in common is told as their first cell."""
    def __init__(self):
        super().__init__()
        self.tables, self.rows, self.text, self.drawn, self.group = {}, [], None, False, None

    def handle_starttag(self, tag, attrs):
        self.drawn = self.drawn or tag == "svg"
        if tag == "table":
            self.rows, self.group = [], None
        elif tag == "tr" and ("class", "group") in attrs:
            self.rows.append([])
            self.group = ""
        elif tag == "tr":
            self.rows.append([self.group] if self.group else [])
        elif tag in ("td", "th", "caption"):
            self.text = ""

    def handle_data(self, data):
        if self.text is not None and not self.drawn:
            self.text += data

    def handle_endtag(self, tag):
        self.drawn = self.drawn and tag != "svg"
        if tag == "caption":
            self.tables[self.text] = self.rows
        elif tag == "th" and self.group == "":
            self.rows.pop()
            self.rows[0][:0] = ["Step"] if self.rows[0][0] != "Step" else []
            self.group = self.text
        elif tag in ("td", "th"):
            self.rows[-1].append(self.text)
        if tag in ("td", "th", "caption"):
            self.text = None


def one_way_of_telling(runs):
    """The page and Markdown tell each table in the same words, though a cell of the page may hold several, one below the other; a
    sheet's lengths are in seconds, and its headings say so."""
    page = Tables()
    page.feed(report(runs, "--format", "html", "--lang", "en").decode())
    plain = {}
    for line in report(runs, "--format", "md", "--lang", "en").decode().splitlines():
        if line.startswith("## "):
            rows = plain.setdefault(line[3:], [])
        elif line.startswith("| "):
            rows.append([html.unescape(c.strip()) for c in line.strip("|").split("|")])
    wanted = ("Limits in numbers (KPI)", "Timeline: planned and actual", "Network performance and interruptions", "Objectives and ratings")
    for caption in wanted:
        told = [re.sub(r"[\s\u202a-\u202e\ufffd\x07]+", "", "".join(c for c in row if c != "Against the limit")) for row in page.tables[caption]]
        same = [re.sub(r"[\s\ufffd]+", "", "".join(row)) for row in plain.get(caption, [])]
        check(told == same and len(told) > 1, f"'{caption}': the page tells {told}, Markdown {same}")
    verdict = page.tables["Limits in numbers (KPI)"][1]
    check(verdict[3:7] == ["100%", "=\u00a0100%", "0 pp", "met"], f"an expectation is told as {verdict}")
    step = table_of(report(runs, "--format", "csv", "--table", "steps", "--lang", "en"))
    check(step[0][6] == "Late by (s)" and step[1][6] == "0", f"csv: {step}")


def main(work):
    runs = rehearse(work)
    model = json.loads(report(runs, "--format", "json"))
    verdicts = model["verdicts"]

    raw = report(runs, "--format", "csv", "--table", "expectations")
    check(raw.startswith(b"\xef\xbb\xbf"), "csv: no byte order mark")
    rows = table_of(raw)
    check(len(rows) == 1 + len(verdicts), f"csv: {len(rows)} rows")
    check(rows[1][1].startswith("'=cmd|"), f"csv: a formula is not guarded: {rows[1][1]}")
    for row, verdict in zip(rows[1:], verdicts):
        check(float(row[5]) == verdict["measured"], f"csv: {row[5]} is not {verdict['measured']}")
    for name in ("objectives", "services", "steps", "notes", "interruptions", "changes", "confirmations", "baseline", "pauses"):
        for cell in sum(table_of(report(runs, "--format", "csv", "--table", name)), []):
            check(cell[:1] not in ("=", "+", "@", "\t", "\r"), f"csv: {name} holds the formula {cell}")

    for lang, sheet_name in (("zh", "期望與結果"), ("en", "Expected and measured")):
        path = f"{work}/{lang}.ods"
        octets = report(runs, "--format", "ods", "--lang", lang)
        check(octets == report(runs, "--format", "ods", "--lang", lang), "ods: differs when repeated")
        with open(path, "wb") as out:
            out.write(octets)
        check(octets[30:84] == b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods: its media type is not first")
        tables = {t.getAttribute("name"): t for t in odf.opendocument.load(path).spreadsheet.getElementsByType(odf.table.Table)}
        check(sheet_name in tables, f"ods: no '{sheet_name}' in {list(tables)}")
        cells = [[odf.teletype.extractText(c) for c in r.getElementsByType(odf.table.TableCell)]
                 for r in tables[sheet_name].getElementsByType(odf.table.TableRow)]
        check(len(cells) == 1 + len(verdicts), f"ods: {len(cells)} rows")
        check(cells[1][1].startswith("=cmd|x!A0 <script>"), f"ods: {cells[1][1]}")
        check(any("REHEARSAL" in c or "預演" in c for t in list(tables.values())[:1]
                  for c in [odf.teletype.extractText(t)]), "ods: does not say that it was rehearsed")

    one_way_of_telling(runs)

    families = {f.name: f for f in text_string_to_metric_families(report(runs, "--format", "openmetrics").decode())}
    sent = families["netdrill_report_loss_ratio"].samples
    check(len(sent) == 1 and sent[0].value == model["series"][0]["loss"], f"openmetrics: {sent}")
    check(families["netdrill_report_expected_met"].samples[0].value == model["summary"]["met"], "openmetrics: met")

    annotations = json.loads(report(runs, "--format", "grafana"))
    check([a["tags"][1] for a in annotations] == ["phase"], f"grafana: {annotations}")
    check(all(a["text"].startswith("演練 EXERCISE") for a in annotations), "grafana: not marked")

    for format in ("html", "md", "junit"):
        text = report(runs, "--format", format).decode()
        check("<script>alert" not in text, f"{format}: a script in a name")
        if format != "md":
            check("\u202e" not in text, f"{format}: a mark that turns the direction of text")
    for args, words in ((["--format", "csv"], "which with --table"), (["--format", "x"], "takes html|md"),
                        (["--format", "md", "--table", "notes"], "csv' alone"), (["--format", "csv", "--table", "x"], "expected one of lessons")):
        bad = subprocess.run([netdrill, "report", "last", "--runs", runs, *args], stderr=subprocess.PIPE, text=True)
        check(bad.returncode == 2 and words in bad.stderr, f"{args}: exit {bad.returncode}, {bad.stderr}")
    full = subprocess.run([netdrill, "report", "last", "--runs", runs, "--format", "html"], stdout=open("/dev/full", "w"), stderr=subprocess.PIPE)
    check(full.returncode != 0, "a full disk behind stdout is not noticed")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
