#!/usr/bin/python3
"""The live display, driven by keys in tmux, and compared with what the journal says; a second
terminal with `watch`; and terminals that are stopped, go away, or are none."""
import fcntl, glob, json, os, pty, re, select, shutil, signal, struct, subprocess, sys, tempfile, termios, time, unicodedata

netdrill = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
failures = []
tmux_name = "netdrill-desk-%d" % os.getpid()
for name in ("NO_COLOR", "TMUX"):
    os.environ.pop(name, None)
os.environ.update(LANG="C.UTF-8", TERM="xterm-256color")


def check(what, good, more=""):
    if not good:
        failures.append(what)
        print("FAIL:", what)
        if more:
            print(more)


def write(name, text):
    with open(os.path.join(work, name), "w") as out:
        out.write(text)
    return os.path.join(work, name)


write("site.yaml", """site: field
people: {lin: {title: 林}, ceoc: {title: 中央災害應變中心, role: player}}
targets: {desk-3: {kind: card, directory: cards, recipients: {ceoc: desk 3}}}
""")
os.mkdir(work + "/cards")
drill = write("desk.lua", """local p = use "pretend"
drill { { zh = "畫面與按鍵測試演練", en = "Keys and screen" }, id = "desk", lasts = minutes(5), site = "site.yaml" }
phase { { zh = "第一階段", en = "First" }, at = "T+00:00" }
step { { zh = "量測服務", en = "Measure" }, id = "measure", owner = "lin", run = function()
  measure { p.probe, every = ms(100), label = "服務甲 網頁" }
  measure { p.probe, every = ms(100), label = "emergency calls" }
  confirm { { zh = "是否繼續演練", en = "Go on" }, by = "lin", within = minutes(4) }
  wait(minutes(4))
end }
step { { zh = "稍後的步驟", en = "Later" }, id = "later", owner = "lin", at = minutes(3), run = function() end }
inject { { zh = "停電消息", en = "The power fails" }, id = "power", at = minutes(2), from = "lin", to = { "ceoc" },
  body = { zh = "停電", en = "No power" }, react_within = minutes(2) }
inject { { zh = "記者來電", en = "A reporter calls" }, id = "press", at = minutes(2), from = "lin", to = { "ceoc" },
  body = { zh = "來電", en = "A call" }, react_within = minutes(2) }
phase { { zh = "第二階段", en = "Second" } }
""")
write("forms.lua", """local message = use "message"
drill { "Forms", id = "forms", lasts = minutes(10), site = "site.yaml" }
obligations { "tw-telecom-outage", owner = "ceoc", occurs = { outage = "T+00:00" } }
phase { "One" }
inject { "The power fails", id = "power", to = { "ceoc" }, react_within = minutes(5) }
inject { "On paper", id = "paper", at = minutes(4), to = { "ceoc" }, via = { message.card, site "desk-3" } }
""")
short = write("short.lua", """local p = use "pretend"
drill { "Short", id = "short", lasts = minutes(2), site = "site.yaml" }
phase { "One" }
step { "Talk", id = "talk", owner = "lin", run = function()
  for i = 1, 300 do note { "line " .. i .. " " .. string.rep("x", 300) } wait(ms(10)) end
end }
""")


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def events(runs):
    found = glob.glob(runs + "/*/journal.jsonl")
    lines = open(found[0]).read().split("\n") if found else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def of(runs, kind):
    return [e for e in events(runs) if e["type"] == "netdrill." + kind]


