#!/usr/bin/python3
"""The list of events as a table: written, read by Python's csv and by LibreOffice, read back in any order of
columns, with headings in Chinese, and written again byte for byte; what is wrong is told by row and column."""
import csv, glob, io, os, shutil, subprocess, sys, tempfile, zipfile
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
work = tempfile.mkdtemp()
os.chdir(work)
os.environ["HOME"] = work


def ask(*words):
    return subprocess.run([netdrill, *words], capture_output=True, text=True)


def read(path):
    return open(path, "rb").read()


open("site.yaml", "w").write("""
site: msel
people:
  lin: {title: Lin, role: controller}
  chen: {title: Chen, role: evaluator}
  jia-noc: {title: Jia, role: player}
  yi-noc: {title: Yi, role: player}
targets:
  cards: {kind: card, directory: outbox, recipients: {jia-noc: desk 1, yi-noc: desk 2}}
  mail: {kind: smtp, address: 127.0.0.1, starttls: true, sender: exercise@drill.test, recipients: {jia-noc: noc@jia.test}}
  cell: {kind: interface, interface: lo, may_be_disturbed: true}
  trunk: {kind: interface, interface: lo, may_be_disturbed: true}
""")
open("all.lua", "w").write(r"""
local message, links, pretend = use "message", use "links", use "pretend"
drill { { zh = "全部", en = "All, \"of\" it" }, id = "all", revision = 7, lasts = hours(3), site = "site.yaml", simulated = "all of it",
  objectives = { tell = { zh = "通報", en = "Tell" }, ["OBJ-2"] = { "Choose", capability = "Deciding", targets = {
    quick = { { zh = "快", en = "Quick" }, tasks = { ["t.1"] = "One", t2 = { zh = "二", en = "Two" } } }, choose = "Well chosen" } } } }
phase { "One", at = "T+00:10" }
inject { { zh = "=1+1", en = "@SUM(A1)" }, id = "formula", window = { "T+00:15", "T+00:20:30" }, from = "lin", to = { "jia-noc", "yi-noc" },
  body = { zh = "第一行\n\"第二行\", 逗號;\t表", en = "-2+3" }, expect = { en = "Only in English" }, react_within = minutes(90), objective = "tell",
  via = { message.card, site "cards", format = "text", deadline = minutes(2) }, controller = "lin", evaluator = "chen",
  tasks = { "One task", { zh = "任務", en = "Task" }, { zh = "只有中文" } }, notes = "+secret,\nin two lines", scenario_time = "Day 2 14:30" }
inject { "Any of them", id = "any", at = ms(1500), to = { "jia-noc", "yi-noc" }, answered_by = "any", react_within = seconds(30), kind = "standard" }
inject { "Contingency", id = "late", unless = "any", to = { "yi-noc" } }
phase { { zh = "第二階段", en = "Two" }, id = "two" }
inject { "Both decide", id = "decide", options = { "stay", "go on" }, to = { "jia-noc", "yi-noc" }, answered_by = "all", react_within = hours(1), objective = "choose" }
inject { "In reserve", id = "reserve", on_call = true, to = { "yi-noc" }, objective = "t.1" }
inject { "Then", id = "then", after = "decide", delay = seconds(90), only_if = { "decide", "go on" }, to = { "jia-noc" }, kind = "information",
  via = { message.mail, site "mail", user = "drill", password = "env:MAIL_PASSWORD", retry_after = ms(1500), label = "by \"mail\"" } }
inject { "It fails", id = "fails", after = "then", controller = "lin",
  run = function()
    links.down { site "cell", restore_by = "T+01:30" }
    links.lose { site "trunk", share = percent(12.5), lease = seconds(30) }
  end }
""")

# ---- there and back ----
for name, scenario, site in [("all", "all.lua", "site.yaml"), ("tabletop", f"{root}/drills/tabletop-outage.lua", f"{root}/drills/sites/tabletop-outage.yaml"),
                             ("roaming", f"{root}/drills/disaster-roaming.lua", f"{root}/drills/sites/disaster-roaming.yaml")]:
    for kind in ("csv", "ods"):
        first, second, lua = f"{name}-1.{kind}", f"{name}-2.{kind}", f"{name}-{kind}.lua"
        out = ask("msel", "export", scenario, f"--{kind}", "--out", first)
        check(f"{name} as {kind}", out.returncode == 0, out.stderr)
        if name == "roaming":
            break
        out = ask("msel", "import", first, "--out", lua, "--site", site)
        check(f"{name}: a scenario of the {kind}", out.returncode == 0 and os.path.exists(lua), out.stderr)
        out = ask("msel", "export", lua, f"--{kind}", "--out", second)
        check(f"{name}: the {kind} again, byte for byte", out.returncode == 0 and read(first) == read(second), out.stderr)
        check(f"{name}: the scenario lints clean", ask("lint", lua).returncode == 0, ask("lint", lua).stderr)
        check(f"{name}: its timetable is the drill's", ask("plan", lua).stdout.split("STARTEX")[-1].splitlines()[1:4] == ask("plan", scenario).stdout.split("STARTEX")[-1].splitlines()[1:4]
              or name == "tabletop", ask("plan", lua).stdout)
