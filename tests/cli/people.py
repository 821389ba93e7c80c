#!/usr/bin/env python3
"""People in a living run: ten controllers at once write a thousand observations, which are all in the
journal, whole and in one order; Chinese, JSON, refusals and their exit codes; nobody but the run's
own user is heard."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)
failures = []

open("site.yaml", "w").write("""site: table
targets:
  cards: {kind: card, directory: cards, recipients: {noc: desk 3}}
people:
  lin: {title: 林, role: controller}
  chen: {title: 陳, role: evaluator}
  noc: {title: 網管, role: player}
  ceoc: {role: player}
""")
os.mkdir("cards")
open("s.lua", "w").write("""local message = use "message"
drill { "People", id = "people", lasts = minutes(5), site = "site.yaml", objectives = { told = "They are told" } }
phase { "One" }
inject { { zh = "海纜中斷", en = "The cable is cut" }, id = "cable", to = { "noc" }, expect = "A ticket", react_within = minutes(2), objective = "told" }
inject { "The regulator calls", id = "regulator", unless = "cable", to = { "noc" } }
inject { "Open roaming?", id = "roaming", to = { "ceoc", "noc" }, options = { "open", "wait" }, react_within = minutes(2) }
inject { "Later", id = "later", at = minutes(4), to = { "noc" } }
inject { "Left out", id = "left-out", at = minutes(4), to = { "noc" } }
inject { "On paper", id = "on-paper", at = minutes(4), to = { "noc" }, via = { message.card, site "cards" } }
inject { "For all who play", id = "all", at = minutes(4), to = { "role:player" } }
inject { "The end", id = "end", at = minutes(4), to = { "noc" } }
""")
run = subprocess.Popen([netdrill, "run", "s.lua", "--confirm", "people", "--plain"], stdin=subprocess.DEVNULL, stdout=open("out", "w"),
                       stderr=subprocess.STDOUT)


def ask(*words, code=0, says="", lang="C.UTF-8"):
    done = subprocess.run([netdrill, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"LC_ALL": lang})
    if done.returncode != code or says not in done.stdout:
        failures.append(f"{words}: exit {done.returncode}, expected {code} with '{says}':\n{done.stdout}")
    return done.stdout


def status():
    return json.loads(ask("status", "--json"))


def inject(name):
    return next(i for i in status()["injects"] if i["id"] == name)


deadline = time.monotonic() + 20
while "The cable is cut" not in open("out").read() and time.monotonic() < deadline:
    time.sleep(0.05)

# ---- what is said of injects ----
if inject("cable")["overdue"] != "to be handed over" or inject("later")["state"] != "pending":
    failures.append(f"before: {status()['injects']}")
ask("ack", "nothing", code=2, says="no inject 'nothing'")
ask("ack", "later", code=3, says="nobody has got 'later' yet; once it is handed over: netdrill fire later")
ask("fire", "latter", code=2, says="there is no inject 'latter'; did you mean 'later'")
for words in (("fire", "cable"), ("skip", "later", "--reason", "no time"), ("defer", "later", "--till", "T+00:04:30"), ("inject", "--to", "ceoc", "Something")):
    ask(*words, "--as", "noc", code=2, says="'noc' is a player: injects are fired")
ask("fire", "cable", "--as", "noc", code=2, says="「noc」為參演人員", lang="zh_TW.UTF-8")
ask("ack", "cable", "--as", "ceoc", code=2, says="but to noc")
ask("fire", "cable", "--as", "lin", says="fired cable")
if inject("cable")["recipients"][0]["state"] != "delivered" or not 0 < inject("cable")["left_ns"] < 120e9:
    failures.append(f"handed over: {inject('cable')}")
ask("fire", "cable", "--as", "lin", code=3, says="has been delivered")
ask("ack", "cable", says="acknowledged cable")
ask("ack", "cable", code=3, says="already")
ask("answer", "cable", code=2)
ask("answer", "cable", "已開立工單，", "並通報", "--as", "noc", says="answered cable")
ask("answer", "cable", "again", code=3, says="already")
if inject("cable")["answer"] != "已開立工單， 並通報" or inject("regulator")["state"] != "not_needed":
    failures.append(f"answered: {inject('cable')} {inject('regulator')}")
ask("answer", "roaming", "open", code=2, says="--as one of ceoc, noc")
ask("answer", "roaming", "perhaps", "--as", "ceoc", code=2, says="'open', 'wait'")
answer = json.loads(ask("answer", "roaming", "open", "--as", "ceoc", "--json"))
if answer != {"ok": True} or inject("roaming")["choice"] != "open":
    failures.append(f"the decision: {answer} {inject('roaming')}")

# ---- a desk in Chinese is refused in Chinese ----
for words, code, says in ((["ack", "nowhere"], 2, "查無狀況「nowhere」；netdrill status 列有各狀況"), (["ack", "latter"], 2, "查無狀況「latter」；是否為「later」"), (["ack", "later"], 3, "「later」尚無人收到；交付後請執行 netdrill fire later"),
                          (["ack", "cable", "--as", "ceoc"], 2, "「cable」非發給「ceoc」，而是 noc"), (["answer", "cable", "again"], 3, "「noc」已回覆「cable」；可另寫記事"),
                          (["answer", "roaming", "perhaps", "--as", "noc"], 2, "「roaming」須自 'open', 'wait' 擇一，所填為「perhaps」"),
                          (["fire", "cable"], 3, "已結束：回覆"), (["skip", "left-out"], 2, "請填理由"), (["skip", "cable", "--reason", "x"], 3, "已結束"),
                          (["defer", "later", "--till", "T+09:00"], 2, "不在現在至演練結束之間"), (["defer", "later", "--till", "yesterday"], 2, "須為時間長度"),
                          (["inject", "x", "--to", "nobody"], 2, "場域檔無人員「nobody」"), (["inject", "x", "--to", "role:observer"], 2, "無「observer」角色"),
                          (["observe", "x", "--sort", "nice"], 2, "觀察分"), (["observe", " "], 2, "觀察須有文字"), (["note", " "], 2, "記事須有文字"),
                          (["met", "web-notice", "--as", "lin"], 3, "無計時中之「web-notice」"), (["confirm", "last", "9"], 2, "查無確認事項 9"), (["resume"], 3, "演練未暫停")):
    told = ask(*words, code=code, says=says, lang="zh_TW.UTF-8")
    if "原文" in told:
        failures.append(f"{words}: not all in Chinese: {told}")

# ---- what controllers do ----
ask("skip", "left-out", code=2, says="--reason")
ask("skip", "left-out", "--reason", " ", code=2, says="needs a reason")
ask("skip", "left-out", "--reason", "參演單位已提及", "--as", "lin")
ask("skip", "cable", "--reason", "too late", code=3)
ask("defer", "later", "--till", "T+09:00", code=2, says="end of the drill")
ask("defer", "later", "--till", "yesterday", code=2)
ask("defer", "later", "--till", "T+00:04:30", "--as", "lin", says="put off: later")
ask("inject", "記者到場", code=2, says="--to")
ask("inject", "記者到場", "--to", "nobody", code=2, says="no person 'nobody'")
ask("inject", "記者到場", "--to", "noc", "--to", "noc", code=2, says="twice")
ask("inject", "記者到場", "--to", "role:observer", code=2, says="nobody is 'observer'")
ask("inject", "記者到場", "--to", "noc", "--objective", "nothing", code=2, says="no objective 'nothing'")
ask("inject", "記者到場", "--to", "noc", "--like", "cable", code=2, says="goes through a channel")
ask("inject", "到卡片", "--to", "ceoc", "--like", "on-paper", code=2, says="no address of 'ceoc'")
if {i["id"] for i in status()["injects"]} & {"adhoc-1"}:
    failures.append("a refused one was made all the same")
ask("inject", "記者到場", "--to", "noc", "--react-within", "1m", "--as", "lin", says="adhoc-1")
ask("answer", "adhoc-1", "已說明", says="answered")
ask("inject", "全體注意", "--to", "role:player", "--as", "lin", says="fired adhoc-2\n")
if [r["name"] for r in inject("adhoc-2")["recipients"]] != ["noc", "ceoc"] or [r["name"] for r in inject("all")["recipients"]] != ["noc", "ceoc"]:
    failures.append(f"everybody of a role: {inject('adhoc-2')} {inject('all')}")
ask("fire", "adhoc-2", "--as", "lin")
ask("observe", "x", "--inject", "nothing", code=2)
ask("observe", "x", "--objective", "nothing", code=2, says="no objective")
ask("observe", "x", "--sort", "nice", code=2)
ask("observe", "  ", code=2)
ask("note", "x" * 70000, code=2, says="64 KiB at most")
ask("note", b"\xff\xfe", code=2, says="no UTF-8")
open("photo.jpg", "wb").write(b"\xff\xd8 no real photograph")
ask("observe", "值班人員立即查閱程序書", "--inject", "cable", "--objective", "told", "--sort", "strength", "--file",
    "photo.jpg", "--as", "chen", says="observation 1")
ask("observe", "bad\x1b[2Jterminal", "--at", time.strftime("%H:%M"), says="observation 2")
ask("observe", "x", "--at", "T+00:04", code=2, says="has gone from T+00:00:00 to")
ask("observe", "x", "--at", "yesterday", code=2, says="the time of day")
ask("observe", "x", "--sign", "key", code=2, says="the run lives")

# ---- the run itself: who said so, and as JSON ----
for words, state in (("pause", "paused"), ("resume", "running")):
    if json.loads(ask(words, "last", "--as", "lin", "--json")) != {"ok": True} or status()["state"] != state:
        failures.append(f"{words}: {status()['state']}")
refused = json.loads(subprocess.run([netdrill, "resume", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout)
if refused["ok"] or refused["code"] != "ESTATE":
    failures.append(f"refused: {refused}")
ask("pause", "--as", b"\xb8\xf4", code=2, says="no UTF-8")

# ---- ten at once ----
COUNT = 100


def observer(name):
    for i in range(COUNT):
        done = subprocess.run([netdrill, "observe", f"觀察 {name} {i}", "--as", f"o{name}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            failures.append(f"observer {name}: {done.stdout}")


began = time.monotonic()
threads = [threading.Thread(target=observer, args=(n,)) for n in range(10)]
[t.start() for t in threads]
[t.join() for t in threads]
took = time.monotonic() - began

# ---- one connection, many requests at once; and lines of all sorts ----
directory = os.path.realpath(next(os.scandir("runs")).path)
peer = socket.socket(socket.AF_UNIX)
peer.connect(f"/proc/self/fd/{os.open(directory, os.O_PATH)}/control.sock")
peer.sendall(b"".join(json.dumps({"do": "observe", "text": f"line {i}", "person": "fast"}).encode() + b"\n{\"do\":\"status\"}\n"
                      for i in range(50)) + b"nonsense\n[]\n{}\n")
stream = peer.makefile()
answers = [json.loads(stream.readline()) for _ in range(103)]
if [a.get("number") for a in answers[0:100:2]] != list(range(1003, 1053)) or not all("status" in a for a in answers[1:100:2]):
    failures.append(f"out of order: {[list(a)[:3] for a in answers]}")
if any(a["ok"] for a in answers[100:]):
    failures.append(f"nonsense was understood: {answers[100:]}")

# ---- nobody else ----
if os.geteuid() == 0:
    for path in (work, "runs", directory, directory + "/control.sock"):
        mode = os.stat(path).st_mode & 0o777
        if path.endswith("sock") and mode != 0o600:
            failures.append(f"the socket's mode is {mode:o}")
        os.chmod(path, 0o777)
    code = ("import socket,sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
            "s.sendall(b'{\"do\":\"abort\"}\\n'); sys.stdout.write(repr(s.recv(100)))")
    os.symlink(directory, work + "/d")
    other = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-c", code, work + "/d/control.sock"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if '"ok"' in other.stdout or status()["state"] != "running":
        failures.append(f"another user was heard: {other.stdout}")

# ---- the phrase, and the journal ----
ask("note", "第一階段完成", "--as", "lin")
ask("note", "REAL-WORLD EMERGENCY: fire in the hall", "--as", "lin")
if run.wait(20) != 11:
    failures.append(f"the phrase: exit {run.returncode}\n{open('out').read()[-800:]}")
ask("note", "too late", code=3, says="does not answer")
ask("observe", "未標示演練", "--inject", "adhoc-1", "--as", "chen", "--file", "photo.jpg", says="observation L1")
ask("observe", "x", "--inject", "nothing", "--as", "chen", code=2, says="no inject")
if "\x1b" in open("out").read():
    failures.append("an observation wrote escapes to the terminal")
ask("verify", "last", says="journal   ok")
events = [json.loads(line) for line in open(directory + "/journal.jsonl")]
observed = [e for e in events if e["type"] == "netdrill.observation"]
if [e["subject"] for e in observed] != [str(i + 1) for i in range(1052)]:
    failures.append(f"{len(observed)} observations, not 1052 in order")
for n in range(10):
    texts = [e["data"]["text"] for e in observed if e["data"]["by"] == f"o{n}"]
    if texts != [f"觀察 {n} {i}" for i in range(COUNT)]:
        failures.append(f"observer {n}: {len(texts)} of {COUNT}, or out of order")
if "seen_rel_ns" in observed[0]["data"] or observed[1]["data"]["seen_rel_ns"] < 0:
    failures.append(f"when it was seen: {observed[:2]}")
if {e["data"]["uid"] for e in observed} != {os.getuid()} or observed[2]["actor"][:12] != "controller:o":
    failures.append(f"actors: {observed[2]}")
paused = [e["actor"] for e in events if e["type"] in ("netdrill.run.paused", "netdrill.run.resumed")]
if paused != ["controller:lin"] * 2:
    failures.append(f"who paused: {paused}")
aborted = next(e for e in events if e["type"] == "netdrill.run.aborting")
if (aborted["actor"], aborted["data"]["uid"]) != ("controller:lin", os.getuid()):
    failures.append(f"who aborted: {aborted}")
kept = observed[0]["data"]["evidence"]
if open(directory + "/" + kept["file"], "rb").read() != open("photo.jpg", "rb").read() or observed[0]["actor"] != "evaluator:chen":
    failures.append(f"evidence: {observed[0]}")
skipped = [e for e in events if e["type"] == "netdrill.inject.skipped"]
if [(e["subject"], e["data"]["reason"], e["actor"]) for e in skipped] != [("left-out", "參演單位已提及", "controller:lin")]:
    failures.append(f"skipped: {skipped}")
report = open(directory + "/report/report.zh-TW.html").read()
for words in ("海纜中斷", "已開立工單， 並通報", "參演單位已提及", "值班人員立即查閱程序書", "記者到場"):
    if words not in report:
        failures.append(f"the report lacks '{words}'")
model = json.load(open(directory + "/report/report.json"))
if len(model["observations"]) != 1053 or model["observations"][-1]["number"] != "L1" or {i["id"]: i["outcome"] for i in model["injects"]} != {
        "cable": "answered", "regulator": "not_needed", "roaming": "answered", "later": "cancelled", "left-out": "skipped",
        "end": "cancelled", "adhoc-1": "answered", "adhoc-2": "delivered", "all": "cancelled", "on-paper": "cancelled"}:
    failures.append(f"report.json: {[(i['id'], i['outcome']) for i in model['injects']]}")

# ---- an abort is heard whatever its words are written in ----
run = subprocess.Popen([netdrill, "run", "s.lua", "--confirm", "people", "--plain"], stdin=subprocess.DEVNULL, stdout=open("out", "w"), stderr=subprocess.STDOUT)
deadline = time.monotonic() + 20
while "STARTEX" not in open("out").read() and time.monotonic() < deadline:
    time.sleep(0.05)
ask("note", "真實狀況".encode("big5"), code=2, says="abort needs no words")
ask("abort", "last", "--reason", "真實狀況".encode("big5"), "--as", "林".encode("big5"))
if run.wait(20) != 11:
    failures.append(f"an abort in Big5: exit {run.returncode}")

# ---- and an emergency, in words that are refused otherwise ----
run = subprocess.Popen([netdrill, "run", "s.lua", "--confirm", "people", "--plain", "--runs", "other"], stdin=subprocess.DEVNULL, stdout=open("out", "w"), stderr=subprocess.STDOUT)
deadline = time.monotonic() + 20
while "Open roaming?" not in open("out").read() and time.monotonic() < deadline:
    time.sleep(0.05)
ask("answer", "roaming", "真實狀況：機房失火", "--as", "ceoc", "--runs", "other", code=2, says="'open', 'wait'")
if run.wait(20) != 11:
    failures.append(f"an emergency as the answer to a decision: exit {run.returncode}")
subprocess.run(["rm", "-rf", work])
print("\n".join(failures) or f"ok: 1,000 observations from 10 at once in {took:.1f} s")
sys.exit(bool(failures))
