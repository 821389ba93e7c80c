"""Run directories written by hand: what a run leaves (docs/records.md), without netdrill having run, so that what a report says of
one is known beforehand to the nanosecond. Written from the description of the formats alone: nothing here is netdrill's.

    run = Run(runs, "20260110T010000Z-paper-0001", t0=5 * SEC)     # T+0 on the run clock
    run.event("run.started", 5 * SEC, {"t0_ns": 5 * SEC, "wall": run.wall(5 * SEC)})
    run.series(1, slots=[...])
    run.write()

words: a function (key, text) -> text that every text which people or plugins give goes through, for runs of hostile words; what the
formats themselves fix (states, grades, units of time, ids that others refer to by rule) is left alone."""
import datetime
import hashlib
import json
import os
import sqlite3

MS, SEC = 10**6, 10**9
NOTHING = "sha256:" + hashlib.sha256(b"").hexdigest()
ANSWERED, NOT_SENT, LOST = 0, 1, -4

# Keys whose texts are words of the formats themselves.
OURS = {"schema", "mode", "outcome", "state", "grade", "operator", "statistic", "kind", "sort", "how", "times", "verdict", "element", "priority",
        "status", "rating", "wall", "at", "time", "answer", "otherwise", "start", "due", "since", "hash", "journal_hash", "scenario_sha256",
        "site_sha256", "plan_sha256", "sha256", "because"}
UNITS = {"ns", "1", "bool", "bit/s", "", "share"}


class Chain:
    """A file of lines, each of which knows the hash of the one before."""

    def __init__(self, run_id, start_wall, t0=None):
        self.run_id, self.start_wall, self.t0 = run_id, start_wall, t0
        self.lines, self.last, self.started = [], NOTHING, False

    def add(self, kind, at, data, subject=None, actor="core", time=None):
        line = {"specversion": "1.0", "id": "%010d" % (len(self.lines) + 1), "source": "urn:netdrill:run:" + self.run_id, "type": "netdrill." + kind}
        if subject is not None:
            line["subject"] = subject
        line.update({"time": time or rfc3339(self.start_wall, at), "seq": len(self.lines) + 1, "monons": at})
        if self.started or kind == "run.started":
            self.started = True
            line["rel"] = moment(at - self.t0)
        line.update({"actor": actor, "prev": self.last, "data": data})
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        self.lines.append(text)
        self.last = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        return len(self.lines)

    def text(self):
        return "".join(line + "\n" for line in self.lines)


def moment(ns):
    """T+00:01:30.004, as far as milliseconds go."""
    whole, part = divmod(ns // MS, 1000)
    return "T+%02d:%02d:%02d" % (whole // 3600, whole // 60 % 60, whole % 60) + (".%03d" % part if part else "")


def rfc3339(start, ns):
    when = datetime.datetime.fromisoformat(start) + datetime.timedelta(microseconds=ns // 1000)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (when.microsecond // 1000)


class Run:
    def __init__(self, runs, run_id, clock_began="2026-01-10T00:59:55", t0=5 * SEC, words=None):
        self.directory = os.path.join(runs, run_id)
        self.run_id, self.clock_began, self.t0 = run_id, clock_began, t0
        self.words = words or (lambda key, text: text)
        self.journal = Chain(run_id, clock_began, t0)
        self.evaluation = None
        self.plan = {"schema": "netdrill.plan/1", "phases": [], "objectives": [], "profiles": []}
        self.site = None
        self.tables = {"series": [], "kind": [], "sample": [], "reading": [], "gap": []}
        os.makedirs(self.directory + "/report")
        os.makedirs(self.directory + "/evidence")

    def wall(self, ns):
        return rfc3339(self.clock_began, ns)

    def said(self, value, key=""):
        """The same, every text of it as the words of this run have it."""
        if isinstance(value, str):
            return value if key in OURS or key == "unit" and value in UNITS else self.words(key, value)
        if isinstance(value, list):
            return [self.said(one, key) for one in value]
        if isinstance(value, dict):
            return {k: self.said(one, k if k not in ("zh", "en") else key) for k, one in value.items()}
        return value

    def event(self, kind, at, data=None, subject=None, actor="core"):
        """at: on the run clock. Returns its sequence number."""
        return self.journal.add(kind, at, self.said(data or {}), None if subject is None else self.said(subject, "subject"), actor)

    def rel(self, kind, at, data=None, subject=None, actor="core"):
        return self.event(kind, self.t0 + at, data, subject, actor)

    def evaluate(self, kind, wall, data, subject=None, by="chen"):
        if self.evaluation is None:
            self.evaluation = Chain(self.run_id, self.clock_began, self.t0)
            self.evaluation.add("evaluation.opened", 0, {"schema": "netdrill.evaluation/1", "run": self.run_id,
                                "journal_events": len(self.journal.lines), "journal_hash": self.journal.last}, time=wall)
        data = {**data, "by": by, "uid": 1000, "login_uid": None}
        return self.evaluation.add(kind, 0, self.said(data), None if subject is None else self.said(subject, "subject"), actor=by, time=wall)

    def series(self, number, name, slots, every, opened, label=None, target=None, unit="ns", vantage=None, deadline=SEC, plugin="reach", verb="icmp",
               reading="rtt", label_zh=None):
        """slots: (slot, sent or 0, outcome, value or None), as the table has them."""
        texts = [None if t is None else self.said(t, k) for k, t in (("name", name), ("label", label), ("plugin", plugin), ("verb", verb),
                                                                     ("reading", reading), ("unit", unit), ("target", target), ("vantage", vantage))]
        self.tables["series"].append((number, *texts, every, deadline, opened, "{}",
                                      None if label_zh is None else self.said(label_zh, "label_zh")))
        self.tables["sample"] += [(number, slot, opened + slot * every, sent, outcome, value) for slot, sent, outcome, value in slots]

    def write(self):
        for name, text in (("journal.jsonl", self.journal.text()), ("undo.jsonl", ""), ("scenario.lua", "-- written by hand\n"),
                           ("plan.json", json.dumps(self.said(self.plan), ensure_ascii=False, indent=1) + "\n"),
                           ("site.yaml", self.site), ("evaluation.jsonl", self.evaluation and self.evaluation.text())):
            if text is not None:
                with open(f"{self.directory}/{name}", "w") as out:
                    out.write(text)
        store = sqlite3.connect(self.directory + "/samples.sqlite")
        store.executescript("""CREATE TABLE series(id INTEGER PRIMARY KEY, name TEXT, label TEXT, plugin TEXT, verb TEXT, reading TEXT, unit TEXT,
            target TEXT, vantage TEXT, every_ns INTEGER, deadline_ns INTEGER, opened_ns INTEGER, options TEXT, label_zh TEXT);
            CREATE TABLE kind(series INTEGER, name TEXT, unit TEXT);
            CREATE TABLE sample(series INTEGER, slot INTEGER, due_ns INTEGER, sent_ns INTEGER, outcome INTEGER, value REAL);
            CREATE TABLE reading(series INTEGER, slot INTEGER, name TEXT, value REAL);
            CREATE TABLE gap(from_ns INTEGER, till_ns INTEGER, rows INTEGER, why TEXT);""")
        for table, rows in self.tables.items():
            if rows:
                store.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
        store.commit()
        store.close()
        return self
