#!/usr/bin/env bash
# doctor: what it says agrees with the machine, finds what runs left, and changes nothing.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs
chmod 755 "$work"
printf 'site: doctored\ntargets: {x: {kind: thing, may_be_disturbed: true}}\n' >site.yaml
cat >s.lua <<'LUA'
local p = use "pretend"
drill { "Doctored", id = "doctored", lasts = seconds(20), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function()
  p.change { "x", target = site "x" }
  wait(seconds(15))
end }
LUA
cleanup() { [ -n "${namespace:-}" ] && ip netns del "$namespace" 2>/dev/null; }
doctor() { "$netdrill" doctor --runs runs "$@"; }
state() { doctor --json | jq -r --arg name "$1" '.findings[] | select(.name == $name) | .state'; }

before=$(ip -j link 2>/dev/null; ip netns 2>/dev/null)
doctor --json >all.json
code=$?
jq -e --argjson code "$code" '.schema == "netdrill.doctor/1" and .ok == ($code == 0) and
    all(.findings[]; (.state | IN("ok", "warning", "failure")) and (.text | length) > 0 and (.state != "failure" or .remedy != null))' all.json >/dev/null || { fail "the JSON"; cat all.json; }
expect 0 "0 failures" doctor
[ -z "$(ls -A runs)" ] || fail "it left something in the runs"

# Beside the usual tools, in a namespace of their own.
trial() { unshare -Urn sh -c "$1" 2>/dev/null && echo ok || echo warning; }
if command -v unshare tc ip nft >/dev/null && unshare -Urn true 2>/dev/null; then
    [ "$(state veth)" = "$(trial 'ip link add try0 type veth peer name try1')" ] || fail "veth"
    [ "$(state nft)" = "$(trial 'nft add table inet a')" ] || fail "nft"
    [ "$(state tbf)" = "$(trial 'tc qdisc add dev lo root tbf rate 1mbit burst 10k limit 10k')" ] || fail "tbf"
    [ "$(state htb)" = "$(trial 'tc qdisc add dev lo root htb')" ] || fail "htb"
    [ "$(state netem)" = "$(trial 'tc qdisc add dev lo root netem delay 1ms')" ] || fail "netem"
fi
command -v fc-list >/dev/null && { [ -n "$(fc-list :lang=zh-tw)" ] && font=ok || font=warning; [ "$(state 'zh-TW font')" = "$font" ] || fail "the font"; }

# A scenario: rights, policy, hours, a stale plan, a fault.
expect 0 "needs: write access to 'file'" doctor s.lua
grep -q "the site has no policy" "$work/out" || fail "no policy is not said"
expect 0 "Saved" "$netdrill" plan s.lua --out x.plan
expect 0 "it can be played" doctor x.plan
printf 'policy: {hours: ["%s 00:00-24:00 +00:00"]}\n' "$(LC_ALL=C date -u -d '+2 days' +%a)" >>site.yaml
expect 3 "stale plan" doctor x.plan
expect 3 "outside of the hours" doctor s.lua
sed -i '/^policy/d' site.yaml
sed 's/seconds(20)/20/' s.lua >wrong.lua
expect 3 "1 errors" doctor wrong.lua
expect 3 "No such file" doctor nowhere.lua
expect 2 "a word too many" doctor s.lua s.lua

# A run that is alive; then runner and keeper die together, and what they left is found.
"$netdrill" run s.lua --confirm doctored --plain --runs runs >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q change.applied runs/*/journal.jsonl 2>/dev/null && break; sleep 0.1; done
expect 0 "it is running" doctor
expect 0 "a run holds it (process" doctor
kill -STOP "$pid"
for child in $(cat "/proc/$pid/task/$pid/children"); do kill -KILL "$child"; done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
run=$(ls -d runs/*)
for _ in $(seq 50); do flock -n "$run/lock" true && break; sleep 0.1; done
expect 3 "it died; 1 changes are not known to be as before" doctor
remedy=$(doctor --json | jq -r '.findings[] | select(.state == "failure") | .remedy')
[ "$remedy" = "netdrill restore $run" ] || fail "the remedy is '$remedy'"
expect 0 "everything is as before" "$netdrill" ${remedy#netdrill }
expect 0 "none left anything behind" doctor

# A lab that stands.
if [ "$(id -u)" -eq 0 ] && ip netns add "nd-doctored-$$" 2>/dev/null; then
    namespace=nd-doctored-$$
    expect 0 "the first is $namespace" doctor s.lua
    ip netns del "$namespace"
    namespace=
    expect 0 "no lab stands of doctored" doctor s.lua
fi

# The field: what the site file names of this machine's equipment.
cat >field.yaml <<'YAML'
site: field
vantages: {here: {interface: lo}, phone: {interface: nd-none}}
targets:
  web: {kind: service, address: 127.0.0.1, port: 9}
  phones: {kind: handset, ttys: ["/dev/null", "/dev/nd-no-modem"]}
  desk: {kind: handset, tty: /dev/null}
YAML
cat >field.lua <<'LUA'
local reach = use "reach"
drill { "Field", id = "field", lasts = minutes(1), site = "field.yaml" }
phase { "One" }
step { "Look", owner = "me", run = function() reach.tcp { site "web" } end }
LUA
expect 3 "interface 'nd-none' is not there" doctor field.lua
for words in "interface 'lo' is up, and has an address" "1 of 2 cannot be used; '/dev/nd-no-modem': No such file" "1 can be read and written"; do
    grep -qF "$words" out || fail "the doctor does not say '$words'"
done
sed -i 's/, "\/dev\/nd-no-modem"//; s/, phone: {interface: nd-none}//' field.yaml
doctor field.lua >out; [ $? -eq 0 ] || fail "the field is in order, and the doctor fails: $(grep '✗' out)"

# As an ordinary user, and where nothing can be written.
if [ "$(id -u)" -eq 0 ]; then
    mkdir b w && cp -r "$(dirname "$netdrill")/../../plugins" "$netdrill" b/ && chmod -R a+rX b && chmod 777 w
    user=(env "NETDRILL_PLUGINS=$work/b/plugins" setpriv --reuid 65534 --regid 65534 --clear-groups b/netdrill)
    expect 0 "not held: labs of one's own" "${user[@]}" doctor --runs w
    expect 3 "nothing can be brought to the disk" "${user[@]}" doctor --runs runs
fi
after=$(ip -j link 2>/dev/null; ip netns 2>/dev/null)
[ "$before" = "$after" ] || fail "the network is not as before"
finish
