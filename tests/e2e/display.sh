#!/usr/bin/env bash
# The live display on a terminal of 80x24, by tmux; and none of it when piped.
. "$(dirname "$0")/../lib.sh"
session=netdrill-$$
cleanup() { tmux -L "$session" kill-server 2>/dev/null; }
mkdir "$work/sites" "$work/runs"
printf 'site: field\ntargets: {}\n' >"$work/sites/field.yaml"
cat >"$work/f.lua" <<'LUA'
local p = use "pretend"
drill { { zh = "畫面測試", en = "Display" }, id = "display", lasts = seconds(9), site = "sites/field.yaml" }
phase { { zh = "第一階段", en = "First" } }
step { { zh = "量測", en = "Measure" }, owner = "me", run = function()
  measure { p.probe, every = ms(100), lasts = seconds(8), label = "服務甲" }
  confirm { { zh = "是否繼續", en = "Go on" }, within = seconds(8) }
  wait(ms(500))
end }
phase { { zh = "第二階段", en = "Second" } }
LUA
tmux -L "$session" new-session -d -x 80 -y 24 \
    "LANG=zh_TW.UTF-8 '$netdrill' run '$work/f.lua' --confirm display --runs '$work/runs'; echo \"exit \$?\" >'$work/code'; sleep 20"
sleep 2
tmux -L "$session" capture-pane -p >"$work/screen"
cat "$work/screen"
for words in '演練 EXERCISE' '是否繼續' '服務甲' '第一階段' '第二階段'; do
    grep -qF "$words" "$work/screen" || fail "the screen does not show '$words'"
done
"$netdrill" confirm last 1 --runs "$work/runs" || fail "confirm from a second terminal"
for _ in $(seq 50); do [ -s "$work/code" ] && break; sleep 0.1; done
grep -q 'exit 0' "$work/code" || { fail "the run did not end well"; cat "$work/code"; }
"$netdrill" run "$work/f.lua" --confirm display --runs "$work/runs" >"$work/piped" 2>&1
grep -q $'\033' "$work/piped" && fail "escape sequences when piped"
finish
