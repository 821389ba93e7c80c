-- Disaster roaming on three operators: Jia loses a district's cells, Yi and Bing take its subscribers.
-- Cores are real (osmo-hlr and kamailio of each operator), cells and handsets are SIMULATED. Played in the lab
-- of sites/disaster-roaming.yaml; the numbers 0 to 11 are the steps of the verification. Not in it, because nothing
-- here plays them: cell broadcast, short codes, refusal outside of the area, reconciliation of
-- charging records. Where an emergency caller is, the PPDR drill asks.
--   compressed, about 90 s:  netdrill run drills/disaster-roaming.lua --lab --answers drills/answers/disaster-roaming.yaml
--   with the home core lost too:      --set variant=core-lost (40 s more)
--   at full length, an hour:  the same with --set pace=full
local reach, links, shape, lab = use "reach", use "links", use "shape", use "lab"
local handset, radio = use "handset", use "mobile_lab"
local gsup, sip, kamailio = use "gsup", use "sip", use "kamailio"
local rules = profile "tw-disaster-roaming"

local pace = parameter { "pace", choices = { "fast", "full" }, otherwise = "fast" }
local variant = parameter { "variant", choices = { "none", "core-lost" }, otherwise = "none" }
-- Who makes the changes: netdrill, in the lab; or each operator's own people, who say so (docs/field.md).
local acts = parameter { "acts", choices = { "netdrill", "people" }, otherwise = "netdrill" }
local by_people = acts == "people"
local full = pace == "full"
local function span(fast, slow) if full then return slow end return fast end
local home_by = span("T+00:03:20", "T+01:25") -- whatever happens, all is put back by then

-- What is said of cells and handsets says that they are simulated, where they are.
local function mobile(zh, en)
  if by_people then return { zh = zh, en = en } end
  return { zh = zh .. "（模擬）", en = en .. " (simulated)" }
end

local jia_radio, yi_radio, bing_radio, jia_core = site "jia-radio", site "yi-radio", site "bing-radio", site "jia-core"
local phones, old_phones, yi_phones = site "phones", site "old-phones", site "yi-phones"
local alice, bin, centre, friend = site "alice", site "bin", site "centre", site "friend"
local web, emergency = site "web", site "emergency"

local objectives = {
  baseline = { zh = "演練前服務正常", en = "Before the outage, all services work" },
  detection = { zh = "60 秒內發現中斷，並依限通報", en = "The outage is noticed within 60 s, and reported in time" },
  emergency = { zh = "緊急電話始終可撥通，10 秒內接通", en = "Emergency calls always go through, within 10 s" },
  refusal = { zh = "開放前及不符條件者不得漫遊", en = "Nobody roams before the opening, or without a reason" },
  decision = { zh = "符合門檻之區域始得啟動", en = "Only a district that meets the rule is activated" },
  opening = { zh = "下令後 15 分鐘內有用戶漫遊，60 分鐘內達 95%", en = "A first roamer within 15 min of the order, 95 % within 60 min" },
  services = { zh = "漫遊用戶可通話、收發簡訊及上網", en = "Roamers have voice, messages and data" },
  load = { zh = "支援業者自有用戶不受影響", en = "The host network's own subscribers do not notice" },
  home = { zh = "結束後分散返回母網", en = "Afterwards all go home, spread over the return wait range" },
}
if variant == "core-lost" then
  objectives.core = { zh = "母網核心失效時僅緊急電話可用", en = "With the home core lost, emergency calls alone work" }
end

local simulated = nil
if not by_people then
  simulated = { zh = "基地臺、手機、公共服務與鏈路為模擬；HLR（osmo-hlr）、SIP 核心（kamailio）與封包為真實",
    en = "cells and handsets, the public services and the links are simulated; the HLRs (osmo-hlr), the SIP cores (kamailio) and the packets are real" }
end

drill { { zh = "災害漫遊演練：甲電信基地臺失效", en = "Disaster roaming: Jia's cells fail" },
  id = "disaster-roaming", revision = 2, lasts = span(seconds(210), minutes(90)),
  site = "sites/disaster-roaming.yaml", steady = span(seconds(5), minutes(1)),
  simulated = simulated,
  availability = { yi = percent(99.5) },
  objectives = objectives }

