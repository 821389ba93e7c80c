#!/usr/bin/env bash
# Rehearses a drill and compares the whole timeline: golden.sh NETDRILL DRILL
# UPDATE=1 writes the expected timeline anew.
. "$(dirname "$0")/../lib.sh"
drill=$2
golden=$root/tests/drill/$drill.timeline
cd "$root"
args=(rehearse "drills/$drill.lua" --lang en)
[ -f "drills/answers/$drill.yaml" ] && args+=(--answers "drills/answers/$drill.yaml")
"$netdrill" lint "drills/$drill.lua" --strict 2>"$work/lint" || { fail lint; cat "$work/lint"; }
"$netdrill" "${args[@]}" >"$work/a" 2>&1
"$netdrill" "${args[@]}" >"$work/b" 2>&1
cmp "$work/a" "$work/b" || fail "two rehearsals differ"
grep -v '^trace ' "$work/a" >"$work/timeline"
[ "${UPDATE:-}" = 1 ] && cp "$work/timeline" "$golden"
diff "$golden" "$work/timeline" || fail "the timeline of '$drill' is not as expected"
grep -q REHEARSAL "$work/a" || fail "the rehearsal is not marked as one"
finish
