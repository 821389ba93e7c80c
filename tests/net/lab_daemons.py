#!/usr/bin/python3
"""Real daemons in a lab's hosts: osmo-hlr and kamailio from the site file, told apart from what is wrong
in it; stopped and started again; a daemon that does not get ready, or that would leave its namespace;
all gone at the end, also when the run is killed, and as an ordinary user."""
import glob, json, os, shutil, signal, subprocess, sys, time
import daemons
from daemons import check, work

netdrill = os.path.realpath(sys.argv[1])
daemons.needs("osmo-hlr", "osmo-hlr-db-tool", "kamailio", "sqlite3")
LONG = f"1000.{os.getpid()}"  # seconds of a sleep that is this test's own
os.makedirs(f"{work}/two")
open(f"{work}/two/hlr.cfg", "w").write("""
log stderr
 logging level all notice
line vty
 bind 127.0.0.1
ctrl
 bind 127.0.0.1
hlr
 gsup
  bind ip 10.81.0.1
""")
open(f"{work}/two/subscribers.sql", "w").write("""
INSERT INTO subscriber (id, imsi, msisdn) VALUES (1, '466920000000001', '886900000001');
INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, opc) VALUES (1, 5, '00000000000000000000000000000001', '00000000000000000000000000000000');
""")
open(f"{work}/two/kamailio.cfg", "w").write("""
log_stderror=yes
auto_aliases=no
listen=udp:10.82.0.1:5060
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
request_route { sl_send_reply("200", "OK"); }
""")
# What a daemon may not do, and a child that it leaves behind.
open(f"{work}/two/bold.sh", "w").write("""
nsenter -t 1 -n true 2>/dev/null && echo "it has left its network"
echo x 2>/dev/null >"$1" && echo "it has written elsewhere"
echo x >own && echo "it has a place of its own"
setsid sleep LONG &
exec sleep LONG
""".replace("LONG", LONG))
SITE = """
site: SITENAME
targets:
  hlr: {kind: hlr, address: 10.81.0.1}
  proxy: {kind: proxy, address: 10.82.0.1}
  testers: {kind: subscribers, imsi: "466920000000001", count: 1, test_subscribers: true}
  jia-hlr: {kind: daemon, host: jia, daemon: hlr, may_be_disturbed: true}
lab:
  hosts:
    client: {}
    jia:
      daemons:
        - name: hlr
          program: osmo-hlr
          arguments: [-c, hlr.cfg, -l, hlr.db]
          files: [two/hlr.cfg, two/subscribers.sql]
          prepare: [[osmo-hlr-db-tool, -l, hlr.db, create], [sqlite3, hlr.db, ".read subscribers.sql"]]
          ready: ["tcp:4222"]
    yi:
      daemons:
        - {name: sip, program: kamailio, arguments: [-f, kamailio.cfg, -DD, -E, -Y, ., -w, .], files: [two/kamailio.cfg], ready: ["udp:5060"]}
        - {name: bold, program: sh, arguments: [bold.sh, ELSEWHERE], files: [two/bold.sh], ready: ["udp:5060"]}
  links:
    - ends: [{host: client, interface: jia0, addresses: [10.81.0.2/24]}, {host: jia, interface: core0, addresses: [10.81.0.1/24]}]
    - ends: [{host: client, interface: yi0, addresses: [10.82.0.2/24]}, {host: yi, interface: core0, addresses: [10.82.0.1/24]}]
""".replace("SITENAME", f"daemons-{os.getpid()}").replace("ELSEWHERE", f"{work}/elsewhere")
BODY = """
local gsup, sip, lab = use "gsup", use "sip", use "lab"
local function auth(deadline) return gsup.auth { site "hlr", subscribers = site "testers", from = "client", deadline = deadline } end
drill { "Daemons", id = "daemons", lasts = minutes(2), site = "daemons.yaml" }
phase { "One" }
step { "Ask", owner = "me", run = function()
  expect { "the HLR answers", auth(seconds(10)).vectors, equals = 5 }
  expect { "the proxy answers", sip.options { site "proxy", from = "client" }.ok }
  lab.stop { site "jia-hlr" }
  expect { "the HLR is dead", auth(ms(500)).err ~= "OK" }
  restore { site "jia-hlr" }
  expect { "and knows its subscribers again", function() return auth(seconds(1)).ok end, within = seconds(30) }
  WAIT
end }
"""


