#!/usr/bin/python3
"""Modems that misbehave, on ptys, through the real program: what the operator's line says of each, that it is right,
and that nothing is waited for without end."""
import os, pty, select, subprocess, sys, tempfile, threading, time, tty

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
wrong = []

ANSWERS = {
    "AT+CMEE?": "+CMEE: 1", "AT+CREG?": '+CREG: 3,1,"1F4A","0012",7', "AT+COPS?": '+COPS: 0,2,"46692",7',
    "AT+CGATT?": "+CGATT: 1", "AT+CGPADDR": '+CGPADDR: 1,"10.45.0.2"',
    "AT+COPS=?": '+COPS: (2,"Jia",,"46692",7),(1,"Yi",,"46697",7),,(0-4),(0,2)',
}


class Modem(threading.Thread):
    """Answers what it is asked, by and by; odd(modem, command) first: what it says itself, or None."""

    def __init__(self, name, odd=None):
        super().__init__(daemon=True)
        self.odd, self.asked = odd, []
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.tty = f"{work}/{name}"
        os.symlink(os.ttyname(self.slave), self.tty)
        self.start()

    def say(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def unplug(self):
        os.unlink(self.tty)
        os.close(self.slave)
        os.close(self.master)
        self.master = None

    def run(self):
        heard = b""
        while self.master is not None:
            if not select.select([self.master], [], [], 0.5)[0]:
                continue
            try:
                heard += os.read(self.master, 100).replace(b"\x1b", b"")
            except (OSError, TypeError):
                continue
            while b"\r" in heard:
                command, heard = heard.split(b"\r", 1)
                self.take(command.decode())
                if self.master is None:
                    return

    def take(self, command):
        self.asked.append(command)
        said = self.odd(self, command) if self.odd else None
        if said is None:
            said = f"\r\n{ANSWERS[command]}\r\n\r\nOK\r\n" if command in ANSWERS else "\r\nOK\r\n"
        if self.master is not None and said:
            self.say(said)


def late(modem, command):
    """Answers a scan long after the call that asked for it was cut off."""
    if command == "AT+COPS=?":
        time.sleep(2)


def locked(modem, command):
    return None if command in ("ATE0", "AT+CMEE?", "AT+CMEE=1") else "\r\n+CME ERROR: 11\r\n"


def pulled(modem, command):
    if command == "AT+CGATT?":
        modem.unplug()
        return ""


def slow(modem, command):
    """An octet now and then, an echo, and a code that comes by itself in front of the answer."""
    for octet in f'{command}\r\r\n+CMTI: "SM",3\r\n':
        modem.say(octet)
        time.sleep(0.002)


MODEMS = {"well": None, "late": late, "locked": locked, "pulled": pulled, "slow": slow,
          "hung": lambda modem, command: "", "noise": lambda modem, command: b"\xf8\x80\xfe\x01" * 20}
# what the line of each expectation has to say
SAYS = {
    "well": ["✓ registration", "✓ data"],
    "late": ["✗ scan: no (limit = yes); 0 of 1 handsets see networks; {tty}: no answer to 'AT+COPS=?' yet", "✓ registration", "✓ data"],
    "locked": ["✗ registration", "'AT+COPS?' was refused with error 11 (SIM PIN required)", "✗ data"],
    "pulled": ["✓ registration", "? data: it went well on 0 of 1 handsets; {tty}: the tty is gone"],
    "slow": ["✓ registration", "✓ data"],
    "hung": ["✗ registration", "1 部無回應；{tty}：「ATE0」於 2 秒內無回應", "✗ data"],
    "noise": ["✗ registration", "octets of no sense; is it an AT port, at that speed"],
}


def write(name):
    scan = 'expect { "scan", handset.networks { site "phone", deadline = seconds(1) } } wait(ms(500))' if name == "late" else ""
    with open(f"{work}/{name}.yaml", "w") as site:
        site.write(f"site: {name}\ntargets:\n  phone: {{kind: handset, tty: {work}/{name}}}\n")
    with open(f"{work}/{name}.lua", "w") as drill:
        drill.write(f"""local handset = use "handset"
drill {{ "{name}", id = "{name}", lasts = minutes(1), site = "{name}.yaml" }}
phase {{ "Look" }}
step {{ "Look", id = "look", owner = "me", run = function()
  {scan}
  expect {{ "registration", handset.registration {{ site "phone", expect = "home", on = "46692", answer_within = seconds(2) }} }}
  expect {{ "data", handset.data {{ site "phone", answer_within = seconds(2) }} }}
end }}
""")


def look(name, process, modem):
    try:
        out = process.communicate(timeout=40)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        out = "it hangs"
    for words in SAYS[name]:
        words = words.format(tty=f"{work}/{name}")
        if words not in out:
            wrong.append(name)
            print(f"WRONG {name}: it does not say \"{words}\"; the modem was asked {modem.asked}\n{out}")
            return
    print("ok    " + name)


modems = {name: Modem(name, odd) for name, odd in MODEMS.items()}
runs = {}
for name in modems:
    write(name)
    runs[name] = subprocess.Popen([netdrill, "run", f"{work}/{name}.lua", "--confirm", name, "--plain", "--runs", f"{work}/runs",
                                   "--lang", "zh" if name == "hung" else "en"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for name, process in runs.items():
    look(name, process, modems[name])
sys.exit(bool(wrong))
