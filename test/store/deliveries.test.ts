import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { redisDeliveries } from '../../src/store/slack-state.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis
/** Of two processes. */
let here: ReturnType<typeof redisDeliveries>
let there: ReturnType<typeof redisDeliveries>

ownRedis((connection) => {
  redis = connection
  here = redisDeliveries(redis)
  there = redisDeliveries(redis)
})

test('a signature is new once, whoever sees it, and forgotten only when it is too old to be accepted', async () => {
  expect(await here.first('v0=abc')).toBe(true)
  expect(await there.first('v0=abc')).toBe(false)
  expect(await redis.pttl('{rollcall}:seen:v0=abc')).toBeGreaterThan(590_000)
})

test('a delivery is taken up by one alone', async () => {
  const states = await Promise.all([here.claim('Ev1'), there.claim('Ev1'), here.claim('Ev1')])
  expect(states.toSorted()).toEqual(['mine', 'underWay', 'underWay'])
})

test('a delivery that was carried out is not taken up again', async () => {
  await here.claim('Ev1')
  await here.done('Ev1')
  expect(await there.claim('Ev1')).toBe('done')
  expect(await redis.pttl('{rollcall}:seen:Ev1')).toBeGreaterThan(3_590_000)
})

test('what Slack was answered is known for some minutes, to every process', async () => {
  await here.claim('Ev1')
  await here.done('Ev1', '{"response_action":"clear"}')
  expect(await there.answerTo('Ev1')).toBe('{"response_action":"clear"}')
  expect(await redis.pttl('{rollcall}:answer:Ev1')).toBeLessThanOrEqual(600_000)
  expect(await there.answerTo('Ev2')).toBeUndefined()
})

test('a delivery that was not carried out is taken up by the next attempt', async () => {
  await here.claim('Ev1')
  await here.release('Ev1')
  expect(await there.claim('Ev1')).toBe('mine')
})

test('a delivery of a process that died is taken up again before Slack has tried for the second time', async () => {
  await here.claim('Ev1')
  const left = await redis.pttl('{rollcall}:seen:Ev1')
  expect(left).toBeGreaterThan(2_000)
  expect(left).toBeLessThan(3_000)
  await expect.poll(() => there.claim('Ev1'), { timeout: 5_000 }).toBe('mine')
})
