#!/usr/bin/env bash
# The report as PDF, looked at by poppler: tagged, A4, marked on each page, the summary on one page,
# its Chinese can be copied; without a Chromium the pages are written all the same, and it is said.
# Of a run under way: an interim report that stands beside, not in the place of, the report.
. "$(dirname "$0")/../lib.sh"
cd "$root"
cleanup() { [ -n "${drill:-}" ] && kill "$drill" 2>/dev/null; }

"$netdrill" rehearse drills/decoy-district.lua --runs "$work/runs" >/dev/null 2>&1 || [ $? -eq 10 ] || fail rehearse
run=$(ls -d "$work"/runs/*)
expect 0 "report.zh-TW.pdf" "$netdrill" report "$run" --pdf
for lang in zh-TW en; do
    pdf=$run/report/report.$lang.pdf
    info=$(pdfinfo "$pdf")
    grep -qE '^Tagged: +yes' <<<"$info" || fail "$lang: not tagged"
    grep -q 'A4' <<<"$info" || fail "$lang: not A4"
    pages=$(sed -n 's/^Pages: *//p' <<<"$info")
    for page in $(seq 1 "$pages"); do
        pdftotext -f "$page" -l "$page" "$pdf" - | grep -q '演練 EXERCISE' || fail "$lang: page $page is not marked"
    done
    [ "$pages" -ge 2 ] || fail "$lang: $pages pages"
done
pdftotext -f 1 -l 1 "$run/report/report.zh-TW.pdf" - >"$work/first"
pdftotext -f 2 -l 2 "$run/report/report.zh-TW.pdf" - >"$work/second"
grep -q '一頁摘要' "$work/first" || fail "the summary is not on page 1"
grep -q '期望與結果' "$work/second" || fail "the summary takes more than a page: $(head -5 "$work/second")"
mkdir "$work/path"
expect 5 "no Chromium is here to print with" env PATH="$work/path" "$netdrill" report "$run" --pdf
grep -q 'report.en.html' "$work/out" || fail "without a Chromium the pages are not written"

cat >"$work/live.lua" <<'LUA'
drill { { zh = "進行中", en = "Under way" }, id = "under-way", lasts = minutes(5), site = "site.yaml" }
phase { "One" }
step { "First", id = "first", owner = "me", run = function() expect { "It holds", 1, at_most = 2 } end }
step { "Then", id = "then", after = "first", owner = "me", run = function() confirm { "Go on?", by = "lin", within = minutes(4) } end }
LUA
printf 'site: s\npeople: {lin: {title: Lin}}\n' >"$work/site.yaml"
"$netdrill" run "$work/live.lua" --confirm under-way --plain --runs "$work/live" >"$work/log" 2>&1 &
drill=$!
for _ in $(seq 100); do grep -q 'Go on?' "$work/log" && break; sleep 0.1; done
live=$(ls -d "$work"/live/*-under-way-*)
expect 0 "report/interim.zh-TW.html" "$netdrill" report "$live"
grep -q '初步 INTERIM' "$live/report/interim.zh-TW.html" || fail "the interim report is not marked"
grep -q 'It holds' "$live/report/interim.en.html" || fail "the interim report lacks what was measured so far"
[ ! -e "$live/report/report.en.html" ] || fail "an interim report in the report's place"
"$netdrill" report "$live" --format json | jq -e '.run.outcome == "running" and .summary.met == 1' >/dev/null || fail "the interim figures"
"$netdrill" abort "$live" >/dev/null || fail abort
wait "$drill"
drill=
grep -q 'INTERIM' "$live/report/report.en.html" && fail "the final report says interim"
finish
