#!/usr/bin/env bash
# Ratings and improvement items: with evidence alone, by those whose part it is, beside the seal, by
# many at once, signed, and not unnoticed when they are changed.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs
cat >site.yaml <<'YAML'
site: desk
people: {lin: {title: Lin, role: player}, chen: {title: Chen, role: evaluator}}
YAML
cat >s.lua <<'LUA'
drill { { zh = "評核演練", en = "To be rated" }, id = "rated", lasts = seconds(20), site = "site.yaml",
  objectives = {
    notify = { { zh = "及時通報", en = "Told in time" }, capability = { zh = "作業通訊", en = "Operational communications" },
      targets = { first = { { zh = "首報", en = "First report" }, tasks = { call = { zh = "通報", en = "Call" } } },
                  web = { zh = "網站公告", en = "Web notice" } } },
    restore = { zh = "復原", en = "Restored" } } }
phase { { zh = "一", en = "One" } }
step { { zh = "步驟", en = "Step" }, owner = "lin", run = function()
  expect { { zh = "已通報", en = "Called" }, true, objective = "call" }
  expect { { zh = "未復原", en = "Not restored" }, false, objective = "restore" }
  wait(seconds(3))
end }
LUA
rate() { "$netdrill" rate "$@" --runs runs; }
improve() { "$netdrill" improve "$@" --runs runs; }
node() { "$netdrill" report last --runs runs --format json | jq -r ".objectives[] | select(.id == \"$1\") | $2"; }

# A target that nothing tests is a warning, and with --strict an error.
expect 0 "W0605" "$netdrill" lint s.lua
expect 2 "nothing tests target 'web'" "$netdrill" lint s.lua --strict

"$netdrill" run s.lua --confirm rated --plain --runs runs >run.out 2>&1 &
run=$!
cleanup() { kill "$run" 2>/dev/null; }
for _ in $(seq 200); do grep -q "Not restored" run.out && break; sleep 0.05; done
# While it lives.
"$netdrill" observe 網管人員未依程序書 --objective first --sort improvement --as chen --runs runs >/dev/null || fail observe
rate first S 首報準時但未依程序書 --as chen || fail "rating while it runs"
wait "$run"
expect 0 "seal      ok" "$netdrill" verify last --runs runs
[ "$(node first '[.suggested, .rating, .rated_by] | join(" ")')" = "S S chen" ] || fail "the target"
[ "$(node notify '[.suggested, .rating] | join(" ")')" = "unsuggested unconfirmed" ] || fail "an objective with a part without evidence: $(node notify '[.suggested, .rating]')"
[ "$(node restore '[.suggested, .rating] | join(" ")')" = "U unconfirmed" ] || fail "a suggestion is taken for a rating"

# What is refused.
expect 3 "without evidence there is no rating" rate web P 良好 --as chen
expect 2 "evaluators and directors rate" rate restore P x --as lin
expect 2 "has no person 'wu'" rate restore P x --as wu
expect 2 "P, S, M or U" rate restore A x --as chen
expect 2 "say why" rate restore M --as chen
expect 2 "a task is evidence" rate call P x --as chen
expect 2 "did you mean 'restore'" rate restor P x --as chen
expect 2 "--element" improve add 修訂程序書 --as chen
expect 2 "a day such as" improve add 修訂程序書 --element planning --due 2027-02-30 --as chen
expect 2 "'--element'" improve add x --element people --as chen
expect 2 "there is no item 'I7'" improve set I7 --status done --as chen

# Afterwards, beside the seal.
expect 0 "the evidence suggested U" rate restore M 逾時始復原 --as chen
expect 0 "I1" improve add 修訂程序書 --element planning --objective call --observation 1 --issue 未依程序書 --as chen
expect 2 "needs '--owner'" improve set I1 --status agreed --as chen
improve set I1 --status agreed --owner 甲公司 --due 2020-03-31 --as lin || fail "agreeing"
expect 0 "OVERDUE" improve list
expect 0 "seal      ok" "$netdrill" verify last --runs runs
expect 0 "evaluation ok, 5 events, not signed" "$netdrill" verify last --runs runs
html=$(ls runs/*/report/report.zh-TW.html)
for words in 作業通訊 'M 達成但有重大困難' 修訂程序書 甲公司 2020-03-31 '建議評等（未經確認）'; do
    grep -qF "$words" "$html" || fail "the page lacks '$words'"
done
"$netdrill" report last --runs runs --lang zh --format csv --table improvements | grep -q '^I1,作業通訊,未依程序書,修訂程序書,計畫,甲公司' || fail "the matrix as CSV"

# By many at once: none is lost, each has its own number.
for i in $(seq 20); do improve add "item $i" --element training --as chen >>numbers & done
wait $(jobs -p | grep -v "^$run$") 2>/dev/null
[ "$(sort -u numbers | wc -l)" = 20 ] || fail "numbers given twice: $(sort numbers | uniq -d)"
[ "$(improve list --json | jq 'length')" = 21 ] || fail "items were lost"
expect 0 "evaluation ok, 25 events" "$netdrill" verify last --runs runs

# Signed; what is added unsigned says so; what is changed is found, and then nothing is added.
"$netdrill" key new "$work/key" >/dev/null
rate first S 維持 --as chen --sign "$work/key" || fail "signing"
expect 20 "signature WRONG" "$netdrill" verify last --runs runs --key "$work/key.pub" # the run itself is not signed
grep -q "evaluation signature ok" "$work/out" || { fail "the evaluation's signature"; cat "$work/out"; }
expect 0 "not signed any more" rate first S 再議 --as chen
sed -i 's/逾時始復原/準時復原/' runs/*/evaluation.jsonl
expect 20 "is not what it was" "$netdrill" verify last --runs runs
expect 20 "nothing is added" rate first P x --as chen
"$netdrill" report last --runs runs --lang zh --format md | grep -q 評核紀錄遭更動 || fail "the report trusts it"

# A reaction counts where the scenario says so: in time, late, never.
cat >react.lua <<'LUA'
drill { "Reactions", id = "react", lasts = minutes(5), site = "site.yaml" }
phase { "One" }
inject { "News", id = "news", to = { "lin" }, expect = "A ticket", react_within = minutes(1) }
step { "Judge", id = "judge", owner = "chen", after = "news", run = function()
  expect { "Answered in time", answer("news").in_time }
end }
LUA
printf -- '- {inject: news, by: lin, after: 30s, answer: done}\n' >soon.yaml
printf -- '- {inject: news, by: lin, after: 90s, answer: done}\n' >late.yaml
printf -- '- {inject: news, by: lin, answer: none}\n' >never.yaml
expect 0 "Answered in time: yes" "$netdrill" rehearse react.lua --answers soon.yaml
expect 10 "Answered in time: no" "$netdrill" rehearse react.lua --answers late.yaml
expect 10 "Answered in time: no" "$netdrill" rehearse react.lua --answers never.yaml
finish