-- The first report is due 15 min after the outage, the notices 30 min and 1 h; compressed, 60 times as fast.
obligations { "tw-telecom-outage", owner = "jia-noc", objective = "detection", pace = span(60, 1) }

-- ---- words of this drill ----

-- A change: made here, or by people, who confirm that it is made. The same for putting back.
local function act(done, by, change)
  if by_people then confirm { done, by = by, within = span(seconds(60), minutes(15)) } else change() end
end

local function registers(proxy, account) return sip.register { proxy, account = account, from = "phones", deadline = seconds(4) } end

-- A location update of Jia's test subscriber through another operator's HLR. What set the connection up may be lost: asked again.
local function updates(hlr, from)
  return function()
    return gsup.update { hlr, subscribers = site "jia-testers", number = 7, from = from, deadline = seconds(2) }.ok
  end
end

local function emergency_call(proxy)
  return sip.call { proxy, account = alice, to = centre, from = "phones", voice = "g711", held = seconds(1), deadline = seconds(10) }
end

-- The middle of three calls, one after the other: a moment in which one of them was held up says nothing of the network.
local function mos(proxy)
  return function()
    local heard = {}
    for i = 1, 3 do
      heard[i] = sip.call { proxy, account = alice, to = friend, from = "phones", voice = "g711", held = seconds(1), deadline = seconds(10) }.mos or 0
    end
    table.sort(heard)
    return heard[2]
  end
end

-- Each handset dials once; one that looks for a network in that moment dials again.
local function reach_112(who)
  return function() return handset.call { who, to = site "centre-number", held = ms(500), deadline = seconds(30) }.ok end
end

local function are(who, state, on, share, within)
  return handset.await { who, expect = state, on = on, share = share or percent(100), deadline = within, every = seconds(1) }
end

-- ---- 0: before anything is touched ----

baseline { { zh = "服務與核心皆正常", en = "Services and cores answer" }, run = function()
  -- Two seconds without a loss, within fifteen: one request that is held up on its way is no reason to call a drill off.
  local pages = measure { reach.http, web, expect = "EXERCISE", every = ms(200), from = "phones" }
  local calls = measure { reach.tcp, emergency, expect = "answering point", every = ms(100), from = "phones" }
  expect { { zh = "網頁全數回應", en = "Every page request is answered" }, pages, "share>=100% for 2s", within = seconds(15), every = ms(200) }
  expect { { zh = "緊急服務全數回應", en = "Every emergency call is answered" }, calls, "share>=100% for 1s", within = seconds(15), every = ms(200) }
  expect { { zh = "甲電信 SIP 核心回應", en = "Jia's SIP core answers" }, function() return sip.options { site "jia-sip", from = "phones" }.ok end }
  expect { { zh = "乙電信 SIP 核心回應", en = "Yi's SIP core answers" }, function() return sip.options { site "yi-sip", from = "phones" }.ok end }
  expect { { zh = "甲電信 HLR 回應", en = "Jia's HLR answers" }, function() return gsup.auth { site "jia-hlr", subscribers = site "jia-testers", from = "jia", deadline = seconds(2) }.ok end, within = seconds(6) }
  expect { { zh = "乙電信 HLR 回應", en = "Yi's HLR answers" }, function() return gsup.auth { site "yi-hlr", subscribers = site "yi-testers", from = "yi", deadline = seconds(2) }.ok end, within = seconds(6) }
end }

-- When the run dies, `run --resume` goes on with it: what was on is made again by steps that are repeatable and do
-- nothing else, and what was under way begins anew. What later steps count from is kept; these streams are begun anew.
local page, calls, yi_page

-- ---- 1 ----

phase { { zh = "母網基準", en = "At home" }, at = "T+00:00" }

-- Of streams that were begun anew nothing is known from before: what is asked of all of them says so.
local function all_along(zh, en)
  if (kept.begun or 1) == 1 then return { zh = zh, en = en } end
  return { zh = zh .. "(續行演練後)", en = en .. " (since the run was gone on with)" }
end

