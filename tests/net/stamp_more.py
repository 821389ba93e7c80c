#!/usr/bin/python3
"""Authenticated STAMP, the TLVs of RFC 8972, and TWAMP-Test (RFC 5357), against a plain reference of their
layouts: our reflector before it, and our sender before it; then both of ours with a router in between that
rewrites the DSCP each way. The layouts are written down here once more, from the RFCs."""
import glob, hashlib, hmac, json, os, signal, socket, sqlite3, struct, subprocess, sys, tempfile, threading, time

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
KEY = b"correct horse battery"
wrong = []
U, M, I = 0x80, 0x40, 0x20


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, "" if good else got)
    if not good:
        wrong.append(what)


def ntp(seconds):
    return int((seconds + 2208988800) * (1 << 32)) & (1 << 64) - 1


def mac(octets):
    return hmac.new(KEY, octets, hashlib.sha256).digest()[:16]


def tlv(kind, value, flags=U, length=None):
    return struct.pack(">BBH", flags, kind, len(value) if length is None else length) + value


def tlvs(octets):
    """As (flags, type, value); the rest when it is none."""
    out = []
    while len(octets) >= 4:
        flags, kind, length = struct.unpack(">BBH", octets[:4])
        out.append((flags, kind, octets[4:4 + length]))
        octets = octets[4 + length:]
    return out


def open_packet(sequence, ssid=0x1234):
    return struct.pack(">IQHH28x", sequence, ntp(time.time()), 0x8A05, ssid)


def sealed_packet(sequence, ssid=0x1234):
    front = struct.pack(">I12xQHH68x", sequence, ntp(time.time()), 0x8A05, ssid)
    return front + mac(front)


def proof(sequence, extensions):
    return tlv(8, mac(struct.pack(">I", sequence) + extensions))


def key_file(name, octets, mode):
    with open(f"{work}/{name}", "wb") as out:
        out.write(octets)
    os.chmod(f"{work}/{name}", mode)
    return f"{work}/{name}"


def ports(count):
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    numbers = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return numbers


def near(port, family=socket.AF_INET, tos=0):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(20)
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        s.connect(("127.0.0.1", port))
    else:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)
        s.connect(("::1", port))
    return s


def ask(s, packet):
    """The answer, and the traffic class it came with; (None, None): none in time."""
    s.send(packet)
    try:
        answer, control, _, _ = s.recvmsg(2048, 256)
    except socket.timeout:
        return None, None
    return answer, next((data[0] for level, kind, data in control if kind in (socket.IP_TOS, socket.IPV6_TCLASS)), None)


