"""What the engine itself can do: lateness, many streams, many samples, many steps, a cadence that does not drift."""
import json, os, resource, sqlite3, subprocess, time


def late_of(got):
    return [(sent - due) / 1e6 for due, sent, outcome, _, _ in got if outcome != 1]


def lateness(bench):
    """UDP at 1 kHz, when each slot left against when it was due; then with a loop that burns on one processor."""
    bench.serve(bench.netdrill, "reflect", "echo:0.0.0.0:7")
    for what, aim in (("idle", "<= 0.5"), ("one processor burning", "<= 2")):
        burner = subprocess.Popen(["taskset", "-c", str(os.cpu_count() - 1), "sh", "-c", "while :; do :; done"]) if what != "idle" else None
        run, _, _, _ = bench.drill("late", bench.step(bench.stream("udp", "1ms", bench.SECONDS * 1000) + f" wait(seconds({bench.SECONDS + 1}))"), bench.SECONDS + 4)
        if burner:
            burner.kill()
            burner.wait()
        got = bench.samples(run)
        late = late_of(got)
        note = f"p50 {bench.quantile(late, .5):.3f}, p99.9 {bench.quantile(late, .999):.3f}, most {max(late):.3f} ms; {sum(1 for r in got if r[2] == 1)} of {len(got)} not sent"
        bench.row(f"slot lateness at 1 kHz, {what}: p99", bench.quantile(late, .99), None, "ms", aim, note)
        bench.row(f"slot lateness at 1 kHz, {what}: earliest", min(late), None, "ms", ">= 0 (never early)")


def many(bench):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(20000, hard)), hard))
    bench.serve(bench.netdrill, "reflect", "echo:0.0.0.0:7")
    loop = f"for i = 1, 10000 do {bench.stream('udp', '1s', bench.SECONDS * 1000)} end wait(seconds({bench.SECONDS + 1}))"
    run, cpu, memory, _ = bench.drill("many", bench.step(loop), bench.SECONDS + 6, memory=True)
    got = bench.samples(run)
    late = late_of([r for r in got if r[3] > 0])
    bench.row("10,000 streams, one probe a second each: p99 slot lateness", bench.quantile(late, .99), None, "ms", "<= 5",
              f"{sum(1 for r in got if r[2] == 1)} of {len(got)} not sent; the first second, in which all are opened, left out")
    bench.row("10,000 streams: peak memory of all processes", memory, None, "MiB", "<= 64 in all", "with the report's making")


def many_samples(bench):
    """50 streams of ICMP at 1 kHz (tick 1 ms): each sample in the store, no slot missed, no gap declared."""
    seconds = 60 if bench.LONG else bench.SECONDS
    loop = f"for i = 1, 50 do {bench.stream('icmp', '1ms', seconds * 1000)[:-2]}, tick = ms(1) }} end wait(seconds({seconds + 1}))"
    run, cpu, memory, _ = bench.drill("rows", bench.step(loop), seconds + 6, memory=True)
    db = sqlite3.connect(f"{run}/samples.sqlite")
    stored, unsent = db.execute("select count(*), sum(outcome = 1) from sample").fetchone()
    gaps = db.execute("select coalesce(sum(rows), 0) from gap").fetchone()[0]
    bench.row(f"50,000 samples a second for {seconds} s: slots missed", unsent, None, "", "0", f"{stored} of {50000 * seconds} stored, {gaps} declared as a gap; {cpu / seconds:.2f} processors, {memory:.0f} MiB"
              + ("" if bench.LONG else "; a minute with --long"))


def steps(bench):
    os.makedirs(f"{bench.work}/steps", exist_ok=True)
    open(f"{bench.work}/steps/s.lua", "w").write("""local p = use "pretend"
drill { "Steps", id = "bench", lasts = hours(30) }
phase { "One" }
step { "S", owner = "me", run = function() for i = 1, 100000 do wait(seconds(1)) end end }
""")
    began = time.monotonic()
    bench.measured([bench.netdrill, "rehearse", f"{bench.work}/steps/s.lua"], None)
    bench.row("rehearsal of one step that waits 100,000 times", time.monotonic() - began, None, "s", "<= 2")
    none = "\n".join(f'step {{ "S{i}", owner = "me", run = function() end }}' for i in range(1000))
    chain = "\n".join(f'step {{ "S{i}", id = "s{i}", owner = "me"{f", after = {chr(34)}s{i - 1}{chr(34)}" if i else ""}, run = function() exec.probe {{ {{ "true" }} }} end }}' for i in range(1000))
    for what, body, aim in (("no-op", none, 20), ("exec, one after the other", chain, 1000)):
        run, cpu, memory, _ = bench.drill("steps", body, 3600, namespace=None, site="site: bench-steps\nsimulated: true\n", memory=what == "no-op")
        events = [json.loads(line) for line in open(f"{run}/journal.jsonl")]
        moment = {e["type"]: e["monons"] for e in events if e["type"] in ("netdrill.run.started", "netdrill.run.ended")}
        done = sum(1 for e in events if e["type"] == "netdrill.step.ended" and e["data"]["state"] == "done")
        bench.row(f"1,000 live steps, {what}: STARTEX to ENDEX", (moment["netdrill.run.ended"] - moment["netdrill.run.started"]) / 1e6, None, "ms", f"<= {aim}", f"{done} done; {cpu:.2f} s of CPU in all")
        if what == "no-op":
            bench.row("1,000 no-op live steps: peak memory of all processes", memory, None, "MiB", "<= 10", "with the report's making")


def cadence(bench):
    """A probe a second: how late at most, and whether the lateness grows."""
    seconds = 3600 if bench.LONG else max(30, bench.SECONDS * 3)
    run, _, _, _ = bench.drill("cadence", bench.step(bench.stream("icmp", "1s", seconds * 1000) + f" wait(seconds({seconds + 1}))"), seconds + 6)
    late = late_of(bench.samples(run))
    third = len(late) // 3
    growth = bench.quantile(late[-third:], .5) - bench.quantile(late[:third], .5)
    bench.row(f"a probe a second for {seconds} s: most lateness", max(late), None, "ms", "<= 2", f"median of the last third less that of the first: {growth * 1000:+.0f} µs; {len(late)} sent"
              + ("" if bench.LONG else "; an hour with --long"))


GROUPS = {"lateness": lateness, "streams_many": many, "samples_many": many_samples, "steps": steps, "cadence": cadence}
