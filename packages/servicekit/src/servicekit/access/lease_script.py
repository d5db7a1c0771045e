"""The script that leases from budgets, in the store, under the store's clock.

A budget is one hash of slot -> spent. Slots are 2.5 s of a window of 60 s. What is leased counts as spent in the slot
that contains the time half a second from now, and may be used until that slot ends, 0.5 to 3 s from now. It returns
60 s after the slot ends. So a call returns at least 60 s after it was made, and at most 63 s after its lease.
"""

from typing import Final

WINDOW: Final = 60.0
"""Seconds of the sliding window."""
SLOTS: Final = 24
SLOT: Final = WINDOW / SLOTS
"""Seconds of a slot."""
MARGIN: Final = 0.5
"""Seconds for which a lease can be used at least."""
PART: Final = 32
"""Ahead of need, at most this part of what is left is leased: 1/32."""

# KEYS: the budgets; with a reserve, the server's budget and then the tenant's, which counts along with it. Then, if
# refusals >= 0, the count of refused calls.
# ARGV: window, slots, margin (ms), part; calls to admit, reserve, refusals to add; then per budget: its limit, a call's
# cost, calls in hand and their slot, calls to hold ahead, and a slot and amount to give back.
# Reply: the slot, the milliseconds for which its leases can be used, calls that fit, the budget without room for
# another (1-based; 0 for none), milliseconds until it has room, refusals in this window, milliseconds until they are
# forgotten; then per budget: the leased amount, what is left of the budget, milliseconds until all of it returned.
LEASE_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local window, slots, margin, part = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local wanted, reserve, refusals = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local count = (#ARGV - 7) / 7
local length = window / slots
local slot = math.floor((now + margin) / length)
local oldest = math.floor(now / length) - slots

local function give_back(key, at, amount)
  if amount > 0 and redis.call('HEXISTS', key, at) == 1 and redis.call('HINCRBY', key, at, -amount) <= 0 then
    redis.call('HDEL', key, at)
  end
end

local function spent_in(key)
  local entries, live, sum = redis.call('HGETALL', key), {}, 0
  for index = 1, #entries, 2 do
    local at, amount = tonumber(entries[index]), tonumber(entries[index + 1])
    if at < oldest then
      redis.call('HDEL', key, entries[index])
    else
      sum = sum + amount
      live[#live + 1] = {at, amount}
    end
  end
  table.sort(live, function(one, other) return one[1] < other[1] end)
  return live, sum
end

local function until_free(live, over)
  if over <= 0 then return 0 end
  for _, entry in ipairs(live) do
    over = over - entry[2]
    if over <= 0 then return (entry[1] + slots + 1) * length - now end
  end
  return window
end

local function charge(key, amount)
  if amount == 0 then return end
  redis.call('HINCRBY', key, slot, amount)
  redis.call('PEXPIRE', key, window + 2 * length)
end

local budgets, calls, full = {}, wanted, 0
for level = 1, count do
  local first = 7 * level
  local limit, cost, held = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  if tonumber(ARGV[first + 4]) ~= slot then held = 0 end
  local at, amount = ARGV[first + 6], tonumber(ARGV[first + 7])
  give_back(KEYS[level], at, amount)
  local live, spent = spent_in(KEYS[level])
  local own_live, own = {}, 0
  if reserve > 0 then
    give_back(KEYS[2], at, amount)
    own_live, own = spent_in(KEYS[2])
  end
  local left = math.max(limit - reserve - spent, math.min(limit - spent, reserve - own))
  local fit = math.max(0, math.floor((held + left) / cost))
  if fit < calls then calls, full = fit, level end
  budgets[level] = {
    limit = limit, cost = cost, held = held, ahead = tonumber(ARGV[first + 5]), left = left,
    live = live, spent = spent, own_live = own_live, own = own,
  }
end

local wait = 0
local reply = {slot, math.floor((slot + 1) * length - now), calls, full, 0, 0, 0}
for level, budget in ipairs(budgets) do
  if full > 0 then
    local need = (calls + 1) * budget.cost - budget.held
    local room = until_free(budget.live, budget.spent + need - budget.limit)
    local shared = until_free(budget.live, budget.spent + need - budget.limit + reserve)
    local guaranteed = math.max(room, until_free(budget.own_live, budget.own + need - reserve))
    wait = math.max(wait, math.min(shared, guaranteed))
  end
  local used = calls * budget.cost
  local grant = math.max(0, used - budget.held)
  if full == 0 then
    local most = math.floor((budget.left - grant) / part)
    if most > 1 then grant = grant + math.max(0, math.min(budget.ahead, most) - math.max(0, budget.held - used)) end
  end
  charge(KEYS[level], grant)
  if reserve > 0 then charge(KEYS[2], grant) end
  local newest = 0
  if #budget.live > 0 then newest = budget.live[#budget.live][1] + 1 end
  if grant > 0 then newest = math.max(newest, slot + 1) end
  reply[5 + 3 * level] = grant
  reply[6 + 3 * level] = budget.left - grant
  reply[7 + 3 * level] = newest > 0 and math.ceil((newest + slots) * length - now) or 0
end
reply[5] = math.ceil(wait)

if refusals >= 0 then
  local key = KEYS[#KEYS]
  if refusals > 0 then
    reply[6] = redis.call('INCRBY', key, refusals)
    if reply[6] == refusals then redis.call('PEXPIRE', key, window) end
  else
    reply[6] = tonumber(redis.call('GET', key) or 0)
  end
  reply[7] = math.max(0, redis.call('PTTL', key))
end
return reply
"""