step { { zh = "開始量測", en = "Start measuring" }, id = "streams", owner = "measurement", repeatable = true, run = function()
  if not by_people then radio.start { site "air" } end
  page = measure { reach.http, web, expect = "EXERCISE", every = ms(200), from = "phones", label = { zh = "甲電信用戶網頁", en = "page, Jia's subscribers" } }
  calls = measure { reach.tcp, emergency, expect = "answering point", every = ms(100), from = "phones", label = { zh = "緊急服務", en = "emergency service" } }
  yi_page = measure { reach.http, site "yi-web", expect = "EXERCISE", every = ms(200), from = "yi-phone", label = { zh = "乙電信自有用戶網頁", en = "page, Yi's own subscribers" } }
  kept.begun = (kept.begun or 0) + 1
  kept.here_before = kept.here_before or kamailio.count { site "yi-here", from = "yi" }.count
end }

step { { zh = "確認母網服務", en = "All services work at home" }, id = "home-services", after = "streams", owner = "measurement", objective = "baseline", repeatable = true, run = function()
  expect { mobile("手機登錄於甲電信", "Handsets are registered with Jia"), are(phones, "home", "46692", nil, seconds(20)) }
  expect { { zh = "甲電信用戶位置更新", en = "A location update at Jia's HLR" }, function() return gsup.update { site "jia-hlr", subscribers = site "jia-testers", from = "jia", deadline = seconds(2) }.ok end, within = seconds(6) }
  expect { { zh = "用戶向甲電信註冊", en = "A subscriber registers with Jia's SIP core" }, registers(site "jia-sip", alice) }
  expect { { zh = "語音通話品質（三通之中位 MOS）", en = "Voice calls, MOS (median of three)" }, mos(site "jia-sip"), at_least = 4, within = seconds(15) }
  expect { mobile("簡訊送達網路", "Messages are taken"), handset.sms { old_phones, to = site "friend-number", text = "test", deadline = seconds(20) } }
  wait(span(seconds(1), minutes(5)))
  local green = span(seconds(2), minutes(5))
  expect { { zh = "網頁連續全數回應（原速演練 5 分鐘）", en = "For 2 s without a break (5 min at full length) every page request is answered" }, page:share { last = green }, equals = percent(100), within = span(seconds(20), minutes(10)) }
end }

-- ---- 2 ----

phase { { zh = "甲電信基地臺失效", en = "Jia's cells fail" } }

step { { zh = "中斷甲電信基地臺", en = "Take Jia's cells down" }, id = "fail", owner = "control-room", repeatable = true,
  users = 22, -- Jia's handsets of this lab
  run = function()
  kept.failed_at = kept.failed_at or now()
  act({ zh = "甲電信基地臺已停止發射", en = "Jia's cells are off air" }, "jia-noc", function()
    together {
      function() radio.fail { jia_radio, restore_by = home_by } end,
      function() links.down { site "jia-cell", restore_by = home_by } end,
    }
  end)
  if not kept.told then
    kept.told = true
    occurs { "outage", note = { zh = "七股區 30 座基地臺中 8 座失效", en = "8 of 30 stations of Qigu are down" } }
    note { { zh = "演練 演練 演練：七股區甲電信 30 座基地臺中 8 座失效", en = "EXERCISE EXERCISE EXERCISE: 8 of Jia's 30 stations in Qigu have failed" } }
  end
end }

step { { zh = "緊急服務不中斷", en = "Emergency calls go on" }, id = "taken-over", after = "fail", owner = "control-room", about = "fail", repeatable = true, run = function()
  expect { { zh = "緊急服務由乙電信接手", en = "The emergency service answers through Yi" }, calls:share(), equals = percent(100), within = seconds(5), every = ms(200), objective = "emergency" }
end }

step { { zh = "發現中斷", en = "The outage is noticed" }, id = "notice", owner = "jia-noc", about = "fail", objective = "detection", repeatable = true, run = function()
  expect { mobile("半數手機僅可撥打緊急電話", "Half of the handsets show emergency calls only"), are(phones, "emergency", nil, percent(50), seconds(60)) }
  expect { { zh = "60 秒內發現", en = "Noticed within 60 s" }, now() - kept.failed_at, at_most = seconds(60) }
end }

-- ---- 3 ----

phase { { zh = "限制服務", en = "Limited service" } }

