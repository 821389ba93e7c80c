"""Probes beside the tools people trust."""
import gzip, json, os, re, subprocess, sys, time, urllib.request


def icmp(bench):
    """Beside fping at the same paced rate; more than 65,535 probes in 10 s fping cannot tell apart."""
    bench.need("fping")

    def fping(arguments, targets):
        def run(seconds):
            text, cpu, _, _ = bench.measured(["fping", "-q", *arguments, "-c", str(1000 * seconds), *targets])
            return cpu, sum(int(m) for m in re.findall(r"= (\d+)/\d+/", text))
        return run

    one = bench.marginal_peer(fping(["-p", "1", "-i", "1"], [bench.ADDRESS]), bench.SECONDS)
    for tick in (None, "10ms"):
        ours, note = bench.marginal("icmp", "icmp", 1, f', tick = "{tick}"' if tick else "")
        bench.row(f"ICMP echo, 1,000 a second{', tick ' + tick if tick else ''}: CPU a probe", ours, one[0], "µs", "<= 0.5 of fping", f"{note}; {one[1]}")
    five = bench.marginal_peer(fping(["-p", "1", "-i", "0"], [f"10.99.0.{i}" for i in range(2, 7)]), min(bench.SECONDS, 4))
    ours, note = bench.marginal("icmp5", "icmp", 0.2, seconds=min(bench.SECONDS, 4))
    bench.row("ICMP echo, 5,000 a second: CPU a probe", ours, five[0], "µs", "<= 0.5 of fping", f"{note}; {five[1]} by 5 addresses")


def icmp_most(bench):
    """The highest rate at which nothing is lost or left unsent, in steps; fping flat out over 65,534 addresses."""
    bench.need("fping")
    bench.sh(f"ip -n {bench.FAR} route add local 10.100.0.0/16 dev lo; ip -n {bench.NEAR} route add 10.100.0.0/16 via {bench.ADDRESS}")
    text, cpu, _, _ = bench.measured(["fping", "-q", "-s", "-r", "0", "-i", "0", "-t", "500", "-g", "10.100.0.0/16"])
    alive, sent, took = (float(re.search(p, text)[1]) for p in (r"(\d+) alive", r"(\d+) ICMP Echos sent", r"([\d.]+) sec \(elapsed real time\)"))
    best, note = 0, []
    for rate in (50, 100, 125, 150, 175, 200, 250):
        run, ours, _, _ = bench.drill("most", bench.step(bench.stream("icmp", f"{1000 / rate:g}us", 2000, ', tick = "1ms"') + " wait(seconds(4))"), 8)
        got = bench.samples(run)
        unsent, lost = sum(1 for r in got if r[2] == 1), sum(1 for r in got if r[2] < 0)
        note.append(f"{rate}k: {unsent} not sent, {lost} not answered, {1e6 * ours / len(got):.1f} µs CPU a probe")
        if unsent + lost == 0:
            best = rate * 1000
        elif unsent + lost > len(got) / 10:
            break
    bench.row("ICMP echo: highest loss-free rate, one stream, tick 1 ms", best, sent / took, "/s", ">= 1.5 of fping",
              f"of 2 s each: {'; '.join(note)}; fping flat out over 65,534 addresses: {alive:.0f} of {sent:.0f} answered in {took:.2f} s, {1e6 * cpu / sent:.1f} µs")


def udp(bench):
    bench.need("irtt")
    bench.serve("irtt", "server", "-i", "0")
    bench.serve(bench.netdrill, "reflect", "echo:0.0.0.0:7")
    missed = []

    def irtt(seconds):
        path = f"{bench.work}/irtt.json.gz"
        _, cpu, _, _ = bench.measured(["irtt", "client", "-i", "1ms", "-d", f"{seconds}s", "-q", "-o", path, bench.ADDRESS])
        sent = json.load(gzip.open(path))["stats"]["packets_sent"]
        missed.append(100 * (1 - sent / (1000 * seconds)))
        return cpu, sent

    peer, peer_note = bench.marginal_peer(irtt, bench.SECONDS)
    ours, note = bench.marginal("udp", "udp", 1)
    bench.row("UDP echo at 1 kHz: CPU a probe", ours, peer, "µs", "<= 0.2 of irtt", f"{note}; {peer_note}")
    run, _, _, _ = bench.drill("udp", bench.step(bench.stream("udp", "1ms", bench.SECONDS * 1000) + f" wait(seconds({bench.SECONDS + 1}))"), bench.SECONDS + 4)
    got = bench.samples(run)
    bench.row("UDP echo at 1 kHz: slots missed", 100 * sum(1 for r in got if r[2] == 1) / len(got), missed[-1], "%", "0", "irtt: what it did not send of its slots")


