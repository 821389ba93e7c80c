#!/usr/bin/env bash
# A run that two people have to arm: it waits, and takes no silence, no stranger and nobody twice
# for an answer.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs
cat >site.yaml <<'YAML'
site: armed
people: {lin: {}, wu: {}, chen: {}}
targets: {x: {kind: thing, may_be_disturbed: true}}
policy:
  arming: {people: 2, of: [lin, wu], within: 20s}
YAML
cat >s.lua <<'LUA'
local p = use "pretend"
drill { "Armed", id = "armed", lasts = seconds(9), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function() p.change { "x", target = site "x" } end }
LUA
begin() {
    rm -rf runs/*
    "$netdrill" run s.lua --confirm armed --plain --runs runs >run.out 2>&1 &
    pid=$!
    for _ in $(seq 100); do grep -q arm.asked runs/*/journal.jsonl 2>/dev/null && break; sleep 0.1; done
}
ended() { # expected exit code
    local got=0
    wait "$pid" || got=$?
    [ "$got" -eq "$1" ] || { fail "the run exited $got, expected $1"; cat run.out; }
}
arm() { "$netdrill" arm last --runs runs "$@"; }
events() { jq -rc "$1" runs/*/journal.jsonl; }

expect 2 "--confirm armed" "$netdrill" run s.lua --runs runs </dev/null
begin
expect 0 '"state":"arming"' "$netdrill" status last --runs runs --json
grep -q '"armed":\[\]' "$work/out" || fail "the status does not tell who has armed"
expect 2 "say who you are" arm
expect 2 "no person 'nobody'" arm --as nobody
expect 3 "'chen' is not among those who may arm" arm --as chen
expect 0 "armed by lin; it takes 1 more" arm --as lin
expect 3 "'lin' has armed it already; it takes another person" arm --as lin
expect 0 "armed 1/2 lin  netdrill arm last --as NAME" "$netdrill" status last --runs runs --lang en
[ -z "$(events 'select(.type == "netdrill.run.started" or .type == "netdrill.keeper.started")')" ] || fail "it began with one person"
expect 0 "armed by wu; the run goes on" arm --as wu
ended 0
[ "$(events 'select(.type == "netdrill.arm.given") | .data | [.by, .uid, (.pid > 0), has("login_uid")]' | tr '\n' ' ')" = "[\"lin\",$(id -u),true,true] [\"wu\",$(id -u),true,true] " ] || fail "who armed is not in the journal"
expect 3 "does not answer" arm --as lin
"$netdrill" report last --runs runs --format md | grep -q 'lin' || fail "who armed is not in the report"

# One person, then nobody: refused, nothing was begun.
sed -i 's/within: 20s/within: 4s/' site.yaml
begin
arm --as lin >/dev/null
ended 3
grep -qF "refused" run.out && grep -qF "not armed in time: 1 of 2 people" run.out || { fail "the refusal's reason"; cat run.out; }
[ -z "$(events 'select(.type | startswith("netdrill.change") or startswith("netdrill.run.started"))')" ] || fail "something was begun"
grep -q "refused" runs/*/report/report.json || fail "the report does not say that it was refused"

# Aborted while it waits; killed while it waits.
sed -i 's/within: 4s/within: 60s/' site.yaml
begin
"$netdrill" abort last --runs runs || fail "abort"
ended 11
begin
kill -KILL "$pid"
ended 137
expect 0 "everything is as before" "$netdrill" restore last --runs runs
finish
