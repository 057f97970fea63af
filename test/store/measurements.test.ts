import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { Measurement } from '../../src/engine/ports.ts'
import { keys } from '../../src/store/keys.ts'
import { redisMeasurements } from '../../src/store/measurements.ts'
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
