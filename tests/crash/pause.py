#!/usr/bin/python3
"""A real drill paused and resumed from a second terminal and from its own: what stays, what is put back
and made again, what shifts, and what goes on."""
import json, os, pty, subprocess, sys, time

netdrill = os.path.realpath(sys.argv[1])
from drill import Drill, Scene, scenario, step
from field import sh

scene = Scene()
work, field, check, same = scene.work, scene.field, scene.check, scene.same
BODY = step("""
  links.cut { site "cut0", while_paused = "revert" }
  links.lose { site "lose0", share = percent(1) }
  links.down { site "down0", restore_by = "T+00:00:06" }
  measure { reach.icmp, site "dead", from = "here", every = ms(50), till = "T+00:00:07" }
  note { "waiting now" }
""") + 'step { "Later", id = "later", at = "T+00:00:07", owner = "me", run = function() wait(ms(100)) end }\n'


def tables():
    return sh("nft list tables; ip -br link show down0", field.here)


def status(drill):
    return json.loads(subprocess.run([netdrill, "status", drill.dir, "--json"], stdout=subprocess.PIPE).stdout)


with scene:
    master, slave = pty.openpty()
    drill = Drill(netdrill, work, scenario(work, "pause", BODY), stdin=slave)
    os.close(slave)
    drill.wait_for("waiting now")
    check("resumed without a pause", drill.ask("resume").returncode == 3)
    check("pause", drill.ask("pause").returncode == 0, drill)
    check("paused twice", drill.ask("pause").returncode == 3)
    drill.wait_for("restored: 1 read back")
    check("status", status(drill)["state"] == "paused" and status(drill)["pauses"][0]["till_rel_ns"] is None)
    now = tables()
    check("reverted, and held: " + now, "cut_cut0" not in now and "lose_lose0" in now and "DOWN" in now)
    before = status(drill)["series"][0]["count"]
    deadline = time.monotonic() + 30
    while len(drill.events("change.verified")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    check("restore_by was not heeded in the pause", "DOWN" not in tables())
    check("measuring stopped in the pause", status(drill)["series"][0]["count"] > before)
    drill.passes(7.2)  # when it would have begun
    check("a step began in the pause", not [e for e in drill.events("step.started") if e["subject"] == "later"])
    os.write(master, b"resume\n")
    drill.wait_for("resumed by operator")
    now = tables()
    check("made again: " + now, "cut_cut0" in now and "lose_lose0" in now and "DOWN" not in now)
    code = drill.ended()
    drill.kept()
    os.close(master)
    check(f"exit {code}", code == 0, drill)
    said = drill.events("run.resumed")[0]["data"]
    later = [e for e in drill.events("step.started") if e["subject"] == "later"][0]["data"]
    check(f"shifted by {said['shift_ns']}, later planned at {later['planned_rel_ns']}", later["planned_rel_ns"] == 7_000_000_000 + said["lasted_ns"])
    check("changes", [e["data"]["verb"] for e in drill.events("change.recorded")] == ["cut", "lose", "down", "cut"], drill)
    closed = drill.events("series.closed")[0]["data"]
    lasted = drill.events("series.closed")[0]["monons"] - drill.events("series.opened")[0]["monons"]
    check(f"the measurement of {lasted} ns has a hole: {closed}", closed["count"] + closed["missed"] >= (lasted - 1_100_000_000) // 50_000_000)
    model = json.load(open(drill.dir + "/report/report.json"))
    check("the report", model["pauses"][0]["lasted_ns"] == said["lasted_ns"] and "Pauses, and runs gone on with" in open(drill.dir + "/report/report.en.html").read())
    same("paused and resumed", drill)
