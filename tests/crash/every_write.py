#!/usr/bin/python3
"""SIGKILL of the run before every single write and sync of its journal and its undo file, and in the
middle of every write of the undo file: afterwards the network is as before, byte for byte, lab namespaces included.
The drill makes each kind of change; the kill comes from a shim below libc, not from the program."""
import os, shutil, subprocess, sys

netdrill, shim = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import kernel_state
from drill import CHANGES, Drill, Scene, scenario, step

scene = Scene()
work, field = scene.work, scene.field
lab_site = work + "/lab.yaml"
lab_hosts = ["nd-crash-%d-%s" % (os.getpid(), host) for host in ("near", "far", "line.1")]
open(lab_site, "w").write(f"""site: crash-{os.getpid()}
targets:
  down0: {{kind: interface, vantage: near, interface: out0, may_be_disturbed: true}}
lab:
  hosts:
    near: {{}}
    far: {{services: [{{kind: web, address: 10.88.0.2, port: 80}}]}}
  links:
    - ends: [{{host: near, interface: out0, addresses: [10.88.0.1/24]}}, {{host: far, interface: in0, addresses: [10.88.0.2/24]}}]
    - ends: [{{host: near, interface: out1, addresses: [10.88.1.1/24]}}, {{host: far, interface: in1, addresses: [10.88.1.2/24]}}]
      line: {{profile: fibre}}
""")
drills = {
    "changes": (scenario(work, "changes", step(CHANGES + scene.exec_change() + '  restore { site "cut0" }\n')), [], field.namespaces),
    "lab": (scenario(work, "lab", step('  links.down { site "down0" }\n'), site="lab.yaml"), ["--lab"], field.namespaces + lab_hosts),
}
counts = {"trials": 0, "killed": 0, "torn": 0, "keeper restored": 0, "nothing was on yet": 0}


def trial(name, how, number, files="/journal.jsonl,/undo.jsonl"):
    path, args, namespaces = drills[name]
    env = {"LD_PRELOAD": shim, "SHIM_FILES": files, "SHIM_COUNT": work + "/count"}
    if how:
        env[how] = str(number)
    drill = Drill(netdrill, work, path, args, env)
    code = drill.ended()
    drill.kept()
    counts["trials"] += 1
    counts["killed"] += code == -9
    counts["torn"] += code == -9 and how == "SHIM_TEAR"
    acted = bool(drill.events("keeper.acting"))
    counts["keeper restored"] += acted
    counts["nothing was on yet"] += code == -9 and not acted
    where = f"{name}, {how} {number}: "
    scene.same(where, drill, before[name], namespaces)
    if drill.dir and os.path.exists(drill.dir + "/undo.jsonl") and number % 4 == 1:
        done = drill.ask("restore")
        scene.check(where + "restore", done.returncode == 0, done.stdout)
    shutil.rmtree(drill.runs, ignore_errors=True)
    if len(scene.wrong) > 3:
        raise SystemExit("\n".join(scene.wrong))


with scene:
    before = {name: kernel_state.settled(drill[2]) for name, drill in drills.items()}
    for name in drills:
        trial(name, None, 0)
        operations = int(open(work + "/count").read())
        for number in range(1, operations + 1):
            trial(name, "SHIM_KILL", number)
        trial(name, None, 0, "/undo.jsonl")
        writes = int(open(work + "/count").read())
        for number in range(2, writes + 1, 2):  # after the sync of its making: write, sync, write, sync
            trial(name, "SHIM_TEAR", number, "/undo.jsonl")
        print(f"{name}: {operations} operations on journal and undo file, {writes} of them on the undo file")
    subprocess.run([netdrill, "lab", "down", lab_site], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(", ".join(f"{value} {name}" for name, value in counts.items()))
