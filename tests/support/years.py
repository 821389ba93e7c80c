"""Runs of other years: a drill is played with figures of one's own, then moved to another moment, its journal chained anew."""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess


class Years:
    def __init__(self, netdrill, work):
        self.netdrill, self.work, self.runs, self.failures = os.path.abspath(netdrill), work, f"{work}/runs", 0

    def check(self, good, words):
        if not good:
            self.failures += 1
            print("FAIL:", words)

    def call(self, *args, code=0):
        done = subprocess.run([self.netdrill, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.check(done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout[-400:]}{done.stderr[-800:]}")
        return done

    def out(self, *args, code=0):
        return self.call(*args, "--runs", self.runs, code=code).stdout.decode()

    def err(self, *args, code=0):
        return self.call(*args, "--runs", self.runs, code=code).stderr.decode()

    def json(self, *args):
        return json.loads(self.out(*args))

    def play(self, drill, values, body="", how="run", code=0, frame="", options=()):
        """values: (sentence, what is measured, limit) of each expectation. Returns the run's id."""
        lines = "".join(f"  expect {{ {json.dumps(s, ensure_ascii=False)}, {v}, {limit}, objective = 'o' }}\n" for s, v, limit in values)
        with open(f"{self.work}/{drill}.lua", "w") as out:
            out.write(f"""drill {{ {{ zh = "{drill} 演練", en = "{drill} drill" }}, id = "{drill}", lasts = minutes(1), site = "site.yaml", objectives = {{ o = "People reach help" }}{frame} }}
phase {{ "One" }}
step {{ "Do", id = "do", owner = "chen", run = function()
{lines}{body}end }}
""")
        args = ["--confirm", drill, "--plain"] if how == "run" else []
        self.call(how, f"{self.work}/{drill}.lua", "--runs", self.runs, *args, *options, code=code)
        return os.path.basename(max(glob.glob(f"{self.runs}/*-{drill}-*"), key=os.path.getmtime))

    def move(self, run, stamp, uncertainty=0, edit=None):
        """The run as if it had begun at that moment (UTC, 20230921T010203Z) in Taiwan; every verdict with that uncertainty.
        edit: what is to be done to the data of each event, by its type, before it is chained: a run of the same scenario with other figures."""
        new = stamp + run[len(stamp):]
        shutil.move(f"{self.runs}/{run}", f"{self.runs}/{new}")
        shutil.rmtree(f"{self.runs}/{new}/report")
        day = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:"
        for name in ("journal.jsonl", "evaluation.jsonl"):
            path = f"{self.runs}/{new}/{name}"
            if not os.path.exists(path):
                continue
            before, lines = hashlib.sha256(b"").hexdigest(), []
            for line in open(path).read().splitlines():
                line = line.replace(run, new)
                line = re.sub(r'"(time|wall)":"[0-9-]{10}T[0-9]{2}:[0-9]{2}:', rf'"\1":"{day}', line)
                line = re.sub(r'"utc_offset_min":-?\d+', '"utc_offset_min":480', line)
                line = re.sub(r'"uncertainty":[0-9.]+', f'"uncertainty":{uncertainty}', line)
                if edit is not None and name == "journal.jsonl":
                    event = json.loads(line)
                    edit(event["type"].removeprefix("netdrill."), event.get("data"))
                    line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
                line = re.sub(r'"prev":"sha256:[0-9a-f]{64}"', f'"prev":"sha256:{before}"', line)
                before = hashlib.sha256(line.encode()).hexdigest()
                lines.append(line)
            open(path, "w").write("\n".join(lines) + "\n")
        return new
