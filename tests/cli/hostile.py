#!/usr/bin/python3
"""Hostile words in every text of a report do no harm in any format. First in models that are made from docs/report.schema.json
itself, so that each text that it knows (and each word of a template) takes each hostile word in turn; then in the records of a run,
through the commands, whose output to a terminal is read too."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import hostile_words
import readers

netdrill, render = map(os.path.abspath, sys.argv[1:3])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
failures = 0


def check(good, words):
    global failures
    if not good:
        failures += 1
        print("FAIL:", words)


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
    names = sorted(os.listdir(directory))
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


def main(work):
    of_the_schema(work)


with tempfile.TemporaryDirectory() as directory:
    main(directory)
print(f"{failures} failure(s)" if failures else "ok")
sys.exit(1 if failures else 0)
