#!/usr/bin/python3
"""The figures of a running drill, read by a parser of OpenMetrics that nobody here wrote: from the
port, and from the text file."""
import os, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import prometheus
from checks import finish, told as check

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()


with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
open(f"{work}/s.lua", "w").write("""
local p = use "pretend"
drill { "Metrics", id = "metrics", lasts = seconds(20), site = "site.yaml" }
phase { "One" }
step { "Measure", owner = "me", run = function()
  local s = measure { p.probe, "x", every = ms(50), lasts = seconds(8), takes = ms(3), label = 'a "quoted" \\\\ label' }
  measure { p.probe, "y", every = ms(50), lasts = seconds(8), fail = "ETIME" }
  expect { "all", s, "share>=100%" }
end }
""")
open(f"{work}/site.yaml", "w").write(f"site: metrics-{os.getpid()}\nsimulated: true\n")
run = subprocess.Popen([netdrill, "run", f"{work}/s.lua", "--confirm", "metrics", "--plain", "--runs", f"{work}/runs",
                        "--metrics", str(port), "--metrics-file", f"{work}/metrics.txt"], stdout=subprocess.DEVNULL)


def fetch():
    for _ in range(300):
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2)
            return answer.headers["Content-Type"], answer.read().decode()
        except (ConnectionRefusedError, urllib.error.URLError):
            time.sleep(0.1)
    sys.exit("the port never answered")


def families(text):
    return {f.name: f for f in parse(text)}


def sent_of(page):
    return [s.value for s in page["netdrill_probes_sent"].samples] if "netdrill_probes_sent" in page else []


def fetch_until(test):
    """The page, as text and read, once it is so, or what it is after half a minute."""
    for _ in range(300):
        text = fetch()[1]
        if test(families(text)):
            break
        time.sleep(0.1)
    return text, families(text)


kind, _ = fetch()
check("the content type is OpenMetrics'", kind.startswith("application/openmetrics-text; version=1.0.0"))
text, first = fetch_until(lambda page: len(sent_of(page)) == 2 and min(sent_of(page)) > 1)
refused, read = prometheus.strict(text, f"{work}/store")
check(f"Prometheus' own parser takes it: {refused}", not refused and len(read) == len(prometheus.samples(text)) > 10)
check(f"units and help: {prometheus.units(text)}", not prometheus.units(text))
sent = sent_of(first)
_, second = fetch_until(lambda page: len(sent_of(page)) == len(sent) and all(a < b for a, b in zip(sent, sent_of(page))))
later = sent_of(second)
check(f"two series, and their counters rise: {sent} {later}", len(sent) == 2 and all(a < b for a, b in zip(sent, later)))
check("labels come through quoting", first["netdrill_probes_sent"].samples[0].labels["label"] == 'a "quoted" \\ label')
loss = [s.value for s in second["netdrill_loss_ratio"].samples]
check(f"loss: {loss}", loss[0] == 0 and loss[1] == 1)
median = second["netdrill_median"].samples[0]
check(f"lengths are in seconds: {median.value}", median.labels["unit"] == "seconds" and abs(median.value - 0.003) < 1e-9)
try:
    urllib.request.urlopen(f"http://127.0.0.1:{port}/other", timeout=2)
    check("another path is not found", False)
except urllib.error.HTTPError as error:
    check("another path is not found", error.code == 404)
taken = subprocess.run([netdrill, "run", f"{work}/s.lua", "--confirm", "metrics", "--site", f"{work}/other.yaml", "--runs", f"{work}/runs2", "--metrics", str(port)],
                       capture_output=True, text=True) if not open(f"{work}/other.yaml", "w").write(f"site: other-{os.getpid()}\nsimulated: true\n") == 0 else None
check(f"a taken port is refused: {taken.stderr.strip()[:80]}", taken.returncode == 3 and "taken" in taken.stderr)
check(f"the run ends well: {run.wait(timeout=30)}", run.returncode == 0)
last = families(open(f"{work}/metrics.txt").read())
check("the file tells the end", [s.value for s in last["netdrill_expected_met"].samples] == [1])
finish()
