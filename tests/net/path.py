#!/usr/bin/python3
"""The way to a target over routers of our own: a short way, then a longer one, by ICMP and UDP, IPv4 and
IPv6, from ping sockets and from raw ones; a silent router, a target that is gone, one that is prohibited."""
import glob, json, os, sqlite3, subprocess, sys, tempfile

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
name = f"path{os.getpid()}"
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, "" if good else got)
    if not good:
        wrong.append(what)


def ns(host, *command):
    subprocess.run(["ip", "netns", "exec", f"nd-{name}-{host}", *command], check=True, stdout=subprocess.DEVNULL)


# near - a - far, and near - a - b - c - far.
links = [("near", "a", 1), ("a", "far", 2), ("a", "b", 3), ("b", "c", 4), ("c", "far", 5)]
text = "".join(f"    - ends: [{{host: {x}, interface: {y}{n}, addresses: [10.95.{n}.1/24, 'fd95:{n}::1/64']}}, {{host: {y}, interface: {x}{n}, addresses: [10.95.{n}.2/24, 'fd95:{n}::2/64']}}]\n"
               for x, y, n in links)
routes = [("near", "default", "10.95.1.2", "fd95:1::2"), ("far", "default", "10.95.2.1", "fd95:2::1"), ("a", "10.95.9.9/32", "10.95.2.2", None), ("b", "default", "10.95.4.2", "fd95:4::2"), ("b", "10.95.1.0/24", "10.95.3.1", None), ("b", "fd95:1::/64", None, "fd95:3::1"),
          ("c", "10.95.9.9/32", "10.95.5.2", None), ("c", "default", "10.95.4.1", "fd95:4::1"), ("c", "fd95:9::9/128", None, "fd95:5::2"), ("a", "fd95:9::9/128", None, "fd95:2::2")]
lines = ""
for host, to, four, six in routes:
    lines += f"    - {{host: {host}, to: '{to}', via: {four}}}\n" if four else ""
    lines += f"    - {{host: {host}, to: '{to}', via: '{six}'}}\n" if six else ""
open(f"{work}/site.yaml", "w").write(f"""site: {name}
lab:
  hosts: {{near: {{}}, a: {{forward: true}}, b: {{forward: true}}, c: {{forward: true}}, far: {{addresses: [10.95.9.9/32, 'fd95:9::9/128']}}}}
  links:
{text}  routes:
{lines}targets:
  four: {{kind: host, address: 10.95.9.9}}
  six: {{kind: host, address: 'fd95:9::9'}}
  gone: {{kind: host, address: 10.95.2.77}}
""")
WAYS = {"icmp4": ("four", "icmp"), "udp4": ("four", "udp"), "icmp6": ("six", "icmp"), "udp6": ("six", "udp")}
walks = "".join(f"""    local {key} = reach.path {{ site "{target}", from = "near", protocol = "{protocol}", label = "{key}" }}
""" for key, (target, protocol) in WAYS.items())
open(f"{work}/silence", "w").write("table ip q { chain o { type filter hook output priority 0;\n icmp type time-exceeded drop;\n }\n }\n")
open(f"{work}/s.lua", "w").write(f"""local reach, exec = use "reach", use "exec"
drill {{ "Path", id = "path", lasts = seconds(60), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Walk", owner = "me", run = function()
  local s = measure {{ reach.path, site "four", from = "near", every = ms(500), deadline = seconds(3) }}
  for i = 1, 2 do
{walks}  end
  wait(ms(600))
  for _, way in ipairs {{ {{ "-4", "10.95.9.9", "10.95.3.2" }}, {{ "-6", "fd95:9::9", "fd95:3::2" }} }} do -- a's routes go the long way
    exec.probe {{ {{ "ip", "netns", "exec", "nd-{name}-a", "ip", way[1], "route", "replace", way[2], "via", way[3] }} }}
  end
  for i = 1, 2 do
{walks}  end
  wait(ms(600))
  exec.probe {{ {{ "ip", "netns", "exec", "nd-{name}-b", "nft", "-f", "{work}/silence" }} }}
  wait(seconds(1.5))
  s:stop()
  local gone = reach.path {{ site "gone", from = "near", label = "gone", wait = ms(200), deadline = seconds(10) }}
  local off = reach.path {{ site "four", from = "near", label = "few", hops = 2, wait = ms(100) }}
  expect {{ "hops", s:max(), at_most = 10 }}
end }}
""")


