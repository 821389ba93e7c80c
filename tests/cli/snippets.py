#!/usr/bin/python3
"""The examples of docs/scenario.md, put together into one drill: it lints clean, so that whoever copies one has one that works."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
PEOPLE = "  lin: {title: {zh: 林, en: Lin}}\n  news-desk: {title: {zh: 新聞臺, en: News desk}, role: simulator}\n"
MAIL = "  mail: {kind: smtp, address: 192.0.2.25, port: 25, sender: excon@example.invalid, recipients: {jia-noc: noc@example.invalid}}\n"
HOST = "    public: {title: {zh: 公眾, en: The public}}\n"

blocks = re.findall(r"```lua\n(.*?)```", open(root + "/docs/scenario.md").read(), re.S)


def block(first):
    """The one example that begins so."""
    found = [b for b in blocks if b.startswith(first)]
    check(len(found) == 1, f"docs/scenario.md has {len(found)} examples that begin with '{first}'")
    return found[0]


frame, baseline, objectives = block("local reach"), block("baseline"), block("objectives")
injects, rule, duties = block("inject"), block("local roaming"), block("obligations")
check(len(blocks) == 6, f"docs/scenario.md has {len(blocks)} examples; this test knows 6")

drill = re.sub(r"objectives = \{ public = \"[^\"]*\" \}", lambda m: objectives.rstrip().rstrip(","), frame)
check(drill != frame, "the example of objectives found no place")
head, step = drill.split('phase { "The cell fails"')
told, restored = re.split(r"-- in another[^\n]*\n", duties)
obligations, outage = told.split("-- in a step:\n")
roaming, asked = rule.split("-- in a step:\n")
whole = ('local message = use "message"\n' + head + roaming + baseline + obligations + 'phase { "The cell fails"' + step + injects +
         f'step {{ "Told", owner = "lin", objective = "in-time", run = function()\n{outage}{asked}{restored}end }}\n')
site = open(root + "/drills/sites/decoy-district.yaml").read()
for after, more in (("people:\n", PEOPLE), ("targets:\n", MAIL), ("  hosts:\n", HOST)):
    check(after in site, f"the site file has no '{after.strip()}'")
    site = site.replace("\n" + after, "\n" + after + more, 1) if not after.startswith(" ") else site.replace(after, after + more, 1)

with tempfile.TemporaryDirectory() as work:
    os.mkdir(work + "/sites")
    open(work + "/sites/lab.yaml", "w").write(site)
    open(work + "/drill.lua", "w").write(whole)
    done = subprocess.run([netdrill, "lint", "drill.lua"], cwd=work, capture_output=True, text=True)
    check(done.returncode == 0 and "0 errors" in done.stderr and "note:" not in done.stderr, f"the examples do not lint:\n{done.stderr}")
finish()
