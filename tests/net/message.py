#!/usr/bin/python3
"""Messages against servers nobody here wrote (aiosmtpd, http.server) that are slow, refuse, put off or drop the
connection; what came is read by Python's own mail parser, CAP documents are judged by xmllint, and in a
rehearsal nobody gets anything."""
import email, email.policy, glob, json, os, re, socket, subprocess, sys, threading, time
import daemons
from daemons import check, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("openssl", "xmllint")
import cap12, hostile_words, logging, receivers
logging.disable()

os.environ["TZ"] = "Asia/Taipei"
LATER = time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 9 * 3600))  # in an hour
os.environ["DRILL_PASSWORD"] = secret = "Keelung-0815"
open(f"{work}/token", "w").write("Hualien-4711\n")
os.chmod(f"{work}/token", 0o600)
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mx.drill.test", "-addext",
                "subjectAltName=DNS:mx.drill.test", "-keyout", f"{work}/key.pem", "-out", f"{work}/cert.pem"], check=True, capture_output=True)
boxes = {name: receivers.smtp(2500 + i, name, slow_to_quit=name == "refusing")
         for i, name in enumerate(["plain", "slow", "refusing", "greylisting", "dropping", "stuck"])}
boxes["safe"] = receivers.smtp(2510, "plain", receivers.certificate(f"{work}/cert.pem", f"{work}/key.pem"))
hooks, syslog = receivers.Hooks(8080), receivers.Syslog(5514)
secure = receivers.Hooks(8443, receivers.certificate(f"{work}/cert.pem", f"{work}/key.pem"))
silent = socket.create_server(("127.0.0.1", 2520))
os.makedirs(f"{work}/outbox")
MARK = "【演練 EXERCISE】"
TO = "recipients: {jia: noc@jia.test, yi: desk@yi.test}"
site = f"""
site: message-{os.getpid()}
targets:
""" + "".join(f"  {name}: {{kind: smtp, address: 127.0.0.1, port: {2500 + i}, sender: exercise@drill.test, {TO}}}\n"
              for i, name in enumerate(["plain", "slow", "refusing", "greylisting", "dropping", "stuck"])) + f"""
  safe: {{kind: smtp, address: 127.0.0.1, port: 2510, sender: exercise@drill.test, starttls: true, name: mx.drill.test, ca: {work}/cert.pem,
         user: drill, password: "env:DRILL_PASSWORD", {TO}}}
  other: {{kind: smtp, address: 127.0.0.1, port: 2510, sender: exercise@drill.test, starttls: true, name: mx.drill.test, user: drill,
          password: "env:DRILL_PASSWORD", {TO}}}
  silent: {{kind: smtp, address: 127.0.0.1, port: 2520, sender: exercise@drill.test, {TO}}}
  nobody: {{kind: smtp, address: 127.0.0.1, port: 2599, sender: exercise@drill.test, {TO}}}
  secure: {{kind: webhook, address: 127.0.0.1, port: 8443, https: true, name: mx.drill.test, ca: {work}/cert.pem, token: "file:{work}/token", {TO}}}
  stranger: {{kind: webhook, address: 127.0.0.1, port: 8443, https: true, name: mx.drill.test, token: "file:{work}/token", {TO}}}
  udp: {{kind: syslog, address: 127.0.0.1, port: 5514, {TO}}}
  tcp: {{kind: syslog, address: 127.0.0.1, port: 5514, over: tcp, host: excon.drill.test, {TO}}}
  deaf: {{kind: syslog, address: 127.0.0.1, port: 5599, {TO}}}
  box: {{kind: file, directory: {work}/outbox, messages_per_minute: 600, {TO}}}
  cap: {{kind: cap, directory: {work}/outbox, sender: excon@drill.test, area: 連江縣, {TO}}}
  cards: {{kind: card, directory: {work}/outbox, {TO}}}
  elsewhere: {{kind: file, directory: {work}/none, {TO}}}
""" + "".join(f"  {name}: {{kind: webhook, address: 127.0.0.1, port: 8080, path: /{name.split('_')[0]}, {TO}}}\n"
              for name in ["ok", "flaky", "slow_hook", "no", "away", "busy"])
