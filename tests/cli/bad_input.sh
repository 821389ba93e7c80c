#!/usr/bin/env bash
# What is wrong is said, with what to do; the exit code is as documented; nothing is changed.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir sites runs
cp "$root/drills/sites/decoy-district.yaml" sites/lab.yaml

scenario() { # body of the one step
    cat >s.lua <<LUA
local reach, links = use "reach", use "links"
local cell, web = site "jia-cell", site "web"
drill { "A test", id = "test", lasts = seconds(5), site = "sites/lab.yaml" }
phase { "One" }
step { "Do it", owner = "me", run = function()
$1
end }
LUA
}

before=$(ip -j link 2>/dev/null; ip netns 2>/dev/null)

scenario '  links.dwon { cell }'
expect 2 "no verb 'dwon'; did you mean 'down'" "$netdrill" lint s.lua
expect 2 "s.lua:6:9" "$netdrill" lint s.lua
scenario '  measure { reach.tcp, web, evry = seconds(1) }'
expect 2 "has no key 'evry'; did you mean 'every'" "$netdrill" lint s.lua
scenario '  measure { reach.tcp, web, every = 10 }'
expect 2 "bare number 10" "$netdrill" lint s.lua
scenario '  if false then links.lose { cell, share = kbit_per_s(3), } links.nope {} end'
expect 2 "no verb 'nope'" "$netdrill" lint s.lua
scenario '  local x = site "jia-cel"'
expect 2 "no target 'jia-cel'; did you mean 'jia-cell'" "$netdrill" lint s.lua
scenario '  links.down { site "web" }'
expect 2 "s.lua:6:16" "$netdrill" lint s.lua
scenario '  local t = { site "web" } links.down { t[1] }'
expect 5 "may not be disturbed" "$netdrill" rehearse s.lua
# What stops a body is told where it stands: lint plays the drill once.
told() { # LINE-OR-TEXT WORDS
    scenario "  $1"
    expect 2 "$2" "$netdrill" lint s.lua
    expect 2 "s.lua:6:" "$netdrill" lint s.lua
}
told 'wait(3)' 'got the number 3'
told 'wait(seconds(-3))' 'got -3'
told 'wait(wait(seconds(1)))' "'wait' lacks how long"
told 'confirm { "Sure?", by = "ceocc", within = seconds(3) }' "no person 'ceocc'; did you mean 'ceoc'"
told 'restore(cell)' "restore { cell }"
told 'links.down { cell, restore_by = "T+01:40" }' "restore_by' is T+01:40:00, but the drill ends at T+00:00:05"
told 'wait(seconds(2)) links.down { cell, restore_by = "T+00:00:01" }' "it is T+00:00:02 already"
told 'measure { reach.tcp, web, every = seconds(1), from = "victm" }' "has no vantage 'victm'"
told 'local page = measure { reach.tcp, web, every = ms(100), from = "handset", lasts = seconds(1) } expect { "E", page:loss(), at_most = 5 }' 'needs a share such as percent(98), got the number 5'
told 'local page = measure { reach.tcp, web, every = ms(100), from = "handset", lasts = seconds(1) } expect { "E", page:p95(), at_most = percent(5) }' 'needs a length of time'
told 'local page = measure { reach.tcp, web, every = ms(100), from = "handset", lasts = seconds(1) } expect { "E", page.p95, at_most = seconds(5) }' "the call's name alone"
scenario '  wait(seconds(1))'
sed 's/owner = "me"/owner = "ceocc"/' s.lua >owner.lua
expect 0 "W0607" "$netdrill" lint owner.lua
expect 0 "'--fail links.dwon#1' met nothing" "$netdrill" rehearse s.lua --fail links.dwon#1

# Answers to what there is not would be given to nobody, in silence.
"$netdrill" init tabletop talk >/dev/null
while IFS='|' read -r change words; do
    sed "$change" talk/answers.yaml >answers.yaml
    expect 2 "$words" "$netdrill" rehearse talk/drill.lua --answers answers.yaml
