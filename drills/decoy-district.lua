-- The decoy: in this district 4 of 10 base stations are down. That is 40 %, but not more than five,
-- so the rule (at least 20 % AND more than 5) is not met and roaming must NOT be opened.
local reach, links = use "reach", use "links"
local jia_cell, yi_guests = site "jia-cell", site "yi-guests"
local web, emergency = site "web", site "emergency"
local rules = profile "tw-disaster-roaming"
local stations, down = 10, 4

drill { { zh = "災害漫遊演練：不應啟動之區", en = "Disaster roaming: the district that must not be activated" },
  id = "decoy-district", revision = 1, lasts = seconds(25), site = "sites/decoy-district.yaml",
  simulated = { zh = "以網路命名空間構成之演練場；基地臺數量以狀況給定，以一條鏈路代表全部", en = "a lab of network namespaces; the count of stations is an inject, one link stands for them all" },
  objectives = {
    restraint = { zh = "未達門檻不得啟動災害漫遊", en = "Below the threshold, disaster roaming is not opened" },
    emergency = { zh = "緊急服務不受影響", en = "The emergency service goes on" },
  } }

local page, calls

phase { { zh = "基地臺受損", en = "Stations are damaged" } }

step { { zh = "四座基地臺失效", en = "Four of ten stations fail" }, id = "fail", owner = "control-room", run = function()
  page = measure { reach.http, web, every = ms(200), from = "handset", label = { zh = "網頁", en = "web page" } }
  calls = measure { reach.tcp, emergency, expect = "answering point", every = ms(100), from = "handset", label = { zh = "緊急電話（TCP）", en = "emergency call (TCP)" } }
  wait(seconds(2))
  links.down { jia_cell, restore_by = "T+00:00:20" }
  note { { zh = "演練:4/10 座基地臺失效", en = "EXERCISE: 4 of 10 stations are down" } }
end }

phase { { zh = "決策", en = "Decision" } }

step { { zh = "依規則判斷", en = "Judge by the rule" }, id = "decide", owner = "ceoc", objective = "restraint", run = function()
  local rule = rules.activation { { zh = "該區，甲電信", en = "The district, operator Jia" }, stations = stations, damaged = down, repairable = percent(50) }
  expect { { zh = "規則未達成", en = "The rule is not met" }, function() return not rule.ok end }
  local activate = confirm { { zh = "是否啟動災害漫遊？", en = "Is disaster roaming to be activated?" }, by = "ceoc", within = seconds(6), required = false }
  expect { { zh = "不啟動", en = "It is not activated" }, function() return not activate end }
  if activate then links.admit { yi_guests } end
end }

phase { { zh = "觀察", en = "Watch" } }

step { { zh = "確認未開放且緊急服務可用", en = "Nobody is admitted, and emergency calls go through" }, id = "watch", owner = "measurement", run = function()
  wait(seconds(5))
  expect { { zh = "網頁對外來用戶關閉", en = "The page is not served to foreign subscribers" }, page:loss { last = seconds(2) }, equals = percent(100), objective = "restraint" }
  expect { { zh = "緊急服務可用", en = "Emergency calls go through" }, calls, "share>=99% for 2s", within = seconds(10), every = ms(200), objective = "emergency" }
  restore { jia_cell }
  wait(seconds(1))
end }