head = """
local message = use "message"
local function tell(verb, channel, more)
  local m = { site(channel), to = { "jia" }, title_zh = "臺馬二號海纜中斷,請啟動微波備援並回報預計完成時間與影響範圍", title_en = "Cable cut",
    body_zh = "請啟動備援。\\n.一個點\\nFrom 甲", body_en = "Start the <backup> & report to \\"EOC\\".", inject = "INJ014", sender = "演練管制組",
    deadline = seconds(20) }
  if channel ~= "box" and channel ~= "cap" and channel ~= "cards" and channel ~= "elsewhere" then m.retry_after = ms(100) end
  for key, value in pairs(more or {}) do m[key] = value end
  return verb(m)
end
drill { "Messages", id = "NAME", lasts = minutes(1), site = "NAME.yaml" }
phase { "One" }
"""
body = """
step { "All", owner = "me", run = function() together {
  function()
    local r = tell(message.mail, "plain", { to = { "jia", "yi" }, reference = "INJ014" })
    expect { "two mails", r.ok and r.sent == 2 and r.status == 250 and r.attempts == 2 }
    local again = tell(message.mail, "plain", { to = { "jia", "yi" }, reference = "INJ014" })
    expect { "not twice", again.ok and again.sent == 0 and again.repeats == 2 and again.attempts == 0 }
  end,
  function() expect { "a slow server", tell(message.mail, "slow", {}).ok } end,
  function()
    local r = tell(message.mail, "refusing", { to = { "jia", "yi" }, reference = "half" })
    expect { "one refused, one reached", r.err == "EREFUSED" and r.sent == 1 and r.attempts == 2 }
    r = tell(message.mail, "refusing", { to = { "jia", "yi" }, reference = "half" })
    expect { "only who had none is tried again", r.sent == 0 and r.repeats == 1 and r.attempts == 1 }
  end,
  function()
    local r = tell(message.mail, "greylisting", {})
    expect { "put off twice, then taken", r.ok and r.attempts == 3 }
    r = tell(message.mail, "dropping", {})
    expect { "dropped once, then taken", r.ok and r.attempts == 2 }
  end,
  function()
    expect { "by TLS, logged in", tell(message.mail, "safe", {}).ok }
    local r = tell(message.mail, "other", {})
    expect { "no password for whom it does not know", r.err == "EANSWER" and r.attempts == 1 }
  end,
  function()
    local r = tell(message.mail, "silent", { attempt = ms(400), deadline = seconds(2) })
    expect { "nothing said", r.err == "ETIME" and r.attempts >= 2 and r.sent == 0 }
    r = tell(message.mail, "stuck", { deadline = seconds(1) })
    expect { "cut off by the deadline", r.err == "ETIME" and r.attempts == 1 }
    r = tell(message.mail, "nobody", { deadline = seconds(2) })
    expect { "nobody there", r.err == "ETIME" and r.attempts >= 3 }
  end,
  function()
    expect { "posted", tell(message.webhook, "ok", { reference = "INJ014" }).status, equals = 200 }
    local r = tell(message.webhook, "flaky", {})
    expect { "500 twice, then 200", r.ok and r.attempts == 3 and r.status == 200 }
    expect { "a slow hook", tell(message.webhook, "slow_hook", {}).ok }
    expect { "over TLS with a token", tell(message.webhook, "secure", {}).ok }
    r = tell(message.webhook, "stranger", {})
    expect { "no token for whom it does not know", r.err == "EANSWER" and r.attempts == 1 }
    r = tell(message.webhook, "no", {})
    expect { "404 is not tried again", r.err == "EREFUSED" and r.attempts == 1 and r.status == 404 }
    r = tell(message.webhook, "away", {})
    expect { "no redirect", r.err == "EANSWER" and r.attempts == 1 }
    r = tell(message.webhook, "busy", { deadline = seconds(2) })
    expect { "503 until the deadline", r.err == "ETIME" and r.attempts >= 3 and r.status == 503 }
  end,
  function()
    expect { "syslog over UDP", tell(message.syslog, "udp", {}).ok }
    expect { "syslog over TCP", tell(message.syslog, "tcp", {}).ok }
    local r = tell(message.syslog, "deaf", { deadline = seconds(2) })
    expect { "nobody takes it", r.err == "ETIME" and r.attempts >= 2 }
  end,
  function()
    expect { "a file", tell(message.file, "box", {}).ok }
    expect { "no warning that has expired", not tell(message.cap, "cap", { react_by = "2016-11-24T10:30:00+08:00" }).ok }
    expect { "a warning", tell(message.cap, "cap", { react_by = "LATER", reference = "R 1<&>" }).ok }
    expect { "a card", tell(message.card, "cards", {}).ok }
    expect { "as text", tell(message.card, "cards", { format = "text", title_zh = "", body_zh = "" }).ok }
    expect { "no such directory", tell(message.file, "elsewhere", {}).err, equals = "EGONE" }
  end } end }
"""


