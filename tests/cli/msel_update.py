#!/usr/bin/python3
"""A table taken into a scenario that people have changed by hand: what changed in the table comes in, what was written by hand stays, what
both changed is refused by row and column; nothing else of the text changes, and a dry run writes nothing."""
import os, re, shutil, subprocess, sys, tempfile
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)
os.environ["HOME"] = work


def ask(*words):
    return subprocess.run([netdrill, "msel", *words], capture_output=True, text=True)


def update(table, *more):
    open("new.csv", "w").write(table)
    return ask("import", "new.csv", "--out", "d.lua", "--update", "--start", "08:30", *more)


def text():
    return open("d.lua").read()


def changes(out):
    """what, row, inject, column of each line"""
    return {tuple(line.split()[:4]) for line in out.stdout.splitlines()[1:]}


def every():
    return {name: open(name, "rb").read() for name in sorted(os.listdir("."))}


open("site.yaml", "w").write("""
site: msel
people:
  lin: {title: Lin, role: controller}
  jia-noc: {title: Jia, role: player}
  yi-noc: {title: Yi, role: player}
targets:
  cards: {kind: card, directory: outbox, recipients: {jia-noc: desk 1, yi-noc: desk 2}}
  cell: {kind: interface, interface: lo, may_be_disturbed: true}
""")
FIRST = """狀況編號,階段,狀況,時間,對象,內容,處置時限,備註,方式
a-1,One,海纜中斷,09:00,jia-noc,請查明,10 分鐘,,
a-2,One,第二條,09:15,jia-noc,內容二,15 min,n2,
a-3,Two,停電,09:30,yi-noc,內容三,,,
a-4,Two,復電,10:00,yi-noc,內容四,,,
"""
open("t.csv", "w").write(FIRST)
out = ask("import", "t.csv", "--out", "d.lua", "--site", "site.yaml", "--start", "08:30")
check("a scenario, and beside it the table as it was taken in", out.returncode == 0 and os.path.exists("d.msel.csv"), out.stderr)
made = text()
out = ask("import", "t.csv", "--out", "d.lua", "--site", "site.yaml", "--start", "08:30")
check("a second import says what there is", out.returncode == 3 and "--update" in out.stderr and text() == made, out.stderr)
out = update(FIRST)
check("nothing changed, nothing written", out.returncode == 0 and out.stdout == "" and text() == made and "0 updated" in out.stderr, out.stdout + out.stderr)
out = ask("import", "t.csv", "--out", "none.lua", "--update")
check("nothing there to update", out.returncode == 2 and "there is no 'none.lua'" in out.stderr, out.stderr)

# ---- what people write into it by hand ----
hand = made.replace('  react_within = "15m",', "  react_within = minutes(20), -- agreed by phone")
hand = hand.replace('  id = "a-3",', '  id = "a-3", -- [[ watch the "batteries" ]]\n  run = function() note { "seen" } end,')
hand += '\n-- by hand\ninject { "Own", id = "own", at = "T+02:00", to = { "jia-noc" } }\n'
open("d.lua", "w").write(hand)
second = (FIRST.replace("請查明,10 分鐘", "請查明原因,12 分鐘").replace("a-4,Two,復電,10:00", "a-4,One,復電,09:20")
          .replace("a-3,Two,停電,09:30", "a-3,Two,大停電,09:35:30") + "b-9,Two,新的,09:50,jia-noc;yi-noc,新內容,5m,,message.card cards\n")
before = every()
out = update(second, "--dry-run")
WANTED = {("updated", "2", "a-1", "body"), ("updated", "2", "a-1", "react_within"), ("kept", "3", "a-2", "react_within"), ("moved", "5", "a-4", "phase"),
          ("updated", "5", "a-4", "sched_offset"), ("updated", "4", "a-3", "title"), ("updated", "4", "a-3", "sched_offset"), ("added", "6", "b-9", "(inject)")}
