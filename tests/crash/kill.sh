#!/usr/bin/env bash
# SIGKILL of the run at several moments, and of the run when the keeper is stopped: the lab is as
# before, byte for byte. Needs root for a lab that stays.
. "$(dirname "$0")/../lib.sh"
[ "$(id -u)" -eq 0 ] || { echo "needs root: a lab that stays"; exit 77; }
site=$work/lab.yaml
name=crash-$$
sed "s/^site: .*/site: $name/" "$root/drills/sites/decoy-district.yaml" >"$site"
mkdir "$work/runs"
cleanup() { "$netdrill" lab down "$site" >/dev/null 2>&1; }
begin() {
    : >"$work/out" # what the run before has said is not this one's
    "$netdrill" run "$work/s.lua" --plain --runs "$1" >>"$work/out" 2>&1 &
    pid=$!
}
waits() { for _ in $(seq 600); do grep -q 'waiting now' "$work/out" && return; sleep 0.1; done; fail "the drill does not get on"; cat "$work/out"; }

cat >"$work/s.lua" <<LUA
local links, shape = use "links", use "shape"
drill { "Crash", id = "crash", lasts = minutes(3), site = "lab.yaml" }
phase { "One" }
step { "Change everything", owner = "me", run = function()
  links.lose { site "jia-cell", share = percent(10) }
  shape.rate { site "yi-cell", rate = kbit_per_s(512) }
  links.admit { site "yi-guests" }
  links.cut { site "yi-cell" }
  links.down { site "jia-cell" }
  note { "waiting now" }
  wait(minutes(2))
end }
LUA

namespaces=(nd-$name-handset nd-$name-jia nd-$name-yi nd-$name-services)
state() { python3 "$root/tests/support/kernel_state.py" "$@" "${namespaces[@]}"; }
same() { state --before "$work/before" >"$work/difference" || { fail "$1: not as before"; cat "$work/difference"; }; }

watched() {
    TERM=xterm LANG=C.UTF-8 script -qec "stty rows 24 cols 80; exec $netdrill watch last --runs $work/runs-waiting" "$work/watched" </dev/null >/dev/null 2>&1
}

"$netdrill" lab up "$site" || { fail "lab up"; finish; }
state >"$work/before"
[ "$(stat -c %s "$work/before")" -gt 5000 ] || fail "the state of the lab could not be read"
for moment in 0.02 0.05 0.1 0.5 waiting; do # the last one: all is changed
    begin "$work/runs-$moment"
    if [ "$moment" = waiting ]; then
        waits
        watched & # from another terminal
        watching=$!
        for _ in $(seq 100); do grep -qs RUNNING "$work/watched" && break; sleep 0.1; done
    else
        sleep "$moment"
    fi
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    run=$(ls "$work/runs-$moment"/*-crash-*/journal.jsonl 2>/dev/null) # none: it was killed before it began
    run=${run%/journal.jsonl}
    for _ in $(seq 600); do # the keeper holds the lock while it works
        [ -z "$run" ] || flock -n "$run/lock" true 2>/dev/null && break
        sleep 0.1
    done
    [ -z "$run" ] || "$netdrill" restore "$run" >"$work/restore" 2>&1 || { fail "restore, killed at $moment"; cat "$work/restore"; }
    same "killed at $moment"
done
wait "$watching"
code=$?
[ "$code" -eq 5 ] || fail "watch exits $code, expected 5"
tr -d '\r\n' <"$work/watched" | grep -q 'died, and the network is as before; go on with it: netdrill run --resume' ||
    fail "watch does not say that the run died: $(tail -3 "$work/watched")"
expect 3 'it died, and the network is as before' "$netdrill" abort last --runs "$work/runs-waiting"
grep -q '"actor":"keeper"' "$run/journal.jsonl" || fail "the keeper did not act"
grep -q 'journal   ok' <<<"$("$netdrill" verify "$run")" || fail "the journal's chain is broken"
"$netdrill" report "$run" >/dev/null || fail "no report of a run that died"

# Stopped, not dead: the keeper ends the silent runner and restores.
begin "$work/runs"
waits
kill -STOP "$pid"
for _ in $(seq 600); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
kill -CONT "$pid" 2>/dev/null # were it not ended, nobody would end waiting for it
wait "$pid" 2>/dev/null
[ $? -eq 137 ] || fail "the silent runner was not ended"
same stopped

# Aborted from a second terminal: exit 11, all read back.
begin "$work/runs"
waits
grep -q 'links.down jia-cell' <<<"$("$netdrill" status last --runs "$work/runs")" || fail "status"
"$netdrill" abort last --runs "$work/runs" --reason "a test" || fail "abort"
wait "$pid"
[ $? -eq 11 ] || { fail "an aborted run exits 11"; tail -3 "$work/out"; }
same aborted
"$netdrill" lab down "$site" || fail "lab down"
grep -q "nd-$name" <<<"$(ip netns)" && fail "namespaces are left"
finish
