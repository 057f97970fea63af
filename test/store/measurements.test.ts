import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { Measurement } from '../../src/engine/ports.ts'
import { keys } from '../../src/store/keys.ts'
import { redisCapacities, redisMeasurements } from '../../src/store/measurements.ts'
import { after, noon } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

function measurement(sequence: number, at = noon, gate = 'smoke'): Measurement {
  return { report: { gate, verdict: 'passed', code: 'HTTP_OK', detail: { status: 200 } }, sequence, at }
}

test('what each gate said last is there', async () => {
  const measurements = redisMeasurements(redis)
  await measurements.note('web-1', measurement(5))
  await measurements.note('web-1', measurement(5, after(10_000)))
  await measurements.note('web-1', measurement(5, noon, 'errors'))
  expect(await measurements.latest('web-1')).toEqual({
    smoke: measurement(5, after(10_000)),
    errors: measurement(5, noon, 'errors'),
  })
  expect(await measurements.latest('web-2')).toEqual({})
  expect(await redis.pttl(keys.measured('web-1'))).toBeGreaterThan(0)
})

test('a slow answer does not take the place of a later one', async () => {
  const measurements = redisMeasurements(redis)
  await measurements.note('web-1', measurement(6, after(1_000)))
  await measurements.note('web-1', measurement(5, after(2_000)))
  await measurements.note('web-1', measurement(6, noon))
  expect(await measurements.latest('web-1')).toEqual({ smoke: measurement(6, after(1_000)) })
})

test('what another release has noted is asked for again', async () => {
  await redis.hset(keys.measured('web-1'), 'smoke', JSON.stringify({ ...measurement(5), schema: 9 }))
  expect(await redisMeasurements(redis).latest('web-1')).toEqual({})
})

function figure(index: number, value: number, verdict: 'passed' | 'failed' = 'passed'): Measurement {
  const report = { gate: 'errors', verdict, code: 'WITHIN_LIMIT', detail: { value, unit: 'ratio', atMost: 0.01 } }
  return { report, sequence: 5, at: after(index * 1_000) }
}

test('figures are kept as a series, oldest first, with the limit that held; what measured none has none', async () => {
  const measurements = redisMeasurements(redis)
  await measurements.note('web-1', figure(1, 0.001))
  await measurements.note('web-1', figure(2, 0.12, 'failed'))
  await measurements.note('web-1', measurement(5))
  expect(await measurements.series('web-1', ['errors', 'smoke'])).toEqual({
    errors: [
      { at: after(1_000), value: 0.001, verdict: 'passed', atMost: 0.01 },
      { at: after(2_000), value: 0.12, verdict: 'failed', atMost: 0.01 },
    ],
    smoke: [],
  })
  expect(await redis.pttl(keys.series('web-1', 'errors'))).toBeGreaterThan(0)
})

test('a measurement that is noted twice is one figure', async () => {
  const measurements = redisMeasurements(redis)
  await measurements.note('web-1', figure(1, 0.001))
  await measurements.note('web-1', figure(1, 0.001))
  expect((await measurements.series('web-1', ['errors'])).errors).toHaveLength(1)
})

test('however long it takes, no more than 500 figures are kept: the first, the last, and every one that failed alone', async () => {
  const measurements = redisMeasurements(redis)
  const failed = new Set([101, 902])
  for (let index = 0; index <= 1_600; index++) {
    const bad = failed.has(index)
    await measurements.note('web-1', figure(index, bad ? 0.5 : 0.001, bad ? 'failed' : 'passed'))
  }
  const { errors = [] } = await measurements.series('web-1', ['errors'])
  expect(errors.length).toBeLessThanOrEqual(500)
  expect(errors.length).toBeGreaterThan(200)
  expect(errors.map(({ at }) => at)).toEqual(errors.map(({ at }) => at).toSorted())
  expect([errors[0]?.at, errors.at(-1)?.at]).toEqual([after(0), after(1_600_000)])
  expect(errors.filter(({ verdict }) => verdict === 'failed').map(({ at }) => at)).toEqual([
    after(101_000),
    after(902_000),
  ])
})

test('what another release has noted is left out of the series', async () => {
  await redis.rpush(keys.series('web-1', 'errors'), JSON.stringify({ when: noon }))
  expect(await redisMeasurements(redis).series('web-1', ['errors'])).toEqual({ errors: [] })
})

test('while as many are Ready as wanted there is no time below, and no downtime', async () => {
  const capacities = redisCapacities(redis)
  expect(await capacities.of('web-1')).toBeUndefined()
  await capacities.note('web-1', { ready: 10, total: 10 })
  await capacities.note('web-1', { ready: 12, total: 10 })
  expect(await capacities.of('web-1')).toEqual({ least: 10, wanted: 10, belowMs: 0, downMs: 0 })
  expect(await redis.pttl(keys.capacity('web-1'))).toBeGreaterThan(0)
})

test('the fewest pods count, and for how long there were fewer than wanted or none, whoever saw it', async () => {
  const [one, other] = [redisCapacities(redis), redisCapacities(redis)]
  await one.note('web-1', { ready: 10, total: 10 })
  await other.note('web-1', { ready: 8, total: 10 })
  await passes(30)
  await one.note('web-1', { ready: 0, total: 10 })
  await passes(30)
  await one.note('web-1', { ready: 10, total: 10 })
  const { least, wanted, belowMs = 0, downMs = 0 } = (await one.of('web-1')) ?? {}
  expect({ least, wanted }).toEqual({ least: 0, wanted: 10 })
  expect(downMs).toBeGreaterThanOrEqual(30)
  expect(belowMs).toBeGreaterThanOrEqual(downMs + 30)
})

test('nothing is written while nothing changes', async () => {
  const capacities = redisCapacities(redis)
  await capacities.note('web-1', { ready: 10, total: 10 })
  const before = await redis.hget(keys.capacity('web-1'), 'at')
  await passes(5)
  await capacities.note('web-1', { ready: 10, total: 10 })
  expect(await redis.hget(keys.capacity('web-1'), 'at')).toBe(before)
})

/** By the clock of Redis. */
async function passes(ms: number): Promise<void> {
  const now = async () => {
    const [seconds, micros] = await redis.time()
    return Number(seconds) * 1_000 + Number(micros) / 1_000
  }
  const end = (await now()) + ms + 1
  while ((await now()) < end);
}
