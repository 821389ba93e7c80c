#!/usr/bin/python3
"""Documents and calendars by role: each text of the drill is a word of its own, and stands where it may and
nowhere else; what is written is markup only where it is meant to be; calendars are read by python3-icalendar."""
import datetime, html.parser, os, re, shutil, subprocess, sys, tempfile
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)


def ask(*words):
    return subprocess.run([netdrill, *words], capture_output=True, text=True)


open("site.yaml", "w").write("""
site: documents
operators: {jia: {title: {zh: 甲電信, en: OperatorJia}}}
people:
  lin: {title: ControllerLin, role: controller}
  wu: {title: ControllerWu, role: controller}
  chen: {title: EvaluatorChen, role: evaluator}
  reporter: {title: SimulatorTitle, role: simulator}
  jia-noc: {title: PlayerTitle, role: player, operator: jia}
targets:
  victim: {kind: interface, interface: lo, may_be_disturbed: true}
""")
open("s.lua", "w").write(r"""
local links = use "links"
drill { { zh = "演練題目 <b>&", en = "DrillTitle <script>alert(1)</script> | *x*" }, id = "doc-drill", revision = 3, lasts = hours(2), site = "site.yaml",
  objectives = { one = { { zh = "目標一", en = "ObjectiveOne" }, capability = "CapabilityOne", targets = { t1 = { "TargetOne", tasks = { k1 = "CriticalOne" } } } },
    two = "ObjectiveTwo" } }
baseline { "BaselineTitle", run = function() expect { "x", true } end }
guard { "GuardTitle", read = function() return 1 end, at_least = 0 }
phase { "PhaseOne", at = "T+00:10" }
inject { { zh = "狀況標題甲", en = "TitleA" }, id = "inject-a", at = minutes(5), from = "reporter", to = { "jia-noc" }, controller = "lin", evaluator = "chen",
  body = { zh = "狀況內容甲\n第二行", en = "BodyA, <i>; second" }, expect = { zh = "預期甲", en = "ExpectA" }, react_within = minutes(7), objective = "k1",
  tasks = { "TaskA" }, notes = "NotesA\n| still", scenario_time = "StoryA" }
inject { "TitleB", id = "inject-b", window = { "T+00:20", "T+00:30" }, to = { "jia-noc" }, controller = "wu", body = "BodyB", notes = "NotesB" }
step { "StepTitle", owner = "StepOwner", objective = "two", run = function() wait(ms(10)) end }
phase { "PhaseTwo" }
inject { "TitleC", id = "inject-c", options = { "OptionYes", "OptionNo" }, to = { "jia-noc" }, controller = "lin", react_within = minutes(5), objective = "two" }
inject { "TitleD", id = "inject-d", unless = "inject-c", to = { "jia-noc" }, controller = "lin", body = "BodyD" }
inject { "TitleE", id = "inject-e", after = "inject-c", controller = "wu", run = function() links.down { site "victim", restore_by = "T+01:30" } end }
""")
FUTURE = ["TitleA", "TitleB", "TitleC", "TitleD", "TitleE", "狀況標題甲", "BodyA", "BodyB", "BodyD", "狀況內容甲", "ExpectA", "預期甲", "TaskA", "StoryA", "OptionYes", "PhaseOne", "TargetOne", "CriticalOne",
          "PhaseTwo", "StepTitle", "StepOwner", "inject-a", "inject-b", "inject-c", "victim", "links.down", "SimulatorTitle", "reporter", "GuardTitle", "BaselineTitle", "00:10", "00:20"]
NOTES = ["NotesA", "NotesB"]


