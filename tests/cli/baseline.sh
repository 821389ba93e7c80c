#!/usr/bin/env bash
# The steady state: refused when it does not hold, measured again when all is restored.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs
printf 'site: steady\ntargets: {x: {kind: thing, may_be_disturbed: true}}\n' >site.yaml
scenario() { # body of the baseline, body of the step
    cat >s.lua <<LUA
local p, exec, x = use "pretend", use "exec", site "x"
drill { "Steady", id = "steady", lasts = seconds(9), site = "site.yaml" }
baseline { { zh = "服務正常", en = "The service is up" }, within = seconds(${within:-20}), run = function()
$1
end }
phase { "One" }
step { "Do", owner = "me", run = function()
$2
end }
LUA
}
run() { "$netdrill" run s.lua --confirm steady --plain --runs runs --lang en; }
events() { jq -rc "$1" "$(ls -d runs/* | tail -1)/journal.jsonl"; }
markdown() { "$netdrill" report last --runs runs --format md >md; }
up='  expect { "It is up", exec.probe { { "/bin/cat", "'$work'/up" } } }
  local s = measure { p.probe, "y", every = ms(50), lasts = ms(500) }
  expect { "It answers", s:share(), equals = percent(100) }'

touch up
scenario "$up" '  p.change { "x", target = x }'
expect 0 "the baseline is as before" run
[ "$(events 'select(.type == "netdrill.baseline.checked") | .data | [.when, .grade]' | tr '\n' ' ')" = '["before","met"] ["before","met"] ["after","met"] ["after","met"] ' ] || fail "what was measured, before and after"
[ "$(events 'select(.type == "netdrill.verdict")')" = "" ] || fail "a baseline's checks are no verdicts of the drill"
markdown
grep -q '| It is up .* as before |' md || fail "the report's table"
[ "$(jq '.series | length' "$(ls -d runs/* | tail -1)/report/report.json")" = 0 ] || fail "the baseline's own series are told as the drill's"
rm -r runs/*

# It does not hold: refused, and nothing was changed.
rm up
expect 3 "REFUSED: the baseline does not hold: The service is up: It is up" run
grep -q "refused: 0 met" "$work/out" || fail "the outcome"
[ -z "$(events 'select(.type == "netdrill.run.started" or (.type | startswith("netdrill.change")))')" ] || fail "something was begun"
markdown
grep -q "Refused because" md || fail "the report does not say why"
grep -q "refused before it began" "$(ls -d runs/* | tail -1)/report/report.en.html" || fail "the page's outcome"
expect 0 "seal      ok" "$netdrill" verify last --runs runs
"$netdrill" report last --runs runs --format junit >junit.xml
grep -q '<testcase classname="steady.baseline" name="before"><failure' junit.xml && grep -q '<error type="run" message="the baseline does not hold' junit.xml || { fail "JUnit does not tell"; cat junit.xml; }
rm -r runs/*

# It held, and does not any more, though everything was read back.
touch up
scenario "$up" "  exec.probe { { \"/bin/rm\", \"$work/up\" } }
  p.change { \"x\", target = x }"
expect 13 "THE BASELINE NO LONGER HOLDS: It is up" run
grep -q "unsteady: 0 met" "$work/out" && grep -q "look at the network" "$work/out" || fail "the end does not say it"
markdown
grep -q '| It is up .* not as before |' md || fail "the report does not tell what differs"
rm -r runs/*

# What it may not do.
touch up
scenario '  p.change { "x", target = x }' '  wait(ms(1))'
expect 3 "a baseline measures and changes nothing" run
scenario '  confirm { "Ready?", within = seconds(1) }' '  wait(ms(1))'
expect 3 "'confirm' stands in a step" run
within=3 scenario '  wait(seconds(20))' '  wait(ms(1))'
expect 3 "it took longer than 3s" run
scenario '  wait(ms(1))' '  wait(ms(1))'
expect 3 "it expects nothing" run
sed -i 's/within = /wthin = /' s.lua
expect 2 "has no key 'wthin'; did you mean 'within'" "$netdrill" lint s.lua
sed -i 's/wthin = seconds(20), run/within = 3, rum/' s.lua
expect 2 "3 errors" "$netdrill" lint s.lua
finish
