import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import type { RedisServer } from '../../scripts/redis.ts'
import type { Commit } from '../../src/engine/ports.ts'
import { redisConfigStore } from '../../src/store/config-in-force.ts'
import { keys } from '../../src/store/keys.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { genesis } from '../../src/upgrade/audit-chain.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { opened, transition } from '../../src/upgrade/transition.ts'
import { anUpgrade, aPolicy, dana } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'

let server: RedisServer
let redis: Redis

ownRedis(
  (connection, started) => {
    redis = connection
    server = started
    redis.on('error', () => {})
  },
  { appendOnly: true },
)

const target = { clusterUid: 'c1', uid: 'd1' }
const id = 'web-production-1'

/** A new upgrade as it is about to be stored. */
async function first(bound: Partial<Commit> = {}): Promise<Commit> {
  const { now, count } = await redisUpgrades(redis).open('web', 'production', target)
  const { request } = anUpgrade()
  const event = { type: 'requested', id: `web-production-${count + 1}`, request, policy: aPolicy(), target } as const
  const upgrade = opened(event, now)
  const entry = entryOf(event, undefined, upgrade, { hash: genesis, at: now, sequence: 0 }, now, 'request-1')
  return { upgrade, entry, due: Date.parse(now), deadline: Date.parse(now) + 2_000, ...bound }
}

/** Its cancellation, as it is about to be stored. */
async function cancellation(bound: Partial<Commit> = {}): Promise<Commit> {
  const loaded = await redisUpgrades(redis).load(id)
  if (!loaded) throw new Error(`${id} is not there`)
  const event = { type: 'cancelled', by: dana } as const
  const upgrade = transition(loaded.upgrade, event, loaded.now)
  if (isRefusal(upgrade)) throw new Error(upgrade.refused.code)
  const entry = entryOf(event, loaded.upgrade, upgrade, loaded.head, loaded.now, 'request-2')
  return { upgrade, entry, deadline: Date.parse(loaded.now) + 2_000, ...bound }
}

const everything = async () => {
  const names = (await redis.keys('*')).sort()
  return Promise.all(names.map(async (name) => [name, await redis.dump(name)]))
}

describe('a commit', () => {
  it('is late by Redis’s own clock, and then nothing of it is written', async () => {
    const upgrades = redisUpgrades(redis)
    const late = await first()
    expect(await upgrades.commit({ ...late, deadline: Date.parse(await upgrades.now()) - 1 })).toBe('late')
    expect(await redis.keys('*')).toEqual([])
    expect(await upgrades.commit(late)).toBe('committed')
    const before = await everything()
    expect(await upgrades.commit(await cancellation({ deadline: 1 }))).toBe('late')
    expect(await everything()).toEqual(before)
  })

  it('that a paused Redis gets to after its deadline is not applied', async () => {
    const upgrades = redisUpgrades(redis)
    await upgrades.commit(await first())
    const change = await cancellation()
    const deadline = Date.parse(await upgrades.now()) + 300
    const other = new Redis(server.url)
    await other.call('CLIENT', 'PAUSE', '900', 'ALL')
    expect(await upgrades.commit({ ...change, deadline })).toBe('late')
    other.disconnect()
    expect((await upgrades.load(id))?.upgrade.sequence).toBe(1)
  })

  it('under a configuration that is not in force is refused, and one that needs none is not', async () => {
    const upgrades = redisUpgrades(redis)
    const entry = { actor: dana, action: 'configured', target: 'f', outcome: 'done', from: {}, to: {}, requestId: 'r' }
    const config = { hash: 'new', text: 'version: 1' }
    expect(await redisConfigStore(redis).takeUp(config, 0, entry as never)).toBe(true)
    expect(await upgrades.commit(await first({ config: 'old' }))).toBe('otherConfig')
    expect(await redis.exists(keys.upgrade(id), keys.audit(id))).toBe(0)
    expect(await upgrades.commit(await first({ config: 'new' }))).toBe('committed')
    expect(await upgrades.commit(await cancellation({ config: 'old' }))).toBe('otherConfig')
    expect(await upgrades.commit(await cancellation())).toBe('committed')
  })

  it('that is sent again, since the connection was lost before its answer, was written once and is committed', async () => {
    const upgrades = redisUpgrades(redis)
    const opening = await first()
    expect(await upgrades.commit(opening)).toBe('committed')
    expect(await upgrades.commit(opening)).toBe('committed')
    const change = await cancellation()
    expect(await upgrades.commit(change)).toBe('committed')
    expect(await upgrades.commit({ ...change, deadline: 1 })).toBe('committed')
    expect((await upgrades.audit(id)).map(({ action }) => action)).toEqual(['requested', 'cancelled'])
  })

  it('is still there after Redis was killed', async () => {
    const upgrades = redisUpgrades(redis)
    expect(await upgrades.commit(await first())).toBe('committed')
    const change = await cancellation()
    expect(await upgrades.commit(change)).toBe('committed')
    const before = await everything()
    await server.crash?.()
    await expect.poll(() => redis.ping().catch(() => ''), { timeout: 10_000 }).toBe('PONG')
    expect(await everything()).toEqual(before)
    expect(await upgrades.commit(change)).toBe('committed')
  })
})
