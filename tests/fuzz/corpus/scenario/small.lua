local p = use "pretend"
drill { { zh = "甲", en = "A" }, id = "t", lasts = hours(8), objectives = { o = "O" } }
phase { "P", at = "T+00:01" }
guard { "G", read = function() return 0 end, every = seconds(1), at_most = 1 }
step { "S", id = "s", owner = "me", objective = "o", at = "T+00:02", run = function()
  local s = measure { p.probe, every = ms(100), lasts = seconds(2), label = "x" }
  expect { "E", s:share(), equals = percent(100), within = seconds(5) }
  if confirm { "C", by = "me", within = seconds(1) } then restore {} end
end }
