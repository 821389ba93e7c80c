#!/usr/bin/env bash
# The report with names meant badly, with a change that stays, and of a run with nothing in it.
. "$(dirname "$0")/../lib.sh"
cd "$work"
printf 'site: report-test\ntargets: {x: {kind: thing, may_be_disturbed: true}}\n' >site.yaml
cat >s.lua <<'LUA'
local p = use "pretend"
drill { { zh = "<script>alert(1)</script>", en = "A ]]> & \"quote\" <b>title</b>" }, id = "hostile", lasts = seconds(5), site = "site.yaml",
  objectives = { o = "<img src=x onerror=alert(2)>" } }
phase { "</svg><script>3</script>" }
step { "' onload='alert(4)", owner = "a|b`c\nd", objective = "o", run = function()
  local s = measure { p.probe, "y", every = ms(10), lasts = ms(200), label = "</title><script>5</script>", value = 1 }
  expect { "\u{202E}backwards", s:share(), equals = percent(100) }
  expect { "missed, on purpose", s:share(), below = percent(1) }
  p.change { "stays", target = site "x", fail_at = "verify" }
  note { "| a | table | in Markdown |\n# heading" }
end }
LUA
"$netdrill" run s.lua --confirm hostile --plain --runs runs >out 2>&1
code=$?
[ "$code" -eq 12 ] || { fail "exit $code, expected 12"; cat out; }
run=$(ls -d runs/*)
grep -q 'NOT VERIFIED AS RESTORED: act by hand' out || fail "the terminal does not tell what stayed"
cat >check.py <<'PY'
import html.parser, json, sys, xml.dom.minidom
run = sys.argv[1]
wrong = []


class Page(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        if tag in ("script", "img", "iframe", "object") or any(k.startswith("on") for k, _ in attrs):
            wrong.append((tag, attrs))


for lang in ("en", "zh-TW"):
    text = open(f"{run}/report/report.{lang}.html").read()
    Page().feed(text)
    if "\u202e" in text:
        wrong.append("a mark that turns text round")
    alarm, outcome = text.find('class="alarm"'), text.find('class="outcome')
    if alarm < 0 or alarm > outcome:
        wrong.append(f"{lang}: what stayed is not the first line")
    if text.count("<svg") != text.count("</svg>"):
        wrong.append("svg")
dom = xml.dom.minidom.parse(f"{run}/report/junit.xml")
if not dom.getElementsByTagName("failure"):
    wrong.append("junit: no failure")
model = json.load(open(f"{run}/report/report.json"))
if model["summary"] != model["summary"] | {"met": 1, "missed": 1, "unknown": 0}:
    wrong.append(model["summary"])
if model["run"]["outcome"] != "unrestored":
    wrong.append(model["run"])
for line in open(f"{run}/report/report.en.md"):
    if line.startswith("# heading") or line.startswith("| a | table"):
        wrong.append("Markdown: a text breaks out: " + line)
print("\n".join(map(str, wrong)))
sys.exit(bool(wrong))
PY
python3 check.py "$run" || fail "the report"
cp -r "$run/report" first && "$netdrill" report "$run" >/dev/null
diff -r first "$run/report" || fail "rendered again, it differs"
mv "$run" moved && "$netdrill" report moved >/dev/null
diff -r first moved/report || fail "rendered elsewhere, it differs"

# A run killed before anything was written still has a report.
mkdir -p empty && head -1 moved/journal.jsonl >empty/journal.jsonl
expect 0 "report.en.html" "$netdrill" report empty
: >empty/journal.jsonl
expect 0 "report.en.html" "$netdrill" report empty
grep -q 'did not end properly' empty/report/report.en.html || fail "an empty journal's report is not marked"
finish
