-- A drill of reporting alone: a submarine cable is cut, and the duties of a major outage run. One minute of it is half an hour of
-- the law's; nothing of any network is touched.

local outage = profile "tw-telecom-outage"

drill { { zh = "重大事故通報演練", en = "Reporting a major outage" }, id = "outage-reporting", revision = 1,
  lasts = minutes(30), site = "sites/tabletop-outage.yaml",
  simulated = { zh = "全部：兵棋推演，不觸及任何網路；時限以法定之 30 倍速進行",
    en = "everything: a tabletop, no network is touched; the clocks run 30 times as fast as the law's" },
  objectives = {
    notify = { { zh = "及時通報主管機關及公眾", en = "The regulator and the public are told in time" },
      capability = { zh = "作業通訊", en = "Operational communications" },
      targets = {
        judged = { { zh = "正確判斷是否為重大事故", en = "Whether it is a major outage is judged right" },
          tasks = { small = { zh = "小事故不通報", en = "A small one is not reported" }, cable = { zh = "海纜中斷須通報", en = "A cable cut is" } } },
        clocks = { zh = "各項時限", en = "Every time limit" },
      } },
  } }

obligations { "tw-telecom-outage", pace = 30, owner = "jia-noc", objective = "clocks" }

phase { { zh = "小事故", en = "A small fault" } }

step { { zh = "三座基地臺中斷十分鐘", en = "Three base stations are down for ten minutes" }, id = "small-fault", owner = "jia-noc", run = function()
  local rule = outage["major-stations"] { { zh = "北竿鄉", en = "Beigan" }, stations = 3, lasted = minutes(10) }
  expect { { zh = "未達重大事故門檻", en = "It is no major outage" }, not rule.ok, objective = "small" }
end }

phase { { zh = "海纜中斷", en = "The cable is cut" } }

inject { { zh = "海纜中斷", en = "The cable is cut" }, id = "cable-cut", from = "news-desk", to = { "jia-noc" }, at = seconds(10),
  body = { zh = "臺馬二號海纜中斷，已逾三十分鐘。", en = "Taiwan-Matsu cable 2 has been cut for over thirty minutes." },
  expect = { zh = "於主管機關系統通報", en = "The regulator's system is told" }, react_within = seconds(30),
  occurs = "outage", meets = "first-report", objective = "clocks", controller = "lin", evaluator = "chen" }

step { { zh = "判斷海纜中斷", en = "Judge the cable cut" }, id = "judge", owner = "jia-noc", at = seconds(12), run = function()
  local rule = outage["major-cable"] { { zh = "臺馬二號", en = "Taiwan-Matsu 2" }, cables = 1, lasted = minutes(31) }
  expect { { zh = "為重大事故", en = "It is a major outage" }, rule, objective = "cable" }
end }

phase { { zh = "修復", en = "Repair" }, at = "T+00:20" }

step { { zh = "修復完成", en = "It is repaired" }, id = "repaired", owner = "lin", run = function()
  occurs { "restored" }
  wait(minutes(4))
end }
