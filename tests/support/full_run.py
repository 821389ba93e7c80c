"""One run that has something of everything a report can hold: for goldens, for hostile words, for readers of other makers. Written by
hand (synthetic.py): the same octets each time, on any machine.

    run = full(runs)                                # as it would be in Taiwan
    run = full(runs, words=lambda key, text: ...)   # with other words in every text that is not the formats' own"""
import json

from synthetic import ANSWERED, LOST, MS, NOT_SENT, SEC, Run

RUN_ID = "20260110T010000Z-paper-drill-0001"


def both(zh, en):
    return {"zh": zh, "en": en}


SITE = {
    "site": "paper", "title": both("紙上演練場", "Paper site"),
    "operators": {"jia": {"title": both("甲電信", "Jia Telecom"), "plmn": "466-92"}, "yi": {"title": both("乙電信", "Yi Telecom"), "plmn": "466-97"}},
    "people": {"lin": {"title": both("管制員林", "Controller Lin"), "role": "controller"}, "chen": {"title": both("評核員陳", "Evaluator Chen"), "role": "evaluator"},
               "jia-noc": {"title": both("甲電信網管中心", "Jia operations"), "role": "player", "operator": "jia"},
               "yi-noc": {"title": both("乙電信網管中心", "Yi operations"), "role": "player", "operator": "yi"}},
    "targets": {"jia-web": {"kind": "host", "address": "127.0.1.1", "operator": "jia", "title": both("甲之網頁", "Jia's page")},
                "yi-web": {"kind": "host", "address": "127.0.2.1", "operator": "yi", "title": both("乙之網頁", "Yi's page")}},
}

PLAN = {
    "objectives": [
        {"id": "roam", "text": both("災難漫遊三分鐘內可用", "Roaming works within three minutes"), "kind": "objective", "parent": None,
         "capability": both("通訊韌性", "Communications resilience")},
        {"id": "quick", "text": both("甲電信用戶恢復服務", "Jia's subscribers have service again"), "kind": "target", "parent": "roam", "capability": None},
        {"id": "open", "text": both("開放漫遊", "Open roaming"), "kind": "task", "parent": "quick", "capability": None},
        {"id": "tell", "text": both("依規定通報", "Those who have to know are told"), "kind": "objective", "parent": None, "capability": None},
        {"id": "idle", "text": both("無人評核之目標", "An objective that nothing bears on"), "kind": "objective", "parent": None, "capability": None}],
    "profiles": [{"name": "ncc-outage", "title": both("障礙通報", "Outage reporting"), "law": both("電信管理法", "Telecommunications Management Act"),
                  "since": "2020-07-01", "seen": both("全國法規資料庫，2026-01-02", "law.moj.gov.tw, 2026-01-02"), "note": both("時限依演練比例縮短", "Limits are shortened at the drill's pace"),
                  "path": "profiles/ncc-outage.yaml", "hash": "sha256:" + "1" * 64}],
}
PLANNED_INJECTS = [
    {"id": "cable", "title": both("海纜中斷", "The cable is cut"), "kind": "standard", "from": "news-desk", "to": ["jia-noc"], "via": None,
     "body": both("電視報導海纜中斷。", "Television reports that the cable is cut."), "expect": both("開立工單", "A ticket is opened"), "objective": "tell",
     "tasks": [both("開立工單", "Open a ticket")], "controller": "lin", "evaluator": "chen", "react_within_ns": 10 * SEC, "scenario_time": "Day 1 08:05"},
    {"id": "power", "title": both("停電", "The power fails"), "kind": "decision", "from": "power-company", "to": ["jia-noc", "yi-noc"], "via": "message.mail",
     "body": both("一處停電。", "One site is without power."), "objective": "tell", "controller": "lin", "react_within_ns": 5 * SEC},
    {"id": "never", "title": both("備用狀況", "A spare inject"), "kind": "contingency", "from": "lin", "to": ["yi-noc"], "objective": "tell"}]


def verdict(sentence, grade, measured, limit, operator="at_most", unit="ns", objective=None, **more):
    return {"sentence": sentence, "step": "measure", "objective": objective, "operator": operator, "limit": limit, "measured": measured, "unit": unit,
            "uncertainty": more.pop("uncertainty", 0.0), "grade": grade, "statistic": None, "series": None, "from_rel_ns": None, "till_rel_ns": None,
            "why": None, **more}


SOFTWARE = [{"kind": kind, "name": name, "version": version, "sha256": digit and "sha256:" + digit * 64} for kind, name, version, digit in (
    ("program", "netdrill", "1.2.3 0123456789ab", "4"), ("plugin", "reach", "1.3.0", "5"), ("plugin", "links", "1.1.0", None), ("clock", "tsc", None, None),
    ("library", "sqlite", "3.40.1", None))]


