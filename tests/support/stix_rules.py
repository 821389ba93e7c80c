"""What the text of STIX 2.1 (OASIS Standard, 10 June 2021) asks of a bundle beyond what a schema can say. problems() gives what is
wrong, as words."""
import datetime
import re
import uuid

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # clause 2.9
# Clause 7.2.1.4: the same everywhere, their own properties included.
TLP = {"white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
       "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}
TYPES_OF_REFS = {"created_by_ref": {"identity"}, "object_marking_refs": {"marking-definition"}}
TIMES = {"created", "modified", "published", "first_observed", "last_observed"}


def moment(text):
    """Clause 3.2.17: RFC 3339 in UTC, 'Z'."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
        return None
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def empties(value, path):
    """Clause 2.6: no empty list, no null; and no property without a name of 3 to 250 characters."""
    found = []
    if isinstance(value, dict):
        for key, below in value.items():
            if not re.fullmatch(r"[a-z0-9_]{2,250}", key):
                found.append(f"{path}: a property called {key[:40]!r}")
            found += empties(below, f"{path}.{key}")
    elif isinstance(value, list):
        found += [f"{path} is empty"] if not value else [w for k, one in enumerate(value) for w in empties(one, f"{path}[{k}]")]
    elif value is None or value == "":
        found.append(f"{path} has no value")
    return found


def relation(one):
    """Clause 5.1: from one domain object to another, by a lower-case name."""
    ends = [one.get(key, "").split("--")[0] for key in ("source_ref", "target_ref")]
    found = [f"a relation with an end at {end!r}" for end in ends if end in ("", "relationship", "sighting", "bundle", "marking-definition", "language-content")]
    if one.get("source_ref") == one.get("target_ref"):
        found.append("a relation of an object to itself")
    if not re.fullmatch(r"[a-z0-9-]+", one.get("relationship_type", "")):
        found.append("a relation without its type")
    return found


def of_one(one, by_id):
    kind, found = one["type"], []
    scalar = kind.endswith("-addr")
    for key, value in one.items():
        for ref in [value] if key.endswith("_ref") else value if key.endswith("_refs") else []:
            other = by_id.get(ref)
            if other is None:
                found.append(f"{key} {ref} leads nowhere")
            elif other["type"] not in TYPES_OF_REFS.get(key, {other["type"]}) or key not in TYPES_OF_REFS and other["type"] == "marking-definition":
                found.append(f"{key} leads to a {other['type']}")
            elif ref == one["id"] and key == "object_refs":
                found.append(f"{key} leads to itself")
        if key in TIMES and moment(value) is None:
            found.append(f"{key} is {value}")
    if kind == "marking-definition":
        colour = one["definition"]["tlp"]
        if TLP.get(colour) != one["id"] or one["created"] != "2017-01-20T00:00:00.000Z" or one["name"] != "TLP:" + colour.upper() or "modified" in one:
            found.append(f"not the standard's own {colour}")
        return found
    if uuid.UUID(one["id"].split("--")[1]).version != 5:
        found.append("an identifier that is not made from a name")
    if not one.get("object_marking_refs"):
        found.append("no marking")
    if scalar:
        if one["id"] != f"{kind}--{uuid.uuid5(OBSERVABLES, chr(123) + chr(34) + 'value' + chr(34) + ':' + chr(34) + one['value'] + chr(34) + chr(125))}":
            found.append("not the identifier of its value")
        return found + (["labels, which an observable has none of"] if "labels" in one else [])
    if "exercise" not in one.get("labels", []):
        found.append("not labelled an exercise")
    for before, after in (("created", "modified"), ("first_observed", "last_observed"), ("created", "published")):
        times = [moment(one[key]) for key in (before, after) if key in one]
        if len(times) == 2 and None not in times and times[0] > times[1]:
            found.append(f"{after} is before {before}")
    if kind != "identity" and "created_by_ref" not in one:
        found.append("nobody made it")
    if kind == "observed-data":
        if not 1 <= one["number_observed"] <= 999_999_999 or not all(by_id.get(r, {}).get("type", "").endswith("-addr") for r in one["object_refs"]):
            found.append("nothing was observed, or not an observable")
    if kind == "relationship":
        found += relation(one)
    if kind in ("report", "grouping"):
        left = {i for i, o in by_id.items() if o["type"] not in ("report", "grouping", "marking-definition")} - set(one["object_refs"])
        if left:
            found.append(f"{len(left)} object(s) are not among what it is about")
    return found


def between(earlier, later):
    """Clause 3.6: what has the same identifier in two bundles is one object; who made it and when stays, another content is another
    version, and that has another modified."""
    found, by_id = [], {one["id"]: one for one in earlier["objects"]}
    for one in later["objects"]:
        before = by_id.get(one["id"])
        if before is None or "modified" not in one:
            continue
        for key in ("type", "created", "created_by_ref"):
            if one.get(key) != before.get(key):
                found.append(f"{one['type']}: a version with another {key}: {before.get(key)}, {one.get(key)}")
        if one["modified"] == before["modified"] and one != before:
            found.append(f"{one['type']}: two of one version that differ")
    return found


def problems(whole):
    ids = [one["id"] for one in whole["objects"]]
    found = [f"{i} stands twice" for i in set(ids) if ids.count(i) > 1]
    by_id = {one["id"]: one for one in whole["objects"]}
    if set(whole) != {"type", "id", "objects"} or not re.fullmatch(r"bundle--[0-9a-f-]{36}", whole["id"]):
        found.append(f"a bundle with {sorted(whole)}")
    if sum(one["type"] == "marking-definition" for one in whole["objects"]) != 1:
        found.append("not one marking-definition")
    creators = {one.get("created_by_ref") for one in whole["objects"]} - {None}
    for one in whole["objects"]:
        if one["type"] == "identity" and one["id"] not in creators:
            found.append("an identity that made nothing")
    if sum(one["type"] in ("report", "grouping") for one in whole["objects"]) != 1:
        found.append("not one report or grouping")
    for one in whole["objects"]:
        found += [f"{one['type']}: {words}" for words in of_one(one, by_id) + empties(one, one["type"])]
    return found
