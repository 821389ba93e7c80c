#!/usr/bin/env bash
# Sealed and signed runs: each kind of damage is found and named; the secret key is nowhere.
. "$(dirname "$0")/../lib.sh"
cd "$work"
mkdir runs
printf 'site: integrity\ntargets: {x: {kind: thing, may_be_disturbed: true}}\n' >site.yaml
cat >s.lua <<'LUA'
local p = use "pretend"
drill { "Sealed", id = "sealed", lasts = seconds(9), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function()
  local s = measure { p.probe, "y", every = ms(10), lasts = ms(100) }
  p.change { "x", target = site "x" }
  expect { "It answers", s:share(), equals = percent(100) }
end }
LUA
verify() { "$netdrill" verify "$@"; }

# Keys.
expect 0 "mode 0600" "$netdrill" key new drills.key
[ "$(stat -c %a drills.key)" = 600 ] || fail "the secret key's mode"
expect 3 "File exists" "$netdrill" key new drills.key
expect 0 "public" "$netdrill" key new other.key
expect 3 "is no secret key" "$netdrill" run s.lua --confirm sealed --runs runs --sign <(:)
expect 3 "No such file" "$netdrill" run s.lua --confirm sealed --runs runs --sign nowhere.key
cp drills.key open.key && chmod 644 open.key
expect 3 "others may read the key" "$netdrill" run s.lua --confirm sealed --runs runs --sign open.key
[ -z "$(ls runs)" ] || fail "a run was begun without the key that is to seal it"

expect 0 "ok: 1 met" "$netdrill" run s.lua --confirm sealed --runs runs --sign drills.key --plain
run=$(ls -d runs/*)
expect 0 "signature there, key" verify "$run"
expect 0 "signature ok, key" verify "$run" --key drills.key.pub
expect 20 "signature WRONG: it was signed with key" verify "$run" --key other.key.pub
expect 2 "is no public key" verify "$run" --key drills.key
if command -v minisign >/dev/null; then # anybody's tool reads it
    expect 0 "journal" minisign -Vm "$run/MANIFEST" -p drills.key.pub
    (cd "$run" && sha256sum -c --quiet MANIFEST) || fail "sha256sum -c MANIFEST"
fi
grep -rqF "$(sed -n 2p drills.key)" "$run" s.lua && fail "the secret key is in the run"
grep -rqF "$(sed -n 2p drills.key | cut -c 40-80)" "$run" && fail "a piece of the secret key is in the run"
grep -q "^# journal $(wc -l <"$run/journal.jsonl") sha256:$(tail -1 "$run/journal.jsonl" | head -c -1 | sha256sum | cut -c 1-64)$" "$run/MANIFEST" || fail "the journal's end in the manifest"

damaged() { # what is expected, then a command run in a copy
    local words=$1
    shift
    rm -rf copy && cp -r "$run" copy && (cd copy && "$@")
    expect 20 "$words" verify copy
    expect 20 "" verify copy --key drills.key.pub
}
damaged "event 7 is not what it was: it was altered" sed -i '7s/core/cure/' journal.jsonl
last=$(wc -l <"$run/journal.jsonl")
damaged "event $last is not what it was: it was altered; $((last - 1)) before it are whole" sed -i '$s/"ok"/"OK"/' journal.jsonl
damaged "event 5 is not what it was: it is missing" sed -i 5d journal.jsonl
damaged "event 5 is not what it was: it stands behind a later one" sed -i '5{h;d};6G' journal.jsonl
damaged "event 6 is not what it was: it is a line that was put in" sed -i '4{h};5G' journal.jsonl
damaged "event $last is not what it was: it is missing" sed -i '$d' journal.jsonl
damaged "event $((last + 1)) is not what it was: it is a line that was put in" python3 -c "
import hashlib, json
lines = open('journal.jsonl', 'rb').read().splitlines()
event = json.loads(lines[-1]) | {'seq': len(lines) + 1, 'prev': 'sha256:' + hashlib.sha256(lines[-1]).hexdigest()}
open('journal.jsonl', 'a').write(json.dumps(event) + '\n')"
damaged "'samples.sqlite' is not what it was" python3 -c "
import sqlite3; db = sqlite3.connect('samples.sqlite'); db.execute('update sample set value = 1 where slot = 3'); db.commit()"
damaged "'evidence/photo' was not there when it was sealed" touch evidence/photo
damaged "'plan.json' is missing" rm plan.json
damaged "'site.yaml' is not what it was" sed -i 's/thing/other/' site.yaml
# Falsified, and the manifest made to fit: the signature is left to tell.
rm -rf copy && cp -r "$run" copy
(cd copy && sed -i 's/thing/other/' site.yaml && sed -i "s/^[0-9a-f]*  site.yaml/$(sha256sum site.yaml | cut -c 1-64)  site.yaml/" MANIFEST)
expect 0 "signature there" verify copy
expect 20 "signature WRONG: it is not what key" verify copy --key drills.key.pub
rm copy/MANIFEST.minisig
expect 20 "signature WRONG: it is not signed" verify copy --key drills.key.pub

# The policy can want it.
printf 'policy: {signed_with: drills.key}\n' >>site.yaml
rm -r runs/*
expect 0 "ok: 1 met" "$netdrill" run s.lua --confirm sealed --runs runs --plain
expect 0 "signature ok" verify last --runs runs --key drills.key.pub
# Restored from later on: sealed again, unsigned, and the seal before is kept.
expect 0 "everything is as before" "$netdrill" restore last --runs runs
expect 0 "reopened" verify last --runs runs
expect 20 "it is not signed" verify last --runs runs --key drills.key.pub
grep -q "^seal 1    signature ok, key .*; the journal is as it was to event [1-9]" "$work/out" || { fail "what the first seal vouches for"; cat "$work/out"; }
run=$(ls -d runs/*)
rm -rf copy && cp -r "$run" copy && sed -i '$d' copy/MANIFEST.1
expect 20 "it is not what key" verify copy --key drills.key.pub
minisign -Vqm "$run/MANIFEST.1" -x "$run/MANIFEST.1.minisig" -p drills.key.pub || fail "the first seal is not kept"

# The key goes while the drill runs: the run does not pass for a signed one.
cp drills.key kept.key && cp drills.key.pub kept.key.pub
sed 's/expect {/exec.probe { { "\/bin\/rm", "'"${work//\//\\/}"'\/drills.key" } } expect {/; s/^local p = /local exec = use "exec" local p = /' s.lua >gone.lua
rm -r runs/*
expect 5 "cannot open the key" "$netdrill" run gone.lua --confirm sealed --runs runs --plain
expect 20 "it is not signed" verify last --runs runs --key kept.key.pub
cp kept.key drills.key

# A run that died: sealed by the keeper, unsigned, as incomplete.
sed -i 's/minutes//; s/local s = /wait(seconds(8)) local s = /' s.lua
rm -r runs/*
"$netdrill" run s.lua --confirm sealed --runs runs --plain >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q step.started runs/*/journal.jsonl 2>/dev/null && break; sleep 0.1; done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
for _ in $(seq 100); do [ -e runs/*/MANIFEST ] && break; sleep 0.1; done
expect 0 "seal      INCOMPLETE: the run died" verify last --runs runs
grep -q "signature none" "$work/out" || fail "a dead run's seal is not said to be unsigned"
expect 0 "report.en.html" "$netdrill" report last --runs runs
expect 0 "seal      ok" verify last --runs runs # reading changes nothing
finish