bare = ask("msel", "import", "roaming-1.csv", "--out", "bare.lua")
check("a drill without injects is told", bare.returncode == 2 and "there is no inject" in bare.stderr, bare.stderr)

# ---- by other readers ----
text = read("all-1.csv").decode("utf-8-sig")
check("UTF-8 with a byte order mark, CRLF", read("all-1.csv")[:3] == b"\xef\xbb\xbf" and text.count("\r\n") >= 12)
rows = list(csv.reader(io.StringIO(text, newline="")))
head = rows[0]
by_id = {row[0]: dict(zip(head, row)) for row in rows[1:]}
check("Python reads the same number of columns in each row", {len(row) for row in rows} == {34})
check("formulas are guarded", by_id["formula"]["title_zh"] == "'=1+1" and by_id["formula"]["title_en"] == "'@SUM(A1)" and by_id["formula"]["body_en"] == "'-2+3")
check("texts come whole", by_id["formula"]["body_zh"] == '第一行\n"第二行", 逗號;\t表' and by_id["formula"]["window_end"] == "T+00:20:30")
check("what a fault changes", by_id["fails"]["fault_ref"].split("\n")[0].startswith("links.down cell") and by_id["fails"]["revert_by"] == "T+01:30:00\nENDEX")
check("no secret, its place alone", "env:MAIL_PASSWORD" in by_id["then"]["method"])
# LibreOffice Calc keeps no tabs in cells.
if shutil.which("soffice") is None:
    check("LibreOffice is there; scripts/install-packages test", False)
