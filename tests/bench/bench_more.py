"""Rows of the benchmark that stand by themselves: emulated lines, a large report."""
import glob, os, shutil, sqlite3, subprocess, sys, time


def lines(bench):
    """How far an emulated line is off the delay it was told, by kernel receive stamps, both ways together."""
    told = {"10": 10, "40": 40, "300": 300}
    hosts = "".join(f"    f{i}: {{services: [{{kind: echo, address: 10.97.{i}.2, port: 7}}]}}\n" for i in range(3))
    links = "".join(f"    - ends: [{{host: near, interface: n{i}, addresses: [10.97.{i}.1/24]}}, {{host: f{i}, interface: f{i}, "
                    f"addresses: [10.97.{i}.2/24]}}]\n      line: {{delay: {ms / 2}ms}}\n" for i, ms in enumerate(told.values()))
    targets = "".join(f"  far{i}: {{kind: service, address: 10.97.{i}.2, port: 7}}\n" for i in range(3))
    os.makedirs(f"{bench.work}/lines")
    open(f"{bench.work}/lines/site.yaml", "w").write(f"site: benchlines{os.getpid()}\nlab:\n  hosts:\n    near: {{}}\n{hosts}  links:\n{links}targets:\n{targets}")
    body = "".join(f'step {{ "S{i}", owner = "me", run = function() measure {{ reach.udp, site "far{i}", from = "near", every = ms(1), '
                   f'lasts = seconds({bench.SECONDS}) }} wait(seconds({bench.SECONDS + 1})) end }}\n' for i in range(3))
    # One after the other: they would share the processor that we measure on.
    body = 'phase { "One" }\n' + body.replace('step { "S1"', 'phase { "Two" }\nstep { "S1"').replace('step { "S2"', 'phase { "Three" }\nstep { "S2"')
    open(f"{bench.work}/lines/s.lua", "w").write(f'local reach = use "reach"\ndrill {{ "Lines", id = "bench", lasts = minutes(10), site = "site.yaml" }}\n{body}')
    text, _, _, status = bench.measured([bench.netdrill, "run", f"{bench.work}/lines/s.lua", "--lab", "--plain", "--runs", f"{bench.work}/lines/runs"], None)
    if status != 0:
        sys.exit(f"bench: netdrill ended with {status}\n{text[-2000:]}")
    run = f"{bench.work}/lines/runs/" + os.listdir(f"{bench.work}/lines/runs")[0]
    db = sqlite3.connect(f"{run}/samples.sqlite")
    for i, ms in enumerate(told.values(), 1):
        off = [v / 1e3 - ms * 1e3 for (v,) in db.execute("select value from sample where series = ? and outcome = 0", (i,))]
        lost = db.execute("select count(*) from sample where series = ? and outcome < 0", (i,)).fetchone()[0]
        bench.row(f"emulated line, {ms} ms there and back, 1 kHz: error p50", bench.quantile(off, .5), None, "µs", "stated",
                  note=f"p99 {bench.quantile(off, .99):.0f} µs, least {min(off):.0f} µs, {lost} of {len(off) + lost} lost; both ways and both hosts' stacks")


def fill(run, series_count, rows, every_ns, lost="n.i % 1000 = 7", numbers_from=1):
    """Made-up samples into a run's store, in the order in which they would have been measured."""
    db = sqlite3.connect(f"{run}/samples.sqlite", timeout=60)
    opened = db.execute("select opened_ns from series where id = 1").fetchone()[0]
    if numbers_from == 1:
        db.executescript("delete from sample; delete from series; delete from reading; drop index if exists sample_by_series;")
    db.executemany("insert into series values(?,?,null,'reach','udp','rtt','ns','far',null,?,1000000000,?,'{}',null)",
                   ((n, f"reach.udp far {n}", every_ns, opened) for n in range(numbers_from, numbers_from + series_count)))
    db.execute(f"""with recursive n(i) as (select 0 union all select i + 1 from n where i < {rows - 1})
        insert into sample select s.id, n.i, s.opened_ns + n.i * {every_ns}, s.opened_ns + n.i * {every_ns} + 5000,
        case when {lost} then -2 else 0 end, case when {lost} then null else 1e6 + (n.i * 7919 + s.id * 13) % 100000 end
        from n cross join series s where s.id >= {numbers_from}""")
    db.commit()
    if numbers_from == 1:
        db.execute("create index sample_by_series on sample(series, due_ns, slot)")
        db.commit()
    db.close()


