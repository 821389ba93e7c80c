#!/usr/bin/python3
"""A double of an AMF, for tests: it is not one. SCTP (RFC 9260) written out by hand over raw sockets, as far as
one gNB needs it, and NGAP octets that were made by pycrate, an ASN.1 compiler of somebody else's (commit 82772f7),
from the modules of TS 38.413. A request is compared whole with the octets expected of it.

    amf.py READY-FILE ADDRESS=HOW...

HOW: plain (serves 46692), shared (46692 and 46697), silent, closed, deaf (takes associations, says nothing of
NGAP), garbage, ppid, late (never agrees to a shutdown), abort, leave, error, huge, noise, faint (hears nothing
between its 2nd and 3rd second of an association), fickle (aborts an association after a second)."""
import os, random, select, socket, struct, sys, time

PORT = 38412
REQUESTS = {
    "0015003c000004001b00080064f62900fffffc0052401308006e65746472696c6c2045584552434953450066000d00000000010064f629000000080015400140": "jia",
    "00150041000004001b00080064f62900fffffc0052401308006e65746472696c6c2045584552434953450066001200000000010064f6790001000880400102030015400140": "yi",
}
RESPONSE = "201500320000040001000e0580616d662e6a69612e7465737400600008000064f62902004000564001ff005000080064f62900000008"
SHARED = ("2015006f000006000100060180616d66310060001c016064f6290200400180616d6632000000b04001400064f679feffff0056400111005000281064f629"
          "00011008010203001264f6790001000880c0ffffff0000010e00090001002081400000090093400100011240082006e6a0b8e5bf83")
UNKNOWN_PLMN = "4015000d000002000f400188006b400130"
ERROR = "00094008000001000f400160"
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK = range(9)
COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 10, 11, 14
TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for octet in data:
        crc = crc >> 8 ^ TABLE[(crc ^ octet) & 255]
    return crc ^ 0xFFFFFFFF


def chunk(kind, value=b"", flags=0):
    return struct.pack(">BBH", kind, flags, 4 + len(value)) + value + b"\0" * (-len(value) % 4)


def chunks(data):
    while len(data) >= 4:
        kind, flags, length = struct.unpack(">BBH", data[:4])
        yield kind, flags, data[4:length]
        data = data[length + -length % 4:]


