#!/usr/bin/python3
"""A disk that is slow, or full for a moment, where samples are kept: no probe is late for it, the journal is whole,
and what could not be kept is a declared gap: samples_disk.py NETDRILL SHIM. Needs no rights: all on loopback."""
import errno, glob, os, socket, sqlite3, subprocess, sys, tempfile, threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill, shim = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
work = tempfile.mkdtemp()
COUNT = 1500


echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("127.0.0.1", 0))


def serve():
    while True:
        packet, sender = echo.recvfrom(2048)
        echo.sendto(packet, sender)


threading.Thread(target=serve, daemon=True).start()
open(f"{work}/site.yaml", "w").write(f"site: samples-{os.getpid()}\ntargets: {{far: {{kind: service, address: 127.0.0.1, port: {echo.getsockname()[1]}}}}}\n")
open(f"{work}/s.lua", "w").write(f"""local reach = use "reach"
drill {{ "Samples", id = "samples", lasts = seconds(20), site = "site.yaml" }}
phase {{ "One" }}
step {{ "S", owner = "me", run = function()
  measure {{ reach.udp, site "far", every = ms(2), lasts = ms({2 * COUNT}) }}
  wait(ms({2 * COUNT + 1500}))
end }}
""")


def play(name, **shimmed):
    env = {**os.environ, "LD_PRELOAD": shim, "SHIM_FILES": "/samples.sqlite-wal,/samples.sqlite", **shimmed}
    done = subprocess.run([netdrill, "run", f"{work}/s.lua", "--confirm", "samples", "--plain", "--runs", f"{work}/{name}"],
                          env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    check(done.returncode == 0, f"{name}: exit {done.returncode}\n{done.stdout}")
    run = glob.glob(f"{work}/{name}/*samples*")[0]
    db = sqlite3.connect(f"{run}/samples.sqlite")
    rows = db.execute("select outcome, sent_ns - due_ns from sample").fetchall()
    gaps = db.execute("select sum(rows), max(why) from gap").fetchone()
    late = sorted(d for o, d in rows if o == 0)
    missed = sum(o == 1 for o, _ in rows)
    print(f"{name}: {len(rows)} of {COUNT} stored, {gaps[0] or 0} in gaps ({gaps[1]}), {missed} slots missed, "
          f"median lateness {late[len(late) // 2] / 1e6:.2f} ms")
    check(missed < COUNT / 5, f"{name}: {missed} slots were not sent")
    verify = subprocess.run([netdrill, "verify", run], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("journal   ok" in verify.stdout, f"{name}: {verify.stdout}")
    return rows, gaps, run


rows, gaps, _ = play("slow", SHIM_SLOW=str(20_000_000))
check(len(rows) == COUNT and not gaps[0], "slow: something was not kept")
rows, gaps, run = play("full", SHIM_FAIL=f"pwrite:{errno.ENOSPC}:40-")
check((gaps[0] or 0) > 0, "full: no gap was declared")
check(len(rows) + (gaps[0] or 0) == COUNT, f"full: {len(rows)} stored and {gaps[0]} in gaps are not {COUNT}")
check(os.strerror(errno.ENOSPC) in (gaps[1] or "") or "full" in (gaps[1] or ""), f"full: because '{gaps[1]}'")
subprocess.run(["rm", "-rf", work])
finish()