step { { zh = "緊急電話可撥通", en = "Emergency calls go through" }, id = "limited-emergency", owner = "measurement", objective = "emergency", repeatable = true, run = function()
  local call = emergency_call(site "yi-sip")
  expect { { zh = "經乙電信之緊急電話接通", en = "An emergency call through Yi is set up" }, call }
  expect { { zh = "10 秒內接通", en = "Within 10 s" }, call.setup or seconds(99), at_most = seconds(10) }
  expect { mobile("全部手機僅可撥打緊急電話", "All handsets show emergency calls only"), are(phones, "emergency", nil, nil, seconds(60)) }
  expect { mobile("每支手機可撥 112", "112 from every handset"), reach_112(phones), within = seconds(30), every = seconds(2) }
end }

step { { zh = "其他服務不可用", en = "Nothing else does" }, id = "limited-refusal", owner = "measurement", objective = "refusal", repeatable = true, run = function()
  local refused = registers(site "yi-sip-jia", alice)
  expect { { zh = "乙電信拒絕註冊（403）", en = "Yi refuses to register Jia's subscriber (403)" }, refused.status or 0, equals = 403 }
  expect { { zh = "漫遊信令不通", en = "Roaming signalling does not get through" }, function() return not updates(site "yi-hlr-guests", "yi")() end }
  expect { mobile("一般電話不可撥", "No ordinary call"), function() return not handset.call { old_phones, to = site "friend-number", held = ms(500), deadline = seconds(10) }.ok end }
  wait(span(seconds(2), minutes(5)))
  expect { { zh = "網頁無法連線", en = "The page is not served" }, page:loss { last = seconds(2) }, equals = percent(100) }
end }

-- ---- 4 ----

phase { { zh = "決策", en = "Decision" } }

step { { zh = "不符門檻之區域不得啟動", en = "The decoy: a district below the threshold" }, id = "decoy", owner = "ceoc", objective = "decision", repeatable = true, run = function()
  note { { zh = "演練：乙區 10 座基地臺中 4 座失效，業者請求啟動", en = "EXERCISE: in another district 4 of 10 stations are down, and roaming is asked for" } }
  local decoy = rules.activation { { zh = "乙區，甲電信", en = "another district (B), operator Jia" }, stations = 10, damaged = 4, repairable = percent(50) }
  expect { { zh = "門檻未達（40%，但未超過 5 座）", en = "The rule is not met (40 %, but not more than 5)" }, function() return not decoy.ok end }
  local activated = confirm { { zh = "乙區是否啟動災害漫遊？", en = "Is roaming in the other district to be activated?" }, by = "ceoc", within = span(seconds(8), minutes(5)), required = false }
  expect { { zh = "乙區未啟動", en = "It is not activated" }, function() return not activated end }
end }

step { { zh = "指定災害漫遊區域", en = "Designate the area" }, id = "decide", after = "decoy", owner = "ceoc", about = "fail", objective = "decision", repeatable = true, run = function()
  note { { zh = "演練：電力公司預估 4 日後復電", en = "EXERCISE: the utility expects to restore power in 4 days" } }
  local rule = rules.activation { { zh = "七股區，甲電信", en = "Qigu district, operator Jia" }, stations = 30, damaged = 8, repairable = percent(60) }
  expect { { zh = "門檻已達", en = "The rule is met" }, rule }
  local within = span(seconds(8), minutes(6))
  confirm { { zh = "甲電信提出災害漫遊需求", en = "Jia asks for disaster roaming" }, by = "jia-noc", within = within }
  confirm { { zh = "中央災害應變中心指定區域", en = "The operation center designates the area" }, by = "ceoc", within = within }
  kept.ordered_at = kept.ordered_at or now()
  together {
    function() confirm { { zh = "乙電信同意開放", en = "Yi agrees to open" }, by = "yi-noc", within = within } end,
    function() confirm { { zh = "丙電信同意開放", en = "Bing agrees to open" }, by = "bing-noc", within = within } end,
  }
  expect { { zh = "中斷後 15 分鐘內下令", en = "Ordered within 15 min of the outage" }, kept.ordered_at - kept.failed_at, at_most = minutes(15) }
end }

-- ---- 5 and 6 ----

phase { { zh = "開放災害漫遊", en = "Opening" } }

-- What an operator opens: signalling and permission at its core, its cells to the victim's subscribers.
local function open(name, cells)
  links.admit { site(name .. "-signalling"), restore_by = home_by }
  kamailio.set { site(name .. "-inbound-jia"), restore_by = home_by }
  radio.open { cells, victim = jia_radio, method = "mint", restore_by = home_by }
