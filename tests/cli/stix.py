#!/usr/bin/python3
"""STIX 2.1: bundles of a rehearsal, of a run under way, of one that was aborted, rated and improved, and of one that measured a
real target agree with a schema after the text of the standard (support/stix21.schema.json); every object is an exercise's, what no schema can
say holds (support/stix_rules.py), figures of what was rehearsed or simulated are never observed-data, and the same run gives the same bytes."""
import glob
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
import stix_rules

netdrill = os.path.abspath(sys.argv[1])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
schema = json.load(open(f"{root}/tests/support/stix21.schema.json"))
TLP = {"clear": "TLP:WHITE", "green": "TLP:GREEN", "amber": "TLP:AMBER", "red": "TLP:RED"}
HOSTILE = 'q"\\ <script>\u202e\x07 演練'


def call(*args, code=0):
    done = subprocess.run([netdrill, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout[-400:]}{done.stderr[-600:]}")
    return done.stdout, done.stderr.decode()


def errors(one):
    judge = jsonschema.Draft202012Validator({"$ref": "#/$defs/" + one["type"], "$defs": schema["$defs"]})
    return [f"{one['type']}: {e.message[:200]}" for e in judge.iter_errors(one)]


def bundle(runs, about, *args):
    """The bundle, judged by the schema and by what holds of every one of ours."""
    octets = call("report", "last", "--runs", runs, "--format", "stix", *args)[0]
    whole = json.loads(octets)
    for e in jsonschema.Draft202012Validator(schema).iter_errors(whole):
        check(False, f"{about}: {e.message[:200]}")
    for words in stix_rules.problems(whole):
        check(False, f"{about}: {words}")
    for one in whole["objects"]:
        found = errors(one)
        check(not found, f"{about}: {found[:3]}")
        for key in ("name", "description", "abstract", "content"):
            check(one["type"] == "marking-definition" or one.get(key, "EXERCISE").startswith("EXERCISE"), f"{about}: {one['type']}.{key}: {one.get(key)}")
    return whole, octets


def of_type(whole, name):
    return [o for o in whole["objects"] if o["type"] == name]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\x07", "\\a") + '"'


def scenario(work, name, more="", body=""):
    open(f"{work}/{name}.lua", "w").write(f"""local reach = use "reach"
drill {{ {{ zh = "測試", en = {quoted(HOSTILE)} }}, id = "{name}", lasts = minutes(2), site = "site.yaml", objectives = {{ told = "They are told" }}{more} }}
phase {{ "One" }}
step {{ "Do", id = "do", owner = "chen", run = function()
  local s = measure {{ reach.icmp, site "here", every = ms(50) }}
  local t = measure {{ reach.icmp, site "six", every = ms(50) }}
  wait(seconds(1))
  s:stop()
  t:stop()
  expect {{ "it answers", s:share(), equals = percent(100), objective = "told" }}
{body}end }}
""")
    return f"{work}/{name}.lua"


def items(work, runs):
    """An item and what later drills carry on of it is one object: its id, who made it and when stay, each change is a newer version."""
    first, second = os.listdir(runs)[0], None
    call("improve", "add", "more batteries", "--as", "chen", "--element", "equipment", "--owner", "甲", "--due", "2001-03-31", "--run", first, "--runs", runs)
    origin, _ = bundle(runs, "origin")
    call("run", f"{work}/two.lua", "--confirm", "two", "--plain", "--runs", runs)
    second = (set(os.listdir(runs)) - {first, "catalogue.sqlite"}).pop()

    def of(run, *args):
        whole = json.loads(call("report", f"{runs}/{run}", "--format", "stix", *args)[0])
        check(not stix_rules.problems(whole) and not sum(map(errors, whole["objects"]), []), f"{run}: {stix_rules.problems(whole)}")
        return whole, of_type(whole, "course-of-action")

    carrying, (copy,) = of(second)
    item, = of_type(origin, "course-of-action")
    check(not stix_rules.between(origin, carrying), f"carried: {stix_rules.between(origin, carrying)}")
    check(copy["id"] == item["id"] and copy["modified"] > item["modified"] > item["created"] == copy["created"], f"carried: {item} {copy}")
    check({k: v for k, v in copy.items() if k != "modified"} == {k: v for k, v in item.items() if k != "modified"}, f"carried: {item} {copy}")
    check(copy["external_references"] == [{"source_name": "netdrill improvement item", "external_id": f"{first}/I1"}], f"{copy}")
    note, = [n for n in of_type(carrying, "note") if n["object_refs"] == [copy["id"]]]
    check("C1" in note["content"] and f"{first}/I1" in note["content"] and "2001-03-31" in note["content"], f"carried: {note}")
    check(copy["id"] in of_type(carrying, "report")[0]["object_refs"], "carried: the report is not about it")
    call("improve", "done", "C1", "bought", "--as", "chen", "--run", second, "--runs", runs)
    done, (closed,) = of(second)
    there, (own,) = of(first)
    for name, before, after in (("closed", carrying, done), ("closed where it belongs", origin, there), ("both", done, there)):
        check(not stix_rules.between(before, after), f"{name}: {stix_rules.between(before, after)}")
    check(closed["modified"] > copy["modified"] and own["modified"] > item["modified"] and "bought" in closed["description"] and "bought" in own["description"],
          f"closed: {closed} {own}")
    for args in (["--lang", "zh"], ["--tlp", "red"], ["--audience", "public"]):
        check(not stix_rules.between(done, of(second, *args)[0]) and not stix_rules.between(of(first, *args)[0], of(second, *args)[0]), f"{args}: versions")
    for what, change in (("another creator", {"created_by_ref": "identity--" + str(uuid.uuid4())}), ("another created", {"created": "2001-01-01T00:00:00.000Z"}),
                         ("other words of one version", {"name": "EXERCISE"})):
        damaged = json.loads(json.dumps(done))
        of_type(damaged, "course-of-action")[0].update(change)
        check(stix_rules.between(done, damaged), f"{what} is not refused")


def main(work):
    open(f"{work}/site.yaml", "w").write("site: s\npeople:\n  chen: {role: evaluator}\ntargets:\n"
                                         "  here: {kind: host, address: 127.0.0.1}\n  six: {kind: host, address: '::1'}\n")
    rehearsed = f"{work}/rehearsed"
    call("rehearse", scenario(work, "one"), "--runs", rehearsed)
    whole, octets = bundle(rehearsed, "rehearsal")
    check(bundle(rehearsed, "rehearsal")[1] == octets, "rehearsal: differs when repeated")
    check(not of_type(whole, "observed-data") and not of_type(whole, "ipv4-addr"), "rehearsal: a model's figures are observed-data")
    report = of_type(whole, "report")[0]
    check("REHEARSAL" in report["name"] and "rehearsal" in report["labels"], f"rehearsal: {report['name']}")

    made = set()
    for colour, title in TLP.items():
        marked, _ = bundle(rehearsed, colour, "--tlp", colour)
        marking = of_type(marked, "marking-definition")
        check([m["name"] for m in marking] == [title], f"{colour}: {marking}")
        check(all(o.get("object_marking_refs", [marking[0]["id"]]) == [marking[0]["id"]] for o in marked["objects"]), f"{colour}: not on all")
        made.add(marked["id"])
    check(len(made) == 4 and whole["id"] in made, "one identifier for different markings, or amber is not the default")
    for args, words in ((["--format", "stix", "--tlp", "white"], "clear|green|amber|red"), (["--format", "md", "--tlp", "red"], "stix' alone"),
                        (["--tlp", "red"], "goes with '--format stix'")):
        told = call("report", "last", "--runs", rehearsed, *args, code=2)[1]
        check(words in told, f"{args}: {told}")

    live = f"{work}/live"
    call("run", scenario(work, "two"), "--confirm", "two", "--plain", "--runs", live)
    whole, octets = bundle(live, "live")
    data = of_type(whole, "observed-data")
    model = json.loads(call("report", "last", "--runs", live, "--format", "json")[0])
    check(sorted(d["number_observed"] for d in data) == sorted(s["count"] for s in model["series"]) and len(data) == 2, f"live: {data}")
    addresses = {o["value"]: o["id"] for o in whole["objects"] if o["type"].endswith("-addr")}
    space = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
    check(addresses == {"127.0.0.1": "ipv4-addr--" + str(uuid.uuid5(space, '{"value":"127.0.0.1"}')),
                        "::1": "ipv6-addr--" + str(uuid.uuid5(space, '{"value":"::1"}'))}, f"live: {addresses}")
    check(all("live" not in o.get("labels", []) and "REHEARSAL" not in o.get("name", "") for o in whole["objects"]), "live: marked a rehearsal")
    check("Site: s" in of_type(whole, "note")[0]["content"], "live: the site is not told")
    public, text = bundle(live, "public", "--audience", "public")
    check(b"127.0.0.1" not in text and not of_type(public, "observed-data"), "public: an address is told")

    items(work, live)

    simulated = f"{work}/simulated"
    run = subprocess.Popen([netdrill, "run", scenario(work, "three", more=', simulated = "a table"', body="  wait(minutes(1))\n"), "--confirm", "three",
                            "--plain", "--runs", simulated], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not any("netdrill.verdict" in open(f).read() for f in glob.glob(f"{simulated}/*/journal.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.05)
    call("observe", HOSTILE.replace("\x07", ""), "--as", "chen", "--sort", "improvement", "--runs", simulated)
    whole, _ = bundle(simulated, "under way")
    check(not of_type(whole, "report") and "INTERIM" in of_type(whole, "grouping")[0]["name"], "under way: it is a report already")
    check(not of_type(whole, "observed-data"), "simulated: its figures are observed-data")
    check("simulated" in of_type(whole, "note")[0]["labels"], "simulated: not labelled so")
    call("abort", "--runs", simulated)
    run.wait(timeout=30)
    call("improve", "add", "a new procedure", "--as", "chen", "--element", "planning", "--owner", "甲", "--observation", "1", "--runs", simulated)
    for lang, words in (("zh", "權責單位: 甲"), ("en", "Responsible organization: 甲")):
        whole, _ = bundle(simulated, "improved", "--lang", lang)
        actions = of_type(whole, "course-of-action")
        check([a["name"].rsplit(": ", 2)[1:] for a in actions] == [["I1", "a new procedure"]] and words in actions[0]["description"], f"{lang}: {actions}")
        relations = of_type(whole, "relationship")
        note = next(o for o in whole["objects"] if o["id"] == relations[0]["target_ref"])
        check([(r["relationship_type"], r["source_ref"]) for r in relations] == [("related-to", actions[0]["id"])] and "<script>" in note["content"],
              f"{lang}: {relations}")
        for damage in ({"relationship_type": "Related To"}, {"source_ref": relations[0]["id"]}, {"target_ref": actions[0]["id"]}):
            check(stix_rules.relation({**relations[0], **damage}), f"{lang}: {damage} is not refused")
        check(actions[0]["modified"] > of_type(whole, "report")[0]["created"], "improved: not modified")
    check(any(n.get("authors") == ["chen"] for n in of_type(whole, "note")), "who observed is not told")

    # The rules beyond the schema do judge, and so does the schema.
    def damaged(change):
        copy = json.loads(octets)
        change(copy["objects"])
        return copy
    report_of = lambda objects: next(o for o in objects if o["type"] == "report")
    for what, change in (("an object is left out", lambda o: o.remove(of_type({"objects": o}, "identity")[0])),
                         ("the report is about nothing that is there", lambda o: report_of(o).update(object_refs=["note--" + str(uuid.uuid4())])),
                         ("modified before it was created", lambda o: report_of(o).update(modified="2001-01-01T00:00:00.000Z")),
                         ("no time zone", lambda o: report_of(o).update(published="2026-01-01T00:00:00")),
                         ("no marking", lambda o: o[-1].pop("object_marking_refs")), ("no label", lambda o: report_of(o).update(labels=["report"])),
                         ("an address of another id", lambda o: of_type({"objects": o}, "ipv4-addr")[0].update(value="192.0.2.9")),
                         ("nothing observed", lambda o: of_type({"objects": o}, "observed-data")[0].update(object_refs=[report_of(o)["id"]])),
                         ("another TLP", lambda o: of_type({"objects": o}, "marking-definition")[0].update(definition={"tlp": "red"})),
                         ("an empty list", lambda o: report_of(o).update(external_references=[]))):
        check(stix_rules.problems(damaged(change)), f"{what} is not refused")
    whole = json.loads(octets)
    for damage in ({"labels": []}, {"created": "yesterday"}, {"object_refs": []}, {"id": "report--1"}, {"spec_version": "1.2"}, {"published": 1},
                   {"published": "2026-13-01T00:00:00Z"}, {"title": "a property that there is not"}, {"created_by_ref": "note--" + str(uuid.uuid4())}):
        check(errors({**of_type(whole, "report")[0], **damage}), f"{damage} is not refused")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
