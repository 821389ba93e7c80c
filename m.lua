local reach = use "reach"
drill { "Tx", id = "tx", lasts = seconds(9), site = "site.yaml" }
phase { "One" }
step { "S", owner = "me", run = function() for i = 1, 10000 do measure { reach.udp, site "far", every = seconds(1), lasts = seconds(3) } end wait(seconds(4)) end }
