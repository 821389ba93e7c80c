-- The first resolver is lost. Pages still load for whoever knows the address: people report "no
-- internet", and operations have to see that it is the names. Change (1) and (2) first.
local reach, links = use "reach", use "links"
local first_link, first, second, web = site "first-link", site "first", site "second", site "web"

drill { { zh = "網域名稱服務中斷演練", en = "The first resolver is lost" },
  id = "dns-failure", revision = 1, lasts = seconds(90), site = "site.yaml",
  simulated = { zh = "以網路命名空間構成之演練場：解析器與網頁為模擬，封包為真實", en = "a lab of network namespaces: resolvers and page are simulated, packets are real" },
  objectives = {
    cause = { zh = "20 秒內判定原因", en = "The cause is known within 20 s" },
    second = { zh = "備援解析器不受影響", en = "The second resolver answers throughout" },
    names = { zh = "名稱查詢中斷不超過 1 分鐘", en = "Names cannot be looked up for 1 min at most" },
  } }

baseline { { zh = "兩臺解析器皆正常", en = "Both resolvers answer" }, run = function()
  local a = measure { reach.dns, first, name = "www.drill.test", every = ms(200), lasts = seconds(1), from = "subscriber" }
  local b = measure { reach.dns, second, name = "www.drill.test", every = ms(200), lasts = seconds(1), from = "subscriber" }
  expect { { zh = "主要解析器全數回應", en = "The first answers every query" }, a:share(), equals = percent(100) }
  expect { { zh = "備援解析器全數回應", en = "The second answers every query" }, b:share(), equals = percent(100) }
end }

local by_first, by_second, pages

phase { { zh = "主要解析器失效", en = "The first resolver fails" }, at = "T+00:00" }

step { { zh = "中斷主要解析器", en = "Cut it off" }, id = "fail", owner = "noc", run = function()
  by_first = measure { reach.dns, first, name = "www.drill.test", expect = "10.2.0.53", every = ms(200),
                       from = "subscriber", label = { zh = "第一解析器", en = "first resolver" } }
  by_second = measure { reach.dns, second, name = "www.drill.test", expect = "10.2.0.53", every = ms(200),
                        from = "subscriber", label = { zh = "第二解析器", en = "second resolver" } }
  pages = measure { reach.http, web, every = ms(200), from = "subscriber", label = { zh = "以位址連線之網頁", en = "page by address" } }
  wait(seconds(5))
  links.cut { first_link, restore_by = "T+00:01:20" }
end }

phase { { zh = "判定與處置", en = "Find the cause, and act" } }

step { { zh = "判定原因", en = "Find the cause" }, id = "cause", owner = "noc", objective = "cause", run = function()
  local known = confirm { { zh = "已判定為名稱解析中斷，非網路中斷", en = "It is the names, not the network" }, by = "noc",
                          within = seconds(20), required = false }                        -- (1)
  expect { { zh = "期限內判定", en = "It was known in time" }, function() return known end }
  expect { { zh = "以位址連線仍可用", en = "By address, the page loads" }, pages:share { last = seconds(2) }, equals = percent(100), within = seconds(10) }
end }

step { { zh = "對外說明", en = "Tell the public" }, id = "tell", after = "cause", owner = "press", run = function()
  confirm { { zh = "公告改用備援解析器", en = "People are told of the second resolver" }, by = "press",
            within = seconds(20), required = false }                                      -- (2)
  expect { { zh = "備援解析器可用", en = "The second resolver answers" }, by_second:share { last = seconds(2) },
           equals = percent(100), objective = "second" }
end }

phase { { zh = "修復", en = "Repair" } }

step { { zh = "恢復主要解析器", en = "The first resolver is back" }, id = "back", owner = "noc", objective = "names", run = function()
  restore { first_link }
  wait(seconds(3))
  expect { { zh = "主要解析器恢復", en = "The first resolver answers" }, by_first:share { last = seconds(1) }, equals = percent(100), within = seconds(10) }
  by_first:stop()
  expect { { zh = "中斷不超過 1 分鐘", en = "It was lost for 1 min at most" }, by_first:interruption(), at_most = minutes(1) }
end }
