-- The northern core stops forwarding, but its links stay up: nothing fails over by itself, and
-- people have to notice and to decide. Change (1) and (2) first.
local reach, links = use "reach", use "links"
local north, web, emergency = site "north-core", site "web", site "emergency"

drill { { zh = "核心網路失效演練", en = "A core fails in silence" },
  id = "core-failure", revision = 1, lasts = seconds(100), site = "site.yaml",
  simulated = { zh = "以網路命名空間構成之演練場：核心網路與服務為模擬，封包為真實", en = "a lab of network namespaces: cores and services are simulated, packets are real" },
  objectives = {
    notice = { zh = "30 秒內發現並通報", en = "It is noticed and reported within 30 s" },
    switch = { zh = "切換後 5 秒內恢復服務", en = "Within 5 s of the switch, services are back" },
    emergency = { zh = "緊急電話中斷不超過 1 分鐘", en = "Emergency calls are cut off for 1 min at most" },
  } }

baseline { { zh = "服務正常", en = "Services work" }, run = function()
  local pages = measure { reach.http, web, every = ms(200), lasts = seconds(2), from = "access" }
  expect { { zh = "網頁全數回應", en = "Every page request is answered" }, pages:share(), equals = percent(100) }
end }

local pages, calls

phase { { zh = "北核心失效", en = "The northern core fails" }, at = "T+00:00" }

step { { zh = "北核心停止轉送", en = "It stops forwarding" }, id = "fail", owner = "noc", run = function()
  pages = measure { reach.http, web, every = ms(200), from = "access", label = { zh = "網頁", en = "web page" } }
  calls = measure { reach.udp, emergency, every = ms(100), from = "access", label = { zh = "緊急電話", en = "emergency calls" } }
  wait(seconds(5))
  links.cut { north, restore_by = "T+00:01:30" }
end }

phase { { zh = "發現與決策", en = "Notice and decide" } }

step { { zh = "發現並通報", en = "Notice and report" }, id = "notice", owner = "noc", objective = "notice", run = function()
  local told = confirm { { zh = "網管中心已發現異常並通報", en = "Operations have noticed, and reported" }, by = "noc",
                         within = seconds(30), required = false }                         -- (1)
  expect { { zh = "期限內通報", en = "It was reported in time" }, function() return told end }
end }

step { { zh = "決定切換", en = "Decide to switch" }, id = "decide", after = "notice", owner = "duty", run = function()
  confirm { { zh = "切換至南核心", en = "Traffic is to go by the southern core" }, by = "duty", within = seconds(20) } -- (2)
end }

phase { { zh = "切換至南核心", en = "Switch to the southern core" } }

step { { zh = "下線北核心", en = "Take the northern core out" }, id = "switch", owner = "noc", objective = "switch", run = function()
  links.down { north, restore_by = "T+00:01:30" }
  expect { { zh = "網頁恢復", en = "The page is back" }, pages, "share>=100% for 1s", within = seconds(5), every = ms(200) }
end }

phase { { zh = "修復並切回", en = "Repair, and back" } }

step { { zh = "北核心恢復", en = "The northern core is back" }, id = "back", owner = "noc", objective = "emergency", run = function()
  restore { north }
  wait(seconds(3))
  expect { { zh = "切回後網頁可用", en = "The page is served" }, pages:share { last = seconds(2) }, equals = percent(100), within = seconds(10) }
  calls:stop()
  expect { { zh = "緊急電話中斷不超過 1 分鐘", en = "Emergency calls were cut off for 1 min at most" },
           calls:interruption(), at_most = minutes(1) }
end }
