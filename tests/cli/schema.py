#!/usr/bin/python3
"""docs/report.schema.json says what report.json holds: reports of every drill and template rehearsed, of a living run and of one
that people acted in agree with it, a mutilated one does not, and no key goes undescribed, be it in a report, in what makes the
model, or in the journal's events that are taken over whole."""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
schema = json.load(open(f"{root}/docs/report.schema.json"))


def resolved(part):
    if "$ref" in part:
        part = {**part, **schema["$defs"][part["$ref"].rsplit("/", 1)[1]]}
    for one in part.get("oneOf", []):
        part = {**part, **(resolved(one) if one.get("type") != "null" else {})}
    return part


def undescribed(value, part, path):
    """Paths of keys that the schema has no words for."""
    part = resolved(part)
    found = []
    if not part.get("description"):
        found.append(path + " (no description)") if path.count(".") and not path.endswith("]") else None
    if isinstance(value, dict):
        for key, below in value.items():
            inner = part.get("properties", {}).get(key, part.get("additionalProperties"))
            if inner is None:
                found.append(f"{path}.{key}")
            elif inner is not True:
                found += undescribed(below, inner, f"{path}.{key}" if key in part.get("properties", {}) else f"{path}.*[]")
    elif isinstance(value, list):
        for below in value:
            found += undescribed(below, part.get("items", {}), path + "[]")
    return found


def names(part):
    """Every property that the schema describes anywhere, and every value that it lists."""
    if isinstance(part, list):
        return set().union(*map(names, part)) if part else set()
    if not isinstance(part, dict):
        return set()
    own = set(part["properties"]) if isinstance(part.get("properties"), dict) else set()
    return own.union(part.get("enum", []), [part["const"]] if isinstance(part.get("const"), str) else [], *map(names, part.values()))


def agrees(model, about):
    errors = [f"{list(e.path)}: {e.message[:160]}" for e in jsonschema.Draft202012Validator(schema).iter_errors(model)]
    check(not errors, f"{about}: {errors[:5]}")
    missing = sorted(set(undescribed(model, schema, "")))
    check(not missing, f"{about}: not described in docs/report.schema.json: {missing}")
    return model


