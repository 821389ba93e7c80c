#!/usr/bin/python3
"""GTP echo against osmo-ggsn (version 1 and user plane) and against a plain version 2 peer in another
language: round trips, restart counters, a restart in the middle of a stream; tshark as witness."""
import glob, os, socket, sqlite3, struct, sys, threading
import daemons
from daemons import check, listens, work

netdrill = os.path.realpath(sys.argv[1])
daemons.own_network()
daemons.needs("osmo-ggsn", "tshark")
open(f"{work}/ggsn.cfg", "w").write(f"""
log stderr
 logging level all notice
ggsn ggsn0
 gtp state-dir {work}
 gtp bind-ip 127.0.0.1
 apn internet
  gtpu-mode tun
  tun-device tun4
  type-support v4
  ip prefix dynamic 192.0.2.0/24
  no shutdown
 default-apn internet
 no shutdown ggsn
""")


def ggsn():
    return daemons.daemon(["osmo-ggsn", "-c", f"{work}/ggsn.cfg"], lambda: listens("127.0.0.1", 2152, "udp"))


def plain_v2(far):
    while True:
        packet, peer = far.recvfrom(2048)
        flags, kind, length, seq3, spare = packet[0], packet[1], *struct.unpack(">H", packet[2:4]), packet[4:7], packet[7]
        ie, ie_length, instance, recovery = struct.unpack(">BHBB", packet[8:13])
        assert (flags, kind, length, spare) == (0x40, 1, 9, 0) and (ie, ie_length, instance) == (3, 1, 0)
        far.sendto(bytes([0x40, 2, 0, 9]) + seq3 + b"\0" + struct.pack(">BHBB", 3, 1, 0, 77), peer)


first = ggsn()
capture = daemons.Capture("udp", "gtp")
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
far.bind(("127.0.0.2", 2123))
threading.Thread(target=plain_v2, args=(far,), daemon=True).start()
scenes = daemons.Scenes(netdrill, "gtp", """
  ggsn: {kind: gateway, address: 127.0.0.1}
  sgw: {kind: gateway, address: 127.0.0.2}
  nobody: {kind: gateway, address: 127.0.0.3}
""")
scenes.play("planes", """
  local v1 = gtp.echo { site "ggsn", plane = "control-v1" }
  expect { "version 1", v1.ok and v1.recovery == 1 }
  expect { "user plane", gtp.echo { site "ggsn", plane = "user" }.ok }
  local v2 = gtp.echo { site "sgw" }
  expect { "version 2", v2.ok and v2.recovery == 77 }
  local none = gtp.echo { site "ggsn", deadline = ms(500) }
  expect { "a peer of version 1 does not answer version 2", none.err, equals = "ETIME" }
  expect { "nobody is there", gtp.echo { site "nobody" }.err, equals = "EREFUSED" }
""")
restarting = daemons.restart(first, ggsn, "restart")
_, pattern = scenes.play("restart", """
  local control = measure { gtp.echo, site "ggsn", plane = "control-v1", every = ms(20), lasts = seconds(8), deadline = ms(300) }
  local user = measure { gtp.echo, site "ggsn", plane = "user", every = ms(20), lasts = seconds(8), deadline = ms(300) }
  expect { "most is answered", control:share(), at_least = percent(50) }
  expect { "but not while it restarts", user:interruption(), at_least = ms(500) }
""")
db = sqlite3.connect(glob.glob(pattern + "/samples.sqlite")[0])
counters = [v for v, in db.execute("select value from reading where name = 'recovery' order by slot")]
restarts = sum(v for v, in db.execute("select value from reading where name = 'restarted'"))
check(f"the restart counter went from {min(counters, default=None)} to {max(counters, default=None)}", {1, 2} <= set(counters))
check(f"and the restart was told once: {restarts:.0f}", restarts == 1)
restarting.join()
capture.done()
capture.check_clean("gtp && udp.port == 2123", 300)
capture.check_clean("gtp && udp.port == 2152", 300)
capture.check_clean("gtpv2", 2)
daemons.finish()
