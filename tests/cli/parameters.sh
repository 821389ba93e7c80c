#!/usr/bin/env bash
# A scenario's parameters: --set, of each kind; what is wrong is told; a plan and a run keep them; the
# field's site file with them.
. "$(dirname "$0")/../lib.sh"
cd "$work"
cat >s.lua <<'LUA'
local pace = parameter { "pace", choices = { "fast", "full" }, otherwise = "fast" }
local pause = parameter { "pause", otherwise = ms(100) }
local share = parameter { "share", otherwise = percent(30) }
local rate = parameter { "rate", otherwise = kbit_per_s(100) }
local count = parameter { "count", otherwise = 2 }
local loud = parameter { "loud", otherwise = false }
drill { "Parameters", id = "parameters", lasts = minutes(1) }
phase { "One" }
step { "Do", id = "do", owner = "me", run = function()
  note { string.format("%s %s %s %s %s %s", pace, pause, share, rate, count + 1, loud) }
  wait(pause)
end }
LUA
expect 0 "fast 100ms 30% 100kbit/s 3 false" "$netdrill" rehearse s.lua
expect 0 "full 2s 5% 1Mbit/s 8.5 true" "$netdrill" rehearse s.lua --set pace=full --set pause=2s --set share=5% --set rate=1Mbit/s --set count=7.5 --set loud=true
expect 2 "takes 'fast' or 'full', got 'slow'" "$netdrill" lint s.lua --set pace=slow
expect 2 "a length of time such as 10s, got '3'" "$netdrill" lint s.lua --set pause=3
expect 2 "a share such as 30%, got 'half'" "$netdrill" lint s.lua --set share=half
expect 2 "a rate such as 100kbit/s, got '7'" "$netdrill" lint s.lua --set rate=7
expect 2 "a number, got 'seven'" "$netdrill" lint s.lua --set count=seven
expect 2 "true or false, got 'yes'" "$netdrill" lint s.lua --set loud=yes
expect 2 "no parameter 'pac'; did you mean 'pace'" "$netdrill" rehearse s.lua --set pac=full
expect 2 "takes NAME=VALUE, got 'pace'" "$netdrill" run s.lua --set pace
expect 2 "'--set pace' is given twice" "$netdrill" plan s.lua --set pace=full --set pace=fast
expect 3 "takes 'fast' or 'full'" "$netdrill" doctor s.lua --set pace=slow --runs runs
expect 0 "Parameter pace = full" "$netdrill" plan s.lua --set pace=full --out x.plan
expect 2 "the plan says what the parameters are" "$netdrill" run x.plan --set pace=fast --runs runs
expect 0 "full 100ms" "$netdrill" run x.plan --plain --runs runs
jq -es '.[0].data.parameters | .pace == "full" and .pause == "100ms" and .count == "2"' runs/*/journal.jsonl >/dev/null || fail "the journal"
expect 0 "it can be played" "$netdrill" doctor x.plan --runs runs

# The drill of the lab on a test bed, where people make the changes: netdrill makes none, and may make none.
drill=$root/drills/disaster-roaming.lua field=$root/drills/sites/disaster-roaming-field.yaml
expect 0 "0 errors, 0 warnings" "$netdrill" lint "$drill" --site "$field" --set acts=people --set pace=full --strict
expect 0 "Will change: 0 targets" "$netdrill" plan "$drill" --site "$field" --set acts=people --set variant=core-lost
expect 3 "E0504" "$netdrill" plan "$drill" --site "$field"
drill=$root/drills/ppdr-mocn.lua field=$root/drills/sites/ppdr-mocn-field.yaml
expect 0 "0 errors, 0 warnings" "$netdrill" lint "$drill" --site "$field" --set acts=people --set pace=full --strict
expect 0 "Will change: 0 targets" "$netdrill" plan "$drill" --site "$field" --set acts=people --set pace=full --set plmn=46605
expect 3 "E0504" "$netdrill" plan "$drill" --site "$field"
# What is missed in such a rehearsal is what only people could have changed: ordinary SIMs, whose cell nobody took down in the model.
"$netdrill" rehearse "$drill" --site "$field" --set acts=people --set pace=full >rehearsed 2>&1
[ "$(grep '✗' rehearsed | grep -vc 'Ordinary SIMs')" -eq 0 ] || { fail "a rehearsal with people's acts"; grep '✗' rehearsed; }
finish
