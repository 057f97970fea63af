import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import type { ChainEntry, Freezes } from '../../src/engine/ports.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { redisFreezes } from '../../src/store/freezes.ts'
import { keys } from '../../src/store/keys.ts'
import { auditKey, parseEntry } from '../../src/upgrade/audit-chain.ts'
import type { Freeze } from '../../src/upgrade/freezes.ts'
import { noon, root } from '../an-upgrade.ts'

let server: RedisServer
let redis: Redis

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
})
beforeEach(() => redis.flushdb())
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const freeze: Freeze = { scope: 'environment:production', by: 'U0ROOT', reason: 'the sale', since: noon }

function change(before: Freeze | undefined, after: Freeze | undefined, requestId = 'r1', scope = freeze.scope) {
  const entry: ChainEntry = {
    ...{ actor: root, action: after ? 'froze' : 'unfroze', target: scope, outcome: 'done' },
    ...{ from: {}, to: {}, requestId },
  }
  return { scope, before, after, entry, deadline: Date.now() + 60_000 } as const
}

async function chain(): Promise<(string | undefined)[]> {
  return (await redis.lrange(keys.audit('admin'), 0, -1)).map((text) => parseEntry(text)?.action)
}

it('a freeze is there with its entry, and gone with its entry', async () => {
  const freezes = redisFreezes(redis, [auditKey('k'.repeat(32))])
  expect(await freezes.replace(change(undefined, freeze))).toBe('committed')
  expect(await freezes.all()).toEqual([freeze])
  expect(await freezes.replace(change(freeze, undefined))).toBe('committed')
  expect(await freezes.all()).toEqual([])
  expect(await chain()).toEqual(['froze', 'unfroze'])
  expect((await verifyTrail(redis, { keys: [auditKey('k'.repeat(32))] })).faults).toEqual([])
  expect(await redis.lrange(keys.feed, 0, -1)).toEqual(['admin 1', 'admin 2'])
})

it('of several who change one at once, one does, and the others see what stands there now', async () => {
  const freezes: Freezes = redisFreezes(redis)
  const attempts = Array.from({ length: 8 }, (_, index) =>
    freezes.replace(change(undefined, { ...freeze, reason: `reason ${index}` }, `r${index}`)),
  )
  const outcomes = await Promise.all(attempts)
  expect(outcomes.filter((one) => one === 'committed')).toHaveLength(1)
  expect(outcomes.filter((one) => one === 'conflict')).toHaveLength(7)
  expect(await chain()).toEqual(['froze'])
})

it('of several scopes at once, all are written, each with its entry', async () => {
  const freezes = redisFreezes(redis)
  const scopes = Array.from({ length: 8 }, (_, index) => `service:s${index}` as const)
  await Promise.all(scopes.map((scope) => freezes.replace(change(undefined, { ...freeze, scope }, 'r1', scope))))
  expect((await freezes.all()).map(({ scope }) => scope).sort()).toEqual(scopes)
  expect(await chain()).toHaveLength(8)
  expect((await verifyTrail(redis)).faults).toEqual([])
})

it('what comes too late is not written', async () => {
  const freezes = redisFreezes(redis)
  expect(await freezes.replace({ ...change(undefined, freeze), deadline: Date.now() - 10_000 })).toBe('late')
  expect([await freezes.all(), await chain()]).toEqual([[], []])
})

it('one that cannot be read lets nothing go forward', async () => {
  await redis.hset(keys.freezes, 'all', '{"scope":"all"}')
  await expect(redisFreezes(redis).all()).rejects.toMatchObject({ code: 'STATE_UNREADABLE' })
  await redis.hset(keys.freezes, 'all', 'no JSON')
  await expect(redisFreezes(redis).all()).rejects.toMatchObject({ code: 'STATE_UNREADABLE' })
})

it('what a later release adds to one does not keep this one from heeding it', async () => {
  await redis.hset(keys.freezes, freeze.scope, JSON.stringify({ ...freeze, ticket: 'OPS-1' }))
  expect(await redisFreezes(redis).all()).toEqual([freeze])
})
