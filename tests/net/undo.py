#!/usr/bin/python3
"""Every kind of change on a network that an operator made: it is proved to be on, and the kernel's own
words are the same before and after, byte for byte. Then the same with somebody else changing each
thing in between: noticed, left alone, and said in journal, terminal, report and restore's output."""
import glob, json, os, subprocess, sys

netdrill = os.path.realpath(sys.argv[1])
from drill import Scene
from field import sh

scene = Scene()
work, field, wrong, check, same = scene.work, scene.field, scene.wrong, scene.check, scene.same
HEAD = """
local links, shape, exec = use "links", use "shape", use "exec"
drill { "Undo", id = "undo", lasts = seconds(20), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function()
"""
CHANGES = f"""
  links.down {{ site "down0" }}
  links.cut {{ site "cut0", direction = "out" }}
  links.lose {{ site "lose0", share = percent(30), lease = seconds(3) }}
  shape.rate {{ site "rate0", rate = kbit_per_s(512) }}
  links.admit {{ site "guests", lease = seconds(3) }}
  links.admit {{ site "home" }} -- admitted before: nothing changes, nothing is taken away
  exec.change {{ {{ "touch", "{work}/on" }}, undo = {{ "sh", "-c", "if [ -s {work}/on ]; then echo not ours; exit 75; fi; rm -f {work}/on" }},
                verify = {{ "test", "!", "-e", "{work}/on" }} }}
"""