def opening(run, mode, simulated):
    run.event("journal.opened", 0, {
        "schema": "netdrill.journal/1", "version": "1.2.3", "mode": mode, "simulated": simulated, "simulated_what": "the mobile core" if simulated else None,
        "lab": False, "drill": {"id": "paper-drill", "title": both("紙上演練", "Paper drill"), "revision": 3, "lasts_ns": 60 * SEC},
        "scenario_sha256": "sha256:" + "a" * 64, "site_sha256": "sha256:" + "b" * 64, "plan_sha256": "sha256:" + "c" * 64, "seed": 7, "site": "paper",
        "parameters": {"cells": "3", "pace": "快"}, "node": "drill-host", "kernel": "6.1.0", "software": SOFTWARE, "user": "operator-lin", "utc_offset_min": 480})
    for number, person in enumerate(("lin", "chen"), 1):
        run.event("arm.given", SEC, {"by": person, "number": number, "people": 2, "uid": 1000 + number, "login_uid": 1000, "pid": 4000 + number})
    run.event("baseline.started", 2 * SEC, {"when": "before", "count": 1})
    run.event("series.opened", 2 * SEC, {"name": "reach.icmp jia-web", "baseline": True}, "9")
    run.event("baseline.checked", 3 * SEC, {**verdict(both("基準：甲之網頁有回應", "Baseline: Jia's page answers"), "met", 5_000_000.0, 6_000_000.0),
                                            "when": "before", "number": 1}, "web")
    run.event("baseline.ended", 4 * SEC, {"when": "before", "holds": True, "cut": False, "fails": [], "took_ns": 2 * SEC})
    run.event("run.started", run.t0, {"t0_ns": run.t0, "wall": run.wall(run.t0)})


def first_phase(run):
    run.rel("phase.started", 0, {"title": both("事件發生", "It happens"), "planned_rel_ns": 0, "late_ns": 0}, "p1")
    run.rel("step.started", 0, {"title": both("量測服務", "Measure the services"), "phase": "p1", "owner": "jia-noc", "objective": "roam",
                                "planned_rel_ns": 0, "late_ns": 0}, "measure")
    run.rel("inject.scheduled", 0, {"planned_rel_ns": 5 * SEC, "moment_ns": 5 * SEC, "window_rel_ns": [4 * SEC, 9 * SEC], "kind": "standard"}, "cable")
    for undo, target, began in (("1", "jia-web", 10 * SEC), ("2", "yi-web", 20 * SEC)):
        run.rel("change.recorded", began, {"plugin": "links", "verb": "cut", "target": target, "vantage": "gateway", "step": "measure",
                                           "args": {"site": target}, "restore_by_ns": run.t0 + 50 * SEC, "lease_ns": 0}, undo)
        run.rel("change.applied", began + 100 * MS, {"began_ns": run.t0 + began, "ended_ns": run.t0 + began + 100 * MS}, undo)
    run.rel("inject.fired", 5 * SEC, {**{k: PLANNED_INJECTS[0][k] for k in ("title", "kind", "from", "to", "via", "scenario_time", "react_within_ns")},
                                      "planned_rel_ns": 5 * SEC, "late_ns": 0}, "cable")
    run.rel("inject.delivered", 5 * SEC, {"to": "jia-noc", "by_hand": True, "by": "lin", "uid": 1000, "login_uid": None, "reference": "slip 4"}, "cable")
    run.rel("inject.acknowledged", 6 * SEC, {"by": "jia-noc", "uid": 1001, "login_uid": None, "after_ns": SEC, "in_time": True}, "cable")
    run.rel("inject.answered", 8 * SEC, {"by": "jia-noc", "uid": 1001, "login_uid": None, "text": "已開立工單", "after_ns": 3 * SEC, "in_time": True}, "cable")
    run.rel("inject.done", 8 * SEC, {"outcome": "answered", "text": "已開立工單", "by": "jia-noc", "after_ns": 3 * SEC}, "cable")
    run.rel("event.occurred", 10 * SEC, {"title": both("重大障礙", "Major outage"), "case": "甲", "by": "lin", "uid": 1000, "login_uid": None, "note": "海纜",
                                         "planned": False, "inject": "cable", "moment_ns": 10 * SEC}, "ncc-outage.outage")
    for duty, title, owner in (("first", both("初報", "First report"), "jia-noc"), ("final", both("結報", "Final report"), "yi-noc")):
        run.rel("obligation.opened", 10 * SEC, {
            "profile": "ncc-outage", "duty": duty, "case": "甲", "number": 1, "again": False, "title": title, "law": both("電信管理法", "Telecommunications Act"),
            "source": both("第四十二條", "article 42"), "after": "outage", "owner": owner, "objective": "tell", "pace": 60, "law_limit_ns": 900 * SEC,
            "limit_ns": 15 * SEC, "opened_ns": 10 * SEC, "due_ns": 25 * SEC, "due_rel_ns": 25 * SEC, "checked": False}, f"ncc-outage.{duty}.甲")
    run.rel("obligation.met", 14 * SEC, {"title": both("初報", "First report"), "how": "person", "by": "jia-noc", "note": "傳真", "took_ns": 4 * SEC,
                                         "margin_ns": 11 * SEC, "within_ns": 0}, "ncc-outage.first.甲")
    run.rel("rule.asked", 15 * SEC, {
        "title": both("啟動災難漫遊之條件", "When roaming is opened"), "about": "連江縣", "holds": True, "any": True, "figures": {"damaged": 4, "share": 0.5}, "step": "measure",
        "conditions": [{"title": both("損壞基地臺逾五座", "more than five cells damaged"), "operator": "above", "limit": 5, "measured": 4, "unit": "", "holds": False},
                       {"title": both("損壞逾四成", "more than 40 % damaged"), "operator": "above", "limit": 0.4, "measured": 0.5, "unit": "share", "holds": True}]},
            "ncc-outage.open")
    run.rel("confirm.asked", 16 * SEC, {"sentence": both("是否開放漫遊？", "Open roaming?"), "by": "lin", "within_ns": 30 * SEC, "step": "measure"}, "1")
    run.rel("confirm.answered", 18 * SEC, {"answer": "yes", "by": "chen", "after_ns": 2 * SEC, "scripted": False, "uid": 1002, "login_uid": None}, "1")
    run.rel("obligation.missed", 25 * SEC, {"title": both("結報", "Final report"), "limit_ns": 15 * SEC, "why": "no report came"}, "ncc-outage.final.甲")
    run.rel("phase.ended", 26 * SEC, {}, "p1")


