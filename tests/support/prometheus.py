"""Prometheus' own tools on a text of figures: promtool's lint, and the strict parser of OpenMetrics behind 'tsdb create-blocks-from'."""
import os
import re
import subprocess

SAMPLE = re.compile(r"([a-z0-9_]+)(\{.*\}) (\S+)")


def samples(text):
    """(name, labels, value) of each line, as they stand."""
    return [SAMPLE.fullmatch(line).groups() for line in text.splitlines() if not line.startswith("#")]


def strict(text, store):
    """What the parser of OpenMetrics says against it, and the values it read; it wants a moment at each. store: a directory to be made."""
    lines = [line + " 1700000000" if line and not line.startswith("#") else line for line in text.split("\n")]
    with open(store + ".txt", "w") as out:
        out.write("\n".join(lines))
    done = subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", store + ".txt", store], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        return done.stdout or "refused", {}
    os.makedirs(store + "/wal", exist_ok=True)  # a store of Prometheus has one
    told = subprocess.run(["promtool", "tsdb", "dump", store], stdout=subprocess.PIPE, text=True, check=True).stdout
    read = {}
    for line in told.splitlines():
        labels, value, _ = line.rsplit(" ", 2)
        pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        read[(pairs.pop("__name__"), tuple(sorted(pairs.items())))] = float(value)
    return "", read


def units(text):
    """Families whose unit is not told as their name has it."""
    told = dict(re.findall(r"# UNIT (\S+) (\S+)", text))
    wanted = {name: unit for name in re.findall(r"# TYPE (\S+) ", text) for unit in ("seconds", "ratio") if name.endswith("_" + unit)}
    helped = set(re.findall(r"# HELP (\S+) \S", text))
    return [f"{name}: its unit is {told.get(name)}" for name in set(told) | set(wanted) if told.get(name) != wanted.get(name)] + [
        f"{name} has no help" for name in set(re.findall(r"# TYPE (\S+) ", text)) - helped]


def lint(text):
    """What 'promtool check metrics' finds; it knows counters of the older format alone."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout or done.returncode and "refused"
