import { Readable } from 'node:stream'
import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import type { ChainEntry } from '../../src/engine/ports.ts'
import { compareWithExport } from '../../src/store/audit-comparison.ts'
import { chains, storedChain, verifyTrail } from '../../src/store/audit-trail.ts'
import { keys } from '../../src/store/keys.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { type AuditEntry, type AuditKey, auditKey, genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { opened, transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, aPolicy, carol, dana } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

const first = auditKey('the first key, which is long enough to be one')
const second = auditKey('the second key, which is long enough as well!')
const target = { clusterUid: 'c1', uid: 'd1' }

/** An upgrade of web in production that is asked for, prepared, paused, resumed, … and cancelled: so many entries. */
async function anEndedUpgrade(entries = 4, auditKeys: AuditKey[] = []): Promise<string> {
  const upgrades = redisUpgrades(redis, { auditKeys })
  const { count, head, now } = await upgrades.open('web', 'production', target)
  const id = `web-production-${count + 1}`
  const event = { type: 'requested', id, request: anUpgrade().request, policy: aPolicy(), target } as const
  const upgrade = opened(event, now)
  const entry = entryOf(event, undefined, upgrade, { hash: head, at: now, sequence: 0 }, now, 'request-1')
  await upgrades.commit({ upgrade, entry, due: 0, deadline: Number.MAX_SAFE_INTEGER })
  const plan = anUpgrade().plan as NonNullable<Upgrade['plan']>
  if (entries > 2) await apply(id, { type: 'prepared', plan }, auditKeys)
  for (let n = 3; n < entries; n++) await apply(id, { type: n % 2 ? 'paused' : 'resumed', by: carol }, auditKeys)
  await apply(id, { type: 'cancelled', by: dana }, auditKeys)
  return id
}

async function apply(id: string, event: Event, auditKeys: AuditKey[]): Promise<void> {
  const upgrades = redisUpgrades(redis, { auditKeys })
  const loaded = await upgrades.load(id)
  if (!loaded) throw new Error(`${id} is not there`)
  const next = transition(loaded.upgrade, event, loaded.now)
  if (isRefusal(next)) throw new Error(next.refused.code)
  const entry = entryOf(event, loaded.upgrade, next, loaded.head, loaded.now, `request-${next.sequence}`)
  expect(await upgrades.commit({ upgrade: next, entry, due: 0, deadline: Number.MAX_SAFE_INTEGER })).toBe('committed')
}

const refusal: ChainEntry = {
  actor: dana,
  action: 'approve',
  target: 'web/production',
  outcome: 'refused',
  code: 'OWN_REQUEST',
  from: {},
  to: {},
  requestId: 'request-4',
}

const texts = (chain: string) => redis.lrange(keys.audit(chain), 0, -1)

async function exported(): Promise<string[]> {
  const lines: string[] = []
  for (const chain of await chains(redis)) for await (const line of storedChain(redis, chain)) lines.push(line)
  return lines
}

/** What somebody can do who may write to Redis and knows how everything hangs together: the past, hash and all. */
async function rewritePast(change: (entry: AuditEntry) => AuditEntry): Promise<void> {
  let head = genesis
  for (const chain of await chains(redis)) {
    if (chain === 'refusals' || chain === 'admin') head = genesis
    const forged: string[] = []
    for (const text of await texts(chain)) {
      const entry = seal({ ...change(JSON.parse(text) as AuditEntry), previousHash: head })
      head = entry.hash
      forged.push(JSON.stringify(entry))
    }
    await redis.del(keys.audit(chain))
    await redis.rpush(keys.audit(chain), ...forged)
    if (chain.startsWith('web')) await redis.hset(keys.target(target), 'head', head)
  }
}