end

step { { zh = "乙電信開放，並管制接取與數據速率", en = "Yi opens; access attempts are barred in part, data is capped" }, id = "open-yi", owner = "yi-noc", repeatable = true, run = function()
  act({ zh = "乙電信已開放，甲電信已准許", en = "Yi is open, and Jia lets its own roam" }, "yi-noc", function()
    kamailio.set { site "jia-outbound-yi", restore_by = home_by }
    shape.rate { site "yi-cell", rate = kbit_per_s(512), restore_by = home_by }
    radio.bar { yi_radio, allow = percent(60), time = seconds(4), restore_by = home_by }
    links.admit { site "yi-guests", restore_by = home_by }
    open("yi", yi_radio)
    kamailio.set { site "yi-inbound-bing", restore_by = home_by }
  end)
end }

step { { zh = "丙電信開放（漏開用戶出境漫遊）", en = "Bing opens, and forgets to let its own roam" }, id = "open-bing", at = span(seconds(1), minutes(2)), owner = "bing-noc", repeatable = true, run = function()
  act({ zh = "丙電信已開放，甲電信已准許", en = "Bing is open, and Jia lets its own roam" }, "bing-noc", function()
    kamailio.set { site "jia-outbound-bing", restore_by = home_by }
    open("bing", bing_radio)
  end)
end }

step { { zh = "首位漫遊用戶", en = "The first roamer" }, id = "first", after = "open-yi", owner = "measurement", objective = "opening", repeatable = true, run = function()
  expect { { zh = "經乙電信之位置更新", en = "A location update through Yi's HLR, answered by Jia's" }, updates(site "yi-hlr-guests", "yi"), within = seconds(20), every = ms(500) }
  expect { { zh = "甲電信用戶於乙電信註冊", en = "Jia's subscriber registers through Yi (200)" }, registers(site "yi-sip-jia", alice) }
  expect { mobile("第一支手機漫遊", "A first handset roams"), are(phones, "roaming", "46697", percent(5), minutes(15)) }
  expect { { zh = "下令後 15 分鐘內", en = "Within 15 min of the order" }, now() - kept.ordered_at, at_most = minutes(15) }
  expect { mobile("95% 手機漫遊", "95 % of the handsets roam"), are(phones, "roaming", "46697", percent(95), span(seconds(60), minutes(60))) }
  expect { { zh = "下令後 60 分鐘內", en = "Within 60 min of the order" }, now() - kept.ordered_at, at_most = minutes(60) }
  if not by_people then
    expect { mobile("接取管制有效", "Barring held some back"), radio.census { site "air" }.refused_barred or 0, above = 0 }
  end
end }

-- ---- 7 and 9 ----

phase { { zh = "漫遊中服務", en = "Services while roaming" } }

step { { zh = "語音、簡訊、數據", en = "Voice, messages, data" }, id = "serve", owner = "measurement", objective = "services", repeatable = true, run = function()
  -- Both are so already, unless the run died and this begins anew.
  handset.await { phones, expect = "roaming", on = "46697", deadline = seconds(60), every = seconds(1) }
  registers(site "yi-sip-jia", alice)
  expect { { zh = "經乙電信之通話品質（三通之中位 MOS）", en = "Calls through Yi, MOS (median of three)" }, mos(site "yi-sip-jia"), at_least = 3.6, within = seconds(15) }
  local data = reach.bulk { site "sink", rate = kbit_per_s(400), sends_for = seconds(2), from = "phones", deadline = seconds(10) }
  expect { { zh = "數據上行 100 kbit/s 以上", en = "Data goes up with 100 kbit/s at least" }, kbit_per_s((data.rate or 0) / 1000), at_least = kbit_per_s(100) }
  expect { mobile("簡訊送達網路", "Messages are taken"), handset.sms { phones, to = site "friend-number", text = "roaming", deadline = seconds(20) } }
  expect { { zh = "網頁恢復", en = "The page is back" }, page:share(), at_least = percent(99), within = seconds(10), every = ms(200) }
  wait(span(seconds(5), minutes(15))) -- 25 pages at least: of fewer than 20, the slowest alone would be what 95 % says
  expect { { zh = "限速下 95% 網頁於 1 秒內載入", en = "Under the cap, 95 % of pages load within 1 s" }, page:p95 { last = span(seconds(5), minutes(15)) }, at_most = seconds(1) }
end }

