#!/usr/bin/python3
"""Hostile words in every text of a report do no harm in any format. First in models that are made from docs/report.schema.json
itself, so that each text that it knows (and each word of a template) takes each hostile word in turn; then in the records of a run,
through the commands, whose output to a terminal is read too."""
import concurrent.futures
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support")))
from checks import check, finish
import full_run
import hostile_words
import readers

netdrill, render = map(os.path.abspath, sys.argv[1:3])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def read(path):
    kind = path.rsplit(".", 1)[1]
    try:
        with open(path, "rb") as file:
            octets = file.read()
        return (readers.as_json if kind == "stix" else readers.READERS[kind])(octets)
    except Exception as error:
        return [f"it cannot be read: {type(error).__name__}: {str(error)[:200]}"]


def one_model(work, number, model):
    """Renders it and reads what came; returns what is wrong."""
    directory = f"{work}/{number}"
    os.mkdir(directory)
    with open(directory + ".model", "w") as out:
        json.dump(model, out)
    done = subprocess.run([render, directory + ".model", directory], stderr=subprocess.PIPE, text=True)
    wrong = [f"render: exit {done.returncode}: {done.stderr[:300]}"] if done.returncode != 0 else []
    # Both languages at once are another text on pages and in Markdown alone.
    names = [name for name in sorted(os.listdir(directory)) if not name.startswith("both.") or name in ("both.html", "both.md")]
    for name in names:
        wrong += [f"{name}: {words}" for words in read(f"{directory}/{name}")]
    shutil.rmtree(directory)
    return len(names), wrong


def of_the_schema(work):
    words = subprocess.run([netdrill, "report", "--words"], check=True, stdout=subprocess.PIPE, text=True).stdout
    keys = [line.split("\t")[0] for line in words.splitlines()]
    every = list(hostile_words.models(f"{root}/docs/report.schema.json", keys))
    had = {}
    for _, texts in every:
        for path, word in texts:
            had.setdefault(path, set()).add(word)
    check(len(had) > 300 and all(len(v) >= len(hostile_words.WORDS) - path.startswith(".template.words") for path, v in had.items()), f"not every word in every text: {len(had)} texts")
    files = 0
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for number, (count, wrong) in enumerate(pool.map(one_model, [work] * len(every), range(len(every)), [m for m, _ in every])):
            files += count
            for words in wrong[:6]:
                check(False, f"model {number}: {words}")
    print(f"{len(had)} texts, {len(hostile_words.WORDS)} words each: {files} files read")


def hostile_site(words):
    """The site file with other words in its titles; names are names there."""
    site = json.loads(json.dumps(full_run.SITE))
    for kind in ("operators", "people", "targets"):
        for one in site[kind].values():
            one["title"] = {lang: words("title", text) for lang, text in one["title"].items()}
    return json.dumps(site) + "\n"  # ASCII: YAML takes no controls as they are


def commands(runs, first, second, drill):
    """Everything that tells of runs in words, to a terminal."""
    yield from (["runs", "--lang", lang] for lang in ("zh", "en"))
    yield from (["compare", first, second, "--lang", lang] for lang in ("zh", "en"))
    yield from (["trends", drill], ["improvements", "--all"], ["improve", "list", "--run", first], ["verify", first], ["samples", first], ["report", first])


