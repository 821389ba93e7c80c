#!/usr/bin/python3
"""The pages across drills (review, trends, comparison, improvement items) in a real browser with the network off: no request, no console
message; each chart has a title, a description and a table in its section, no id twice, one first heading. As PDF: tagged, A4 lying on
its side, each page marked, the Chinese can be copied; without a Chromium the pages are written all the same, and it is said."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from years import Years

CUT = "用戶中斷不超過門檻"
BROWSER = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--window-size=1100,1600"]


def structure(years, name, page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    years.check(len(ids) == len(set(ids)), f"{name}: an id stands twice")
    for by in re.findall(r'aria-labelledby="([^"]+)"', page):
        years.check(all(one in ids for one in by.split()), f"{name}: '{by}' is not there")
    years.check(page.count("<h1") == 1 and page.count("<main") == 1 and '<html lang="zh-Hant-TW">' in page, f"{name}: headings")
    years.check("default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page and "<script" not in page and "http" not in page.replace("http-equiv", ""), f"{name}: outside")
    for section in re.findall(r"<section.*?</section>", page, re.S):
        years.check("<caption>" in section and 'scope="col"' in section, f"{name}: a table without its caption or scopes")
        for svg in re.findall(r"<svg.*?</svg>", section, re.S):
            years.check('role="img"' in svg and re.search(r"<title[^>]*>[^<]", svg) and re.search(r"<desc[^>]*>[^<]", svg), f"{name}: a chart without words")


def render(years, chromium, path):
    name, work = os.path.basename(path), years.work
    done = subprocess.run(["unshare", "-rn", chromium, *BROWSER, f"--user-data-dir={work}/profile", f"--log-net-log={work}/net.json", "--dump-dom", f"file://{path}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    years.check("演練 EXERCISE" in done.stdout, f"{name}: the page did not render")
    years.check(not [line for line in done.stderr.splitlines() if "CONSOLE" in line and "source: chrome://" not in line], f"{name}: the console complains")
    # The browser's own look-ups for updates and the time are not the page's.
    asked = [u for u in re.findall(r'"url":"((?:https?|ws)://[^"]*)"', open(f"{work}/net.json").read()) if not re.match(r"https?://[a-z0-9.]*(google|googleapis)\.com/", u)]
    years.check(not asked, f"{name}: requests {asked[:3]}")


def pdf(years, path, words):
    info = subprocess.run(["pdfinfo", path], stdout=subprocess.PIPE, text=True).stdout
    name, pages = os.path.basename(path), int(re.search(r"Pages: +(\d+)", info).group(1))
    width, height = map(float, re.search(r"Page size: +([\d.]+) x ([\d.]+)", info).groups())
    years.check(re.search(r"Tagged: +yes", info) and abs(width - 842) < 2 and abs(height - 595) < 2, f"{name}: {info}")
    text = [subprocess.run(["pdftotext", "-f", str(i), "-l", str(i), path, "-"], stdout=subprocess.PIPE, text=True).stdout for i in range(1, pages + 1)]
    years.check(all("演練 EXERCISE" in t and f"{i + 1}/{pages}" in t.replace(" ", "") for i, t in enumerate(text)), f"{name}: a page is not marked")
    tight = ["".join(t.split()) for t in text]  # where a line ends is the paper's affair
    missing = [w for w in words if "".join(w.split()) not in "".join(tight)]
    years.check(not missing and "".join(words[0].split()) in tight[0], f"{name}: {missing or words[:1]} not there, or not on the first page")


def main(years):
    os.mkdir(years.runs)
    open(f"{years.work}/site.yaml", "w").write("site: s\npeople:\n  chen: {role: evaluator}\n")

    def play(stamp, seconds, share):
        run = years.play("roaming", [(CUT, "seconds(20)", "at_most = seconds(60)"), ("接通率", 0.95, "at_least = 0.9")])

        def edit(kind, data):
            if kind == "verdict" and data["unit"] == "ns":
                data.update(measured=seconds * 1e9, uncertainty=2e9, grade="met" if seconds <= 60 else "missed")
            elif kind == "verdict":
                data.update(measured=share, statistic="share", grade="met" if share >= 0.9 else "missed")
        return years.move(run, stamp, edit=edit)
    runs = [play("20220921T010203Z", 80, 0.85), play("20230321T010203Z", 55, 0.93), play("20230921T010203Z", 41, 0.97)]
    years.call("improve", "add", "備援電池換裝", "--element", "equipment", "--owner", "甲公司", "--due", "2023-03-31", "--as", "chen", "--run", runs[0], "--runs", years.runs)
    years.call("improve", "carry", "--as", "chen", "--run", runs[2], "--runs", years.runs)
    open(f"{years.work}/goals.yaml", "w").write("goals:\n- {goal: 災難漫遊三分鐘內可用, drills: [roaming], planned: {runs: 3, met: 90%}}\n- {goal: 衛星備援, drills: [satellite], planned: {runs: 1}}\n")
    years.out("review", "--year", "112", "--goals", f"{years.work}/goals.yaml", "--out", years.work, "--pdf")
    years.out("trends", "roaming", "--out", years.work, "--pdf")
    years.out("compare", runs[0], runs[2], "--out", years.work, "--pdf")
    open(f"{years.work}/improvements.zh-TW.html", "w").write(years.out("improvements", "--all", "--format", "html", "--lang", "zh"))
    chromium = shutil.which("chromium")
    years.check(chromium, "chromium is not there")
    for name in ("review-2023", "trends-roaming", "compare", "improvements"):
        path = f"{years.work}/{name}.zh-TW.html"
        structure(years, name, open(path).read())
        if chromium:
            render(years, chromium, path)
    pdf(years, f"{years.work}/review-2023.zh-TW.pdf", ["年度目標", "推動策略/作為", "達成效益/效果", "未來精進方向", "備援電池換裝", "差異原因"])
    pdf(years, f"{years.work}/trends-roaming.zh-TW.pdf", [CUT, "民國 112 年", "± 2 s"])
    pdf(years, f"{years.work}/compare.zh-TW.pdf", ["改善", CUT])
    os.mkdir(f"{years.work}/path")
    done = subprocess.run([years.netdrill, "review", "--year", "112", "--out", years.work, "--pdf", "--runs", years.runs], env={"PATH": f"{years.work}/path"}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    years.check(done.returncode == 5 and "no Chromium" in done.stderr and "review-2023.en.ods" in done.stdout, f"without a Chromium: {done}")


with tempfile.TemporaryDirectory() as directory:
    of = Years(sys.argv[1], directory)
    main(of)
print(f"{of.failures} failure(s)" if of.failures else "ok")
sys.exit(1 if of.failures else 0)
