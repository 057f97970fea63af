/**
 * The atomic writes. Redis runs a script to its end without anything in between, so each is a compare-and-set:
 * it writes only while the sequence it was computed from is still the stored one.
 */

/** KEYS: upgrade, audit, config. → [upgrade or false, time, last entry or false, hash of the configuration or false] */
export const load = `
local time = redis.call('TIME')
local now = time[1] .. string.format('%06d', time[2])
return {
  redis.call('GET', KEYS[1]), now, redis.call('LINDEX', KEYS[2], -1), redis.call('HGET', KEYS[3], 'hash')
}
`

/**
 * KEYS: upgrade, audit, target, count, due, ended, feed, config, call.
 * ARGV: sequence before, upgrade, entry, entry hash, due (ms), id, number (only first commit),
 * when it ended (ms, '' while it is under way), deadline (ms), hash of the configuration that must be in force ('' for any),
 * sequence, count before ('' for any), request ID as JSON that no late entry may bear ('' for any), what to note of the
 * call that led to it ('' for none), for how long (ms).
 * → 'committed', 'conflict' (somebody was first), 'occupied' (another upgrade is under way there), 'late', 'otherConfig',
 * 'repeated' (what was asked for is decided)
 *
 * Whatever is under way holds the claim on its target: an ended upgrade that goes on takes it again. The next upgrade's
 * chain starts from the end of whichever was written to last.
 *
 * A connection that was lost sends again what it had no answer to: what is written already is not refused.
 */
export const commit = `
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], -64, -1)) do
  if entry == ARGV[3] then return 'committed' end
  if ARGV[13] ~= '' and string.find(entry, '"requestId":' .. ARGV[13], 1, true) then return 'repeated' end
end
if ARGV[14] ~= '' and redis.call('EXISTS', KEYS[9]) == 1 then return 'repeated' end
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[9]) then return 'late' end
if ARGV[10] ~= '' and redis.call('HGET', KEYS[8], 'hash') ~= ARGV[10] then return 'otherConfig' end
local before = tonumber(ARGV[1])
local stored = redis.call('GET', KEYS[1])
local active = redis.call('HGET', KEYS[3], 'active')
if before == 0 then
  if stored or active then return 'conflict' end
  local count = tonumber(redis.call('GET', KEYS[4]) or '0')
  if ARGV[12] ~= '' and count ~= tonumber(ARGV[12]) then return 'conflict' end
  if tonumber(ARGV[7]) > count then redis.call('SET', KEYS[4], ARGV[7]) end
else
  if not stored or cjson.decode(stored).sequence ~= before then return 'conflict' end
  if ARGV[8] == '' and active and active ~= ARGV[6] then return 'occupied' end
end
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[14] ~= '' then redis.call('SET', KEYS[9], ARGV[14], 'PX', ARGV[15]) end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('RPUSH', KEYS[7], ARGV[6] .. ' ' .. ARGV[11])
redis.call('HSET', KEYS[3], 'head', ARGV[4], 'last', ARGV[6])
if ARGV[8] == '' then
  redis.call('HSET', KEYS[3], 'active', ARGV[6])
  redis.call('ZREM', KEYS[6], ARGV[6])
else
  redis.call('ZADD', KEYS[6], ARGV[8], ARGV[6])
  if active == ARGV[6] then redis.call('HDEL', KEYS[3], 'active') end
end
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[6])
return 'committed'
`

/** KEYS: upgrade, due. ARGV: sequence, due (ms), id. → 1 noted, 0 the upgrade has moved on */
export const settle = `
local stored = redis.call('GET', KEYS[1])
if not stored or cjson.decode(stored).sequence ~= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[3])
return 1
`

/** KEYS: upgrade, target. ARGV: sequence, what begins, generation. → the generation noted first, false when it has moved on */
export const begin = `
local stored = redis.call('GET', KEYS[1])
if not stored or cjson.decode(stored).sequence ~= tonumber(ARGV[1]) then return false end
if redis.call('HGET', KEYS[2], 'begun') ~= ARGV[2] then
  redis.call('HSET', KEYS[2], 'begun', ARGV[2], 'begunAt', ARGV[3])
end
return redis.call('HGET', KEYS[2], 'begunAt')
`

/** KEYS: upgrade, due. ARGV: id, when to tell the rest (ms, '' when all is told). → 1 noted, 0 it has not ended */
export const told = `
local stored = redis.call('GET', KEYS[1])
if not stored or not cjson.decode(stored).result then return 0 end
if ARGV[2] == '' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[1]) end
return 1
`

/** KEYS: due. ARGV: late by (ms), limit. → IDs; each is moved on by the same time, so that one caller gets it */
export const overdue = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local late = tonumber(ARGV[1])
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - late, 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], 'XX', now, id) end
return ids
`

/** KEYS: list, feed. ARGV: length before, entry, chain. → 1 appended, 0 somebody was first */
export const append = `
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[3] .. ' ' .. ARGV[1] + 1)
return 1
`

/** KEYS: hash. ARGV: field, value before ('' for none), value, time to live (ms). → 1 replaced, 0 another stands there */
export const replace = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if KEYS[2] then redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[4]) end
return 1
`