before["new.csv"] = second.encode()
check("a dry run tells each, by row, inject and column", out.returncode == 0 and changes(out) == WANTED, out.stdout + out.stderr)
check("with what there is and what comes", 'react_within = "10m"  ->  react_within = "12m"' in out.stdout and "would be: 5 updated, 1 moved, 1 added" in out.stderr, out.stdout + out.stderr)
check("and writes nothing", every() == before)
out = update(second)
check("done: the same", out.returncode == 0 and changes(out) == WANTED, out.stdout + out.stderr)
want = hand.replace('"請查明"', '"請查明原因"').replace('"10m"', '"12m"').replace('"停電"', '"大停電"').replace('  at = "T+01:00:00",\n  to', '  at = "T+01:05:30",\n  to')
moved = want[want.index('inject { "復電"'):want.index("\n\n-- by hand")]
want = want.replace(moved + "\n", "").replace('\n\nphase { "Two"', "\n\n" + moved.replace("T+01:30:00", "T+00:50:00") + '\n\nphase { "Two"')
plain = re.sub(r'local message = use "message"\n|\n*inject \{ "新的",.*?\n\}', "", text(), flags=re.S)
check("nothing else of the text changed: comments, keys of its own, own injects", re.sub(r"\n+", "\n", plain) == re.sub(r"\n+", "\n", want), plain + "----\n" + want)
check("the new one is whole, with its plugin", 'local message = use "message"' in text() and 'via = { message.card, site "cards" }' in text() and 'to = { "jia-noc", "yi-noc" }' in text(), text())
out = update(second)
check("again: what was kept is told, the text stays", out.returncode == 0 and changes(out) == {("kept", "3", "a-2", "react_within")}, out.stdout + out.stderr)
check("it lints clean", subprocess.run([netdrill, "lint", "d.lua"]).returncode == 0)

# ---- both changed ----
third = second.replace("內容二,15 min", "內容二,25 min")
kept = text()
out = update(third)
check("a conflict: refused by row and column, nothing written", out.returncode == 3 and "row 3, column G (react_within): 'a-2': changed in the table and in the scenario" in out.stderr
      and "nothing was written" in out.stderr and text() == kept, out.stdout + out.stderr)
out = update(third, "--take", "scenario", "--dry-run")
check("the scenario may be right", out.returncode == 0 and changes(out) == {("kept", "3", "a-2", "react_within")}, out.stdout + out.stderr)
out = update(third, "--take", "neither")
check("or the table, and nobody else", out.returncode == 2 and "expected 'table' or 'scenario'" in out.stderr, out.stderr)
out = update(third, "--take", "table")
check("then the table's stands there, the comment too", out.returncode == 0 and '  react_within = "25m", -- agreed by phone' in text(), out.stderr + text())

# ---- gone ----
fourth = "".join(line for line in third.splitlines(True) if not line.startswith(("a-1", "a-3")))
kept = text()
out = update(fourth)
check("what is gone from the table is told and left", out.returncode == 0 and changes(out) == {("gone", "-", "a-1", "(inject)"), ("gone", "-", "a-3", "(inject)")} and text() == kept, out.stdout + out.stderr)
shutil.copy("new.csv", "fourth.csv")
out = update(third)  # they come back: the table never lost them in the scenario
check("and may come back", out.returncode == 0 and text() == kept, out.stdout + out.stderr)
out = update(fourth, "--prune")
check("one with a key that no table knows is not pruned unasked", out.returncode == 3 and "it has 'run', written by hand" in out.stderr and text() == kept, out.stdout + out.stderr)
open("d.lua", "w").write(kept.replace('  run = function() note { "seen" } end,\n', ""))
out = update(fourth, "--prune")
check("pruned: those two, and not the scenario's own", out.returncode == 0 and '"a-1"' not in text() and '"a-3"' not in text() and '"own"' in text() and '"a-2"' in text()
      and "-- by hand" in text(), out.stderr + text())

# ---- taken out by hand, and what code makes ----
kept = text()
open("d.lua", "w").write(re.sub(r'inject \{ "復電",.*?\n\}\n', "", kept, flags=re.S))
out = update(fourth)
check("what was taken out by hand stays out", out.returncode == 0 and ("kept", "3", "a-4", "(inject)") in changes(out) and '"a-4"' not in text(), out.stdout + out.stderr)
out = update(fourth.replace("內容四", "內容五"))
check("unless the table changed it: refused", out.returncode == 3 and "row 3: 'a-4': changed in the table, and taken out of the scenario by hand" in out.stderr, out.stdout + out.stderr)
out = update(fourth.replace("內容四", "內容五"), "--take", "table")
check("or wanted", out.returncode == 0 and '"內容五"' in text(), out.stderr)
fifth = fourth.replace("內容四", "內容五")
for what, old, new, words in [
        ("a value that code makes", 'body = "內容二"', 'body = "內容" .. "二"', "line {} of the scenario: 'body' is made by code; change it there by hand"),
        ("a value with a comment in it", 'body = "內容二"', 'body = { -- short\n  zh = "內容二", en = "內容二" }', "line {} of the scenario: 'body' has a comment in it"),
        ("a variable", 'body = "內容二"', "body = TEXT", "'body' is made by code"),
        ("an id that code makes", 'id = "a-2"', 'id = "a" .. "-2"', "no inject {{ ... }} with id = \"a-2\" written out")]:
    kept = text()
    open("d.lua", "w").write("local TEXT = \"內容二\"\n" + kept.replace(old, new))
    line = next(i for i, row in enumerate(text().splitlines(), 1) if new.splitlines()[0] in row)
    made = text()
    out = update(fifth.replace("內容二", "內容貳"))
    check(f"{what}: refused with its line", out.returncode == 3 and words.format(line) in out.stderr and text() == made and "row 2, column F (body): 'a-2'" in out.stderr, out.stdout + out.stderr)
    open("d.lua", "w").write(kept)

