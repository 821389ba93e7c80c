-- Disaster roaming: operator Jia loses its cells, and its subscribers are let onto operator Yi.
-- Played in the lab of sites/disaster-roaming.yaml; about one minute.
local reach, links, shape = use "reach", use "links", use "shape"
local jia_cell, yi_cell, yi_guests = site "jia-cell", site "yi-cell", site "yi-guests"
local web, dns, emergency = site "web", site "dns", site "emergency"

drill { { zh = "災害漫遊演練：甲電信基地臺失效", en = "Disaster roaming: Jia's cells fail" },
  id = "disaster-roaming", revision = 1, lasts = seconds(75),
  site = "sites/disaster-roaming.yaml",
  simulated = "a lab of network namespaces: links, cores and services are simulated, packets are real",
  objectives = {
    emergency = { zh = "緊急電話受理臺中斷不超過 5 秒", en = "The emergency service is never cut off for longer than 5 s" },
    roaming = { zh = "開放漫遊後 5 秒內恢復公共資訊服務", en = "Public information is back within 5 s of the opening of roaming" },
    refusal = { zh = "開放前僅緊急服務可用", en = "Before the opening, the emergency service alone is served" },
    home = { zh = "甲電信修復後回到母網", en = "Handsets return to their home network once it is repaired" },
  } }

baseline { { zh = "網頁與緊急服務皆正常", en = "Page, emergency service and both cores answer" }, run = function()
  local pages = measure { reach.http, web, expect = "EXERCISE", every = ms(200), lasts = seconds(2), from = "handset" }
  local calls = measure { reach.tcp, emergency, expect = "answering point", every = ms(100), lasts = seconds(2), from = "handset" }
  expect { { zh = "網頁全數回應", en = "Every page request is answered" }, pages:share(), equals = percent(100) }
  expect { { zh = "網頁於 1 秒內載入", en = "95 % of pages load within 1 s" }, pages:p95(), at_most = seconds(1) }
  expect { { zh = "緊急服務全數回應", en = "Every emergency call is answered" }, calls:share(), equals = percent(100) }
  expect { { zh = "甲電信核心可達", en = "Jia's core is reached" }, function() return reach.icmp { site "jia-core", from = "handset", deadline = ms(500) }.ok end }
  expect { { zh = "乙電信核心可達", en = "Yi's core is reached" }, function() return reach.icmp { site "yi-core", from = "handset", deadline = ms(500) }.ok end }
end }

-- The streams of the whole drill; expectations of all phases ask them.
local page, names, calls, beacon

phase { { zh = "基準", en = "Baseline" }, at = "T+00:00" }

step { { zh = "開始量測", en = "Start measuring" }, id = "measure", owner = "measurement desk", run = function()
  page = measure { reach.http, web, expect = "EXERCISE", every = ms(200), from = "handset", label = "web page" }
  names = measure { reach.dns, dns, name = "www.drill.test", expect = "10.9.0.80", every = ms(100), from = "handset", label = "DNS" }
  calls = measure { reach.tcp, emergency, expect = "answering point", every = ms(100), from = "handset", label = "emergency call (TCP)" }
  beacon = measure { reach.udp, emergency, every = ms(100), from = "handset", label = "emergency call (UDP)" }
  wait(seconds(8))
  expect { { zh = "基準：網頁全數回應", en = "Baseline: every page request is answered" }, page:share { from = "T+00:00", till = "T+00:00:08" }, equals = percent(100) }
  expect { { zh = "基準：緊急服務全數回應", en = "Baseline: every emergency call is answered" }, calls:share { from = "T+00:00", till = "T+00:00:08" }, equals = percent(100), objective = "emergency" }
end }

phase { { zh = "甲電信基地臺失效", en = "Jia's cells fail" }, at = "T+00:00:10" }

step { { zh = "中斷甲電信基地臺", en = "Take Jia's cell down" }, id = "fail", owner = "control room", run = function()
  links.down { jia_cell, restore_by = "T+00:01:00" }
  note { { zh = "演練 演練 演練：甲電信基地臺失效", en = "EXERCISE EXERCISE EXERCISE: Jia's cells have failed" } }
  expect { { zh = "緊急服務由乙電信接手", en = "The emergency service answers through Yi" }, calls:share(), equals = percent(100), within = seconds(5), every = ms(200), objective = "emergency" }
end }

