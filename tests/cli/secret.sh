#!/usr/bin/env bash
# A secret is given by reference, reaches the plugin, and stands nowhere else.
. "$(dirname "$0")/../lib.sh"
secret=Kaohsiung-4711-$$
printf 'site: secret-%s\ntargets: {}\n' "$$" >"$work/site.yaml"
scenario() {
    cat >"$work/s.lua" <<LUA
local pretend = use "pretend"
drill { "Secret", id = "secret", lasts = seconds(5), site = "site.yaml" }
phase { "One" }
step { "S", owner = "me", run = function()
  local r = pretend.probe { "x", secret = "$1", may_fail = true }
  note { "it says " .. tostring(r.why) }
  expect { "it was understood", r.ok and r.value == ${#secret} }
  measure { pretend.probe, "x", secret = "$1", every = ms(100), lasts = ms(300) }
end }
LUA
}
run() { "$netdrill" run "$work/s.lua" --confirm secret --plain --runs "$work/runs"; }

scenario "$secret"
expect 5 "E0315" "$netdrill" rehearse "$work/s.lua"
grep -qF "$secret" <<<"$(sed 1,3d "$work/out" | grep -v "secret = ")" && fail "the message repeats the secret"
scenario "env:ND_TEST_SECRET"
ND_TEST_SECRET=$secret expect 0 "1 met" run
expect 10 "is not set in the environment" run
echo "$secret" >"$work/key"
chmod 644 "$work/key"
scenario "file:$work/key"
expect 10 "can be read by others" run
chmod 600 "$work/key"
expect 0 "1 met" run
"$netdrill" plan "$work/s.lua" --out "$work/runs/plan" >"$work/runs/plan.txt"
mv "$work/key" "$work/.key"
grep -rF "$secret" "$work/runs" && fail "the secret was written down"
strings -n 8 "$work"/runs/*/samples.sqlite | grep -F "$secret" && fail "the secret stands among the samples"
finish
