#!/usr/bin/python3
"""A run is killed in the middle, the keeper restores, and `run --resume` goes on: what had ended is not
done twice, what was cut off and what was missed is said, the rest comes at its time, one journal."""
import os, subprocess, sys, time

netdrill = os.path.realpath(sys.argv[1])
from drill import Drill, Scene, scenario

scene = Scene()
work, field, wrong, check, same = scene.work, scene.field, scene.wrong, scene.check, scene.same
LOG = work + "/log"


def say(word):
    return f'exec.probe {{ {{ "sh", "-c", "echo {word} >>{LOG}" }} }}'


BODY = f"""
local page
step {{ "Begin", id = "begin", owner = "me", repeatable = true, run = function()
  {say("begin")}
  page = measure {{ reach.icmp, site "peer", from = "here", every = ms(50) }}
  links.lose {{ site "lose0", share = percent(10) }}
  kept.begun = (kept.begun or 0) + 1
  kept.since = kept.since or now()
end }}
step {{ "Rate", id = "rate", after = "begin", owner = "me", repeatable = true, run = function()
  {say("rate")}
  shape.rate {{ site "rate0", rate = kbit_per_s(512), restore_by = "T+00:00:30" }}
end }}
step {{ "Once", id = "once", after = "rate", owner = "me", run = function()
  {say("once")}
  links.cut {{ site "down0" }}
  expect {{ "delivered once", true }}
end }}
step {{ "Long", id = "long", after = "once", owner = "me", run = function()
  {say("long")}
  note {{ "waiting now" }}
  wait(seconds(20))
end }}
step {{ "After", id = "after-long", after = "long", owner = "me", run = function() {say("after")} end }}
step {{ "Mid", id = "mid", at = "T+00:00:05", owner = "me", run = function() {say("mid")} end }}
phase {{ "Two", at = "T+00:00:07" }}
step {{ "Later", id = "later", owner = "me", run = function()
  {say("later")}
  wait(ms(500))
  expect {{ "the measurement is there again", page:share {{ last = ms(400) }}, equals = percent(100) }}
  note {{ "kept: " .. tostring(kept.begun) .. " " .. tostring(kept.since < seconds(1)) .. " " .. tostring(kept.never) }}
end }}
"""


