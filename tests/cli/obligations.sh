#!/usr/bin/env bash
# Regulatory clocks on a real clock, in a drill that changes nothing: by persons, by a web page that
# appears, by a body; killed and gone on with; and rules with badly meant figures.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs www
cleanup() { [ -z "${web:-}" ] || kill "$web"; [ -z "${run:-}" ] || kill -9 "$run" 2>/dev/null; }
cat >site.yaml <<'YAML'
site: desk
people: {lin: {title: Lin}, wu: {title: Wu}}
targets: {web: {kind: service, address: 127.0.0.1, port: 8080}}
YAML
scenario() { # more keys of obligations
    cat >s.lua <<LUA
local reach, web = use "reach", site "web"
drill { { zh = "通報演練", en = "A reporting drill" }, id = "reporting", lasts = seconds(20), site = "site.yaml",
  objectives = { notify = "The regulator is told in time" } }
obligations { "tw-telecom-outage", pace = 300, owner = "lin", objective = "notify", every = ms(200), ${1:-}
  checks = { ["web-notice"] = function() return reach.http { web, path = "/notice.html", expect = "演練" }.ok end } }
phase { "Outage" }
step { "It begins", id = "begin", owner = "wu", run = function() occurs { "outage", note = "cable 2" } end }
step { "It lasts", id = "lasts", repeatable = true, owner = "wu", run = function() wait("T+00:00:18") end }
LUA
}
events() { jq -rc "$1" runs/*/journal.jsonl; }
begin() { "$netdrill" run "$@" --plain --runs runs --lang en >run.out 2>&1 & run=$!; }
wait_for() { for _ in $(seq 200); do grep -qF "$1" run.out && return; sleep 0.05; done; fail "'$1' did not come"; cat run.out; }
met() { "$netdrill" met "$@" --runs runs; }

scenario
"$netdrill" lint s.lua --strict || fail lint
expect 0 "duty       first-report: 3s after 'outage'" "$netdrill" plan s.lua --lang en
begin s.lua --confirm reporting
wait_for "within 3s (15m, 300 times as fast)"
expect 0 "to spare" met first-report "case 114-1" --as lin
expect 3 "is met already" met first-report --as lin
expect 3 "no clock 'first-reprot' runs" met first-reprot --as lin
expect 2 "has no person 'nobody'" met details --as nobody
expect 2 "has no person" met details
expect 2 "did you mean 'restored'" "$netdrill" occurs restord --as wu --runs runs
"$netdrill" status last --runs runs --json | jq -e '.obligations | map(select(.duty == "details"))[0] | .state == "open" and .left_ns > 0 and .limit_ns == 24000000000' >/dev/null || fail "status"
# The page appears after some looks; who runs the web server knows nothing of us.
(cd www && exec python3 -m http.server 8080 --bind 127.0.0.1 >/dev/null 2>&1) & web=$!
echo '【演練】公告' >www/notice.html
wait_for "(found by a check)"
expect 0 '"in_time":true' met recovery-notice --as wu --json
# Killed between two clocks; down for a second, which is no time of the drill.
kill -9 "$run"
wait "$run" 2>/dev/null
for _ in $(seq 100); do pgrep -f "keeper $(realpath runs/*)" >/dev/null || break; sleep 0.05; done
sleep 1
"$netdrill" run --resume last --confirm reporting --plain --runs runs --lang en >run.out 2>&1 & run=$!
wait_for "GOES ON"
expect 0 "to spare" met details "second try" --as lin
"$netdrill" occurs restored --as wu --runs runs || fail "restored"
wait_for "not due any more: restored"
code=0
wait "$run" || code=$?
run=
[ "$code" = 10 ] || { fail "exit $code, expected 10: the compensation notice was missed"; cat run.out; }
grep -q "regulatory clocks: 4 met, 1 missed, 1 open at the end" run.out || { fail "the outcome"; tail -5 run.out; }
[ "$(events 'select(.type == "netdrill.event.occurred") | .subject' | tr '\n' ' ')" = "tw-telecom-outage.outage tw-telecom-outage.restored " ] || fail "events"
[ "$(events 'select(.type == "netdrill.obligation.met" and .subject == "tw-telecom-outage.first-report") | [.actor, .data.by, .data.note] | join(" ")')" = "player:lin lin case 114-1" ] || fail "who met it"
# The time it was down is none of the drill's: details took what T+ says, less that.
events 'select(.type == "netdrill.run.continued").data.down_ns' >down
events 'select(.subject == "tw-telecom-outage.details" and .data.took_ns != null) | [.monons, .data.took_ns] | join(" ")' >details
events 'select(.subject == "tw-telecom-outage.details" and .type == "netdrill.obligation.opened").monons' >opened
awk -v down="$(cat down)" -v opened="$(cat opened)" '{ d = $1 - opened - down - $2; if (d < -1e8 || d > 1e8) { print "off by " d; exit 1 } }' details || fail "the time down counts"
report=$(ls -d runs/*)/report
jq -e '.summary.duties_met == 4 and .summary.duties_missed == 1 and (.obligations | length) == 7 and .profiles[0].name == "tw-telecom-outage"' "$report/report.json" >/dev/null || fail "report.json"
grep -q 'Limit of the law' "$report/report.en.html" && grep -q '通報時效' "$report/report.zh-TW.html" && grep -q '第 6 條' "$report/report.zh-TW.html" || fail "the page"
grep -q '<testsuite name="obligations" package="netdrill" id="[0-9]*" tests="7" failures="1"' "$report/junit.xml" || fail "JUnit"
expect 0 "seal      ok" "$netdrill" verify last --runs runs
[ -s runs/*/profiles/tw-telecom-outage.yaml ] || fail "the profile is not kept"