step { { zh = "漫遊中撥打緊急電話", en = "Emergency calls while roaming" }, id = "serve-emergency", after = "serve", owner = "measurement", objective = "emergency", repeatable = true, run = function()
  local call = emergency_call(site "yi-sip")
  expect { { zh = "10 秒內接通", en = "Set up within 10 s" }, call.setup or seconds(99), at_most = seconds(10) }
  expect { mobile("每支手機可撥 112", "112 from every handset"), reach_112(phones), within = seconds(30), every = seconds(2) }
end }

step { { zh = "雙向確認：丙電信漏開", en = "Both directions: what Bing forgot" }, id = "directions", after = "serve-emergency", owner = "measurement", objective = "services", repeatable = true, run = function()
  expect { { zh = "甲電信用戶於丙電信註冊", en = "Jia's subscriber registers through Bing" }, registers(site "bing-sip-jia", alice) }
  expect { { zh = "經丙電信之位置更新", en = "A location update through Bing's HLR" }, updates(site "bing-hlr-guests", "bing"), within = seconds(20), every = ms(500) }
  local forgotten = registers(site "yi-sip-bing", bin)
  expect { { zh = "丙電信用戶被其母網拒絕（403）：不對稱", en = "Bing's own are refused by Bing (403): the asymmetry is found" }, forgotten.status or 0, equals = 403 }
end }

step { { zh = "丙電信補開", en = "Bing opens the other direction" }, id = "amend", after = "directions", owner = "bing-noc", repeatable = true, run = function()
  if not kept.amended then
    confirm { { zh = "丙電信補開用戶出境漫遊", en = "Bing lets its own roam, too" }, by = "bing-noc", within = span(seconds(8), minutes(5)) }
    kept.amended = true
  end
  if not by_people then kamailio.set { site "bing-outbound-yi", restore_by = home_by } end
end }

step { { zh = "補開後可漫遊", en = "Then Bing's own roam" }, id = "amended", after = "amend", owner = "measurement", objective = "services", repeatable = true, run = function()
  expect { { zh = "丙電信用戶於乙電信註冊", en = "Bing's subscriber registers through Yi" }, registers(site "yi-sip-bing", bin) }
end }

step { { zh = "不應漫遊者未漫遊", en = "Who must not roam, does not" }, id = "negative", after = "serve-emergency", owner = "measurement", objective = "refusal", repeatable = true, run = function()
  expect { { zh = "母網正常之用戶不得漫遊（403）", en = "A subscriber of a healthy network is refused elsewhere (403)" }, sip.register { site "bing-sip", account = site "yi-user", from = "phones", deadline = seconds(4) }.status or 0, equals = 403 }
  expect { mobile("乙電信手機留在母網", "Yi's handsets stay at home"), are(yi_phones, "home", "46697", nil, seconds(40)) }
  expect { mobile("不支援 Rel-17 之手機僅緊急", "Handsets without Release 17 have emergency calls alone"), are(old_phones, "emergency", nil, nil, seconds(40)) }
end }

-- ---- 8 ----

phase { { zh = "負載", en = "Load on the host network" } }

step { { zh = "大量登錄", en = "A crowd registers, 50 a second" }, id = "storm", owner = "control-room", objective = "load", repeatable = true, run = function()
  local lasts = span(seconds(6), minutes(10))
  local crowd = measure { gsup.update, site "yi-hlr-guests", subscribers = site "jia-crowd", every = ms(20), lasts = lasts, from = "yi", deadline = seconds(2), label = { zh = "漫遊用戶位置更新", en = "location updates of guests" } }
  local own = measure { gsup.update, site "yi-hlr", subscribers = site "yi-testers", every = ms(100), lasts = lasts, from = "yi", deadline = seconds(2), label = { zh = "乙電信自有用戶位置更新", en = "location updates of Yi's own" } }
  local own_sip = measure { sip.options, site "yi-sip", every = ms(50), lasts = lasts, from = "yi-phone", deadline = seconds(1), label = { zh = "乙電信 SIP 核心", en = "Yi's SIP core" } }
  expect { { zh = "位置更新 98% 成功", en = "98 % of the crowd's updates succeed" }, crowd:share(), at_least = percent(98) }
  expect { { zh = "95% 於 1 秒內", en = "95 % within 1 s" }, crowd:p95(), at_most = seconds(1) }
  expect { { zh = "自有用戶位置更新降幅 5% 以內", en = "Yi's own: at most 5 % fewer updates succeed" }, own:share(), at_least = percent(95) }
  expect { { zh = "自有用戶 95% 於 1 秒內", en = "Yi's own: 95 % within 1 s" }, own:p95(), at_most = seconds(1) }
  expect { { zh = "乙電信 SIP 核心照常", en = "Yi's SIP core answers as before" }, own_sip:share(), at_least = percent(95) }
  expect { { zh = "自有用戶網頁照常", en = "Yi's own subscribers' page loads as before" }, yi_page:share { last = seconds(5) }, at_least = percent(95) }
end }