def check_terminal(runs, command):
    done = subprocess.run([netdrill, *command, "--runs", runs], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told = (done.stdout + done.stderr).decode(errors="backslashreplace")
    check(done.returncode in (0, 2, 10, 20) and told, f"{command[:2]}: exit {done.returncode}")
    check(done.returncode != 2, f"{command[:2]}: {told[:300]}")
    for wrong in readers.terminal(told):
        check(False, f"{command[:2]}: {wrong}")


def of_the_records(work):
    """Two runs whose records have such words in every text, through the commands as people use them."""
    runs = work + "/records"
    for number in (1, 2):
        run = full_run.full(runs, words=hostile_words.in_every, run_id=f"2026011{number}T010000Z-paper-drill-000{number}")
        with open(run.directory + "/site.yaml", "w") as out:
            out.write(hostile_site(hostile_words.in_every))
    ids = sorted(os.listdir(runs))
    for command in commands(runs, *ids, hostile_words.in_every("id", "paper-drill")):
        check_terminal(runs, command)
    escapes = lambda key, text: "\x1b[2J\x1b]0;t\x07\x9b31m\u202e\r\b" + text
    for number in (1, 2):
        full_run.full(work + "/escapes", words=escapes, run_id=f"2026011{number}T010000Z-paper-drill-000{number}", site=False)
    for command in commands(work + "/escapes", *ids, escapes("id", "paper-drill")):
        check_terminal(work + "/escapes", command)
    forms = [("html", []), ("md", []), ("json", []), ("junit", []), ("ods", []), ("grafana", []), ("openmetrics", []), ("stix", [])]
    for audience in ([], ["--audience", "operator:jia"], ["--audience", "public"]):
        for form, more in forms:
            for lang in ("zh", "en"):
                octets = subprocess.run([netdrill, "report", ids[0], "--runs", runs, "--format", form, "--lang", lang, *audience], stdout=subprocess.PIPE).stdout
                wrong = (readers.as_json if form == "stix" else readers.READERS[form])(octets) if octets else ["nothing came"]
                for words in wrong[:4]:
                    check(False, f"records, {form} {lang} {audience}: {words}")
    for what in (["review", "--year", "2026"], ["improvements", "--all"]):
        for form in ("html", "md", "ods"):
            octets = subprocess.run([netdrill, *what, "--format", form, "--lang", "zh", "--runs", runs], stdout=subprocess.PIPE).stdout
            wrong = readers.READERS[form](octets) if octets else ["nothing came"]
            for words in wrong[:4]:
                check(False, f"{what[0]}, {form}: {words}")
    broken_octets(work)


def broken_octets(work):
    """A NUL, and what is no UTF-8, where a store of samples or a journal may have them: said or shown, never a crash, no other figure."""
    run = full_run.full(work + "/broken")
    store = sqlite3.connect(run.directory + "/samples.sqlite")
    store.execute("UPDATE series SET label = CAST(X'C3285C00FF41' AS TEXT), unit = CAST(X'FFFE' AS TEXT) WHERE id = 3")
    store.commit()
    store.close()
    for form in ("html", "md", "json", "ods", "junit", "openmetrics", "grafana", "stix"):
        done = subprocess.run([netdrill, "report", run.directory, "--format", form], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check(done.returncode == 0, f"a label that is no UTF-8, {form}: exit {done.returncode} {done.stderr[:200]}")
        wrong = (readers.as_json if form == "stix" else readers.READERS[form])(done.stdout) if done.stdout else ["nothing came"]
        for words in wrong[:3]:
            check(False, f"a label that is no UTF-8, {form}: {words}")
    done = subprocess.run([netdrill, "report", run.directory, "--format", "json"], stdout=subprocess.PIPE)
    told = json.loads(done.stdout) if done.stdout else {"series": []}
    check([(s["id"], s["count"]) for s in told["series"]] == [(1, 50), (2, 48), (3, 50)], f"a label that is no UTF-8: series {[s['id'] for s in told['series']]}")
    with open(run.directory + "/journal.jsonl", "rb") as file:
        lines = file.read().split(b"\n")
    at = next(k for k, line in enumerate(lines) if b"inject.answered" in line)
    for damage in (b"\xff\xfe", b"\\u0000", b"\0"):
        with open(run.directory + "/journal.jsonl", "wb") as file:
            file.write(b"\n".join(lines[:at] + [lines[at].replace("已開立工單".encode(), damage)] + lines[at + 1:]))
        told = json.loads(subprocess.run([netdrill, "report", run.directory, "--format", "json"], stdout=subprocess.PIPE).stdout)
        check(told["journal"]["bad_seq"] == at + 1 and told["run"]["complete"] is False, f"{damage} in the journal: {told['journal']}")


def main(work):
    of_the_records(work)
    of_the_schema(work)


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
