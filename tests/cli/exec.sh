#!/usr/bin/env bash
# Outside programs: as probes, as changes that are put back and checked; no shell, no orphans.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir sites runs
printf 'site: field\ntargets: {}\n' >sites/field.yaml
scenario() {
    cat >s.lua <<LUA
local exec = use "exec"
drill { "Exec", id = "exec", lasts = seconds(20), site = "sites/field.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function()
$1
end }
LUA
}
run() { "$netdrill" run s.lua --confirm exec --runs runs; }

scenario "  local r = exec.probe { { 'echo', '42', '\$(touch $work/shell)' } }
  expect { 'it says 42', r.value, equals = 42 }
  expect { 'exit code', exec.probe { { 'sh', '-c', 'exit 3' }, exit = 3 } }"
expect 0 "2 met, 0 missed" run
[ -e "$work/shell" ] && fail "a shell read the words"

scenario "  expect { 'not there', exec.probe { { '/nonexistent/program' } } }"
expect 10 "1 unknown" run

touch "$work/state"
scenario "  exec.change { { 'mv', '$work/state', '$work/moved' }, undo = { 'mv', '$work/moved', '$work/state' }, verify = { 'test', '-e', '$work/state' } }
  expect { 'it is moved', exec.probe { { 'test', '-e', '$work/moved' } } }"
expect 0 "1 of 1 changes restored and read back" run
[ -e "$work/state" ] || fail "the change was not put back"

scenario "  exec.change { { 'true' }, undo = { 'true' }, verify = { 'false' } }"
expect 12 "NOT VERIFIED AS RESTORED" run

scenario "  expect { 'too slow', exec.probe { { 'sh', '-c', 'sleep 77.$$ & sleep 78.$$' }, deadline = ms(300) } }"
expect 10 "1 missed" run
for _ in $(seq 100); do pgrep -f "sleep 7[78].$$" >/dev/null || break; sleep 0.1; done
pgrep -f "sleep 7[78].$$" >/dev/null && fail "a program was left running"
finish
