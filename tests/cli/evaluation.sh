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

# What a hot wash brings: weighed as the others, and told apart; by its author corrected and withdrawn, never erased.
observe() { "$netdrill" observe "$@" --runs runs; }
table() { "$netdrill" report last --runs runs --lang "$1" --format csv --table observations; }
expect 0 "observation L1" observe 網站公告未標示演練 --objective web --sort improvement --as chen --at T+00:00:02 --file s.lua
[ "$(observe 民眾反應良好 --objective web --sort strength --as lin --json)" = '{"ok":true,"number":"L2"}' ] || fail "afterwards, as JSON"
[ "$(node web '[.suggested, (.evidence_added | join("+"))] | join(" ")')" = "S L1+L2" ] || fail "it is not weighed: $(node web .)"
[ "$(node notify .suggested)" = S ] || fail "the objective above"
expect 2 "has no person 'wu'" observe x --as wu
expect 2 "there is no inject 'nothing'" observe x --inject nothing --as chen
expect 2 "did you mean 'first'" observe x --objective firs --as chen
expect 2 "got 'nice'" observe x --sort nice --as chen
expect 2 "needs words" observe " " --as chen
expect 2 "say what was seen" observe --as chen
expect 2 "the drill went from T+00:00:00 to" observe x --as chen --at T+01:00
expect 2 "the time of day, 14:05" observe x --as chen --at 25:00
expect 2 "the drill went from" observe x --as chen --at "$(date -d '-2 hours' +%H:%M)"
expect 2 "no UTF-8" observe "$(printf 'bad\xff')" --as chen
expect 3 "is chen's, who alone" observe --correct L1 x --as lin
expect 2 "no observation 'L7'" observe --correct L7 x --as chen
expect 2 "say what it was" observe --correct L1 --as chen
expect 2 "say why it is withdrawn" observe --withdraw L2 --as lin
expect 2 "nothing but why" observe --withdraw L2 x --sort strength --as lin
expect 0 "observation L2" observe --withdraw L2 與觀察一重複 --as lin
expect 3 "is withdrawn" observe --correct L2 x --as lin
expect 0 "observation L1" observe --correct L1 首頁未標示演練 --as chen
expect 0 "observation 1" observe --correct 1 --sort strength --as chen # one of the journal, which stays as it is
[ "$(node web '[.suggested, (.evidence_added | join("+"))] | join(" ")')" = "unsuggested L1" ] || fail "what is withdrawn is weighed"
[ "$(node first '.counts | [.strengths, .improvements] | join(" ")')" = "1 0" ] || fail "what is corrected"
for words in 演練後補登 '更正前：網站公告未標示演練' '原因：與觀察一重複' T+00:00:02 首頁未標示演練; do
    table zh | grep -qF "$words" || fail "the table lacks '$words': $(table zh)"
done
table en | grep -q '^L2,.*added after the drill 20.*withdrawn (not counted) 20' || fail "in English: $(table en)"
expect 0 "seal      ok" "$netdrill" verify last --runs runs
expect 0 "the evidence suggested" rate first M 再看 --as chen
expect 0 "I2" improve add 修訂範本 --element planning --observation L1 --as chen
mv runs/*/evaluation/*-s.lua kept.lua
expect 20 "s.lua' is missing" "$netdrill" verify last --runs runs
cp kept.lua "runs/$(ls runs)/evaluation/$(jq -r 'select(.subject == "L1").data.evidence.file // empty' runs/*/evaluation.jsonl | sed 's/.*\///')"
printf x >>runs/*/evaluation/*-s.lua
expect 20 "s.lua' is not what it was" "$netdrill" verify last --runs runs
cp kept.lua runs/*/evaluation/*-s.lua
before=$("$netdrill" verify last --runs runs | sed -n 's/evaluation ok, \([0-9]*\) events.*/\1/p')
for i in $(seq 10); do observe "seen $i" --as chen >>later & done
wait $(jobs -p | grep -v "^$run$") 2>/dev/null
[ "$(sort -u later | wc -l)" = 10 ] || fail "numbers of observations given twice: $(sort later | uniq -d)"
expect 0 "evaluation ok, $((before + 10)) events" "$netdrill" verify last --runs runs

# By many at once: none is lost, each has its own number.
for i in $(seq 20); do improve add "item $i" --element training --as chen >>numbers & done
wait $(jobs -p | grep -v "^$run$") 2>/dev/null
[ "$(sort -u numbers | wc -l)" = 20 ] || fail "numbers given twice: $(sort numbers | uniq -d)"
[ "$(improve list --json | jq 'length')" = 22 ] || fail "items were lost"
expect 0 "evaluation ok, $((before + 30)) events" "$netdrill" verify last --runs runs

# Signed; what is added unsigned says so; what is changed is found, and then nothing is added.
"$netdrill" key new "$work/key" >/dev/null
rate first S 維持 --as chen --sign "$work/key" || fail "signing"
expect 20 "signature WRONG" "$netdrill" verify last --runs runs --key "$work/key.pub" # the run itself is not signed
grep -q "evaluation signature ok" "$work/out" || { fail "the evaluation's signature"; cat "$work/out"; }
expect 0 "not signed any more" rate first S 再議 --as chen
sed -i 's/逾時始復原/準時復原/' runs/*/evaluation.jsonl
expect 20 "is not what it was" "$netdrill" verify last --runs runs
expect 20 "nothing is added" rate first P x --as chen
"$netdrill" report last --runs runs --lang zh --format md | grep 評核紀錄遭更動 >/dev/null || fail "the report trusts it"

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
