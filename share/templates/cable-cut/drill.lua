-- Both submarine cables of an island are cut, one after the other; the satellite remains.
-- Change what is marked with (1) to (3) first.
local reach, links = use "reach", use "links"
local cable_1, cable_2 = site "cable-1", site "cable-2"
local web, emergency = site "web", site "emergency"

drill { { zh = "海纜中斷演練", en = "Both cables of the island are cut" },
  id = "cable-cut", revision = 1, lasts = minutes(2), site = "site.yaml",              -- (1)
  simulated = { zh = "以網路命名空間構成之演練場：海纜、衛星與服務為模擬，封包為真實", en = "a lab of network namespaces: cables, satellite and services are simulated, packets are real" },
  objectives = {
    failover = { zh = "單一海纜中斷時 3 秒內改道", en = "One cable cut: traffic has moved within 3 s" },
    emergency = { zh = "雙海纜中斷時緊急電話仍可用", en = "Both cut: emergency calls go through by satellite" },
    repair = { zh = "修復後恢復正常", en = "After the repair, all is as before" },
  } }

baseline { { zh = "公告網頁與緊急電話皆正常", en = "Notices and emergency calls work" }, run = function()
  local pages = measure { reach.http, web, every = ms(200), lasts = seconds(2), from = "island" }
  expect { { zh = "網頁全數回應", en = "Every page request is answered" }, pages:share(), equals = percent(100) }
end }

local pages, calls

phase { { zh = "一號海纜中斷", en = "Cable 1 is cut" }, at = "T+00:00" }

step { { zh = "開始量測並中斷一號海纜", en = "Measure, then cut cable 1" }, id = "first", owner = "noc",
  objective = "failover", run = function()
  pages = measure { reach.http, web, every = ms(200), from = "island", deadline = seconds(5), label = { zh = "公告", en = "notices" } }
  calls = measure { reach.udp, emergency, every = ms(100), from = "island", label = { zh = "緊急電話", en = "emergency calls" } }
  wait(seconds(5))
  links.down { cable_1, restore_by = "T+00:01:40" }                                     -- (2)
  wait(seconds(3))
  expect { { zh = "改由二號海纜", en = "Cable 2 carries the calls" }, calls:share { last = seconds(1) }, equals = percent(100), within = seconds(10) }
end }

phase { { zh = "二號海纜中斷", en = "Cable 2 is cut, too" }, at = "T+00:00:20" }

step { { zh = "中斷二號海纜", en = "Cut cable 2" }, id = "second", owner = "noc", objective = "emergency", run = function()
  links.down { cable_2, restore_by = "T+00:01:40" }
  note { { zh = "演練 演練 演練：兩條海纜皆中斷", en = "EXERCISE EXERCISE EXERCISE: both cables are cut" } }
  expect { { zh = "緊急電話改經衛星", en = "The satellite carries emergency calls" },
           function() return reach.tcp { emergency, expect = "answering point", from = "island", deadline = seconds(4) }.ok end,
           within = seconds(15) }
end }

step { { zh = "決定衛星頻寬優先順序", en = "Who comes first on the satellite" }, id = "decide", owner = "county", run = function()
  confirm { { zh = "通報主管機關並公告替代方案", en = "The regulator is told, and people are told what still works" },
            by = "noc", within = seconds(20) }                                          -- (3)
  confirm { { zh = "衛星頻寬優先供緊急通訊使用", en = "The satellite is kept for emergency traffic" },
            by = "county", within = seconds(20) }
end }

phase { { zh = "修復", en = "Repair" } }

step { { zh = "恢復兩條海纜", en = "Both cables are back" }, id = "repair", owner = "noc", objective = "repair", run = function()
  restore { cable_2, cable_1 }
  expect { { zh = "網頁恢復正常", en = "Pages load within 1 s again" }, pages:p95 { last = seconds(5) },
           at_most = seconds(1), within = seconds(30) }
end }
