#!/usr/bin/python3
"""A tabletop drill from end to end: injects go out by SMTP and to a webhook, are acknowledged and answered by
commands, and the report tells when and by whom; nothing of any network is changed."""
import email, email.policy, glob, json, os, subprocess, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
import daemons
from daemons import check, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
import logging, receivers
logging.disable()
box = receivers.smtp(2500, "plain")
hooks = receivers.Hooks(8080)
TO = "recipients: {noc: noc@jia.test}"
open(f"{work}/site.yaml", "w").write(f"""site: table
people: {{noc: {{title: {{zh: 網管, en: NOC}}, role: player}}, lin: {{title: Lin, role: controller}}}}
targets:
  mail: {{kind: smtp, address: 127.0.0.1, port: 2500, sender: exercise@drill.test, {TO}}}
  hook: {{kind: webhook, address: 127.0.0.1, port: 8080, path: /ok, {TO}}}
""")
open(f"{work}/table.lua", "w").write("""
local message = use "message"
drill { "Tabletop", id = "table", lasts = minutes(2), site = "site.yaml", objectives = { told = "They are told" } }
phase { "One" }
inject { { zh = "海纜中斷", en = "The cable is cut" }, id = "cable", from = "lin", to = { "noc" }, body = { zh = "請回報", en = "Report" },
  react_within = minutes(1), objective = "told", via = { message.mail, site "mail" } }
inject { { zh = "媒體詢問", en = "The press asks" }, id = "press", from = "lin", to = { "noc" }, react_within = minutes(1), objective = "told",
  via = { message.webhook, site "hook" } }
step { "Both are answered", owner = "lin", after = "press", run = function() wait(ms(100)) end }
""")
run = subprocess.Popen([netdrill, "run", f"{work}/table.lua", "--confirm", "table", "--plain", "--lang", "en", "--runs", f"{work}/runs"], stdin=subprocess.DEVNULL,
                       stdout=open(f"{work}/out", "w"), stderr=subprocess.STDOUT)


def ask(*words):
    got = subprocess.run([netdrill, *words, "--runs", f"{work}/runs"], capture_output=True, text=True)
    check(f"{' '.join(words)} {got.stderr.strip()}", got.returncode == 0)
    return got.stdout


until = time.time() + 60
while (len(box.mails) < 1 or len(hooks.got) < 1) and time.time() < until and run.poll() is None:
    time.sleep(0.05)
if not hooks.got:
    daemons.finish(open(f"{work}/out").read())
check("one mail and one call of the hook", len(box.mails) == 1 and len(hooks.got) == 1)
mail = email.message_from_bytes(box.mails[0][2], policy=email.policy.default)
check(f"to the player, marked: {mail['subject']}", box.mails[0][1] == ["noc@jia.test"] and "海纜中斷" in mail["subject"] and "演練" in mail["subject"] and "EXERCISE" in mail["subject"])
told = hooks.to("/ok")[0][2]
check("the hook is told the other, as an exercise", told["exercise"] is True and told["inject"] == "press" and "媒體詢問" in told["title"]["zh"])
while time.time() < until and [i["recipients"][0]["state"] for i in json.loads(subprocess.run([netdrill, "status", "--json", "--runs", f"{work}/runs"], capture_output=True, text=True).stdout)["injects"]] != ["delivered"] * 2:
    time.sleep(0.05)
ask("ack", "cable", "--as", "noc")
ask("answer", "cable", "已開立工單", "--as", "noc")
ask("answer", "press", "稍後說明", "--as", "noc")
code = run.wait(60)
print(open(f"{work}/out").read())
check(f"the drill ends by itself, well: {code}", code == 0)
check("nothing was changed", "0 of 0 changes" in open(f"{work}/out").read())
where = glob.glob(f"{work}/runs/*/")[0]
report = json.load(open(where + "report/report.json"))
injects = {i["id"]: i for i in report["injects"]}
check("the report's data tell both answers", "已開立工單" in json.dumps(injects["cable"], ensure_ascii=False) and "稍後說明" in json.dumps(injects["press"], ensure_ascii=False))
for lang in ("zh-TW", "en"):
    page = open(f"{where}report/report.{lang}.html").read()
    check(f"the page in {lang} tells them", "已開立工單" in page and "稍後說明" in page)
check("its seal holds", "seal      ok" in subprocess.run([netdrill, "verify", where], capture_output=True, text=True).stdout)
daemons.finish()