def second_phase(run):
    run.rel("inject.scheduled", 26 * SEC, {"planned_rel_ns": 28 * SEC, "moment_ns": 28 * SEC, "window_rel_ns": None, "kind": "decision"}, "power")
    run.rel("phase.started", 26 * SEC, {"title": both("復原", "Recovery"), "planned_rel_ns": 25 * SEC, "late_ns": SEC}, "p2")
    run.rel("inject.fired", 27 * SEC, {**{k: PLANNED_INJECTS[1][k] for k in ("title", "kind", "from", "to", "via", "react_within_ns")}, "planned_rel_ns": 28 * SEC,
                                       "late_ns": -SEC, "scenario_time": None, "by": "lin", "uid": 1000, "login_uid": None}, "power")
    run.rel("inject.failed", 27 * SEC, {"to": "yi-noc", "err": "ETIME", "why": "the mail server did not answer", "reference": "q7"}, "power")
    run.rel("inject.delivered", 27 * SEC, {"to": "jia-noc", "reference": "q6", "took_ns": 40 * MS, "readings": {"rtt": 3}}, "power")
    run.rel("inject.expired", 32 * SEC, {"react_within_ns": 5 * SEC, "missing": ["jia-noc"]}, "power")
    run.rel("inject.answered", 34 * SEC, {"by": "jia-noc", "uid": 1001, "login_uid": None, "choice": "醫院優先", "after_ns": 7 * SEC, "in_time": False}, "power")
    run.rel("inject.skipped", 35 * SEC, {"reason": "時間不足", "by": "lin", "uid": 1000, "login_uid": None}, "never")
    run.rel("inject.added", 35 * SEC, {"title": both("記者到場", "A reporter arrives"), "body": both("請說明。", "Explain."), "to": ["jia-noc"], "from": "lin",
                                       "like": "power", "by": "lin", "uid": 1000, "login_uid": None, "react_within_ns": 0}, "adhoc-1")
    run.rel("observation", 36 * SEC, {"text": "值班人員立即查閱程序書", "by": "chen", "uid": 1002, "login_uid": None, "inject": "cable", "objective": "tell",
                                      "sort": "strength", "evidence": {"file": "evidence/1-photo.jpg", "sha256": "sha256:" + "d" * 64, "octets": 20}}, "1")
    run.rel("observation", 37 * SEC, {"text": "聯絡簿未更新", "by": "yi-noc", "uid": 1003, "login_uid": None, "inject": None, "objective": "roam",
                                      "sort": "improvement", "evidence": None, "seen_rel_ns": 30 * SEC}, "2")
    run.rel("note", 38 * SEC, {"text": both("風雨增強", "The storm grows"), "step": "measure"})
    run.rel("note", 38 * SEC, {"text": both("第二班接手", "The second shift takes over"), "step": None, "by": "lin", "uid": 1000, "login_uid": None})
    run.rel("guard.breached", 39 * SEC, {"title": both("核心負載", "Load of the core"), "measured": 0.93, "limit": 0.9, "unit": "1", "operator": "at_most", "otherwise": "note"}, "load")
    run.rel("run.paused", 40 * SEC, {"by": "lin", "moment_ns": 40 * SEC, "uid": 1000, "login_uid": None})
    run.rel("run.resumed", 43 * SEC, {"by": "chen", "lasted_ns": 3 * SEC, "shift_ns": 3 * SEC})
    run.rel("change.proved", 44 * SEC, {}, "1")
    run.rel("change.undone", 44 * SEC, {}, "1")
    run.rel("change.verified", 45 * SEC, {}, "1")
    run.rel("change.not_proved", 45 * SEC, {"err": "EIO", "why": "the plugin cannot tell"}, "2")
    run.rel("change.unverified", 46 * SEC, {"why": "the link is still down"}, "2")
    verdicts = [
        verdict(both("甲之中斷短於三十秒", "Jia is cut off for less than 30 s"), "missed", 34_000_000_000.0, 30_000_000_000.0, objective="open",
                uncertainty=1_000_000_000.0, statistic="interruption", series=1, from_rel_ns=0, till_rel_ns=55 * SEC),
        verdict(both("乙有回應", "Yi answers"), "met", 0.9, 0.8, "at_least", "1", "roam", statistic="share", series=2, from_rel_ns=0, till_rel_ns=55 * SEC),
        verdict(both("速率足夠", "The rate is enough"), "met", 2_500_000.0, 1_000_000.0, "at_least", "bit/s", "roam"),
        verdict(both("氣溫可受", "It is not too hot"), "unknown", None, 60.0, "at_most", "°C", why="the sensor is silent")]
    for k, one in enumerate(verdicts):
        run.rel("verdict", 47 * SEC + k * MS, one)
    run.rel("step.ended", 48 * SEC, {"state": "done", "why": None, "lasted_ns": 48 * SEC}, "measure")
    run.rel("step.started", 48 * SEC, {"title": both("通知媒體", "Tell the press"), "phase": "p2", "owner": "lin", "objective": "tell", "planned_rel_ns": 46 * SEC,
                                       "late_ns": 2 * SEC}, "press")
    run.rel("step.ended", 49 * SEC, {"state": "failed", "why": "nobody took the call", "lasted_ns": SEC}, "press")
    run.rel("step.ended", 49 * SEC, {"state": "skipped", "why": "a step before it failed", "lasted_ns": 0}, "thanks")
    run.rel("phase.ended", 50 * SEC, {}, "p2")


