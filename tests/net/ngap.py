#!/usr/bin/python3
"""NG Setup and SCTP heartbeats against doubles of an AMF (tests/support/amf.py: SCTP by hand in another language,
NGAP octets of another's compiler; Debian has no 5G core, and this kernel no SCTP): a network accepted and refused,
a shared core, everything that goes wrong, another namespace, IPv6; tshark as witness of each packet we send."""
import glob, os, re, sqlite3, subprocess, sys
import daemons
from daemons import check, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("tshark", "ip")
HOWS = ["plain", "shared", "silent", "closed", "deaf", "garbage", "ppid", "late", "abort", "leave", "error", "huge", "noise", "faint", "fickle"]
amf = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support/amf.py")


def doubles(name, *rows, inside=()):
    daemons.daemon([*inside, sys.executable, amf, f"{work}/{name}.ready", *rows], lambda: os.path.exists(f"{work}/{name}.ready"))


name = f"ngap{os.getpid()}"
subprocess.run(["ip", "netns", "add", name], check=True)
subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
subprocess.run(["ip", "-n", name, "address", "add", "192.0.2.9/32", "dev", "lo"], check=True)
doubles("near", *[f"127.0.1.{i}={how}" for i, how in enumerate(HOWS)], "::1=plain")
doubles("far", "192.0.2.9=plain", inside=("ip", "netns", "exec", name))
far = daemons.daemon([netdrill, "reflect", "plmn:46692", "plmn:46697", "ngap:127.0.3.1:38412"], lambda: "ready" in open(f"{work}/netdrill.log").read())
capture = daemons.Capture("ip proto 132 or ip6 proto 132", "ngap")
SITE = f"site: ngap-{os.getpid()}\nvantages:\n  far: {{netns: /run/netns/{name}}}\ntargets:\n" + \
    "".join(f"  {how}: {{kind: amf, address: 127.0.1.{i}}}\n" for i, how in enumerate(HOWS)) + """
  six: {kind: amf, address: "::1"}
  far: {kind: amf, address: 192.0.2.9}
  none: {kind: amf, address: 127.0.2.1}
  lab: {kind: amf, address: 127.0.3.1}
  tester: {kind: gnb, gnb_id: 0x3fffff, gnb_bits: 22, plmn: "46692", test_gnb: true}
  real: {kind: gnb, gnb_id: 7}
"""
FRAME = """
local ngap = use "ngap"
drill { "NGAP", id = "NAME", lasts = minutes(1), site = "NAME.yaml" }
phase { "One" }
step { "Ask", owner = "me", run = function()
  local function jia(amf, deadline)
    return ngap.setup { site(amf), gnb = site "tester", plmn = "46692", tac = 1, deadline = deadline or seconds(5) }
  end
  local function yi(amf)
    return ngap.setup { site(amf), gnb = site "tester", plmn = "46697", tac = 1, slices = { "1", "1:010203" } }
  end
"""


def play(name, body):
    return daemons.run(netdrill, name, SITE, FRAME.replace("NAME", name) + body + "\nend }\n")