def our_reflector():
    bare, sealed, six = ports(3)
    key = key_file("key", KEY + b"\n", 0o600)
    program = subprocess.Popen([netdrill, "reflect", f"stamp:127.0.0.1:{bare}", f"stamp:[::1]:{six}", f"key:{key}", f"stamp:127.0.0.1:{sealed}"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    program.stdout.readline()
    try:
        authenticated(sealed)
        extended(bare)
        class_of_service(bare, socket.AF_INET)
        class_of_service(six, socket.AF_INET6)
        sealed_extensions(sealed)
        twamp_sender(bare)
    finally:
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=10)
    check("what was dropped is counted", f"stamp:127.0.0.1:{sealed}: " in out and ", 3 dropped for a wrong HMAC" in out, out)
    check("the key is not told", KEY.decode() not in out + err)
    for name, octets, mode, words in [("wide", KEY, 0o644, "chmod 600"), ("short", b"abc", 0o600, "8 to 64 octets"), ("long", b"a" * 65, 0o600, "8 to 64 octets")]:
        bad = subprocess.run([netdrill, "reflect", f"key:{key_file(name, octets, mode)}", f"stamp:127.0.0.1:{sealed}"], capture_output=True, text=True, timeout=10)
        check(f"a {name} key is refused, and not told", bad.returncode == 1 and words in bad.stderr and octets.decode() not in bad.stderr.replace(name, ""), bad.stderr)


def authenticated(port):
    s = near(port)
    for n in range(2):
        answer, _ = ask(s, sealed_packet(40 + n))
        check("an authenticated answer has 112 octets, and their HMAC", answer and len(answer) == 112 and answer[96:] == mac(answer[:96]))
        far, t3, error, ssid, t2, sequence, t1, sender_error, ttl = struct.unpack(">I12xQHH4xQ8xI12xQH6xB15x", answer[:96])
        check("with what was sent in its places", (far, sequence, ssid, sender_error, ttl) == (n, 40 + n, 0x1234, 0x8A05, 64) and abs((t3 - t1) / 2**32) < 2 and t2 <= t3,
              (far, sequence, ssid, sender_error, ttl))
    s.settimeout(0.3)
    packet = bytearray(sealed_packet(50))
    packet[3] ^= 1
    check("a changed octet is not answered", ask(s, bytes(packet))[0] is None)
    check("nor an unauthenticated packet", ask(s, open_packet(51))[0] is None)
    check("nor one whose HMAC is cut off", ask(s, sealed_packet(52)[:111])[0] is None)
    s.settimeout(20)
    check("and they do not count", struct.unpack(">I", ask(s, sealed_packet(53))[0][:4])[0] == 2)


def extended(port):
    s = near(port)
    answer, _ = ask(s, open_packet(0) + tlv(200, b"who?") + tlv(1, b"\x5a" * 9) + tlv(5, struct.pack(">III", 1, 0, 0)))
    got = tlvs(answer[44:])
    check("an unknown TLV comes back with U, its value as it was", got[0] == (U, 200, b"who?"), got)
    check("padding comes back as it was, without U", got[1] == (0, 1, b"\x5a" * 9), got)
    check("direct measurement: 1 sent, 1 received, 1 answered", got[2] == (0, 5, struct.pack(">III", 1, 1, 1)), got)
    answer, _ = ask(s, open_packet(2) + tlv(5, struct.pack(">III", 3, 99, 99)))
    check("it counts by itself what reached it", tlvs(answer[44:]) == [(0, 5, struct.pack(">III", 3, 2, 2))], answer[44:])
    rest = tlv(4, b"\xb8\0\0\0")
    answer, _ = ask(s, open_packet(3) + tlv(5, b"short") + rest)
    check("a TLV of a length that it cannot have is malformed, what follows comes back as it came", answer[44:48] == struct.pack(">BBH", M, 5, 5) and answer[53:] == rest, answer[44:])
    answer, _ = ask(s, open_packet(4) + tlv(200, b"cut", length=400))
    check("so is one longer than the packet", answer[44] == M and answer[45:] == tlv(200, b"cut", length=400)[1:], answer[44:])
    answer, _ = ask(s, open_packet(5) + b"\x80\x04")
    check("and one without a whole head", answer[44:] == bytes([M, 4]), answer[44:])
    answer, _ = ask(s, open_packet(6) + tlv(4, b"\xb8\0\0\0") + tlv(8, b"\0" * 16))
    check("an HMAC that cannot be checked fails: I on all, nothing served", [f for f, _, _ in tlvs(answer[44:])] == [I, I] and answer[48:52] == b"\xb8\0\0\0", answer[44:])
    answer, _ = ask(s, open_packet(7) + bytes(20))
    check("padding of zeros, as TWAMP has it, comes back as it came", answer[44:] == bytes(20), answer[44:])


def class_of_service(port, family):
    s = near(port, family, 46 << 2 | 1)
    answer, back = ask(s, open_packet(0) + tlv(4, bytes([10 << 2, 0, 0, 0])))
    value = struct.unpack(">I", tlvs(answer[44:])[0][2])[0]
    check(f"class of service by {family.name}: DSCP 46 and ECN 1 reached it", (value >> 20 & 63, value >> 18 & 3, value >> 16 & 3, value & 0xFFFF) == (46, 1, 0, 0), hex(value))
    check("what was asked for is kept, and what the answer is marked with", value >> 26 == 10 and back == 10 << 2, (value >> 26, back))
    answer, back = ask(s, open_packet(1))
    check("no other answer is marked", back == 0, back)


def sealed_extensions(port):
    s = near(port)
    cos = tlv(4, bytes([10 << 2, 0, 0, 0]))
    answer, _ = ask(s, sealed_packet(7) + cos + proof(7, cos) + tlv(1, b"pad"))
    got = tlvs(answer[112:])
    covered = answer[:4] + answer[112:120]
    check("authenticated TLVs are served, and proved again", [(f, k) for f, k, _ in got] == [(0, 4), (0, 8), (0, 1)] and got[1][2] == mac(covered), got)
    for what, packet in [("wrong", sealed_packet(8) + cos + proof(9, cos)), ("missing", sealed_packet(8) + cos),
                         ("misplaced", sealed_packet(8) + proof(8, b"") + cos)]:
        answer, back = ask(s, packet)
        check(f"a {what} HMAC of the TLVs: I on all, nothing served", all(f & I for f, _, _ in tlvs(answer[112:])) and cos[4:] in answer[112:] and back == 0, answer[112:])
    answer, _ = ask(s, sealed_packet(9) + tlv(1, b"pad"))
    check("padding alone needs none", tlvs(answer[112:]) == [(0, 1, b"pad")], answer[112:])


def twamp_sender(port):
    s = near(port)
    t1 = ntp(time.time())
    answer, _ = ask(s, struct.pack(">IQH", 5, t1, 0x8001))
    check("a TWAMP sender's 14 octets get a whole answer", len(answer) == 44 and struct.unpack(">IQHB", answer[24:36] + answer[36:38] + answer[40:41]) == (5, t1, 0x8001, 64)
          and answer[14:16] == b"\0\0", answer)
    answer, _ = ask(s, struct.pack(">IQH", 6, t1, 0x8001) + bytes(50))
    check("and padded ones as long an answer", len(answer) == 64 and struct.unpack(">I", answer[24:28])[0] == 6, answer)


# ---- our sender before a plain reflector ----

def far_end(serve):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))

    def loop():
        while True:
            packet, peer = s.recvfrom(2048)
            for answer in serve(packet):
                s.sendto(answer, peer)

    threading.Thread(target=loop, daemon=True).start()
    return s.getsockname()[1]


