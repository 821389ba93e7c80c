#!/usr/bin/python3
"""Improvement items over years: what is not done is carried into the next drill, with how often and since when it is overdue; closed
in one run it is closed in all, with its proof, and counted once; rehearsals, other drills and later runs carry nothing; what is lost,
damaged or signed is told; reports are the same when they are made again."""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from years import Years

HOSTILE = '<script>alert(1)</script>|a\u202e=cmd()'
MET = [("cut off (s)", 20, "at_most = 30")]


def main(years):
    check, runs = years.check, years.runs
    os.mkdir(runs)
    open(f"{years.work}/site.yaml", "w").write("site: s\npeople:\n  chen: {role: evaluator}\n")

    def improve(*args, run="last", code=0):
        return years.call("improve", *args, "--as", "chen", "--run", run, "--runs", runs, code=code)

    def carried(run):
        model = json.loads(years.out("report", f"{runs}/{run}", "--format", "json"))
        return {c["id"]: c for c in model["carried"]}, model

    first = years.move(years.play("roaming", MET), "20220921T010203Z")
    improve("add", "new batteries " + HOSTILE, "--element", "equipment", "--owner", "甲", "--due", "2023-03-31", "--status", "agreed", run=first)
    improve("add", "train the night shift", "--element", "training", "--owner", "乙", "--due", "2024-06-30", run=first)
    improve("add", "done at once", "--element", "planning", run=first)
    improve("done", "I3", "version 2", run=first)
    other = years.move(years.play("cable", MET), "20220922T010203Z")
    improve("add", "another drill's", "--element", "planning", run=other)

    # The next drill takes over what is open of its own, by itself.
    second = years.move(years.play("roaming", MET), "20230921T010203Z")
    copies, _ = carried(second)
    check(set(copies) == {"C1", "C2"} and copies["C1"]["run"] == first and copies["C1"]["item"] == "I1" and copies["C2"]["item"] == "I2", f"{copies}")
    check(copies["C1"]["times"] == 1 and copies["C1"]["overdue_since"] == "2023-03-31" and "overdue_since" not in copies["C2"], f"{copies}")
    check(copies["C1"]["status"] == "agreed" and copies["C1"]["owner"] == "甲" and copies["C1"]["date"] == "2022-09-21", f"{copies}")
    rehearsal = years.play("roaming", MET, how="rehearse")
    check(carried(rehearsal)[0] == {}, "a rehearsal carries items")
    third = years.move(years.play("roaming", MET), "20240920T010203Z")
    years.out("report", f"{runs}/{third}")
    copies, model = carried(third)
    check([copies[c]["times"] for c in ("C1", "C2")] == [2, 2] and model["improvements"] == [], f"{copies}")
    html = years.out("report", f"{runs}/{third}", "--format", "html", "--lang", "zh")
    check("前次演練未結之策進作為：2；未結 2，已逾期 2" in html and "<script>alert" not in html and "\u202e" not in html, "the page")
    check("Carried for the n-th time" in years.out("report", f"{runs}/{third}", "--format", "md", "--lang", "en"), "Markdown")
    check(years.out("report", f"{runs}/{third}", "--format", "csv", "--table", "carried").count("\r\n") == 3, "csv")
    check(html == years.out("report", f"{runs}/{third}", "--format", "html", "--lang", "zh"), "made again, the page differs")

    # Closed in the third, it is closed in all, and carried no more.
    improve("done", "C1", "bought " + HOSTILE, run=third)
    for run in (first, second, third):
        copies, model = carried(run)
        item = copies["C1"] if run != first else model["improvements"][0]
        check(item["status"] == "done" and item["proof"].startswith("bought") and "overdue_since" not in item, f"{run}: {item}")
        check(item["in_run"] == (third if run != third else None), f"{run}: in {item['in_run']}")
    check('"carried":' in open(f"{runs}/{third}/report/report.json").read() and "bought" in open(f"{runs}/{third}/report/report.json").read(), "report.json is old")
    check(improve("carry", run=third).stdout == b"0 carried forward, 0 brought up to date\n", "carried twice")
    # Said where it belongs, it holds where it is carried.
    improve("set", "I2", "--status", "started", "--due", "2031-01-31", run=first)
    check(carried(third)[0]["C2"]["due"] == "2031-01-31" and carried(third)[0]["C2"]["in_run"] == first, f"{carried(third)[0]}")
    fourth = years.move(years.play("roaming", MET), "20250919T010203Z")
    copies, _ = carried(fourth)
    check([(c["item"], c["times"]) for c in copies.values()] == [("I2", 3)], f"{copies}")

    # One that was killed half-way has said it where it counts; the others are brought up to date.
    kept = open(f"{runs}/{fourth}/evaluation.jsonl").read()
    improve("done", "I2", "trained", run=first)
    open(f"{runs}/{fourth}/evaluation.jsonl", "w").write(kept)
    check(carried(fourth)[0]["C1"]["status"] == "started", "the copy is not as it was before")
    check(improve("carry", run=fourth).stdout == b"0 carried forward, 1 brought up to date\n", "brought up to date")
    check(carried(fourth)[0]["C1"]["proof"] == "trained" and carried(fourth)[0]["C1"]["in_run"] == first, f"{carried(fourth)[0]}")

    # The list: each once.
    items = years.json("improvements", "--all", "--json")
    check([(i["run"], i["item"], i["status"], len(i["carried"])) for i in items] ==
          [(first, "I1", "done", 2), (first, "I2", "done", 3), (first, "I3", "done", 0), (other, "I1", "proposed", 0)], f"{items}")
    told = years.out("improvements", "--all")
    check("4 item(s): 1 open, 0 overdue" in told and f"said in {third}" in told and "carried on by 3 drill(s)" in told, told)
    improve("set", "I1", "--due", "2023-01-31", "--owner", "丙", run=other)
    for args, count in ((("--overdue",), 1), (("--owner", "丙"), 1), (("--owner", "甲"), 0), (("--drill", "cable"), 1), (("--drill", "roaming", "--all"), 3), ((), 1)):
        check(len(years.json("improvements", *args, "--json")) == count, f"improvements {args}")
    for form in ("html", "md", "csv"):
        text = years.out("improvements", "--all", "--format", form, "--lang", "en")
        check(text.count(f"{first}/I1") == 1 and (form == "csv" or "<script>alert" not in text) and text == years.out("improvements", "--all", "--format", form, "--lang", "en"), form)
    check("\n'=" not in text and text.startswith("\ufeff"), "csv")

    # Killed while it carried: what is torn is cut off, and the rest is carried.
    torn = years.play("roaming", MET)
    path = f"{runs}/{torn}/evaluation.jsonl"
    check(not os.path.exists(path), "there is nothing to be carried, and an evaluation was begun")
    improve("add", "left", "--element", "planning", run=fourth)
    improve("add", "left, too", "--element", "planning", run=fourth)
    torn = years.play("roaming", MET)
    path = f"{runs}/{torn}/evaluation.jsonl"
    os.truncate(path, os.path.getsize(path) - 20)
    check(len(carried(torn)[0]) == 1, f"torn: {carried(torn)[0]}")
    check(improve("carry", run=torn).stdout == b"1 carried forward, 0 brought up to date\n", "after it was torn")
    check([c["item"] for c in carried(torn)[0].values()] == ["I1", "I2"], f"{carried(torn)[0]}")
    check("the same is carried forward as C1" in improve("add", "left", "--element", "planning", run=torn).stderr.decode(), "the same twice")
    for run, item in ((torn, "I1"), (fourth, "I1"), (fourth, "I2")):
        improve("set", item, "--status", "dropped", run=run)

    # Of another drill, when it is asked for; not backwards; not what is not there.
    fifth = years.play("cable-new", MET)
    check(carried(fifth)[0] == {}, "another drill's items are carried")
    check(improve("carry", "--from", other, run=fifth).stdout == b"1 carried forward, 0 brought up to date\n", "--from")
    check("no earlier run" in improve("carry", "--from", fifth, run=other, code=2).stderr.decode(), "carried backwards")
    check("has no improvement items" in improve("carry", "--from", "nonsense", run=fifth, code=2).stderr.decode(), "carried from nowhere")
    check("no item 'C7'" in improve("done", "C7", "x", run=fifth, code=2).stderr.decode(), "C7")
    # Its run's directory goes: what carries it tells.
    shutil.move(f"{runs}/{other}", f"{years.work}/{other}")
    gone = [i for i in years.json("improvements", "--json") if i["run"] == other]
    check(len(gone) == 1 and gone[0]["gone"] and gone[0]["owner"] == "丙", f"{gone}")
    improve("done", "C1", "without its run", run=fifth)
    check(years.json("improvements", "--json") == [], "closed without its run")
    # A damaged run is told and left out.
    os.truncate(f"{runs}/{first}/journal.jsonl", 0)
    os.unlink(f"{runs}/{second}/journal.jsonl")
    told = years.err("improvements")
    check("is left out" in told and second in told, told)
    sixth = years.play("roaming", MET)  # nor does it stop a drill
    check(carried(sixth)[0] == {} and years.err("improve", "list") == "", "a drill after a damaged one")
    # One whose evaluation is not what it was cannot be told; the others are, and it is said.
    improve("add", "again", "--element", "planning", run=third)
    carriers = [years.move(years.play("roaming", MET), f"2025{month}01T010203Z") for month in ("03", "04")]
    with open(f"{runs}/{carriers[0]}/evaluation.jsonl") as file:
        lines = file.read()
    open(f"{runs}/{carriers[0]}/evaluation.jsonl", "w").write(lines.replace('"again"', '"never"') + lines.splitlines()[-1] + "\n")
    told = improve("done", "I1", "at last", run=third, code=20).stderr.decode()
    check("not in run" in told and carriers[0] in told, told)
    check(carried(carriers[1])[0]["C1"]["status"] == "done", "the others are not told")
    check("no directory" in years.call("improvements", "--runs", f"{years.work}/none", code=2).stderr.decode(), "no directory")


with tempfile.TemporaryDirectory() as directory:
    of = Years(sys.argv[1], directory)
    main(of)
print(f"{of.failures} failure(s)" if of.failures else "ok")
sys.exit(1 if of.failures else 0)