def blackbox_exporter(bench):
    program = bench.need("prometheus-blackbox-exporter")
    open(f"{bench.work}/blackbox.yml", "w").write(
        "modules:\n  http: {prober: http, http: {preferred_ip_protocol: ip4}}\n  tcp: {prober: tcp}\n  icmp: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}\n"
        "  dns: {prober: dns, dns: {query_name: www.drill.test, query_type: A, transport_protocol: udp, preferred_ip_protocol: ip4}}\n")
    bench.serve("sysctl", "-qw", "net.ipv4.ping_group_range=0 0", namespace=bench.NEAR, wait=0)
    exporter = bench.serve(program, f"--config.file={bench.work}/blackbox.yml", "--web.listen-address=127.0.0.1:9115", "--log.level=error", namespace=bench.NEAR)

    def ask(module, target):
        def run(count):
            code = ("import http.client\nc=http.client.HTTPConnection('127.0.0.1',9115)\nbad=0\n"
                    f"for i in range({count}):\n c.request('GET','/probe?module={module}&target={target}')\n"
                    " b=c.getresponse().read()\n bad+=b'probe_success 1' not in b\nprint(bad)")
            before = cpu_of(exporter.pid)
            bad = subprocess.run(bench.inside(bench.NEAR, sys.executable, "-c", code), capture_output=True, text=True).stdout.strip()
            if bad != "0":
                sys.exit(f"bench: blackbox_exporter had {bad or 'no'} of {count} probes without success ({module})")
            return cpu_of(exporter.pid) - before, count
        return run
    return ask


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def calls(bench):
    """A call, a connection or a query each, at 200 a second; blackbox_exporter asked one after the other, its CPU as /proc counts it."""
    at = bench.ADDRESS
    bench.serve(bench.netdrill, "reflect", f"web:{at}:80", f"dns:{at}:53", "name:www.drill.test=10.9.0.80")
    ask = blackbox_exporter(bench)
    for verb, options, target, aim in [("tcp", ", port = 80", f"{at}:80", "<= 0.1"), ("dns", ', port = 53, name = "www.drill.test"', f"{at}:53", "<= 0.1"),
                                       ("http", ", port = 80", f"http://{at}/", "<= 0.2"), ("icmp", "", at, "stated")]:
        peer, peer_note = bench.marginal_peer(ask(verb, target), 200 * min(bench.SECONDS, 5))
        ours, note = bench.marginal(f"call{verb}", verb, 5, options, min(bench.SECONDS, 5))
        bench.row(f"{verb.upper()}, 200 a second: CPU a probe", ours, peer, "µs", f"{aim} of blackbox_exporter", f"{note}; {peer_note}")
        if verb != "icmp":
            ours, note = bench.marginal(f"tick{verb}", verb, 5, options + ', tick = "50ms"', min(bench.SECONDS, 5))
            bench.row(f"{verb.upper()}, 200 a second, tick 50ms: CPU a probe", ours, peer, "µs", f"{aim} of blackbox_exporter", note)


def dnsperf(bench):
    """The same queries at the same pace."""
    bench.need("dnsperf")
    at = bench.ADDRESS
    bench.serve(bench.netdrill, "reflect", f"dns:{at}:53", "name:www.drill.test=10.9.0.80")
    open(f"{bench.work}/queries", "w").write("www.drill.test A\n")

    def run(seconds):
        text, cpu, _, _ = bench.measured(["dnsperf", "-s", at, "-d", f"{bench.work}/queries", "-l", str(seconds), "-Q", "500", "-c", "1", "-T", "1"])
        return cpu, int(re.search(r"Queries sent:\s+(\d+)", text)[1])

    peer, peer_note = bench.marginal_peer(run, bench.SECONDS)
    ours, note = bench.marginal("dns", "dns", 2, ', port = 53, name = "www.drill.test"')
    bench.row("DNS query, 500 a second: CPU a query", ours, peer, "µs", "stated", f"{note}; {peer_note}; dnsperf counts, netdrill keeps each")


