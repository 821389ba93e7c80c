-- The station's backhaul loses capacity just when everybody sends videos; the fire service speaks
-- over the same station. Change the rates (1) and the decision (2) first.
local reach, links, shape = use "reach", use "links", use "shape"
local backhaul, public = site "backhaul", site "public"
local command, videos = site "command", site "videos"

drill { { zh = "壅塞下之救災語音優先演練", en = "Command voice in a crowded network" },
  id = "congestion", revision = 1, lasts = seconds(90), site = "site.yaml",
  simulated = { zh = "以網路命名空間構成之演練場：基地臺、人潮與服務為模擬，封包為真實", en = "a lab of network namespaces: station, crowd and services are simulated, packets are real" },
  objectives = {
    voice = { zh = "限制民眾接取後 5 秒內語音恢復", en = "Command voice is clear within 5 s of barring the public" },
    decision = { zh = "30 秒內決定是否限制民眾接取", en = "Whether to bar the public is decided within 30 s" },
    open = { zh = "演練後民眾接取恢復", en = "Afterwards the public is served again" },
  } }

baseline { { zh = "指揮語音清晰", en = "Command voice is clear" }, run = function()
  local voice = measure { reach.voice, command, every = ms(20), lasts = seconds(2), from = "fire" }
  expect { { zh = "遺失率低於 1%", en = "Less than 1 % is lost" }, voice:voice_loss(), below = percent(1) }
end }

local voice

phase { { zh = "壅塞", en = "Congestion" }, at = "T+00:00" }

step { { zh = "後傳容量下降，民眾大量傳送", en = "The backhaul shrinks, the public sends" }, id = "crowd", owner = "noc", run = function()
  voice = measure { reach.voice, command, every = ms(20), from = "fire", label = { zh = "指揮語音", en = "command voice" } }
  wait(seconds(4))
  shape.rate { backhaul, rate = kbit_per_s(512), restore_by = "T+00:01:20" }              -- (1)
  note { { zh = "演練 演練 演練：災區基地臺壅塞", en = "EXERCISE EXERCISE EXERCISE: the station is crowded" } }
  reach.bulk { videos, rate = mbit_per_s(2), sends_for = seconds(20), protocol = "udp", from = "crowd", label = { zh = "民眾", en = "the public" } }
end }

step { { zh = "決定限制民眾接取", en = "Is the public to be barred" }, id = "decide", owner = "ceoc", objective = "decision",
  at = seconds(8), run = function()
  confirm { { zh = "消防回報語音中斷", en = "The fire service reports broken voice" }, by = "fire", within = seconds(15) }
  local bar = confirm { { zh = "限制一般民眾數據接取", en = "Access of the public is barred" }, by = "ceoc",
                        within = seconds(15), required = false }                            -- (2)
  expect { { zh = "期限內決定", en = "It was decided in time" }, function() return bar end }
  links.cut { public, direction = "in", restore_by = "T+00:01:20" }
  expect { { zh = "指揮語音恢復清晰", en = "Command voice is clear again" }, voice, "loss<1% for 2s", within = seconds(7),
           objective = "voice" }
end }

phase { { zh = "解除限制", en = "The bar is lifted" } }

step { { zh = "恢復容量與民眾接取", en = "Capacity and access are back" }, id = "open", owner = "noc", objective = "open", run = function()
  restore { backhaul }
  restore { public }
  expect { { zh = "民眾可傳送", en = "The public is served" },
           function() return reach.bulk { videos, rate = kbit_per_s(500), sends_for = seconds(2), from = "crowd" }.ok end, within = seconds(10) }
  expect { { zh = "語音仍清晰", en = "Voice stays clear" }, voice:voice_loss { last = seconds(2) }, below = percent(1) }
end }
