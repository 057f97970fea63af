import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import type { Called } from '../../src/engine/ports.ts'
import { redisAlerts } from '../../src/store/alerts.ts'
import { keys } from '../../src/store/keys.ts'
import { anAlert } from '../an-alert.ts'
import { after, noon } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'

const id = 'web-production-14'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

const firing = anAlert()
const resolved = anAlert({ state: 'resolved', resolvedAt: after(90_000) })

describe('alerts of an upgrade', () => {
  test('are news once, however often and in how many messages they come', async () => {
    const alerts = redisAlerts(redis)
    expect(await alerts.note(id, [firing, firing])).toBe(true)
    expect(await alerts.note(id, [firing])).toBe(false)
    expect(await alerts.of(id)).toEqual({ alerts: [firing], firing: 1 })
    expect(await alerts.of('api-production-1')).toEqual({ alerts: [], firing: 0 })
  })

  test('resolve, and a late repetition does not bring them back', async () => {
    const alerts = redisAlerts(redis)
    await alerts.note(id, [firing])
    expect(await alerts.note(id, [resolved])).toBe(true)
    expect(await alerts.note(id, [firing])).toBe(false)
    expect(await alerts.of(id)).toEqual({ alerts: [resolved], firing: 0 })
    const again = anAlert({ startsAt: after(120_000) })
    expect(await alerts.note(id, [again])).toBe(true)
    expect(await alerts.of(id)).toEqual({ alerts: [again], firing: 1 })
  })

  test('of which nobody says when they began keep the time at which they were first heard of', async () => {
    const alerts = redisAlerts(redis)
    const heard = (ms: number) => anAlert({ startsAt: after(ms), assumed: true })
    await alerts.note(id, [heard(0)])
    expect(await alerts.note(id, [heard(60_000)])).toBe(false)
    expect((await alerts.of(id)).alerts).toEqual([heard(0)])
  })

  test('that were never heard of resolve without a trace', async () => {
    const alerts = redisAlerts(redis)
    expect(await alerts.note(id, [resolved])).toBe(false)
    expect(await alerts.of(id)).toEqual({ alerts: [], firing: 0 })
  })

  test('of two sources are two, even with one fingerprint', async () => {
    const alerts = redisAlerts(redis)
    await alerts.note(id, [firing, anAlert({ source: 'grafana' })])
    expect((await alerts.of(id)).firing).toBe(2)
  })

  test('are bounded: of a thousand fifty are kept, those first that may count, and all are counted', async () => {
    const alerts = redisAlerts(redis)
    const counting = anAlert({ fingerprint: 'counts', startsAt: noon })
    const storm = Array.from({ length: 1_000 }, (_, n) =>
      anAlert({ fingerprint: `f${n}`, weight: 'milder', startsAt: after(n) }),
    )
    await alerts.note(id, [counting, ...storm])
    const state = await alerts.of(id)
    expect(state.firing).toBe(1_001)
    expect(state.alerts).toHaveLength(50)
    expect(state.alerts).toContainEqual(counting)
    expect(await alerts.note(id, storm)).toBe(false)
    expect(await alerts.note(id, [{ ...resolved, fingerprint: 'f0' }])).toBe(true)
    expect((await alerts.of(id)).firing).toBe(1_000)
    for (const key of Object.values(keys.alerts(id)).slice(0, 3)) expect(await redis.pttl(key)).toBeGreaterThan(0)
  })

  test('have the upgrade looked at now, if it is under way', async () => {
    const later = Date.now() + 60_000
    await redis.zadd(keys.due, later, id)
    await redisAlerts(redis).note(id, [firing])
    expect(Number(await redis.zscore(keys.due, id))).toBeLessThan(later)
    await redisAlerts(redis).note('gone-production-1', [firing])
    expect(await redis.zscore(keys.due, 'gone-production-1')).toBeNull()
  })

  test('of another release are left out', async () => {
    await redis.hset(keys.alerts(id).all, 'x/y', JSON.stringify({ ...firing, colour: 'red' }))
    expect((await redisAlerts(redis).of(id)).alerts).toEqual([])
  })
})

test('who is called is whoever was called first', async () => {
  const alerts = redisAlerts(redis)
  const called: Called = { users: ['U0OSCAR'], groups: [], by: 'schedule', at: noon }
  const another: Called = { users: [], groups: ['S0ONCALL'], by: 'role', trouble: 'SCHEDULE_EMPTY', at: after(1) }
  expect(await alerts.call(id, called)).toEqual(called)
  expect(await alerts.call(id, another)).toEqual(called)
  expect((await alerts.of(id)).called).toEqual(called)
})