def told(bench, what, run, seconds_aim, memory_aim):
    """Seconds, CPU and peak memory of a report, and how large it is."""
    began = time.monotonic()
    text, cpu, memory, status = bench.measured([bench.netdrill, "report", run], None, memory=True)
    took = time.monotonic() - began
    if status != 0:
        sys.exit(f"bench: netdrill report ended with {status}\n{text[-2000:]}")
    made = max(glob.glob(f"{run}/report/*.json"), key=os.path.getmtime)
    size, pages = os.path.getsize(made) / 1e6, os.path.getsize(made[:-5] + ".en.html") / 1e6
    bench.row(f"{what}: time", took, None, "s", seconds_aim, f"report.json {size:.1f} MB, a page {pages:.1f} MB; {os.getloadavg()[0]:.0f} processes wanted to run")
    bench.row(f"{what}: CPU", cpu, None, "s", "stated")
    bench.row(f"{what}: peak memory", memory, None, "MiB", memory_aim)


def large_report(bench):
    """Reports of many samples, of many interruptions and of many series; the series' samples lie mixed, as they were measured."""
    for what, series_count, rows, every_ns, lost, seconds_aim, memory_aim in (
            ("10 million samples in 23 series", 23, 434783, 10000, "n.i % 1000 = 7", "<= 5", "<= 64"),
            ("10 million samples in one series, 12 hours of it", 1, 10000000, 4320000, "n.i % 1000 = 7", "<= 5", "<= 64"),
            ("a million samples, 180,000 interruptions", 4, 250000, 6000, "(n.i * n.i) % 11 < 5", "<= 5", "<= 64"),
            ("10,000 series of ten samples", 10000, 10, 100000000, "n.i % 7 = 3", "<= 5", "<= 64")):
        run, _, _, _ = bench.drill("large", bench.step('measure { reach.udp, site "far", every = ms(100), lasts = ms(500) } wait(seconds(5))'), 6)
        fill(run, series_count, rows, every_ns, lost)
        told(bench, f"report of {what}", run, seconds_aim, memory_aim)
        shutil.rmtree(f"{bench.work}/large")


def interim(bench):
    """The interim report of a drill that is under way, with ten million samples in its store and no index."""
    os.makedirs(f"{bench.work}/interim")
    open(f"{bench.work}/interim/site.yaml", "w").write(f"site: benchinterim{os.getpid()}\ntargets: {{far: {{kind: host, address: {bench.ADDRESS}, port: 7}}}}\n")
    open(f"{bench.work}/interim/s.lua", "w").write("""local reach = use "reach"
drill { "Interim", id = "bench", lasts = minutes(20), site = "site.yaml" }
phase { "One" }
""" + bench.step('measure { reach.udp, site "far", every = ms(100), lasts = minutes(15) } wait(minutes(16))'))
    argv = [bench.netdrill, "run", f"{bench.work}/interim/s.lua", "--confirm", "bench", "--plain", "--runs", f"{bench.work}/interim/runs"]
    drill = subprocess.Popen(bench.inside(bench.NEAR, *argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    time.sleep(3)
    run = glob.glob(f"{bench.work}/interim/runs/*bench*")[0]
    fill(run, 23, 434783, 10000, numbers_from=101)
    told(bench, "interim report of a drill under way, 10 million samples in 23 series", run, "<= 5", "<= 64")
    drill.terminate()
    drill.wait()
    until = time.monotonic() + 60
    while not os.path.exists(f"{run}/MANIFEST") and time.monotonic() < until:  # its keeper still has the store to close
        time.sleep(0.2)


GROUPS = {"lines": lines, "report_large": large_report, "report_interim": interim}
