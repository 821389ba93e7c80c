#!/usr/bin/python3
"""What can happen to the run, and to its keeper: killed, its whole process group killed, out of memory,
hung in a plugin, a restore_by that passes, a full disk, both dead. Each time the network is as before."""
import os, signal, subprocess, sys, time

netdrill, hang = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
from drill import CHANGES, Drill, Scene, scenario, step
from field import sh

scene = Scene()
work, field, wrong, check, same = scene.work, scene.field, scene.wrong, scene.check, scene.same
WAIT = '  note { "waiting now" }\n  wait(seconds(60))\n'
PLUGIN = {"NETDRILL_PLUGINS": os.path.dirname(hang)}


def until(test, seconds=30):
    """Whether it comes true, and that as soon as it does."""
    deadline = time.monotonic() + seconds
    while not test() and time.monotonic() < deadline:
        time.sleep(0.05)
    return test()


def acted(what, drill, words=None):
    """The keeper restored, and said why."""
    drill.kept()
    acting = drill.events("keeper.acting")
    check(f"{what}: the keeper did not act", acting, drill)
    if words and acting:
        check(f"{what}: it acted because '{acting[0]['data']['why']}'", words in acting[0]["data"]["why"], drill)
    same(what, drill)


def start(path, **more):
    drill = Drill(netdrill, work, path, **more)
    drill.wait_for("waiting now")
    return drill


def misbehave(verb, wrap=()):
    path = scenario(work, verb, 'local hang = use "hang"\n' + step(CHANGES + f'  note {{ "waiting now" }}\n  hang.{verb} {{ deadline = seconds(3) }}\n  note {{ "the drill goes on" }}\n'))
    drill = Drill(netdrill, work, path, env=PLUGIN, wrap=wrap)
    code = drill.ended(60)
    drill.kept()
    check(f"{verb}: exit {code}", code == 0, drill)
    check(f"{verb}: the drill did not go on", [e for e in drill.events("note") if "goes on" in e["data"]["text"]["en"]], drill)
    ended = [e["data"]["err"] for e in drill.events("op.ended") if e["data"]["err"] != "OK"]
    check(f"{verb}: calls ended with {ended}", ended in (["EGONE"], ["ETIME"]), drill)
    same(verb, drill)
    return code, drill


