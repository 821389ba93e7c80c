#!/usr/bin/python3
"""Authentication and location update against a real osmo-hlr: known and unknown subscribers, an attach
storm, an HLR that dies and comes back, and roaming through a second osmo-hlr that finds the home one by
mslookup; tshark as witness."""
import os, sqlite3, subprocess, sys
import daemons
from daemons import check, listens, work

netdrill = os.path.realpath(sys.argv[1])
COUNT = 100
daemons.own_network()
daemons.needs("osmo-hlr", "osmo-hlr-db-tool", "tshark")
# mslookup speaks by multicast
subprocess.run(["ip", "link", "set", "lo", "multicast", "on"], check=True)
subprocess.run(["ip", "route", "add", "239.192.0.0/16", "dev", "lo"], check=True)


def configure(name, address):
    open(f"{work}/{name}.cfg", "w").write(f"""
log stderr
 logging level all notice
line vty
 bind {address}
ctrl
 bind {address}
hlr
 gsup
  bind ip {address}
  ipa-name {name}
mslookup
 mdns bind
 server
  service gsup.hlr at {address} 4222
""")
    subprocess.run(["osmo-hlr-db-tool", "-l", f"{work}/{name}.db", "create"], check=True, capture_output=True)


def subscribe(name, first, count):
    db = sqlite3.connect(f"{work}/{name}.db")
    for i in range(count):
        db.execute("insert into subscriber (id, imsi, msisdn) values (?, ?, ?)", (i + 1, str(first + i), str(886900000000 + i)))
        db.execute("insert into auc_3g (subscriber_id, algo_id_3g, k, opc) values (?, 5, ?, ?)", (i + 1, f"{i:032x}", "0" * 32))
    db.commit()


def hlr(name, address):
    return daemons.daemon(["osmo-hlr", "-c", f"{work}/{name}.cfg", "-l", f"{work}/{name}.db"], lambda: listens(address, 4222))


configure("jia", "127.0.0.1")
configure("yi", "127.0.0.2")
subscribe("jia", 466920000000001, COUNT)
capture = daemons.Capture("tcp port 4222", "gsup")
home, other = hlr("jia", "127.0.0.1"), hlr("yi", "127.0.0.2")
scenes = daemons.Scenes(netdrill, "gsup", f"""
  jia: {{kind: hlr, address: 127.0.0.1}}
  yi: {{kind: hlr, address: 127.0.0.2}}
  testers: {{kind: subscribers, imsi: "466920000000001", count: {COUNT}, test_subscribers: true}}
  strangers: {{kind: subscribers, imsi: "466999999999990", count: 1, test_subscribers: true}}
  people: {{kind: subscribers, imsi: "466920000000001", count: 1}}
""", 'local jia, yi, testers = site "jia", site "yi", site "testers"')
scenes.play("single", """
  local auth = gsup.auth { jia, subscribers = testers, number = 7 }
  expect { "five vectors", auth.ok and auth.vectors == 5 }
  local update = gsup.update { jia, subscribers = testers, number = 7, domain = "cs" }
  expect { "registered, with data before", update.ok and update.data < update.rtt }
  expect { "left", gsup.purge { jia, subscribers = testers, number = 7, domain = "cs" }.ok }
  local unknown = gsup.auth { jia, subscribers = site "strangers", deadline = seconds(8) }
  expect { "refused with cause 2", unknown.err == "EREFUSED" and unknown.cause == 2 }
  expect { "no real subscriber", function() return gsup.update { jia, subscribers = site "people" }.err == "EARG" end }
""")
registered = sqlite3.connect(f"{work}/jia.db").execute("select vlr_number from subscriber where imsi = '466920000000008'").fetchone()[0]
check(f"the HLR's own database has the subscriber at '{registered}'", (registered or "").startswith("netdrill-"))
scenes.play("storm", f"""
  local s = measure {{ gsup.update, jia, subscribers = testers, every = ms(20), lasts = seconds(4), deadline = seconds(2) }}
  expect {{ "all are registered", s:share(), at_least = percent(99) }}
  expect {{ "within a second", s:p95(), at_most = seconds(1) }}
""")
here = sqlite3.connect(f"{work}/jia.db").execute("select count(*) from subscriber where sgsn_number like 'netdrill-%'").fetchone()[0]
check(f"{here} of {COUNT} are in the HLR's own database", here == COUNT)

restarting = daemons.restart(home, lambda: hlr("jia", "127.0.0.1"), "dies")
scenes.play("dies", """
  local s = measure { gsup.auth, jia, subscribers = testers, every = ms(50), lasts = seconds(7), deadline = seconds(1) }
  expect { "it is missed while it is dead", s:interruption(), at_least = ms(500) }
  expect { "and found again", s:share { last = seconds(1) }, at_least = percent(99), within = seconds(9) }
""")
# D-GSM: Yi does not know the subscriber, asks around, and stands between. What the first request met is
# asked again: the one that sets the lookup off may be lost.
scenes.play("roaming", """
  local function registers() return gsup.update { yi, subscribers = testers, number = 3, deadline = seconds(4) }.ok end
  expect { "registered from abroad", registers, within = seconds(15) }
  local auth = gsup.auth { yi, subscribers = testers, number = 3 }
  expect { "vectors from home", auth.ok and auth.vectors == 5 }
""")
restarting.join()
capture.done("-d", "tcp.port==4222,gsm_ipa")
capture.check_clean("gsup", 4 * COUNT)
daemons.finish()
