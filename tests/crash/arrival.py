#!/usr/bin/python3
"""A report arrives at an inbox while the run is down: gone on with, its duty is met at the moment of its arrival, and journal, terminal and
report say that it came while the run was down, and between when; with a timetable that is shifted and with one that is kept."""
import glob, json, os, shutil, subprocess, sys, tempfile, time

netdrill = os.path.realpath(sys.argv[1])
from drill import Drill
from checks import finish, told as check

work = tempfile.mkdtemp()


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
inbox = subprocess.Popen([netdrill, "reflect", "inbox:127.0.0.1:8075"], stdout=subprocess.PIPE, text=True)
inbox.stdout.readline()
open(work + "/site.yaml", "w").write("""site: down
people: {lin: {role: player}}
targets: {regulator: {kind: service, address: 127.0.0.1, port: 8075}}
""")


def play(name, *args):
    open(f"{work}/{name}.lua", "w").write(f"""local reach, regulator = use "reach", site "regulator"
drill {{ "Down", id = "{name}", lasts = minutes(2), site = "site.yaml" }}
obligations {{ "tw-telecom-outage", pace = 30, owner = "lin", every = ms(500),
  checks = {{ ["first-report"] = function() return reach.inbox {{ regulator, path = "/{name}" }}.ago end }} }}
phase {{ "One" }}
step {{ "The outage", run = function() occurs {{ "outage" }} end }}
inject {{ "Wait", id = "wait", at = seconds(1), to = {{ "lin" }}, react_within = seconds(100) }}
""")
    drill = Drill(netdrill, work, f"{work}/{name}.lua")
    drill.wait_for("Wait")
    drill.kill()
    drill.kept()
    time.sleep(1.5)
    sent = time.time()
    subprocess.run(["curl", "-s", "-m", "10", "--data", "報告", f"http://127.0.0.1:8075/{name}"], check=True, stdout=subprocess.DEVNULL)
    time.sleep(2)
    resumed = subprocess.Popen([netdrill, "run", "--resume", drill.dir, "--confirm", name, "--plain", "--lang", "en", *args], stdin=subprocess.DEVNULL,
                               stdout=open(work + "/out", "w"), stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 20
    while not drill.events("obligation.met") and time.monotonic() < deadline:
        time.sleep(0.1)
    subprocess.run([netdrill, "abort", "last", "--runs", drill.runs], capture_output=True)
    try:
        resumed.wait(30)
    except subprocess.TimeoutExpired:
        resumed.kill()
    met = drill.events("obligation.met")
    check(f"{name}: the duty is met", len(met) == 1, open(work + "/out").read())
    data = met[0]["data"] if met else {}
    started = drill.events("run.started")[0]["data"]
    stamp = __import__("datetime").datetime.fromisoformat(started["wall"].replace("Z", "+00:00")).timestamp()
    arrived = data.get("arrived_rel_ns", 0) / 1e9
    check(f"{name}: dated by its arrival ({arrived:.2f} s, sent at {sent - stamp:.2f} s)", abs(arrived - (sent - stamp)) < 1, data)
    down = data.get("while_down", {})
    gone_on = drill.events("run.continued")[0]
    check(f"{name}: while the run was down, from its last word until it went on", down.get("from_rel_ns", 0) / 1e9 < arrived < down.get("till_rel_ns", 0) / 1e9
          and down["from_rel_ns"] == gone_on["data"]["died_ns"] - started["t0_ns"], (down, gone_on))
    check(f"{name}: the terminal says it", f"arrived at T+00:00:0" in open(work + "/out").read() and "while the run was down (T+" in open(work + "/out").read(), open(work + "/out").read())
    report = json.load(open(drill.dir + "/report/report.json"))
    duty = next(d for d in report["obligations"] if d["duty"] == "first-report")
    check(f"{name}: the report dates it so, and says it", duty["done_rel_ns"] == data.get("arrived_rel_ns") and "arrived while the run was down (T+" in duty["arrival"]["en"]
          and "程式中斷期間" in duty["arrival"]["zh"], duty)
    page = "".join(open(name).read() for name in glob.glob(drill.dir + "/report/*.html"))
    check(f"{name}: on its page too", "arrived while the run was down" in page and "程式中斷期間" in page)
    return data


try:
    shifted = play("shifted")
    kept = play("kept", "--keep-times")
finally:
    inbox.terminate()
check("shifted: the drill's clock stood still, so nothing was taken of its time", shifted.get("took_ns", 0) < 3e9, shifted)
check("kept: the drill's clock went on", abs(kept.get("took_ns", 0) - kept.get("arrived_rel_ns", 0)) < 1e9, kept)
shutil.rmtree(work)
finish()