/**
 * KEYS: hash, series. ARGV: field, measurement as JSON, its sequence, its time (ISO 8601), time to live (ms), its figure as
 * JSON ('' for none), how many figures are kept. → 1 noted, 0 a later one is there, or the same
 *
 * Where there are too many figures, the first stays, and of each two neighbours after it the later one, unless only the
 * earlier one did not pass.
 */
export const measured = `
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored == ARGV[2] then return 0 end
if stored then
  local last = cjson.decode(stored)
  local sequence = tonumber(ARGV[3])
  if last.sequence > sequence or (last.sequence == sequence and last.at > ARGV[4]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if ARGV[6] == '' then return 1 end
redis.call('RPUSH', KEYS[2], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
if redis.call('LLEN', KEYS[2]) <= tonumber(ARGV[7]) then return 1 end
local all = redis.call('LRANGE', KEYS[2], 0, -1)
local passed = function(figure) return string.find(figure, '"verdict":"passed"', 1, true) ~= nil end
redis.call('DEL', KEYS[2])
redis.call('RPUSH', KEYS[2], all[1])
for i = 2, #all, 2 do
  local one, other = all[i], all[i + 1]
  local worse = not other or (passed(other) and not passed(one))
  redis.call('RPUSH', KEYS[2], worse and one or other)
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
`

/**
 * KEYS: alerts, order, firing, due. ARGV: upgrade, how many are kept, how many are counted, time to live (ms), then of each
 * alert its name, its state, its rank and itself as JSON. → 1 there was news, 0 all of it was known
 *
 * An alert that fires once more began at a later time; with the same one it is a repetition. Where nobody says when it
 * began, it has to have ended first.
 */
export const alerts = `
local news = 0
for i = 5, #ARGV, 4 do
  local name, state = ARGV[i], ARGV[i + 1]
  local stored = redis.call('HGET', KEYS[1], name)
  local before = stored and cjson.decode(stored)
  local alert = cjson.decode(ARGV[i + 3])
  if state == 'resolved' then
    local fired = redis.call('SREM', KEYS[3], name) == 1
    if before and before.state == 'firing' then
      before.state = 'resolved'
      before.resolvedAt = alert.resolvedAt
      redis.call('HSET', KEYS[1], name, cjson.encode(before))
    end
    if fired then news = 1 end
  elseif (not before and redis.call('SISMEMBER', KEYS[3], name) == 0)
    or (before and before.startsAt < alert.startsAt and (before.state == 'resolved' or not alert.assumed)) then
    redis.call('HSET', KEYS[1], name, ARGV[i + 3])
    redis.call('ZADD', KEYS[2], ARGV[i + 2], name)
    if redis.call('SCARD', KEYS[3]) < tonumber(ARGV[3]) then redis.call('SADD', KEYS[3], name) end
    news = 1
  end
end
local over = redis.call('ZCARD', KEYS[2]) - ARGV[2]
if over > 0 then
  for i, name in ipairs(redis.call('ZPOPMIN', KEYS[2], over)) do
    if i % 2 == 1 then redis.call('HDEL', KEYS[1], name) end
  end
end
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
if news == 1 then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[4], 'XX', 'LT', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
end
return news
`

/**
 * KEYS: capacity. ARGV: pods that are Ready, pods that are wanted, time to live (ms).
 * What was noted last counts for the time since then.
 */
export const capacity = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ready, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local last = redis.call('HMGET', KEYS[1], 'at', 'ready', 'total', 'least', 'wanted')
if last[1] then
  local passedMs = now - last[1]
  if tonumber(last[2]) < tonumber(last[3]) then redis.call('HINCRBY', KEYS[1], 'belowMs', passedMs) end
  if tonumber(last[2]) == 0 and tonumber(last[3]) > 0 then redis.call('HINCRBY', KEYS[1], 'downMs', passedMs) end
end
if not last[4] or wanted - ready > last[5] - last[4] then
  redis.call('HSET', KEYS[1], 'least', ready, 'wanted', wanted)
