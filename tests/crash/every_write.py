#!/usr/bin/python3
"""SIGKILL of the run before every single write and sync of its journal and its undo file, and in the
middle of every write of the undo file: afterwards the network is as before, byte for byte, lab namespaces included.
The drill makes each kind of change; the kill comes from a shim below libc, not from the program.

    every_write.py NETDRILL SHIM          all of them, in four parts side by side, each in a network of its own
    every_write.py NETDRILL SHIM 1/4      one part"""
import os, re, shutil, subprocess, sys

netdrill, shim = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
import kernel_state
from drill import CHANGES, Drill, Scene, scenario, step


def all_parts(parts):
    """The sums of the parts, and the exit code of the worst."""
    running = [subprocess.Popen([sys.executable, __file__, netdrill, shim, f"{i}/{parts}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for i in range(1, parts + 1)]
    outs = [process.communicate()[0] for process in running]
    codes = [process.returncode for process in running]
    sums = {}
    for out in outs:
        for number, name in re.findall(r"(\d+) (" + "|".join(KINDS) + ")", out.split("counts: ")[-1] if "counts: " in out else ""):
            sums[name] = sums.get(name, 0) + int(number)
    print(outs[0] if codes[0] == 0 else "", *(out for out, code in zip(outs, codes) if code not in (0, 77)))
    print("all parts: " + ", ".join(f"{number} {name}" for name, number in sums.items()))
    sys.exit(max(codes, key=lambda code: (code not in (0, 77), code)))


KINDS = ["trials", "killed", "torn", "keeper restored", "nothing was on yet"]
if len(sys.argv) < 4:
    all_parts(4)
part, parts = (int(word) for word in sys.argv[3].split("/"))
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
counts = dict.fromkeys(KINDS, 0)


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
    if drill.dir and os.path.exists(drill.dir + "/undo.jsonl") and number % 3 == 1:
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
        for number in range(part, operations + 1, parts):
            trial(name, "SHIM_KILL", number)
        trial(name, None, 0, "/undo.jsonl")
        writes = int(open(work + "/count").read())
        for number in range(2 * part, writes + 1, 2 * parts):  # after the sync of its making: write, sync, write, sync
            trial(name, "SHIM_TEAR", number, "/undo.jsonl")
        print(f"{name}: {operations} operations on journal and undo file, {writes} of them on the undo file")
    subprocess.run([netdrill, "lab", "down", lab_site], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print("counts: " + ", ".join(f"{value} {name}" for name, value in counts.items()))