def play(name, targets, body, extra=""):
    os.makedirs(f"{work}/{name}")
    open(f"{work}/{name}/site.yaml", "w").write(f"site: {name}-{os.getpid()}\n{extra}targets:\n" + "".join(
        f"  {t}: {{kind: reflector, address: '{a}', port: {p}}}\n" for t, (a, p) in targets.items()))
    open(f"{work}/{name}/s.lua", "w").write(f"""local reach = use "reach"
drill {{ "STAMP", id = "more", lasts = seconds(20), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Measure", owner = "me", run = function()
{body}
end }}
""")
    out = subprocess.run([netdrill, "run", f"{work}/{name}/s.lua", "--confirm", "more", "--plain", "--runs", f"{work}/{name}/runs"] + (["--lab"] if extra else []),
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=90)
    run = glob.glob(f"{work}/{name}/runs/*")[0]
    db = sqlite3.connect(f"{run}/samples.sqlite")
    got = {}
    for series, slot, outcome in db.execute("select series, slot, outcome from sample"):
        got.setdefault(series, {})[slot] = {"outcome": outcome}
    for series, slot, reading, value in db.execute("select series, slot, name, value from reading"):
        got[series].setdefault(slot, {"outcome": None})[reading] = value
    if out.returncode not in (0, 10):
        print(out.stdout[-1500:], out.stderr[-1500:])
    return got, run, out


