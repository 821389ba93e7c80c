"""What Jenkins' and GitLab's readers of JUnit XML ask of a document, in words of our own: the schema that Jenkins' plugin for such
files checks (attributes that have to be there, their kinds, what stands in what), what Ant's schema asks of attributes beyond that
(package, id, timestamp without a zone, a type of each failure), and that counts and times are those of the cases. problems() gives what
is wrong, as words."""
import re
import xml.etree.ElementTree as tree

SECONDS, COUNT, STAMP = r"\d+(\.\d+)?", r"\d+", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
ANY = r"(?s).*"
# of each element: attributes (must it be there, what it looks like), and what may stand in it
ELEMENTS = {
    "testsuites": ({"name": (False, ANY), "time": (False, SECONDS), "tests": (False, COUNT), "failures": (False, COUNT), "errors": (False, COUNT)}, {"testsuite"}),
    "testsuite": ({"name": (True, r"\S+"), "package": (True, r"\S+"), "id": (True, COUNT), "tests": (True, COUNT), "failures": (True, COUNT),
                   "errors": (True, COUNT), "skipped": (True, COUNT), "time": (True, SECONDS), "timestamp": (False, STAMP), "hostname": (False, r"(?s).+")},
                  {"properties", "testcase"}),
    "properties": ({}, {"property"}),
    "property": ({"name": (True, r"\S+"), "value": (True, ANY)}, set()),
    "testcase": ({"name": (True, ANY), "classname": (True, r"(?s).+\.\w+"), "time": (False, SECONDS)}, {"failure", "error", "skipped"}),
    "failure": ({"type": (True, r"\S+"), "message": (True, ANY)}, set()),
    "error": ({"type": (True, r"\S+"), "message": (True, ANY)}, set()),
    "skipped": ({"type": (True, r"\S+"), "message": (True, ANY)}, set()),
}


def of_one(one):
    attributes, below = ELEMENTS[one.tag]
    found = [f"<{one.tag}> has no {name}" for name, (needed, _) in attributes.items() if needed and name not in one.attrib]
    for name, value in one.attrib.items():
        if name not in attributes:
            found.append(f"<{one.tag} {name}> is not known")
        elif not re.fullmatch(attributes[name][1], value):
            found.append(f"<{one.tag} {name}={value[:60]!r}>")
    for child in one:
        found += of_one(child) if child.tag in below else [f"<{child.tag}> in <{one.tag}>"]
    if one.text and one.text.strip():
        found.append(f"text in <{one.tag}>")
    return found


def counts(suite):
    found, cases = [], suite.findall("testcase")
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if int(suite.get(name, -1)) != sum(case.find(tag) is not None for case in cases):
            found.append(f"{suite.get('name')}: {name} is {suite.get(name)}")
    if int(suite.get("tests", -1)) != len(cases):
        found.append(f"{suite.get('name')}: tests is {suite.get('tests')}, there are {len(cases)}")
    if abs(float(suite.get("time", -1)) - sum(float(case.get("time", 0)) for case in cases)) > 0.001 * (len(cases) + 1):
        found.append(f"{suite.get('name')}: time is {suite.get('time')}")
    if [child.tag for child in suite].count("properties") > 1 or any(len(case) > 1 for case in cases):
        found.append(f"{suite.get('name')}: two where one may be")
    return found


def problems(octets):
    root = tree.fromstring(octets)
    if root.tag != "testsuites":
        return [f"<{root.tag}> is the whole"]
    found = of_one(root)
    if found:
        return found
    suites = root.findall("testsuite")
    for suite in suites:
        found += counts(suite)
    for name in ("tests", "failures", "errors"):
        if int(root.get(name, -1)) != sum(int(suite.get(name, 0)) for suite in suites):
            found.append(f"{name} is {root.get(name)}")
    if [suite.get("id") for suite in suites] != [str(k) for k in range(len(suites))]:
        found.append("ids are not 0, 1, 2, ...")
    return found