class Association:
    def __init__(self, sock, how, peer, port):
        self.sock, self.how, self.peer, self.port, self.up, self.tag, self.peer_tsn = sock, how, peer, port, None, None, None
        self.own_tag, self.tsn = random.getrandbits(32) | 1, random.getrandbits(32)

    def send(self, *parts, tag=None):
        body = b"".join(parts)
        head = struct.pack(">HHI", PORT, self.port, self.tag if tag is None else tag)
        crc = crc32c(head + b"\0\0\0\0" + body)
        self.sock.sendto(head + struct.pack("<I", crc) + body, (self.peer, 0))

    def data(self, message, ppid=60):
        pieces = [message[at:at + 1000] for at in range(0, len(message), 1000)]
        for i, piece in enumerate(pieces):
            flags = (2 if i == 0 else 0) | (1 if i == len(pieces) - 1 else 0)
            self.send(chunk(DATA, struct.pack(">IHHI", self.tsn, 0, 0, ppid) + piece, flags))
            self.tsn = self.tsn + 1 & 0xFFFFFFFF

    def took(self, message):
        asked = REQUESTS.get(message.hex())
        if asked is None:
            print("unexpected request", message.hex(), flush=True)
        if self.how == "deaf" or asked is None:
            return
        if self.how == "garbage":
            self.data(bytes.fromhex(RESPONSE)[:30])
        elif self.how == "ppid":
            self.data(bytes.fromhex(RESPONSE), 46)
        elif self.how == "error":
            self.data(bytes.fromhex(ERROR))
        elif self.how == "huge":
            self.data(bytes.fromhex(RESPONSE) * 400)
        elif self.how == "abort":
            self.send(chunk(ABORT, struct.pack(">HH", 12, 4)))
        elif self.how == "leave":
            self.send(chunk(SHUTDOWN, struct.pack(">I", self.peer_tsn)))
        elif self.how == "noise":
            for _ in range(300):
                self.send(random.randbytes(random.randrange(1, 200)))
                self.send(chunk(random.randrange(256), random.randbytes(random.randrange(60)), random.randrange(256)))
            self.data(bytes.fromhex(RESPONSE))
        elif self.how == "shared":
            self.data(bytes.fromhex(SHARED))
        else:
            self.data(bytes.fromhex(RESPONSE if asked == "jia" else UNKNOWN_PLMN))

    def hear(self, packet):
        crc, = struct.unpack("<I", packet[8:12])
        assert crc == crc32c(packet[:8] + b"\0\0\0\0" + packet[12:]), "a wrong checksum came"
        for kind, flags, value in chunks(packet[12:]):
            if kind == INIT:
                self.tag, _, _, _, tsn = struct.unpack(">IIHHI", value[:16])
                if self.peer_tsn is None:  # else the INIT came a second time: the same answer
                    self.peer_tsn = tsn - 1 & 0xFFFFFFFF
                if self.how == "closed":
                    self.send(chunk(ABORT))
                elif self.how != "silent":
                    fixed = struct.pack(">IIHHI", self.own_tag, 65536, 2, 2, self.tsn)
                    self.send(chunk(INIT_ACK, fixed + struct.pack(">HH", 7, 12) + b"a cookie"))
                continue
            if struct.unpack(">I", packet[4:8])[0] != self.own_tag:
                return
            if self.up and self.how == "faint" and 2 < time.time() - self.up < 3:
                return
            if kind == COOKIE_ECHO and value == b"a cookie":
                self.up = time.time()
                self.send(chunk(COOKIE_ACK))
            elif kind == DATA:
                tsn, stream, _, ppid = struct.unpack(">IHHI", value[:12])
                again, self.peer_tsn = tsn == self.peer_tsn, tsn
                assert (flags & 3, stream, ppid) == (3, 0, 60), (flags, stream, ppid)
                self.send(chunk(SACK, struct.pack(">IIHH", self.peer_tsn, 65536, 0, 0)))
                if not again:
                    self.took(value[12:])
            elif kind == HEARTBEAT:
                self.send(chunk(HEARTBEAT_ACK, value))
                if self.how == "fickle" and time.time() - self.up > 1:
                    self.send(chunk(ABORT, struct.pack(">HH", 4, 4)))
                    print("aborted", flush=True)
            elif kind == SHUTDOWN and self.how != "late":
                self.send(chunk(SHUTDOWN_ACK))
            elif kind == SHUTDOWN_ACK:
                self.send(chunk(SHUTDOWN_COMPLETE))
                print("left by us", flush=True)
            elif kind == SHUTDOWN_COMPLETE:
                print("left in order", flush=True)
            elif kind == ABORT:
                print("aborted by the gNB", flush=True)


def main(ready, *rows):
    socks, associations = {}, {}
    for address, how in (row.rsplit("=", 1) for row in rows):
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_RAW, 132)
        sock.bind((address, 0))
        socks[sock] = how
    open(ready, "w").close()
    while True:
        for sock in select.select(list(socks), [], [])[0]:
            packet, peer = sock.recvfrom(65536)
            if sock.family == socket.AF_INET:
                packet = packet[(packet[0] & 15) * 4:]
            source, port = struct.unpack(">HH", packet[:4])
            if port != PORT:
                continue
            key = sock, peer[0], source
            if packet[12] == INIT and (key not in associations or associations[key].tag != struct.unpack(">I", packet[16:20])[0]):
                associations[key] = Association(sock, socks[sock], peer[0], source)
            if key in associations:
                associations[key].hear(packet)


main(*sys.argv[1:])