-- ---- 10 ----

phase { { zh = "修復與返回", en = "Repair and return" } }

step { { zh = "甲電信修復", en = "Jia is repaired" }, id = "repair", owner = "jia-noc", objective = "home", repeatable = true, run = function()
  act({ zh = "甲電信基地臺已恢復", en = "Jia's cells are on air again" }, "jia-noc", function() restore { jia_radio, site "jia-cell" } end)
  if not kept.repaired then
    kept.repaired = true
    occurs { "restored" }
  end
  local ending = rules.ending { { zh = "七股區，甲電信", en = "Qigu district, operator Jia" }, repaired = percent(93), lasted = now() - kept.ordered_at }
  expect { { zh = "結束條件已達", en = "The rule for ending it is met" }, ending }
  confirm { { zh = "宣布結束災害漫遊", en = "Roaming is declared over" }, by = "ceoc", within = span(seconds(8), minutes(5)) }
end }

-- 20 handsets in a return wait range of 1 to 6 s: at most three times 20 / 6 in any second.
local function look_at_peak()
  local before, looked = radio.census { site "air" }.attempts or 0, now()
  local peak = 0
  for _ = 1, 8 do
    wait(seconds(1))
    local asked, at = radio.census { site "air" }.attempts or 0, now()
    local rate = (asked - before) / ((at - looked) / seconds(1)) -- a look that comes late has seen more than a second's
    if rate > peak then peak = rate end
    before, looked = asked, at
  end
  expect { mobile("每秒登錄數不超過平均三倍", "No second with more than three times the mean of registrations"), peak, at_most = 10 }
end

step { { zh = "關閉漫遊，分散返回母網", en = "Roaming is closed; handsets go home, spread" }, id = "return", after = "repair", owner = "yi-noc", objective = "home", repeatable = true, run = function()
  for _, leaving in ipairs { { site "yi-sip-jia", alice }, { site "yi-sip-bing", bin }, { site "bing-sip-jia", alice } } do
    sip.register { leaving[1], account = leaving[2], expires = seconds(0), from = "phones", deadline = seconds(4) }
  end
  act({ zh = "乙、丙電信基地臺已關閉漫遊", en = "Yi's and Bing's cells take no more roamers" }, "yi-noc", function() restore { yi_radio, bing_radio } end)
  together {
    function()
      expect { mobile("95% 手機於返回等待範圍加 2 分鐘內回母網", "95 % are at home within the return wait range and 2 min"), are(phones, "home", "46692", percent(95), seconds(126)) }
    end,
    function() if not by_people then look_at_peak() end end,
  }
  act({ zh = "各核心之漫遊許可已收回", en = "The cores' permissions are withdrawn" }, "yi-noc", function()
    restore { site "yi-guests", site "yi-cell", site "yi-inbound-jia", site "yi-inbound-bing", site "bing-inbound-jia",
      site "jia-outbound-yi", site "jia-outbound-bing", site "bing-outbound-yi" }
  end)
  expect { { zh = "乙電信再次拒絕註冊（403）", en = "Yi refuses Jia's subscriber again (403)" }, registers(site "yi-sip-jia", alice).status or 0, equals = 403 }
  expect { { zh = "無殘留登錄", en = "No registration of guests is left at Yi" }, (kamailio.count { site "yi-here", from = "yi" }.count or 99) - (kept.here_before or 0), equals = 0 }
  act({ zh = "漫遊信令路由已關閉", en = "The roaming signalling is closed" }, "yi-noc", function() restore { site "yi-signalling", site "bing-signalling" } end)
  expect { { zh = "母網網頁可用", en = "At home, the page is served" }, page:share(), equals = percent(100), within = seconds(5), every = ms(200) }
end }

