#!/usr/bin/python3
"""Across drills: runs, compare and trends say of three live runs (and a rehearsal) what their own
reports hold; the catalogue is made anew when it is lost or damaged, and follows what is deleted."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])


def call(*args, code=0):
    done = subprocess.run([netdrill, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def play(work, runs, how, values, code=0):
    """values: what is measured, by sentence; each with its limit."""
    lines = "".join(f"  expect {{ {json.dumps(s, ensure_ascii=False)}, {v}, {limit} }}\n" for s, (v, limit) in values.items())
    with open(f"{work}/d.lua", "w") as out:
        out.write(f"""drill {{ "Yearly", id = "yearly", lasts = minutes(1), site = "site.yaml" }}
phase {{ "One" }}
step {{ "Do", id = "do", owner = "me", run = function()
{lines}end }}
""")
    args = ["--confirm", "yearly", "--plain"] if how == "run" else []
    call(how, f"{work}/d.lua", "--runs", runs, *args, code=code)
    return os.path.basename(max(glob.glob(f"{runs}/*-yearly-*"), key=os.path.getmtime))


def main(work):
    runs = f"{work}/runs"
    with open(f"{work}/site.yaml", "w") as out:
        out.write("site: s\n")
    first = play(work, runs, "run", {"cut off (s)": (40, "at_most = 30"), "answered": (0.9, "at_least = 0.8"), "steady": (5, "at_most = 9"),
                                     "code": (200, "equals = 200"), "last year's": (1, "at_most = 2")}, code=10)
    second = play(work, runs, "run", {"cut off (s)": (20, "at_most = 30"), "answered": (0.85, "at_least = 0.8"), "steady": (5, "at_most = 9"),
                                      "code": (404, "equals = 200"), "this year's 新": (1, "at_most = 2")}, code=10)
    rehearsal = play(work, runs, "rehearse", {"cut off (s)": (1, "at_most = 30")})
    # Run ids begin with the second; two of one second are told apart by their last digits alone.
    listed_as = sorted([first, second])

    compared = json.loads(call("compare", first, second, "--runs", runs, "--json").stdout)
    found = {row["sentence"].get("en", row["sentence"].get("zh")): row["change"] for row in compared["rows"]}
    check(found == {"cut off (s)": "better", "answered": "worse", "steady": "same", "code": "worse", "last year's": "gone",
                    "this year's 新": "new"}, f"compare: {found}")
    check(compared["earlier"]["run"] == first and compared["later"]["run"] == second, f"compare: {compared['earlier']}")
    text = call("compare", first, second, "--runs", runs, "--lang", "zh").stdout
    check("改善 1 項，變差 2 項" in text, f"compare: {text}")
    check("two live runs" in call("compare", first, rehearsal, "--runs", runs, code=2).stderr, "a rehearsal was compared")

    listed = json.loads(call("runs", "--runs", runs, "--json").stdout)
    check([r["run"] for r in listed] == listed_as, f"runs: {listed}")
    check(sorted(r["met"] for r in listed) == [4, 4] and listed[0]["missed"] == 1, f"runs: {listed}")
    check(len(json.loads(call("runs", "--rehearsals", "--runs", runs, "--json").stdout)) == 3, "runs: the rehearsal is missing")
    check(json.loads(call("runs", "--drill", "other", "--runs", runs, "--json").stdout) == [], "runs: of another drill")

    trends = call("trends", "yearly", "--runs", runs, "--json").stdout
    points = {t["sentence"].get("en", t["sentence"].get("zh")): [p["measured"] for p in t["points"]] for t in json.loads(trends)}
    check(sorted(points["cut off (s)"]) == [20, 40] and points["this year's 新"] == [1], f"trends: {points}")

    for damage in (lambda p: open(p, "w").write("no database " * 400), os.unlink, lambda p: os.truncate(p, 5000)):
        damage(f"{runs}/catalogue.sqlite")
        check(call("trends", "yearly", "--runs", runs, "--json").stdout == trends, "trends differ after the catalogue was damaged")
    check(call("trends", "yearly", "--rebuild", "--runs", runs, "--json").stdout == trends, "trends differ when made anew")
    # Many at once, on a damaged one, too.
    for damage in (os.unlink, lambda p: open(p, "w").write("no database " * 400), lambda p: None):
        damage(f"{runs}/catalogue.sqlite")
        calls = [subprocess.Popen([netdrill, "trends", "yearly", "--json", "--runs", runs] + (["--rebuild"] if i % 3 == 0 else []), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                 for i in range(8)]
        for one in calls:
            out, err = one.communicate()
            check(one.returncode == 0 and out == trends and err == "", f"at once: {one.returncode} {err}")
    # Broken directories are told and left out; others are nobody's concern.
    for name, journal in (("20230101T000000Z-yearly-0001", None), ("20230102T000000Z-yearly-0002", ""), ("20230103T000000Z-yearly-0003", "no json\n"), ("notes", None)):
        os.mkdir(f"{runs}/{name}")
        if journal is not None:
            open(f"{runs}/{name}/journal.jsonl", "w").write(journal)
    told = call("runs", "--runs", runs)
    check([told.stderr.count(f"-yearly-000{i}' is left out") for i in (1, 2, 3)] == [1, 1, 1] and "notes" not in told.stderr, told.stderr)
    check("no journal.jsonl" in told.stderr and "which drill" in told.stderr and told.stdout.count("yearly") == 2, told.stderr + told.stdout)
    for name in ("20230101T000000Z-yearly-0001", "20230102T000000Z-yearly-0002", "20230103T000000Z-yearly-0003"):
        shutil.rmtree(f"{runs}/{name}")
    # An archive that nobody may write to: root may, so that one is a file system of its own.
    if os.geteuid() == 0:
        os.unlink(f"{runs}/catalogue.sqlite")
        subprocess.run(["mount", "--bind", "-o", "ro", runs, runs], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", runs], check=True)
        check(call("trends", "yearly", "--runs", runs, "--json").stdout == trends and not os.path.exists(f"{runs}/catalogue.sqlite"), "a read-only archive")
        subprocess.run(["umount", runs], check=True)
    shutil.rmtree(f"{runs}/{first}")
    check([r["run"] for r in json.loads(call("runs", "--runs", runs, "--json").stdout)] == [second], "runs: one that has gone")
    check(call("runs", "--runs", f"{work}/none", code=2).stderr.count("none") == 1, "runs: of no directory")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