def play(name, body, code):
    runs = "runs-" + name
    with open(f"{work}/{name}.lua", "w") as out:
        out.write(HEAD + body + "end }\n")
    done = subprocess.run([netdrill, "run", f"{work}/{name}.lua", "--confirm", "undo", "--plain", "--runs", f"{work}/{runs}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != code:
        wrong.append(f"{name}: exit {done.returncode}, expected {code}\n{done.stdout}")
    run = glob.glob(f"{work}/{runs}/*")[0]
    return run, done.stdout, [json.loads(line) for line in open(f"{run}/journal.jsonl")]


def of(events, kind):
    return [e for e in events if e["type"] == "netdrill." + kind]


with scene:

    # 1. on, proved, and off again
    run, out, events = play("plain", CHANGES + f'  exec.probe {{ {{ "sh", "-c", "ip -j link show down0 >{work}/seen; nft -j list ruleset >>{work}/seen; tc -j qdisc >>{work}/seen" }}, from = "here" }}\n', 0)
    if len(of(events, "change.proved")) != 7 or of(events, "change.not_proved"):
        wrong.append("not every change was proved to be on: " + str([e["data"] for e in of(events, "change.not_proved")]))
    seen = open(f"{work}/seen").read()
    for words in ['"operstate":"DOWN"', "netdrill_cut_cut0", "netdrill_lose_lose0", '"tbf"', '"timeout": 3']:
        if words not in seen:
            wrong.append(f"in the middle of the drill the kernel does not say {words}")
    same("every change, then the end")
    again = subprocess.run([netdrill, "restore", run], stdout=subprocess.PIPE, text=True)
    if again.returncode != 0 or "everything is as before" not in again.stdout:
        wrong.append("restore a second time: " + again.stdout)

    # 2. a change that is made but is not on fails the call
    run, out, events = play("lie", f"""
  local good, why = pcall(function() exec.change {{ {{ "true" }}, undo = {{ "true" }}, verify = {{ "true" }}, proof = {{ "false" }} }} end)
  expect {{ "the call failed", not good and string.find(tostring(why), "not in force", 1, true) ~= nil }}
  exec.change {{ {{ "true" }}, undo = {{ "true" }}, verify = {{ "true" }} }} -- its check sees nothing: not proved, and said
""", 0)
    if [e["data"]["err"] for e in of(events, "change.not_proved")] != ["ESTATE", "EUNABLE"]:
        wrong.append("proofs that fail: " + str(of(events, "change.not_proved")))

    # 3. somebody else in between
    foreign = f"""
ip link set down0 up; ip route add 10.70.0.0/16 via 10.60.0.200 metric 7
nft add rule inet netdrill_cut_cut0 in counter
nft delete table inet netdrill_lose_lose0; nft add table inet netdrill_lose_lose0; nft add chain inet netdrill_lose_lose0 theirs
tc qdisc replace dev rate0 root handle 9: tbf rate 1mbit burst 5k latency 50ms
nft delete element inet netdrill_admission admitted {{ 10.200.0.0/24 }}; nft add element inet netdrill_admission admitted {{ 10.200.0.0/24 }}
nft delete element inet netdrill_admission admitted {{ 10.201.0.0/24 }}
echo theirs >{work}/on
"""
    open(f"{work}/foreign.sh", "w").write(foreign)
    run, out, events = play("between", CHANGES.replace(", lease = seconds(3)", "") +
                            f'  exec.probe {{ {{ "sh", "-e", "{work}/foreign.sh" }}, from = "here" }}\n', 12)
    left = {e["subject"]: e["data"]["why"] for e in of(events, "change.left_alone")}
    print("left alone:", *left.values(), sep="\n  ")
    if sorted(left) != ["1", "2", "3", "4", "5", "7"] or [e["subject"] for e in of(events, "change.unverified")] != ["6"]:
        wrong.append(f"left alone: {left}; {of(events, 'change.unverified')}")
    model = json.load(open(f"{run}/report/report.json"))
    if [c["state"] for c in model["changes"]].count("left-alone") != 6:
        wrong.append("the report does not say what was left alone")
    for words in ["LEFT ALONE, somebody else changed it", "7 CHANGE(S) NOT VERIFIED"]:
        if words not in out:
            wrong.append(f"the terminal does not say '{words}'")
    if "left alone: somebody else changed it" not in open(f"{run}/report/report.en.html").read():
        wrong.append("the page does not say it")
    now = sh("ip route show 10.70.0.0/16; nft list ruleset; tc qdisc show dev rate0", field.here)
    for words in ["via 10.60.0.200", "chain theirs", "counter packets", "rate 1Mbit", "10.200.0.0/24"]:
        if words not in now:
            wrong.append(f"what somebody else did was not left alone: '{words}' is gone")
    if "drop" in now or open(f"{work}/on").read() != "theirs\n":
        wrong.append("of a table that somebody else has used, our own rules are taken out all the same")
    back = subprocess.run([netdrill, "restore", run], stdout=subprocess.PIPE, text=True)
    if back.returncode != 12 or back.stdout.count("left-alone:") != 6:
        wrong.append("restore's output: " + back.stdout)

    # 4. they take theirs away: restore then finds all as before
    sh(f"""ip route del 10.70.0.0/16 via 10.60.0.200 metric 7
nft delete table inet netdrill_cut_cut0; nft delete table inet netdrill_lose_lose0
tc qdisc del dev rate0 root
nft delete element inet netdrill_admission admitted {{ 10.200.0.0/24 }}; nft add element inet netdrill_admission admitted {{ 10.201.0.0/24 }}
rm {work}/on""", field.here)
    back = subprocess.run([netdrill, "restore", run], stdout=subprocess.PIPE, text=True)
    if back.returncode != 0:
        wrong.append("restore once they are gone: " + back.stdout)
    same("restored after somebody else had gone")

    # 5. renamed under our feet
    open(f"{work}/rename.sh", "w").write("ip link set more0 name was-more0")
    run, out, events = play("renamed", f'  links.down {{ site "more0" }}\n  exec.probe {{ {{ "sh", "-e", "{work}/rename.sh" }}, from = "here" }}\n', 12)
    if not any("renamed" in e["data"]["why"] for e in of(events, "change.left_alone")):
        wrong.append("a renamed interface: " + out)
    sh("ip link set was-more0 name more0", field.here)
    if subprocess.run([netdrill, "restore", run], stdout=subprocess.DEVNULL).returncode != 0:
        wrong.append("an interface that has its name again is not restored")

    # 6. a lab's host that somebody else has put in the place of ours is theirs
    host = "nd-undo-%d-far" % os.getpid()
    open(f"{work}/lab.yaml", "w").write(f"site: undo-{os.getpid()}\ntargets: {{}}\nlab:\n  hosts: {{near: {{}}, far: {{}}}}\n")
    open(f"{work}/lab.lua", "w").write(
        HEAD.replace("site.yaml", "lab.yaml") + f'  exec.probe {{ {{ "sh", "-c", "ip netns del {host}; ip netns add {host}" }} }}\nend }}\n')
    done = subprocess.run([netdrill, "run", f"{work}/lab.lua", "--lab", "--plain", "--runs", f"{work}/runs-lab"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    run = glob.glob(f"{work}/runs-lab/*")[0]
    check("a replaced host of the lab: " + done.stdout, done.returncode == 12 and "left alone" in done.stdout and os.path.exists("/run/netns/" + host))
    check("the lab's other host is left", not os.path.exists("/run/netns/" + host.replace("far", "near")))
    sh("ip netns del " + host)
    check("restore once it is gone", subprocess.run([netdrill, "restore", run], stdout=subprocess.DEVNULL).returncode == 0)