play("setup", """
  local own = jia "plain"
  expect { "the own network is taken", own.ok and own.supported == 1 and own.slices == 1 and own.plmns == 1 and own.capacity == 255 and own.guamis == 1 }
  expect { "and left in order", own.left, equals = 1 }
  expect { "the AMF's name is told", own.why, equals = "AMF 'amf.jia.test' serves 46692 with slices 1" }
  expect { "in a moment", own.rtt < seconds(2) and own.association < seconds(2) }
  local guest = yi "plain"
  expect { "the guest is refused", guest.err == "EREFUSED" and guest.cause_group == 4 and guest.cause == 4 and guest.time_to_wait == seconds(10) and guest.left == 1 }
  local open = yi "shared"
  expect { "a shared core takes it", open.ok and open.supported == 1 and open.slices == 1 and open.plmns == 2 and open.guamis == 2 }
  expect { "over IPv6", jia("six").ok }
  expect { "not from here", jia("far").ok, equals = false }
  local far = ngap.setup { site "far", gnb = site "tester", plmn = "46692", tac = 1, from = "far" }
  expect { "from another namespace", far.ok and far.left == 1 }
  local real = ngap.setup { site "plain", gnb = site "real", plmn = "46692", tac = 1 }
  expect { "never as a gNB in service", real.err, equals = "EARG" }
  local simulated = yi "lab"
  expect { "the lab's AMF takes its networks", simulated.ok and simulated.supported == 1 and simulated.plmns == 2 and simulated.left == 1 }
  local third = ngap.setup { site "lab", gnb = site "tester", plmn = "310410", tac = 1 }
  expect { "and no others", third.err == "EREFUSED" and third.cause == 4 and third.time_to_wait == seconds(10) }
  local beat = ngap.heartbeat { site "plain" }
  expect { "a heartbeat", beat.ok and beat.rtt < seconds(2) and beat.association < seconds(2) }
""")
play("wrong", """
  local function meets(amf, err, words, deadline)
    local got = jia(amf, deadline)
    expect { amf .. ": " .. err, got.err, equals = err }
    expect { amf .. " is told as it is (" .. tostring(got.why) .. ")", (string.find(got.why, words, 1, true)) ~= nil }
    return got
  end
  meets("silent", "ETIME", "nothing answered to SCTP", ms(1500))
  meets("closed", "EREFUSED", "refused the association")
  meets("none", "EREFUSED", "protocol unreachable")
  meets("deaf", "ETIME", "did not answer the NG SETUP REQUEST", ms(1500))
  meets("garbage", "EANSWER", "no answer in NGAP")
  meets("ppid", "EANSWER", "payload protocol 46")
  meets("abort", "EREFUSED", "user-initiated abort")
  meets("leave", "EREFUSED", "SHUTDOWN")
  meets("error", "EANSWER", "protocol/transfer-syntax-error")
  meets("huge", "EANSWER", "16384 octets")
  local late = jia("late", seconds(3))
  expect { "taken, but not let go in order", late.ok and late.left == 0 }
  local noise = jia "noise"
  expect { "noise does no harm (" .. tostring(noise.err) .. ")", noise.ok or noise.err == "EREFUSED" or noise.err == "ETIME" }
  expect { "and afterwards all is well", jia("plain").ok }
""")
_, pattern = play("stream", """
  local steady = measure { ngap.heartbeat, site "plain", every = ms(20), lasts = seconds(5), deadline = seconds(2) }
  local faint = measure { ngap.heartbeat, site "faint", every = ms(20), lasts = seconds(5), deadline = seconds(2) }
  local fickle = measure { ngap.heartbeat, site "fickle", every = ms(20), lasts = seconds(5), deadline = seconds(2) }
  local dead = measure { ngap.heartbeat, site "closed", every = ms(100), lasts = seconds(2), deadline = ms(500) }
  local setups = measure { ngap.setup, site "plain", gnb = site "tester", plmn = "46692", tac = 1, every = ms(250), lasts = seconds(4), deadline = seconds(2) }
  local side = measure { ngap.setup, site "lab", gnb = site "tester", plmn = "46697", tac = 1, every = ms(20), lasts = seconds(3), deadline = seconds(2) }
  wait(seconds(8))
  expect { "every heartbeat is answered", steady:share(), at_least = percent(99) }
  expect { "a second is missing", faint:interruption(), at_least = ms(800) }
  expect { "an association that is aborted is made anew", fickle:share { last = seconds(2) }, at_least = percent(70) }
  expect { "nobody to beat for", dead:share(), equals = 0 }
  expect { "at the lab's AMF side by side", side:share(), at_least = percent(99) }
  expect { "set-ups one after the other", setups:share(), at_least = percent(99) }
""")
db = sqlite3.connect(glob.glob(pattern + "/samples.sqlite")[0])
print("heartbeats and set-ups:", db.execute("select verb, count(*), min(value), max(value) from sample join series on series.id = series where outcome = 0 group by verb").fetchall())
capture.done("-o", "sctp.checksum:CRC32C")
log = open(f"{work}/{os.path.basename(sys.executable)}.log").read()
check(f"every request was as expected {re.findall('unexpected.*', log)}", "unexpected" not in log and "Traceback" not in log)
check(f"the doubles were left in order {log.count('left in order')} times", log.count("left in order") >= 25)
check("the one that lets nobody go was sent an ABORT, as was the one that answered too much", 1 <= log.count("aborted by the gNB") <= 20)
# not what answers noise: it has to give random octets back (HEARTBEAT ACK, ERROR)
OURS = f"sctp.dstport == 38412 && !(ip.addr == 127.0.1.{HOWS.index('noise')})"
capture.check_expert(OURS)
ODD = "(_ws.malformed || sctp.checksum.status == 0)"
odd = capture.count(f"{OURS} && {ODD}")
check(f"none malformed, none with a wrong checksum: {odd}", odd == 0)
if odd:
    capture.show(f"{OURS} && {ODD}")
