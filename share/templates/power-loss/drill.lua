-- The mains fail; two base stations live on batteries, and there is one generator.
-- Battery times are assumptions until somebody measures them: change (1) to what yours really hold.
local reach, links = use "reach", use "links"
local north, south = site "north-power", site "south-power"
local north_phone, south_phone = site "north-phone", site "south-phone"
local battery_north, battery_south = seconds(15), seconds(30)                            -- (1)

drill { { zh = "停電演練：基地臺電池耗盡", en = "The mains fail: batteries run out" },
  id = "power-loss", revision = 1, lasts = minutes(2), site = "site.yaml",
  simulated = { zh = "以網路命名空間構成之演練場；電力與電池以中斷鏈路模擬", en = "a lab of network namespaces; power and batteries are simulated by taking links down" },
  objectives = {
    priority = { zh = "發電機優先順序於 20 秒內決定", en = "Who gets the generator is decided within 20 s" },
    coverage = { zh = "北站中斷不超過 1 分鐘", en = "Station North is off the air for 1 min at most" },
    home = { zh = "復電後兩站皆恢復", en = "With the mains back, both stations serve" },
  } }

baseline { { zh = "兩站皆可通", en = "Both stations serve" }, run = function()
  local a = measure { reach.udp, north_phone, every = ms(100), lasts = seconds(1), from = "core" }
  local b = measure { reach.udp, south_phone, every = ms(100), lasts = seconds(1), from = "core" }
  expect { { zh = "北站全數回應", en = "North answers every probe" }, a:share(), equals = percent(100) }
  expect { { zh = "南站全數回應", en = "South answers every probe" }, b:share(), equals = percent(100) }
end }

local at_north, at_south

phase { { zh = "市電中斷", en = "The mains fail" }, at = "T+00:00" }

step { { zh = "以電池供電", en = "Stations live on batteries" }, id = "mains", owner = "noc", run = function()
  at_north = measure { reach.udp, north_phone, every = ms(100), from = "core", label = { zh = "北站", en = "station North" } }
  at_south = measure { reach.udp, south_phone, every = ms(100), from = "core", label = { zh = "南站", en = "station South" } }
  note { { zh = "演練 演練 演練：市電中斷", en = "EXERCISE EXERCISE EXERCISE: the mains have failed" } }
end }

step { { zh = "北站電池耗盡", en = "The battery of North is empty" }, id = "north", owner = "noc", at = battery_north, run = function()
  links.down { north, restore_by = "T+00:01:50" }
end }

step { { zh = "決定發電機去處", en = "Where does the generator go" }, id = "decide", owner = "field", objective = "priority",
  at = battery_north, run = function()
  local to_north = confirm { { zh = "發電機送往北站", en = "The generator goes to North" }, by = "field",
                             within = seconds(20), required = false }
  expect { { zh = "期限內已決定", en = "It was decided in time" }, function() return to_north end }
end }

step { { zh = "南站電池耗盡", en = "The battery of South is empty" }, id = "south", owner = "noc", at = battery_south, run = function()
  links.down { south, restore_by = "T+00:01:50" }
end }

phase { { zh = "發電機到達北站", en = "The generator is at North" }, at = "T+00:00:45" }

step { { zh = "北站復電", en = "North is on the air" }, id = "generator", owner = "field", objective = "coverage", run = function()
  restore { north }
  wait(seconds(3))
  expect { { zh = "北站恢復服務", en = "North serves again" }, at_north:share { last = seconds(1) }, equals = percent(100), within = seconds(10) }
  expect { { zh = "北站中斷不超過 1 分鐘", en = "North was off the air for 1 min at most" },
           at_north:interruption { from = "T+00:00", till = "T+00:00:55" }, at_most = minutes(1) }
end }

phase { { zh = "復電", en = "The mains are back" }, at = "T+00:01:00" }

step { { zh = "南站復電", en = "South is on the air" }, id = "back", owner = "noc", objective = "home", run = function()
  restore { south }
  wait(seconds(3))
  expect { { zh = "南站恢復服務", en = "South serves again" }, at_south:share { last = seconds(1) }, equals = percent(100), within = seconds(10) }
  expect { { zh = "北站仍可通", en = "North still serves" }, at_north:share { last = seconds(2) }, equals = percent(100), within = seconds(10) }
end }
