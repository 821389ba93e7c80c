"""For tests against real daemons: a network namespace of the test's own with nothing but loopback, daemons
in it, scenarios that ask them, and tshark as a witness of what went over it."""
import glob, os, shutil, signal, subprocess, sys, tempfile, threading, time

import tshark

work = tempfile.mkdtemp()
started = []
wrong = []


def check(what, good):
    print(("ok    " if good else "WRONG ") + what, flush=True)
    if not good:
        wrong.append(what)


def own_network():
    """Runs the test anew in a namespace of its own. A missing program fails the test."""
    if os.environ.get("ND_TEST_NETWORK") is None:
        os.environ["ND_TEST_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "-n" if os.getuid() == 0 else "-rn", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def needs(*programs):
    for program in programs:
        if shutil.which(program) is None:
            sys.exit(f"'{program}' is not installed; scripts/install-packages drill test")


def daemon(argv, ready, within=60):
    """Starts a program, and waits until ready() is true."""
    log = open(f"{work}/{os.path.basename(argv[0])}.log", "ab")
    program = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=work)
    started.append(program)
    until = time.time() + within
    while time.time() < until:
        if ready():
            return program
        if program.poll() is not None:
            break
        time.sleep(0.05)
    log.close()
    finish(f"{argv[0]} does not get ready:\n" + open(log.name, errors="replace").read()[-2000:])


def end(program, how=signal.SIGTERM):
    program.send_signal(how)
    try:
        program.wait(5)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def restart(program, start, name, down=1):
    """Ends it a second after the run called so has begun to measure, and `down` seconds later starts it again; a thread
    to be joined."""
    def measures():
        return any("netdrill.series.opened" in open(path).read() for path in glob.glob(f"{work}/{name}/*/journal.jsonl"))

    def do():
        until = time.time() + 60
        while not measures() and time.time() < until:
            time.sleep(0.05)
        time.sleep(1)
        end(program)
        time.sleep(down)
        start()
    thread = threading.Thread(target=do)
    thread.start()
    return thread


def listens(address, port, over="tcp"):
    """Whether somebody has that IPv4 address and port, of TCP listening."""
    wanted = "".join(f"{int(x):02X}" for x in reversed(address.split("."))) + f":{port:04X}"
    rows = [line.split() for line in open(f"/proc/net/{over}").readlines()[1:]]
    return any(row[1] == wanted and (over == "udp" or row[3] == "0A") for row in rows)


class Capture:
    """What went over loopback from now until done()."""

    def __init__(self, filter, name):
        self.file = f"{work}/{name}.pcap"
        self.dump = subprocess.Popen(["dumpcap", "-q", "-B", "16", "-i", "lo", "-f", filter, "-w", self.file],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        started.append(self.dump)
        said = []
        for line in self.dump.stderr:  # it names its file once it captures
            if line.startswith("File:"):
                return
            said.append(line)
        finish("dumpcap does not capture: " + "".join(said))

    def done(self, *how):
        """Once nothing more is written. how: further arguments of tshark, such as -d."""
        tshark.end_capture(self.dump, self.file)
        self.how = how

    def count(self, wanted):
        return len(tshark.dissect(self.file, ["frame.number"], *self.how, wanted=wanted))

    def check_clean(self, protocol, at_least):
        """tshark takes the packets for what they are, without a warning about one of them."""
        seen = self.count(protocol)
        check(f"tshark sees {seen} packets of {protocol}", seen >= at_least)
        self.check_expert("")

    def check_expert(self, wanted):
        """No warning nor error about the packets wanted ("": about any)."""
        odd = tshark.experts(self.file, *self.how, wanted=wanted)
        check(f"none of them with a warning or an error {odd}", not odd)
        if odd:
            self.show(f"_ws.expert.severity >= {tshark.WARNING}" + (f" && ({wanted})" if wanted else ""))

    def show(self, wanted):
        """The first packets wanted, whole, for whoever reads a failed test."""
        print(subprocess.run(["tshark", "-r", self.file, *tshark.ALWAYS, *self.how, "-Y", wanted, "-V", "-x"],
                             capture_output=True, text=True).stdout[:6000])


def run(netdrill, name, site, scenario):
    """Plays a scenario; the finished process and its run directory's pattern."""
    open(f"{work}/{name}.yaml", "w").write(site)
    open(f"{work}/{name}.lua", "w").write(scenario)
    out = subprocess.run([netdrill, "run", f"{work}/{name}.lua", "--confirm", name, "--plain", "--runs", f"{work}/{name}"],
                         capture_output=True, text=True)
    check(f"{name}: exit {out.returncode}", out.returncode == 0)
    if out.returncode != 0:
        print(out.stdout[-3000:], out.stderr[-1000:])
    return out, f"{work}/{name}/*"


class Scenes:
    """Scenarios of one step, over one site. head: what stands before the step, such as locals."""

    def __init__(self, netdrill, plugin, targets, head=""):
        self.netdrill, self.plugin, self.head = netdrill, plugin, head
        self.site = f"site: {plugin}-{os.getpid()}\ntargets:\n{targets}"

    def play(self, name, body, lasts="minutes(1)"):
        return run(self.netdrill, name, self.site, f"""
local {self.plugin} = use "{self.plugin}"
{self.head}
drill {{ "{name}", id = "{name}", lasts = {lasts}, site = "{name}.yaml" }}
phase {{ "One" }}
step {{ "Ask", owner = "me", run = function()
{body}
end }}
""")


def finish(why=None):
    for program in started:
        if program.poll() is None:
            end(program)
    if why is None:
        shutil.rmtree(work)
    sys.exit(why if why is not None else bool(wrong))