describe('a trail with keyed hashes', () => {
  it('verifies entries from before there was a key, of an old one and of the newest, and says how many have none', async () => {
    await anEndedUpgrade(4)
    await anEndedUpgrade(5, [first])
    await anEndedUpgrade(6, [second, first])
    const upgrades = redisUpgrades(redis, { auditKeys: [second, first] })
    await upgrades.recordRefusal(refusal)
    expect(await verifyTrail(redis, { keys: [second, first] })).toMatchObject({
      entries: 16,
      chains: 4,
      unkeyed: 4,
      missingKeys: [],
      faults: [],
    })
    const [last] = (await texts('refusals')).map((text) => JSON.parse(text) as AuditEntry)
    expect(last?.keyed).toBe(second.id)
  })

  it('says which key is missing, and neither that all is well nor that something is wrong', async () => {
    await anEndedUpgrade(5, [first])
    expect(await verifyTrail(redis)).toMatchObject({ missingKeys: [first.id], faults: [] })
    expect(await verifyTrail(redis, { keys: [second] })).toMatchObject({ missingKeys: [first.id], faults: [] })
  })

  it('cannot be rewritten by somebody without the key', async () => {
    await anEndedUpgrade(4)
    const keyed = await anEndedUpgrade(5, [first])
    await rewritePast((entry) => ({ ...entry, requestId: 'forged' }))
    expect((await verifyTrail(redis)).faults).toEqual([])
    // Whoever takes the key out everywhere leaves a trail without any keyed entry, and the number says so.
    expect(await verifyTrail(redis, { keys: [first] })).toMatchObject({ faults: [], entries: 9, unkeyed: 9 })
    await redis.flushdb()

    await anEndedUpgrade(4)
    await anEndedUpgrade(5, [first])
    const [last = ''] = (await texts(keyed)).slice(-1)
    const { keyed: _, ...open } = JSON.parse(last) as AuditEntry
    const forged = seal({ ...open, action: 'succeeded' })
    await redis.lset(keys.audit(keyed), -1, JSON.stringify(forged))
    await redis.hset(keys.target(target), 'head', forged.hash)
    expect((await verifyTrail(redis, { keys: [first] })).faults).toEqual([
      { chain: keyed, sequence: 5, fault: 'unkeyed' },
    ])
  })

  it('names an upgrade that was begun without the key after one that ended with it', async () => {
    await anEndedUpgrade(4, [first])
    const id = await anEndedUpgrade(4)
    const { faults } = await verifyTrail(redis, { keys: [first] })
    expect(faults).toContainEqual({ chain: id, sequence: 1, fault: 'unkeyed' })
  })

  it('names an entry without a key of another workload that is newer than the first one with it', async () => {
    const keyed = redisUpgrades(redis, { auditKeys: [first] })
    await anEndedUpgrade(4)
    await keyed.recordAdmin(refusal)
    expect((await verifyTrail(redis, { keys: [first] })).faults).toEqual([])
    await redisUpgrades(redis).recordRefusal(refusal)
    const [text = ''] = await texts('refusals')
    const later = seal({ ...(JSON.parse(text) as AuditEntry), at: new Date(Date.now() + 60_000).toISOString() })
    await redis.lset(keys.audit('refusals'), 0, JSON.stringify(later))
    expect((await verifyTrail(redis, { keys: [first] })).faults).toEqual([
      { chain: 'refusals', sequence: 1, fault: 'unkeyed' },
    ])
  })
})

describe('time in a chain', () => {
  it('never goes back, even where Redis’s clock does', async () => {
    const upgrades = redisUpgrades(redis)
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    await upgrades.recordRefusal(refusal)
    const [text = ''] = await texts('refusals')
    const late = seal({ ...(JSON.parse(text) as AuditEntry), at: tomorrow })
    await redis.lset(keys.audit('refusals'), 0, JSON.stringify(late))
    await upgrades.recordRefusal(refusal)

    const id = await anEndedUpgrade(2)
    const [start = ''] = await texts(id)
    expect((await texts('refusals')).map((one) => (JSON.parse(one) as AuditEntry).at)).toEqual([tomorrow, tomorrow])
    expect(start).not.toContain(tomorrow)
    expect((await verifyTrail(redis)).faults).toEqual([])
  })
})

