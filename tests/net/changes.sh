#!/usr/bin/env bash
# Every change does to packets what it says, is refused where this kernel cannot, and is gone
# afterwards. In a lab of its own, in a namespace of its own.
. "$(dirname "$0")/../lib.sh"
cd "$work"
cat >site.yaml <<YAML
site: changes-$$
targets:
  near-link: {kind: interface, vantage: near, interface: out0, may_be_disturbed: true}
  guests: {kind: network, vantage: mid, guests: 10.77.1.0/24, may_be_disturbed: true}
  web: {kind: service, address: 10.77.2.2, port: 80}
  echo: {kind: service, address: 10.77.2.2, port: 7}
  far6: {kind: host, address: "fd77:1::2"}
lab:
  hosts:
    near: {}
    mid: {forward: true, admission: {guests: [10.77.1.0/24]}}
    far:
      services:
        - {kind: web, address: 10.77.2.2, port: 80}
        - {kind: emergency, address: 10.77.2.2, port: 7}
  links:
    - ends:
        - {host: near, interface: out0, addresses: [10.77.1.1/24, "fd77:1::1/64"]}
        - {host: mid, interface: in0, addresses: [10.77.1.2/24, "fd77:1::2/64"]}
    - ends:
        - {host: mid, interface: out0, addresses: [10.77.2.1/24]}
        - {host: far, interface: in0, addresses: [10.77.2.2/24]}
  routes:
    - {host: near, to: default, via: 10.77.1.2}
    - {host: far, to: 10.77.1.0/24, via: 10.77.2.1}
YAML
cat >s.lua <<'LUA'
local reach, links, shape = use "reach", use "links", use "shape"
local web, echo, far6, link = site "web", site "echo", site "far6", site "near-link"
drill { "Changes", id = "changes", lasts = minutes(3), site = "site.yaml" }
phase { "One" }
local function watch(verb, target, lasts)
  return measure { verb, target, every = ms(20), lasts = lasts, from = "near", deadline = ms(200) }
end
local function all_come(verb, target, size) -- however late a busy machine brings them
  return measure { verb, target, every = ms(20), lasts = ms(400), from = "near", deadline = seconds(5), size = size }
end
step { "IPv6 answers", id = "v6", owner = "me", run = function()
  expect { "once duplicates were looked for", function() return reach.icmp { far6, from = "near", deadline = ms(500) }.ok end, within = seconds(20) }
  local s = all_come(reach.icmp, far6)
  expect { "v6", s:share(), equals = percent(100) }
end }
step { "Guests are refused until admitted", id = "guests", after = "v6", owner = "me", run = function()
  local before = watch(reach.udp, echo, ms(400))
  expect { "refused", before:loss(), equals = percent(100) }
  links.admit { site "guests" }
  local after = all_come(reach.udp, echo)
  expect { "admitted", after:share(), equals = percent(100) }
end }
step { "A loss", id = "loss", after = "guests", owner = "me", run = function()
  links.lose { link, share = percent(50) }
  local s = watch(reach.udp, echo, seconds(4))
  -- Each way loses half: a quarter comes back. 200 probes: five standard deviations are 15 %.
  expect { "not less", s:share(), at_least = percent(9) }
  expect { "not more", s:share(), at_most = percent(41) }
  restore { link }
  local after = all_come(reach.udp, echo)
  expect { "gone", after:share(), equals = percent(100) }
end }
step { "A cut, one way and both", id = "cut", after = "loss", owner = "me", run = function()
  links.cut { link, direction = "out" }
  local s = watch(reach.udp, echo, ms(400))
  expect { "cut", s:loss(), equals = percent(100) }
  restore { link }
  links.cut { link }
  local both = watch(reach.udp, echo, ms(400))
  expect { "cut both", both:loss(), equals = percent(100) }
  restore { link }
  local after = all_come(reach.udp, echo)
  expect { "gone", after:share(), equals = percent(100) }
end }
step { "A rate", id = "rate", after = "cut", owner = "me", run = function()
  shape.rate { link, rate = kbit_per_s(256), burst = 3000 }
  -- 1400 octets of payload and 42 of headers every 20 ms are 577 kbit/s: 44 % fit.
  local s = measure { reach.udp, echo, size = 1400, every = ms(20), lasts = seconds(3), from = "near", deadline = seconds(1) }
  expect { "held back", s:share(), at_most = percent(55) }
  expect { "not cut", s:share(), at_least = percent(30) }
  restore { link }
  local after = all_come(reach.udp, echo, 1400)
  expect { "gone", after:share(), equals = percent(100) }
end }
step { "Delay needs netem", id = "delay", after = "rate", owner = "me", run = function()
  local good, why = pcall(function() shape.impair { link, delay = ms(20) } end)
  if not good then note { "impair: " .. tostring(why) } end
  if good then
    local s = watch(reach.udp, echo, ms(400))
    expect { "slower", s:p50(), at_least = ms(20) }
  end
end }
LUA
"$netdrill" lint s.lua || fail "lint"
"$netdrill" run s.lua --lab --plain --runs runs >out 2>&1
code=$?
run=$(ls -d runs/*-changes-*)
[ "$code" -eq 0 ] || { fail "exit $code"; tail -40 out; }
jq -se 'any(.[]; .type == "netdrill.run.ended" and .data.verdicts.met >= 12 and .data.verdicts.missed == 0)' "$run/journal.jsonl" >/dev/null || fail "verdicts"
if grep -q '"netdrill.note"' "$run/journal.jsonl"; then # the kernel has no netem, and it is said
    grep -q 'this kernel has no netem' "$run/journal.jsonl" || fail "no clear word about netem"
fi
grep -q "nd-changes-$$" <<<"$(ip netns 2>/dev/null)" && fail "the lab is left"
jq -e '[.changes[] | select(.state != "verified")] == []' "$run/report/report.json" >/dev/null || fail "not all verified"
finish
