#!/usr/bin/python3
"""The far end by itself, on loopback: each kind over IPv4 and IPv6, senders that are slow, silent, many or
rude, and forms that it has to refuse."""
import os, signal, socket, struct, subprocess, sys, time

netdrill = os.path.realpath(sys.argv[1])
wrong = []


def check(what, good, got=""):
    print("ok   " if good else "WRONG", what, "" if good else got)
    if not good:
        wrong.append(what)


def free(count):
    held = []
    while len(held) < count:
        t, u = socket.socket(socket.AF_INET6, socket.SOCK_STREAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        t.bind(("::", 0))
        try:
            u.bind(("::", t.getsockname()[1]))
            held.append((t, u))
        except OSError:
            t.close()
    ports = [t.getsockname()[1] for t, _ in held]
    for t, u in held:
        t.close(), u.close()
    return ports


def tcp(address, port, timeout=3):
    s = socket.create_connection((address, port), timeout)
    s.settimeout(timeout)
    return s


def read_all(s):
    got = b""
    while piece := s.recv(65536):
        got += piece
    return got


def web(address, port):
    s = tcp(address, port)
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    s.settimeout(0.2)
    try:
        early = s.recv(10)
    except socket.timeout:
        early = None
    s.settimeout(3)
    s.sendall(b"\r\n")
    page = read_all(s)
    check(f"web at {address}: a page once the request has ended, not before", early is None and page.startswith(b"HTTP/1.1 200 OK\r\n") and "EXERCISE" in page.decode(), (early, page[:80]))
    head, body = page.split(b"\r\n\r\n", 1)
    check("of the length it says", f"Content-Length: {len(body)}".encode() in head)


def echo(address, port):
    s = tcp(address, port, 10)
    sent, got = os.urandom(12 << 20), b""
    s.setblocking(False)
    at, stuck = 0, 0
    while at < len(sent) and stuck < 20:  # the other side reads nothing until it cannot send
        try:
            at += s.send(sent[at:at + 65536])
            stuck = 0
        except BlockingIOError:
            stuck += 1
            time.sleep(0.01)
    held = at
    s.settimeout(10)
    while len(got) < at or at < len(sent):
        piece = s.recv(65536)
        if not piece:
            break
        got += piece
        s.setblocking(False)
        try:
            at += s.send(sent[at:at + 65536]) if at < len(sent) else 0
        except BlockingIOError:
            pass
        s.settimeout(10)
    check(f"TCP echo at {address}: all comes back from behind a slow reader ({held} octets were held up)", got == sent, (len(got), len(sent)))
    u = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(3)
    u.connect((address, port))
    u.send(b"echo" * 300)
    check("UDP echo", u.recv(2048) == b"echo" * 300)


def sink(address, port):
    s = tcp(address, port)
    s.sendall(b"1")
    time.sleep(0.1)
    s.sendall(b"x" * 99999)
    s.shutdown(socket.SHUT_WR)
    octets, packets, took = (int(n) for n in read_all(s).split())
    check("TCP sink: octets after the first piece, and their time", octets == 99999 and took > 5e7, (octets, packets, took))
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(3)
    u.connect((address, port))
    for kind in b"ddde":
        u.send(b"ndbulk" + bytes([kind, 0]) + b"abcd" + bytes(100))
    octets, packets, _ = (int(n) for n in u.recv(100).split())
    check("UDP sink", (octets, packets) == (2 * 112, 3), (octets, packets))


def sip(address, port):
    """A caller by the letter of RFC 3261: nothing of netdrill's own."""
    def request(method, more="", to_tag="", via="UDP", call="call"):
        return (f"{method} sip:far@{address} SIP/2.0\r\nVia: SIP/2.0/{via} x;branch=z9hG4bK{method}\r\nFrom: <sip:a@b>;tag=me\r\nTo: <sip:far@b>{to_tag}\r\n"
                f"Call-ID: {call}\r\nCSeq: 1 {method}\r\nContact: <sip:a@b>\r\nRecord-Route: <sip:p;lr>\r\n").encode() + (more or "Content-Length: 0\r\n\r\n").encode()

    def offer(lines):
        sdp = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n{lines}"
        return f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"

    u, voice = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for s in (u, voice):
        s.settimeout(3)
        s.bind((address, 0))

    def ask(*how, **more):
        u.sendto(request(*how, **more), (address, port))
        return u.recv(4000).decode()

    rtp = b"\x80\0\0\0" + bytes(8) + b"voice"
    got = ask("INVITE", offer("m=audio 4000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=sendonly\r\n"))
    check("SIP: a call is answered with the first codec offered, the other way round", "SIP/2.0 200 OK" in got and " RTP/AVP 8\r\n" in got and "a=recvonly" in got and "Record-Route: <sip:p;lr>" in got and "simulated" in got, got)
    again = u.recv(4000).decode()
    check("and again, as it is not acknowledged", again == got, again)
    tag = ";tag=" + got.split("To:")[1].split(";tag=")[1].split("\r\n")[0]
    u.sendto(request("ACK", to_tag=tag), (address, port))
    media = int(got.split("m=audio ")[1].split()[0])
    voice.sendto(rtp, (address, media))
    check("its voice comes back", voice.recv(2000) == rtp)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.settimeout(0.3)
    other.bind(("127.9.9.9", 0))
    for who, packet in ((other, rtp), (voice, b"no voice at all"), (voice, b"")):
        who.sendto(packet, (address, media))
    try:
        check("nobody else's", not other.recv(2000))
    except socket.timeout:
        check("nobody else's", True)
    check("another call's BYE ends none", "481" in ask("BYE", to_tag=";tag=0123456789abcdef"))
    check("its own does", "200 OK" in ask("BYE", to_tag=tag))
    check("once", "481" in ask("BYE", to_tag=tag))
    check("video is not taken", "488" in ask("INVITE", offer("m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n"), call="video"))
    check("an extension that it does not know is refused", "420" in ask("INVITE", "Require: 100rel\r\nContent-Length: 0\r\n\r\n", call="ext"))
    check("what it does not do, too", "501" in ask("PUBLISH"))
    check("CANCEL comes too late", "200 OK" in ask("CANCEL"))
    t = tcp(address, port)
    for piece in (b"\r\n\r\n" + request("OPTIONS", via="TCP")[:40], request("OPTIONS", via="TCP")[40:] + request("MESSAGE", "l: 5\r\n\r\nhello", via="TCP")):
        t.sendall(piece)
        time.sleep(0.1)
    got = t.recv(4000).decode()
    while got.count("SIP/2.0 200 OK") < 2:
        got += t.recv(4000).decode()
    check("over TCP: in pieces, and two at once", "Allow:" in got and "1 MESSAGE" in got, got)
    t = tcp(address, port)
    t.sendall(b"x" * 20000)
    try:
        check("endless nonsense over TCP is cut off", not t.recv(10))
    except ConnectionResetError:
        check("endless nonsense over TCP is cut off", True)
    for i in range(1500):
        u.sendto(request("INVITE", call=f"flood{i}"), (address, port))
        if u.recv(4000).startswith(b"SIP/2.0 486"):
            break
    check(f"more calls than it has room for are told that it is busy (at {i})", 1000 < i < 1499)


web_port, echo_port, sink_port, stamp_port, dns_port, call_port, any_port, any_stamp, any_sink, sip_port = free(10)
at4, at6 = "127.0.0.1", "::1"
program = subprocess.Popen([netdrill, "reflect", f"web:{at4}:{web_port}", f"web:[{at6}]:{web_port}", f"echo:{at4}:{echo_port}", f"echo:{at6}:{echo_port}",
                            f"sink:{at4}:{sink_port}", f"stamp:{at4}:{stamp_port}", f"dns:{at4}:{dns_port}", "name:www.drill.test=10.9.0.80", f"emergency:{at4}:{call_port}", f"echo:0.0.0.0:{any_port}", f"echo:[::]:{any_port}",
                            f"stamp:0.0.0.0:{any_stamp}", f"sink:0.0.0.0:{any_sink}", f"sip:{at4}:{sip_port}"],
                           stdout=subprocess.PIPE, text=True)
check("it says when it serves", "ready" in program.stdout.readline())
for address in (at4, at6):
    web(address, web_port)
    echo(address, echo_port)
sink(at4, sink_port)
sip(at4, sip_port)
s = tcp(at4, call_port)
check("emergency greets, and says that it is simulated", b"SIMULATED" in s.recv(100))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(3)
u.connect((at4, dns_port))
for name, code, answers in [(b"\3www\5drill\4test\0", 0, 1), (b"\4nope\5drill\4test\0", 3, 0)]:
    u.send(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1")
    got = u.recv(600)
    check(f"DNS: response code {code}", got[:2] == b"\x12\x34" and got[3] & 15 == code and struct.unpack(">H", got[6:8])[0] == answers, got)
for address in ("127.0.0.5", "127.3.2.1", "::1"):  # bound to all addresses, it answers from the one that was asked
    for port, packet in [(any_port, b"echo"), (any_stamp, bytes(44)), (any_sink, b"ndbulke" + bytes(20))][:1 if ":" in address else 3]:
        w = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        w.settimeout(3)
        w.sendto(packet, (address, port))
        check(f"an answer from {address}, which was asked", w.recvfrom(2048)[1][0] == address)
for junk in [b"", b"\0", os.urandom(20), b"\xff" * 1400]:
    for port in (dns_port, stamp_port, sink_port, echo_port, sip_port):
        u.connect((at4, port))
        u.send(junk)
silent = [tcp(at4, web_port) for _ in range(200)]
web(at4, web_port)
for s in silent:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
web(at4, web_port)
check("junk, silent and resetting clients do not end it", program.poll() is None)
program.send_signal(signal.SIGINT)
out, _ = program.communicate(timeout=10)
check("it says at its end what it did", f"stamp:{at4}:{stamp_port}: " in out, out)
check("and ends well", program.returncode == 0, program.returncode)

for form in ["", "web", "web:127.0.0.1", "web:127.0.0.1:", "web:127.0.0.1:0", "web:127.0.0.1:70000", "web:127.0.0.1:80x", "we:127.0.0.1:8080", "web:nowhere:8080",
             "web:[::1:8080", "name:x", "name:x=y", "key:/nonexistent", "key:/dev/zero"]:
    bad = subprocess.run([netdrill, "reflect", form], capture_output=True, text=True, timeout=10)
    check(f"'{form}' is refused with a reason", bad.returncode not in (0, -11) and len(bad.stderr) > 20 and "Success" not in bad.stderr, (bad.returncode, bad.stderr))
sys.exit(bool(wrong))
