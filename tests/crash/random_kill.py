#!/usr/bin/python3
"""Kills the run, its keeper or both, at seeded random moments of a drill that makes each kind of change,
some of it in a lab: random_kill.py NETDRILL [TRIALS [SEED]]. Whoever is left restores; where nobody is,
`netdrill restore` does. The network is as before each time; the counts are printed."""
import collections, os, random, shutil, signal, subprocess, sys, time

netdrill = os.path.realpath(sys.argv[1])
trials = int(sys.argv[2]) if len(sys.argv) > 2 else 20
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
import kernel_state
from drill import CHANGES, Drill, Scene, scenario, step

scene = Scene()
work, field = scene.work, scene.field
dice = random.Random(seed)
counts = collections.Counter()
lab_hosts = ["nd-random-%d-%s" % (os.getpid(), host) for host in ("near", "far")]
open(work + "/lab.yaml", "w").write(f"""site: random-{os.getpid()}
targets:
  down0: {{kind: interface, vantage: near, interface: out0, may_be_disturbed: true}}
lab:
  hosts: {{near: {{}}, far: {{}}}}
  links:
    - ends: [{{host: near, interface: out0, addresses: [10.88.0.1/24]}}, {{host: far, interface: in0, addresses: [10.88.0.2/24]}}]
""")


def kill(drill, who):
    """SIGKILL of run, keeper, or both in either order; who is not there yet, or any more, is not killed."""
    for one in who:
        pid = drill.keeper() if one == "keeper" else drill.pid
        if pid is not None and (one == "keeper" or drill.process.poll() is None):
            try:
                os.kill(pid, signal.SIGKILL)
                counts["killed " + one] += 1
            except ProcessLookupError:
                pass


with scene:
    all_namespaces = field.namespaces + lab_hosts
    before = kernel_state.settled(all_namespaces)
    changes = scenario(work, "changes", step(CHANGES + scene.exec_change() + "  wait(ms(50))\n"))
    lab = scenario(work, "lab", step('  links.down { site "down0" }\n  wait(ms(50))\n'), site="lab.yaml")
    for number in range(trials):
        in_lab = dice.random() < 0.25
        who = dice.choice([["run"], ["run"], ["keeper"], ["run", "keeper"], ["keeper", "run"]])
        moment = dice.uniform(0, 0.45)
        again = dice.uniform(0, 0.1)
        drill = Drill(netdrill, work, lab if in_lab else changes, ["--lab"] if in_lab else [])
        time.sleep(moment)
        for one in who:
            kill(drill, [one])
            time.sleep(again / 2)
        drill.ended(60)
        drill.kept()
        counts["trials"] += 1
        if drill.dir and os.path.exists(drill.dir + "/undo.jsonl"):
            acted = bool(drill.events("keeper.acting"))
            closed = bool(drill.events("run.closed"))
            counts["restored by the keeper" if acted else "ended by itself" if closed else "nobody left"] += 1
            done = drill.ask("restore")
            counts["restore had work"] += "verified: " in done.stdout
            scene.check(f"seed {seed}, trial {number}: restore", done.returncode == 0, done.stdout)
        else:
            counts["killed before it began"] += 1
        scene.same(f"seed {seed}, trial {number} ({who} after {moment:.3f} s)", drill, before, all_namespaces)
        if scene.wrong:
            break
        shutil.rmtree(drill.runs, ignore_errors=True)
    subprocess.run([netdrill, "lab", "down", work + "/lab.yaml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"seed {seed}: " + ", ".join(f"{value} {name}" for name, value in counts.items()))