def twamp_reflector():
    counted = [0]

    def serve(packet):
        sequence, t1, error = struct.unpack(">IQH", packet[:14])
        if sequence % 10 == 3:
            return []
        counted[0] += 1
        now = ntp(time.time())
        answer = struct.pack(">IQH2xQIQH2xB", counted[0] - 1, now, 1, now, sequence, t1, error, 63)
        assert len(answer) == 41
        return [answer if sequence % 2 else answer + packet[41:]]

    got, _, _ = play("twamp", {"far": ("127.0.0.1", far_end(serve))},
                     '  measure { reach.stamp, site "far", every = ms(20), lasts = seconds(2), deadline = seconds(1), cos = true, direct = true, size = 100 }\n'
                     '  measure { reach.stamp, site "far", every = ms(50), lasts = seconds(1), deadline = seconds(1) }\n  wait(seconds(3.5))')
    sent = {n: s for n, s in got[1].items() if s["outcome"] != 1}
    check("a TWAMP reflector's answers, of 41 octets too, are taken", {n for n, s in sent.items() if s["outcome"] == 0} == {n for n in sent if n % 10 != 3}, sent)
    check("its numbers tell nothing when direct measurement was asked for, and it knows no TLV",
          not any({"lost_forward", "dscp_there", "not_genuine"} & set(s) for s in sent.values()), sent)


def sealing_reflector():
    counted = [0]

    def serve(packet):
        front = packet[:96]
        good = packet[96:112] == mac(front)
        sequence, t1, error, ssid = struct.unpack(">I12xQHH", packet[:28])
        counted[0] += good
        if not good or sequence % 10 == 3:
            return []
        now = ntp(time.time())
        answer = struct.pack(">I12xQHH4xQ8xI12xQH6xB15x", counted[0] - 1, now, 1, ssid, now, sequence, t1, error, 63)
        answer += mac(answer)
        direct = tlv(5, struct.pack(">III", sequence + 1, counted[0], counted[0]), 0)
        answer += direct + proof(counted[0] - 1, direct) if sequence % 2 else direct + tlv(8, bytes(16), 0)
        return [answer[:100] + bytes(16)] if sequence % 10 == 7 else [answer]

    got, run, out = play("sealed", {"far": ("127.0.0.1", far_end(serve))},
                         f'  measure {{ reach.stamp, site "far", every = ms(20), lasts = seconds(2), deadline = seconds(1), key_file = "{work}/key", direct = true }}\n'
                         f'  local r = reach.stamp {{ site "far", key_file = "{work}/wide" }}\n  note {{ "why " .. tostring(r.why) }}\n'
                         f'  local s = reach.stamp {{ site "far", key_file = "{work}/key", size = 100 }}\n  note {{ "why " .. tostring(s.why) }}\n  wait(seconds(3.5))')
    sent = {n: s for n, s in got[1].items() if s["outcome"] != 1}
    check("authenticated packets are answered, but those of a wrong HMAC are dropped",
          {n for n, s in sent.items() if s["outcome"] == 0} == {n for n in sent if n % 10 not in (3, 7)} and counted[0] >= len(sent), sent)
    check("and counted", max((s.get("not_genuine", 0) for s in sent.values()), default=0) == len([n for n in sent if n % 10 == 7]))
    check("TLVs whose HMAC is wrong tell nothing, others do", {n for n, s in sent.items() if "lost_forward" in s} == {n for n in sent if n % 2 and n % 10 not in (3, 7)})
    last = max(n for n, s in sent.items() if "lost_backward" in s)
    check("what was counted there was lost on the way back", abs(sent[last]["lost_backward"] - len([n for n in sent if n <= last and n % 10 in (3, 7)])) <= 1, sent[last])
    journal = open(f"{run}/journal.jsonl").read()
    check("a key that others may read is refused, as is a size too small", "chmod 600" in journal and "takes 112 octets at least, got 100" in journal)
    stored = b"".join(open(f, "rb").read() for f in glob.glob(f"{run}/**", recursive=True) if os.path.isfile(f))
    check("the key is in no record, nor in what was said", KEY not in stored and KEY.decode() not in out.stdout + out.stderr)


