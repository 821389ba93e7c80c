-- An operator loses its cells, and its subscribers are let onto another operator's network.
-- Change who decides (1), how fast (2), and what the guests get (3) first.
local reach, links, shape = use "reach", use "links", use "shape"
local jia_cell, yi_cell, yi_guests = site "jia-cell", site "yi-cell", site "yi-guests"
local web, emergency = site "web", site "emergency"

drill { { zh = "災害漫遊演練", en = "Disaster roaming" },
  id = "disaster-roaming", revision = 1, lasts = seconds(90), site = "site.yaml",
  simulated = { zh = "以網路命名空間構成之演練場：鏈路、核心網路與服務為模擬，封包為真實", en = "a lab of network namespaces: links, cores and services are simulated, packets are real" },
  objectives = {
    emergency = { zh = "緊急電話中斷不超過 5 秒", en = "Emergency calls are never cut off for longer than 5 s" },
    refusal = { zh = "開放前僅緊急服務可用", en = "Before the opening, the emergency service alone is served" },
    roaming = { zh = "開放後 5 秒內可用網頁", en = "Within 5 s of the opening, pages load" },
    home = { zh = "修復後回到母網", en = "Once repaired, handsets are at home again" },
  } }

baseline { { zh = "網頁與緊急服務皆正常", en = "Page and emergency service answer" }, run = function()
  local pages = measure { reach.http, web, every = ms(200), lasts = seconds(2), from = "handset" }
  expect { { zh = "網頁全數回應", en = "Every page request is answered" }, pages:share(), equals = percent(100) }
end }

local pages, calls

phase { { zh = "甲電信基地臺失效", en = "Jia's cells fail" }, at = "T+00:00" }

step { { zh = "開始量測並中斷基地臺", en = "Measure, then take the cell down" }, id = "fail", owner = "jia-noc",
  objective = "refusal", run = function()
  pages = measure { reach.http, web, every = ms(200), from = "handset", label = { zh = "網頁", en = "web page" } }
  calls = measure { reach.tcp, emergency, expect = "answering point", every = ms(100), from = "handset", label = { zh = "緊急電話", en = "emergency calls" } }
  wait(seconds(5))
  links.down { jia_cell, restore_by = "T+00:01:20" }
  note { { zh = "演練 演練 演練：甲電信基地臺失效", en = "EXERCISE EXERCISE EXERCISE: Jia's cells have failed" } }
  wait(seconds(4))
  expect { { zh = "緊急電話由乙電信接手", en = "Emergency calls go through Yi" }, calls:share { last = seconds(2) }, equals = percent(100), within = seconds(10) }
  expect { { zh = "開放前網頁無法連線", en = "The page is not served to guests yet" }, pages:loss { last = seconds(2) }, equals = percent(100) }
end }

phase { { zh = "決策", en = "Decision" } }

step { { zh = "指定災害漫遊區域", en = "Designate the area" }, id = "decide", owner = "ceoc", run = function()
  confirm { { zh = "甲電信提出災害漫遊需求", en = "Jia asks for disaster roaming" }, by = "jia-noc", within = seconds(15) }   -- (1)
  confirm { { zh = "中央災害應變中心指定區域", en = "The operation center designates the area" }, by = "ceoc", within = seconds(15) }
  confirm { { zh = "乙電信同意開放", en = "Yi agrees to open" }, by = "yi-noc", within = seconds(15) }                        -- (2)
end }

phase { { zh = "開放災害漫遊", en = "Disaster roaming is opened" } }

step { { zh = "開放漫遊並限制數據速率", en = "Admit the guests and cap their data" }, id = "open", owner = "yi-noc",
  objective = "roaming", run = function()
  shape.rate { yi_cell, rate = kbit_per_s(512), restore_by = "T+00:01:20" }                                                   -- (3)
  links.admit { yi_guests, restore_by = "T+00:01:20" }
  expect { { zh = "網頁於 5 秒內可用", en = "Pages load within 5 s" }, pages:share(), equals = percent(100), within = seconds(5), every = ms(200) }
  wait(seconds(5))
end }

phase { { zh = "修復並返回母網", en = "Repair; everybody goes home" } }

step { { zh = "恢復甲電信並關閉漫遊", en = "Restore Jia, then close the roaming" }, id = "home", owner = "jia-noc", objective = "home", run = function()
  restore { jia_cell }
  expect { { zh = "甲電信核心可達", en = "Jia's core is reached again" },
           function() return reach.icmp { site "jia-core", from = "handset", deadline = ms(500) }.ok end, within = seconds(5), every = ms(200) }
  restore { yi_guests, yi_cell }
  wait(seconds(3))
  expect { { zh = "返回母網後網頁可用", en = "At home, the page is served" }, pages:share { last = seconds(2) }, equals = percent(100), within = seconds(10) }
  calls:stop()
  expect { { zh = "緊急電話中斷不超過 5 秒", en = "Emergency calls are not cut off for longer than 5 s" }, calls:interruption(),
           at_most = seconds(5), objective = "emergency" }
end }