done <<'WORDS'
s/cable-news/cabel-news/|no inject 'cabel-news'; did you mean 'cable-news'
s/ack:/akc:/|no key 'akc'; did you mean 'ack'
s/by: noc/by: nok/|no recipient of the inject 'nok'; did you mean 'noc'
s/after: 9m, answer: yes/after: 9m, answer: maybe/|no option of the decision 'maybe'
WORDS
echo '- {duty: first-reprot, after: 1s}' >answers.yaml
expect 2 "did you mean 'first-report'" "$netdrill" rehearse "$root/drills/outage-reporting.lua" --answers answers.yaml
expect 2 "did you mean 'first-report'" "$netdrill" run "$root/drills/outage-reporting.lua" --answers answers.yaml
sed 's/^site: /site：/' talk/site.yaml >bad.yaml
expect 2 "line 3 has '：'" "$netdrill" lint talk/drill.lua --site bad.yaml
sed 's/^  noc:/\tnoc:/' talk/site.yaml >bad.yaml
expect 2 "takes no tabs" "$netdrill" lint talk/drill.lua --site bad.yaml
expect 2 "beside the scenario, or by --site" "$netdrill" lint talk/drill.lua --site nowhere.yaml

scenario '  wait(seconds(1)'
expect 2 "E0102" "$netdrill" lint s.lua
scenario '  wait(seconds(1))'
sed -i 's/lasts = seconds(5)/last = seconds(5), revison = 2/' s.lua
expect 2 "3 errors" "$netdrill" lint s.lua

expect 2 "did you mean 'lint'" "$netdrill" lnt
expect 2 "did you mean '--strict'" "$netdrill" lint --strct s.lua
expect 2 "there is no code" "$netdrill" explain E9999
expect 0 "wrong: measure" "$netdrill" explain E0207
expect 2 "E0101" "$netdrill" lint nowhere.lua
expect 2 "is no run's directory" "$netdrill" report nowhere --runs runs

tame() { # FILE WHAT
    ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$1" || fail "control characters come through: $2"
    ! LC_ALL=C grep -qE "$(printf '\302[\200-\237]|\342\200\256|\342\201\246')" "$1" || fail "direction characters come through: $2"
}

# Texts that would move the cursor of whoever reads, or turn their direction: told where they stand in the frame,
# and made harmless wherever they come from.
scenario '  wait(seconds(1))'
for text in 'A\27[2J' 'A\n' 'A\u{202e}' 'A\u{9b}31m' 'A\u{2066}'; do
    sed "s/\"A test\"/\"${text//\\/\\\\}\"/" s.lua >wild.lua
    expect 0 "W0606" "$netdrill" lint wild.lua
    expect 2 "W0606" "$netdrill" lint --strict wild.lua
    for how in plan rehearse; do
        "$netdrill" "$how" wild.lua 2>&1 | grep -v '^ *[0-9]* |' >wild.out
        tame wild.out "$how of '$text'"
    done
done
scenario '  note { "wild \27[2J\27]0;x\7 \u{202e}\nnote" } expect { "\27[8m", true }'
"$netdrill" rehearse s.lua >wild.out 2>&1
grep -q 'wild' wild.out || fail "the note is not shown"
tame wild.out "a note"

# The site file: an unknown key, an alias, a name for an address.
scenario '  wait(seconds(1))'
cp "$root/drills/sites/decoy-district.yaml" sites/lab.yaml
sed -i 's/^operators:/opertors:/' sites/lab.yaml
expect 2 "did you mean 'operators'" "$netdrill" lint s.lua
cp "$root/drills/sites/decoy-district.yaml" sites/lab.yaml
sed -i 's/address: 10.9.0.80, port: 80, paths/address: www.example, port: 80, paths/' sites/lab.yaml
expect 2 "no literal IPv4 or IPv6 address" "$netdrill" lint s.lua
cp "$root/drills/sites/decoy-district.yaml" sites/lab.yaml
printf '\npeople: {me: {title: "A\\e[2J"}}\n' >people.yaml
sed '/^people:/,/^[a-z]*:/{/^people:/d;/^  /d}' sites/lab.yaml >site.part
cat site.part people.yaml >sites/lab.yaml
expect 0 "'title' holds a control or direction character" "$netdrill" lint s.lua
printf 'site: &a x\ntitle: *a\n' >sites/lab.yaml
expect 2 "anchors and tags are not read here" "$netdrill" lint s.lua
cp "$root/drills/sites/decoy-district.yaml" sites/lab.yaml

# A stale plan.
expect 0 "Saved t.plan" "$netdrill" plan s.lua --out t.plan
echo '-- changed' >>s.lua
expect 3 "stale plan" "$netdrill" run t.plan --lab --runs runs

