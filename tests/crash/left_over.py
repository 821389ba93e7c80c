#!/usr/bin/python3
"""`netdrill restore --all`: what several dead runs have left over, newest first; a living one is left to
itself; after a restart of the machine what went with the kernel is said to have gone, twice over."""
import hashlib, json, os, shutil, subprocess, sys

netdrill = os.path.realpath(sys.argv[1])
from drill import Drill, Scene, scenario, step
from field import sh

root = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
scene = Scene()
work, field, wrong, check, same = scene.work, scene.field, scene.wrong, scene.check, scene.same


def both_die(name, body):
    drill = Drill(netdrill, work, scenario(work, name, step(body + '  note { "waiting now" }\n  wait(seconds(60))\n')))
    drill.wait_for("waiting now")
    os.kill(drill.keeper(), 9)
    drill.kill()
    target = work + "/all/" + os.path.basename(drill.dir)
    shutil.move(drill.dir, target)
    return target


def restore_all():
    return subprocess.run([netdrill, "restore", "--all", "--runs", work + "/all"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def other_boot(run):
    """The undo file as a machine that was restarted since finds it."""
    path = run + "/undo.jsonl"
    out = []
    for line in open(path).read().split("\n")[:-1]:
        record = json.loads(line)
        record.pop("sum")
        for note in record.get("notes", []):
            if note[0] == "boot":
                note[1] = "00000000-0000-0000-0000-000000000000"
        body = json.dumps(record, separators=(",", ":"), ensure_ascii=False)[:-1]
        out.append(body + ',"sum":"' + hashlib.sha256(body.encode()).hexdigest()[:16] + '"}')
    open(path, "w").write("\n".join(out) + "\n")


with scene:
    os.mkdir(work + "/all")
    both_die("first", '  shape.rate { site "rate0", rate = kbit_per_s(512) }\n  links.down { site "down0" }\n')
    both_die("second", '  links.cut { site "cut0" }\n')
    alive = Drill(netdrill, work, scenario(work, "alive", step('  links.lose { site "lose0", share = percent(1) }\n  note { "waiting now" }\n  wait(seconds(60))\n')))
    alive.wait_for("waiting now")
    os.symlink(alive.dir, work + "/all/" + os.path.basename(alive.dir))
    done = restore_all()
    check("restore --all: exit %d" % done.returncode, done.returncode == 0, done.stdout)
    for words in ("verified: links.cut cut0", "verified: links.down down0", "is alive", "everything is as before"):
        check(f"restore --all does not say '{words}'", words in done.stdout, done.stdout)
    check("newest first", done.stdout.index("-second-") < done.stdout.index("-first-"), done.stdout)
    check("the living run was restored under its feet", "netdrill_lose_lose0" in sh("nft list ruleset", field.here))
    alive.ask("abort")
    alive.ended()
    done = restore_all()
    check("a second time", done.returncode == 0 and "no run in" in done.stdout, done.stdout)
    same("restore --all")

    # as after a restart: the interface is up and its discipline the default one, whatever their numbers are
    run = both_die("reboot", '  shape.rate { site "rate0", rate = kbit_per_s(512) }\n  links.down { site "down0" }\n')
    other_boot(run)
    done = restore_all()
    check("after a restart: exit %d" % done.returncode, done.returncode == 0, done.stdout)
    check("after a restart it is not told", done.stdout.count("the machine was restarted since") == 2, done.stdout)
    check("what the new boot has set was touched", "tbf" in sh("tc qdisc", field.here))

    unit = subprocess.run(["sed", f"s#/usr/local/bin/netdrill#{netdrill}#", root + "/docs/netdrill-restore.service"], stdout=subprocess.PIPE, text=True).stdout
    open(work + "/netdrill-restore.service", "w").write(unit)
    if shutil.which("systemd-analyze"):
        told = subprocess.run(["systemd-analyze", "verify", work + "/netdrill-restore.service"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check("the unit: " + told.stdout, "netdrill-restore" not in told.stdout)