end
redis.call('HSET', KEYS[1], 'at', now, 'ready', ready, 'total', wanted)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`

/**
 * KEYS: config, text of the new one, audit:admin, feed.
 * ARGV: number of the configuration that it takes the place of (0: of none), hash, text, length of the list, entry.
 * → 1 in force, 0 somebody was first
 */
export const takeUp = `
local number = tonumber(redis.call('HGET', KEYS[1], 'number') or '0')
if number ~= tonumber(ARGV[1]) or redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], 'hash', ARGV[2], 'number', number + 1)
redis.call('HSET', KEYS[2], 'text', ARGV[3], 'number', number + 1)
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('RPUSH', KEYS[4], 'admin ' .. ARGV[4] + 1)
return 1
`

/**
 * KEYS: freezes, audit:admin, feed. ARGV: scope, the freeze before ('' for none), the freeze ('' to lift it), length of the
 * list, entry, deadline (ms). → 'committed', 'conflict' (another freeze stands there), 'behind' (the list is longer), 'late'
 *
 * A connection that was lost sends again what it had no answer to: what is written already is not refused.
 */
export const freeze = `
if redis.call('LINDEX', KEYS[2], ARGV[4]) == ARGV[5] then return 'committed' end
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[6]) then return 'late' end
if redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[4]) then return 'behind' end
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 'conflict' end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('RPUSH', KEYS[3], 'admin ' .. ARGV[4] + 1)
return 'committed'
`

/**
 * KEYS: processes that go by the configuration in force, by when they count as gone. ARGV: process, for how long (ms),
 * '1' to count it in. → how many others there are
 */
export const beat = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[3] == '1' then redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) else redis.call('ZREM', KEYS[1], ARGV[1]) end
return redis.call('ZCARD', KEYS[1]) - (ARGV[3] == '1' and 1 or 0)
`

/**
 * A sliding window. KEYS: window. ARGV: how many, within (ms), a name for this one.
 * → milliseconds to wait; 0: it is counted
 */
export const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local blocking = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
if blocking[2] then return blocking[2] + window - now end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return 0
`

/**
 * A bucket of calls that fills up evenly, and those who wait for it. KEYS: bucket, line, when those in it come back.
 * ARGV: name, rank, what the bucket holds, how long it takes to fill (ms), what is left to lower ranks, '1' for whoever
 * goes at once unless Slack asked for patience, how long it counts as having asked (ms), how late one may come back (ms).
 * → milliseconds to wait; 0: it is spent
 *
 * While the bucket is paused, \`at\` lies ahead.
 */
export const standInLine = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local name, rank, capacity, leave = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local perMs = capacity / tonumber(ARGV[4])
local strictForMs, patienceMs = tonumber(ARGV[7]), tonumber(ARGV[8])
local stored = redis.call('HMGET', KEYS[1], 'calls', 'at', 'strictUntil')
local calls, at, strictUntil = tonumber(stored[1] or capacity), tonumber(stored[2] or now), tonumber(stored[3] or 0)
if now > at then
  calls = math.min(capacity, calls + (now - at) * perMs)
  at = now
end
for _, lost in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - patienceMs)) do
  redis.call('ZREM', KEYS[2], lost)
  redis.call('ZREM', KEYS[3], lost)
end
local ranks = 1e14
local stood = redis.call('ZSCORE', KEYS[2], name)
redis.call('ZADD', KEYS[2], rank * ranks + (stood and tonumber(stood) % ranks or now), name)
local ahead = redis.call('ZRANK', KEYS[2], name)
local waitMs = 0
if at == now and (calls - leave >= ahead + 1 or (ARGV[6] == '1' and now >= strictUntil)) then
  calls = math.max(0, calls - 1)
  redis.call('ZREM', KEYS[2], name)
  redis.call('ZREM', KEYS[3], name)
else
  waitMs = at - now + math.max(50, math.ceil((ahead + 1 + leave - calls) / perMs))
  redis.call('ZADD', KEYS[3], now + waitMs, name)
  if ARGV[6] == '1' then strictUntil = math.max(strictUntil, now + strictForMs) end
end
redis.call('HSET', KEYS[1], 'calls', tostring(calls), 'at', at, 'strictUntil', strictUntil)
local forMs = at - now + strictForMs + math.ceil(capacity / perMs)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, forMs) end
return waitMs
`

/** KEYS: bucket. ARGV: for how long (ms), how long everybody stands in line afterwards (ms). */
export const pauseLine = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'at') or 0))
local strictUntil = at + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'calls', 1, 'at', at, 'strictUntil', strictUntil)
redis.call('PEXPIRE', KEYS[1], strictUntil - now)
return 0
`

/** KEYS: lock. ARGV: owner, time to live (ms). */
export const renew = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`

/**
 * KEYS: lock, again. ARGV: owner, time to live (ms).
 * → 1 it is ours; 0 somebody is at it, and is told now to do it once more; -1 was told already
 */
export const takeTurn = `
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return 1 end
return redis.call('SET', KEYS[2], '', 'PX', ARGV[2], 'NX') and 0 or -1
`

/** KEYS: lock, again. ARGV: owner. → 1 once more, the lock is kept; 0 the turn is over */
export const endTurn = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('DEL', KEYS[2]) == 1 then return 1 end
redis.call('DEL', KEYS[1])
return 0
`

/** KEYS: lock. ARGV: owner. Only the owner opens its lock. */
export const unlock = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`

/** KEYS: delivery. ARGV: time to live of the claim (ms). → mine, underWay or done */
export const claim = `
local state = redis.call('GET', KEYS[1])
if state then return state end
redis.call('SET', KEYS[1], 'underWay', 'PX', ARGV[1])
return 'mine'
`