def whole(name, body):
    return head.replace("NAME", name) + body.replace("LATER", LATER)


# ---- a rehearsal reaches nobody ----
open(f"{work}/message.yaml", "w").write(site)
open(f"{work}/message.lua", "w").write(whole("message", body))
out = subprocess.run([netdrill, "rehearse", f"{work}/message.lua"], capture_output=True, text=True)
check("rehearsed", "REHEARSAL" in out.stdout)
check("nobody got anything", not any(b.mails or b.tries for b in boxes.values()) and not hooks.got and not syslog.udp and not os.listdir(f"{work}/outbox"))

# ---- the run ----
run, where = daemons.run(netdrill, "message", site, whole("message", body))
journal = [json.loads(line) for line in open(glob.glob(where + "/journal.jsonl")[0])]
ends = [e["data"] for e in journal if e["type"] == "netdrill.op.ended"]
whys = " ".join(str(e.get("why")) for e in ends)
for words in ["250 2.0.0 queued", "550 5.1.1 no such mailbox", "it was sent before", "the last: ", "127.0.0.1 port 2599", "redirects are not followed",
              "127.0.0.1 port 8080: status 200", "no receipt", f"{work}/outbox/", "cannot write into", "it would expire before it is sent"]:
    check(f"the journal says '{words}'", words in whys)
check("the last reason before the deadline stands there", "status 503" in whys and "2 of 2" not in whys)
check("no password in the records", subprocess.run(["grep", "-rF", secret, f"{work}/message"], stdout=subprocess.DEVNULL).returncode == 1)


