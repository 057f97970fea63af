/**
 * The atomic writes. Redis runs a script to its end without anything in between, so each is a compare-and-set:
 * it writes only while the sequence it was computed from is still the stored one.
 */

/** KEYS: upgrade, audit. → [upgrade or false, time, last entry or false] */
export const load = `
local time = redis.call('TIME')
return { redis.call('GET', KEYS[1]), time[1] .. string.format('%06d', time[2]), redis.call('LINDEX', KEYS[2], -1) }
`

/**
 * KEYS: upgrade, audit, target, count, due, ended, feed.
 * ARGV: sequence before, upgrade, entry, entry hash, due (ms, '' when terminal), id, number (only first commit), now (ms).
 * → 1 written, 0 somebody was first
 */
export const commit = `
local before = tonumber(ARGV[1])
local stored = redis.call('GET', KEYS[1])
if before == 0 then
  if stored then return 0 end
  if redis.call('HGET', KEYS[3], 'active') then return 0 end
  if (tonumber(redis.call('GET', KEYS[4]) or '0') + 1) ~= tonumber(ARGV[7]) then return 0 end
  redis.call('SET', KEYS[4], ARGV[7])
  redis.call('HSET', KEYS[3], 'active', ARGV[6], 'last', ARGV[6])
else
  if not stored or cjson.decode(stored).sequence ~= before then return 0 end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('RPUSH', KEYS[7], ARGV[6] .. ' ' .. before + 1)
redis.call('HSET', KEYS[3], 'head', ARGV[4])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[5], ARGV[6])
  redis.call('ZADD', KEYS[6], ARGV[8], ARGV[6])
  if redis.call('HGET', KEYS[3], 'active') == ARGV[6] then redis.call('HDEL', KEYS[3], 'active') end
else
  redis.call('ZADD', KEYS[5], ARGV[5], ARGV[6])
end
return 1
`

/** KEYS: upgrade, due. ARGV: sequence, due (ms), id. → 1 noted, 0 the upgrade has moved on */
export const settle = `
local stored = redis.call('GET', KEYS[1])
if not stored or cjson.decode(stored).sequence ~= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[3])
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
return 1
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

/** KEYS: lock. ARGV: owner, time to live (ms). */
export const renew = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
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
