-- A tabletop drill: two hours of a long power and cable outage, played with people and paper alone.
-- Injects are handed over by the controllers, who say so with 'netdrill fire ID'.

drill { { zh = "兵棋推演：電力與海纜中斷", en = "Tabletop: power and cable outage" },
  id = "tabletop-outage", revision = 1, lasts = hours(2), site = "sites/tabletop-outage.yaml",
  simulated = { zh = "全部：兵棋推演，不觸及任何網路", en = "everything: a tabletop, no network is touched" },
  objectives = {
    notify = { zh = "及時通報", en = "Those concerned are told in time" },
    priority = { zh = "有限電力之優先順序", en = "Scarce power goes where it matters first" },
  } }

phase { { zh = "事件發生", en = "It happens" }, at = "T+00:00" }

inject { { zh = "新聞：海纜中斷", en = "News: the cable is cut" }, id = "cable-news",
  at = minutes(5), from = "news-desk", to = { "jia-noc" }, scenario_time = "Day 1 08:05",
  body = { zh = "電視報導臺馬海纜中斷，記者詢問影響範圍。", en = "Television reports that the cable to Matsu is cut; a reporter asks what is affected." },
  expect = { zh = "開立障礙工單並通報主管機關", en = "A fault ticket is opened and the regulator is told" },
  react_within = minutes(10), objective = "notify", controller = "lin", evaluator = "chen",
  tasks = { { zh = "開立工單", en = "Open a ticket" }, { zh = "通報", en = "Notify" } },
  notes = "If they ask: both fibres of the cable, cause not known." }

inject { { zh = "主管機關來電查詢", en = "The regulator calls" }, id = "regulator-calls", unless = "cable-news",
  from = "lin", to = { "jia-noc" }, controller = "lin", objective = "notify",
  body = { zh = "未接獲通報，請說明現況。", en = "We have not been told. What is going on?" },
  expect = { zh = "立即口頭通報", en = "They report by voice at once" }, react_within = minutes(5) }

inject { { zh = "停電", en = "The power fails" }, id = "power-fails", window = { minutes(20), minutes(30) },
  from = "power-company", to = { "jia-noc", "ceoc" }, scenario_time = "Day 1 09:30",
  body = { zh = "北竿全島停電，預計八小時。", en = "The island is without power, for eight hours by our estimate." },
  react_within = minutes(10), objective = "priority", controller = "lin" }

phase { { zh = "決策", en = "Decisions" } }

inject { { zh = "發電機只夠供應一處", en = "One generator, two sites" }, id = "generator",
  options = { "hospital", "core-site" }, from = "power-company", to = { "ceoc" }, react_within = minutes(15),
  body = { zh = "只有一部發電機：供醫院或核心機房？", en = "There is one generator: for the hospital, or for the core site?" },
  objective = "priority", controller = "lin", evaluator = "chen", scenario_time = "Day 1 12:00" }

inject { { zh = "核心機房電池耗盡", en = "The core site's batteries run out" }, id = "batteries", after = "generator",
  delay = minutes(5), only_if = { "generator", "hospital" }, to = { "jia-noc" }, kind = "information", controller = "lin",
  body = { zh = "核心機房電池剩餘三十分鐘。", en = "The core site has thirty minutes of battery left." } }

step { { zh = "記錄決策", en = "Write the decision down" }, id = "record", after = "generator", owner = "chen", run = function()
  local decision = answer("generator")
  expect { { zh = "應變中心已做成決策", en = "The operation centre decided" }, decision.choice ~= nil, objective = "priority" }
end }

phase { { zh = "復原", en = "Recovery" } }

inject { { zh = "電力恢復", en = "Power is back" }, id = "power-back", kind = "information", from = "power-company",
  to = { "jia-noc", "ceoc" }, controller = "lin", scenario_time = "Day 1 17:30" }
