#!/usr/bin/python3
"""The PPDR drill is killed while rescuers come first and a second agency has joined, the keeper restores, `run --resume`
goes on: cell, load and priority are made again in their order, what was being measured is measured anew, and all is put
back. Of what is a question of speed, a busy machine may cost one; nothing else may be missed."""
import os, shutil, subprocess, sys, tempfile

netdrill = os.path.realpath(sys.argv[1])
from checks import finish, told as check
from drill import Drill
from speed import not_excused

os.chdir(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../.."))
work = tempfile.mkdtemp()
answers = ["--answers", "drills/answers/ppdr-mocn.yaml"]
AGAIN = ["streams", "lost", "load", "priority", "late"]

drill = Drill(netdrill, work, "drills/ppdr-mocn.lua", ["--lab", *answers])
drill.wait_for("- The medical service joins late", 120)
drill.kill()
drill.kept(60)
made = [e["data"]["verb"] for e in drill.events("change.recorded")]
done = subprocess.run([netdrill, "run", "--resume", drill.dir, "--plain", *answers], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
out = done.stdout
check(f"exit {done.returncode}", done.returncode in (0, 10), out[-4000:])
gone_on = drill.events("run.continued")[0]
said = gone_on["data"]
check("run again", said["again"] == AGAIN and not said["cut_off"] and not said["not_made_again"], said)
begun = [e["subject"] for e in drill.events("step.started") if e["seq"] > gone_on["seq"]]
check("in their order", begun[:5] == AGAIN, begun)
last = drill.events("run.ended")[0]["data"]
check("verdicts met, but for one question of speed that a busy machine may cost", not not_excused(drill.dir), not_excused(drill.dir))
check("each is reached once", len({e["data"]["sentence"]["en"] for e in drill.events("verdict")}) == len(drill.events("verdict")))
check("every step done", all(last["steps"][state] == 0 for state in ("failed", "skipped", "cancelled")), last)
again = [e["data"]["verb"] for e in drill.events("change.recorded")][len(made):]
check("the changes are made again, in their order", again[:len(made)] == made and len(again) == len(made) + 1, (made, again))
check("every change proved, before and after", len(drill.events("change.proved")) == len(drill.events("change.applied")) == len(made) + len(again))
notes = [e["data"]["text"]["en"] for e in drill.events("note")]
check("the outage is told once", sum("Jia's shared cell has failed" in note for note in notes) == 1, notes)
check("the baseline is as before", "the baseline is as before" in out, out[-2000:])
told = drill.ask("verify").stdout
check("the journal is one chain", "journal   ok" in told, told)
left = [name for name in os.listdir("/run/netns") if name.startswith("nd-ppdr")] + [name for name in os.listdir("/run/netdrill") if "air" in name]
check("nothing is left", not left, left)
shutil.rmtree(work)
finish()