capture.check_expert("ip.src == 127.0.3.1 && sctp")
odd = capture.count(f"ip.src == 127.0.3.1 && {ODD}")
seen = capture.count("ip.src == 127.0.3.1 && ngap.successfulOutcome_element")
check(f"the lab's AMF: {seen} NG SETUP RESPONSEs, {odd} packets malformed", seen > 50 and odd == 0)
for what, wanted, least in (("NG SETUP REQUESTs", "ngap.procedureCode == 21 && ngap.initiatingMessage_element", 25), ("heartbeats", "sctp.chunk_type == 4", 400)):
    seen = capture.count(f"{OURS} && {wanted}")
    check(f"tshark sees {seen} {what}", seen >= least)
for words in (["ngap:127.0.0.1:38412"], ["plmn:4669", "ngap:127.0.0.1:38412"], ["plmn:46692", "ngap:127.0.4.1:38412", "ngap:127.0.4.2:38413"]):
    out = subprocess.run([netdrill, "reflect", *words], capture_output=True, text=True, timeout=10)
    check(f"reflect {' '.join(words)}: {out.stderr.strip()[:70]}", out.returncode != 0 and "cannot serve" in out.stderr)
LAB = f"""site: ngaplab{os.getpid()}
lab:
  hosts:
    near: {{}}
    core: {{services: [{{kind: ngap, address: 10.95.0.2, port: 38412, plmns: ["46697"]}}]}}
  links:
    - ends: [{{host: near, interface: n0, addresses: [10.95.0.1/24]}}, {{host: core, interface: c0, addresses: [10.95.0.2/24]}}]
targets:
  amf: {{kind: amf, address: 10.95.0.2}}
  tester: {{kind: gnb, gnb_id: 1, test_gnb: true}}
"""
open(f"{work}/lab.yaml", "w").write(LAB)
open(f"{work}/lab.lua", "w").write("""
local ngap = use "ngap"
drill { "In a lab", id = "lab", lasts = seconds(20), site = "lab.yaml" }
phase { "One" }
step { "Ask", owner = "me", run = function()
  expect { "taken", ngap.setup { site "amf", gnb = site "tester", plmn = "46697", tac = 1, from = "near" } }
  expect { "refused", ngap.setup { site "amf", gnb = site "tester", plmn = "46692", tac = 1, from = "near" }.err, equals = "EREFUSED" }
end }
""")
out = subprocess.run([netdrill, "run", f"{work}/lab.lua", "--lab", "--plain", "--runs", f"{work}/lab"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
check(f"in a lab: exit {out.returncode}", out.returncode == 0)
if out.returncode != 0:
    print(out.stdout[-2000:], out.stderr[-1000:])
subprocess.run(["ip", "netns", "del", name], check=True)
daemons.finish()
