#!/usr/bin/python3
"""A plugin that crashes, spins, leaks or is stopped is a failed operation, not a dead drill; a change whose
plugin crashed in the middle of it is put back: isolation.py NETDRILL. Needs no rights: all on loopback."""
import glob, json, os, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()


echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("127.0.0.1", 0))


def serve():
    while True:
        packet, sender = echo.recvfrom(2048)
        echo.sendto(packet, sender)


threading.Thread(target=serve, daemon=True).start()
open(f"{work}/site.yaml", "w").write(f"site: isolation-{os.getpid()}\ntargets: {{far: {{kind: service, address: 127.0.0.1, port: {echo.getsockname()[1]}}}}}\n")


def start(name, body, lasts=40):
    """Begins a run of one step; returns its process and where its directory will be."""
    os.makedirs(f"{work}/{name}")
    open(f"{work}/{name}.lua", "w").write(f"""local reach, pretend = use "reach", use "pretend"
drill {{ "Isolation", id = "isolation", lasts = seconds({lasts}), site = "site.yaml" }}
phase {{ "One" }}
step {{ "S", owner = "me", run = function() {body} end }}
""")
    return subprocess.Popen([netdrill, "run", f"{work}/{name}.lua", "--confirm", "isolation", "--plain", "--runs", f"{work}/{name}"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(name, process, code):
    text = process.communicate(timeout=60)[0]
    check(process.returncode == code, f"{name}: exit {process.returncode}, expected {code}\n{text}")
    run = glob.glob(f"{work}/{name}/*isolation*")[0]
    return run, [json.loads(line) for line in open(f"{run}/journal.jsonl")], text


def slots(run, verb):
    db = sqlite3.connect(f"{run}/samples.sqlite")
    return db.execute("select slot, outcome from sample join series on series.id = series where verb = ? order by slot", (verb,)).fetchall()


def host_of(process, plugin):
    for _ in range(200):
        for pid in open(f"/proc/{process.pid}/task/{process.pid}/children").read().split():
            if open(f"/proc/{pid}/cmdline").read().split("\0")[1:3] == ["plugin-host", plugin]:
                return int(pid)
        time.sleep(0.05)
    sys.exit(f"no host of {plugin} was found")


def measures(name):
    """Waits until the run's stream has been going on for a second."""
    deadline = time.monotonic() + 30
    while not any("netdrill.series.opened" in open(f).read() for f in glob.glob(f"{work}/{name}/*isolation*/journal.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)


def rights(host, runner):
    """A plugin's process keeps what its verbs need (as root), the one that runs the scenario nothing."""
    def status(pid):
        return dict(line.rstrip("\n").split(":\t", 1) for line in open(f"/proc/{pid}/status") if ":\t" in line)
    deadline = time.monotonic() + 30  # it gives them up before it is asked anything
    while status(host)["Seccomp"] != "2" and time.monotonic() < deadline:
        time.sleep(0.05)
    mine = status(host)
    check(int(mine["CapPrm"], 16) & ~(1 << 13) == 0, f"the plugin's process may {mine['CapPrm']}")
    check(mine["NoNewPrivs"] == "1" and mine["Seccomp"] == "2", "the plugin's process can gain rights")
    check(int(status(runner)["CapEff"], 16) == 0, "the runner has capabilities")


# Each fault fails its own call; the stream of another plugin misses nothing, and the next call works.
process = start("faults", """
    local stream = measure { reach.udp, site "far", every = ms(10), lasts = seconds(9) }
    for _, fault in ipairs { "crash", "leak", "spin" } do
      local r = pretend.probe { "x", fault = fault, deadline = fault == "spin" and ms(500) or seconds(9) }
      note { fault .. " " .. r.err .. ": " .. (r.why or "") }
      expect { "the next call works", pretend.probe { "x" }.ok }
    end
    wait(seconds(9))""")
run, events, text = ended("faults", process, 0)
notes = [e["data"]["text"]["en"] for e in events if e["type"] == "netdrill.note"]
for fault, words in (("crash EGONE", "signal 6"), ("leak EGONE", "signal"), ("spin ETIME", "killed")):
    check(any(n.startswith(fault) and words in n for n in notes), f"'{fault} … {words}' is not among {notes}")
got = slots(run, "udp")
# A busy machine may send a slot too late; none is lost, and the stream goes on throughout.
check(len(got) == 900 and all(o >= 0 for _, o in got) and sum(o == 0 for _, o in got) > 600,
      f"the other plugin's stream: {len(got)} slots, {sum(o < 0 for _, o in got)} lost, {sum(o > 0 for _, o in got)} not sent")

# Killed, and stopped: the stream goes on in a new process, and what lay between is not made up.
SIGNALS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}
processes = {name: start(name, """
    local stream = measure { reach.udp, site "far", every = ms(20), lasts = seconds(14) }
    wait(seconds(14.5))
    expect { "nothing is called lost that was not", stream:loss(), equals = percent(0) }""") for name in SIGNALS}
for name, process in processes.items():
    pid = host_of(process, "reach")
    rights(pid, process.pid)
    measures(name)
    os.kill(pid, SIGNALS[name])
for name, process in processes.items():
    number = SIGNALS[name]
    run, events, text = ended(name, process, 0)
    broken = [e["data"] for e in events if e["type"] == "netdrill.series.broken"]
    check(len(broken) == 1 and broken[0]["goes_on"], f"{name}: series.broken: {broken}")
    got = [s for s, o in slots(run, "udp") if o == 0]
    gap = max(b - a for a, b in zip(got, got[1:]))
    check(got[0] < 300 and got[-1] > 650 and gap > 1 - (number == signal.SIGKILL), f"{name}: slots {got[:1]} to {got[-1:]}, longest gap {gap}")
    print(f"{name}: {len(got)} of 700 slots measured, a gap of {gap * 20} ms")

# In the middle of a change: recorded before, so it is put back, by another process.
open(f"{work}/file", "w").write("as before\n")
process = start("change", f"""
    pretend.change {{ "x", file = "{work}/file", line = "changed", crash = true, may_fail = true }}
    note {{ "the drill goes on" }}""")
run, events, text = ended("change", process, 0)
check(any(e["type"] == "netdrill.note" for e in events), "the drill did not go on")
check(open(f"{work}/file").read() == "as before\n", "the change was not put back")
check(any(e["type"] == "netdrill.change.verified" for e in events), "nor read back")

# SIGKILL of the runner: nobody of it is left a moment later.
process = start("runner", 'measure { reach.udp, site "far", every = ms(20) } wait(seconds(30))')
pid = host_of(process, "reach")
process.kill()
process.communicate()
for _ in range(100):
    if not os.path.exists(f"/proc/{pid}"):
        break
    time.sleep(0.05)
check(not os.path.exists(f"/proc/{pid}"), "a plugin's process outlived its runner")

subprocess.run(["rm", "-rf", work])
finish()