def call(*args, codes=(0,)):
    done = subprocess.run([netdrill, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(done.returncode in codes, f"{args}: exit {done.returncode}\n{done.stdout[-600:]}")
    return done.stdout


def report(runs, *args):
    return json.loads(subprocess.run([netdrill, "report", "last", "--runs", runs, "--format", "json", *args], check=True,
                                     stdout=subprocess.PIPE).stdout)


def rehearsals(work):
    drills = [(f, f"{root}/drills/answers/{os.path.basename(f)[:-4]}.yaml") for f in sorted(glob.glob(f"{root}/drills/*.lua"))]
    drills += [(f"{d}/drill.lua", f"{d}/answers.yaml") for d in sorted(glob.glob(f"{root}/share/templates/*"))]
    check(len(drills) >= 10, f"drills and templates: {len(drills)}")
    model = None
    for number, (path, answers) in enumerate(drills):
        runs = f"{work}/r{number}"
        call("rehearse", path, "--answers", answers, "--runs", runs, codes=(0, 10))  # some rehearse a failure
        model = agrees(report(runs), path)
        agrees(report(runs, "--audience", "public"), path + ", for the public")
    return model


def living(work):
    """People, a pause and an abort; the report while it runs and after."""
    runs = f"{work}/living"
    open(f"{work}/site.yaml", "w").write("site: s\npeople:\n  lin: {role: controller}\n  chen: {role: evaluator}\n  noc: {role: player}\n"
                                         "targets:\n  here: {kind: host, address: 127.0.0.1}\n")
    open(f"{work}/living.lua", "w").write("""local reach = use "reach"
drill { "Living", id = "living", lasts = minutes(2), site = "site.yaml", objectives = { told = "They are told" } }
phase { "One" }
inject { "The cable is cut", id = "cable", to = { "noc" }, expect = "A ticket", react_within = minutes(1), objective = "told" }
inject { "Left out", id = "left-out", at = minutes(1), to = { "noc" } }
step { "Do", id = "do", owner = "lin", run = function()
  local s = measure { reach.icmp, site "here", every = ms(100) }
  wait(minutes(1))
end }
""")
    log = open(f"{work}/out", "w")
    run = subprocess.Popen([netdrill, "run", f"{work}/living.lua", "--confirm", "living", "--plain", "--runs", runs],
                           stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 20
    while "The cable is cut" not in open(f"{work}/out").read() and time.monotonic() < deadline:
        time.sleep(0.05)
    there = ("--runs", runs)
    call("ack", "cable", "--as", "noc", *there)
    call("answer", "cable", "ticket 1", "--as", "noc", *there)
    call("observe", "well done", "--sort", "strength", "--as", "lin", *there)
    call("skip", "left-out", "--as", "lin", "--reason", "no time", *there)
    call("inject", "Ad hoc", "--to", "noc", "--as", "lin", *there)
    call("note", "a remark", "--as", "lin", *there)
    call("pause", *there)
    call("resume", *there)
    model = agrees(report(runs), "while it runs")
    check(model["run"].get("interim") is True, "it was not under way")
    call("abort", "--reason", "enough", *there)
    run.wait(timeout=30)
    model = agrees(report(runs), "after an abort")
    call("rate", "told", "S", "late by a minute", "--as", "chen", "--rests-on", "own eyes", *there)
    call("improve", "add", "a new procedure", "--as", "chen", "--element", "planning", "--owner", "=甲", "--due", "2027-03-31", "--objective", "told", *there)
    call("improve", "done", "I1", "version 2.1", "--as", "chen", *there)
    model = agrees(report(runs), "after it was rated")
    agrees(report(runs, "--audience", "public"), "after it was rated, for the public")
    check(model["improvements"] and model["objectives"][0]["rating"] == "S", f"rated: {model['objectives']}, {model['improvements']}")
    check(model["safety"].get("aborted") and model["observations"] and model["pauses"], f"the living run: {open(f'{work}/out').read()}")
    return model


def refuses(model):
    """One thing after the other is broken; each is refused."""
    def without(key):
        return lambda m: m.pop(key)

    def put(*path):
        def do(m):
            for key in path[:-2]:
                m = m[key]
            m[path[-2]] = path[-1]
        return do
    broken = [without("run"), without("verdicts"), put("schema", "netdrill.report/2"), put("run", "outcome", "splendid"), put("run", "complete", "yes"),
              put("summary", "met", "3"), put("summary", "changes", -1), put("steps", 0, "started_rel_ns", 1.5), put("steps", 0, "seq", 0), put("series", {}),
              put("verdicts", [{"grade": "met", "seq": 1}]), put("journal", "torn", 0)]
    for number, damage in enumerate(broken):
        copied = copy.deepcopy(model)
        damage(copied)
        check(not jsonschema.Draft202012Validator(schema).is_valid(copied), f"damage {number} is not refused")
    more = copy.deepcopy(model)
    more["new_list"] = []
    more["run"]["new"] = 1
    check(jsonschema.Draft202012Validator(schema).is_valid(more), "a key that may yet come is refused")


def sources():
    """No key in what makes the model, or in the events that it takes over whole, is forgotten."""
    known = names(schema)
    for path in sorted(glob.glob(f"{root}/core/report/model/*.c")):
        text = re.sub(r"#include[^\n]*|/\*.*?\*/", "", open(path).read(), flags=re.S)
        text = re.sub(r"strn?cmp\([^;]*?\"[^\"]*\"", "", text)
        for literal in re.findall(r'"([a-z][a-z_0-9]+)"', text):
            check(literal in known or literal in NO_KEYS, f"{os.path.basename(path)}: '{literal}' is not in docs/report.schema.json")
    rows = {}
    for line in open(f"{root}/docs/records.md"):
        cells = [c.strip() for c in line.split("|")]
        if len(cells) == 4 and cells[1].startswith("`"):
            for name in re.findall(r"`([^`]+)`", cells[1]):
                rows[name] = set(re.findall(r"`([a-z_0-9]+)`", cells[2]))
    for name in WHOLE:
        check(name in rows, f"docs/records.md has no row '{name}'")
        for key in rows.get(name, ()):
            check(key in known or key in NO_KEYS, f"'{key}' of the event '{name}' is not in docs/report.schema.json")


WHOLE = ("arm.given", "phase.started", "step.started", "step.ended", "change.recorded", "verdict", "confirm.asked", "inject.fired",
         "inject.added", "inject.delivered", "inject.failed", "inject.acknowledged", "inject.answered", "observation", "guard.breached", "note",
         "event.occurred", "obligation.opened", "rule.asked", "run.paused", "run.continued", "stalled", "clock.stepped", "series.broken",
         "journal.opened", "restore.overdue")
# Of events, and read or not, but not taken over; values.
NO_KEYS = {"measures", "mono_origin_ns", "seen_rel_ns", "does", "began_ns", "ended_ns", "type", "subject", "data", "monons", "shift_ns", "when", "share", "endex", "ratings", "rests_on", "signals", "fault", "yes", "ns"}

with tempfile.TemporaryDirectory() as directory:
    jsonschema.Draft202012Validator.check_schema(schema)
    rehearsed = rehearsals(directory)
    refuses(rehearsed)
    living(directory)
    sources()
finish()
