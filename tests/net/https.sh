#!/usr/bin/env bash
# HTTPS on loopback, against a server nobody here wrote: a certificate that is trusted, and one that
# is not.
. "$(dirname "$0")/../lib.sh"
cd "$work"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=info.example \
    -addext subjectAltName=DNS:info.example -keyout key.pem -out cert.pem 2>/dev/null || fail "no certificate"
port=$((20000 + $$ % 20000))
openssl s_server -quiet -accept "127.0.0.1:$port" -key key.pem -cert cert.pem -www >server.log 2>&1 &
server=$!
cleanup() { kill "$server" 2>/dev/null; }
printf 'site: https\ntargets: {web: {kind: service, address: 127.0.0.1, port: %s}}\n' "$port" >site.yaml
cat >s.lua <<LUA
local reach = use "reach"
drill { "HTTPS", id = "https", lasts = seconds(10), site = "site.yaml" }
phase { "One" }
local function ask(more)
  return function() return reach.http { site "web", https = true, name = more.name, ca = more.ca, deadline = seconds(3) }.ok end
end
step { "Ask", owner = "me", run = function()
  expect { "trusted, once it listens", ask { name = "info.example", ca = "$work/cert.pem" }, within = seconds(5) }
  expect { "not trusted", not ask { name = "info.example" } () }
  expect { "another name", not ask { name = "other.example", ca = "$work/cert.pem" } () }
end }
LUA
"$netdrill" run s.lua --confirm https --plain --runs runs >out 2>&1
code=$?
[ "$code" -eq 0 ] && grep -q '^ok: 3 met' out || { fail "exit $code"; cat out; }
grep -q 'EANSWER' runs/*/journal.jsonl || fail "a certificate that is not trusted is no EANSWER"
finish
