import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import type { ChainEntry, Commit } from '../../src/engine/ports.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { keys } from '../../src/store/keys.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { opened, transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { alice, anUpgrade, aPolicy, bob, carol, dana, noon, someFacts } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

const target = { clusterUid: 'c1', uid: 'd1' }

const soon = () => Date.now() + 60_000

/** Opens the next upgrade of web in production, as the engine does. */
async function open(): Promise<Upgrade> {
  const upgrades = redisUpgrades(redis)
  const { count, head, now } = await upgrades.open('web', 'production', target)
  const { request } = anUpgrade()
  const id = `web-production-${count + 1}`
  const event = { type: 'requested', id, request, policy: aPolicy(), target } as const
  const upgrade = opened(event, now)
  const entry = entryOf(event, undefined, upgrade, { hash: head, at: now, sequence: 0 }, now, 'request-1')
  expect(await upgrades.commit({ upgrade, entry, due: Date.parse(now), deadline: soon() })).toBe('committed')
  return upgrade
}

async function change(id: string, event: Event, at?: string): Promise<Commit> {
  const loaded = await redisUpgrades(redis).load(id)
  if (!loaded) throw new Error(`${id} is not there`)
  const now = at ?? loaded.now
  const next = transition(loaded.upgrade, event, now)
  if (isRefusal(next)) throw new Error(next.refused.code)
  const entry = entryOf(event, loaded.upgrade, next, loaded.head, now, 'request-2')
  return { upgrade: next, entry, due: Date.parse(loaded.now), deadline: soon() }
}

async function apply(id: string, event: Event): Promise<void> {
  expect(await redisUpgrades(redis).commit(await change(id, event))).toBe('committed')
}

const prepared: Event = { type: 'prepared', plan: anUpgrade().plan as NonNullable<Upgrade['plan']> }

describe('the store', () => {
  it('gives back what was committed, with Redis’s time and the end of its trail', async () => {
    const upgrade = await open()
    const loaded = await redisUpgrades(redis).load(upgrade.id)
    expect(loaded?.upgrade).toEqual(upgrade)
    expect(loaded?.head.sequence).toBe(1)
    expect(Math.abs(Date.parse(loaded?.now ?? '') - Date.now())).toBeLessThan(5_000)
  })

  it('numbers the upgrades of a service and environment without gaps', async () => {
    const first = await open()
    await apply(first.id, { type: 'cancelled', by: dana })
    expect((await open()).id).toBe('web-production-2')
  })

  it('lets one upgrade at a time have a target', async () => {
    const first = await open()
    const opening = await redisUpgrades(redis).open('web', 'production', target)
    expect(opening.active).toBe(first.id)
    const second = { ...first, id: 'web-production-2' }
    const entry = entryOf(
      { type: 'requested', id: second.id, request: second.request, policy: second.policy, target },
      undefined,
      second,
      { hash: opening.head, at: noon, sequence: 0 },
      noon,
      'request-3',
    )
    expect(await redisUpgrades(redis).commit({ upgrade: second, entry, deadline: soon() })).toBe('conflict')
    expect(await redis.exists(keys.upgrade(second.id), keys.audit(second.id))).toBe(0)
  })

  it('writes one of several changes that were computed from the same state, and nothing of the others', async () => {
    const { id } = await open()
    await apply(id, prepared)
    const changes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => change(id, { type: 'paused', by: carol, reason: `${n}` })),
    )
    const outcomes = await Promise.all(changes.map((one) => redisUpgrades(redis).commit(one)))
    expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1)
    const trail = await redisUpgrades(redis).audit(id)
    expect(trail.map(({ action }) => action)).toEqual(['requested', 'prepared', 'paused'])
    expect((await redisUpgrades(redis).load(id))?.upgrade.hold?.reason).toBe(trail[2]?.reason)
  })

  it('hands out what is overdue once', async () => {
    const { id } = await open()
    await redis.zadd(keys.due, Date.now() - 10_000, id)
    const upgrades = redisUpgrades(redis)
    const answers = await Promise.all([upgrades.overdue(2_000, 10), upgrades.overdue(2_000, 10)])
    expect(answers.flat()).toEqual([id])
  })

  it('remembers for which generation of the workload a round began, while nobody has changed the upgrade', async () => {
    const upgrades = redisUpgrades(redis)
    const upgrade = await open()
    expect(await upgrades.begin(upgrade, '0.0.0', 41)).toBe(41)
    expect(await upgrades.begin(upgrade, '0.0.0', 44)).toBe(41)
    expect(await upgrades.begin(upgrade, '0.0.7', 44)).toBe(44)
    await apply(upgrade.id, prepared)
    expect(await upgrades.begin(upgrade, '0.0.7', 45)).toBeUndefined()
  })

  it('settles only while nobody has changed the upgrade', async () => {
    const { id } = await open()
    await apply(id, prepared)
    const upgrades = redisUpgrades(redis)
    expect(await upgrades.settle(id, 1, 1)).toBe(false)
    expect(await upgrades.settle(id, 2, 42)).toBe(true)
    expect(await redis.zscore(keys.due, id)).toBe('42')
  })

  it('moves an upgrade that ended from the active ones to the history', async () => {
    const { id } = await open()
    const upgrades = redisUpgrades(redis)
    expect((await upgrades.active()).map((one) => one.id)).toEqual([id])
    await apply(id, { type: 'cancelled', by: dana })
    expect(await upgrades.active()).toEqual([])
    expect((await upgrades.ended({ limit: 5 })).map((one) => one.id)).toEqual([id])
    expect(await upgrades.ended({ service: 'api', limit: 5 })).toEqual([])
    expect(await upgrades.ended({ environment: 'staging', limit: 5 })).toEqual([])
    const [{ result } = {}] = await upgrades.ended({ service: 'web', environment: 'production', limit: 5 })
    const at = Date.parse(result?.at ?? '')
    expect(await upgrades.ended({ since: new Date(at).toISOString(), limit: 5 })).toHaveLength(1)
    expect(await upgrades.ended({ since: new Date(at + 1).toISOString(), limit: 5 })).toEqual([])
    expect((await upgrades.open('web', 'production', target)).active).toBeUndefined()
  })

  it('is due until Slack has been told of its end, so that a process which dies over that is made up for', async () => {
    const { id } = await open()
    const upgrades = redisUpgrades(redis)
    await upgrades.told(id)
    expect(await redis.zscore(keys.due, id)).not.toBeNull()
    await apply(id, { type: 'cancelled', by: dana })
    await redis.zadd(keys.due, Date.now() - 10_000, id)
    expect(await upgrades.overdue(2_000, 10)).toEqual([id])
    await upgrades.told(id, Date.now() + 60_000)
    expect(await upgrades.overdue(2_000, 10)).toEqual([])
    await upgrades.told(id)
    expect(await redis.zscore(keys.due, id)).toBeNull()
  })

  describe('with a success that can still be taken back', () => {
    const templateHash = 'b'.repeat(64)
    const reached: Event = { type: 'reached', updated: 0, ready: 0, total: 0, generation: 2, templateHash }
    const back: Event = { type: 'turnedBack', by: carol }

    /** Of a workload scaled to zero, which has no batches to go through. */
    async function succeeded(): Promise<string> {
      const { id } = await open()
      const plan = anUpgrade({ facts: someFacts({ replicas: 0 }) }).plan as NonNullable<Upgrade['plan']>
      await apply(id, { type: 'prepared', plan })
      for (const by of [alice, bob]) await apply(id, { type: 'approved', by, planHash: plan.hash })
      for (const event of [{ type: 'started', approvers: [] }, reached, reached] satisfies Event[]) {
        await apply(id, event)
      }
      return id
    }

    async function faults() {
      return (await verifyTrail(redis)).faults
    }

    it('keeps it due and out of the active ones, and gives it the target again when it goes back', async () => {
      const id = await succeeded()
      const upgrades = redisUpgrades(redis)
      expect(await upgrades.active()).toEqual([])
      expect(await redis.zscore(keys.due, id)).not.toBeNull()
      await apply(id, back)
      expect((await upgrades.active()).map((one) => one.id)).toEqual([id])
      expect(await upgrades.ended({ limit: 5 })).toEqual([])
      expect((await upgrades.open('web', 'production', target)).active).toBe(id)
      await apply(id, reached)
      expect((await upgrades.ended({ limit: 5 })).map(({ result }) => result?.outcome)).toEqual(['rolledBack'])
      expect((await upgrades.open('web', 'production', target)).active).toBeUndefined()
    })

    it('lets it go back beside no other upgrade', async () => {
      const id = await succeeded()
      const goesBack = await change(id, back)
      const other = await open()
      expect(await redisUpgrades(redis).commit(goesBack)).toBe('occupied')
      await apply(other.id, { type: 'cancelled', by: dana })
      await apply(id, back)
      expect(await faults()).toEqual([])
    })

    it('finds nothing wrong with what is noted of it before, beside and after others, and what is tampered with', async () => {
      const first = await succeeded()
      const second = await open()
      const late = await change(first, { type: 'windowClosed' }, '9999-01-01T00:00:00.000Z')
      expect(await redisUpgrades(redis).commit(late)).toBe('committed')
      expect(await faults()).toEqual([])
      await apply(second.id, { type: 'cancelled', by: dana })
      const third = await succeeded()
      const fourth = await open()
      await apply(fourth.id, { type: 'cancelled', by: dana })
      await apply(third, back)
      await apply(third, reached)
      const fifth = await open()
      expect(await faults()).toEqual([])
      const [text = ''] = await redis.lrange(keys.audit(third), 2, 2)
      await redis.lset(keys.audit(third), 2, text.replace('U0ALICE', 'U0MALLORY'))
      expect(await faults()).toEqual([{ chain: third, sequence: 3, fault: 'edited' }])
      await redis.lset(keys.audit(third), 2, text)
      const [opening = ''] = await redis.lrange(keys.audit(fifth.id), 0, 0)
      const forged = { ...JSON.parse(opening), previousHash: 'f'.repeat(64) }
      await redis.lset(keys.audit(fifth.id), 0, JSON.stringify(forged))
      expect(await faults()).not.toEqual([])
    })
  })

  it('refuses a state that a newer release wrote, changes nothing of it, and goes on listing the others', async () => {
    const { id } = await open()
    const newer = JSON.stringify({ schema: 99, id, sequence: 1 })
    await redis.set(keys.upgrade(id), newer)
    await redis.zadd(keys.due, 0, id)
    const left: string[] = []
    const upgrades = redisUpgrades(redis, { onUnreadable: ({ message }) => left.push(message) })
    await expect(upgrades.load(id)).rejects.toMatchObject({ code: 'STATE_UNREADABLE' })
    expect(await upgrades.active()).toEqual([])
    expect(left).toEqual([expect.stringContaining('schema 99 is newer')])
    expect(await redis.get(keys.upgrade(id))).toBe(newer)
  })

  it('goes on with what the release before stored, and writes it as this one does', async () => {
    const { id } = await open()
    const older = { ...JSON.parse((await redis.get(keys.upgrade(id))) ?? ''), schema: 1 }
    await redis.set(keys.upgrade(id), JSON.stringify(older))
    await apply(id, prepared)
    expect(JSON.parse((await redis.get(keys.upgrade(id))) ?? '')).toMatchObject({ schema: 2, sequence: 2 })
    expect((await verifyTrail(redis)).faults).toEqual([])
  })
})

