#!/usr/bin/python3
"""netdrill beside the tools people trust, in one run, in two namespaces of its own joined by a veth
pair: bench.py NETDRILL [SECONDS]. Prints a table of ratios, and writes it as bench.json.

CPU is that of the whole process, start and report included, as the kernel counts it (wait4), so that
nothing is left out on our side. 'better' is our figure over the peer's; the aims are the project's."""
import bench_more, glob, json, os, re, shutil, sqlite3, subprocess, sys, tempfile, time

netdrill = os.path.realpath(sys.argv[1])
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
work = tempfile.mkdtemp()
NEAR, FAR, ADDRESS = f"nd-bench-{os.getpid()}-a", f"nd-bench-{os.getpid()}-b", "10.99.0.2"
rows, children = [], []


def sh(command):
    subprocess.run(command, shell=True, check=True)


def measured(argv, namespace=NEAR, out=subprocess.DEVNULL):
    """Runs to the end; returns its output, CPU seconds, and peak memory in MiB."""
    argv = (["ip", "netns", "exec", namespace] if namespace else []) + argv
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(argv, stdout=file, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        file.seek(0)
        return file.read().decode(errors="replace"), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, status


def row(what, ours, peer, unit, aim, ratio=None, note=""):
    if ratio is None and peer:
        ratio = ours / peer
    rows.append({"what": what, "netdrill": ours, "peer": peer, "unit": unit, "ratio": ratio, "aim": aim, "note": note})


def drill(name, body, lasts):
    """Plays a scenario in the near namespace; returns the run's directory, CPU and memory."""
    os.makedirs(f"{work}/{name}", exist_ok=True)
    open(f"{work}/{name}/site.yaml", "w").write(f"site: bench-{os.getpid()}\ntargets: {{far: {{kind: host, address: {ADDRESS}, port: 7}}}}\n")
    open(f"{work}/{name}/s.lua", "w").write(f"""local reach = use "reach"
drill {{ "Bench", id = "bench", lasts = seconds({lasts}), site = "site.yaml" }}
phase {{ "One" }}
{body}
""")
    text, cpu, memory, status = measured([netdrill, "run", f"{work}/{name}/s.lua", "--confirm", "bench", "--plain", "--runs", f"{work}/{name}/runs"])
    if status != 0:
        sys.exit(f"bench: netdrill ended with {status}\n{text[-2000:]}")
    return glob.glob(f"{work}/{name}/runs/*bench*")[0], cpu, memory


def samples(run):
    return sqlite3.connect(f"{run}/samples.sqlite").execute("select due_ns, sent_ns, outcome, slot from sample").fetchall()


def step(text):
    return f'step {{ "S", owner = "me", run = function() {text} end }}'


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def echo_server(namespace, port):
    code = ("import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.setsockopt(1,8,1<<22)\n"
            f"s.bind(('',{port}))\nwhile 1:\n p,a=s.recvfrom(2048)\n s.sendto(p,a)")
    children.append(subprocess.Popen(["ip", "netns", "exec", namespace, sys.executable, "-c", code]))


def icmp(rate, every, fping_args, tick=None):
    ticks = f', tick = "{tick}"' if tick else ""
    run, cpu, _ = drill(f"icmp{rate}{tick}", step(f'measure {{ reach.icmp, site "far", every = "{every}"{ticks}, lasts = seconds({SECONDS}) }} wait(seconds({SECONDS}))'), SECONDS + 5)
    got = samples(run)
    count = rate * SECONDS
    # One address is asked once a millisecond at most: more addresses make the rate.
    text, peer_cpu, _, _ = measured(["fping", "-q", *fping_args])
    loss = sum(1 for r in got if r[2] < 0)
    if "xmt/rcv" not in text:
        sys.exit(f"bench: fping said:\n{text[-1000:]}")
    peer_sent = sum(int(m) for m in re.findall(r"= (\d+)/\d+/", text))
    row(f"ICMP echo, {rate} a second{', tick ' + tick if tick else ''}: CPU a probe", 1e6 * cpu / len(got), 1e6 * peer_cpu / max(1, peer_sent), "µs", "<= 0.5 of fping",
        note=f"netdrill: {len(got)} slots of {count}, {sum(1 for r in got if r[2] == 1)} not sent, {loss} lost; fping sent {peer_sent}")


def khz_udp():
    server = subprocess.Popen(["ip", "netns", "exec", FAR, "irtt", "server", "-i", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children.append(server)
    echo_server(FAR, 7)
    time.sleep(1)
    run, cpu, _ = drill("udp", step(f'measure {{ reach.udp, site "far", every = ms(1), lasts = seconds({SECONDS}) }} wait(seconds({SECONDS}))'), SECONDS + 5)
    got = samples(run)
    text, peer_cpu, _, _ = measured(["irtt", "client", "-i", "1ms", "-d", f"{SECONDS}s", "-q", "-o", f"{work}/irtt.json.gz", ADDRESS])
    import gzip
    stats = json.load(gzip.open(f"{work}/irtt.json.gz"))["stats"]
    sent = stats["packets_sent"]
    row("UDP at 1 kHz: CPU a probe", 1e6 * cpu / len(got), 1e6 * peer_cpu / sent, "µs", "<= 0.2 of irtt")
    row("UDP at 1 kHz: slots missed", 100 * sum(1 for r in got if r[2] == 1) / len(got), 100 * (SECONDS * 1000 - sent) / (SECONDS * 1000), "%", "0 (irtt: what it did not send)", ratio=None)
    late = [r[1] - r[0] for r in got if r[2] != 1]
    row("slot lateness at 1 kHz: earliest", min(late) / 1e6, None, "ms", ">= 0")
    row("slot lateness at 1 kHz: p99", quantile(late, .99) / 1e6, None, "ms", "<= 0.5")


def many():
    loop = f'for i = 1, 10000 do measure {{ reach.udp, site "far", every = seconds(1), lasts = seconds({SECONDS}) }} end wait(seconds({SECONDS + 1}))'
    run, cpu, memory = drill("many", step(loop), SECONDS + 6)
    got = samples(run)
    late = [r[1] - r[0] for r in got if r[2] != 1 and r[3] > 0]
    row("10,000 streams, one probe a second each: p99 slot lateness", quantile(late, .99) / 1e6, None, "ms", "<= 5",
        note=f"{sum(1 for r in got if r[2] == 1)} of {len(got)} not sent; the first second, in which all are opened, left out")
    row("10,000 streams: peak memory with the report's making", memory, None, "MiB", "<= 64 in all")


def engine():
    os.makedirs(f"{work}/steps", exist_ok=True)
    open(f"{work}/steps/s.lua", "w").write("""local p = use "pretend"
drill { "Steps", id = "bench", lasts = hours(30) }
phase { "One" }
step { "S", owner = "me", run = function() for i = 1, 100000 do wait(seconds(1)) end end }
""")
    began = time.monotonic()
    measured([netdrill, "rehearse", f"{work}/steps/s.lua"], None)
    row("rehearsal of one step that waits 100,000 times", time.monotonic() - began, None, "s", "<= 2")
    text = 'drill { "Steps", id = "bench", lasts = hours(1) }\nphase { "One" }\n' + "".join(
        f'step {{ "S{i}", owner = "me", run = function() end }}\n' for i in range(1000))
    open(f"{work}/steps/live.lua", "w").write('local p = use "pretend"\n' + text)
    open(f"{work}/steps/site.yaml", "w").write("site: bench-steps\nsimulated: true\n")
    out, _, memory, _ = measured([netdrill, "run", f"{work}/steps/live.lua", "--site", f"{work}/steps/site.yaml", "--confirm", "bench", "--json", "--runs", f"{work}/steps/runs"], None)
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    begin = next(e["monons"] for e in events if e["type"] == "netdrill.run.started")
    end = next(e["monons"] for e in events if e["type"] == "netdrill.run.ended")
    row("1,000 no-op live steps, journalled: STARTEX to ENDEX", (end - begin) / 1e6, None, "ms", "<= 20")
    row("1,000 no-op live steps: peak memory with the report's making", memory, None, "MiB", "<= 10")


def main():
    sh(f"ip netns add {NEAR}; ip netns add {FAR}; ip -n {NEAR} link add v0 type veth peer name v0 netns {FAR};"
       f"ip -n {NEAR} addr add 10.99.0.1/24 dev v0; ip -n {FAR} addr add {ADDRESS}/24 dev v0;"
       + "".join(f"ip -n {FAR} addr add 10.99.0.{i}/24 dev v0;" for i in range(3, 12)) +
       f"ip -n {NEAR} link set v0 up; ip -n {FAR} link set v0 up; ip -n {NEAR} link set lo up; ip -n {FAR} link set lo up")
    try:
        time.sleep(1)
        icmp(1000, "1ms", ["-p", "1", "-i", "1", "-c", str(1000 * SECONDS), ADDRESS])
        icmp(1000, "1ms", ["-p", "1", "-i", "1", "-c", str(1000 * SECONDS), ADDRESS], "10ms")
        # More than 65,535 in 10 s fping cannot tell apart.
        icmp(5000, "200us", ["-p", "1", "-i", "0", "-c", str(1000 * SECONDS)] + [f"10.99.0.{i}" for i in range(2, 7)])
        khz_udp()
        many()
        engine()
        me = sys.modules[__name__]
        bench_more.blackbox(me)
        bench_more.large_report(me)
        bench_more.lines(me)
    finally:
        for child in children:
            child.terminate()
            child.wait()
        sh(f"ip netns del {NEAR}; ip netns del {FAR}")
        shutil.rmtree(work)
    print(f"{'what':66} {'netdrill':>10} {'peer':>10} {'unit':>4} {'ratio':>6}  aim")
    for r in rows:
        number = lambda v: "-" if v is None else f"{v:.3g}"
        print(f"{r['what']:66} {number(r['netdrill']):>10} {number(r['peer']):>10} {r['unit']:>4} {number(r['ratio']):>6}  {r['aim']}")
        if r["note"]:
            print(f"  {r['note']}")
    json.dump({"seconds": SECONDS, "kernel": os.uname().release, "cpus": os.cpu_count(), "rows": rows}, open("bench.json", "w"), indent=1, ensure_ascii=False)


main()
