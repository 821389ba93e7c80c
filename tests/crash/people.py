#!/usr/bin/python3
"""A run is killed while an inject is on its way: resumed, nothing is delivered twice, what may have arrived is said to be
unknown, what was missed comes late and says so, and answers given before are still there."""
import json, os, subprocess, sys, time

netdrill = os.path.realpath(sys.argv[1])
from drill import Drill

import tempfile

work = tempfile.mkdtemp()
wrong = []
MAIL = work + "/mail"
open(work + "/site.yaml", "w").write("""site: table
people: {lin: {role: player}, wang: {role: player}, chen: {role: controller}}
""")
open(work + "/people.lua", "w").write(f"""local pretend = use "pretend"
drill {{ "People", id = "people", lasts = seconds(40), site = "site.yaml" }}
phase {{ "One" }}
inject {{ "First", id = "first", to = {{ "lin" }}, via = {{ pretend.deliver, file = "{MAIL}" }}, react_within = seconds(20) }}
inject {{ "Slow", id = "slow", at = ms(500), to = {{ "lin", "wang" }}, via = {{ pretend.deliver, file = "{MAIL}", takes = seconds(12) }} }}
inject {{ "Missed", id = "missed", at = seconds(5), to = {{ "wang" }}, via = {{ pretend.deliver, file = "{MAIL}" }} }}
inject {{ "Stands in", id = "stands-in", unless = "first", to = {{ "lin" }} }}
inject {{ "By hand", id = "by-hand", at = ms(600), to = {{ "wang" }}, react_within = seconds(20) }}
""")


def check(what, good, said=""):
    if not good:
        wrong.append(f"{what}\n{said}")


def ask(*words):
    return subprocess.run([netdrill, *words, "--runs", drill.runs], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def mail():
    return [line.split("\t")[:2] for line in open(MAIL).read().splitlines()]


def play(args, past=0):
    global drill
    open(MAIL, "w").close()
    drill = Drill(netdrill, work, work + "/people.lua")
    drill.wait_for("By hand")
    check("answered before", ask("ack", "first").returncode == 0)
    added = ask("inject", "Ad hoc", "--to", "lin", "--react-within", "25s", "--as", "chen")
    check("ad hoc", added.returncode == 0, added.stdout)
    deadline = time.monotonic() + 60
    while len(mail()) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    drill.kill()
    drill.kept()
    before = mail()
    check(f"on their way: {before}", sorted(w for _, w in before) == ["lin", "lin", "wang"])
    time.sleep(1)
    drill.passes(past)
    resumed = subprocess.Popen([netdrill, "run", "--resume", drill.dir, "--confirm", "people", "--plain", *args],
                               stdin=subprocess.DEVNULL, stdout=open(work + "/out", "w"), stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while "@missed -> wang" not in open(work + "/out").read() and time.monotonic() < deadline:
        time.sleep(0.05)
    said = json.loads(ask("status", "--json").stdout)
    state = {i["id"]: i for i in said["injects"]}
    check("the answer is still there", state["first"]["state"] == "answered", state["first"])
    check("not needed still", state["stands-in"]["state"] == "not_needed", state["stands-in"])
    check("unknown", state["slow"]["overdue"] == "undelivered" and "may have arrived" in state["slow"]["recipients"][0]["why"],
          state["slow"])
    check("still to be handed over", state["by-hand"]["overdue"] == "to be handed over", state["by-hand"])
    check("ad hoc again", state["adhoc-1"]["recipients"][0]["state"] == "to be handed over", state["adhoc-1"])
    for words in (["fire", "by-hand"], ["ack", "by-hand"], ["fire", "slow", "--by-hand"], ["ack", "adhoc-1"]):
        done = ask(*words)
        check(f"{words}: exit {done.returncode}", done.returncode == 0, done.stdout)
    code = resumed.wait(120)
    check(f"resumed: exit {code}", code == 0, open(work + "/out").read())
    after = mail()
    references = [r.split("/", 1)[1] for r, _ in after]
    check(f"nothing twice: {after}", sorted(references) == ["first/1", "missed/1", "slow/1", "slow/2"])
    late = [e["data"]["late_ns"] for e in drill.events("inject.fired") if e["subject"] == "missed"]
    check("one firing", len(late) == 1, late)
    failed = [e for e in drill.events("inject.failed")]
    check("two are not known to have arrived", len(failed) == 2 and all(e["subject"] == "slow" for e in failed), failed)
    return late[0], drill.events("run.continued")[0]["data"]["down_ns"]


late, down = play([])
check(f"the rest was shifted by {down}: late by {late}", late < down)
late, down = play(["--keep-times"], 5.5)
check(f"a missed one says so: late by {late}", late > 0.5e9)

# What cannot be kept is not said to be: refused, and a drill without a journal ends.
if len(sys.argv) > 2:
    shim = os.path.realpath(sys.argv[2])
    drill = Drill(netdrill, work, work + "/people.lua",
                  env={"LD_PRELOAD": shim, "SHIM_FILES": "/journal.jsonl", "SHIM_FAIL": "fdatasync:5:20"})
    drill.wait_for("By hand")
    said, refused = 0, None
    while said < 50 and refused is None:
        done = ask("observe", f"number {said}")
        said += done.returncode == 0
        refused = done if done.returncode != 0 else None
    check("a failing disk is told", refused is not None and refused.returncode == 3 and "journal cannot be written" in refused.stdout,
          refused and refused.stdout)
    check("and ends the drill", drill.ended() == 11 and "journal cannot be written" in drill.text(), drill)
    check("what was acknowledged is there", len(drill.events("observation")) >= said, drill)
subprocess.run(["rm", "-rf", work])
print("\n".join(wrong) or "ok")
sys.exit(bool(wrong))