def read(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def texts(mail):
    return [part.get_content().replace("\r\n", "\n").strip() for part in mail.walk() if part.get_content_maintype() == "text"]


def marked(text):
    return text.startswith(MARK) and text.endswith(MARK)


def judge_mail(what, octets):
    mail = read(octets)
    said = texts(mail)
    check(f"{what}: no defect, {len(said)} texts", not mail.defects and len(said) == 2)
    check(f"{what}: subject", mail["subject"] == f"{MARK} 臺馬二號海纜中斷,請啟動微波備援並回報預計完成時間與影響範圍 / Cable cut {MARK}")
    check(f"{what}: marked", all(marked(t) for t in said))
    check(f"{what}: as written", "\n請啟動備援。\n.一個點\nFrom 甲\n" in said[0] and 'Start the <backup> & report to "EOC".' in said[1])
    check(f"{what}: short lines", all(len(line) <= 78 for line in octets.split(b"\r\n\r\n")[0].split(b"\r\n")))
    check(f"{what}: times and sender", mail["date"].datetime.utcoffset().total_seconds() == 28800 and mail["from"].addresses[0].display_name == "演練管制組")
    return mail


plain = boxes["plain"].mails
check(f"two mails, an envelope each {[m[1] for m in plain]}", sorted(m[1][0] for m in plain) == ["desk@yi.test", "noc@jia.test"] and all(len(m[1]) == 1 for m in plain))
for sender, to, octets in plain:
    mail = judge_mail(f"to {to[0]}", octets)
    check("both stand in To", [a.addr_spec for a in mail["to"].addresses] == ["noc@jia.test", "desk@yi.test"])
check("one Message-ID for both", len({read(m[2])["message-id"] for m in plain}) == 1)
check("the refusing one took the other recipient", [m[1] for m in boxes["refusing"].mails] == [["desk@yi.test"]])
check("put off, then one mail", len(boxes["greylisting"].mails) == 1 and boxes["greylisting"].tries == 3)
check("dropped, then one mail", len(boxes["dropping"].mails) == 1)
check("over TLS with the password, once", boxes["safe"].tls == [True] and boxes["safe"].logins == [("drill", secret)])
check("what was cut off was not taken", boxes["stuck"].mails == [])

path, headers, told = hooks.to("/ok")[0]
check("JSON: marked", told["exercise"] is True and marked(told["subject"]) and all(marked(t.strip()) for t in [*told["title"].values(), *told["text"].values()]))
check("JSON: whom, what, when", told["to"] == [{"name": "jia", "address": "noc@jia.test"}] and told["inject"] == "INJ014" and told["sent"].endswith("+08:00"))
check("JSON: once", headers["Idempotency-Key"] == told["id"] and headers["X-Exercise"] == "true")
check("the same key at each attempt only with a reference", len({h["Idempotency-Key"] for _, h, _ in hooks.to("/flaky")}) >= 1 and len(hooks.to("/flaky")) == 3)
check("the token, once, and in no record", [h.get("Authorization") for _, h, _ in secure.got] == ["Bearer Hualien-4711"]
      and subprocess.run(["grep", "-rF", "Hualien-4711", f"{work}/message"], stdout=subprocess.DEVNULL).returncode == 1)
check("404 and 302 were asked once", len(hooks.to("/no")) == 1 and len(hooks.to("/away")) == 1)

LINE = re.compile(r'<133>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00 (\S+) netdrill - EXERCISE \[exercise@32473 inject="INJ014"[^\]]*to="jia"\] \ufeff(.*)', re.S)
for name, came, host in [("UDP", syslog.udp, "-"), ("TCP", syslog.tcp, "excon.drill.test")]:
    found = LINE.fullmatch(came[0]) if came else None
    check(f"syslog over {name}: {came}", found and found[1] == host and marked(found[2]) and "\n" not in found[2])

kinds = {}
for name in sorted(os.listdir(f"{work}/outbox")):
    check(f"'{name}' is whole and named after the inject", re.fullmatch(r"\d{8}T\d{6}-INJ014(-\d)?\.(eml|xml|html|txt)", name))
    kinds[name.rsplit(".")[-1]] = f"{work}/outbox/{name}"
judge_mail("the file", open(kinds["eml"], "rb").read())
card = open(kinds["html"]).read()
shown = re.sub(r"<[^>]*>", "", re.sub(r"<style>.*</style>", "", card))
check("the card: escaped, marked", "&lt;backup&gt; &amp; report" in card and "<backup>" not in card and card.count('<p class="mark">' + MARK) == 2 and MARK in shown.strip()[:40])
text = open(kinds["txt"]).read().strip()
check("the card as text: marked, in one language", marked(text) and "Cable cut" in text)

# ---- CAP ----
schema = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support/cap12.rng")
valid = subprocess.run(["xmllint", "--noout", "--relaxng", schema, kinds["xml"]], capture_output=True, text=True)
check(f"CAP 1.2 {valid.stderr.strip()}", valid.returncode == 0)
cap = open(kinds["xml"]).read()
values = lambda name: re.findall(f"<{name}>(.*?)</{name}>", cap, re.S)
check("CAP: an exercise, private", values("status") == ["Exercise"] and values("scope") == ["Private"] and "Actual" not in cap)
check("CAP: the mark in note, headlines, descriptions", all(marked(v.strip()) for v in values("note") + values("headline") + values("description")) and len(values("headline")) == 2)
check("CAP: moments with an offset", values("sent")[0].endswith("+08:00") and values("expires") == [LATER] * 2 and not re.search(r"\d\dZ<", cap))
check(f"CAP: by the standard's words {cap12.faults(cap)}", not cap12.faults(cap))
apart, seen, all_of_them = [], 0, 0
for what, text in cap12.changed(cap):
    open(f"{work}/wrong.xml", "w").write(text)
    by_schema = subprocess.run(["xmllint", "--noout", "--relaxng", schema, f"{work}/wrong.xml"], capture_output=True).returncode == 0
    seen += not by_schema
    all_of_them += 1
    if by_schema == bool(cap12.faults(text, schema_only=True)):
        apart.append(what)
check(f"CAP: both readings of the standard judge {all_of_them} changed documents alike, {seen} of them wrong {apart}", not apart and seen > 40)
for what, change in [("no addresses", lambda t: re.sub("<addresses>.*?</addresses>", "", t)), ("a blank in the identifier", lambda t: t.replace("<identifier>", "<identifier>a ")),
                     ("it expires before it is sent", lambda t: t.replace("<expires>" + LATER[:4], "<expires>2016"))]:
    check(f"CAP: what no schema tells: {what}", cap12.faults(change(cap)))
for what, change in [("lower-case status", lambda t: t.replace(">Exercise<", ">exercise<")), ("Z", lambda t: re.sub(r"(<sent>.{19})\+08:00", r"\1Z", t)),
                     ("no urgency", lambda t: re.sub("<urgency>.*?</urgency>", "", t)), ("order", lambda t: t.replace("<scope>Private</scope>", "") + "")]:
    open(f"{work}/wrong.xml", "w").write(change(cap))
    check(f"the schema sees: {what}", subprocess.run(["xmllint", "--noout", "--relaxng", schema, f"{work}/wrong.xml"], capture_output=True).returncode != 0)

# Texts that do harm, as titles and as bodies: what is sent at all is valid; by OASIS' own schema too, where somebody has it (ND_CAP_XSD=FILE).
quoted = lambda text: '"' + "".join(f"\\x{octet:02x}" for octet in text.encode()) + '"'
calls = [(title, text) for word in hostile_words.WORDS for title, text in ((word[:1500], "body"), ("title", word[:1500]))]
harmful = "".join(f"""  r = message.cap {{ site "cap{n % 4}", to = {{ "jia" }}, title_zh = {quoted(title)}, title_en = {quoted(title)}, body_zh = {quoted(text)}, body_en = {quoted(text)},
    reference = "h{n}", may_fail = true }}
  sent = sent + (r.ok and 1 or 0)
""" for n, (title, text) in enumerate(calls))
channels = "site: harm\ntargets:\n" + "".join(f"  cap{n}: {{kind: cap, directory: {work}/harmful, sender: excon@drill.test, area: 連江縣, {TO}}}\n" for n in range(4))
os.mkdir(f"{work}/harmful")
run, where = daemons.run(netdrill, "harm", channels, f"""local message = use "message"
drill {{ "Harm", id = "harm", lasts = minutes(1), site = "harm.yaml" }}
phase {{ "One" }}
step {{ "All", owner = "me", run = function()
  local r, sent = nil, 0
{harmful}  expect {{ "most of them are sent", sent, at_least = 40 }}
end }}
""")
made = [f"{work}/harmful/{name}" for name in sorted(os.listdir(f"{work}/harmful"))]
check(f"CAP: harmful texts are sent {run.stdout if run.returncode else ''}", run.returncode == 0 and len(made) >= 40)
schemas = [["--relaxng", schema]] + ([["--schema", os.environ["ND_CAP_XSD"]]] if os.environ.get("ND_CAP_XSD") else [])
for words in schemas:
    done = subprocess.run(["xmllint", "--noout", "--nonet", *words, *made], capture_output=True, text=True)
    check(f"CAP: harmful texts, valid by {words[0]} {done.stderr if done.returncode else ''}", done.returncode == 0 and done.stderr.count(" validates") == len(made))
check("CAP: harmful texts, by the standard's words", not [name for name in made if cap12.faults(open(name).read())])

# ---- an inject goes the same way: a mail to each, by the core's own reference ----
people = site.replace("targets:", "people: {jia: {title: Jia, role: player}, yi: {title: Yi, role: player}, lin: {title: Lin, role: controller}}\ntargets:")
inject = """
local message = use "message"
drill { "Inject", id = "inject", lasts = minutes(1), site = "inject.yaml" }
phase { "One" }
inject { { zh = "新聞:海纜中斷", en = "News: cable cut" }, id = "news", from = "lin", to = { "jia", "yi" }, body = { zh = "第二條也斷了。", en = "The second one too." },
  via = { message.VERB } }
step { "Wait", owner = "lin", run = function() wait(seconds(3)) end }
"""
count = len(plain)
run, where = daemons.run(netdrill, "inject", people, inject.replace("VERB", 'mail, site "plain", deadline = seconds(20)'))
came = [read(m[2]) for m in plain[count:]]
check(f"the inject came to both {[m['to'] for m in came]}", sorted(m["to"].addresses[0].addr_spec for m in came) == ["desk@yi.test", "noc@jia.test"])
check("marked, from whom, which", all(marked(m["subject"]) and "新聞:海纜中斷 / News: cable cut" in m["subject"] and all(marked(t) and "news" in t for t in texts(m)) for m in came))
open(f"{work}/inject.lua", "w").write(inject.replace("VERB", 'cap, site "cap", status = "Actual"'))
for command in (["lint"], ["run", "--confirm", "inject", "--plain", "--runs", f"{work}/refused"]):
    out = subprocess.run([netdrill, command[0], f"{work}/inject.lua", *command[1:]], capture_output=True, text=True)
    check(f"{command[0]} refuses a real warning before it begins (exit {out.returncode})", out.returncode == 2 and "E0316" in out.stdout + out.stderr and "STARTEX" not in out.stdout)

# ---- what a rehearsal and the call itself refuse ----
for words, call in [("'mallory' is no recipient of 'plain'", 'tell(message.mail, "plain", { to = { "jia", "mallory" } })'),
                    ("has to be one line", 'tell(message.mail, "plain", { title_en = "x\\r\\nBcc: all@jia.test" })'),
                    ("got 'Actual'", 'tell(message.cap, "cap", { status = "Actual" })'),
                    ("a channel of kind 'smtp' is needed", 'tell(message.mail, "box", {})')]:
    open(f"{work}/bad.yaml", "w").write(site)
    open(f"{work}/bad.lua", "w").write(whole("bad", f'step {{ "S", owner = "me", run = function() {call} end }}\n'))
    before = len(plain)
    out = subprocess.run([netdrill, "rehearse", f"{work}/bad.lua"], capture_output=True, text=True)
    check(f"a rehearsal refuses: {words} (exit {out.returncode})", out.returncode != 0 and words in out.stdout + out.stderr)
    subprocess.run([netdrill, "run", f"{work}/bad.lua", "--confirm", "bad", "--plain", "--runs", f"{work}/bad"], capture_output=True)
    latest = max(glob.glob(f"{work}/bad/*/journal.jsonl"), key=os.path.getmtime)
    check(f"the call itself too: {words}", words in open(latest).read())
    check("nobody was told", len(plain) == before)
daemons.finish()
