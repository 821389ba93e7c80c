#!/usr/bin/env bash
# The site's safety policy: told by lint with line and column, by plan, and kept by the run itself.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs

site() { # the policy's lines
    cat >site.yaml <<YAML
site: policy-test
people: {lin: {}, wu: {}, chen: {}}
targets:
  a: {kind: thing, may_be_disturbed: true}
  b: {kind: thing, may_be_disturbed: true}
  core: {kind: router, may_be_disturbed: true}
  shy: {kind: thing}
policy:
  $1
YAML
}

scenario() { # lines of the one step's body
    cat >s.lua <<LUA
local p, a = use "pretend", site "a"
drill { "A policy", id = "policed", lasts = seconds(20), site = "site.yaml" }
phase { "One" }
step { "Do it", id = "do", owner = "me", run = function()
$1
end }
LUA
}
run() { "$netdrill" run s.lua --confirm policed --plain --runs runs; }
events() { jq -rc "$1" "$(ls -d runs/* | tail -1)/journal.jsonl"; }

# What stands in the text is told with its place, whether a rehearsal comes by or not.
site 'targets: [a]'
scenario '  p.change { "x", target = a }'
expect 0 "0 errors" "$netdrill" lint s.lua
scenario '  local b = site "b"
  if false then p.change { "x", target = b } end'
expect 2 "s.lua:6:42" "$netdrill" lint s.lua
scenario '  p.change { "x", target = site "b" }'
expect 2 "s.lua:5:28" "$netdrill" lint s.lua
grep -qF "E0502" "$work/out" || fail "no code"
expect 0 "list is the site owner's" "$netdrill" explain E0502
site 'forbidden: {verbs: [pretend.change]}'
scenario '  if false then p.change { "x", target = a } end'
expect 2 "error[E0503]: the site's policy forbids 'pretend.change'" "$netdrill" lint s.lua
grep -qF "s.lua:5:17" "$work/out" || fail "the place of a forbidden verb"
site 'forbidden: {plugins: [pretend]}'
scenario '  measure { p.probe, "y", every = ms(10), lasts = ms(50) }'
expect 2 "forbids 'pretend.probe'" "$netdrill" lint s.lua
site 'forbidden: {plugins: [pretnd]}'
scenario '  wait(ms(1))'
site 'forbidden: {plugins: ["/lib/x86_64-linux-gnu/libm.so.6"], verbs: ["./evil.so.run"]}'
expect 0 "2 warnings" "$netdrill" lint s.lua
site 'forbidden: {plugins: [pretnd]}'
expect 0 "warning[W0604]: the policy forbids 'pretnd', and there is no such plugin here" "$netdrill" lint s.lua
site 'drill_lasts: 10s'
expect 2 "s.lua:2:37" "$netdrill" lint s.lua
site 'hours: ["mon-fri 09:00-09:00:10 +08:00"]'
expect 2 "cannot be read as hours" "$netdrill" lint s.lua

# What only playing shows: all of it at once, at its line.
site 'changes_at_most: 1
  change_lasts: 5s'
scenario '  p.change { "one", target = a, restore_by = "T+00:00:04" }
  p.change { "two", target = site "b", restore_by = "T+00:00:04" }
  restore {}
  p.change { "three", target = a }'
expect 2 "s.lua:6:3" "$netdrill" lint s.lua
grep -qF "s.lua:8:3" "$work/out" && grep -qF "E0504" "$work/out" && grep -qF "E0505" "$work/out" || { fail "not all faults at once"; cat "$work/out"; }
expect 3 "allows 1 changes at once, and 1 are in force" "$netdrill" plan s.lua --out x.plan
[ ! -e x.plan ] || fail "a plan was saved that the policy does not allow"
expect 3 "nothing was changed" run
[ -z "$(ls runs)" ] || fail "a run was begun that the policy does not allow"

# A rehearsal fails as the run would.
expect 5 "allows 1 changes at once" "$netdrill" rehearse s.lua

# A call that no preview came by is refused when it is made: ERIGHTS, journalled, nothing recorded.
site 'targets: [a]'
cat >answers.yaml <<'YAML'
- {match: "the rare branch", answer: no}
YAML
scenario '  local t = { a = site "a", b = site "b" }
  local yes = confirm { "Not the rare branch", within = seconds(5), required = false }
  p.change { "x", target = yes and t.a or t.b, may_fail = true }'
expect 0 "Saved" "$netdrill" plan s.lua --out x.plan
"$netdrill" run x.plan --confirm policed --plain --runs runs --answers answers.yaml >out 2>&1
[ $? -eq 0 ] || { fail "the run with a refused call"; cat out; }
[ "$(events 'select(.type == "netdrill.op.ended") | .data.err')" = ERIGHTS ] || fail "the refused call's error"
events 'select(.type == "netdrill.op.ended") | .data.why' | grep -qF "target 'b' is not on the list" || fail "the refused call's reason"
[ -z "$(events 'select(.type | startswith("netdrill.change"))')" ] && [ ! -s "$(ls -d runs/* | tail -1)/undo.jsonl" ] || fail "something was recorded or changed"
rm -r runs/*

# Edited after the plan: the plan is stale, and a run takes the policy as it is now.
scenario '  p.change { "x", target = a }'
expect 0 "Saved" "$netdrill" plan s.lua --out x.plan
site 'targets: [a, b]'
expect 3 "stale plan: site file" "$netdrill" run x.plan --confirm policed --runs runs
site 'targets: [b]'
expect 2 "is not on the list" "$netdrill" run x.plan --confirm policed --runs runs
expect 2 "is not on the list" run
rm -rf runs/*

# Hours: now is within, or not; a drill that would reach beyond them is refused.
scenario '  p.change { "x", target = a, restore_by = "T+00:00:05" }'
site "hours: [\"daily 00:00-24:00 +08:00\"]"
expect 0 "ok: 0 met" run
site "hours: [\"$(LC_ALL=C date -u -d '+2 days' +%a) 00:00-24:00 +00:00\"]"
expect 3 "is outside of the hours of the site's policy" run
site "hours: [\"daily $(date -u -d '-10 minutes' +%H:%M)-$(date -u -d '+5 minutes' +%H:%M) +00:00\"]"
sed -i 's/seconds(20)/minutes(10)/' s.lua
expect 3 "but the hours of the site's policy end at" run
[ "$(ls runs | wc -l)" -eq 1 ] || fail "a run was begun outside of the hours"
finish
