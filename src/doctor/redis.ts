import type { Redis } from 'ioredis'
import { keys } from '../store/keys.ts'
import { redisAddress } from '../store/redis-address.ts'
import { RollcallError } from '../upgrade/error.ts'
import { readStored } from '../upgrade/stored.ts'
import { type Check, finding, needed, Unmet } from './check.ts'
import { clockFindings } from './clock.ts'
import type { DoctorCode } from './codes.ts'
import type { Finding } from './report.ts'
import { once, type Setup } from './setup.ts'

/** https://docs.bullmq.io/guide/redis-tm-compatibility asks for 5; Rollcall's scripts for what came with 6.2. */
export const oldestRedis = '6.2'

/** From here on of `maxmemory`. */
const fullFrom = 0.8

/** The quickest of a few answers takes longer than this, milliseconds: whatever the machine was at, that is the network. */
const slowFromMs = 50
const pings = 5

/** So many upgrades are looked at. */
const mostUpgrades = 1_000

/** What Rollcall and BullMQ call; on a key of ours where a key is taken. */
const commands = [
  ...['get', 'set', 'del', 'exists', 'incr', 'mget', 'pexpire', 'pttl', 'type'],
  ...['hget', 'hset', 'hmget', 'hgetall', 'hdel', 'hincrby', 'hexists', 'hsetnx'],
  ...['lindex', 'llen', 'lpop', 'lpos', 'lpush', 'lrange', 'lrem', 'rpush', 'rpoplpush', 'ltrim', 'lset'],
  ...['sadd', 'srem', 'smembers', 'scard', 'sismember'],
  ...['zadd', 'zcard', 'zcount', 'zpopmin', 'bzpopmin', 'zrange', 'zrangebyscore', 'zrem', 'zremrangebyscore'],
  ...['zremrangebyrank', 'zrevrange', 'zrevrangebyscore', 'zscore'],
  ...['xadd', 'xtrim', 'xlen'],
]
const commandsWithoutKey = ['time', 'scan', 'ping', 'evalsha', 'script|load', 'info', 'client|setname']

export function redisChecks(setup: Setup): Check[] {
  const area = 'redis'
  const info = once(async () => parsed(await (await reachedRedis(setup)).info()))
  return [
    { area, whether: 'Redis answers', run: () => answers(setup) },
    { area, whether: 'Redis is new enough', run: async () => version(await info()) },
    { area, whether: 'Redis takes writes', run: async () => takesWrites(await info()) },
    { area, whether: 'Redis keeps what it has', run: async () => evicts(await info()) },
    { area, whether: 'Redis keeps its memory on disk', run: async () => persists(setup, await info()) },
    { area, whether: 'Redis writes its files', run: async () => writes(await info()) },
    { area, whether: 'Redis has memory left', run: async () => memory(await info()) },
    { area, whether: 'what is in Redis can be read by this release', run: () => state(setup) },
    { area, whether: 'Redis answers quickly', run: () => latency(setup) },
    { area, whether: 'Redis lets Rollcall use the commands that it needs', run: () => acl(setup) },
    { area, whether: 'the clock of Redis is that of this machine', run: () => clock(setup) },
  ]
}

/** @throws Unmet */
export async function reachedRedis(setup: Pick<Setup, 'redis'>): Promise<Redis> {
  const redis = await needed(setup.redis(), codeOf)
  if (!redis) throw new Unmet('VARIABLE_INVALID')
  return redis
}

/** What Redis says to those whom it does not let in. */
const refusal = /\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|without any password/i

function codeOf(error: unknown): DoctorCode {
  return refusal.test(String(error)) ? 'REDIS_REFUSES' : 'REDIS_UNREACHABLE'
}

async function answers({ redis, given }: Setup): Promise<Finding[]> {
  try {
    if (!(await redis())) throw new Unmet('VARIABLE_INVALID')
    return []
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    const code = codeOf(error)
    return [
      code === 'REDIS_REFUSES'
        ? finding(code, {
            found: error.message,
            remedy:
              'Put user and password into REDIS_URL, as redis://user:password@host:6379; a password alone as redis://:password@host:6379.',
          })
        : finding(code, {
            found: error.message,
            remedy: `Start it, correct REDIS_URL, or let Rollcall through to it. From the same machine this must answer PONG:`,
            command: pingOf(given.REDIS_URL ?? ''),
          }),
    ]
  }
}

