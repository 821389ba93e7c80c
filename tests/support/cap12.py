"""CAP 1.2 documents judged by the standard's words (OASIS, Common Alerting Protocol Version 1.2, section 3.2),
read apart from cap12.rng: order and number of elements, code values, moments; and what no schema tells:
characters of identifiers, which elements go with which scope, moments that go backwards."""
import datetime, re
import xml.etree.ElementTree as ET

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
ONE, MAYBE, SOME, ANY = "1", "?", "+", "*"
ALERT = [("identifier", ONE), ("sender", ONE), ("sent", ONE), ("status", ONE), ("msgType", ONE), ("source", MAYBE), ("scope", ONE), ("restriction", MAYBE),
         ("addresses", MAYBE), ("code", ANY), ("note", MAYBE), ("references", MAYBE), ("incidents", MAYBE), ("info", ANY)]
INFO = [("language", MAYBE), ("category", SOME), ("event", ONE), ("responseType", ANY), ("urgency", ONE), ("severity", ONE), ("certainty", ONE), ("audience", MAYBE),
        ("eventCode", ANY), ("effective", MAYBE), ("onset", MAYBE), ("expires", MAYBE), ("senderName", MAYBE), ("headline", MAYBE), ("description", MAYBE),
        ("instruction", MAYBE), ("web", MAYBE), ("contact", MAYBE), ("parameter", ANY), ("resource", ANY), ("area", ANY)]
PAIR = [("valueName", ONE), ("value", ONE)]
AREA = [("areaDesc", ONE), ("polygon", ANY), ("circle", ANY), ("geocode", ANY), ("altitude", MAYBE), ("ceiling", MAYBE)]
INSIDE = {"alert": ALERT, "info": INFO, "eventCode": PAIR, "parameter": PAIR, "geocode": PAIR, "area": AREA,
          "resource": [("resourceDesc", ONE), ("mimeType", ONE), ("size", MAYBE), ("uri", MAYBE), ("derefUri", MAYBE), ("digest", MAYBE)]}
CODES = {"status": "Actual Exercise System Test Draft", "msgType": "Alert Update Cancel Ack Error", "scope": "Public Restricted Private",
         "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
         "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None", "urgency": "Immediate Expected Future Past Unknown",
         "severity": "Extreme Severe Moderate Minor Unknown", "certainty": "Observed Likely Possible Unlikely Unknown"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
MOMENTS = ("sent", "effective", "onset", "expires")


def moment(text):
    return datetime.datetime.fromisoformat(text) if MOMENT.fullmatch(text or "") else None


def structure(element, found):
    name = element.tag.removeprefix(NAMESPACE)
    children = [child.tag.removeprefix(NAMESPACE) if child.tag.startswith(NAMESPACE) else "?" for child in element]
    if name in INSIDE:
        pattern = "".join(f"(?:{child} ){'' if times == ONE else times}" for child, times in INSIDE[name])
        if not re.fullmatch(pattern, "".join(child + " " for child in children)):
            found.append(f"<{name}> holds {children}")
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            found.append(f"<{name}> holds text")
    elif children:
        found.append(f"<{name}> holds elements")
    if name in CODES and element.text not in CODES[name].split():
        found.append(f"<{name}> is '{element.text}'")
    if name == "language" and not re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", element.text or ""):  # RFC 3066
        found.append(f"<language> is '{element.text}'")
    try:
        if name in MOMENTS and moment(element.text) is None:
            found.append(f"<{name}> is '{element.text}'")
    except ValueError:
        found.append(f"<{name}> is no moment: '{element.text}'")
    for child in element:
        structure(child, found)
    return found


def faults(text, schema_only=False):
    """What is wrong, in words; schema_only: of what a schema could tell."""
    alert = ET.fromstring(text)
    if alert.tag != NAMESPACE + "alert":
        return ["no CAP 1.2 alert"]
    found = structure(alert, [])
    if schema_only or found:
        return found
    of = lambda element, name: (element.findtext(NAMESPACE + name) or "").strip()
    for name in ("identifier", "sender"):
        if not of(alert, name) or re.search(r"[\s,<&]", of(alert, name)):
            found.append(f"<{name}> has a blank, a comma, '<' or '&' in it, or nothing: '{of(alert, name)}'")
    scope = of(alert, "scope")
    if (scope == "Private") != bool(of(alert, "addresses")):
        found.append("<addresses> go with the scope Private")
    if (scope == "Restricted") != bool(of(alert, "restriction")):
        found.append("<restriction> goes with the scope Restricted")
    for info in alert.findall(NAMESPACE + "info"):
        if of(info, "expires") and moment(of(info, "expires")) <= moment(of(info, "effective") or of(alert, "sent")):
            found.append("it expires before it is in effect")
    return found


def changed(text):
    """The document, changed in one place each time: an element left out, twice, moved behind the next one, with another value."""
    ET.register_namespace("", NAMESPACE[1:-1])
    for n in range(len(list(ET.fromstring(text).iter()))):
        for how in ("gone", "twice", "moved", "other", "lower"):
            root = ET.fromstring(text)
            element = list(root.iter())[n]
            parent = next((p for p in root.iter() if element in list(p)), None)
            if parent is None:
                continue
            at = list(parent).index(element)
            if how == "gone":
                parent.remove(element)
            elif how == "twice":
                parent.insert(at, element)
            elif how == "moved":
                parent.remove(element)
                parent.insert(at + 1, element)
            else:
                element.text = "nonsense 2026" if how == "other" else (element.text or "").lower().replace("+08:00", "Z")
            yield f"{element.tag.removeprefix(NAMESPACE)} {how}", ET.tostring(root, encoding="unicode")
