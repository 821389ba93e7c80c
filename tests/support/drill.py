"""A drill played by the real program, for tests that do something to it while it runs."""
import fcntl
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import field
import kernel_state

CHANGES = """
  links.down { site "down0" }
  links.cut { site "cut0" }
  links.lose { site "lose0", share = percent(30) }
  shape.rate { site "rate0", rate = kbit_per_s(512) }
  links.admit { site "guests" }
"""


def scenario(work, name, body, lasts="minutes(2)", site="site.yaml"):
    path = os.path.join(work, name + ".lua")
    with open(path, "w") as out:
        out.write(f"""local links, shape, exec, reach = use "links", use "shape", use "exec", use "reach"
drill {{ "{name}", id = "{name}", lasts = {lasts}, site = "{site}" }}
phase {{ "One" }}
{body}""")
    return path


def step(body, more=""):
    return 'step { "Do", id = "do", owner = "me"' + more + ", run = function()\n" + body + "end }\n"


class Drill:
    """One run in the background. dir: its directory, once it has one."""

    def __init__(self, netdrill, work, path, args=(), env=None, stdin=subprocess.DEVNULL, wrap=()):
        self.netdrill, self.work = netdrill, work
        self.name = os.path.basename(path)[:-4]
        self.runs = os.path.join(work, "runs-%s-%d" % (self.name, time.monotonic_ns()))
        self.out = self.runs + ".out"
        with open(self.out, "w") as out:
            self.process = subprocess.Popen(
                list(wrap) + [netdrill, "run", path, "--confirm", self.name, "--plain", "--runs", self.runs, *args],
                stdin=stdin, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, start_new_session=True)
        self.pid = self.process.pid

    @property
    def dir(self):
        found = glob.glob(self.runs + "/*/journal.jsonl")
        return os.path.dirname(found[0]) if found else None

    def text(self):
        return open(self.out, errors="replace").read()

    def wait_for(self, words, seconds=60):
        deadline = time.monotonic() + seconds
        while words not in self.text():
            if time.monotonic() > deadline or self.process.poll() is not None and words not in self.text():
                raise AssertionError(f"'{words}' did not come:\n{self.text()}")
            time.sleep(0.02)

    def events(self, kind=None):
        try:
            lines = open(self.dir + "/journal.jsonl").read().split("\n")
        except (OSError, TypeError):
            return []
        events = []
        for line in lines:
            try:
                events.append(json.loads(line))
            except ValueError:
                break
        return [e for e in events if kind is None or e["type"] == "netdrill." + kind]

    def keeper(self):
        """The keeper's pid: the process whose arguments name our directory."""
        for entry in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                words = open(entry).read().split("\0")
            except OSError:
                continue
            if words[1:2] == ["keeper"] and os.path.realpath(words[2]) == os.path.realpath(self.dir or ""):
                return int(entry.split("/")[2])
        return None

    def ended(self, seconds=60):
        return self.process.wait(seconds)

    def kept(self, seconds=60):
        """Waits until nobody holds the directory's lock: runner and keeper are through."""
        deadline = time.monotonic() + seconds
        if self.dir is None:
            return
        while time.monotonic() < deadline:
            with open(self.dir + "/lock", "a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if self.keeper() is None:
                        return
                except OSError:
                    pass
            time.sleep(0.05)
        raise AssertionError("the keeper does not end")

    def moment(self):
        """The drill's time so far, in seconds, by the clock of its journal: past T+00:00 when it is not below 0."""
        begun = self.events("run.started")[0]
        origin = self.events("journal.opened")[0]["data"]["mono_origin_ns"]
        return (time.monotonic_ns() - origin - begun["data"]["t0_ns"]) / 1e9

    def passes(self, moment):
        """Waits until the drill's time, running or not, is past a moment given in seconds."""
        time.sleep(max(0, moment - self.moment()))

    def ask(self, *words):
        return subprocess.run([self.netdrill, words[0], self.dir, *words[1:]], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def kill(self):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.process.wait()


class Scene:
    """What a test of a drill on an operator's network needs: with Scene() as scene: ... builds the network,
    and at the end takes it away, tells what was wrong and exits."""

    def __init__(self):
        if os.geteuid() != 0:
            print("needs root: namespaces that stay")
            sys.exit(77)
        self.work = tempfile.mkdtemp()
        self.on = self.work + "/on"  # what the program of an exec.change makes
        self.field = field.Field(self.work)
        self.wrong = []

    def exec_change(self):
        return (f'  exec.change {{ {{ "touch", "{self.on}" }}, undo = {{ "rm", "-f", "{self.on}" }}, '
                f'verify = {{ "test", "!", "-e", "{self.on}" }} }}\n')

    def check(self, what, good, said=""):
        if not good:
            self.wrong.append(f"{what}\n{said.text() if isinstance(said, Drill) else said}".rstrip())

    def same(self, what, drill=None, before=None, namespaces=None):
        """As before, byte for byte; the program's change too, and the journal one chain."""
        before, namespaces = before or self.before, namespaces or self.field.namespaces
        after = kernel_state.becomes(before, namespaces)
        self.check(f"{what}: not as before\n{kernel_state.differ(before, after)}", before == after, drill or "")
        self.check(what + ": the program's change is left", not os.path.exists(self.on), drill or "")
        if drill is not None and drill.dir:
            told = drill.ask("verify").stdout
            self.check(f"{what}: the journal's chain", "journal   ok" in told, told)

    def __enter__(self):
        try:
            self.field.build()
            self.before = kernel_state.settled(self.field.namespaces)
        except BaseException:
            self.close()
            raise
        return self

    def close(self):
        self.field.remove()
        shutil.rmtree(self.work, ignore_errors=True)

    def __exit__(self, kind, error, trace):
        self.close()
        if kind is None:
            print("\n".join(self.wrong) or "ok")
            sys.exit(1 if self.wrong else 0)