def left():
    out = subprocess.run(["ps", "axo", "comm,args"], capture_output=True, text=True).stdout
    return [line for line in out.splitlines() if f"lab-daemons-{os.getpid()}" in line or f"sleep {LONG}" in line
            or (line.startswith(("osmo-hlr ", "kamailio ")) and "hlr.cfg -l hlr.db" in line)] + \
        glob.glob(f"/run/netns/nd-daemons-{os.getpid()}*") + glob.glob(f"/run/netdrill/lab-daemons-{os.getpid()}*")


def play(site=SITE, body=BODY, wait="", wrap=(), runs="runs"):
    open(f"{work}/daemons.yaml", "w").write(site)
    open(f"{work}/daemons.lua", "w").write(body.replace("WAIT", wait))
    return [*wrap, netdrill, "run", f"{work}/daemons.lua", "--lab", "--plain", "--runs", f"{work}/{runs}"]


def run(name, code, words, **how):
    out = subprocess.run(play(**how), capture_output=True, text=True, cwd=work)
    good = out.returncode == code and all(word in out.stdout + out.stderr for word in words)
    check(f"{name}: exit {out.returncode}", good)
    if not good:
        print(out.stdout[-2500:], out.stderr[-2500:])
    return out


def log_of(name, runs="runs"):
    found = sorted(glob.glob(f"{work}/{runs}/*/lab/{name}.log"), key=os.path.getmtime)
    return open(found[-1], errors="replace").read() if found else ""


run("a lab with daemons", 0, ["4 met, 0 missed"], wait="wait(ms(500))")
check("nothing of it is left", not left())
check("the HLR's log is kept with the run", "hlr starting" in log_of("jia.hlr"))
bold = log_of("yi.bold")
check("a daemon cannot leave its network", "left its network" not in bold)
landlock = "no landlock" not in bold
check("it writes in its own place alone" + ("" if landlock else " (no landlock here: not tried)"),
      "place of its own" in bold and (not landlock or ("elsewhere" not in bold and not os.path.exists(f"{work}/elsewhere"))))
last = sorted(glob.glob(f"{work}/runs/*"))[-1]
check("the run keeps its files", all(os.path.exists(f"{last}/two/{name}") for name in ("hlr.cfg", "subscribers.sql", "kamailio.cfg")))
check("and they are sealed", "two/hlr.cfg" in open(f"{last}/MANIFEST").read() and subprocess.run([netdrill, "verify", last], capture_output=True).returncode == 0)

# What is wrong is told, and nothing is begun.
run("no such program", 3, ["needs 'osmo-hlrr'", "apt-get install osmo-hlrr", "nothing was changed"], site=SITE.replace("program: osmo-hlr", "program: osmo-hlrr"))
doctor = subprocess.run([netdrill, "doctor", f"{work}/daemons.lua", "--json", "--runs", f"{work}/runs"], capture_output=True, text=True)
found = [f for f in json.loads(doctor.stdout)["findings"] if f["name"] == "osmo-hlrr"]
check("doctor tells it too", len(found) == 1 and found[0]["state"] == "failure" and "apt-get" in found[0]["remedy"] and doctor.returncode == 3)
for name, change, words in (("a file that is not there", ("two/hlr.cfg,", "two/none.cfg,"), ["E0410", "none.cfg"]),
                            ("a file elsewhere", ("two/hlr.cfg,", "../hlr.cfg,"), ["E0410"]),
                            ("a file of root's", ("two/hlr.cfg,", "/etc/shadow,"), ["E0410"]),
                            ("a key that is unknown", ("program: osmo-hlr", "program: osmo-hlr\n          argments: []"), ["did you mean 'arguments'"]),
                            ("a port that is none", ("tcp:4222", "4222"), ["E0403", "tcp:4222"]),
                            ("a time that is none", ('ready: ["tcp:4222"]', 'ready: ["tcp:4222"]\n          within: soon'), ["E0403", "10s"]),
                            ("two of one name", ("name: bold", "name: sip"), ["two daemons 'sip'"])):
    run(name, 2, words, site=SITE.replace(*change))