describe('the audit trail', () => {
  async function twoUpgrades(): Promise<[string, string]> {
    const first = await open()
    await apply(first.id, prepared)
    await apply(first.id, { type: 'paused', by: carol })
    await apply(first.id, { type: 'cancelled', by: dana })
    const second = await open()
    await apply(second.id, prepared)
    await apply(second.id, { type: 'cancelled', by: dana })
    return [first.id, second.id]
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
  const faults = async () => (await verifyTrail(redis)).faults
  const entries = (id: string) => redis.lrange(keys.audit(id), 0, -1)
  async function rewrite(id: string, texts: string[]): Promise<void> {
    await redis.del(keys.audit(id))
    if (texts.length > 0) await redis.rpush(keys.audit(id), ...texts)
  }

  it('is intact as it was written, refusals too', async () => {
    await twoUpgrades()
    const upgrades = redisUpgrades(redis)
    await Promise.all(Array.from({ length: 10 }, () => upgrades.recordRefusal(refusal)))
    expect(await verifyTrail(redis)).toMatchObject({ entries: 17, chains: 3, unkeyed: 17, missingKeys: [], faults: [] })
  })

  it.each([0, 1, 2, 3])(
    'names entry %i of an upgrade when it was edited, removed, inserted or reordered',
    async (at) => {
      const [id] = await twoUpgrades()
      const texts = await entries(id)
      const text = texts[at] ?? ''
      const named = { chain: id, sequence: at + 1 }

      await rewrite(id, texts.with(at, text.replace('request-', 'forged-')))
      expect(await faults()).toContainEqual({ ...named, fault: 'edited' })
      await rewrite(id, texts.toSpliced(at, 1))
      expect(await faults()).toContainEqual({ ...named, fault: 'removed' })
      await rewrite(id, texts.toSpliced(at, 0, text))
      expect(await faults()).toContainEqual({ ...named, fault: 'inserted' })
      const to = at === 0 ? 1 : at - 1
      await rewrite(id, texts.with(at, texts[to] ?? '').with(to, text))
      expect(await faults()).toContainEqual({ chain: id, sequence: Math.max(at, to) + 1, fault: 'reordered' })
      await rewrite(id, texts)
      expect(await faults()).toEqual([])
    },
  )

  it('names an upgrade that is missing as a whole', async () => {
    const [id] = await twoUpgrades()
    await redis.del(keys.audit(id), keys.upgrade(id))
    expect(await faults()).toContainEqual({ chain: id, sequence: 0, fault: 'removed' })
  })

  it('names a refusal that was taken out', async () => {
    const upgrades = redisUpgrades(redis)
    for (let n = 0; n < 3; n++) await upgrades.recordRefusal(refusal)
    await rewrite('refusals', (await entries('refusals')).toSpliced(1, 1))
    expect(await faults()).toEqual([{ chain: 'refusals', sequence: 2, fault: 'removed' }])
  })
})
