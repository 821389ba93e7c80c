-- A tabletop drill: people and paper alone, no network is touched. Controllers hand the injects over and say so
-- (netdrill fire ID), write down what they are answered (netdrill answer ID ...) and what they see (netdrill observe ...).
local pace = minutes(5)                                                                  -- (1)

drill { { zh = "兵棋推演：電力與海纜中斷", en = "Tabletop: power and cable outage" },
  id = "tabletop", revision = 1, lasts = hours(2), site = "site.yaml",
  simulated = { zh = "全部：兵棋推演，不觸及任何網路", en = "everything: a tabletop, no network is touched" },
  objectives = {
    notify = { zh = "限時內通報", en = "Those concerned are told in time" },
    priority = { zh = "有限電力之優先順序於限時內決定", en = "Who gets the scarce power is decided in time" },
  } }

phase { { zh = "事件發生", en = "It happens" }, at = "T+00:00" }

inject { { zh = "新聞：海纜中斷", en = "News: the cable is cut" }, id = "cable-news", at = pace,
  from = "news-desk", to = { "noc" }, scenario_time = "Day 1 08:05", controller = "controller", evaluator = "evaluator",
  body = { zh = "電視報導海纜中斷，記者詢問影響範圍。", en = "Television reports that the cable is cut; a reporter asks what is affected." },
  expect = { zh = "開立障礙工單並通報主管機關", en = "A fault ticket is opened and the regulator is told" },
  react_within = minutes(10), objective = "notify",                                      -- (2)
  notes = "If they ask: both fibres of the cable, cause not known." }

inject { { zh = "主管機關來電查詢", en = "The regulator calls" }, id = "regulator-calls", unless = "cable-news",
  from = "controller", to = { "noc" }, controller = "controller", objective = "notify", react_within = minutes(5),
  body = { zh = "未接獲通報，請說明現況。", en = "We have not been told. What is going on?" },
  expect = { zh = "立即口頭通報", en = "They report by voice at once" } }

step { { zh = "通報是否及時", en = "Was it told in time" }, id = "told", after = "cable-news", owner = "evaluator", run = function()
  expect { { zh = "限時內通報", en = "It was told in time" }, answer("cable-news").in_time, objective = "notify" }
end }

inject { { zh = "停電", en = "The power fails" }, id = "power-fails", window = { pace * 4, pace * 6 },
  from = "power-company", to = { "noc", "ceoc" }, scenario_time = "Day 1 09:30", controller = "controller",
  body = { zh = "全島停電，預計八小時。", en = "The island is without power, for eight hours by our estimate." },
  react_within = minutes(10) }

phase { { zh = "決策", en = "Decisions" } }

inject { { zh = "唯一之發電機是否供應醫院？", en = "There is one generator: does the hospital get it?" }, id = "generator",
  options = { "yes", "no" }, from = "power-company", to = { "ceoc" }, react_within = minutes(15), scenario_time = "Day 1 12:00",
  objective = "priority", controller = "controller", evaluator = "evaluator",
  body = { zh = "只有一部發電機：供醫院或核心機房？", en = "It is the hospital, or the core site." } }

inject { { zh = "核心機房電池耗盡", en = "The core site's batteries run out" }, id = "batteries", after = "generator", delay = pace,
  only_if = { "generator", "yes" }, to = { "noc" }, kind = "information", controller = "controller",
  body = { zh = "核心機房電池剩餘三十分鐘。", en = "The core site has thirty minutes of battery left." } }

inject { { zh = "記者到場", en = "A reporter is at the door" }, id = "reporter", on_call = true, from = "news-desk", to = { "noc" },
  kind = "information", controller = "controller" }

step { { zh = "是否及時決策", en = "Was it decided in time" }, id = "decided", after = "generator", owner = "evaluator", run = function()
  expect { { zh = "限時內做成決策", en = "It was decided in time" }, answer("generator").choice ~= nil, objective = "priority" }
end }

phase { { zh = "復原", en = "Recovery" } }

inject { { zh = "電力恢復", en = "Power is back" }, id = "power-back", kind = "information", from = "power-company",
  to = { "noc", "ceoc" }, controller = "controller", scenario_time = "Day 1 17:30" }