def play(raw):
    subprocess.run([netdrill, "lab", "up", f"{work}/site.yaml"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        if raw:
            ns("near", "sysctl", "-qw", "net.ipv4.ping_group_range=1 0")
        for host in "abc":
            for key in ("net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"):
                ns(host, "sysctl", "-qw", key)
        out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--plain", "--confirm", "path", "--runs", f"{work}/runs"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=110)
    finally:
        subprocess.run([netdrill, "lab", "down", f"{work}/site.yaml"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    run = glob.glob(f"{work}/runs/*")[0]
    events = [json.loads(line) for line in open(f"{run}/journal.jsonl")]
    label = {e["subject"]: e["data"]["label"] for e in events if e["type"] == "netdrill.op.started"}
    told = {}
    for e in events:
        if e["type"] == "netdrill.op.ended" and label.get(e["subject"]):
            told.setdefault(label[e["subject"]], []).append(e["data"])
    judge("raw" if raw else "ping", run, told, out)
    subprocess.run(["rm", "-r", f"{work}/runs"])


def judge(kind, run, told, out):
    for key, (target, _) in WAYS.items():
        base = "fd95:%d::%d" if target == "six" else "10.95.%d.%d"
        end = "fd95:9::9" if target == "six" else "10.95.9.9"
        walks = told.get(key, [])
        hops = [w["readings"].get("hops") for w in walks]
        check(f"{kind} {key}: 2 hops, then 4", hops == [2, 2, 4, 4], [(w["err"], w["why"]) for w in walks])
        check(f"{kind} {key}: the change is told once (by the stream where it walks too), nothing at the first walk", key == "icmp4" or [w["readings"].get("changed") for w in walks][1:] == [0, 1, 0], [w["readings"] for w in walks])
        if hops == [2, 2, 4, 4]:
            first, last = walks[0]["why"].split(), walks[2]["why"].split()
            check(f"{kind} {key}: the routers by address", first == [base % (1, 2), end] and last == [base % (1, 2), base % (3, 2), base % (4, 2), end], (first, last))
            numbers = [w["readings"]["path"] for w in walks]
            check(f"{kind} {key}: a path's number is its own", numbers[0] == numbers[1] != numbers[2] == numbers[3], numbers)
    gone = told["gone"][0]
    check(f"{kind}: an address that nobody has: not reached, with the way so far", gone["err"] in ("EREACH", "ETIME") and ("10.95.1.2" in gone["why"]), gone)
    check(f"{kind}: nor one behind more hops than asked for", told["few"][0]["err"] == "ETIME" and "10.95.1.2" in told["few"][0]["why"], told["few"])
    db = sqlite3.connect(f"{run}/samples.sqlite")
    values = [v for (v,) in db.execute("select value from sample where outcome = 0 order by slot")]
    changed = [v for (v,) in db.execute("select value from reading where name = 'changed' order by slot")]
    silent = [v for (v,) in db.execute("select value from reading where name = 'silent' order by slot")]
    # The stream and the single walks by ICMP to the same address look at one path: whichever walks first tells of the change.
    changes = sum(changed) + sum(w["readings"].get("changed", 0) for w in told.get("icmp4", []))
    check(f"{kind}: as a stream: 2 hops, then 4, one change, stored", values[0] == 2 and values[-1] == 4 and sorted(values) == values and changes == 1, (values, changed))
    check(f"{kind}: a router that falls silent is no change", silent[-1] == 1 and silent[0] == 0 and changes == 1, silent)
    check(f"{kind}: the change is said", "changed: 10.95.1.2 10.95.3.2 10.95.4.2 10.95.9.9" in out.stdout + out.stderr, out.stdout[-800:] + out.stderr[-800:])


for raw in (False, True):
    play(raw)
sys.exit(bool(wrong))
