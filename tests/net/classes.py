#!/usr/bin/python3
"""shape.classes on an operator's network: real packets with marks at 150 % of the rate. What is guaranteed
gets through, the rest is held back, by the kernel's counters and by a receiver of the test's own; then
refusals, somebody else's changes, what is made half, and the run killed."""
import glob, json, os, select, signal, socket, subprocess, sys, time

import kernel_state
from drill import Drill, Scene, scenario, step
from field import sh

SECONDS, PAYLOAD, FRAME = 4, 958, 1000  # a frame: 14 of Ethernet, 20 of IPv4, 8 of UDP before the payload
NEAR, FAR, OTHER = "10.60.3.1", "10.60.3.2", "10.60.3.11"
# name: source, destination, port, DSCP, kbit/s offered. Together 3000 kbit/s for 2000 that fit.
FLOWS = {"voice": (NEAR, FAR, 9001, 46, 600), "dispatch": (OTHER, FAR, 9002, 0, 300), "uplink": ("fd60:3::1", "fd60:3::2", 9003, 40, 300),
         "sensors": (NEAR, FAR, 9004, 8, 300), "public": (NEAR, FAR, 9005, 0, 1500)}
CLASSES = """shape.classes { site "rate0", rate = mbit_per_s(2), classes = {
    "rescuers: rate 1400kbit/s, dscp ef, dscp cs5, from 10.60.3.11", "sensors: rate 100kbit/s, ceiling 150kbit/s, dscp 8",
    "public: rate 400kbit/s" } }
"""