# ---- ours before ours, a router between ----

def remarked():
    name = f"cos{os.getpid()}"
    lab = f"""lab:
  hosts:
    near: {{}}
    router: {{forward: true}}
    far: {{services: [{{kind: stamp, address: 10.96.1.2, port: 862}}, {{kind: stamp, address: 'fd96:1::2', port: 862}}]}}
  links:
    - ends: [{{host: near, interface: n0, addresses: [10.96.0.1/24, 'fd96::1/64']}}, {{host: router, interface: r0, addresses: [10.96.0.2/24, 'fd96::2/64']}}]
    - ends: [{{host: far, interface: f0, addresses: [10.96.1.2/24, 'fd96:1::2/64']}}, {{host: router, interface: r1, addresses: [10.96.1.1/24, 'fd96:1::1/64']}}]
  routes:
    - {{host: near, to: default, via: 10.96.0.2}}
    - {{host: near, to: 'default', via: 'fd96::2'}}
    - {{host: far, to: default, via: 10.96.1.1}}
    - {{host: far, to: 'default', via: 'fd96:1::1'}}
"""
    site = f"{work}/cos.yaml"
    open(site, "w").write(f"site: {name}\n{lab}targets: {{far: {{kind: reflector, address: 10.96.1.2, port: 862}}, far6: {{kind: reflector, address: 'fd96:1::2', port: 862}}}}\n")
    subprocess.run([netdrill, "lab", "up", site], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        rules = ('table inet m { chain f { type filter hook forward priority 0; '
                 'ip saddr 10.96.0.1 ip dscp 34 ip dscp set 8; ip saddr 10.96.1.2 ip dscp 46 ip dscp set 0; '
                 'ip6 saddr fd96::1 ip6 dscp 34 ip6 dscp set 8; ip6 saddr fd96:1::2 ip6 dscp 46 ip6 dscp set 0; } }').replace("; ", ";\n").replace("} }", "}\n}\n")
        subprocess.run(["ip", "netns", "exec", f"nd-{name}-router", "nft", rules], check=True)
        open(f"{work}/cos.lua", "w").write("""local reach = use "reach"
drill { "CoS", id = "cos", lasts = seconds(20), site = "cos.yaml" }
phase { "One" }
step { "Measure", owner = "me", run = function()
  for _, far in ipairs({ "far", "far6" }) do
    for _, dscp in ipairs({ 34, 46, 10 }) do
      local r = reach.stamp { site(far), from = "near", cos = true, dscp = dscp, label = far .. dscp }
    end
  end
end }
""".replace("site(far)", 'far == "far" and site "far" or site "far6"'))
        out = subprocess.run([netdrill, "run", f"{work}/cos.lua", "--confirm", "cos", "--plain", "--runs", f"{work}/cosruns"], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=60)
    finally:
        subprocess.run([netdrill, "lab", "down", site], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    events = [json.loads(line) for line in open(glob.glob(f"{work}/cosruns/*/journal.jsonl")[0])]
    label = {e["subject"]: e["data"]["label"] for e in events if e["type"] == "netdrill.op.started"}
    read = {label[e["subject"]]: e["data"].get("readings", {}) for e in events if e["type"] == "netdrill.op.ended" and e["subject"] in label}
    expected = {"34": (8, 34, 1, 0), "46": (46, 0, 0, 1), "10": (10, 10, 0, 0)}
    for key in [f + d for f in ("far", "far6") for d in expected]:
        r = read.get(key, {})
        got = tuple(r.get(n) for n in ("dscp_there", "dscp_back", "remarked_forward", "remarked_backward"))
        check(f"{key}: where the DSCP was rewritten", got == expected[key[-2:]], (got, out.stdout[-800:] if not r else ""))


our_reflector()
twamp_reflector()
sealing_reflector()
remarked()
sys.exit(bool(wrong))
