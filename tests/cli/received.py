#!/usr/bin/python3
"""A report that came by mail: 'netdrill verify --report FILE' tells, from the file alone and the run's sealed records, whether it is
that run's, octet for octet, in which format and language, for whom, and of which version; one altered octet, another run's page and
an altered record are told apart."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish

netdrill = os.path.abspath(sys.argv[1])


def call(*args, code=0):
    done = subprocess.run([netdrill, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout[-600:].decode(errors='replace')}")
    return done.stdout


def main(work):
    runs, mail = f"{work}/runs", f"{work}/received"
    open(f"{work}/site.yaml", "w").write("site: s\noperators:\n  jia: {title: {zh: 甲電信, en: Jia}}\npeople:\n  chen: {role: evaluator}\n"
                                         "targets:\n  here: {kind: host, address: 127.0.0.1, operator: jia}\n")
    open(f"{work}/d.lua", "w").write("""local reach = use "reach"
drill { "Received", id = "received", lasts = minutes(1), site = "site.yaml" }
phase { "One" }
step { "Do", owner = "chen", run = function()
  local s = measure { reach.icmp, site "here", every = ms(50) }
  wait(ms(300))
  s:stop()
end }
""")
    for _ in range(2):
        call("run", f"{work}/d.lua", "--confirm", "received", "--plain", "--runs", runs)
    first, second = sorted((d for d in os.listdir(runs) if os.path.isdir(f"{runs}/{d}")), key=lambda d: os.stat(f"{runs}/{d}/journal.jsonl").st_mtime)

    def received(octets, name="page"):
        with open(mail, "wb") as out:
            out.write(octets)
        return mail

    def verify(octets, *args, code=0):
        return call("verify", *args, "--report", received(octets), "--runs", runs, code=code).decode()

    # All that can be sent, by the run that is named in it, or beside it.
    page = open(f"{runs}/{first}/report/report.zh-TW.html", "rb").read()
    told = verify(page)
    check(f"run       {first}" in told and "ok: html, zh-TW, for the owner" in told, f"the page: {told}")
    forms = [(["html", "--lang", "en"], "html, en,"), (["html", "--lang", "both"], "html, zh-TW + en"), (["md", "--lang", "zh"], "md, zh-TW"), (["json"], "json"),
             (["junit"], "junit"), (["ods", "--lang", "en"], "ods, en"), (["openmetrics"], "openmetrics"), (["grafana", "--lang", "en"], "grafana"),
             (["stix", "--tlp", "green", "--lang", "en"], "stix, TLP green, en"), (["csv", "--table", "services", "--lang", "zh"], "csv services, zh-TW"),
             (["html", "--lang", "zh", "--audience", "public"], "html, zh-TW, for public"), (["md", "--lang", "en", "--audience", "operator:jia"], "md, en, for operator:jia")]
    for args, words in forms:
        told = verify(call("report", first, "--runs", runs, "--format", *args), first)
        check(f"ok: {words}" in told, f"{args}: {told}")

    # What the page itself says to its reader: the journal's end, as the seal has it, and how to check.
    text = page.decode()
    end = re.search(r"# journal \d+ (sha256:\w+)", open(f"{runs}/{first}/MANIFEST").read()).group(1)
    check(end in text and f"netdrill verify {first} --report" in text and "MANIFEST" in text, "the page does not tell how it is checked")

    # Another octet, another run, a record that was altered.
    altered = page.replace("演練".encode(), "演习".encode(), 1)
    told = verify(altered, code=20)
    check("NOT what these records give" in told and "altered" in told, f"altered: {told}")
    told = verify(page, second, code=20)
    check("does not name this run" in told, f"another run's: {told}")
    told = verify(page.replace(b'content="netdrill ', b'content="netdrill 0.0.'), first, code=20)
    check("made by netdrill 0.0." in told and "check it with that version" in told, f"another version: {told}")
    told = verify(b"%PDF-1.7 x", first, code=20)
    check("PDF" in told, f"PDF: {told}")
    verify(b"", first, code=20)
    check(b"goes with '--report'" in call("verify", first, "--template", mail, "--runs", runs, code=2), "a template without a report")
    call("verify", first, "--report", f"{work}/nowhere", "--runs", runs, code=2)

    # Versions: as it was before it was rated, and since.
    call("improve", "add", "a new procedure", "--as", "chen", "--element", "planning", "--run", first, "--runs", runs)
    told = verify(page)
    check("EARLIER version: as of event 0 of the evaluation; it has 2 now" in told, f"before: {told}")
    newer = open(f"{runs}/{first}/report/report.zh-TW.html", "rb").read()
    told = verify(newer)
    check(newer != page and "the newest version: with all 2 events" in told, f"since: {told}")
    call("improve", "done", "I1", "proof", "--as", "chen", "--run", first, "--runs", runs)
    check("EARLIER version: as of event 2" in verify(newer) and "event 0" in verify(page), "two versions before")

    # The page agrees with records that were altered: the seal does not.
    forged = f"{work}/forged"
    shutil.copytree(runs, forged)
    with open(f"{forged}/{second}/journal.jsonl") as file:
        lines = file.read()
    with open(f"{forged}/{second}/journal.jsonl", "w") as file:
        file.write(lines.replace('"Received"', '"Perfect"'))
    octets = call("report", second, "--runs", forged, "--format", "html", "--lang", "en")
    told = call("verify", second, "--report", received(octets), "--runs", forged, code=20).decode()
    check("is not what it was" in told, f"forged: {told}")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