def send():
    sockets = []
    for source, to, port, dscp, kbit in FLOWS.values():
        v6 = ":" in source
        s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(*(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if v6 else (socket.IPPROTO_IP, socket.IP_TOS), dscp << 2)
        s.bind((source, 0))
        s.connect((to, port))
        sockets.append([s, PAYLOAD - 20 if v6 else PAYLOAD, FRAME * 8 / (kbit * 1000), 0.0, 0])
    began = time.monotonic()
    while (now := time.monotonic() - began) < SECONDS:
        for s in sockets:
            # What is late after a hold-up of the machine is sent at most three at once.
            s[3] = max(s[3], now - 3 * s[2])
            while s[3] <= now:
                s[0].send(bytes(s[1]))
                s[3] += s[2]
                s[4] += 1
        time.sleep(0.002)
    print(json.dumps(dict(zip(FLOWS, (s[4] for s in sockets)))))


def receive():
    sockets = {}
    for name, (_, to, port, _, _) in FLOWS.items():
        s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.bind((to, port))
        sockets[s] = name
    got = dict.fromkeys(FLOWS, 0)
    print("ready", flush=True)
    while ready := select.select(list(sockets), [], [], 60 if not any(got.values()) else 3)[0]:
        for s in ready:
            s.recv(2000)
            got[sockets[s]] += 1
    print(json.dumps(got))


if sys.argv[1] in ("send", "receive"):
    {"send": send, "receive": receive}[sys.argv[1]]()
    sys.exit(0)

netdrill = os.path.realpath(sys.argv[1])
scene = Scene()
work, field, check, same = scene.work, scene.field, scene.check, scene.same
HEAD = """
local links, shape, exec, reach = use "links", use "shape", use "exec", use "reach"
drill { "Classes", id = "classes", lasts = minutes(1), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function()
"""
READ = """
  for _, class in ipairs { "rescuers", "sensors", "public", "all" } do
    local name = class
    if name == "all" then name = nil end
    local c = shape.counters { site "rate0", class = name, from = "here" }
    note { string.format("counted %s %d %d %d %d %d %d", class, c.octets, c.packets, c.drops, c.overlimits, c.backlog, c.waiting) }
  end"""


def play(name, body, code):
    with open(f"{work}/{name}.lua", "w") as out:
        out.write(HEAD + body + "end }\n")
    done = subprocess.run([netdrill, "run", f"{work}/{name}.lua", "--confirm", "classes", "--plain", "--runs", f"{work}/runs-{name}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(f"{name}: exit {done.returncode}, expected {code}", done.returncode == code, done.stdout)
    return done.stdout, [json.loads(line) for line in open(glob.glob(f"{work}/runs-{name}/*/journal.jsonl")[0])]


def here(command):
    return sh(command, field.here)


def why_of(events, kind):
    return [e["data"]["why"] for e in events if e["type"] == "netdrill." + kind]


with scene:
    here(f"ip addr add {OTHER}/24 dev rate0")
    sh("ip addr add fd60:3::2/64 dev rate0 nodad", field.there)
    scene.before = kernel_state.settled(field.namespaces)

    # 1. 150 % of the rate, five kinds of marks
    far = subprocess.Popen(["ip", "netns", "exec", field.there, netdrill, "reflect", f"sink:{FAR}:9", f"echo:{FAR}:7"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(field.site, "a") as site:
        site.write(f"  sink: {{kind: service, address: {FAR}, port: 9}}\n  echo: {{kind: service, address: {FAR}, port: 7}}\n")
    receiver = subprocess.Popen(["ip", "netns", "exec", field.there, sys.executable, __file__, "receive"], stdout=subprocess.PIPE, text=True)
    receiver.stdout.readline()
    out, events = play("load", f'  {CLASSES}  exec.probe {{ {{ "sh", "-c", "PYTHONPATH={os.environ["PYTHONPATH"]} {sys.executable} {os.path.realpath(__file__)} send >{work}/sent" }}, '
                       f'from = "here", deadline = seconds(40) }}\n  wait(seconds(1))\n{READ}\n', 0)
    got, sent = json.loads(receiver.stdout.read()), json.load(open(f"{work}/sent"))
    receiver.wait()
    counted = {w[1]: dict(zip(("octets", "packets", "drops", "overlimits", "backlog", "waiting"), map(int, w[2:])))
               for w in (e["data"]["text"]["en"].split() for e in events if e["type"] == "netdrill.note" and e["data"]["text"]["en"].startswith("counted "))}
    rate = {name: got[name] * FRAME * 8 / SECONDS / 1000 for name in FLOWS}
    print("sent", sent, "\ngot", got, "\ncounted", counted, "\nkbit/s", rate)
    rescuers = ("voice", "dispatch", "uplink")
    for name in rescuers:
        check(f"{name}: all of what is guaranteed gets through", got[name] == sent[name], f"{got[name]} of {sent[name]}")
    check("the receiver and the kernel count the same", sum(got[n] for n in rescuers) <= counted["rescuers"]["packets"] <= sum(got[n] for n in rescuers) + 40
          and abs(got["public"] - counted["public"]["packets"]) < 20 and got["sensors"] == counted["sensors"]["packets"], (got, counted))
    check("every packet of theirs went out or was dropped", counted["public"]["drops"] + counted["public"]["packets"] >= sent["public"] and
          counted["sensors"]["drops"] + counted["sensors"]["packets"] == sent["sensors"], counted)
    check("nothing of the rescuers' is dropped", counted["rescuers"]["drops"] == 0, counted)
    check("the public are held back, and not cut off", 0.25 < got["public"] / sent["public"] < 0.7, (got, sent))
    check("a ceiling holds though others have spare", 100 <= rate["sensors"] <= 185, rate)
    check("all together keep within the rate", counted["all"]["octets"] * 8 <= 2e6 * (SECONDS + 1) and
          counted["all"]["octets"] == sum(counted[c]["octets"] for c in ("rescuers", "sensors", "public")), counted)
    check("nothing waits any more", counted["all"]["backlog"] == 0 and counted["public"]["waiting"] == 0, counted)
    check("the change is proved", [e for e in events if e["type"] == "netdrill.change.proved"] != [], out)
    same("classes, then the end")

    # TCP, whose segments the kernel puts together: its share of the rate, and the rescuers' voice unharmed
    out, events = play("tcp", f"""  {CLASSES}
  local voice = measure {{ reach.voice, site "echo", every = ms(20), dscp = 46, from = "here", lasts = seconds(4) }}
  local bulk = reach.bulk {{ site "sink", rate = mbit_per_s(50), octets = 600000, from = "here", deadline = seconds(20) }}
  note {{ string.format("bulk %.0f", bulk.rate or 0) }}
  expect {{ "voice beside it", voice:share(), at_least = percent(90) }}
  expect {{ "none of it dropped", shape.counters {{ site "rate0", class = "rescuers", from = "here" }}.drops, equals = 0 }}
  expect {{ "nor held up", voice:p50(), at_most = ms(60) }}
""", 0)
    bulk = int([e["data"]["text"]["en"] for e in events if e["type"] == "netdrill.note"][0].split()[1])
    check(f"TCP gets what is left: {bulk} bit/s", 8e5 < bulk < 1.95e6, out)
    print("TCP beside voice:", bulk)
    same("TCP")

    # 2. what is refused, and leaves nothing
    for number, (bad, words) in enumerate({
            '"a: rate 1mbit/s"': "", '"a: rate 1mbit/s, dscp ef"': "one class has no mark", '"a: rate 3mbit/s"': "its ceiling lies between",
            '"a: rate 1500kbit/s, dscp ef", "b: rate 600kbit/s"': "2100000 bit/s are guaranteed", '"a: rate 1mbit/s, colour red"': "'colour' is not known",
            '"a: rate 1mbit/s, dscp 64", "b: rate 8kbit/s"': "0 to 63", '"a: rate 1mbit/s, from 10.0.0.1/8"': "no bits beyond",
            '"A B: rate 1mbit/s"': "a class is written", '"a: dscp ef", "b: rate 1mbit/s"': "has no rate"}.items()):
        body = f"""  local good, why = pcall(function() shape.classes {{ site "rate0", rate = mbit_per_s(2), classes = {{ {bad} }} }} end)
  note {{ tostring(good) .. " " .. tostring(why) }}
  if good then restore {{ site "rate0" }} end
"""
        out, events = play(f"bad{number}", body, 0)
        said = [e["data"]["text"]["en"] for e in events if e["type"] == "netdrill.note"][0]
        check(f"{bad}: {said}", said.startswith("true") if words == "" else words in said)
    out, events = play("twice", """  shape.rate { site "rate0", rate = mbit_per_s(3) }
  local good, why = pcall(function() """ + CLASSES + """ end)
  expect { "one discipline an interface", not good and string.find(tostring(why), "restore that one first", 1, true) ~= nil }
  expect { "no counters without classes", shape.counters { site "rate0", class = "public", from = "here" }.err, equals = "ESTATE" }
""", 0)
    same("what was refused")
    here("tc qdisc add dev rate0 root handle 9: pfifo limit 7")
    out, events = play("theirs", "  local good, why = pcall(function() " + CLASSES + """ end)
  expect { "theirs is refused", not good and string.find(tostring(why), "somebody else's ('pfifo')", 1, true) ~= nil }
""", 0)
    check("theirs is as it was", "pfifo 9: " in here("tc qdisc show dev rate0") and "limit 7p" in here("tc qdisc show dev rate0"))
    here("tc qdisc del dev rate0 root")
    same("a discipline of theirs, refused")

    # 3. somebody else in between: left alone, whatever it is
    for name, theirs in {
            "rate": "c=$(tc class show dev rate0 | awk '/prio 2/ {print $3}'); tc class change dev rate0 parent 6e64:1 classid $c htb rate 300kbit ceil 2mbit prio 2",
            "class": "tc class add dev rate0 parent 6e64:1 classid 6e64:fffe htb rate 8kbit",
            "queue": "c=$(tc class show dev rate0 | awk '/prio 2/ {print $3}'); tc qdisc replace dev rate0 parent $c handle 77: pfifo limit 3",
            "filter": "tc filter add dev rate0 parent 6e64: protocol ip prio 99 u32 match ip dport 53 0xffff classid 6e64:1"}.items():
        open(f"{work}/theirs.sh", "w").write(theirs)
        out, events = play("left-" + name, f'  {CLASSES}  exec.probe {{ {{ "sh", "-e", "{work}/theirs.sh" }}, from = "here" }}\n', 12)
        check(f"their {name} is left alone", "somebody else has changed it" in str(why_of(events, "change.left_alone")), out)
        check(f"their {name} is there", "htb 6e64:" in here("tc qdisc show dev rate0"))
        here("tc qdisc del dev rate0 root")
        same(f"their {name}, once it is gone")

    # 4. what is only half there is ours, and goes
    open(f"{work}/half.sh", "w").write("tc filter del dev rate0 parent 6e64: prio 4; c=$(tc class show dev rate0 | awk '/prio 1/ {print $3}'); "
                                       "tc qdisc del dev rate0 parent $c")
    play("half", f'  {CLASSES}  exec.probe {{ {{ "sh", "-e", "{work}/half.sh" }}, from = "here" }}\n', 0)
    same("half of it, undone")

    far.terminate()
    far.wait()

    # 5. the run is killed
    drill = Drill(netdrill, work, scenario(work, "killed", step("  " + CLASSES + '  note { "made" }\n  wait(seconds(60))\n')))
    drill.wait_for("made")
    check("the classes are there", "htb 6e64:" in here("tc qdisc show dev rate0"))
    os.kill(drill.pid, signal.SIGKILL)
    drill.ended()
    drill.kept()
    same("killed", drill)
