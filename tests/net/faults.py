#!/usr/bin/python3
"""Faults from below, in the middle of a drill that makes every kind of change: a disk that fails or is
full, a system call that is not permitted, no new process, a wall clock that steps, a target that does
not answer. Each is told, none leaves a change, none that matters ends with 0."""
import errno, os, sys

netdrill, shim = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
from drill import CHANGES, Drill, Scene, scenario, step

scene = Scene()
work, field, wrong, check, same = scene.work, scene.field, scene.wrong, scene.check, scene.same


def play(what, path, code, words, **env):
    drill = Drill(netdrill, work, path, env={"LD_PRELOAD": shim, **env})
    got = drill.ended(90)
    drill.kept()
    check(f"{what}: exit {got}, expected {code}", got == code, drill.text())
    check(f"{what}: it does not say '{words}'", words in drill.text(), drill.text())
    return drill


with scene:
    path = scenario(work, "faults", step(CHANGES + scene.exec_change()))
    EIO, NOSPC, PERM, AGAIN = errno.EIO, errno.ENOSPC, errno.EPERM, errno.EAGAIN

    # A record that is not on disk is no record: the change is not made. Syncs of the undo file: the first is
    # of its making, then one a record and one a mark.
    for number in (1, 2, 4, 6):
        drill = play(f"undo file: sync {number} fails", path, 3 if number == 1 else 5, os.strerror(EIO),
                     SHIM_FILES="/undo.jsonl", SHIM_FAIL=f"{'fsync' if number == 1 else 'fdatasync'}:{EIO}:{number if number == 1 else number - 1}-")
        same(f"undo file: sync {number} fails", drill)
    drill = play("undo file: full disk", path, 5, os.strerror(NOSPC), SHIM_FILES="/undo.jsonl", SHIM_FAIL=f"write:{NOSPC}:3")
    same("undo file: full disk", drill)
    for number in (1, 3, 5, 9):
        drill = play(f"journal: sync {number} fails", path, 11, os.strerror(EIO), SHIM_FILES="/journal.jsonl", SHIM_FAIL=f"fdatasync:{EIO}:{number}")
        same(f"journal: sync {number} fails", drill)
    drill = play("journal: full disk", path, 11, os.strerror(NOSPC), SHIM_FILES="/journal.jsonl", SHIM_FAIL=f"write:{NOSPC}:12")
    same("journal: full disk", drill)

    # Not permitted, once, at each entering of a namespace by which a change of links is looked at, made or
    # proved: two a call, in and back, and the way back never fails here.
    # A proof that cannot be had is said; the change is on, and the drill goes on.
    for number in range(1, 16, 2):
        proof = number in (5, 11)
        drill = play(f"setns {number} is not permitted", path, 0 if proof else 5, "not permitted", SHIM_WHO="links", SHIM_FAIL=f"setns:{PERM}:{number}-")
        check(f"setns {number}: a proof is missing and not said", len(drill.events("change.not_proved")) == proof, drill.text())
        same(f"setns {number} is not permitted", drill)
    # From the end on for good: the run cannot put anything back, says so, and somebody with the right can.
    drill = play("nothing is permitted any more", scenario(work, "gone", step(CHANGES + '  note { "waiting now" }\n')), 12, "NOT VERIFIED AS RESTORED",
                 SHIM_WHO="links", SHIM_FAIL=f"setns:{PERM}:25")
    done = drill.ask("restore")
    check("restore by somebody who may: " + done.stdout, done.returncode == 0)
    same("nothing is permitted any more", drill)

    drill = play("no new process for the keeper", path, 11, "cannot start the keeper", SHIM_FAIL=f"fork:{AGAIN}:1")
    check("without a keeper something was changed", not drill.events("change.recorded"))
    same("no new process for the keeper", drill)
    drill = play("no new process for a plugin", path, 5, "cannot start a process", SHIM_FAIL=f"fork:{AGAIN}:2")
    check("without a plugin's process something was changed", not drill.events("change.recorded"))
    same("no new process for a plugin", drill)
    drill = play("no new process for a change", path, 5, "cannot start", SHIM_WHO="exec", SHIM_FAIL=f"fork:{AGAIN}:1-")
    same("no new process for a change", drill)

    # The wall clock steps an hour, forward and back: told, and nothing of the drill's time moves.
    for ahead in (3600, -3600):
        path = scenario(work, "clock", step(CHANGES + "  wait(seconds(2))\n") + 'step { "At", id = "at", at = "T+00:00:01.500", owner = "me", run = function() note { "at its time" } end }\n')
        drill = play(f"clock step of {ahead} s", path, 0, "clock.stepped", SHIM_WALL=f"{ahead * 10**9}:{10**9}")
        by = [e["data"]["by_ns"] for e in drill.events("clock.stepped")]
        check(f"clock step: told as {by}", len(by) == 1 and abs(by[0] - ahead * 10**9) < 10**9)
        at = [e["monons"] for e in drill.events("note")][0] - drill.events("run.started")[0]["data"]["t0_ns"]
        check(f"clock step: the step came at {at}", 1.5e9 <= at < 60e9)  # nothing of the hour
        same("clock step", drill)

    # A target that is dead, and a program that takes too long: failed by their deadline, and put back.
    slow = scenario(work, "slow", step(CHANGES + f"""
  local good, why = pcall(function()
    exec.change {{ {{ "sh", "-c", "touch {work}/on; sleep 60" }}, undo = {{ "rm", "-f", "{work}/on" }}, verify = {{ "test", "!", "-e", "{work}/on" }}, deadline = ms(300) }}
  end)
  note {{ "slow: " .. tostring(why) }}
  local dead = reach.icmp {{ site "dead", from = "here", deadline = ms(300) }}
  note {{ "dead: " .. tostring(dead.err) }}
"""))
    drill = play("a slow program and a dead target", slow, 0, "dead: ETIME")
    check("a slow program: not told", "slow: " in drill.text() and "deadline" in drill.text(), drill.text())
    same("a slow program and a dead target", drill)