# A network that is no lab wants to be named.
printf 'site: field\ntargets: {}\n' >sites/field.yaml
cat >f.lua <<'LUA'
local pretend = use "pretend"
drill { "Field", id = "field-test", lasts = seconds(1), site = "sites/field.yaml" }
phase { "One" }
step { "Wait", owner = "me", run = function() pretend.probe { "x", takes = ms(10) } end }
LUA
expect 2 "--confirm field-test" "$netdrill" run f.lua --runs runs </dev/null
expect 2 "expected 'field-test', got 'other'" "$netdrill" run f.lua --confirm other --runs runs
expect 0 "ok: 0 met" "$netdrill" run f.lua --confirm field-test --runs runs

# Missing rights are told before anything is begun.
printf 'site: rights\ntargets: {x: {kind: interface, interface: none0, may_be_disturbed: true}}\n' >sites/rights.yaml
cat >r.lua <<'LUA'
local links = use "links"
drill { "Rights", id = "rights", lasts = seconds(1), site = "sites/rights.yaml" }
phase { "One" }
step { "Cut", owner = "me", run = function() links.down { site "x" } end }
LUA
if [ "$(id -u)" -eq 0 ]; then
    chmod -R a+rX "$work"
    expect 3 "links.down on 'x' needs CAP_NET_ADMIN" setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$netdrill" run r.lua --confirm rights --runs /tmp
else
    expect 3 "links.down on 'x' needs CAP_NET_ADMIN" "$netdrill" run r.lua --confirm rights --runs runs
fi
[ -z "$(ls -d runs/*-rights-* /tmp/*-rights-* 2>/dev/null)" ] || fail "a run was begun without rights"

# Two runs on one target, whatever their site files call it; on others they may run side by side.
printf 'site: one\ntargets: {a: {kind: interface, interface: none7, may_be_disturbed: true}, b: {kind: host, may_be_disturbed: true}}\n' >sites/one.yaml
printf 'site: two\ntargets: {same: {kind: interface, interface: none7, may_be_disturbed: true}}\n' >sites/two.yaml
claims() { # NAME SITE TARGET SECONDS
    cat >"$1.lua" <<LUA
local pretend = use "pretend"
drill { "Claims", id = "$1", lasts = seconds(9), site = "sites/$2.yaml" }
phase { "One" }
step { "Change", owner = "me", run = function() pretend.change { "x", target = site "$3" }; wait(ms($4)) end }
LUA
}
claims first one a 3000
claims second two same 10
claims third one b 10
"$netdrill" run first.lua --confirm first --runs runs >/dev/null 2>&1 &
first=$!
for _ in $(seq 50); do [ -n "$(ls runs/*-first-*/control.sock 2>/dev/null)" ] && break; sleep 0.1; done
expect 4 "pid $first" "$netdrill" run second.lua --confirm second --runs runs
expect 0 "1 of 1 changes restored" "$netdrill" run third.lua --confirm third --runs runs
wait "$first" || fail "the first of two runs"
expect 0 "1 of 1 changes restored" "$netdrill" run second.lua --confirm second --runs runs

# A plugin of another ABI.
printf '#include <netdrill/plugin.h>\nstatic const struct nd_plugin p = {sizeof p, 99, 0, "old", "1", "x", 0, 0, 0, 0, 0};\nND_EXPORT const struct nd_plugin *nd_plugin_entry(void) { return &p; }\n' >old.c
cc -shared -fPIC -I"$root/core/include" -o old.so old.c
expect 2 "built for ABI 99, this netdrill has ABI 1; rebuild" "$netdrill" plugin check "$work/old.so"
expect 2 "no 'nd_plugin_entry'" "$netdrill" plugin check /lib/x86_64-linux-gnu/libm.so.6

# A truncated and a falsified journal.
run=$(ls -d runs/*field-test* | head -1)
expect 0 "journal   ok" "$netdrill" verify "$run"
cp -r "$run" torn && truncate -s -20 torn/journal.jsonl
expect 20 "is not what it was" "$netdrill" verify torn
expect 0 "the last line is torn" sh -c "rm torn/MANIFEST; '$netdrill' verify torn"
expect 0 "report.en.html" "$netdrill" report torn
grep -q 'did not end properly' torn/report/report.en.html || fail "a torn run's report is not marked"
cp -r "$run" false && sed -i '3s/"seq":3/"seq":4/' false/journal.jsonl
expect 20 "event 3 is not what it was" "$netdrill" verify false

# A full disk: refused before anything is changed.
if [ "$(id -u)" -eq 0 ]; then
    mkdir full && mount -t tmpfs -o size=1m none full
    expect 3 "KiB are free" "$netdrill" run f.lua --confirm field-test --runs full
    umount full
fi

after=$(ip -j link 2>/dev/null; ip netns 2>/dev/null)
[ "$before" = "$after" ] || fail "the network is not as before"
finish