def ending(run, outcome):
    run.rel("stalled", 51 * SEC, {"from_ns": run.t0 + 50 * SEC, "till_ns": run.t0 + 51 * SEC})
    run.rel("clock.stepped", 51 * SEC, {"by_ns": -20 * MS})
    run.rel("series.broken", 51 * SEC, {"err": "EIO", "why": "the socket went away", "goes_on": True}, "3")
    for number in ("1", "2", "3"):
        run.rel("series.closed", 55 * SEC, {"count": 50, "answered": 40, "missed": 2, "lost": 10, "late": 1, "duplicates": 2, "reordered": 0}, number)
    run.rel("run.ended", 55 * SEC, {"reason": "endex", "aborted": False})
    run.rel("restore.started", 55 * SEC, {"why": "endex", "changes": 1})
    run.rel("restore.ended", 57 * SEC, {"verified": 1, "unverified": 1, "took_ns": 2 * SEC})
    run.rel("baseline.checked", 59 * SEC, {**verdict(both("基準：甲之網頁有回應", "Baseline: Jia's page answers"), "missed", 9_000_000.0, 6_000_000.0),
                                           "when": "after", "number": 1}, "web")
    run.rel("baseline.ended", 60 * SEC, {"when": "after", "holds": False, "cut": False, "took_ns": SEC, "fails": [
        {"id": "web", "why": "slower than before", "sentence": both("基準：甲之網頁有回應", "Baseline: Jia's page answers")}]})
    run.rel("run.closed", 60 * SEC, {"outcome": outcome, "exit": 13})


