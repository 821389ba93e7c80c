#!/usr/bin/env bash
# The main job, live: the disaster-roaming drill in its lab, with real packets. What its rehearsal
# says will be met is met; the lab is gone afterwards.
. "$(dirname "$0")/../lib.sh"
cd "$root"
"$netdrill" run drills/disaster-roaming.lua --lab --answers drills/answers/disaster-roaming.yaml --plain --runs "$work/runs" >"$work/out" 2>&1
code=$?
[ "$code" -eq 0 ] || { fail "exit $code"; tail -30 "$work/out"; }
grep -q '^ok: 14 met, 0 missed, 0 unknown; 4 of 4 changes restored' "$work/out" || fail "the outcome"
run=$(ls -d "$work"/runs/*)
jq -e '[.series[] | select(.name | test("web|dns")) | .interruptions | length] == [1, 1]' "$run/report/report.json" >/dev/null || fail "page and DNS are cut off once"
# A probe that was on the way as the carrier was lost is lost with it.
jq -e '[.series[] | select(.name | test("emergency")) | [.interruptions[].length_ns] | add // 0 | . < 1e9] == [true, true]' "$run/report/report.json" >/dev/null || fail "emergency calls are cut off for no longer than the moving takes"
grep -q 'nd-disaster-roaming' <<<"$(ip netns 2>/dev/null)" && fail "the lab is left"
finish
