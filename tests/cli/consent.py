#!/usr/bin/env python3
"""Nothing is begun on a network that is no lab before somebody has named the drill: typed on a
terminal, or by --confirm. Silence, a slip and the end of input are no consent."""
import glob
import os
import pty
import subprocess
import sys
import tempfile

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)
os.mkdir("runs")
failures = []

open("field.yaml", "w").write("site: consent\ntargets: {x: {kind: thing, may_be_disturbed: true}}\n")
open("lab.yaml", "w").write("""site: consent-lab
targets:
  inside: {kind: interface, vantage: a, interface: a0, may_be_disturbed: true}
  outside: {kind: interface, interface: nd-none0, may_be_disturbed: true}
lab:
  hosts: {a: {}, b: {}}
  links:
    - ends: [{host: a, interface: a0, addresses: [10.8.0.1/30]}, {host: b, interface: b0, addresses: [10.8.0.2/30]}]
""")


def scenario(site, body):
    open("s.lua", "w").write(f"""local p, links = use "pretend", use "links"
drill {{ "Consent", id = "consent", lasts = seconds(5), site = "{site}" }}
phase {{ "One" }}
step {{ "Do", owner = "me", run = function() {body} end }}
""")


def check(what, code, text, expected, words, runs):
    begun = glob.glob("runs/*/journal.jsonl")
    if code != expected or words not in text or len(begun) != runs:
        failures.append(f"{what}: exit {code}, {len(begun)} runs\n{text[-400:]}")
    subprocess.run(["rm", "-rf", "runs"])
    os.mkdir("runs")


def on_terminal(what, typed, expected, words, runs, *more):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(netdrill, [netdrill, "run", "s.lua", "--plain", "--runs", "runs", *more])
    text = b""
    sent = False
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
        if b"to go on:" in text and not sent:
            sent = True
            os.write(fd, typed)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    check(what, code, text.decode(errors="replace"), expected, words, runs)


def piped(what, expected, words, runs, *more, given=subprocess.DEVNULL):
    done = subprocess.run([netdrill, "run", "s.lua", "--plain", "--runs", "runs", *more], stdin=given,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(what, done.returncode, done.stdout, expected, words, runs)


scenario("field.yaml", 'p.change { "x", target = site "x" }')
on_terminal("the id is typed", b"consent\n", 0, "ok: 0 met", 1)
on_terminal("another word is typed", b"yes\n", 2, "expected 'consent', got 'yes'; nothing was changed", 0)
on_terminal("nothing is typed", b"\n", 2, "expected 'consent', got ''", 0)
on_terminal("the end of input", b"\x04", 2, "expected 'consent', got ''", 0)
on_terminal("a prefix is typed", b"consen\n", 2, "got 'consen'", 0)
on_terminal("never ask", b"", 2, "--confirm consent", 0, "--no-input")
piped("no terminal", 2, "--confirm consent", 0)
piped("the id is piped in, and nobody typed it", 2, "--confirm consent", 0,
      given=subprocess.Popen(["echo", "consent"], stdout=subprocess.PIPE).stdout)
piped("unattended", 0, "ok: 0 met", 1, "--confirm", "consent")
piped("unattended, another drill", 2, "got 'other'", 0, "--confirm", "other")

# A drill that calls no verb, as far as its plan shows, needs no consent: and may then call none.
scenario("field.yaml", 'wait(ms(10))')
piped("people alone", 0, "ok: 0 met", 1)
scenario("field.yaml", 'if confirm { "Go on", within = seconds(1), required = false } then note { "yes" } else p.change { "x", target = site "x" } end')
piped("a branch that no plan showed", 5, "nobody has agreed to that", 1)

# A site with a lab that also names what lies outside of it.
if os.geteuid() == 0:
    scenario("lab.yaml", 'links.down { site "outside" }')
    piped("outside of the lab", 2, "--confirm consent", 0, "--lab")
    scenario("lab.yaml", 'local t = { site "inside", site "outside" } '
             'local yes = confirm { "Inside", within = seconds(1), required = false } '
             'links.down { yes and t[1] or t[2], may_fail = true }')
    done = subprocess.run([netdrill, "run", "s.lua", "--plain", "--runs", "runs", "--lab"], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, text=True)
    journal = "".join(open(f).read() for f in glob.glob("runs/*/journal.jsonl"))
    if done.returncode != 0 or "acts outside of the lab, and nobody has agreed to that" not in journal:
        failures.append("a branch that leaves the lab: " + done.stdout[-400:])
    if '"target":"outside"' in "".join(open(f).read() for f in glob.glob("runs/*/undo.jsonl")):
        failures.append("a branch that leaves the lab: it was recorded")

subprocess.run(["rm", "-rf", work])
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
