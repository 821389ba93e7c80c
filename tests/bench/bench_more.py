"""Rows of the benchmark that stand by themselves: emulated lines, a large report."""
import os, shutil, sqlite3, sys, time


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


def fill(run, series_count, rows, every_ns):
    """A short drill's store filled with made-up samples, one in a thousand lost."""
    db = sqlite3.connect(f"{run}/samples.sqlite")
    opened = db.execute("select opened_ns from series").fetchone()[0]
    db.execute("delete from sample")
    db.execute("delete from series")
    db.execute("drop index sample_by_series")
    for series in range(1, series_count + 1):
        db.execute("insert into series values(?,?,null,'reach','udp','rtt','ns','far',null,?,1000000000,?,'{}')",
                   (series, f"reach.udp far {series}", every_ns, opened))
        db.executemany("insert into sample values(?,?,?,?,?,?)", (
            (series, n, opened + n * every_ns, opened + n * every_ns + 5000, 0 if n % 1000 else -2,
             1e6 + (n * 7919 + series) % 100000 if n % 1000 else None) for n in range(rows)))
    db.execute("create index sample_by_series on sample(series, due_ns, slot)")
    db.commit()
    db.close()


def large_report(bench):
    """10 million samples, in 23 series and in one, their report rendered."""
    for name, series_count, every_ns, least in (("23 series", 23, 10000, "<= 200"), ("one series, 12 hours of it", 1, 4320000, "<= 300")):
        run, _, _, _ = bench.drill("large", bench.step('measure { reach.udp, site "far", every = ms(100), lasts = ms(500) } wait(seconds(5))'), 6)
        fill(run, series_count, 10000000 // series_count + 1, every_ns)
        began = time.monotonic()
        text, cpu, memory, status = bench.measured([bench.netdrill, "report", run], None, memory=True)
        took = time.monotonic() - began
        if status != 0:
            sys.exit(f"bench: netdrill report ended with {status}\n{text[-2000:]}")
        bench.row(f"report of 10 million samples in {name}: time", took, None, "s", "<= 5", note=f"{cpu:.1f} s of CPU")
        bench.row(f"report of 10 million samples in {name}: peak memory", memory, None, "MiB", least)
        shutil.rmtree(f"{bench.work}/large")


GROUPS = {"lines": lines, "report_large": large_report}
