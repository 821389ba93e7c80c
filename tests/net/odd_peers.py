#!/usr/bin/python3
"""Every verb that asks a peer, against peers that say nothing, nonsense, half of it, far too much, or go away in the
middle: none is taken for an answer, none holds a call beyond its deadline, and no plugin's process dies of it."""
import json, os, glob, socket, struct, subprocess, sys, tempfile, threading, time

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
wrong = []
stopped = threading.Event()


def asked(c):
    return c.recv(65535)


def rests(c, *said):
    asked(c)
    for octets in said:
        c.sendall(octets)
    stopped.wait(30)


def reset(c):
    asked(c)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def floods(c):
    asked(c)
    while not stopped.is_set():
        c.sendall(os.urandom(65536))


def drips(c):
    asked(c)
    while not stopped.wait(0.05):
        c.sendall(b"\x01")


def half(c):
    request = asked(c)
    c.sendall(request[:len(request) // 2])
    stopped.wait(30)


STREAMS = {
    "silent": rests, "never_reads": lambda c: stopped.wait(30), "closes": lambda c: None, "closes_when_asked": asked, "resets": reset,
    "garbage": lambda c: rests(c, os.urandom(4000)), "zeros": lambda c: rests(c, bytes(4000)), "ones": lambda c: rests(c, b"\xff" * 4000),
    "nonsense_first": lambda c: (c.sendall(os.urandom(4000)), stopped.wait(30)), "floods": floods, "drips": drips, "half": half,
    "text": lambda c: rests(c, b"220 mail.test ESMTP\r\n" * 3),
}
PACKETS = {
    "mute": lambda request: [], "noise": lambda request: [os.urandom(200)], "halves": lambda request: [request[:len(request) // 2]],
    "many": lambda request: [os.urandom(len(request)) for _ in range(20)], "long": lambda request: [b"\xff" * 1400] * 50,
    "short": lambda request: [b"", b"\0"],
}
ACCOUNT = 'account = site "alice", '
VERBS = {
    "gsup.auth": (STREAMS, 'subscribers = site "subs", '), "gsup.update": (STREAMS, 'subscribers = site "subs", '),
    "diameter.capabilities": (STREAMS, ""), "diameter.watchdog": (STREAMS, ""),
    "diameter.update": (STREAMS, 'subscribers = site "subs", visited = "46697", '),
    "sbi.inventory": (STREAMS, ""), "sbi.discover": (STREAMS, 'type = "AMF", '), "reach.http": (STREAMS, ""),
    "sip.options": ({**STREAMS, **PACKETS}, ""), "sip.register": ({**STREAMS, **PACKETS}, ACCOUNT),
    "sip.call": ({**STREAMS, **PACKETS}, ACCOUNT + 'to = site "bob", '),
    "sip.message": ({**STREAMS, **PACKETS}, ACCOUNT + 'to = site "bob", text = "x", '),
    "gtp.echo": (PACKETS, ""), "ngap.heartbeat": (PACKETS, ""), "reach.udp": (PACKETS, ""), "reach.stamp": (PACKETS, ""),
    "reach.voice": (PACKETS, ""),
}
ports = {}


def serve(name, handle):
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    ports[name] = listener.getsockname()[1]

    def one(c):
        with c:
            try:
                handle(c)
            except OSError:
                pass

    def accept():
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def serve_packets(name, handle):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    ports[name] = peer.getsockname()[1]

    def answer():
        while True:
            request, who = peer.recvfrom(65535)
            for octets in handle(request):
                peer.sendto(octets, who)

    threading.Thread(target=answer, daemon=True).start()


for name, handle in STREAMS.items():
    serve(name, handle)
for name, handle in PACKETS.items():
    serve_packets(name, handle)
calls = []
for verb, (peers, more) in VERBS.items():
    for name in peers:
        over = 'transport = "tcp", ' if verb.startswith("sip.") and name in STREAMS else ""
        calls.append(f'function() {verb} {{ peer, {over}{more}port = {ports[name]}, label = "{name}", deadline = seconds(1) }} end')
plugins = sorted({verb.split(".")[0] for verb in VERBS})
open(work + "/site.yaml", "w").write("""site: odd-peers
targets:
  peer: {kind: service, address: 127.0.0.1}
  subs: {kind: subscribers, imsi: "001010000000001", count: 10, test_subscribers: true}
  alice: {kind: account, aor: "sip:alice@jia.test", user: alice, password: secret}
  bob: {kind: number, uri: "sip:bob@yi.test"}
""")
open(work + "/odd.lua", "w").write(f"""local {", ".join(plugins)} = {", ".join(f'use "{p}"' for p in plugins)}
local peer = site "peer"
drill {{ "Odd peers", id = "odd", lasts = minutes(1), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Ask", id = "ask", owner = "me", run = function() together {{ {", ".join(calls)} }} end }}
""")
run = subprocess.run([netdrill, "run", work + "/odd.lua", "--confirm", "odd", "--plain", "--runs", work + "/runs"],
                     stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50)
stopped.set()
begun, ends = {}, {}
for line in open(glob.glob(work + "/runs/*/journal.jsonl")[0]):
    event = json.loads(line)
    if event["type"] == "netdrill.op.started":
        begun[event["subject"]] = f"{event['data']['plugin']}.{event['data']['verb']} {event['data']['label']}"
    elif event["type"] == "netdrill.op.ended":
        ends[event["subject"]] = event["data"]
if run.returncode != 0 or len(begun) != len(calls) or len(ends) != len(calls):
    wrong.append(f"exit {run.returncode}, {len(begun)} of {len(calls)} calls begun, {len(ends)} ended\n{run.stdout[-2000:]}{run.stderr}")
for number, end in ends.items():
    if end["err"] not in ("ETIME", "EANSWER", "EREFUSED") or not end["why"]:
        wrong.append(f"{begun[number]}: {end['err']} {end['why']}")
for words in wrong:
    print("WRONG", words)
print(len(ends), "calls:", {err: sum(end["err"] == err for end in ends.values()) for err in sorted({end["err"] for end in ends.values()})})
sys.exit(bool(wrong))