phase { { zh = "限制服務", en = "Limited service" }, at = "T+00:00:16" }

step { { zh = "確認僅緊急服務可用", en = "The emergency service alone answers" }, id = "limited", owner = "measurement desk", objective = "refusal", run = function()
  wait("T+00:00:22")
  expect { { zh = "開放前網頁無法連線", en = "The page is not served to foreign subscribers" }, page:loss { from = "T+00:00:17", till = "T+00:00:21" }, equals = percent(100) }
  expect { { zh = "開放前緊急服務可用", en = "The emergency service is" }, calls:share { from = "T+00:00:17", till = "T+00:00:21" }, at_least = percent(99) }
end }

phase { { zh = "決策", en = "Decision" }, at = "T+00:00:22" }

step { { zh = "指定災害漫遊區域", en = "Designate the area" }, id = "decide", owner = "ceoc", run = function()
  confirm { { zh = "甲電信提出災害漫遊需求", en = "Jia asks for disaster roaming" }, by = "jia-noc", within = seconds(8) }
  confirm { { zh = "中央災害應變中心指定區域", en = "The operation center designates the area" }, by = "ceoc", within = seconds(8) }
  confirm { { zh = "乙電信同意開放", en = "Yi agrees to open" }, by = "yi-noc", within = seconds(8) }
end }

phase { { zh = "開放災害漫遊", en = "Disaster roaming is opened" } }

step { { zh = "乙電信開放漫遊並限制數據速率", en = "Yi admits the guests and caps their data" }, id = "open", owner = "yi-noc", objective = "roaming", run = function()
  shape.rate { yi_cell, rate = kbit_per_s(512), restore_by = "T+00:01:00" }
  links.admit { yi_guests, restore_by = "T+00:01:00" }
  expect { { zh = "網頁於 5 秒內恢復", en = "The page is back within 5 s" }, page:share(), equals = percent(100), within = seconds(5), every = ms(200) }
  expect { { zh = "網域名稱服務於 5 秒內恢復", en = "DNS is back within 5 s" }, names:share(), equals = percent(100), within = seconds(5), every = ms(200) }
end }

step { { zh = "漫遊期間量測服務", en = "Measure the services while roaming" }, id = "serve", after = "open", owner = "measurement desk", run = function()
  wait(seconds(10))
  expect { { zh = "限速下網頁 95% 於 1 秒內載入", en = "Under the cap, 95 % of pages load within 1 s" }, page:p95 { last = seconds(8) }, at_most = seconds(1) }
  expect { { zh = "漫遊期間遺失率低於 1%", en = "Less than 1 % of pages are lost while roaming" }, page:loss { last = seconds(8) }, below = percent(1), objective = "roaming" }
end }

phase { { zh = "甲電信修復，返回母網", en = "Jia is repaired; everybody goes home" } }

step { { zh = "恢復甲電信並關閉漫遊", en = "Restore Jia, then close the roaming" }, id = "home", owner = "jia-noc", objective = "home", run = function()
  restore { jia_cell }
  expect { { zh = "甲電信核心可達", en = "Jia's core is reached again" }, function() return reach.icmp { site "jia-core", from = "handset", deadline = ms(500) }.ok end, within = seconds(5), every = ms(200) }
  wait(seconds(2))
  restore { yi_guests, yi_cell }
  expect { { zh = "返回母網後網頁可用", en = "At home, the page is served" }, page:share(), equals = percent(100), within = seconds(5), every = ms(200) }
end }

phase { { zh = "結果", en = "Verdicts" } }

step { { zh = "服務中斷時間", en = "How long people were cut off" }, id = "verdicts", owner = "measurement desk", run = function()
  wait(seconds(2))
  for _, stream in ipairs { page, names, calls, beacon } do stream:stop() end
  expect { { zh = "緊急電話(TCP)中斷不超過 5 秒", en = "Emergency calls (TCP) are not cut off for longer than 5 s" }, calls:interruption(), at_most = seconds(5), objective = "emergency" }
  expect { { zh = "緊急電話(UDP)中斷不超過 5 秒", en = "Emergency calls (UDP) are not cut off for longer than 5 s" }, beacon:interruption(), at_most = seconds(5), objective = "emergency" }
  expect { { zh = "網頁中斷不超過 30 秒", en = "The page is not cut off for longer than 30 s" }, page:interruption(), at_most = seconds(30), objective = "roaming" }
end }
