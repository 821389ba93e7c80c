"""What the kernel says of network namespaces, as one text to compare byte for byte: ip -j, tc -j and
nft -j, without what the kernel counts or learns by itself. A shell test asks by

    kernel_state.py NAMESPACE...                    the state once it has settled
    kernel_state.py --before FILE NAMESPACE...      exit 1 and the difference if it is not that of FILE again

Left out:

  handle      of nftables and tc: a running number the kernel gives anew each time
  packets, bytes of nftables counters
  metainfo    of nft: the version of the tool
  expires     of set elements, and lifetimes of addresses: they run down
  neighbours  other than permanent and proxy ones: learned from traffic
  the order of routes with the same destination: that in which their devices came up
  tentative, dadfailed: an address that is being checked for duplicates, for a second after it came
"""
import json
import os
import subprocess
import sys
import time

COMMANDS = [
    ["ip", "-j", "-d", "link"],
    ["ip", "-j", "addr"],
    ["ip", "-j", "-d", "route", "show", "table", "all"],
    ["ip", "-j", "-d", "-6", "route", "show", "table", "all"],
    ["ip", "-j", "rule"],
    ["ip", "-j", "neigh", "show", "nud", "permanent"],
    ["ip", "-j", "neigh", "show", "proxy"],
    ["tc", "-j", "qdisc"],
    ["nft", "-j", "list", "ruleset"],
]
BY_ITSELF = {"packets", "bytes", "handle", "metainfo", "expires", "valid_life_time", "preferred_life_time", "tentative", "dadfailed"}


def strip(value):
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k not in BY_ITSELF}
    return [strip(v) for v in value] if isinstance(value, list) else value


def tell(command, out):
    value = strip(json.loads(out or "[]"))
    if "route" in command:
        value.sort(key=json.dumps)
    return " ".join(command) + ": " + json.dumps(value)


def read(namespaces):
    """One line a namespace and command; a namespace that is not there is said to be gone."""
    lines = []
    script = "; echo; echo =; ".join(" ".join(command) for command in COMMANDS)
    for name in namespaces:
        if not os.path.exists("/run/netns/" + name):
            lines.append(name + ": gone")
            continue
        out = subprocess.run(["ip", "netns", "exec", name, "sh", "-c", script], stdout=subprocess.PIPE, check=True, text=True).stdout
        for command, part in zip(COMMANDS, out.split("\n=\n"), strict=True):
            lines.append(name + ": " + tell(command, part.strip()))
    return "\n".join(lines)


def checking(namespaces):
    """Whether an address is still being checked: until then it has no route of its own."""
    return any(subprocess.run(["ip", "netns", "exec", name, "ip", "-6", "addr", "show", "tentative"],
                              stdout=subprocess.PIPE).stdout for name in namespaces if os.path.exists("/run/netns/" + name))


def settled(namespaces, seconds=20.0):
    """The state once duplicate address detection is done and nothing has changed for 1.3 s: of a carrier the kernel
    tells once a second at most."""
    deadline = time.monotonic() + seconds
    while checking(namespaces) and time.monotonic() < deadline:
        time.sleep(0.1)
    last, since = read(namespaces), time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < 1.3:
        time.sleep(0.1)
        now = read(namespaces)
        if now != last:
            last, since = now, time.monotonic()
    return last


def becomes(before, namespaces, seconds=10.0):
    """The state as soon as it is what it was before, else what it is when so much time has passed: whoever restores
    may be held up by others on the machine between two changes."""
    deadline = time.monotonic() + seconds
    now = read(namespaces)
    while now != before and time.monotonic() < deadline:
        time.sleep(0.1)
        now = read(namespaces)
    return now


def differ(before, after):
    """The lines that are not the same, cut, for a message."""
    out = []
    for a, b in zip(before.split("\n"), after.split("\n")):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            at = max(0, at - 60)
            out.append("  was ..." + a[at:at + 400] + "\n  is  ..." + b[at:at + 400] + "   [" + a[:60] + "]")
    return "\n".join(out)


def main(arguments):
    if arguments[0] != "--before":
        print(settled(arguments))
        return 0
    with open(arguments[1], encoding="utf-8") as f:
        before = f.read().rstrip("\n")
    after = becomes(before, arguments[2:])
    if after == before:
        return 0
    print(differ(before, after))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