else:
    subprocess.run(["soffice", "--headless", "--convert-to", "ods", "--outdir", "office", "all-1.ods"], capture_output=True)
    subprocess.run(["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "--outdir", "office", "all-1.ods"],
                   capture_output=True)
    seen = list(csv.reader(io.StringIO(read("office/all-1.csv").decode(), newline="")))
    check("LibreOffice shows the same rows", [[c.lstrip("'") for c in row] for row in seen] == [[c.lstrip("'").replace("\t", "") for c in row] for row in rows])
    out = ask("msel", "import", "office/all-1.ods", "--out", "office.lua", "--site", "site.yaml")
    ask("msel", "export", "office.lua", "--out", "office.csv")
    check("what LibreOffice saved is the same drill", out.returncode == 0 and read("office.csv") == read("all-1.csv").replace(b"\t", b""), out.stderr)

# ---- any order, other headings ----
ZH = {"inject_id": "狀況編號", "title_zh": "中文標題", "title_en": "English title", "sched_offset": "預定時間", "to": "收件者", "from": "Originator (From)",
      "react_within": "處置時限", "controller_notes": "備註", "type": "狀況類型", "method": "Delivery Method", "expected_action": "Expected Response"}
made = []
for turn, (order, names) in enumerate([(head, {}), (head[::-1], ZH), (sorted(head), {k: v.upper().replace(" ", "_") for k, v in ZH.items()})]):
    with open(f"order{turn}.csv", "w", encoding="utf-8-sig" if turn else "utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n" if turn == 1 else "\r\n")
        if turn == 2:
            writer.writerow(["演習主要場景事件清單", "", "last revision 2026-11-01"])
        writer.writerow([names.get(c, c) for c in order] + (["Colour"] if turn == 2 else []))
        for row in rows[1:]:
            writer.writerow([row[head.index(c)] for c in order])
    out = ask("msel", "import", f"order{turn}.csv", "--out", f"order{turn}.lua", "--site", "site.yaml")
    check(f"order {turn}", out.returncode == 0 and ("Colour" in out.stderr) == (turn == 2), out.stderr)
    made.append(read(f"order{turn}.lua").split(b"\n", 1)[1] if os.path.exists(f"order{turn}.lua") else turn)
check("three orders, one scenario", made[0] == made[1] == made[2])

# ---- somebody's own list ----
open("own.csv", "w").write("""ACME drill,,,,,
時間,狀況編號,狀況,對象,方式,內容,時限,目標
09:00,INJ-1,海纜中斷,jia-noc,電話,請查明,10 分鐘,Tell
09:45:30,,第二條,jia-noc、yi-noc,message.card cards,,15 min,Tell
""")
out = ask("msel", "import", "own.csv", "--out", "own.lua", "--site", "site.yaml", "--start", "08:30")
lua = read("own.lua").decode() if os.path.exists("own.lua") else ""
check("times of day, other words, a method by hand", out.returncode == 0 and 'at = "T+00:30:00"' in lua and 'at = "T+01:15:30"' in lua and 'id = "inj-1"' in lua
      and 'react_within = "15m"' in lua and '["Tell"] = "Tell"' in lua and 'to = { "jia-noc", "yi-noc" }' in lua and "電話" in out.stderr, out.stderr + lua)
# Times as spreadsheets keep them: as parts of a day, and as typed cells that are shown in any way.
open("serial.csv", "w").write("""id,title,time,to,react_within
a,One,0.395833333333333,jia-noc,0.0104166666667
b,Two,0.375,jia-noc,10m
c,Three,46350.4375,jia-noc,
""")
out = ask("msel", "import", "serial.csv", "--out", "serial.lua", "--site", "site.yaml", "--start", "09:00")
lua = read("serial.lua").decode() if os.path.exists("serial.lua") else ""
check("parts of a day", out.returncode == 0 and [line.split('"')[1] for line in lua.splitlines() if line.startswith("  at = ") or "within" in line][1:] == ["T+00:30:00", "15m", "T+00:00:00", "10m", "T+01:30:00"],
      out.stderr + lua)
open("typed.csv", "w").write("""id,title,time,to,react_within
a,One,2026-11-24 09:30:00,jia-noc,00:10:00
b,Two,09:45:30,jia-noc,0:05:00
c,14:30,2026-11-24 23:00:00,jia-noc,
""")
subprocess.run(["soffice", "--headless", "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true", "--convert-to", "ods", "typed.csv"], capture_output=True)
out = ask("msel", "import", "typed.ods", "--out", "typed.lua", "--site", "site.yaml", "--start", "2026-11-24T09:00")
lua = read("typed.lua").decode() if os.path.exists("typed.lua") else ""
check("cells that LibreOffice typed as times and dates", out.returncode == 0 and b'value-type="date"' in zipfile.ZipFile("typed.ods").read("content.xml")
      and [line.split('"')[1] for line in lua.splitlines() if line.startswith("  at = ") or "within" in line][1:] == ["T+00:30:00", "10m", "T+00:45:30", "5m", "T+14:00:00"], out.stderr + lua)
check("it can be rehearsed", ask("rehearse", "own.lua").returncode in (0, 10), ask("rehearse", "own.lua").stdout)

# ---- what is wrong, where ----
HEAD = "inject_id,type,title_zh,sched_offset,window_end,trigger,to,method,react_within,objectives,fault_ref\n"
for line, words in [("a,,甲,9.5,,,jia-noc,,,,", "row 2, column D (sched_offset): got the number 9.5"), ("a,,甲,0.5,,,jia-noc,,,,", "may be days as spreadsheets count them, hours or minutes; write 09:00"), ("a,,甲,T+00:01,,,jia-noc,,0.5,,", "column I (react_within): expected a length"),
                    ("a,,甲,soon,,,jia-noc,,,,", "column D (sched_offset): expected a moment"),
                    ("a,,甲,09:00,,,jia-noc,,,,", "is a time of day"), ("a,wish,甲,T+00:01,,,jia-noc,,,,", "column B (type): expected standard"),
                    ("a,,,T+00:01,,,jia-noc,,,,", "row 2: an inject needs a title"), ("a,,甲,T+00:01,,,jia-noc,,10,,", "column I (react_within): expected a length"),
                    ("a,,甲,,T+00:05,,jia-noc,,,,", "column E (window_end): the end of a window"), ("a,,甲,T+00:01,,perhaps,jia-noc,,,,", "column F (trigger): expected 'after ID'"),
                    ("b,target,甲,,,,,,,nothing,\na,,甲,T+00:01,,,jia-noc,,,,", "row 2, column J (objectives): a target belongs to an objective of the table, and 'nothing' is none"),
                    ("a,,甲,T+00:01,,,jia-nok,,,,", "column G (to): 'to': the site file has no person 'jia-nok'; did you mean 'jia-noc'"),
                    ("a,,甲,T+00:01,,,role:observer,,,,", "column G (to): 'to': by the site file nobody is 'observer'"),
                    ("a,,甲,T+00:01,,,chen,,,,", "column G (to): 'to': by the site file 'chen' is an evaluator"),
                    ("a,,甲,T+00:01,,,yi-noc,message.mail mail,,,", "has no address of 'yi-noc'"), ("a,,甲,T+00:01,,,jia-noc,message.mail nowhere,,,", "column H (method): the site file has no target 'nowhere'"),
                    ('a,,甲,T+00:01,,,jia-noc,"message.card cards format=""x",,,', "column H (method): a quotation mark is not closed"),
                    ("a,,甲,T+00:01,,,jia-noc,message.cards cards,,,", "row 2"), ("a,fault,甲,T+00:01,,,,,,,", "row 2: a fault says what it changes"),
                    ("a,,甲,,,after nobody,jia-noc,,,,", "column F (trigger)"), ("a,,甲,T+00:01,,,jia-noc,,,,\na,,乙,T+00:02,,,jia-noc,,,,", "row 3, column A (inject_id): 'a' is the id of row 2 already"),
                    ('a,,"甲,T+00:01,,,jia-noc,,,,', "is not closed"), ("a,,甲\u202e,T+00:01,,,jia-noc,message.card cards,,,", "direction character")]:
    open("bad.csv", "w").write(HEAD + line + "\n")
    out = ask("msel", "import", "bad.csv", "--out", "bad.lua", "--site", "site.yaml")
    check(f"exit 2, nothing written: {words}", out.returncode == 2 and words in out.stderr and not glob.glob("bad.lua*"), out.stderr)
open("bad.csv", "w").write("apples,pears\n1,2\n")
check("no heading", "expected a heading" in ask("msel", "import", "bad.csv", "--out", "bad.lua").stderr)
check("what is there is kept", ask("msel", "import", "all-1.csv", "--out", "all.lua", "--site", "site.yaml").returncode == 3 and "message.card" in read("all.lua").decode())
open("big5.csv", "wb").write((HEAD + "a,,甲,T+00:01,,,jia-noc,,,,\n").encode("big5"))
out = ask("msel", "import", "big5.csv", "--out", "bad.lua", "--site", "site.yaml")
check("a table in Big5", out.returncode == 2 and "not in Big5" in out.stderr and not glob.glob("bad.lua*"), out.stderr)
open("role.csv", "w").write(HEAD + "a,,甲,T+00:01,,,role:player,,,,\n")
out = ask("msel", "import", "role.csv", "--out", "role.lua", "--site", "site.yaml")
check("everybody of a role", out.returncode == 0 and ",jia-noc; yi-noc," in ask("msel", "export", "role.lua").stdout, out.stderr)
check("a binary file is no table", ask("msel", "import", "/bin/true", "--out", "bad.lua").returncode == 2)
open("torn.ods", "wb").write(read("all-1.ods")[:-200])
check("a torn spreadsheet", ask("msel", "import", "torn.ods", "--out", "bad.lua").returncode == 2)
# ---- the day itself ----
open("day.lua", "w").write("""
drill { "Day", id = "day", lasts = seconds(20), site = "site.yaml" }
phase { "One" }
inject { "Asked", id = "asked", at = ms(300), to = { "jia-noc" }, react_within = seconds(10), expect = "An answer" }
inject { "Not needed", id = "spare", unless = "asked", to = { "jia-noc" } }
""")
open("day.yaml", "w").write("- {inject: asked, ack: 200ms, after: 700ms, answer: done, by: jia-noc}\n")
out = ask("run", "day.lua", "--answers", "day.yaml", "--confirm", "day", "--plain", "--runs", "runs")
check("the day is played", out.returncode == 0, out.stdout + out.stderr)
out = ask("msel", "export", "day.lua", "--run", "last", "--runs", "runs")
told = {row["inject_id"]: row for row in csv.DictReader(io.StringIO(out.stdout.lstrip("\ufeff"), newline=""))}
check("what became of it stands in the table", told["asked"]["status"] == "fired" and told["asked"]["outcome"] == "answered" and told["asked"]["actual_time"].startswith("T+00:00:00.3")
      and 0.6 < float(told["asked"]["reaction_s"]) < 5 and told["asked"]["ack_time"].startswith("T+00:00:0") and -0.1 < float(told["asked"]["late_s"]) < 3, told["asked"])
check("what was not needed too", told["spare"]["status"] == "not fired" and told["spare"]["outcome"] == "not_needed" and told["spare"]["actual_time"] == "", told["spare"])
with open("day.lua", "a") as more:
    more.write("-- another revision\n")
out = ask("msel", "export", "day.lua", "--run", "last", "--runs", "runs")
check("of another revision: refused", out.returncode == 2 and "another revision" in out.stderr, out.stderr)
os.chdir("/")
shutil.rmtree(work)
finish()