-- ---- the variant: --set variant=core-lost ----

if variant == "core-lost" then

phase { { zh = "變化：母網核心失效", en = "Variant: the home core is lost" } }

step { { zh = "停止甲電信 HLR 與 SIP 核心", en = "Jia's HLR and SIP core stop" }, id = "core-lost", owner = "control-room", repeatable = true, run = function()
  act({ zh = "甲電信 HLR 與 SIP 核心已停止，乙電信已開放", en = "Jia's HLR and SIP core are stopped, Yi is open" }, "jia-noc", function()
    together {
      function() lab.stop { site "jia-hlr-daemon", restore_by = home_by } end,
      function() lab.stop { site "jia-sip-daemon", restore_by = home_by } end,
      function() radio.core_fail { jia_core, restore_by = home_by } end,
    }
    open("yi", yi_radio)
  end)
end }

step { { zh = "完整漫遊必須失敗", en = "Full roaming has to fail" }, id = "core-roaming", after = "core-lost", owner = "measurement", objective = "core", repeatable = true, run = function()
  expect { mobile("手機僅可撥打緊急電話", "Handsets show emergency calls only"), are(phones, "emergency", nil, nil, seconds(60)) }
  wait(span(seconds(6), minutes(5)))
  expect { mobile("無手機漫遊", "Nobody roams"), function() return not handset.registration { phones, expect = "registered", share = percent(5) }.ok end }
  expect { { zh = "註冊失敗", en = "Registering through Yi fails" }, function() return not registers(site "yi-sip-jia", alice).ok end }
  expect { { zh = "位置更新失敗", en = "A location update through Yi fails" }, function() return not updates(site "yi-hlr-guests", "yi")() end }
end }

step { { zh = "緊急電話必須可用", en = "Emergency calls have to work" }, id = "core-emergency", after = "core-roaming", owner = "measurement", objective = "core", repeatable = true, run = function()
  local call = emergency_call(site "yi-sip")
  expect { { zh = "經乙電信之緊急電話接通", en = "An emergency call through Yi is set up within 10 s" }, call.setup or seconds(99), at_most = seconds(10) }
  expect { mobile("手機可撥 112", "112 from the handsets"), reach_112(old_phones), within = seconds(60), every = seconds(2) }
end }

end

-- ---- 11 ----

phase { { zh = "復原確認", en = "Back to normal" } }

step { { zh = "全部復原並確認", en = "All is put back, and looked at" }, id = "verdicts", owner = "measurement", objective = "home", repeatable = true, run = function()
  if variant == "core-lost" then
    act({ zh = "甲電信核心已恢復，乙電信已關閉漫遊", en = "Jia's core is back, Yi is closed" }, "jia-noc", function()
      restore { jia_core, site "jia-sip-daemon", site "jia-hlr-daemon", yi_radio, site "yi-inbound-jia", site "yi-signalling" }
    end)
  end
  expect { mobile("全部手機回到甲電信", "All handsets are with Jia again"), are(phones, "home", "46692", nil, seconds(60)) }
  wait(span(seconds(0), minutes(5)))
  expect { { zh = "甲電信用戶可註冊", en = "A subscriber registers with Jia again" }, function() return registers(site "jia-sip", alice).ok end, within = seconds(10), every = ms(500) }
  for _, stream in ipairs { page, calls, yi_page } do stream:stop() end
  expect { all_along("緊急服務中斷不超過 5 秒", "The emergency service was never cut off for longer than 5 s"), calls:interruption(), at_most = seconds(5), objective = "emergency" }
  expect { all_along("甲電信用戶網頁中斷不超過 60 分鐘", "Jia's subscribers were without the page for 60 min at most"), page:interruption(), at_most = minutes(60), objective = "opening" }
  expect { all_along("乙電信自有用戶網頁遺失率低於 5%", "Yi's own subscribers lost less than 5 % of pages"), yi_page:loss(), below = percent(5), objective = "load" }
  note { { zh = "檢討會：60 日內完成成果報告", en = "Hot wash; the after-action report is due in 60 days" } }
end }