/** Without the password. */
function pingOf(url: string): string {
  const address = redisAddress(url)
  if (typeof address !== 'string') {
    const [{ host = '', port = 26_379 } = {}] = address.sentinels ?? []
    return `redis-cli -h ${host} -p ${port} SENTINEL get-master-addr-by-name ${address.name}`
  }
  const { protocol, hostname, port } = new URL(url)
  return `redis-cli -h ${hostname} -p ${port || 6379}${protocol === 'rediss:' ? ' --tls' : ''} PING`
}

type Info = ReadonlyMap<string, string>

function parsed(text: string): Info {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^([a-z_0-9]+):(.*)$/i.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })
  return new Map(lines)
}

/** @throws where Redis does not say: a managed one may hide it */
function told(info: Info, name: string): string {
  const value = info.get(name)
  if (value === undefined) throw new Error(`Redis does not say ${name} in INFO`)
  return value
}

function version(info: Info): Finding[] {
  const found = told(info, 'redis_version')
  const [major = 0, minor = 0] = found.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestRedis.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return []
  return [finding('REDIS_TOO_OLD', { found: `This is Redis ${found}.`, remedy: `Run Redis ${oldestRedis} or newer.` })]
}

function takesWrites(info: Info): Finding[] {
  const findings: Finding[] = []
  if (told(info, 'role') !== 'master') {
    const master = `${info.get('master_host') ?? '?'}:${info.get('master_port') ?? '?'}`
    findings.push(
      finding('REDIS_READ_ONLY', {
        found: `REDIS_URL leads to a replica of ${master}.`,
        remedy: 'Point REDIS_URL at the master; with Sentinel as redis+sentinel://host,host/name, which follows it.',
      }),
    )
  }
  if (info.get('cluster_enabled') === '1') {
    findings.push(
      finding('REDIS_CLUSTER', {
        found: 'REDIS_URL leads to a Redis Cluster.',
        remedy: 'Use a single Redis, or one with Sentinel: redis+sentinel://host,host/name.',
      }),
    )
  }
  return findings
}

function evicts(info: Info): Finding[] {
  const policy = told(info, 'maxmemory_policy')
  if (policy === 'noeviction') return []
  return [
    finding('REDIS_EVICTS', {
      found: `maxmemory-policy is ${policy}.`,
      remedy: 'Set maxmemory-policy noeviction in redis.conf, and at once:',
      command: 'redis-cli CONFIG SET maxmemory-policy noeviction',
    }),
  ]
}

/** What can be lost: docs/guides/operations.md, Redis. */
async function persists(setup: Setup, info: Info): Promise<Finding[]> {
  if (told(info, 'aof_enabled') !== '1') {
    return [
      finding('REDIS_NOT_PERSISTENT', {
        found: 'appendonly is off.',
        remedy: 'Set appendonly yes and appendfsync always in redis.conf, and at once:',
        command: 'redis-cli CONFIG SET appendonly yes && redis-cli CONFIG SET appendfsync always',
      }),
    ]
  }
  const redis = await reachedRedis(setup)
  const answer = await redis.config('GET', 'appendfsync').catch((error: unknown) => error)
  const fsync: unknown = Array.isArray(answer) ? answer[1] : undefined
  if (typeof fsync !== 'string') {
    return [
      finding('REDIS_SETTINGS_UNSEEN', {
        found: `Redis does not tell its setting appendfsync${answer instanceof Error ? ` (${answer.message})` : ''}.`,
        remedy: 'Look for it where this Redis is run: appendfsync must be always. Or let Rollcall’s user ask:',
        command: 'redis-cli ACL SETUSER rollcall +config|get',
      }),
    ]
  }
  if (fsync === 'always') return []
  return [
    finding('REDIS_FSYNC_LATE', {
      found: `appendfsync is ${fsync}.`,
      remedy: 'Set appendfsync always in redis.conf, and at once:',
      command: 'redis-cli CONFIG SET appendfsync always',
    }),
  ]
}

function writes(info: Info): Finding[] {
  const failed = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'].filter(
    (name) => (info.get(name) ?? 'ok') !== 'ok',
  )
  if (failed.length === 0) return []
  return [
    finding('REDIS_WRITES_FAIL', {
      found: `${failed.map((name) => `${name} is ${info.get(name)}`).join(', ')}.`,
      remedy: 'Look into the log of Redis: a full disk, or a directory (`dir`) that is gone or not its own.',
      command: 'redis-cli INFO persistence',
    }),
  ]
}

