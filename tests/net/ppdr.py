#!/usr/bin/python3
"""The PPDR drill end to end in its lab, in compressed time: real kamailio and sipp, real packets through the
classes. What the radio does to rescuers without priority and with it, the pre-emption as kamailio saw it, the
wrong namespace order, restoration, and what the report says. Of what is a question of speed, a busy machine may
cost one; nothing else may be missed."""
import glob, json, os, re, sqlite3, subprocess, sys, tempfile
from speed import not_excused

netdrill = os.path.realpath(sys.argv[1])
root = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
work = tempfile.mkdtemp()
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, got, flush=True)
    if not good:
        wrong.append(what)


out = subprocess.run([netdrill, "run", "drills/ppdr-mocn.lua", "--lab", "--answers", "drills/answers/ppdr-mocn.yaml", "--plain", "--runs", work],
                     cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
run = (glob.glob(work + "/*/") or [""])[0]
if out.returncode not in (0, 10):
    sys.exit(f"exit {out.returncode}\n{out.stdout[-3000:]}\n{out.stderr[-2000:]}")
model = json.load(open(run + "report/report.json"))
verdicts = {v["sentence"]["en"]: v for v in model["verdicts"]}
missed = not_excused(run)
check(f"{len(verdicts)} verdicts, met but for what a busy machine may miss", len(verdicts) == 32 and not missed, missed)
check("every change was proved to be on and read back as before", len(model["changes"]) == 10 and
      all(c["proved"] and c["state"] == "verified" for c in model["changes"]), [(c["verb"], c["proved"], c["state"]) for c in model["changes"]])
check("the lab is gone", not glob.glob("/run/netns/nd-ppdr-*") and not os.path.exists("/run/netdrill/ppdr-mocn-air"))
check("the baseline held before and after", "the baseline is as before" in out.stdout)

series = {s["label"]: s for s in model["series"]}
shares = {label: s["answered"] / s["count"] for label, s in series.items()}
without, with_it = shares["group calls, congested, no priority"], shares["group calls, priority"]
check("rescuers' calls at 150 %, without priority and with it", without < 0.7 and with_it > 0.9, f"{without:.0%} {with_it:.0%}")
check("late entry, calls over the satellite", shares["late entry"] > 0.9 and shares["group calls over MEO"] > 0.9)
check("the public is slowed and not cut off", 0.3 < shares["the public's data"] < 0.95, f"{shares['the public' + chr(39) + 's data']:.0%}")
check("the satellite is in what is measured", series["group calls over MEO"]["p50"] > 200e6 > series["group calls, priority"]["p50"])

# The voice, second by second: lost without priority, whole from the second after it was switched on.
events = [json.loads(line) for line in open(run + "journal.jsonl")]
moment = {e["data"]["title"]["en"]: e["monons"] for e in events if e["type"] == "netdrill.phase.started"}
rows = sqlite3.connect(run + "samples.sqlite").execute("select sent_ns, outcome from sample where series = ?", (series["rescuers' voice"]["id"],)).fetchall()


def loss(since, seconds):
    of = [outcome != 0 for sent, outcome in rows if 0 <= sent - since < seconds * 1e9]
    return sum(of) / len(of)


crowd, priority = moment["The public comes: load of 150 %"], moment["Priority is switched on"]
check("voice lost before and after", loss(crowd + 2e9, 4) > 0.2 and loss(priority + 1e9, 4) < 0.05,
      f"{loss(crowd + 2e9, 4):.0%} {loss(priority + 1e9, 4):.1%}")
told = [g["at_rel_ns"] / 1e9 for g in model["guards"]]
check("the guard told it, and stopped nothing", any(17.6 < at < 25.6 for at in told) and "ENDEX: every step has ended" in out.stdout
      and "allowed is at most 5%" in out.stdout, told)

notes = " ".join(n["text"]["en"] for n in model["notes"])
check("a public call was hung up for a rescuers' one", "the other end hung up" in notes and "the rescuers' call: OK" in notes, notes)
where = re.findall("emergency call of citizen, position: (.*)", open(run + "lab/gov.kamailio.log").read())
check("kamailio read the position, and where there was none", where == ["23.14170 120.10190", "none"], where)
check("kamailio pre-empted one", open(run + "lab/gov.kamailio.log").read().count("pre-empted:") == 1)
let_in = int(notes.split("requests with ets.4, ")[1].split("%")[0])
check("ets.4 is served as everybody is", let_in <= 50, f"{let_in} %")
check("sip warns of it", "'ets.4' is the lowest of its namespace" in out.stderr)
page = open(run + "report/report.en.html").read()
check("the report says what is simulated, and what deviates", "handsets and SIMs are a program" in page and "DEVIATION: over MEO" in page)
lost = series["the public's data"]["lengths"]["all"]["count"]
check("of hundreds of interruptions the page lists the longest", lost > 200 and f"+ {lost - 20} shorter ones" in page and len(page) < 1e6, f"{lost}, {len(page)} octets")
if wrong:
    print(out.stdout[-6000:], out.stderr[-1000:])
sys.exit(bool(wrong))
