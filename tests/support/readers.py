"""Strict readers of what a report is rendered to, written or made by others. Each returns what is wrong, as a list of words."""
import csv
import html.parser
import io
import json
import re
import subprocess
import xml.dom.minidom
import zipfile

VOID = {"meta", "link", "img", "br", "input"}
TAGS = VOID | set("""html head title style body div header main footer section p h1 h2 h3 b small span a ul li dl dt dd table caption thead tbody tr th td
figure figcaption abbr bdi details summary fieldset legend label time svg defs desc pattern rect path line text g circle polyline title tspan strong em ol nav sup i""".split())
ATTRIBUTES = set("""lang charset http-equiv content name rel href class id aria-labelledby aria-label aria-describedby aria-hidden role scope colspan rowspan src alt
title viewbox width height x y x1 x2 y1 y2 cx cy r rx ry d points patternunits patterntransform fill transform dir open tabindex style text-anchor type checked datetime""".split())
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]")


class Page(html.parser.HTMLParser):
    """Tags in balance, none but those a report has, no way out of the page, no words that turn others round."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES or name.startswith("on"):
                self.wrong.append(f"<{tag} {name}>")
            if name in ("href", "src") and not re.match(r"#[\w-]+$|data:,$|data:image/(png|jpeg|svg\+xml);base64,[A-Za-z0-9+/=]*$", value or ""):
                self.wrong.append(f"<{tag} {name}={value[:40]!r}>")
            if name in ("class", "id") and not re.fullmatch(r"[\w -]*", value or ""):
                self.wrong.append(f"<{tag} {name}={value[:40]!r}>")
            if name == "style" and re.search(r"url|expression|@", value):
                self.wrong.append(f"<{tag} style={value[:40]!r}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes {self.open[-1:]}")

    def handle_data(self, data):
        self.texts.append(data)
        inside = set(self.open)
        if RIGHT_TO_LEFT.search(data) and not inside & {"bdi", "td", "text", "title", "desc"}:
            self.wrong.append(f"text from right to left is not set apart: {data[:60]!r} in {self.open[-3:]}")

    def handle_comment(self, data):
        self.wrong.append(f"a comment: {data[:40]!r}")

    def unknown_decl(self, data):
        self.wrong.append(f"a declaration: {data[:40]!r}")


def page(octets):
    text = octets.decode()
    one = Page()
    one.feed(text)
    one.close()
    wrong = one.wrong + ([f"not closed: {one.open}"] if one.open else [])
    if DIRECTION.search(text):
        wrong.append("a mark of direction")
    if CONTROLS.search(text):
        wrong.append(f"a control: {CONTROLS.search(text).group()!r}")
    return wrong


def markdown(octets):
    """As its source reads, and as lowdown (of the build) renders it."""
    text = octets.decode()
    wrong = [f"a control or mark: {m!r}" for m in set(CONTROLS.findall(text) + DIRECTION.findall(text))]
    columns = None
    for line in text.split("\n"):
        if not line.startswith("|"):
            columns = None
            continue
        cells = line.count("|") - 1
        if columns is not None and cells != columns or not line.endswith("|"):
            wrong.append(f"a row of {cells} cells, not {columns}: {line[:80]!r}")
        columns = cells
    done = subprocess.run(["lowdown", "-thtml", "--parse-no-autolink"], input=octets, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        wrong.append(f"lowdown: {done.stderr[:200]}")
    rendered = done.stdout.decode()
    tags = set(re.findall(r"<(\w+)", rendered))
    allowed = {"h1", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "hr", "br", "em"}
    if not tags <= allowed:
        wrong.append(f"rendered it has {sorted(tags - allowed)}: {re.findall('.{40}<(?:' + '|'.join(tags - allowed) + ')[^>]*>.{20}', rendered, re.S)[:2]}")
    return wrong


def table(octets):
    """CSV: the same number of cells in each row, none that a spreadsheet takes for a formula."""
    if not octets.startswith(b"\xef\xbb\xbf"):
        return ["no byte order mark"]
    rows = list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""), strict=True))
    wrong = [f"a row of {len(row)} cells, not {len(rows[0])}" for row in rows if len(row) != len(rows[0])]
    for row in rows:
        for cell in row:
            if re.match(r"[=+\-@\t\r]", cell) and not re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", cell):
                wrong.append(f"a formula: {cell[:40]!r}")
            if "\0" in cell:
                wrong.append("a NUL")
    return wrong


def sheet(octets):
    archive = zipfile.ZipFile(io.BytesIO(octets))
    content = archive.read("content.xml")
    wrong = well_formed(content)
    if wrong:
        return wrong
    root = xml.dom.minidom.parseString(content)
    for one in root.getElementsByTagName("*"):
        if one.tagName.split(":")[0] not in ("office", "style", "text", "table", "number") or one.hasAttribute("table:formula") or one.hasAttribute("xlink:href"):
            wrong.append(f"<{one.tagName}>, a formula or a link")
    names = re.findall(r'table:table table:name="([^"]*)"', content.decode())
    if len(set(names)) != len(names) or not all(names) or max(map(len, names)) > 200:
        wrong.append(f"names of sheets: {[n[:40] for n in names]}")
    import odf.opendocument
    odf.opendocument.load(io.BytesIO(octets))
    return wrong


def well_formed(octets):
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--huge", "-"], input=octets, stderr=subprocess.PIPE, text=False)
    return [] if done.returncode == 0 else [done.stderr.decode(errors="replace")[:300]]


def junit(octets):
    wrong = well_formed(octets)
    if wrong:
        return wrong
    for suite in xml.dom.minidom.parseString(octets).getElementsByTagName("testsuite"):
        cases = suite.getElementsByTagName("testcase")
        counts = [len(cases)] + [len(suite.getElementsByTagName(k)) for k in ("failure", "skipped")]
        if counts != [int(suite.getAttribute(k)) for k in ("tests", "failures", "skipped")]:
            wrong.append(f"suite {suite.getAttribute('name')}: {counts} are there")
    if DIRECTION.search(octets.decode()):
        wrong.append("a mark of direction")
    return wrong


def as_json(octets):
    json.loads(octets)
    return []


def openmetrics(octets):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    names = [family.name for family in text_string_to_metric_families(octets.decode())]
    return [] if names and octets.endswith(b"# EOF\n") else [f"families: {names}"]


def terminal(text):
    """What a command printed: no escape, no control but the line feed and tab, nothing that turns text round."""
    return [f"{m.group()!r} in {text[max(0, m.start() - 40):m.end() + 20]!r}" for m in re.finditer("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)][:3]


READERS = {"html": page, "md": markdown, "json": as_json, "junit": junit, "ods": sheet, "grafana": as_json, "openmetrics": openmetrics, "csv": table}
