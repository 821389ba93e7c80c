#!/usr/bin/python3
"""STAMP against a reference of RFC 8762's layouts in another language, both ways round: our
reflector and a plain sender, our sender and a plain reflector whose clock is off, which is slow one
way for a while, and loses packets one way and the other."""
import glob, json, os, signal, socket, sqlite3, struct, subprocess, sys, tempfile, threading, time
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()


def ntp(seconds):
    return int((seconds + 2208988800) * (1 << 32)) & (1 << 64) - 1


def unix(value):
    return value / (1 << 32) - 2208988800


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def our_reflector():
    port = free_port()
    reflector = subprocess.Popen([netdrill, "reflect", f"stamp:127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
    check("it says when it serves", "ready" in reflector.stdout.readline())
    try:
        a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for s in (a, b):
            s.settimeout(20)
            s.connect(("127.0.0.1", port))
        for n, sequence in enumerate([7, 8, 12]):
            before = time.time()
            packet = struct.pack(">IQHH28x", sequence, ntp(before), 0x8A05, 0x1234) + bytes(7)
            a.send(packet)
            answer = a.recv(2048)
            far, t3, error, ssid, t2, seq, t1, sender_error, zero, ttl, zeros = struct.unpack(">IQHHQIQHHB3s", answer[:44])
            check(f"numbered by the reflector: {far}", far == n)
            check("the sender's number, time and error estimate come back", (seq, t1, sender_error) == (sequence, ntp(before), 0x8A05))
            check("the session identifier comes back", ssid == 0x1234)
            check("its times lie between ours, in order", before - 1e-6 <= unix(t2) <= unix(t3) <= time.time() + 1e-6)
            check("the hop limit it came with", ttl == 64)
            check("reserved octets are zero", zero == 0 and zeros == b"\0\0\0")
            check("same length, padding as it came", len(answer) == len(packet) and answer[44:] == bytes(7))
            check("multiplier of the error estimate is not zero", error & 0xFF != 0)
        b.send(struct.pack(">IQHH28x", 7, ntp(time.time()), 1, 0x1234))
        check("another sender is numbered for itself", struct.unpack(">I", b.recv(2048)[:4])[0] == 0)
        a.send(b"short")
        a.send(struct.pack(">IQHH28x", 13, ntp(time.time()), 1, 0x1234))
        check("what is too short is not answered, nor counted", struct.unpack(">I", a.recv(2048)[:4])[0] == 3)
    finally:
        reflector.send_signal(signal.SIGTERM)
        reflector.wait()


OFFSET, SLOW = 5.0, 0.030


def plain_reflector(far):
    count = 0
    while True:
        packet, peer = far.recvfrom(2048)
        seq, t1, error, ssid = struct.unpack(">IQHH", packet[:16])
        if 150 <= seq < 200:
            time.sleep(max(0, unix(t1) + SLOW - time.time()))
        if seq % 10 == 3:
            continue  # lost on the way there
        t2 = ntp(time.time() + OFFSET)
        far_seq, count = count, count + 1
        if seq % 20 == 4:
            continue  # lost on the way back
        far.sendto(struct.pack(">IQHHQIQHHB3x", far_seq, ntp(time.time() + OFFSET), 1, ssid, t2, seq, t1, error, 0, 64), peer)


def our_sender():
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.bind(("127.0.0.1", 0))
    threading.Thread(target=plain_reflector, args=(far,), daemon=True).start()
    open(f"{work}/site.yaml", "w").write(
        f"site: stamp-{os.getpid()}\ntargets: {{far: {{kind: reflector, address: 127.0.0.1, port: {far.getsockname()[1]}}}}}\n")
    open(f"{work}/s.lua", "w").write("""
local reach = use "reach"
drill { "STAMP", id = "stamp", lasts = seconds(20), site = "site.yaml" }
phase { "One" }
step { "Measure", owner = "me", run = function()
  expect { "one probe", function() return reach.stamp { site "far" }.ok end }
  local s = measure { reach.stamp, site "far", every = ms(40), lasts = seconds(12), deadline = seconds(2) }
  expect { "not all is lost", s:share(), at_least = percent(50) }
end }
""")
    out = subprocess.run([netdrill, "run", f"{work}/s.lua", "--confirm", "stamp", "--plain", "--runs", f"{work}/runs"],
                         capture_output=True, text=True)
    check(f"the run's exit code is 0, got {out.returncode}", out.returncode == 0)
    run = glob.glob(f"{work}/runs/*")[0]
    db = sqlite3.connect(f"{run}/samples.sqlite")
    outcomes = dict(db.execute("select slot, outcome from sample"))
    readings = {}
    for slot, name, value in db.execute("select slot, name, value from reading"):
        readings.setdefault(name, {})[slot] = value
    sent = {s for s, o in outcomes.items() if o != 1}
    there, back = {s for s in sent if s % 10 == 3}, {s for s in sent if s % 20 == 4}
    check(f"lost: {len(there | back)} of {len(sent)}", {s for s, o in outcomes.items() if o < 0} == there | back)
    last = max(s for s, o in outcomes.items() if o == 0)
    # One answered probe went before, in a session of its own of the plain reflector's counting.
    check(f"lost on the way there: {readings['lost_forward'][last]:.0f}", abs(readings["lost_forward"][last] - (len(there) - 1)) <= 1)
    check(f"lost on the way back: {readings['lost_backward'][last]:.0f}", abs(readings["lost_backward"][last] - (len(back) + 1)) <= 1)
    slow = [readings["forward"][s] / 1e9 for s in range(152, 198) if s in readings["forward"]]
    check(f"{len(slow)} slow ones are told", len(slow) >= 25)
    # None is quicker than it was made; on a loaded machine single ones are slower.
    half = sorted(slow)[len(slow) // 2] if slow else 0
    check(f"and are slow as made: {min(slow):.4f} s, {half:.4f} s in the middle", min(slow) > SLOW - 0.01 and abs(half - SLOW) < 0.01)
    untold = [s for s in readings["forward"] if readings["forward"][s] <= readings["uncertainty"][s]]
    check("none is told that is not larger than its uncertainty", not untold)
    check("a clock five seconds off is not taken for delay", all(v < 1e9 for v in readings["forward"].values()))


our_reflector()
our_sender()
finish()
