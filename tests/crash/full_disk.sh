#!/usr/bin/env bash
# The disk fills up in the middle: the run says so, ends, restores everything, and what was written
# can be read.
. "$(dirname "$0")/../lib.sh"
[ "$(id -u)" -eq 0 ] || { echo "needs root: it mounts a small disk"; exit 77; }
cd "$work"
name=full-$$
sed "s/^site: .*/site: $name/" "$root/drills/sites/decoy-district.yaml" >lab.yaml
cat >s.lua <<'LUA'
local reach, links = use "reach", use "links"
drill { "Full", id = "full", lasts = seconds(20), site = "lab.yaml" }
phase { "One" }
step { "Cut", owner = "me", run = function()
  measure { reach.tcp, site "emergency", every = ms(10), from = "handset", till = "T+00:00:15" }
  links.down { site "jia-cell" }
  for i = 1, 10 do
    wait(seconds(1))
    for k = 1, 20 do note { "still here, and here is more to write for the journal of this run" } end
  end
end }
LUA
mkdir disk
mount -t tmpfs -o size=40m none disk || { echo "no tmpfs here"; exit 77; }
cleanup() { umount disk; }
"$netdrill" run s.lua --lab --plain --runs disk >out 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q 'links.down' out && break; sleep 0.1; done
dd if=/dev/zero of=disk/fill bs=64k 2>/dev/null
wait "$pid"
code=$?
[ "$code" -eq 11 ] || { fail "exit $code, expected 11"; tail -5 out; }
grep -q 'No space left on device' out || { fail "the reason is not told"; tail -8 out; }
grep -q '2 of 2 changes restored and read back' out || { fail "not all restored"; tail -5 out; }
grep -q "nd-$name" <<<"$(ip netns)" && fail "the lab is left"
rm disk/fill
grep -q 'journal   ok' <<<"$("$netdrill" verify disk/*-full-*)" || fail "what was written cannot be trusted"
"$netdrill" report disk/*-full-* >/dev/null || fail "no report"
grep -q 'did not end properly' disk/*-full-*/report/report.en.html || fail "the report is not marked"
finish