# ---- keys that come and go, faults found by loading ----
sixth = fifth.replace("內容二,25 min,n2,", "內容二,,,message.card cards").replace("a-2,One,第二條,09:15", "a-2,One,第二條,09:16")
out = update(sixth)
check("keys that come and go", out.returncode == 0 and "react_within" not in text()[text().index('"a-2"'):text().index("phase")] and "n2" not in text() and text().count("message.card") == 2
      and "-- agreed by phone" in text(), out.stderr + text())
kept = text()
out = update(sixth.replace("a-4,One,復電,09:20,yi-noc", "a-4,One,復電,09:20,yi-nok"))
check("what loading finds wrong, by row and column", out.returncode == 3 and "row 3, column E (to): 'to': the site file has no person 'yi-nok'" in out.stderr and text() == kept, out.stdout + out.stderr)
out = update(sixth.replace("b-9,Two", "b-9,Three"))
check("a phase that is not there", out.returncode == 3 and "row 4, column B (phase): 'b-9': the scenario has no such phase" in out.stderr, out.stdout + out.stderr)
out = update(sixth.replace("a-4,One", ",One"))
check("rows without an id", out.returncode == 2 and "row 3, column A (inject_id): an update goes by ids" in out.stderr, out.stdout + out.stderr)
check("no leftovers", not [name for name in os.listdir(".") if "part" in name], os.listdir("."))

# ---- a scenario written by hand: no table was taken in before ----
open("own.lua", "w").write("""
local links = use "links"
drill { "Own", id = "own", lasts = hours(2), site = "site.yaml", objectives = { tell = { zh = "通報", en = "Tell" } } }
phase { { zh = "一", en = "One" } }
inject { { zh = "甲", en = "First" }, id = "first", at = minutes(5), to = { "jia-noc" }, react_within = minutes(10), objective = "tell" } -- said so
inject { "Cut", id = "cut", at = minutes(10), kind = "fault", run = function() links.down { site "cell", restore_by = "T+01:00" } end }
""")
ask("export", "own.lua", "--out", "was.csv")
table = open("was.csv", encoding="utf-8-sig", newline="").read()
open("now.csv", "w", encoding="utf-8-sig", newline="").write(table.replace("P+00:05:00", "P+00:07:00").replace("10m", "8m").replace(",通報,", ",速報,"))
out = ask("import", "now.csv", "--out", "own.lua", "--update")
check("differences alone do not say who is right", out.returncode == 3 and "--base TABLE" in out.stderr and "row 5, column" in out.stderr, out.stdout + out.stderr)
out = ask("import", "now.csv", "--out", "own.lua", "--update", "--base", "was.csv")
made = open("own.lua").read()
check("the table as it was written says it", out.returncode == 0 and 'at = "7m", to = { "jia-noc" }, react_within = "8m", objective = "tell" } -- said so' in made and "minutes(10), kind" in made, out.stderr + made)
check("what is no inject is told, and left", "row 3, column" in out.stderr and "takes over injects alone" in out.stderr and "速報" not in made, out.stderr)
ask("export", "own.lua", "--out", "is.csv")
table = open("now.csv", encoding="utf-8-sig", newline="").read()
open("now.csv", "w", encoding="utf-8-sig", newline="").write(table.replace("links.down cell", "links.lose cell share=0.5"))
out = ask("import", "now.csv", "--out", "own.lua", "--update")
check("what a fault does is the scenario's", out.returncode == 3 and "row 6, column X (fault_ref): 'cut': line 6 of the scenario: 'run' is made by code; change it there by hand" in out.stderr, out.stdout + out.stderr)
os.chdir("/")
shutil.rmtree(work)
finish()