def until(what, test, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = test()
        if got:
            return got
        time.sleep(0.1)
    check(what, False)
    return None


# ---- tmux ----


def tmux(*args):
    return subprocess.run(["tmux", "-L", tmux_name, "-f", "/dev/null", *args], capture_output=True, text=True).stdout


def screen(window=0):
    return tmux("capture-pane", "-p", "-t", f"d{window}").split("\n")


def shows(words, window=0, seconds=60):
    if until(f"the screen does not show '{words}'", lambda: words in "\n".join(screen(window)), seconds) is None:
        print("\n".join(screen(window)))


def keys(text, window=0):
    tmux("send-keys", "-t", f"d{window}", "-l", text)


def key(name, window=0):
    tmux("send-keys", "-t", f"d{window}", name)


def by_keys():
    runs = work + "/runs"
    os.mkdir(runs)
    run = f"cd {work}; {netdrill} run desk.lua --confirm desk --lang zh --runs {runs}; echo exit=$?"
    tmux("new-session", "-d", "-s", "d0", "-x", "80", "-y", "24", "bash --norc")
    tmux("set", "-g", "escape-time", "0")
    keys(run)
    key("Enter")
    shows("服務甲 網頁")
    for words in ("演練 EXERCISE", "進行中", "第一階段", "第二階段", "是否繼續演練", "量測服務", "稍後的步驟", "停電消息", "STARTEX"):
        shows(words)
    # Nothing is wider than the terminal, and what stands at its right edge ends there, wide characters or not.
    rows = [row for row in screen() if row.strip()]
    check("rows beyond the terminal", len(rows) <= 24 and max(map(width, rows)) <= 80, "\n".join(rows))
    until("the right edge is not straight", lambda: len(found := [width(row) for row in screen() if re.search(r"(剩 \w+|\w+ 後|中位 +\S+|隨後)$", row)]) >= 4 and set(found) == {80})

    key("a")  # two things are open? only the confirmation is
    shows("是否繼續演練  [y/n]")
    key("x")
    check("something else than y or n answers", not of(runs, "confirm.answered"))
    key("y")
    answered = until("y does not answer", lambda: of(runs, "confirm.answered"))
    check("the answer is not as typed", answered and answered[0]["data"]["answer"] == "yes" and "root" in json.dumps(answered[0]) or os.getuid() != 0)
    shows("已回覆")
    key("p")
    until("p does not pause", lambda: of(runs, "run.paused"))
    shows("暫停中")
    key("r")
    until("r does not let it go on", lambda: of(runs, "run.resumed"))
    shows("進行中")
    keys("n北部機房 空調正常")
    shows("記事: 北部機房 空調正常")
    key("BSpace")
    key("Enter")
    note = until("n leaves no note", lambda: [e for e in events(runs) if "北部機房 空調正" in json.dumps(e, ensure_ascii=False)])
    check("Backspace takes no whole character", note and "空調正常" not in json.dumps(note[0], ensure_ascii=False))
    # an inject is fired by key, answered by key; another one is skipped, with a reason
    keys("f")
    shows("power press")
    keys("power")
    key("Enter")
    until("f does not fire", lambda: [e for e in of(runs, "inject.fired") if e.get("subject") == "power"])
    shows("ceoc")
    until("it is not handed over", lambda: [e for e in of(runs, "inject.delivered") if e.get("subject") == "power"])
    key("a")
    shows("power 之回覆")
    keys("已啟動備援")
    key("Enter")
    got = until("a does not answer an inject", lambda: of(runs, "inject.answered"))
    check("the inject's answer is not as typed", got and "已啟動備援" in json.dumps(got, ensure_ascii=False))
    key("f")  # one is left: it stands there, and nothing happens without Enter
    shows("發出 哪一項: press")
    key("Escape")
    key("s")
    shows("略過 哪一項: press")
    key("Enter")
    shows("略過 press 之理由")
    key("Enter")  # without a reason it is not
    shows("略過須填理由")
    check("fired by itself", not [e for e in of(runs, "inject.fired") if e.get("subject") == "press"])
    check("skipped without a reason", not of(runs, "inject.skipped"))
    keys("時間不足")
    key("Enter")
    got = until("s does not skip", lambda: of(runs, "inject.skipped"))
    check("the reason is lost", got and "時間不足" in json.dumps(got, ensure_ascii=False))

    # another language, help, and other sizes
    key("l")
    shows("MEASURED")
    shows("RUNNING")
    key("?")
    shows("REAL-WORLD EMERGENCY")
    key("?")
    tmux("resize-window", "-t", "d0", "-x", "130", "-y", "44")
    shows("ENDEX within")
    check("rows beyond the larger terminal", max(map(width, screen())) <= 130)
    until("events do not use the room there is", lambda: sum("T+" in row for row in screen()) >= 8)
    tmux("resize-window", "-t", "d0", "-x", "60", "-y", "10")
    until("a smaller terminal is not noticed", lambda: 50 < max(map(width, screen())) <= 60)
    shows("RUNNING")
    key("Up")
    key("PPage")
    shows("EVENTS ↑")
    key("Escape")
    tmux("resize-window", "-t", "d0", "-x", "80", "-y", "24")
    until("a larger terminal is not noticed", lambda: max(map(width, screen())) > 70)
    return runs


def by_forms():
    """What is asked in several questions: an observation, a deferral, an ad-hoc inject, a duty; each with a slip that is
    told, and mended without typing it all again."""
    runs = work + "/forms"
    os.mkdir(runs)
    tmux("new-session", "-d", "-s", "d3", "-x", "80", "-y", "24", "bash --norc")
    shown, typed, pressed = (lambda text: shows(text, 3)), (lambda text: keys(text, 3)), (lambda text: key(text, 3))
    typed(f"cd {work}; {netdrill} run forms.lua --confirm forms --lang zh --runs {runs}; echo exit=$?")
    pressed("Enter")
    shown("請交付")
    typed("o機房人員 立即查閱程序書")
    pressed("Enter")
    shown("s 優點  i 待改善")
    typed("x")  # neither of them
    typed("s")
    shown("關於哪一狀況")
    typed("nothing")
    pressed("Enter")
    shown("查無狀況「nothing」")
    check("what was refused is written down", not of(runs, "observation"))
    for _ in "nothing":
        pressed("BSpace")
    typed("po")
    pressed("Tab")
    shown("無): power")
    pressed("Enter")
    seen = until("o writes no observation", lambda: of(runs, "observation"))
    shown("觀察已記錄")
    data = seen[0]["data"] if seen else {}
    check(f"the observation is not as typed {data}", (data.get("text"), data.get("sort"), data.get("inject")) == ("機房人員 立即查閱程序書", "strength", "power"))
    typed("o第二件")  # Enter all through: neither sort, about nothing
    for words in ("觀察: 第二件", "s 優點", "關於哪一狀況"):
        shown(words)
        pressed("Enter")
    seen = until("o writes no second one", lambda: of(runs, "observation")[1:])
    check("a sort or an inject that nobody gave", seen and seen[0]["data"]["sort"] is None and seen[0]["data"]["inject"] is None)
    typed("o不寫了")
    pressed("Enter")
    shown("s 優點")
    pressed("Escape")

    typed("d")
    shown("延後 哪一項: paper")
    pressed("Enter")
    shown("paper 延至")
    typed("soon")
    pressed("Enter")
    shown("所填為「soon」")
    check("put off till nobody knows when", not of(runs, "inject.deferred"))
    for _ in "soon":
        pressed("BSpace")
    typed("20s 等候 記者")
    pressed("Enter")
    put_off = until("d does not defer", lambda: of(runs, "inject.deferred"))
    shown("paper 已延後：20s")
    check(f"not as typed: {put_off}", put_off and put_off[0]["subject"] == "paper" and put_off[0]["data"]["reason"] == "等候 記者" and put_off[0]["data"]["by"])

    typed("i記者到場")
    pressed("Enter")
    shown("收件者")
    shown("ceoc lin")
    typed("ceo nobody")
    pressed("Enter")
    shown("查無 ceo")
    check("an inject for nobody", not of(runs, "inject.added"))
    for _ in "o nobody":
        pressed("BSpace")
    pressed("Tab")
    pressed("Enter")
    shown("反應時限")
    typed("10")
    pressed("Enter")
    shown("所填為「10」")
    typed("m")
    pressed("Enter")
    shown("經由哪一狀況之管道")
    typed("pa")
    pressed("Tab")
    pressed("Enter")
    added = until("i adds no inject", lambda: of(runs, "inject.added"))
    data = added[0]["data"] if added else {}
    check(f"the ad-hoc inject is not as typed {data}", (data.get("title", {}).get("zh"), data.get("to"), data.get("react_within_ns"), data.get("like")) == ("記者到場", ["ceoc"], 600e9, "paper"))
    until("it is not delivered", lambda: [e for e in of(runs, "inject.delivered") if e["subject"] == "adhoc-1"])
    typed("i人工交付")
    for answer in ("", "role:player", "", ""):
        typed(answer)
        pressed("Enter")
    until("i adds no second one", lambda: of(runs, "inject.added")[1:])
    shown("請交付後按 f")
    typed("fadhoc-2")
    pressed("Enter")
    until("f does not hand it over", lambda: [e for e in of(runs, "inject.delivered") if e["subject"] == "adhoc-2"])

    typed("m")
    shown("first-report web-notice")
    typed("fir")
    pressed("Tab")
    pressed("Enter")
    shown("由誰完成: ceoc")
    pressed("Enter")
    shown("如期完成，尚餘")
    met = until("m meets no duty", lambda: of(runs, "obligation.met"))
    check(f"another duty, or somebody else: {met}", met and met[0]["subject"].endswith("first-report") and met[0]["data"]["by"] == "ceoc")

    typed("d停止演練")  # in the middle of a question
    pressed("Enter")
    until("a phrase is not heard while something is asked", lambda: of(runs, "run.aborting"))
    shown("exit=11")


def by_watch(runs):
    """Two more terminals look on; one answers; stopping and leaving one changes nothing."""
    for window in (1, 2):
        tmux("new-session", "-d", "-s", f"d{window}", "-x", "80", "-y", "24", "bash --norc")
        keys(f"{netdrill} watch last --runs {runs} --lang en", window)
        key("Enter", window)
    for window in (1, 2):
        shows("Keys and screen", window)
        shows("q quit", window)
    def sections(window):
        rows = screen(window)
        begins, ends = (next((i for i, row in enumerate(rows) if row.startswith(label)), 0) for label in ("NOW", "EVENTS"))
        return re.sub(r"[0-9.]+(ms|us|m|s)?| +", "", "\n".join(rows[begins:ends]))

    # Each is drawn by itself, a moment apart: soon all show the same, however wide the figures are.
    same = until("watch does not show the same", lambda: sections(0) and len({sections(window) for window in range(3)}) == 1)
    same or print(sections(0), "---", sections(1), "---", sections(2), sep="\n")
    key("p", 1)
    until("p of watch does not pause", lambda: len(of(runs, "run.paused")) == 2)
    shows("PAUSED", 2)
    shows("PAUSED")
    key("r", 2)
    until("r of watch does not resume", lambda: len(of(runs, "run.resumed")) == 2)
    key("C-z", 1)
    shows("Stopped", 1)
    keys("stty -a | grep -o ' icanon\\| echo '; echo back=$?", 1)
    key("Enter", 1)
    shows("back=0", 1)
    check("^Z leaves the terminal as it was not", any("icanon" in row for row in screen(1)) and not any("q quit" in row for row in screen(1)), "\n".join(screen(1)))
    keys("fg", 1)
    key("Enter", 1)
    shows("q quit", 1)
    keys("q", 1)
    keys("echo left=$?", 1)
    key("Enter", 1)
    shows("left=0", 1)
    check("leaving watch ends the run", not of(runs, "run.ended"))


def by_abort(runs):
    keys("A")
    shows("type desk:")
    keys("disk")
    key("Enter")
    shows("not aborted")
    check("aborted by a wrong id", not of(runs, "run.aborting"))
    keys("A")
    keys("desk")
    key("Enter")
    got = until("A and the id do not abort", lambda: of(runs, "run.aborting"))
    check("the abort is not by hand", got and "by hand" in got[0]["data"]["reason"])
    shows("exit=11")
    shows("has ended", 2)
    rows = "\n".join(screen())
    check("the terminal is not put back", "aborted:" in rows and "A ABORT" not in rows, rows)


# ---- a terminal of our own ----


class Terminal:
    """netdrill on a pty, below a session's leader as a shell is: with the leader, the kernel drops
    what nobody has read yet. The master is read by read() alone."""

    def __init__(self, args, env=None, ignore_hangup=False):
        self.runs = tempfile.mkdtemp(dir=work)
        self.master, self.slave = pty.openpty()
        self.told, tell = os.pipe()
        self.seen, self.code = b"", None
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.leader = os.fork()
        if self.leader == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            pid = os.fork()
            if pid == 0:
                for fd in (0, 1, 2):
                    os.dup2(self.slave, fd)
                os.closerange(3, 64)
                os.chdir(work)
                if ignore_hangup:
                    signal.signal(signal.SIGHUP, signal.SIG_IGN)
                os.environ.update(env or {})
                os.execl(netdrill, "netdrill", *args, "--runs", self.runs)
            signal.signal(signal.SIGHUP, lambda *_: os.kill(pid, signal.SIGHUP))  # as shells do
            os.close(self.master)
            os.write(tell, b"%d\n" % pid)
            os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            time.sleep(60)
            os._exit(0)
        os.close(tell)
        self.pid = int(self.line())

    def line(self):
        text = b""
        while not text.endswith(b"\n"):
            text += os.read(self.told, 1)
        return text

    def has_ended(self):
        if self.code is None and select.select([self.told], [], [], 0)[0]:
            self.code = int(self.line())
        return self.code is not None

    def read(self, words=None, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (words and words in self.seen):
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536)
            elif words is None and self.has_ended():
                break
        return self.seen

    def ended(self, seconds=60):
        until("it does not end", self.has_ended, seconds)
        for pid in (self.pid, self.leader) if self.code is None else (self.leader,):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(self.leader, 0)
        return self.code


RUN = ("run", "short.lua", "--confirm", "short")
SGR = re.compile(rb"\x1b\[[0-9;:]*m")


def by_terminals():
    # colour, and none with NO_COLOR; put back by SIGTERM and by a crash
    for env, number, code in (({}, signal.SIGTERM, 11), ({"NO_COLOR": "1"}, signal.SIGSEGV, -signal.SIGSEGV), ({}, signal.SIGQUIT, -signal.SIGQUIT)):
        t = Terminal(RUN, env)
        t.read(b"RUNNING")
        check(f"{number.name}: no full screen", b"\x1b[?1049h" in t.seen)
        check(f"{number.name}: keys are not taken one by one", not termios.tcgetattr(t.slave)[3] & termios.ICANON)
        check(f"{env}: colour", bool(SGR.search(t.seen)) != bool(env), repr(SGR.findall(t.seen)[:5]))
        os.kill(t.pid, number)
        t.read()
        check(f"{number.name}: exit", t.ended() == code)
        check(f"{number.name}: the screen is not left", b"\x1b[?1049l" in t.seen)
        check(f"{number.name}: the terminal is not put back", termios.tcgetattr(t.slave) == t.before)
        check(f"{number.name}: the terminal is left non-blocking", not fcntl.fcntl(t.slave, fcntl.F_GETFL) & os.O_NONBLOCK)

    # stopped by ^S, the drill goes on to its end; so it does with lines that nobody reads
    for args in (RUN, (*RUN, "--plain")):
        t = Terminal(args)
        t.read(b"RUNNING" if "--plain" not in args else b"STARTEX")
        os.write(t.master, b"\x13")
        until(f"{args}: ^S holds the drill up", lambda: of(t.runs, "run.closed"))
        check(f"{args}: notes are missing", len(of(t.runs, "note")) == 300)
        check(f"{args}: the run was held up", not of(t.runs, "stalled") or sum(e["data"]["till_ns"] - e["data"]["from_ns"] for e in of(t.runs, "stalled")) < 10e9)
        os.write(t.master, b"\x11")
        t.read()
        check(f"{args}: exit after ^S", t.ended() == 0, repr(t.seen[-300:]))
        check(f"{args}: the end is not seen", b"exit    0" in t.seen, repr(t.seen[-200:]))

    # started with nohup, the drill goes on when the terminal goes; without, it is ended
    for ignore, code in ((True, 0), (False, 11)):
        t = Terminal(RUN, ignore_hangup=ignore)
        t.read(b"RUNNING")
        os.close(t.slave)
        os.close(t.master)
        check(f"terminal gone, nohup {ignore}: exit", t.ended() == code)
        check(f"terminal gone, nohup {ignore}: notes", (len(of(t.runs, "note")) == 300) == ignore)

    # no terminal, or one that can nothing: lines
    t = Terminal(RUN, {"TERM": "dumb"})
    t.read()
    check("TERM=dumb: escape sequences", b"\x1b" not in t.seen and b"STARTEX" in t.seen)
    check("TERM=dumb: exit", t.ended() == 0)
    piped = subprocess.run([netdrill, *RUN, "--runs", tempfile.mkdtemp(dir=work)], cwd=work, capture_output=True, stdin=subprocess.DEVNULL)
    check("piped: escape sequences", b"\x1b" not in piped.stdout + piped.stderr and piped.stdout.count(b"line ") == 300 and piped.returncode == 0)
    said = subprocess.run([netdrill, "watch", "last", "--runs", t.runs], capture_output=True, text=True)
    check("watch of a run that has ended", said.returncode == 3 and "has ended" in said.stderr, said.stderr)


try:
    by_forms()
    runs = by_keys()
    failures and sys.exit(1)
    by_watch(runs)
    by_abort(runs)
    tmux("kill-server")
    by_terminals()
finally:
    tmux("kill-server")
    shutil.rmtree(work, ignore_errors=True)
print("ok" if not failures else "%d failure(s)" % len(failures))
sys.exit(bool(failures))