function memory(info: Info): Finding[] {
  const limit = Number(told(info, 'maxmemory'))
  const used = Number(told(info, 'used_memory'))
  if (limit === 0 || used < limit * fullFrom) return []
  return [
    finding('REDIS_MEMORY_SHORT', {
      found: `${megabytes(used)} of ${megabytes(limit)} (maxmemory) are in use.`,
      remedy: 'Raise maxmemory. Nothing of Rollcall’s can be deleted by hand.',
      command: `redis-cli CONFIG SET maxmemory ${Math.ceil((used * 2) / 1_048_576)}mb`,
    }),
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`
}

async function state(setup: Setup): Promise<Finding[]> {
  const redis = await reachedRedis(setup)
  const ids = await redis.zrange(keys.due, 0, mostUpgrades - 1)
  if (ids.length === 0) return []
  const stored = await redis.mget(ids.map(keys.upgrade))
  const unreadable = ids.flatMap((id, index) => {
    const read = readStored(stored[index] ?? '')
    return 'unreadable' in read ? [{ id, why: read.unreadable }] : []
  })
  const [first] = unreadable
  if (!first) return []
  return [
    finding('REDIS_NEWER_STATE', {
      found: `${unreadable.length} of ${ids.length} upgrades under way cannot be read, such as ${first.id} (${first.why}).`,
      remedy:
        'Run the Rollcall that wrote them until they have ended, or update this one (CHANGELOG.md says where the schema changed).',
    }),
  ]
}

async function latency(setup: Setup): Promise<Finding[]> {
  const redis = await reachedRedis(setup)
  const taken: number[] = []
  for (let ping = 0; ping < pings; ping++) {
    const since = performance.now()
    await redis.ping()
    taken.push(performance.now() - since)
  }
  const best = Math.min(...taken)
  if (best < slowFromMs) return []
  return [
    finding('REDIS_SLOW', {
      found: `The quickest of ${pings} answers took ${Math.round(best)} ms.`,
      remedy: 'Run Redis in the same region as Rollcall, and look for slow disks and slow commands:',
      command: 'redis-cli --latency; redis-cli SLOWLOG GET 10',
    }),
  ]
}

/** Redis 7 tells it to scripts, without anything being done: https://redis.io/docs/latest/develop/programmability/lua-api/ */
const mayCall = `
if not redis.acl_check_cmd then return 'unknown' end
local forbidden = {}
for _, command in ipairs(ARGV) do
  local name, sub = string.match(command, '^([^|]+)|?(.*)$')
  local ok, allowed
  if sub ~= '' then ok, allowed = pcall(redis.acl_check_cmd, name, sub)
  else ok, allowed = pcall(redis.acl_check_cmd, name, KEYS[1]) end
  if ok and not allowed then table.insert(forbidden, command) end
end
return forbidden
`

async function acl(setup: Setup): Promise<Finding[]> {
  const redis = await reachedRedis(setup)
  const asked = await redis
    .eval(mayCall, 1, keys.told('doctor'), ...commands, ...commandsWithoutKey)
    .catch((error: unknown) => {
      if (error instanceof Error && /NOPERM/.test(error.message)) return ['eval']
      throw error
    })
  if (asked === 'unknown' && (await redis.acl('WHOAMI')) !== 'default') {
    throw new Error('Redis before 7 does not tell what its user may call')
  }
  const forbidden = Array.isArray(asked) ? asked.map(String) : []
  if (forbidden.length === 0) return []
  return [
    finding('REDIS_COMMANDS_FORBIDDEN', {
      found: `Rollcall’s user may not call ${forbidden.join(', ')} on keys of its own.`,
      remedy: 'Give it every command but the dangerous ones on {rollcall}:*, as its administrator:',
      command: "redis-cli ACL SETUSER rollcall '~{rollcall}:*' '&*' +@all -@dangerous +info '+config|get'",
    }),
  ]
}

async function clock(setup: Setup): Promise<Finding[]> {
  const redis = await reachedRedis(setup)
  const before = setup.now()
  const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number)
  const after = setup.now()
  return clockFindings('Redis', seconds * 1_000 + microseconds / 1_000, before, after)
}