describe('a trail that is held against an export', () => {
  const compare = async (lines: string[], options = {}) => compareWithExport(redis, Readable.from(lines), options)

  it('agrees with it, and counts what is newer', async () => {
    await anEndedUpgrade(4)
    await redisUpgrades(redis).recordRefusal(refusal)
    const lines = await exported()
    await anEndedUpgrade(6)
    await redisUpgrades(redis).recordRefusal(refusal)
    expect(await compare(lines)).toEqual({
      entries: 5,
      faults: [],
      badLines: { first: [], count: 0 },
      newer: { entries: 7, chains: 1 },
    })
    expect((await compare([...lines, ...lines.toReversed()])).faults).toEqual([])
  })

  it('names every entry of a cut tail, however well the rest was made to fit', async () => {
    const id = await anEndedUpgrade(6)
    const lines = await exported()
    await redis.ltrim(keys.audit(id), 0, 3)
    expect((await compare(lines)).faults).toEqual([
      { chain: id, sequence: 5, fault: 'removed' },
      { chain: id, sequence: 6, fault: 'removed' },
    ])
  })

  it('names an upgrade that vanished with its state and its number', async () => {
    await anEndedUpgrade(4)
    const before = await redis.hgetall(keys.target(target))
    const id = await anEndedUpgrade(4)
    const lines = await exported()
    await redis.del(keys.audit(id), keys.upgrade(id))
    await redis.set(keys.count('web', 'production'), 1)
    await redis.hset(keys.target(target), before)
    expect((await verifyTrail(redis)).faults).toEqual([])
    expect((await compare(lines)).faults).toEqual([{ chain: id, sequence: 0, fault: 'removed' }])
  })

  it('names every entry of a past that was rewritten with all its hashes', async () => {
    const [one, other] = [await anEndedUpgrade(4), await anEndedUpgrade(4)]
    const lines = await exported()
    await rewritePast((entry) => (entry.chain === other && entry.sequence === 2 ? { ...entry, actor: dana } : entry))
    expect((await verifyTrail(redis)).faults).toEqual([])
    expect((await compare(lines)).faults).toEqual(
      [2, 3, 4].map((sequence) => ({ chain: other, sequence, fault: 'edited' })),
    )
    expect((await compare(lines, { only: one })).faults).toEqual([])
  })

  it('names a removed entry alone, not all that moved up behind it', async () => {
    const upgrades = redisUpgrades(redis)
    for (let n = 0; n < 1_100; n++) await upgrades.recordRefusal({ ...refusal, requestId: `${n}` })
    const lines = await exported()
    const [third = ''] = (await texts('refusals')).slice(2, 3)
    await redis.lrem(keys.audit('refusals'), 1, third)
    expect((await compare(lines)).faults).toEqual([{ chain: 'refusals', sequence: 3, fault: 'removed' }])
    expect((await verifyTrail(redis)).faults).toEqual([{ chain: 'refusals', sequence: 3, fault: 'removed' }])
  })

  it('tells damage of the export from damage of the trail', async () => {
    await anEndedUpgrade(4)
    const lines = await exported()
    const edited = (lines[1] ?? '').replace('request-', 'forged-')
    const { faults, badLines } = await compare([lines[0] ?? '', edited, '{"cut', '', lines[3] ?? ''])
    expect(faults).toEqual([])
    expect(badLines).toEqual({ first: [2, 3], count: 2 })
  })

  it('takes an export whose JSON was written anew by another tool', async () => {
    await anEndedUpgrade(4)
    const lines = (await exported()).map((line) => {
      const entries = Object.entries(JSON.parse(line) as object).reverse()
      return JSON.stringify(Object.fromEntries(entries), null, 1).replaceAll('\n', ' ')
    })
    expect((await compare(lines)).faults).toEqual([])
  })
})
