#!/usr/bin/env bash
# The report in a real browser with the network off: no request, no console error, the words there.
. "$(dirname "$0")/../lib.sh"
cd "$root"
"$netdrill" rehearse drills/disaster-roaming.lua --answers drills/answers/disaster-roaming.yaml --runs "$work/runs" >/dev/null 2>&1 || fail rehearse
run=$(ls -d "$work"/runs/*)
"$netdrill" report "$run" >/dev/null
cp -r "$run/report" "$work/again"
"$netdrill" report "$run" >/dev/null
diff -r "$run/report" "$work/again" || fail "rendered twice, the report differs"
xml=$run/report/junit.xml
python3 -c "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])" "$xml" || fail "junit.xml is not XML"
browser=$(command -v chromium) || { fail "chromium is not there"; finish; }
for lang in zh-TW en; do
    page=$run/report/report.$lang.html
    grep -qE '(src|href)="(http|//)' "$page" && fail "$lang: the page names something outside"
    unshare -rn "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --enable-logging=stderr --log-net-log="$work/net.json" \
        --window-size=1200,2000 --dump-dom "file://$page" >"$work/dom.html" 2>"$work/log"
    grep -q '演練 EXERCISE' "$work/dom.html" || fail "$lang: the page did not render"
    # Nor is what its own pages say.
    grep -E 'CONSOLE' "$work/log" | grep -v 'source: chrome://' && fail "$lang: the console complains"
    # The browser's own look-ups for updates and the time are not the page's.
    grep -oE '"url":"(https?|ws)://[^"]*"' "$work/net.json" | grep -vE '//[a-z0-9.]*(google|googleapis)\.com/' &&
        fail "$lang: a request was made"
done
grep -q '預演' "$run/report/report.zh-TW.html" || fail "the rehearsal is not marked in Chinese"
finish