with scene:
    path = scenario(work, "keeper", step(CHANGES + WAIT))

    drill = start(path)
    drill.kill()
    acted("SIGKILL", drill, "the runner is gone")

    drill = start(path)
    check("the keeper is in the run's process group", os.getpgid(drill.keeper()) != os.getpgid(drill.pid))
    os.killpg(drill.pid, signal.SIGKILL)
    drill.ended()
    acted("SIGKILL of the process group", drill, "the runner is gone")

    drill = start(path)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(drill.keeper(), number)
    time.sleep(0.3)
    check("the keeper heeds what is meant for the run", drill.keeper() is not None)
    os.kill(drill.keeper(), signal.SIGKILL)
    code = drill.ended()
    check(f"the keeper is killed: the run exits {code}, expected 11", code == 11, drill)
    same("the keeper is killed", drill)

    code, drill = misbehave("crash")
    code, drill = misbehave("loop")
    print("a plugin that hangs: exit", code)

    group = "/sys/fs/cgroup/memory/nt-%d" % os.getpid()
    try:
        os.mkdir(group)
        open(group + "/memory.limit_in_bytes", "w").write("96M")
        code, drill = misbehave("leak", ["sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$0" "$@"'])
        print("out of memory in a cgroup of 96 MiB: exit", code)
        kills = [line for line in open(group + "/memory.oom_control") if line.startswith("oom_kill ")]
        check(f"nothing was killed for memory: {kills}", kills and int(kills[0].split()[1]) > 0)
    except OSError as why:
        print("no memory cgroup to be made here, an address-space limit instead:", why)
        misbehave("leak", ["prlimit", "--as=400000000"])
    finally:
        until(lambda: not os.path.exists(group) or not open(group + "/cgroup.procs").read())
        if os.path.exists(group):
            os.rmdir(group)

    # the run lives, but does not put back what it promised to: its undo hangs, the keeper's does not
    on, free = work + "/on", work + "/free"
    late = scenario(work, "late", step(CHANGES + f"""
  exec.change {{ {{ "touch", "{on}" }}, undo = {{ "sh", "-c", "[ -e {free} ] || {{ touch {on}.undoing; sleep 60; }}; rm -f {on}" }},
    verify = {{ "test", "!", "-e", "{on}" }}, restore_by = "T+00:00:00.500" }}
""" + WAIT))
    drill = start(late)
    check("late: its undo does not begin", until(lambda: os.path.exists(on + ".undoing")), drill)
    open(free, "w").close()
    check("late: the runner was not ended", drill.ended() == -9, drill)
    acted("late", drill, "not restored by its time")
    check("late: the program's change is left", not os.path.exists(on))

    # a full disk, and then the run is killed: the keeper can write nothing, and restores all the same
    disk = work + "/disk"
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", disk], check=True)
    try:
        process = subprocess.Popen([netdrill, "run", path, "--confirm", "keeper", "--plain", "--runs", disk],
                                   stdout=open(work + "/full.out", "w"), stderr=subprocess.STDOUT, start_new_session=True)
        until(lambda: "waiting now" in open(work + "/full.out").read())
        subprocess.run(["dd", "if=/dev/zero", "of=" + disk + "/fill", "bs=64k"], stderr=subprocess.DEVNULL)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        same("killed on a full disk")
        os.remove(disk + "/fill")
        run = [disk + "/" + name for name in os.listdir(disk) if "keeper" in name][0]
        done = subprocess.run([netdrill, "restore", run], stdout=subprocess.PIPE, text=True)
        check("full disk: restore: " + done.stdout, done.returncode == 0)
    finally:
        subprocess.run(["umount", disk])

    # both die: what can be leased heals by the kernel alone, the rest by netdrill restore
    leased = scenario(work, "leased", step("""
  links.cut { site "cut0", lease = seconds(2) }
  links.lose { site "lose0", share = percent(100), lease = seconds(2) }
  links.admit { site "guests", lease = seconds(2) }
  links.down { site "down0" }
""" + WAIT))
    reach = f"ip netns exec {field.here} ping -c1 -W1 10.60.1.2 >/dev/null && ip netns exec {field.here} ping -c1 -W1 10.60.2.2 >/dev/null"
    drill = start(leased)
    time.sleep(3)  # longer than the lease: it is renewed as long as the run lives
    check("a lease ran out although the run lives", subprocess.run(["sh", "-c", reach]).returncode != 0)
    os.kill(drill.keeper(), signal.SIGKILL)
    drill.kill()
    check("the leased cut and loss are still on with nobody there", until(lambda: subprocess.run(["sh", "-c", reach]).returncode == 0))
    check("the leased admission is still on", until(lambda: "10.200.0.0/24" not in sh("nft list set inet netdrill_admission admitted", field.here)))
    done = drill.ask("restore")
    check("both dead: restore: " + done.stdout, done.returncode == 0)
    same("both dead, restored by hand", drill)

    # two drills never fight: another site file, the same interface
    other = work + "/other.yaml"
    open(other, "w").write(f"site: other\nvantages: {{n: {{netns: /run/netns/{field.here}}}}}\n"
                           "targets: {mine: {kind: interface, vantage: n, interface: down0, may_be_disturbed: true}}\n")
    rival = scenario(work, "rival", step('  links.down { site "mine" }\n'), site="other.yaml")
    drill = start(path)
    second = subprocess.run([netdrill, "run", rival, "--confirm", "rival", "--runs", work + "/rivals"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("a rival: " + second.stdout, second.returncode == 4 and f"pid {drill.pid}" in second.stdout and os.path.basename(drill.dir) in second.stdout)
    drill.kill()
    drill.kept()
    second = subprocess.run([netdrill, "run", rival, "--confirm", "rival", "--runs", work + "/rivals"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("what a dead run left is no claim: " + second.stdout, second.returncode == 0)
    same("two drills", drill)