run("a daemon that ends at once", 5, ["daemon 'sip' of host 'yi'", "exited with 255 before it was ready", "none.cfg", "could not be built"], site=SITE.replace("kamailio.cfg, -DD", "none.cfg, -DD"))
check("nothing of it is left", not left())
run("one that never gets ready", 5, ["has not opened udp:5061 within 1000 ms"],
    site=SITE.replace('ready: ["udp:5060"]}\n  links', 'ready: ["udp:5061"], within: 1s}\n  links'))
check("nothing of it is left", not left())
run("a preparation that fails", 5, ["'sqlite3' failed"], site=SITE.replace(".read subscribers.sql", "nonsense"))

# A plan holds for the files too.
play()
subprocess.run([netdrill, "plan", f"{work}/daemons.lua", "--out", f"{work}/x.plan"], check=True, capture_output=True)
text = open(f"{work}/two/hlr.cfg").read()
open(f"{work}/two/hlr.cfg", "w").write(text + "\n")
out = subprocess.run([netdrill, "run", f"{work}/x.plan", "--lab", "--plain", "--runs", f"{work}/runs"], capture_output=True, text=True)
check("a plan is stale when a file has changed", out.returncode == 3 and "stale plan" in out.stderr)

# Killed in the middle, with the HLR stopped: the keeper ends all.
doomed = subprocess.Popen(play(wait='lab.stop { site "jia-hlr" } wait(minutes(1))', runs="kill"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for _ in range(600):
    time.sleep(0.1)
    journal = glob.glob(f"{work}/kill/*/journal.jsonl")
    if journal and open(journal[0]).read().count("change.proved") == 3:
        break
check("its daemons are there", len(left()) > 4)
doomed.send_signal(signal.SIGKILL)
doomed.wait()
for _ in range(600):
    time.sleep(0.1)
    if not left():
        break
check(f"killed: nothing is left {left()}", not left())

# A standing lab, without a run; what keeps a daemon is killed: the daemon goes with it.
up = subprocess.run([netdrill, "lab", "up", f"{work}/daemons.yaml"], capture_output=True, text=True)
check("lab up", up.returncode == 0)
keepers = subprocess.run(["pgrep", "-f", f"netdrill-daemon /run/netdrill/lab-daemons-{os.getpid()}/yi.bold"], capture_output=True, text=True).stdout.split()
os.kill(int(keepers[0]), signal.SIGKILL)
for _ in range(600):
    orphans = [line for line in left() if f"sleep {LONG}" in line or "yi.bold " in line]
    if not orphans:
        break
    time.sleep(0.1)
check(f"a daemon ends with its keeper {orphans}", not orphans)
down = subprocess.run([netdrill, "lab", "down", f"{work}/daemons.yaml"], capture_output=True, text=True)
check("lab down", down.returncode == 0 and not left())

# As an ordinary user, in a user namespace; the build may lie where only root can read.
user = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if os.getuid() == 0 else []
if subprocess.run([*user, "unshare", "-Urn", "true"], capture_output=True).returncode != 0:
    print("      (this kernel allows no user namespaces: not tried)")
elif user:
    build = os.path.dirname(os.path.dirname(os.path.dirname(netdrill)))
    os.makedirs(f"{work}/b/plugins")
    shutil.copy(netdrill, f"{work}/b/netdrill")
    for name in ("lab", "gsup", "sip"):
        os.makedirs(f"{work}/b/plugins/{name}")
        for file in glob.glob(f"{build}/plugins/{name}/*"):
            if os.path.isfile(file):
                shutil.copy(file, f"{work}/b/plugins/{name}/")
    os.chmod(work, 0o755)
    subprocess.run(["chown", "-R", "nobody", work], check=True)
    os.environ["NETDRILL_PLUGINS"] = f"{work}/b/plugins"
    netdrill = f"{work}/b/netdrill"
    run("as an ordinary user", 0, ["4 met, 0 missed"], wrap=user, runs="user")
    check("the log is kept", "hlr starting" in log_of("jia.hlr", "user"))
check("nothing is left", not left())
daemons.finish()
