import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import type { Note } from '../../src/slack/shown.ts'
import { keys } from '../../src/store/keys.ts'
import { redisPauses, redisReached, redisShown, redisTold, redisTurns } from '../../src/store/slack-state.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

/** A promise and what resolves it. */
function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('turns', () => {
  test('whoever comes while somebody is at it has it done once more, however many they are', async () => {
    const inTurn = redisTurns(redis)
    const [begun, first] = [gate(), gate()]
    let times = 0
    const working = inTurn('web', async () => {
      times += 1
      begun.open()
      if (times === 1) await first.opened
    })
    await begun.opened
    const others = [await inTurn('web', async () => {}), await inTurn('web', async () => {})]
    first.open()
    expect(await working).toEqual({})
    expect(times).toBe(2)
    // One of them looks again later, in case that the process dies.
    expect(others).toEqual([{ busyMs: 5_000 }, {}])
    expect(await redis.keys('*web*')).toEqual([])
  })

  test('what fails ends its turn', async () => {
    const inTurn = redisTurns(redis)
    await expect(inTurn('web', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    let ran = false
    await inTurn('web', async () => {
      ran = true
    })
    expect(ran).toBe(true)
  })

  test('a lock that was lost meanwhile is nobody else’s to open', async () => {
    const inTurn = redisTurns(redis)
    await inTurn('web', async () => void (await redis.set(keys.lock('web'), 'another')))
    expect(await redis.get(keys.lock('web'))).toBe('another')
  })
})

describe('notes of what is shown', () => {
  const note: Note = { sequence: 1, after: '1.000000' }

  test('of two that replace the same note one succeeds', async () => {
    const shown = redisShown<Note>(redis)
    const claims = await Promise.all([
      shown.replace('web-1', 'live', undefined, note),
      shown.replace('web-1', 'live', undefined, note),
    ])
    expect(claims.toSorted()).toEqual([false, true])
    const posted: Note = { ts: '2.000000', hash: 'h', sequence: 1, moment: '' }
    expect(await shown.replace('web-1', 'live', note, posted)).toBe(true)
    expect(await shown.replace('web-1', 'live', note, posted)).toBe(false)
    expect(await shown.load('web-1')).toEqual({ live: posted })
    await shown.forget('web-1', 'live')
    expect(await shown.load('web-1')).toEqual({})
  })
})

test('what Slack asked to leave alone is left alone by every process', async () => {
  const pauses = redisPauses(redis)
  expect(await pauses.left('update')).toBe(0)
  await pauses.start('update', 7_000)
  expect(await redisPauses(redis).left('update')).toBeGreaterThan(6_000)
  expect(await pauses.left('post:C0RELEASES')).toBe(0)
})

test('Slack counts as away a minute after it answered last', async () => {
  const reached = redisReached(redis)
  expect(await reached.isRecent()).toBe(false)
  await reached.note()
  expect(await reached.isRecent()).toBe(true)
  const leftMs = await redis.pttl(keys.slackReached)
  expect(leftMs).toBeGreaterThan(55_000)
  expect(leftMs).toBeLessThanOrEqual(60_000)
})

test('an admin is told once of each trouble, until it is over', async () => {
  const told = redisTold(redis)
  const tell = () => told.first('C0RELEASES', 'CHANNEL_LEFT U0ROOT')
  expect(await Promise.all([tell(), tell()])).toEqual([true, false])
  await told.forget('C0RELEASES', 'CHANNEL_LEFT U0ROOT')
  expect(await tell()).toBe(true)
  await told.clear('C0RELEASES')
  expect(await tell()).toBe(true)
})
