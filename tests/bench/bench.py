#!/usr/bin/python3
"""netdrill beside the tools people trust, in one run, in two namespaces of its own joined by a veth pair:
bench.py NETDRILL [--only WORD[,WORD...]] [--seconds N] [--long] [--list]. Prints a table of ratios, and writes it as
bench.json.

CPU is that of the whole process and its children as the kernel counts it (wait4), start, keeper and report included. What a
probe costs is told twice: from two runs of n and 3n probes, their difference divided by 2n, so that the fixed
part falls out; and, in the row's note, the longer run's whole CPU divided by its probes. Peers are taken the same
way. The aims are the project's; a row that misses its aim stays, with the reason in its note where it is known."""
import argparse, glob, json, os, re, shutil, sqlite3, subprocess, sys, tempfile, time
import bench_engine, bench_more, bench_probes

asked = argparse.ArgumentParser(description="netdrill beside fping, irtt, blackbox_exporter, iperf3, dnsperf and wrk")
asked.add_argument("netdrill")
asked.add_argument("--only", default="", help="groups whose name holds one of these words, with commas between")
asked.add_argument("--seconds", type=int, default=6, help="of each measurement (the longer of two is three times that)")
asked.add_argument("--long", action="store_true", help="50,000 samples a second for a minute, a cadence for an hour")
asked.add_argument("--list", action="store_true", help="the groups")
asked = asked.parse_args()
netdrill = os.path.realpath(asked.netdrill)
SECONDS, LONG = asked.seconds, asked.long
work = tempfile.mkdtemp()
NEAR, FAR, ADDRESS = f"nd-bench-{os.getpid()}-a", f"nd-bench-{os.getpid()}-b", "10.99.0.2"
rows, children = [], []


def sh(command):
    subprocess.run(command, shell=True, check=True)


def inside(namespace, *argv):
    return ["ip", "netns", "exec", namespace, *argv]


def peaks(pid, seen, above=""):
    """The high-water mark of each process of a tree, as far as it lives, into seen. One that is its parent yet (it was forked, and is
    not the program that it will be) has the parent's memory, which is counted once."""
    try:
        command = open(f"/proc/{pid}/cmdline").read()
        line = next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM"))
        if (command.startswith("netdrill") or netdrill in command) and command != above:
            seen[pid] = max(seen.get(pid, 0), int(line.split()[1]) / 1024)
        for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
            peaks(int(child), seen, command)
    except (OSError, StopIteration):
        pass


