#!/usr/bin/python3
"""Hostile words in Chromium: pages of models that have them in every text the schema knows, and of a run's records, are as wide as the
window, be it a telephone's or a desk's, and on paper; no word of theirs runs as a script, even with the page's own policy taken away, and
nothing is asked of a network. Each figure is the browser's own: a script that the test adds measures and tells."""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from checks import check, finish
import full_run
import hostile_words

netdrill, render = map(os.path.abspath, sys.argv[1:3])
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WIDTHS = (360, 1100)
MEASURE = """<script>window.harmed = window.harmed || 0;
addEventListener("load", () => {
  const root = document.documentElement, wide = [];
  for (const one of document.body.querySelectorAll("*")) {
    let within = one, scrolls = false;
    for (; within; within = within.parentElement) scrolls = scrolls || getComputedStyle(within).overflowX === "auto";
    const box = one.getBoundingClientRect();
    if (!scrolls && box.right > root.clientWidth + 1 && box.width > 0) wide.push(one.tagName + "." + one.className + " " + Math.round(box.right));
  }
  parent.postMessage({name: NAME, wide: wide.slice(0, 3), over: root.scrollWidth - root.clientWidth, harmed: window.harmed, images: document.images.length,
                      scripts: document.scripts.length}, "*");
});</script>"""


def pages_of(work):
    """Name and text of each page: of models, in both languages, and of the records of a run."""
    words = subprocess.run([netdrill, "report", "--words"], check=True, stdout=subprocess.PIPE, text=True).stdout
    keys = [line.split("\\t")[0] for line in words.splitlines()]
    for number, (model, _) in enumerate(hostile_words.models(f"{root}/docs/report.schema.json", keys)):
        if number % 6 != 0:
            continue
        directory = f"{work}/model{number}"
        os.mkdir(directory)
        with open(directory + ".json", "w") as out:
            json.dump(model, out)
        subprocess.run([render, directory + ".json", directory], check=True)
        for lang in ("zh", "en"):
            yield f"model{number}-{lang}", open(f"{directory}/{lang}.html").read()
    run = full_run.full(work + "/runs", words=hostile_words.in_every)
    yield "records", subprocess.run([netdrill, "report", run.directory, "--format", "html", "--lang", "both"], check=True, stdout=subprocess.PIPE).stdout.decode()


def browse(work, *args):
    return subprocess.run(["unshare", "-rn", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                           "--disable-component-update", "--disable-sync", "--user-data-dir=" + work + "/profile", "--allow-file-access-from-files", *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100)


def main(work):
    frames = []
    for name, text in pages_of(work):
        plain = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        check(plain != text, f"{name}: the page has no policy")
        guard = "<script>window.harmed = 0; window.alert = () => { window.harmed++; };</script>"
        plain = plain.replace("<head>", "<head>" + guard, 1).replace("</body>", MEASURE.replace("NAME", "window.name") + "</body>")
        with open(f"{work}/{name}.html", "w") as out:
            out.write(plain)
        frames += [f'<iframe name="{name} {width}" src="{name}.html" style="width:{width}px;height:900px"></iframe>' for width in WIDTHS]
    with open(work + "/all.html", "w") as out:
        out.write("<!DOCTYPE html><meta charset=utf-8><pre id=told></pre><script>addEventListener('message', e => { told.textContent += JSON.stringify(e.data) + '\\n'; });</script>"
                  + "\n".join(frames))
    done = browse(work, "--virtual-time-budget=60000", "--window-size=1300,1000", "--dump-dom", "file://" + work + "/all.html")
    told = re.search(r"<pre id=\"?told\"?>(.*?)</pre>", done.stdout.decode(), re.S)
    lines = [json.loads(line) for line in (told.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").splitlines() if told else [])]
    check(len(lines) == len(frames), f"{len(lines)} of {len(frames)} pages told: {done.stderr[-400:]}")
    for one in lines:
        check(one["over"] <= 0, f"{one['name']}: {one['over']} px wider than the window: {one['wide']}")
        check(one["harmed"] == 0 and one["scripts"] == 2 and one["images"] <= 2, f"{one['name']}: {one}")
    print(f"{len(lines)} pages, of {WIDTHS} px")


with tempfile.TemporaryDirectory() as directory:
    main(directory)
finish()
