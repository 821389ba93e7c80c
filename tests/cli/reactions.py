#!/usr/bin/python3
"""A missed reaction changes no exit code, unless the drill says that reactions count; then the terminal says so too."""
import os, shutil, subprocess, sys, tempfile
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)
open("site.yaml", "w").write("site: table\npeople: {lin: {role: player}, chen: {role: player}}\n")
open("none.yaml", "w").write("- {inject: asked, answer: none}\n")
open("late.yaml", "w").write("- {inject: asked, after: 90s, answer: done, by: lin}\n")
open("half.yaml", "w").write("- {inject: asked, after: 5s, answer: done, by: lin}\n- {inject: asked, by: chen, answer: none}\n")


def play(key, answers, command="rehearse", *more):
    open("s.lua", "w").write(f"""drill {{ "Reactions", id = "s", lasts = minutes(10), site = "site.yaml"{key} }}
phase {{ "One" }}
inject {{ "Asked", id = "asked", to = {{ "lin", "chen" }}, react_within = ms(60000), answered_by = "all" }}
inject {{ "Told", id = "told", at = minutes(1), to = {{ "lin" }}, kind = "information" }}
""")
    return subprocess.run([netdrill, command, "s.lua", *(["--answers", answers] if answers else []), *more], capture_output=True, text=True)


COUNT = ', reactions = "count"'
for what, key, answers, code in [("in time", COUNT, None, 0), ("nobody reacts, and it counts", COUNT, "none.yaml", 10), ("late is missed, too", COUNT, "late.yaml", 10),
                                 ("one of two is not all", COUNT, "half.yaml", 10), ("it is told", "", "none.yaml", 0), ("it is told, as the scenario says", ', reactions = "tell"', "none.yaml", 0)]:
    out = play(key, answers)
    check(f"{what}: exit {code}", out.returncode == code and ("1 inject not reacted to in time, which counts" in out.stdout) == (code == 10), out.stdout + out.stderr)
out = play(', reactions = "cuont"', None, "lint")
check("another word", out.returncode == 2 and "'reactions' takes \"tell\" or \"count\", got \"cuont\"" in out.stderr, out.stdout + out.stderr)
os.chdir("/")
shutil.rmtree(work)
finish()
