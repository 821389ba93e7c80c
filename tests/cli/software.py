#!/usr/bin/python3
"""Which software measured: a live run records the program, the plugins that its scenario uses with the digests of the files that were
loaded, the clock source and libraries, and every format of the report tells them; of a rehearsal, and of a run of before, it is told
that they were not recorded."""
import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
import full_run

netdrill = os.path.abspath(sys.argv[1])
plugins = os.path.join(os.path.dirname(netdrill), "../../plugins")


def digest(path):
    return "sha256:" + hashlib.sha256(open(path, "rb").read()).hexdigest()


def call(*args, env=None):
    done = subprocess.run([netdrill, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(env or {})})
    check(done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout[-500:]}")
    return done.stdout


def software(run):
    return {(one["kind"], one["name"]): one for one in json.loads(call("report", run, "--format", "json"))["software"]}


def told(run, words):
    for form in ("html", "md"):
        for lang, text in zip(("zh", "en"), words):
            check(text in call("report", run, "--format", form, "--lang", lang), f"{form}, {lang}: {text!r} is not told")


def main(work):
    open(f"{work}/d.lua", "w").write("""local reach = use "reach"
drill { "Software", id = "software", lasts = minutes(1), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "me", run = function()
  local s = measure { reach.icmp, site "here", every = ms(50) }
  wait(ms(300))
  s:stop()
end }
""")
    open(f"{work}/site.yaml", "w").write("site: s\ntargets:\n  here: {kind: host, address: 127.0.0.1}\n")
    run = lambda runs, **more: call("run", f"{work}/d.lua", "--confirm", "software", "--plain", "--runs", f"{work}/{runs}", **more)
    run("live")
    first = f"{work}/live/{os.listdir(work + '/live')[0]}"
    own = software(first)
    version = call("version").split()
    program, plugin = own[("program", "netdrill")], own[("plugin", "reach")]
    check(program["version"].split()[0] in version and program["sha256"] == digest(netdrill), f"the program: {program}, {version}")
    check(plugin["sha256"] == digest(f"{plugins}/reach/reach.so") and plugin["version"], f"the plugin: {plugin}")
    check([name for kind, name in own if kind == "plugin"] == ["reach"], f"plugins that the scenario does not use: {list(own)}")
    clock = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    check(not os.path.exists(clock) or ("clock", open(clock).read().strip()) in own, f"the clock source: {list(own)}")
    check(all(one["version"] for (kind, _), one in own.items() if kind == "library") and ("library", "sqlite") in own, f"libraries: {own}")
    told(first, [plugin["sha256"]] * 2)
    rows = list(csv.reader(io.StringIO(call("report", first, "--format", "csv", "--table", "software", "--lang", "en").lstrip("\ufeff"))))
    check([row[3] for row in rows if row[:2] == ["plugin", "reach"]] == [plugin["sha256"]], f"csv: {rows}")

    # Another build of the same version is another digest: that of the file that was loaded, wherever it lies.
    os.makedirs(f"{work}/other/reach")
    shutil.copy(f"{plugins}/reach/reach.so", f"{work}/other/reach/reach.so")
    with open(f"{work}/other/reach/reach.so", "ab") as out:
        out.write(b"another build")
    run("other-runs", env={"NETDRILL_PLUGINS": f"{work}/other"})
    second = software(f"{work}/other-runs/{os.listdir(work + '/other-runs')[0]}")[("plugin", "reach")]
    check(second["sha256"] == digest(f"{work}/other/reach/reach.so") != plugin["sha256"] and second["version"] == plugin["version"], f"another build: {second}")

    missing = ("本次執行未記錄所用軟體", "The software was not recorded")
    call("rehearse", f"{work}/d.lua", "--runs", f"{work}/rehearsed")
    rehearsed = f"{work}/rehearsed/{os.listdir(work + '/rehearsed')[0]}"
    check(software(rehearsed) == {}, f"a rehearsal: {software(rehearsed)}")
    told(rehearsed, missing)
    full_run.SOFTWARE.clear()
    old = full_run.full(f"{work}/old").directory
    check(software(old) == {}, f"of before: {software(old)}")
    told(old, missing)


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