def wrk(bench):
    """A new connection for each page; wrk floods with 4 connections, we keep a pace: only the CPU a connection is compared."""
    bench.need("wrk")
    at = bench.ADDRESS
    bench.serve(bench.netdrill, "reflect", f"web:{at}:80")

    def run(seconds):
        text, cpu, _, _ = bench.measured(["wrk", "-t", "1", "-c", "4", "-d", f"{seconds}s", "-H", "Connection: close", f"http://{at}/"])
        return cpu, int(re.search(r"(\d+) requests in", text)[1])

    peer, peer_note = bench.marginal_peer(run, 2)
    ours, note = bench.marginal("http", "http", 2, ", port = 80")
    bench.row("HTTP page on a new connection: CPU a connection", ours, peer, "µs", "stated", f"{note}; {peer_note}; wrk flat out, its wake-ups shared by many")


def iperf3(bench):
    """As fast as it goes between two namespaces; CPU of the sending side."""
    bench.need("iperf3")
    at = bench.ADDRESS
    bench.serve("iperf3", "-s")
    bench.serve(bench.netdrill, "reflect", f"sink:{at}:9")
    seconds = max(2, min(5, bench.SECONDS))
    text, cpu, _, _ = bench.measured(["iperf3", "-c", at, "-t", str(seconds), "-J"])
    sent = json.loads(text)["end"]["sum_received"]
    run, ours, _, _ = bench.drill("bulk", bench.step(f'reach.bulk {{ site "far", port = 9, rate = mbit_per_s(10000), octets = 100000000000, sends_for = seconds({seconds}), deadline = seconds({seconds + 6}) }}'), seconds + 10)
    read = next(e["data"]["readings"] for e in map(json.loads, open(f"{run}/journal.jsonl")) if e["type"] == "netdrill.op.ended")
    bench.row("TCP bulk, no line between: rate", read["rate"] / 1e9, sent["bits_per_second"] / 1e9, "Gbit/s", "stated", "netdrill's is capped at 10 Gbit/s by its own option")
    bench.row("TCP bulk: CPU a megabyte, of the sender's whole process", 1e6 * ours / (read["octets"] / 1e6), 1e6 * cpu / (sent["bytes"] / 1e6), "µs", "stated")


def instructions(bench):
    """Instructions a probe by callgrind, which repeat where times do not: of n and 3n probes, libraries and our idle turns included, the kernel not."""
    bench.need("valgrind")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "no_pidfd.c")
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", f"{bench.work}/no_pidfd.so", source, "-ldl"], check=True)
    at = bench.ADDRESS
    bench.serve(bench.netdrill, "reflect", f"web:{at}:80", f"dns:{at}:53", "name:www.drill.test=10.9.0.80", f"echo:{at}:7", f"stamp:{at}:862")
    for verb, options in [("icmp", ""), ("udp", ""), ("stamp", ", port = 862"), ("tcp", ", port = 80"), ("dns", ', port = 53, name = "www.drill.test"'), ("http", ", port = 80")]:
        told = []
        for count in (100, 300):
            body = bench.step(bench.stream(verb, "20ms", count * 20, options) + f" wait(ms({count * 20 + 1000}))")
            run, _, _, text = bench.drill(f"ir{verb}", body, count // 50 + 4, ["env", f"LD_PRELOAD={bench.work}/no_pidfd.so", f"BENCH_EXE={bench.netdrill}", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes", "--trace-children-skip-by-arg=*keeper*"])
            got = bench.samples(run)
            told.append((sum(1 for r in got if r[2] == 0), sum(int(n) for n in re.findall(r"Collected : (\d+)", text))))
        (n, ir), (more, more_ir) = told
        bench.row(f"{verb.upper()}: instructions a probe", (more_ir - ir) / (more - n), None, "", "stated", f"{n} and {more} answered probes, {ir / 1e6:.1f} and {more_ir / 1e6:.1f} million in all")


GROUPS = {"icmp": icmp, "icmp_most": icmp_most, "udp_irtt": udp, "calls_blackbox": calls, "dns_dnsperf": dnsperf, "http_wrk": wrk, "bulk_iperf3": iperf3, "instructions": instructions}