# A profile that has changed makes a plan stale.
mkdir profiles
cp "$root/profiles/tw-telecom-outage.yaml" profiles/
"$netdrill" plan s.lua --out p.plan 2>/dev/null >&2
sed -i 's/within: 15m/within: 16m/' profiles/tw-telecom-outage.yaml
expect 3 "stale plan: profile" "$netdrill" run p.plan --confirm reporting --plain --runs runs
rm -r profiles

# Badly written.
scenario 'pace = 0,'
expect 2 "E0303" "$netdrill" lint s.lua
scenario 'pace = 20000,' && sed -i 's/pace = 300, //' s.lua
expect 2 "'update' would be due each 540ms" "$netdrill" lint s.lua
scenario 'occurs = { outtage = "T+00:00:01" },'
expect 2 "has no event 'outtage'" "$netdrill" lint s.lua
scenario 'occurs = { outage = "T+01:00" },'
expect 2 "E0308" "$netdrill" lint s.lua
scenario 'objctive = "notify",'
expect 2 "did you mean 'objective'" "$netdrill" lint s.lua
rule() {
    printf 'local r = profile "tw-disaster-roaming"\ndrill { "R", id = "r", lasts = seconds(9) }\nphase { "P" }\nstep { "S", owner = "me", run = function() local a = %s note { a.why } end }\n' "$1" >r.lua
    expect "$2" "$3" "$netdrill" rehearse r.lua --lang en
}
rule 'r.activation { "Qigu", stations = 10, damaged = 4, repairable = percent(50) }' 0 "does not hold: not more than 5 damaged (4)"
rule 'r.activation { stations = 30, damaged = 8 }' 5 "lacks 'repairable'"
rule 'r.activation { stations = 30, damaged = 8, repairable = 50 }' 5 "takes a share such as percent(30)"
rule 'r.activation { stations = 30, damged = 8, repairable = percent(5) }' 5 "did you mean 'damaged'"
rule 'r.activation { stations = 30, damaged = -8, repairable = percent(5) }' 5 "takes a number"
rule 'r.activation { 5, stations = 0, damaged = 8, repairable = percent(5) }' 5 "begins with what it is asked for"
rule 'r.activation { stations = 0, damaged = 8, repairable = percent(5) }' 0 "not at least 20 % damaged"
finish
