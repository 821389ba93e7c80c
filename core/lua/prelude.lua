-- expect, written in Lua because it loops around waits. P: the primitives of prims.c.
local P = ...

local operators = {
  at_most = function(a, b) return a <= b end,
  at_least = function(a, b) return a >= b end,
  equals = function(a, b) return a == b end,
  above = function(a, b) return a > b end,
  below = function(a, b) return a < b end,
}

local kinds = {
  ns = "a length of time such as seconds(10)", ["1"] = "a share such as percent(98)",
  ["bit/s"] = "a rate such as kbit_per_s(100)",
}

local names = { "at_most", "at_least", "equals", "above", "below" }

local function find_limit(t)
  local op, limit
  for _, name in P.ipairs(names) do
    if t[name] ~= nil then
      if op then P.error("[E0207] 'expect' takes one limit, got '" .. op .. "' and '" .. name .. "'", 3) end
      op, limit = name, t[name]
    end
  end
  return op, limit
end

-- A text is as expected or is not: there is nothing to measure.
local function judge_text(e, text)
  if e.op ~= "equals" or P.type(e.limit) ~= "string" or text ~= nil and P.type(text) ~= "string" then
    P.error("[E0301] 'expect' compares a text with another by 'equals' alone", 3)
  end
  local met = text == e.limit
  return {
    sentence = e.sentence, objective = e.objective, op = "is_true", limit = 1, measured = met and 1 or 0,
    unit = "bool", uncertainty = 0, met = met,
    why = not met and "expected '" .. e.limit .. "', got " .. (text and "'" .. text .. "'" or "nothing") or nil,
  }
end

-- From where on a value that is met is close to its limit: on the good side of it, in its unit.
local function warn_of(e, limit, limit_unit)
  if e.warn == nil then return nil end
  local warn, unit = P.value(e.warn)
  if unit ~= limit_unit then
    P.error("[E0302] 'expect': 'warn' needs the unit that '" .. e.op .. "' has", 3)
  end
  local least = e.op == "at_least" or e.op == "above"
  if e.op == "equals" or least and warn < limit or not least and warn > limit then
    P.error("[E0303] 'expect': 'warn' is on the good side of the limit: below at_most and below, above at_least and above", 3)
  end
  return warn
end

-- One look: measured value (nil: unknown), unit, uncertainty, window.
local function judge(e)
  local value, unit, uncertainty, from, till, share, why
  local unknown = "no slot of the window was answered for"
  if e.question then
    value, unit, uncertainty, from, till, share = P.ask(e.question, e.from, e.till, e.last)
  else
    local subject = e.subject
    if P.type(subject) == "function" then subject = subject() end
    if e.op and (P.type(subject) == "string" or P.type(e.limit) == "string") then return judge_text(e, subject) end
    value, unit, why = P.value(subject)
  end
  local op, limit, warn = e.op, nil, nil
  if op then
    local number, limit_unit = P.value(e.limit)
    if unit == "" and limit_unit == "1" then unit = "1" end -- a number beside a share is one
    local got = kinds[limit_unit]
    if kinds[unit] and (got and limit_unit ~= unit or not got and (unit == "ns" or share and number > 1)) then
      P.error("[E0302] 'expect': '" .. op .. "' needs " .. kinds[unit] .. ", got " .. (got or "the number " .. number), 3)
    end
    -- Neither yes nor no nor nothing is below a limit.
    if unit == "bool" and limit_unit ~= "bool" then value, unit, unknown = nil, limit_unit, "it gave no number" end
    limit = number
    warn = warn_of(e, limit, limit_unit)
  else
    op, limit = "is_true", 1
  end
  local met = false
  if value then
    met = op == "is_true" and value ~= 0 or op ~= "is_true" and operators[op](value, limit)
  end
  return {
    sentence = e.sentence, objective = e.objective, op = op, limit = limit, warn = warn, measured = value,
    unit = unit, uncertainty = uncertainty or 0, from = from, till = till, met = met,
    question = e.question, why = not met and (why or value == nil and unknown) or nil,
  }
end

return function(t)
  if P.type(t) ~= "table" then P.error("[E0301] 'expect' takes one table: expect { ... }", 2) end
  P.keys("expect", t)
  if P.type(t[1]) ~= "string" and P.type(t[1]) ~= "table" then
    P.error("[E0203] 'expect' begins with a sentence: expect { \"...\", ... }", 2)
  end
  if t[2] == nil then P.error("[E0208] 'expect' lacks what is expected, after its sentence", 2) end
  if P.is_builtin(t[2]) then
    P.error("[E0301] 'expect' takes what a call gives, got the call's name alone; a series is asked as page:loss()", 2)
  end
  local e = { sentence = t[1], subject = t[2], objective = t.objective, warn = t.warn }
  e.op, e.limit = find_limit(t)
  if t[3] ~= nil then
    if not P.is_series(t[2]) or P.type(t[3]) ~= "string" then
      P.error("[E0301] 'expect' takes a threshold such as \"loss<1%\" after a series alone", 2)
    end
    if e.op then P.error("[E0207] 'expect' takes one limit, got '" .. t[3] .. "' and '" .. e.op .. "'", 2) end
    local stat, op, limit, hold = P.threshold(t[3])
    e.op, e.limit, e.hold = op, limit, hold
    e.subject = t[2][stat](t[2], t.reading and { reading = t.reading } or nil)
    if hold > 0 and t.within == nil then
      P.error("[E0208] 'expect' with '... for ...' lacks 'within': how long to look at most", 2)
    end
  end
  if e.warn ~= nil and not e.op then P.error("[E0208] 'expect' with 'warn' lacks a limit such as at_most", 2) end
  if P.is_question(e.subject) then
    e.question = e.subject
    if not e.op then P.error("[E0208] 'expect' about a series needs a limit such as at_most", 2) end
  end
  if t.from ~= nil then e.from = P.moment(t.from, "from") end
  if t.till ~= nil then e.till = P.moment(t.till, "till") end
  local every = t.every ~= nil and P.length(t.every, "every") or 1e9
  if every < 1e6 then P.error("[E0303] 'expect': 'every' is at least ms(1)", 2) end
  local function conclude(verdict)
    local met = P.verdict(verdict)
    if t.abort_on_fail and not met then P.abort(e.sentence) end
    return met
  end
  if t.within == nil then
    if e.question then P.settle(e.question, e.till) end
    return conclude(judge(e))
  end
  -- Within a time: the latest second is looked at again and again, until it is as expected.
  local deadline = P.now() + P.length(t.within, "within")
  if e.question and not e.from then e.last = 1e9 end
  local hold, since = e.hold or 0, nil
  while true do
    local verdict = judge(e)
    local now = P.now()
    since = verdict.met and (since or now) or nil
    if since and now - since >= hold then return conclude(verdict) end
    if now >= deadline then
      if verdict.met then verdict.met, verdict.why = false, "it was met, but not for long enough" end
      return conclude(verdict)
    end
    P.sleep(now + every < deadline and now + every or deadline)
  end
end