def kill_and_resume(args, past=0):
    """Kills it while it waits, and goes on with it, not before the drill's time is past a moment, in seconds."""
    path = scenario(work, "again", BODY)
    open(LOG, "w").close()
    drill = Drill(netdrill, work, path)
    drill.wait_for("waiting now")
    early = subprocess.run([netdrill, "run", "--resume", drill.dir, "--confirm", "again"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("a living run is not resumed: exit %d" % early.returncode, early.returncode == 4, early.stdout)
    drill.kill()
    drill.kept()
    same("the keeper", drill)
    time.sleep(1)
    drill.passes(past)
    done = subprocess.run([netdrill, "run", "--resume", drill.dir, "--confirm", "again", "--plain", *args],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    same("resumed", drill)
    check("resumed: exit %d, expected 5" % done.returncode, done.returncode == 5, done.stdout)
    check("restore finds more to do", drill.ask("restore").returncode == 0)
    return drill, done.stdout


def came_at(step, planned):
    """Planned for that moment of the drill, to the ns, and begun not before; how long after is the machine's affair."""
    begun = [e for e in drill.events("step.started") if e["subject"] == step]
    t0 = drill.events("run.started")[0]["data"]["t0_ns"]
    check(f"{step}, planned at {planned}: {begun}", len(begun) == 1 and begun[0]["data"]["planned_rel_ns"] == planned and begun[0]["monons"] - t0 >= planned)


with scene:

    drill, out = kill_and_resume([])
    said = drill.events("run.continued")[0]["data"]
    going_on = {(one["kind"], one["name"]) for one in drill.events("run.resuming")[0]["data"]["software"]}
    check(f"what goes on: {going_on}", {("program", "netdrill"), ("plugin", "links")} <= going_on)
    log = open(LOG).read().split()
    check(f"delivered: {log}", log == ["begin", "rate", "once", "long", "begin", "rate", "mid", "later"])
    check("what was kept", "kept: 2 true nil" in out, out)
    check(f"said: {said}", said["cut_off"] == ["long"] and said["again"] == ["begin", "rate"] and said["times"] == "shifted" and
          said["not_made_again"] == ["#3 links.cut down0"])
    for words in ("GOES ON after being down for", "cut off: long", "run again: begin, rate", "was on, is not made again by itself: #3 links.cut"):
        check(f"the terminal does not say '{words}'", words in out, out)
    ends = {e["subject"]: e["data"]["state"] for e in drill.events("step.ended")}
    check(f"states: {ends}", ends == {"begin": "done", "rate": "done", "once": "done", "long": "cancelled", "after-long": "skipped", "mid": "done", "later": "done"})
    shift = said["down_ns"]
    came_at("later", 7_000_000_000 + shift)
    check("verdicts are counted on", drill.events("run.ended")[0]["data"]["verdicts"] == {"met": 2, "missed": 0, "unknown": 0}, out)
    opened = [e["subject"] for e in drill.events("series.opened")]
    check(f"series: {opened}", opened == ["1", "2"])
    recorded = [e["subject"] for e in drill.events("change.recorded")]
    check(f"changes: {recorded}", recorded == ["1", "2", "3", "4", "5"])
    by = [e["data"]["restore_by_ns"] for e in drill.events("change.recorded") if e["data"]["verb"] == "rate"]
    check(f"restore_by shifts with the timetable: {by}, {shift}", len(by) == 2 and by[1] - by[0] == shift)
    check("the report does not tell", "The run had died" in open(drill.dir + "/report/report.en.html").read())
    twice = subprocess.run([netdrill, "run", "--resume", drill.dir, "--confirm", "again"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("an ended run is resumed", twice.returncode == 3 and "has ended" in twice.stdout, twice.stdout)

    drill, out = kill_and_resume(["--keep-times"], 5.3)
    log = open(LOG).read().split()
    # On a loaded machine it comes back after 'later' was due, which is then done first.
    check(f"kept times, delivered: {log}", log[:4] == ["begin", "rate", "once", "long"] and sorted(log[4:]) == ["begin", "later", "rate"], out)
    mid = [e["data"] for e in drill.events("step.ended") if e["subject"] == "mid"]
    check(f"kept times, what was missed: {mid}", mid and mid[0]["why"] == "its moment passed while the run was down")
    by = [e["data"]["restore_by_ns"] for e in drill.events("change.recorded") if e["data"]["verb"] == "rate"]
    check(f"kept times, restore_by: {by}", len(by) == 2 and by[1] == by[0])
    came_at("later", 7_000_000_000)

    # both die: nothing is resumed before it is restored
    drill = Drill(netdrill, work, scenario(work, "again", BODY))
    drill.wait_for("waiting now")
    keeper = drill.keeper()
    os.kill(keeper, 9)
    drill.kill()
    refused = subprocess.run([netdrill, "run", "--resume", drill.dir, "--confirm", "again"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("resumed over what is still changed", refused.returncode == 3 and "restore it first" in refused.stdout, refused.stdout)
    check("restore after both died", drill.ask("restore").returncode == 0)
    same("both died", drill)

    # The cut-off step was its phase's last: the next phase follows it, and its steps are run once.
    drill = Drill(netdrill, work, scenario(work, "next", f"""
step {{ "Long", id = "long", owner = "me", run = function() note {{ "waiting now" }} wait(seconds(20)) end }}
phase {{ "Two" }}
step {{ "Next", id = "next", owner = "me", run = function() {say("next")} end }}
"""))
    drill.wait_for("waiting now")
    drill.kill()
    drill.kept()
    open(LOG, "w").close()
    done = subprocess.run([netdrill, "run", "--resume", drill.dir, "--confirm", "next", "--plain"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(f"the next phase's step was run {open(LOG).read().split()}", open(LOG).read().split() == ["next"], done.stdout)