def measurements(run):
    """Each second from T+1 s: Jia is cut off while the drill's change is in force, Yi once on its own, and a sensor with a unit of its own."""
    def rows(fate, value):
        return [(k, 0 if fate(k) == NOT_SENT else run.t0 + (k + 1) * SEC, fate(k), value(k) if fate(k) == ANSWERED else None) for k in range(50)]
    run.series(1, "reach.icmp jia-web", rows(lambda k: LOST if 10 <= k < 44 else ANSWERED, lambda k: 4.5e6 + k * 1e5), SEC, run.t0 + SEC,
               label="Jia's page", label_zh="甲之網頁", target="jia-web", vantage="gateway")
    run.series(2, "reach.icmp yi-web", rows(lambda k: LOST if k in (3, 4, 48, 49) else NOT_SENT if k in (30, 31) else ANSWERED, lambda k: 7e6 + k % 5 * 1e6), SEC,
               run.t0 + SEC, target="yi-web")
    run.series(3, "field.read sensor", rows(lambda k: ANSWERED, lambda k: 20.5 + k % 3), SEC, run.t0 + SEC, label="機房溫度", unit="°C", plugin="field",
               verb="read", reading="temperature")
    run.series(9, "reach.icmp jia-web", [(0, run.t0 - SEC, ANSWERED, 5e6)], SEC, run.t0 - SEC, target="jia-web")
    run.tables["gap"].append((run.t0 + 52 * SEC, run.t0 + 53 * SEC, 3, run.said("disk full", "why")))


def conclusions(run):
    run.evaluate("improvement.carried", "2026-01-10T01:00:00.000Z", {
        "run": "20250110T010000Z-paper-drill-0009", "item": "I3", "date": "2025-01-10", "times": 2, "action": "增設衛星終端", "element": "equipment",
        "status": "started", "issue": "離島無備援", "owner": "甲電信", "contact": "jia-noc", "due": "2025-12-31", "priority": "medium"}, "C1", by="core")
    run.evaluate("rating.set", "2026-01-12T02:00:00.000Z", {"rating": "M", "why": "開放漫遊過遲", "rests_on": "評核員現場所見"}, "roam")
    run.evaluate("improvement.added", "2026-01-12T02:01:00.000Z", {
        "action": "更新聯絡簿", "element": "planning", "status": "agreed", "issue": "聯絡簿未更新", "objective": "roam", "observation": "2", "priority": "high",
        "owner": "甲電信", "contact": "jia-noc", "start": "2026-02-01", "due": "2026-06-30"}, "I1")
    run.evaluate("observation.added", "2026-01-11T06:30:00.000Z", {
        "text": "應變中心未收到續報", "sort": "improvement", "objective": "tell", "inject": None, "seen_rel_ns": 20 * SEC,
        "evidence": {"file": "evaluation/2-form.pdf", "sha256": "sha256:" + "e" * 64, "octets": 30}}, "L1")
    run.evaluate("observation.added", "2026-01-11T06:31:00.000Z", {
        "text": "無線電通聯良好", "sort": "strength", "objective": None, "inject": "power", "seen_rel_ns": None, "evidence": None}, "L2", by="yi-noc")
    run.evaluate("observation.changed", "2026-01-11T06:40:00.000Z", {"text": "應變中心遲收續報"}, "L1")
    run.evaluate("observation.withdrawn", "2026-01-11T06:45:00.000Z", {"why": "非本次演練"}, "L2", by="yi-noc")
    run.evaluate("improvement.changed", "2026-01-13T02:00:00.000Z", {"status": "done", "proof": "新聯絡簿 2026-03"}, "I1", by="lin")
    run.evaluate("improvement.added", "2026-01-12T02:02:00.000Z", {"action": "加裝備援電源", "element": "equipment", "status": "proposed", "due": "2026-12-31"}, "I2")


def full(runs, words=None, mode="live", simulated=False, run_id=RUN_ID, closed=True, outcome="unrestored", site=True):
    run = Run(runs, run_id, words=words)
    run.plan.update(PLAN)
    run.plan["phases"] = [{"id": "p1", "steps": [{"id": "thanks", "title": both("致謝", "Give thanks"), "owner": "chen"}], "injects": PLANNED_INJECTS}]
    opening(run, mode, simulated)
    first_phase(run)
    second_phase(run)
    if closed:
        ending(run, outcome)
    measurements(run)
    conclusions(run)
    run.site = json.dumps(SITE, ensure_ascii=False) + "\n" if site else None
    return run.write()
