#!/usr/bin/env bash
# The report as PDF, looked at by poppler: tagged, A4, marked on each page, the summary on one page,
# its Chinese can be copied; without a Chromium the pages are written all the same, and it is said.
# Of a run under way: an interim report that stands beside, not in the place of, the report.
. "$(dirname "$0")/../lib.sh"
cd "$root"
cleanup() { [ -n "${drill:-}" ] && kill "$drill" 2>/dev/null; }

# The summary is the first page, the whole of it, and nothing else is.
first_page() { # run directory, what
    local zh=("$1"/report/*.zh-TW.pdf) en=("$1"/report/*.en.pdf)
    for page in 1 2; do
        pdftotext -f $page -l $page "${zh[0]}" "$work/zh.$page"
        pdftotext -f $page -l $page "${en[0]}" "$work/en.$page"
    done
    grep -q '一頁摘要' "$work/zh.1" && grep -q '待決事項' "$work/zh.1" && ! grep -q '待決事項' "$work/zh.2" || fail "$2: the summary is not the first page"
    grep -q 'Summary' "$work/en.1" && grep -q 'For leadership to decide' "$work/en.1" || fail "$2: the summary in English is not the first page"
    grep -q '目標與評等' "$work/zh.2" && ! grep -q '目標與評等' "$work/zh.1" || fail "$2: page 2 is not the next section: $(head -5 "$work/zh.2")"
    grep -q 'Objectives and ratings' "$work/en.2" && ! grep -q 'Objectives and ratings' "$work/en.1" || fail "$2: page 2 in English: $(head -5 "$work/en.2")"
}
long=$(printf '很長的一段話，寫到沒有人讀得完為止。%.0s' $(seq 20))
for of in disaster-roaming/ceoc ppdr-mocn/gov-noc tabletop-outage/chen; do
    drill=${of%/*}
    "$netdrill" rehearse "drills/$drill.lua" --answers "drills/answers/$drill.yaml" --runs "$work/$drill" >/dev/null 2>&1 || [ $? -eq 10 ] || fail "rehearse $drill"
    run=$(ls -d "$work/$drill"/*)
    for i in 1 2 3 4 5 6; do
        "$netdrill" improve add "$i $long" --element planning --priority high --issue "$long" --as "${of#*/}" --runs "$work/$drill" >/dev/null || fail "an item of $drill"
    done
    expect 0 "report.zh-TW.pdf" "$netdrill" report "$run" --pdf
    first_page "$run" "$drill"
    grep -q '+ 2 項見後文' "$work/zh.1" || fail "$drill: what is cut is not counted"
done
drill=
for lang in zh-TW en; do
    pdf=$run/report/report.$lang.pdf
    info=$(pdfinfo "$pdf")
    grep -qE '^Tagged: +yes' <<<"$info" || fail "$lang: not tagged"
    grep -q 'A4' <<<"$info" || fail "$lang: not A4"
    pages=$(sed -n 's/^Pages: *//p' <<<"$info")
    for page in $(seq 1 "$pages"); do
        pdftotext -f "$page" -l "$page" "$pdf" "$work/page"
        grep -q '演練 EXERCISE' "$work/page" || fail "$lang: page $page is not marked"
    done
    [ "$pages" -ge 2 ] || fail "$lang: $pages pages"
done
mkdir "$work/path"
expect 5 "no Chromium is here to print with" env PATH="$work/path" "$netdrill" report "$run" --pdf
grep -q 'report.en.html' "$work/out" || fail "without a Chromium the pages are not written"

cat >"$work/live.lua" <<LUA
local fake = use "pretend"
local goals = {}
for i = 1, 14 do goals["goal" .. i] = { zh = i .. " $long", en = i .. " Everybody who has to be told is told in time by those who have to tell them, every time, everywhere" } end
drill { { zh = "進行中", en = "Under way" }, id = "under-way", lasts = minutes(5), site = "site.yaml", objectives = goals }
phase { "One" }
step { "First", id = "first", owner = "me", run = function()
  for i = 1, 5 do fake.change { "stays " .. i .. " $long", target = site "x", fail_at = "verify" } end
  for i = 1, 14 do expect { "It holds", 1, at_most = 2, objective = "goal" .. i } end end }
step { "Then", id = "then", after = "first", owner = "me", run = function() confirm { "Go on?", by = "lin", within = minutes(4) } end }
LUA
printf 'site: s\ntargets: {x: {kind: thing, may_be_disturbed: true}}\npeople: {lin: {title: Lin}, chen: {title: Chen, role: evaluator}}\n' >"$work/site.yaml"
"$netdrill" run "$work/live.lua" --confirm under-way --plain --runs "$work/live" >"$work/log" 2>&1 &
drill=$!
for _ in $(seq 100); do grep -q 'Go on?' "$work/log" && break; sleep 0.1; done
live=$(ls -d "$work"/live/*-under-way-*)
expect 0 "report/interim.zh-TW.html" "$netdrill" report "$live"
grep -q '初步 INTERIM' "$live/report/interim.zh-TW.html" || fail "the interim report is not marked"
grep -q 'It holds' "$live/report/interim.en.html" || fail "the interim report lacks what was measured so far"
[ ! -e "$live/report/report.en.html" ] || fail "an interim report in the report's place"
"$netdrill" report "$live" --format json | jq -e '.run.outcome == "running" and .summary.met == 14' >/dev/null || fail "the interim figures"
for sort in strength improvement; do
    for i in 1 2 3 4 5; do "$netdrill" observe "$i $long" --sort $sort --as chen --runs "$work/live" >/dev/null || fail "observe $sort"; done
done
"$netdrill" abort "$live" >/dev/null || fail abort
wait "$drill"
drill=
# Changes that stay, more objectives than fit, and long words everywhere: it is one page all the same.
expect 0 "report.en.pdf" "$netdrill" report "$live" --pdf
first_page "$live" "what is long"
[ "$(grep -cE '^\+ [0-9]+ 項見後文' "$work/zh.1")" -ge 3 ] || fail "what is cut is not counted: $(grep 項見後文 "$work/zh.1")"
grep -q 'INTERIM' "$live/report/report.en.html" && fail "the final report says interim"
finish