def measured(argv, namespace=NEAR, memory=False):
    """Runs to the end; returns its output, CPU seconds, peak memory of all its processes in MiB (when asked for: ru_maxrss
    would be this program's own, from before exec), and status."""
    seen = {}
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(inside(namespace, *argv) if namespace else argv, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        while memory and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            peaks(process.pid, seen)
            time.sleep(0.005 if len(seen) < 3 else 0.02)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        file.seek(0)
        return file.read().decode(errors="replace"), used.ru_utime + used.ru_stime, sum(seen.values()), status


def serve(*argv, namespace=FAR, wait=1):
    """A program at the far end, until the bench's end."""
    children.append(subprocess.Popen(inside(namespace, *argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL))
    time.sleep(wait)
    return children[-1]


def need(program):
    if shutil.which(program) is None:
        sys.exit(f"bench: {program} is missing; scripts/install-packages bench")
    return shutil.which(program)


def row(what, ours, peer, unit, aim, note=""):
    rows.append({"what": what, "netdrill": ours, "peer": peer, "unit": unit, "ratio": ours / peer if peer and ours is not None else None, "aim": aim, "note": note})
    print(f"  {what}: {number(ours)}" + (f" beside {number(peer)}" if peer is not None else "") + f" {unit}", flush=True)


def number(value):
    return "-" if value is None else f"{value:.3g}"


def drill(name, body, lasts, prefix=(), namespace=NEAR, site=None, options=(), memory=False):
    """Plays a scenario; returns the run's directory, CPU, memory, and what was said."""
    shutil.rmtree(f"{work}/{name}", ignore_errors=True)
    os.makedirs(f"{work}/{name}")
    open(f"{work}/{name}/site.yaml", "w").write(site or f"site: bench-{os.getpid()}\ntargets: {{far: {{kind: host, address: {ADDRESS}, port: 7}}}}\n")
    open(f"{work}/{name}/s.lua", "w").write(f"""local reach, exec = use "reach", use "exec"
drill {{ "Bench", id = "bench", lasts = seconds({lasts}), site = "site.yaml" }}
phase {{ "One" }}
{body}
""")
    text, cpu, peak, status = measured([*prefix, netdrill, "run", f"{work}/{name}/s.lua", "--confirm", "bench", "--plain", "--runs", f"{work}/{name}/runs", *options], namespace, memory)
    if status != 0:
        sys.exit(f"bench: netdrill ended with {status}\n{text[-2000:]}")
    return glob.glob(f"{work}/{name}/runs/*bench*")[0], cpu, peak, text


def samples(run):
    db = sqlite3.connect(f"{run}/samples.sqlite")
    got = db.execute("select due_ns, sent_ns, outcome, slot, series from sample order by series, slot").fetchall()
    db.close()
    return got


def step(text):
    return f'step {{ "S", owner = "me", run = function() {text} end }}'


def stream(verb, every, lasts_ms, options=""):
    return f'measure {{ reach.{verb}, site "far", every = "{every}", lasts = ms({int(lasts_ms)}){options} }}'


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else float("nan")


def marginal(name, verb, every_ms, options="", seconds=None):
    """CPU a probe in µs from n and 3n probes, and a note on the whole."""
    seconds = seconds or SECONDS
    told = []
    for factor in (1, 3):
        lasts = seconds * factor
        run, cpu, _, _ = drill(f"{name}{factor}", step(stream(verb, f"{int(every_ms * 1000)}us", lasts * 1000, options) + f" wait(seconds({lasts + 1}))"), lasts + 4)
        got = samples(run)
        told.append((len(got), cpu, sum(1 for r in got if r[2] == 1), sum(1 for r in got if r[2] < 0)))
    (n, cpu, _, _), (more, more_cpu, unsent, lost) = told
    return 1e6 * (more_cpu - cpu) / (more - n), f"{n} and {more} probes; whole process {1e6 * more_cpu / more:.3g} µs a probe; {unsent} not sent, {lost} not answered"


def marginal_peer(run, n):
    """The same of a peer: run(count) gives CPU seconds and how many probes it made."""
    cpu, made = run(n)
    more_cpu, more = run(3 * n)
    return 1e6 * (more_cpu - cpu) / (more - made), f"peer {made} and {more}, whole {1e6 * more_cpu / more:.3g} µs"


def met(r):
    """Whether a row meets its aim; None: it has none."""
    found = re.match(r"(<=|>=)? ?([\d.]+)( of )?", r["aim"])
    if not found:
        return None
    value = r["ratio"] if found[3] else r["netdrill"]
    limit = float(found[2])
    return None if value is None else value >= limit if found[1] == ">=" else value <= limit


# Why a row falls short, as far as it was looked into (perf, callgrind); by the beginning of its name.
REASONS = {
    "ICMP echo, ": "some 8 µs a probe are the kernel's own way through both ends (the row of the highest rate shows them), most of the rest is being woken for a slot, which a tick shares among several; fping keeps no sample, no journal and no statistics",
    "ICMP echo: highest": "one stall of the machine longer than 5 ms leaves slots unsent (they are told as such); fping has no slots to miss",
    "UDP echo at 1 kHz: CPU": "a wake-up a probe, as for ICMP",
    "TCP, ": "two wake-ups of an idle processor a call, some 70 µs each here, and an op of its own: a socket at its vantage, timers, a deadline, a sample",
    "DNS, ": "two wake-ups of an idle processor a call, some 70 µs each here, and an op of its own: a socket at its vantage, timers, a deadline, a sample",
    "10,000 streams: peak": "a stream takes some 3 kB in the run and as much in its plugin's process, its rehearsal before the run and the report after it more than that: docs/bench.md",
    "report of 10 million": "SQLite reads for two thirds of the CPU, which is within the aim: the machine had more to do than it has processors",
    "interim report": "SQLite reads for two thirds of the CPU, which is within the aim: the machine had more to do than it has processors",
    "10,000 streams, one": "all streams were opened in one second and stay as close together; each wakes for one probe",
    "1,000 live steps, no-op": "each of the 2,000 events is hashed, written and printed by itself",
    "1,000 live steps, exec": "a program is started by the plugin's process, asked for and answered over a socket",
    "HTTP, ": "a call is an op of its own, and libcurl's handles are made anew for each",
}


def verdict(r):
    good = met(r)
    if good is None or good:
        return "" if good is None else "met"
    return "SHORT"


GROUPS = {**bench_probes.GROUPS, **bench_engine.GROUPS, **bench_more.GROUPS}


def table():
    print(f"\n{'what':74} {'netdrill':>10} {'peer':>10} {'unit':>6} {'ratio':>6} {'':5} aim")
    for r in rows:
        print(f"{r['what']:74} {number(r['netdrill']):>10} {number(r['peer']):>10} {r['unit']:>6} {number(r['ratio']):>6} {verdict(r):5} {r['aim']}")
        if verdict(r) == "SHORT":
            r["reason"] = next((text for start, text in REASONS.items() if r["what"].startswith(start)), "not looked into")
            print(f"  falls short: {r['reason']}")
        if r["note"]:
            print(f"  {r['note']}")
    json.dump({"seconds": SECONDS, "long": LONG, "only": asked.only, "kernel": os.uname().release, "cpus": os.cpu_count(), "load_before": load, "rows": [{**r, "met": met(r)} for r in rows]}, open("bench.json", "w"),
              indent=1, ensure_ascii=False)


def main():
    words = [w for w in asked.only.split(",") if w]
    chosen = {name: group for name, group in GROUPS.items() if not words or any(w in name for w in words)}
    if asked.list or not chosen:
        print(*GROUPS, sep="\n")
        sys.exit(not asked.list)
    sh(f"ip netns add {NEAR}; ip netns add {FAR}; ip -n {NEAR} link add v0 type veth peer name v0 netns {FAR};"
       f"ip -n {NEAR} addr add 10.99.0.1/24 dev v0; ip -n {FAR} addr add {ADDRESS}/24 dev v0;"
       + "".join(f"ip -n {FAR} addr add 10.99.0.{i}/24 dev v0;" for i in range(3, 12)) +
       f"ip -n {NEAR} link set v0 up; ip -n {FAR} link set v0 up; ip -n {NEAR} link set lo up; ip -n {FAR} link set lo up")
    try:
        time.sleep(1)
        for name, group in chosen.items():
            print(f"== {name}", flush=True)
            group(sys.modules[__name__])
            while children:
                child = children.pop()
                child.terminate()
                child.wait()
    finally:
        for child in children:
            child.terminate()
            child.wait()
        sh(f"ip netns del {NEAR}; ip netns del {FAR}")
        shutil.rmtree(work)
        table()


load = os.getloadavg()[0]
main()
