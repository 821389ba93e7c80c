"""What a program nobody here wrote takes packets for: tshark over a file of them."""
import os, signal, subprocess, time

# Codecs as they are sent; tshark's own defaults are others.
ALWAYS = ["-o", "amr.encoding.version:RFC 3267 BW-efficient", "-o", "amr.mode:Wideband AMR"]
WARNED = ("_ws.malformed", "_ws.expert.severity", "_ws.expert.message")
WARNING = 0x600000  # severities from here on


def end_capture(dump, path):
    """Ends a dumpcap once its file no longer grows: what was seen last is still in the kernel's hands for a while."""
    size = -1
    while size != os.stat(path).st_size:
        size = os.stat(path).st_size
        time.sleep(0.7)
    dump.send_signal(signal.SIGINT)
    dump.stderr.read()  # never killed: its last packet would be torn
    dump.wait()


def dissect(path, fields, *how, wanted="", first=False):
    """A dictionary of the fields for each packet wanted (a display filter). how: further arguments, such as
    -d. first: of a field that comes several times, the first alone."""
    command = ["tshark", "-r", path, *ALWAYS, *how, "-Y", wanted, "-T", "fields", *(["-E", "occurrence=f"] if first else [])]
    for field in fields:
        command += ["-e", field]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [dict(zip(fields, line.split("\t"))) for line in text.splitlines()]


def odd(packet):
    """Whether it is malformed, or tshark warns of it; the packet was asked for WARNED, with first."""
    return bool(packet["_ws.malformed"]) or int(packet["_ws.expert.severity"] or 0) >= WARNING


def experts(path, *how, wanted=""):
    """Its warnings and errors. What it says of TCP, IPv4 and UDP themselves (resets, retransmissions, checksums that
    the kernel leaves out on loopback) is the kernel's doing."""
    table = subprocess.run(["tshark", "-r", path, *ALWAYS, *how, "-q", "-z", "expert,warn" + ("," + wanted if wanted else "")],
                           capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in table.splitlines()]
    return [" ".join(row[1:]) for row in rows if len(row) > 3 and row[0].isdigit() and row[2] not in ("TCP", "IPv4", "UDP")]
