#!/usr/bin/python3
"""A report for one operator names no other, in any format, in any language, not within sentences
either; one for the public names nobody. What was counted and measured is the same in all of them."""
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])
SITE = """site: three
operators:
  jia: {title: {zh: 甲電信, en: Jia Telecom}, plmn: "46692"}
  yi: {title: {zh: 乙電信, en: Yi Telecom}, plmn: "46697"}
  bing: {title: {zh: 丙電信, en: Bing Telecom}, plmn: "46601"}
people:
  jia-noc: {title: {zh: 甲網管中心, en: Jia's control room}, operator: jia}
  yi-noc: {title: {zh: 乙網管中心, en: Yi's control room}, operator: yi}
  ceoc: {title: {zh: 應變中心, en: Operation center}}
targets:
  jia-web: {kind: host, operator: jia, address: 127.0.1.1, port: 7, title: {zh: 甲之網頁, en: Jia's page}}
  yi-web: {kind: host, operator: yi, address: 127.0.2.1, port: 7, title: {zh: 乙之網頁, en: Yi's page}}
  yi-mast: {kind: host, operator: yi, address: 127.0.2.2, port: 7}
  bing-web: {kind: host, operator: bing, address: 127.0.3.1, port: 7}
"""
DRILL = """local reach = use "reach"
drill { { zh = "甲電信、乙電信與丙電信", en = "Jia Telecom, YI Telecom, and bing" }, id = "three", lasts = minutes(2), site = "site.yaml",
  objectives = { roam = { zh = "乙電信接手甲電信", en = "yi takes over from jia (46697, not 46692)" } } }
phase { "Yi Telecom's phase at 127.0.2.2" }
step { "Measure yi-web, then BING-WEB", owner = "yi-noc", run = function()
  local a = measure { reach.udp, site "jia-web", every = seconds(1), label = "Jia's page" }
  local b = measure { reach.udp, site "yi-web", every = seconds(1), label = "Yi's page" }
  local c = measure { reach.udp, site "bing-web", every = seconds(1) }
  confirm { { zh = "乙網管中心同意", en = "Yi's control room agrees" }, by = "yi-noc", within = seconds(5) }
  confirm { { zh = "甲網管中心同意", en = "Jia's control room agrees" }, by = "jia-noc", within = seconds(5) }
  note { { zh = "乙電信之基地臺 yi-mast", en = "yi-mast of Yi Telecom is heavy, says ceoc" } }
  wait(seconds(20))
  for _, s in ipairs { a, b, c } do s:stop() end
  expect { "jia answers", a:share(), equals = percent(100), objective = "roam" }
  expect { "yi answers (yi-noc)", b:loss(), at_least = percent(50) }
  expect { "bing answers", c:share(), at_most = percent(100) }
end }
"""
OF = {"jia": ["jia", "46692", "127.0.1.1", "甲電信", "甲之網頁", "甲網管中心"],
      "yi": ["yi", "46697", "127.0.2.1", "127.0.2.2", "乙電信", "乙之網頁", "乙網管中心"],
      "bing": ["bing", "46601", "127.0.3.1", "丙電信"]}


def report(runs, *args):
    return subprocess.run([netdrill, "report", "last", "--runs", runs, *args], check=True, stdout=subprocess.PIPE).stdout


def texts(runs, *args):
    for lang in ("zh", "en"):
        for form in ("html", "md", "json", "junit", "grafana", "openmetrics"):
            yield f"{form} {lang}", report(runs, "--format", form, "--lang", lang, *args).decode()
        sheet = zipfile.ZipFile(io.BytesIO(report(runs, "--format", "ods", "--lang", lang, *args)))
        yield f"ods {lang}", sheet.read("content.xml").decode()
        for table in ("expectations", "services", "steps", "confirmations", "notes", "objectives"):
            yield f"csv {table} {lang}", report(runs, "--format", "csv", "--table", table, "--lang", lang, *args).decode()


def named(word, text):
    if word.isascii():
        return re.search(r"(?<![A-Za-z0-9_])" + re.escape(word) + r"(?![A-Za-z0-9_])", text, re.I)
    return word in text


def figures(model):
    """All numbers that are counted or measured."""
    keep = ("measured", "count", "answered", "missed", "loss", "p50", "length_ns", "after_ns", "availability")
    return [model["summary"]] + [{k: e.get(k) for k in keep} for name in ("verdicts", "series", "confirmations") for e in model[name]]


def main(work):
    for name, text in (("site.yaml", SITE), ("d.lua", DRILL)):
        with open(f"{work}/{name}", "w") as out:
            out.write(text)
    runs = f"{work}/runs"
    done = subprocess.run([netdrill, "rehearse", f"{work}/d.lua", "--runs", runs], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(done.returncode in (0, 10), f"the rehearsal: exit {done.returncode}\n{done.stdout[-800:]}")
    whole = json.loads(report(runs, "--format", "json"))
    check(all(named(w, json.dumps(whole, ensure_ascii=False)) for o in OF for w in OF[o] if named(w, DRILL)),
          "the whole report lacks a name: this test would show nothing")
    for own in OF:
        audience = ("--audience", f"operator:{own}")
        for what, text in texts(runs, *audience):
            for other in OF:
                for word in OF[other] if other != own else []:
                    check(not named(word, text), f"for {own}: {what} names '{word}'")
        model = json.loads(report(runs, "--format", "json", *audience))
        check(figures(model) == figures(whole), f"for {own}: the figures differ")
        check(named(own, json.dumps(model["objectives"] + model["verdicts"], ensure_ascii=False)), f"for {own}: its own name is gone")
        for series, before in zip(model["series"], whole["series"]):
            mine = before["target"].startswith(own)
            check((series["columns"] == before["columns"]) == mine, f"for {own}: samples of {before['target']}")
        check("user" not in model["run"] or model["run"]["user"] is None, f"for {own}: an account")
    for what, text in texts(runs, "--audience", "public"):
        for word in ("jia-noc", "yi-noc", "ceoc", "甲網管中心", "Operation center", "127.0.2.1", "127.0.2.2"):
            check(not named(word, text), f"for the public: {what} names '{word}'")
    check(named("乙電信", report(runs, "--format", "md", "--lang", "zh", "--audience", "public").decode()), "for the public: operators stay")
    written = subprocess.run([netdrill, "report", "last", "--runs", runs, "--audience", "operator:yi"], check=True, stdout=subprocess.PIPE, text=True).stdout
    check("/report/for-operator-yi/report.en.html" in written, f"written to {written}")
    for bad, words in (("operator:ding", "it has: jia, yi, bing"), ("all", "takes operator:NAME or public")):
        out = subprocess.run([netdrill, "report", "last", "--runs", runs, "--audience", bad], stderr=subprocess.PIPE, text=True)
        check(out.returncode == 2 and words in out.stderr, f"{bad}: exit {out.returncode}, {out.stderr}")
    run = [d for d in os.listdir(runs) if d.endswith("three-rehearsal") or "three" in d][0]
    os.unlink(f"{runs}/{run}/site.yaml")
    out = subprocess.run([netdrill, "report", "last", "--runs", runs, "--audience", "public", "--format", "md"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(out.returncode == 20 and out.stdout == "" and "not known what is whose" in out.stderr, f"without a site file: exit {out.returncode}, {out.stdout[:80]}")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
