#!/usr/bin/python3
"""Disaster roaming through the handset plugin, against simulated cells and handsets on ptys: outage,
emergency calls alone, opening in each of the four ways, return, and a dead home core. Each change is
put back, and the simulated network is gone afterwards, also when the run is killed."""
import glob, os, signal, subprocess, sys, tempfile, threading, time
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()


def make_site(name, emergency=1):
    """Each run has a simulated network of its own, so that they can go side by side."""
    air = f"{work}/{name}-air"
    open(f"{work}/{name}.yaml", "w").write(f"""
site: mobile-{name}-{os.getpid()}
simulated: true
targets:
  air:
    kind: mobile_lab
    directory: {air}
    may_be_disturbed: true
    seed: 7
    networks:
      jia: {{plmn: "46692", wait: 1-4, search: 5}}
      yi: {{plmn: "46697", return: 1-4, recheck: 600, emergency: {int(emergency)}}}
    cells: {{jia-1: {{network: jia}}, jia-2: {{network: jia}}, yi-1: {{network: yi}}}}
    handsets: {{jia: {{network: jia, count: 8}}, old: {{network: jia, count: 2, mint: false, data_roaming: true}}, yi: {{network: yi, count: 3}}}}
  jia: {{kind: network, directory: {air}, network: jia, may_be_disturbed: true}}
  yi: {{kind: network, directory: {air}, network: yi, may_be_disturbed: true}}
  yi-1: {{kind: cell, directory: {air}, cell: yi-1, may_be_disturbed: true}}
  new-phones: {{kind: handset, ttys: "{air}/jia-[0-9]"}}
  old-phones: {{kind: handset, ttys: "{air}/old-*", may_be_disturbed: true}}
  phones: {{kind: handset, ttys: ["{air}/jia-[0-9]", "{air}/old-*"]}}
  centre: {{kind: number, number: "112", emergency_calls_agreed: true}}
  friend: {{kind: number, number: "0912345678"}}
""")
    return air


FRAME = """
local handset, cells = use "handset", use "mobile_lab"
local air, jia, yi = site "air", site "jia", site "yi"
local new, old, all = site "new-phones", site "old-phones", site "phones"
drill { "Mobile", id = "mobile", lasts = minutes(4), site = "SITE.yaml" }
phase { "One" }
local function are(who, what, on)
  local got = handset.await { who, expect = what, on = on, deadline = seconds(40), every = seconds(1) }
  expect { what .. (on or ""), function() return got.ok end }
end
step { "All", owner = "me", run = function()
  cells.start { air }
"""


def run(name, body):
    air = make_site(name, name != "emergency")
    open(f"{work}/{name}.lua", "w").write(FRAME.replace("SITE", name) + body + "\nend }\n")
    began = time.time()
    out = subprocess.run([netdrill, "run", f"{work}/{name}.lua", "--confirm", "mobile", "--plain", "--runs", f"{work}/{name}"],
                         capture_output=True, text=True)
    check(f"{name}: exit {out.returncode} in {time.time() - began:.0f} s", out.returncode == 0)
    if out.returncode != 0:
        print(out.stdout[-3000:], out.stderr[-1000:])
    check(f"{name}: the simulated network is gone", not os.path.exists(air))


DRILLS = {
    # Release 17: outage, emergency calls alone, SIB15, back in the return wait range.
    "mint": """
  are(all, "home", "46692")
  cells.fail { jia, restore_by = "T+00:03" }
  are(all, "emergency")
  expect { "no voice call", not handset.call { new, to = site "friend", deadline = seconds(20) }.ok }
  expect { "112 is reached", handset.call { all, to = site "centre", held = ms(500), deadline = seconds(20) }.ok }
  cells.open { yi, victim = jia, method = "mint" }
  are(new, "roaming", "46697")
  local census = cells.census { air }
  expect { "eight disaster roamers", census.disaster, equals = 8 }
  expect { "the two without Release 17 are not among them", census.limited, equals = 2 }
  expect { "so is one in Chinese", handset.sms { new, to = site "friend", text = "網路恢復了", deadline = seconds(20) }.ok }
  expect { "messages are taken", handset.sms { new, to = site "friend", text = "hello", deadline = seconds(20) }.ok }
  restore { jia }
  are(old, "home", "46692")
  expect { "disaster roamers stay while the condition is broadcast", cells.census { air }.disaster, equals = 8 }
  restore { yi }
  are(all, "home", "46692")
""",
    # A roaming agreement: who has switched data roaming off is registered, and has no data.
    "national": """
  cells.open { yi, victim = jia, method = "national" }
  cells.fail { jia, restore_by = "T+00:03" }
  are(all, "roaming", "46697")
  expect { "data for those who allow it", handset.data { old }.ok }
  local without = handset.data { new }
  expect { "registered is not served", not without.ok and without.attached == 0 }
  expect { "a network is selected by hand", function() handset.select { old, network = "46697", deadline = seconds(20) } return true end }
""",
    # The victim's PLMN on the other's cells: home to the handset, whichever network it is.
    "plmn": """
  are(all, "home", "46692")
  cells.fail { jia, restore_by = "T+00:03" }
  are(all, "emergency")
  cells.open { yi, victim = jia, method = "plmn" }
  are(all, "home", "46692")
  expect { "seen in a scan", handset.networks { old, shows = "46692", deadline = seconds(20) }.ok }
""",
    # Emergency calls alone, on a network that takes none from strangers by itself.
    "emergency": """
  are(all, "home", "46692")
  cells.fail { jia, restore_by = "T+00:03" }
  are(all, "denied")
  expect { "112 is not reached", not handset.call { old, to = site "centre", deadline = seconds(20) }.ok }
  cells.open { yi, victim = jia, method = "emergency" }
  are(all, "emergency")
  expect { "112 is reached", handset.call { old, to = site "centre", held = ms(500), deadline = seconds(20) }.ok }
""",
    # The home core is dead: opening does not help, emergency calls do.
    "dead-core": """
  cells.open { yi, victim = jia, method = "mint" }
  cells.core_fail { jia, restore_by = "T+00:03" }
  are(all, "emergency")
  wait(seconds(8))
  local got = handset.registration { all, expect = "emergency" }
  expect { "nobody roams", got.roaming == 0 and got.home == 0 }
  expect { "with a cause", got.cause == 15 }
  expect { "112 is reached", handset.call { all, to = site "centre", held = ms(500), deadline = seconds(20) }.ok }
""",
}
threads = [threading.Thread(target=run, args=item) for item in DRILLS.items()]
for thread in threads:
    thread.start()
# Killed in the middle: the keeper puts the cells back and ends the simulated network.
air = make_site("kill")
open(f"{work}/kill.lua", "w").write(FRAME.replace("SITE", "kill") + """
  are(all, "home", "46692")
  cells.bar { site "yi-1", allow = percent(20) }
  cells.fail { jia }
  wait(minutes(3))
end }
""")
doomed = subprocess.Popen([netdrill, "run", f"{work}/kill.lua", "--confirm", "mobile", "--plain", "--runs", f"{work}/kill"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for _ in range(900):
    time.sleep(0.1)
    undo = glob.glob(f"{work}/kill/*/undo.jsonl")
    if undo and '"fail"' in open(undo[0]).read():
        break
time.sleep(0.5)
doomed.send_signal(signal.SIGKILL)
doomed.wait()
for _ in range(600):
    time.sleep(0.1)
    if not os.path.exists(air):
        break
check("killed: the keeper has ended the simulated network", not os.path.exists(air))
for thread in threads:
    thread.join()
finish()
