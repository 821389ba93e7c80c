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


web_port, echo_port, sink_port, stamp_port, dns_port, call_port, any_port, any_stamp, any_sink = free(9)
at4, at6 = "127.0.0.1", "::1"
program = subprocess.Popen([netdrill, "reflect", f"web:{at4}:{web_port}", f"web:[{at6}]:{web_port}", f"echo:{at4}:{echo_port}", f"echo:{at6}:{echo_port}",
                            f"sink:{at4}:{sink_port}", f"stamp:{at4}:{stamp_port}", f"dns:{at4}:{dns_port}", "name:www.drill.test=10.9.0.80", f"emergency:{at4}:{call_port}", f"echo:0.0.0.0:{any_port}", f"echo:[::]:{any_port}",
                            f"stamp:0.0.0.0:{any_stamp}", f"sink:0.0.0.0:{any_sink}"],
                           stdout=subprocess.PIPE, text=True)
check("it says when it serves", "ready" in program.stdout.readline())
for address in (at4, at6):
    web(address, web_port)
    echo(address, echo_port)
sink(at4, sink_port)
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
    for port in (dns_port, stamp_port, sink_port, echo_port):
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
