#!/usr/bin/python3
"""The interruption in the report against the kernel's own times of the cut and the opening.

A second program watches the carrier of the handset's link and the rule set of Yi's core; what the
report says has to lie within one probe interval of what it saw."""
import json, os, socket, struct, subprocess, sys, tempfile, threading, time

netdrill = os.path.realpath(sys.argv[1])
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
if os.getuid() != 0:
    print("needs root: it watches from outside the run")
    sys.exit(77)
EVERY_MS = 50
IFF_UP = 1
name = f"net-{os.getpid()}"
work = tempfile.mkdtemp()
text = open(f"{root}/drills/sites/decoy-district.yaml").read()
open(f"{work}/lab.yaml", "w").write(text.replace("site: decoy-district-lab", f"site: {name}", 1))
open(f"{work}/s.lua", "w").write(f"""
local reach, links = use "reach", use "links"
drill {{ "Cut and open", id = "cut-and-open", lasts = seconds(20), site = "lab.yaml" }}
phase {{ "One" }}
step {{ "Cut, then open", owner = "me", run = function()
  local s = measure {{ reach.dns, site "dns", name = "www.drill.test", every = ms({EVERY_MS}), from = "handset", deadline = ms(400) }}
  wait(seconds(1))
  links.down {{ site "jia-cell" }}
  wait(ms(1517))
  links.admit {{ site "yi-guests" }}
  wait(seconds(1))
  s:stop()
end }}
""")


def in_namespace(host):
    fd = os.open(f"/run/netns/nd-{name}-{host}", os.O_RDONLY)
    libc = __import__("ctypes").CDLL(None, use_errno=True)
    assert libc.setns(fd, 0x40000000) == 0
    os.close(fd)


seen, ready = {}, {"carrier": threading.Event(), "opening": threading.Event()}


def watch(host, protocol, groups, key):
    """Stamps every netlink notification of a host; the kernel sends it as it acts (at the end that is
    taken down: the other end is told of the carrier once a second at most). A witness that
    waits for a processor would be late itself: it goes before everybody else, where it may."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    except OSError:
        pass
    in_namespace(host)
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    s.bind((0, groups))
    ready[key].set()
    while True:
        message = s.recv(65536)
        at = time.monotonic_ns()
        # struct ifinfomsg: its flags; what else there is about links (their making, late) is of no interest
        if protocol == 0 and struct.unpack_from("I", message, 24)[0] & IFF_UP:
            continue
        seen.setdefault(key, []).append(at)


def main():
    subprocess.run([netdrill, "lab", "up", f"{work}/lab.yaml"], check=True)
    threading.Thread(target=watch, args=("jia", 0, 1, "carrier"), daemon=True).start()
    # nftables: group NFNLGRP_NFTABLES is number 7
    threading.Thread(target=watch, args=("yi", 12, 1 << 6, "opening"), daemon=True).start()
    for one in ready.values():
        assert one.wait(60), "the witnesses do not begin"
    for attempt in range(3):
        wrong = measure(f"{work}/runs{attempt}")
        if not wrong:
            return
        # A machine that holds up the probes or the witnesses is not held up in the same way three times.
        print("WRONG", *wrong, sep="\n")
    sys.exit(1)


def measure(runs):
    """Plays the drill once; what is wrong with what its report says."""
    time.sleep(1.1)  # of the carrier up again, if the kernel has yet to tell of it
    seen.clear()
    run = subprocess.run([netdrill, "run", f"{work}/s.lua", "--plain", "--runs", runs], stdout=subprocess.PIPE, text=True)
    print(run.stdout)
    assert run.returncode == 0, run.returncode
    directory = os.path.join(runs, os.listdir(runs)[0])
    first = json.loads(open(f"{directory}/journal.jsonl").readline())
    origin = first["data"]["mono_origin_ns"]
    report = json.load(open(f"{directory}/report/report.json"))
    found = report["series"][0]["interruptions"]
    if len(found) != 1:
        return [f"interruptions: {found}"]
    one = found[0]
    t0 = report["run"]["t0_ns"]
    cut = seen["carrier"][0] - origin - t0
    opened = seen["opening"][0] - origin - t0
    made = opened - cut
    slot = EVERY_MS * 1e6
    print(f"made {made / 1e6:.3f} ms, reported {one['length_ns'] / 1e6:.3f} ms "
          f"± {one['uncertainty_ns'] / 1e6:.3f} ms; difference {(one['length_ns'] - made) / 1e6:.3f} ms")
    holds = {"it is not told as injected": one["class"] == "injected",
             "further off than it says": abs(one["length_ns"] - made) <= one["uncertainty_ns"],
             "so wide that it says nothing": one["uncertainty_ns"] <= 4 * slot,
             f"cut at {cut}: {one}": one["last_good_rel_ns"] - 5e6 <= cut <= one["from_rel_ns"] + 5e6,
             f"opened at {opened}: {one}": one["last_lost_rel_ns"] - 5e6 <= opened <= one["till_rel_ns"] + 5e6}
    return [what for what, good in holds.items() if not good]


try:
    main()
finally:
    subprocess.run([netdrill, "lab", "down", f"{work}/lab.yaml"])