class Page(html.parser.HTMLParser):
    """Tags in balance, and which there are."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.balanced = [], set(), True

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag


def document(kind, *more):
    out = ask("doc", kind, "s.lua", *more)
    check(f"doc {kind} {' '.join(more)}", out.returncode == 0, out.stderr)
    return out.stdout


for lang in ("zh", "en"):
    for form in ("html", "md"):
        how = ("--lang", lang, "--format", form)
        docs = {kind: document(kind, *how) for kind in ("player", "plan", "controller", "evaluator", "feedback")}
        found = [word for word in FUTURE + NOTES if word in docs["player"]]
        check(f"{how}: nothing of the future, no note for players {found}", not found and "PlayerTitle" in docs["player"] and "T+02:00:00" in docs["player"])
        check(f"{how}: nor in the form for all {[w for w in FUTURE + NOTES if w in docs['feedback']]}", not any(w in docs["feedback"] for w in FUTURE + NOTES)
              and all(w in docs["feedback"] for w in ["ObjectiveTwo", "1  2  3  4  5", "hot wash"]))
        check(f"{how}: keys and commands of controllers", all(w in docs["controller"] for w in ["netdrill inject TEXT --to NAME", "netdrill met DUTY", "(d)"]))
        check(f"{how}: no notes but for controllers", not any(word in docs[kind] for word in NOTES for kind in ("plan", "evaluator")))
        bodies = ["NotesA", "NotesB", "BodyB", "BodyD", "OptionYes", "StoryA", "T+00:15:00", "links.down victim", "netdrill fire inject-b"] + (["狀況內容甲", "BodyA"])
        check(f"{how}: controllers have all", all(word in docs["controller"] for word in bodies), [w for w in bodies if w not in docs["controller"]])
        check(f"{how}: evaluators have what to look at", all(word in docs["evaluator"] for word in ["TaskA", "CapabilityOne", "TargetOne", "□ CriticalOne", "ExpectA" if lang == "en" else "預期甲", "ObjectiveTwo", "StepTitle", "P  S  M  U"]))
        check(f"{how}: the plan has the timetable", all(word in docs["plan"] for word in ["PhaseTwo", "StepTitle", "TitleB", "links.down victim", "T+01:30:00", "BaselineTitle", "GuardTitle"]))
        for kind, text in docs.items():
            marks = [m.start() for m in re.finditer("演練 EXERCISE", text)]
            ends = text.rstrip().rstrip("*").endswith("演練 EXERCISE") or text.rstrip().endswith("演練 EXERCISE</p></footer></body></html>")
            check(f"{how} {kind}: marked at both ends", len(marks) >= 2 and marks[0] < 700 and ends)
            check(f"{how} {kind}: says who may have it", kind in ("player", "feedback") or ("not for players" in text or "不得交予參演人員" in text))
            check(f"{how} {kind}: a title is no markup", "<script" not in text and "<b>" not in text and "<i>" not in text and ("&lt;script" in text or lang == "zh"))
            if form == "html":
                page = Page()
                page.feed(text)
                check(f"{how} {kind}: tags in balance, no link, no script", page.balanced and not page.open and not page.seen & {"script", "a", "img", "link"}
                      and not re.search(r"https?://|src=|@import", text))
            else:
                check(f"{how} {kind}: rows of a table are lines of it", all(line.endswith("|") for line in text.split("\n") if line.startswith("|")) and "\\*x\\*" in text or lang == "zh")
hers = document("controller", "--for", "lin", "--lang", "en", "--format", "md")
check("a controller's own part", "NotesA" in hers and "TitleC" in hers and "NotesB" not in hers and "TitleE" not in hers)
hers = document("evaluator", "--for", "chen", "--lang", "en", "--format", "md")
check("an evaluator's own part", "TitleA" in hers and "TitleC" not in hers)
for words, command in [("expected 'player'", ("doc", "players", "s.lua")), ("has no person 'lim'; did you mean 'lin'", ("doc", "controller", "s.lua", "--for", "lim")),
                       ("goes with controller", ("doc", "player", "s.lua", "--for", "lin")), ("say for whom", ("calendar", "s.lua", "--start", "2026-11-24T09:00+08:00")),
                       ("say when STARTEX is", ("calendar", "s.lua", "--role", "player")), ("say when STARTEX is", ("calendar", "s.lua", "--role", "player", "--start", "tomorrow"))]:
    out = ask(*command)
    check(f"exit 2: {words}", out.returncode == 2 and words in out.stderr and out.stdout == "", out.stderr)

# ---- calendars ----
import icalendar

START = datetime.datetime(2026, 11, 24, 1, 0, tzinfo=datetime.timezone.utc)


def calendar(role, *more):
    out = subprocess.run([netdrill, "calendar", "s.lua", "--role", role, "--start", "2026-11-24T09:00:00+08:00", *more], capture_output=True)
    check(f"calendar {role} {' '.join(more)}", out.returncode == 0, out.stderr)
    lines = out.stdout.split(b"\r\n")
    check(f"{role}: lines of 75 octets at most, whole characters", lines[-1] == b"" and b"\n" not in out.stdout.replace(b"\r\n", b"") and all(len(line) <= 75 for line in lines)
          and all(line.decode() is not None for line in lines))
    read = icalendar.Calendar.from_ical(out.stdout)
    events = {str(e["uid"]).split("@")[0].split(".", 1)[1]: e for e in read.walk("VEVENT")}
    check(f"{role}: each event has what it needs", all({"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= set(e) and str(e["summary"]).startswith("【演練 EXERCISE】") and e["class"] == "PRIVATE"
                                                     and e["sequence"] == 3 for e in events.values()) and str(read["version"]) == "2.0")
    return out.stdout.decode(), events


text, events = calendar("player", "--lang", "en")
flat = text.replace("\r\n ", "")
check("a player's holds the exercise alone", list(events) == ["exercise"] and not [w for w in FUTURE + NOTES if w in flat], flat)
check("from STARTEX to ENDEX", events["exercise"].decoded("dtstart") == START and events["exercise"].decoded("dtend") == START + datetime.timedelta(hours=2))
text, events = calendar("controller", "--lang", "zh")
check("a controller's holds the injects whose time is known", sorted(events) == ["exercise", "inject-a", "inject-b"], sorted(events))
check("when", events["inject-a"].decoded("dtstart") == START + datetime.timedelta(minutes=15) and events["inject-a"].decoded("dtend") == START + datetime.timedelta(minutes=22))
check("a window is tentative", events["inject-b"]["status"] == "TENTATIVE" and events["inject-b"].decoded("dtend") == START + datetime.timedelta(minutes=30))
check("with the notes, whole", "NotesA\n| still" in str(events["inject-a"]["description"]) and "預期甲" in str(events["inject-a"]["description"]))
check("the others are told by name", "inject-c" in str(events["exercise"]["description"]) and "inject-d" in str(events["exercise"]["description"]))
text, events = calendar("evaluator", "--for", "chen", "--lang", "en")
check("an evaluator's own, without notes", sorted(events) == ["exercise", "inject-a"] and "Notes" not in text.replace("\r\n ", ""))
os.chdir("/")
shutil.rmtree(work)
finish()
