#!/usr/bin/python3
"""The disaster-roaming drill is killed while Jia's subscribers roam, the keeper restores, `run --resume` goes on: what
was on is made again in its order, the rest is measured, and all of it met; what was kept is there again."""
import os, shutil, subprocess, sys, tempfile

netdrill = os.path.realpath(sys.argv[1])
from checks import finish, told as check
from drill import Drill
from speed import not_excused

os.chdir(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../.."))
work = tempfile.mkdtemp()
answers = ["--answers", "drills/answers/disaster-roaming.yaml"]

drill = Drill(netdrill, work, "drills/disaster-roaming.lua", ["--lab", *answers])
drill.wait_for("- Voice, messages, data", 120)
drill.kill()
drill.kept(60)
made = len(drill.events("change.proved"))
done = subprocess.run([netdrill, "run", "--resume", drill.dir, "--plain", *answers], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
out = done.stdout
check(f"exit {done.returncode}", done.returncode in (0, 10), "\n".join(line for line in out.splitlines() if "✗" in line or "failed" in line or "exit" in line))
said = drill.events("run.continued")[0]["data"]
check("run again", said["again"] == ["streams", "fail", "open-yi", "open-bing", "serve"] and not said["cut_off"] and not said["not_made_again"], said)
begun = [e["subject"] for e in drill.events("step.started") if e["seq"] > drill.events("run.continued")[0]["seq"]]
check("in their order", begun[:5] == ["streams", "fail", "open-yi", "open-bing", "serve"], begun)
last = drill.events("run.ended")[0]["data"]
check("every verdict met, but for one question of speed that a busy machine may cost", not not_excused(drill.dir), not_excused(drill.dir))
check("every step done", all(last["steps"][state] == 0 for state in ("failed", "skipped", "cancelled")), last)
check("every change proved, before and after", len(drill.events("change.proved")) > made + 10 and
      len(drill.events("change.proved")) == len(drill.events("change.applied")))
check("the outage and the repair are told once", [e["subject"].split(".")[1] for e in drill.events("event.occurred")] == ["outage", "restored"])
check("the baseline is as before", "the baseline is as before" in out, out)
check("what is asked of all streams says since when", "(since the run was gone on with)" in out)
told = drill.ask("verify").stdout
check("the journal is one chain", "journal   ok" in told, told)
left = [name for name in os.listdir("/run/netns") if name.startswith("nd-disaster-roaming")] + [name for name in os.listdir("/run/netdrill") if "air" in name]
check("nothing is left", not left, left)
shutil.rmtree(work)
finish()
