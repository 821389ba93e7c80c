#!/usr/bin/python3
"""Every way to end a drill early, on a network that an operator made: a signal, a second one, a
terminal that goes, the phrase, a command, a deadline. Each restores at once, none exits with 0."""
import json, os, pty, signal, sys, time

netdrill = os.path.realpath(sys.argv[1])
from drill import CHANGES, Drill, Scene, scenario, step

scene = Scene()
work, field, wrong, check, same = scene.work, scene.field, scene.wrong, scene.check, scene.same


def start(path, **more):
    drill = Drill(netdrill, work, path, **more)
    drill.wait_for("waiting now")
    return drill


def ends(what, drill, code, reason=None):
    got = drill.ended()
    drill.kept()
    check(f"{what}: exit {got}, expected {code}", got == code, drill)
    if reason is not None:
        aborting = drill.events("run.aborting")
        check(f"{what}: the journal gives no reason '{reason}'", aborting and reason in aborting[0]["data"]["reason"], drill)
        model = json.load(open(drill.dir + "/report/report.json"))
        check(what + ": no time to restored in the report", model["safety"].get("restored_after_ns", 0) > 0)
    same(what, drill)


def its_undo_hangs(drill):
    """Waits until the run's own undo has begun to hang; the keeper's will not."""
    deadline = time.monotonic() + 60
    while not os.path.exists(work + "/undoing"):
        if time.monotonic() > deadline:
            raise AssertionError("the undo does not begin:\n" + drill.text())
        time.sleep(0.02)
    open(work + "/free", "w").close()
    os.remove(work + "/undoing")


with scene:
    long = scenario(work, "long", step(CHANGES + '  note { "waiting now" }\n  wait(seconds(100))\n'))
    stubborn = scenario(work, "stubborn", step(
        CHANGES + f'''  exec.change {{ {{ "touch", "{work}/on" }}, undo = {{ "sh", "-c", "[ -e {work}/free ] || {{ touch {work}/undoing; sleep 60; }}; rm -f {work}/on" }}, verify = {{ "test", "!", "-e", "{work}/on" }} }}
  note {{ "waiting now" }}
  wait(seconds(100))
'''))

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        drill = start(long)
        os.kill(drill.pid, getattr(signal, name))
        ends(name, drill, 11, name)

    # typed on the terminal of the run; what is no order is told to be none
    for words in ("停止演練", "Real-world emergency!", "abort"):
        master, slave = pty.openpty()
        drill = start(long, stdin=slave)
        os.close(slave)
        os.write(master, b"hello\n")
        drill.wait_for("'hello' is no order")
        os.write(master, words.encode() + b"\n")
        ends("typed: " + words, drill, 11, "by hand" if words == "abort" else words)
        os.close(master)

    drill = start(long)
    check("netdrill abort", drill.ask("abort", "--reason", "停止演練").returncode == 0, drill)
    ends("abort", drill, 11, "停止演練")

    # the terminal closes: a session of its own on a pty, whose master goes
    pid, master = pty.fork()
    if pid == 0:
        os.execl(netdrill, "netdrill", "run", long, "--confirm", "long", "--runs", work + "/runs-pty")
    seen = b""
    deadline = time.monotonic() + 60
    while b"links.admit" not in seen and time.monotonic() < deadline:
        seen += os.read(master, 65536)
    os.close(master)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    run = work + "/runs-pty/" + os.listdir(work + "/runs-pty")[0]
    check(f"terminal closed: exit {status}", status == 11)
    check("terminal closed: not aborted by SIGHUP", '"reason":"SIGHUP"' in open(run + "/journal.jsonl").read())
    same("terminal closed")

    # stray Ctrl-Z, and a run in the background that would be stopped for reading: it goes on
    drill = start(long)
    for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
        os.kill(drill.pid, number)
    time.sleep(0.2)
    check("stopped by a stop key", open(f"/proc/{drill.pid}/stat").read().split()[2] not in "Tt", drill)
    os.killpg(drill.pid, signal.SIGINT)  # Ctrl-C: the whole process group; the keeper is not in it
    ends("SIGINT to the process group", drill, 11, "SIGINT")

    # a second signal leaves at once, and says what is still changed and how to restore it
    for name, code in (("SIGINT", 130), ("SIGTERM", 143)):
        drill = start(stubborn)
        os.kill(drill.pid, signal.SIGHUP)
        drill.wait_for("ENDEX")
        its_undo_hangs(drill)
        os.kill(drill.pid, getattr(signal, name))
        got = drill.ended()
        check(f"second {name}: exit {got}", got == code, drill)
        for words in ("Still changed", "links.down down0", "exec.change", "netdrill restore " + os.path.realpath(drill.dir)):
            check(f"second {name}: does not say '{words}'", words in drill.text(), drill)
        drill.kept()
        check("the keeper did not take over", drill.events("keeper.acting"), drill)
        same("second " + name, drill)
        os.remove(work + "/free")

    # restoring that takes too long is given up, and the keeper goes on with it
    drill = start(stubborn, args=["--restore-within", "1s"])
    os.kill(drill.pid, signal.SIGTERM)
    drill.wait_for("ENDEX")
    its_undo_hangs(drill)
    drill.wait_for("RESTORING IS OVERDUE")
    got = drill.ended()
    check(f"overdue: exit {got}", got == 12, drill)
    check("overdue: does not say what is left", "Still changed" in drill.text(), drill)
    drill.kept()
    check("overdue: not in the journal", drill.events("restore.overdue"), drill)
    same("overdue", drill)
    check("overdue: restore finds more to do", drill.ask("restore").returncode == 0, drill)
