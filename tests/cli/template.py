#!/usr/bin/python3
"""An agency's template: words, logo, footer, order and choice of sections, in pages, Markdown and
spreadsheets; what a reader must not miss stays whatever it says; its faults are told with line and
column; a run never lacks its report for a broken one."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def report(runs, *args, code=0):
    done = subprocess.run([netdrill, "report", "last", "--runs", runs, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode == code, f"{args}: exit {done.returncode}, {done.stderr}")
    return done.stdout if code == 0 else done.stderr


def main(work):
    runs, path = f"{work}/runs", f"{work}/t.yaml"
    with open(f"{work}/site.yaml", "w") as out:
        out.write("site: s\n")
    with open(f"{work}/d.lua", "w") as out:
        out.write("""drill { "Plain", id = "plain", lasts = minutes(1), site = "site.yaml", objectives = { one = "It is met" } }
phase { "One" }
step { "Do", owner = "me", run = function() expect { "It holds", true, objective = "one" } note { "A note" } end }
""")
    subprocess.run([netdrill, "rehearse", f"{work}/d.lua", "--runs", runs], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    plain = report(runs, "--format", "html", "--lang", "zh")
    with open(f"{work}/logo.png", "wb") as out:
        out.write(PNG)

    def template(text):
        with open(path, "w") as out:
            out.write(text)

    template("""agency: {zh: 數位發展部, en: "Ministry of Digital Affairs <b>"}
logo: logo.png
footer: "洽詢：<script>alert(1)</script> 02-0000"
words:
  VERDICTS: {zh: 指標與量測值}
  SAFETY_NOT_THERE_ON_PURPOSE: x
""")
    check("6:3: there are no words 'SAFETY_NOT_THERE_ON_PURPOSE'" in report(runs, "--template", path, "--format", "html", code=2), "an unknown key")
    template("""agency: {zh: 數位發展部, en: "Ministry of Digital Affairs <b>"}
logo: logo.png
footer: "洽詢：<script>alert(1)</script> 02-0000"
words:
  VERDICTS: {zh: 指標與量測值}
sections: [safety, notes, expectations]
""")
    zh = report(runs, "--template", path, "--format", "html", "--lang", "zh")
    en = report(runs, "--template", path, "--format", "html", "--lang", "en")
    check("數位發展部" in zh and "Ministry of Digital Affairs &lt;b&gt;" in en, "the agency")
    check("data:image/png;base64," + base64.b64encode(PNG).decode() in zh, "the logo")
    check("&lt;script&gt;" in zh and "<script" not in zh, "the footer")
    check("指標與量測值" in zh and "Expected and measured" in en, "words")
    heads = re.findall(r'<h2 id="([a-z]+)-', zh)
    check([h for h in heads if h in ("safety", "notes", "expectations")] == ["safety", "notes", "expectations"], f"the order: {heads}")
    check("timeline" not in " ".join(heads), "a section that was left out")
    check("演練 EXERCISE" in zh and "預演" in zh, "the marks")
    check(report(runs, "--template", path, "--format", "html", "--lang", "zh") == zh, "not the same when repeated")
    check("指標與量測值" in report(runs, "--template", path, "--format", "md", "--lang", "zh"), "Markdown's words")
    model = json.loads(report(runs, "--template", path, "--format", "json"))
    check(model["verdicts"] == json.loads(report(runs, "--format", "json"))["verdicts"], "figures are not a template's business")

    for text, words in (("words: {REHEARSAL: nothing}", "1:9: 'REHEARSAL' says what a report is"), ("words: {OUTCOME_missed: fine}", "stays as it is"),
                        ("sections: [notes]", "'safety' has to be among them"), ("sections: [safety, joy]", "1:20: there is no section 'joy'; expected one of: lessons"),
                        ("logo: none.png", "none.png"), ("logo: /etc/passwd", ".png, .jpg or .svg"), ("colour: red", "unknown key"),
                        ("agency: {fr: x}", "1:9: expected a text"), ("- a", "expected keys"), ("words: {VERDICT: x}", "did you mean VERDICTS"),
                        ("agency: [", "t.yaml:")):
        template(text)
        said = report(runs, "--template", path, "--format", "html", code=2)
        check(words in said, f"{text}: {said}")

    # Of the directory of runs: used without being asked for; a broken one does no harm.
    template("agency: 示範機關\n")
    os.rename(path, f"{runs}/report-template.yaml")
    check("示範機關" in report(runs, "--format", "html"), "the common template")
    with open(f"{runs}/report-template.yaml", "w") as out:
        out.write("sections: [joy]\n")
    report(runs)
    page = open([os.path.join(d, "report.zh-TW.html") for d, _, f in os.walk(runs) if "report.zh-TW.html" in f][0]).read()
    check("報告樣板無法採用" in page and "report-template.yaml:1:12" in page, "a broken common template is not told")
    os.unlink(f"{runs}/report-template.yaml")
    check(report(runs, "--format", "html", "--lang", "zh") == plain, "without a template it looks as before")

    words = subprocess.run([netdrill, "report", "--words"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    rows = [line.split("\t") for line in words]
    check(len(rows) > 100 and all(len(r) == 3 and r[1] and r[2] for r in rows), "the catalogue: a key without words in both languages")
    check(len({r[0] for r in rows}) == len(rows), "the catalogue: a key twice")
    check(not [r for r in rows if not re.search(r"[\u4e00-\u9fff%±≤]|^[A-Za-z0-9 ./()-]+$", r[1])], "the catalogue: Chinese that is none")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
