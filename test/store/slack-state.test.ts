import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { rates, sharedBudget } from '../../src/slack/budget.ts'
import type { Note } from '../../src/slack/shown.ts'
import { keys } from '../../src/store/keys.ts'
import {
  redisArrivals,
  redisLines,
  redisLooks,
  redisReached,
  redisShown,
  redisTold,
  redisTurns,
} from '../../src/store/slack-state.ts'
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

test('kinds of deliveries are noted with when they came last, once a minute each', async () => {
  let now = 1_000_000
  const arrivals = redisArrivals(redis, () => now)
  await arrivals.note('command')
  now += 30_000
  await arrivals.note('command')
  await arrivals.note('block_actions')
  expect(Object.fromEntries(await arrivals.all())).toEqual({
    since: 1_000_000,
    command: 1_000_000,
    block_actions: 1_030_000,
  })
  now += 60_000
  await arrivals.note('command')
  expect((await arrivals.all()).get('command')).toBe(now)
})

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

describe('threads of upgrades', () => {
  const posted = (ts: string): Note => ({ ts, hash: 'h', sequence: 1, moment: '' })
  const at = (ts: string) => ({ channel: 'C0RELEASES', ts })

  test('are found by their first message, also after that was posted again, and are kept as long as the notes', async () => {
    const shown = redisShown<Note>(redis)
    await shown.replace('web-1', 'live', undefined, posted('1.000000'), at('1.000000'))
    await shown.replace('web-1', 'live', posted('1.000000'), posted('2.000000'), at('2.000000'))
    expect(await shown.upgradeOf(at('1.000000'))).toBe('web-1')
    expect(await shown.upgradeOf(at('2.000000'))).toBe('web-1')
    expect(await shown.upgradeOf({ channel: 'C0OTHER', ts: '2.000000' })).toBeUndefined()
    const [thread, notes] = await Promise.all([
      redis.pttl(keys.thread(at('2.000000'))),
      redis.pttl(keys.shown('web-1')),
    ])
    expect(thread).toBeGreaterThan(0)
    expect(Math.abs(thread - notes)).toBeLessThan(10_000)
  })

  test('are not noted with a note that came too late', async () => {
    const shown = redisShown<Note>(redis)
    await shown.replace('web-2', 'live', undefined, posted('3.000000'), at('3.000000'))
    expect(await shown.replace('web-2', 'live', undefined, posted('4.000000'), at('4.000000'))).toBe(false)
    expect(await shown.upgradeOf(at('4.000000'))).toBeUndefined()
  })
})

describe('a line', () => {
  /** Ten calls that fill up again in a second. */
  const turn = { line: 'update', capacity: 10, fillMs: 1_000, leave: 0, isTrusting: false }

  async function untilServed(names: readonly string[], rank: (name: string) => number): Promise<string[]> {
    const { take } = redisLines(redis)
    const served: string[] = []
    const ask = async (name: string): Promise<void> => {
      const waitMs = await take({ ...turn, name, rank: rank(name) })
      if (waitMs === 0) return void served.push(name)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      return ask(name)
    }
    const waiting: Promise<void>[] = []
    for (const name of names) {
      waiting.push(ask(name))
      // Each is in its place before the next one comes.
      await redis.time()
    }
    await Promise.all(waiting)
    return served
  }

  test('lets as many through as the bucket holds, and tells the others when to come back', async () => {
    const { take } = redisLines(redis)
    const first = await Promise.all(Array.from({ length: 10 }, (_, n) => take({ ...turn, name: `${n}`, rank: 0 })))
    expect(first.every((waitMs) => waitMs === 0)).toBe(true)
    const later = await Promise.all(Array.from({ length: 5 }, (_, n) => take({ ...turn, name: `l${n}`, rank: 0 })))
    expect(later).toEqual(later.toSorted((one, other) => one - other))
    expect(later.at(-1)).toBeGreaterThan(300)
    expect(later.at(-1)).toBeLessThanOrEqual(510)
  })

  test('serves by rank, then whoever has waited longest, and nobody twice before another once', async () => {
    await redisLines(redis).pause('update', 200)
    const names = Array.from({ length: 12 }, (_, n) => {
      const number = String(n).padStart(2, '0')
      return n % 3 === 2 ? `urgent ${number}` : `tick ${number}`
    })
    const served = await untilServed(names, (name) => (name.startsWith('urgent') ? 0 : 2))
    const urgent = names.filter((name) => name.startsWith('urgent'))
    expect(served).toEqual([...urgent, ...names.filter((name) => !urgent.includes(name))])
  })

  test('keeps the place of whoever asks again, and forgets who does not come back', async () => {
    const { take, pause } = redisLines(redis)
    await pause('update', 60_000)
    const first = await take({ ...turn, name: 'first', rank: 1 })
    const second = await take({ ...turn, name: 'second', rank: 1 })
    expect(second).toBeGreaterThan(first)
    expect(await take({ ...turn, name: 'first', rank: 1 })).toBeLessThan(second)
    await redis.zadd(keys.budget('back:update'), 1, 'first')
    expect(await take({ ...turn, name: 'second', rank: 1 })).toBeLessThanOrEqual(first)
  })

  test('leaves calls to those who are more urgent', async () => {
    const { take } = redisLines(redis)
    const tick = { ...turn, rank: 2, leave: 8 }
    expect(await take({ ...tick, name: 'one' })).toBe(0)
    expect(await take({ ...tick, name: 'two' })).toBe(0)
    expect(await take({ ...tick, name: 'three' })).toBeGreaterThan(0)
    expect(await take({ ...turn, name: 'urgent', rank: 0 })).toBe(0)
  })

  test('trusts Slack to say when it is too much, and goes by the bucket from then on', async () => {
    const { take, pause } = redisLines(redis)
    const ask = (n: number) => take({ ...turn, name: `${n}`, rank: 0, isTrusting: true })
    for (let n = 0; n < 30; n++) expect(await ask(n)).toBe(0)
    await pause('update', 7_000)
    expect(
      await redisLines(redis).take({ ...turn, name: 'another process', rank: 0, isTrusting: true }),
    ).toBeGreaterThan(6_000)
    expect(await take({ ...turn, line: 'post:C0RELEASES', name: '1', rank: 0, isTrusting: true })).toBe(0)
  })
})

describe('looks at an upgrade’s messages', () => {
  const id = 'web-production-14'

  test('come once a minute, and sooner where somebody doubts them', async () => {
    const looks = redisLooks(redis)
    expect(await looks.standing(id)).toBe('due')
    await looks.note(id)
    expect(await looks.standing(id)).toBe('recent')
    await looks.doubt(id)
    // Whoever goes on pressing must not have it looked at with every press.
    expect(await looks.standing(id)).toBe('recent')
    await redis.pexpire(keys.budget(`looked:${id}`), 49_000)
    expect(await redisLooks(redis).standing(id)).toBe('doubted')
    await looks.note(id)
    expect(await looks.standing(id)).toBe('recent')
  })

  test('come in turn: whoever has waited longest, and the doubted ones first', async () => {
    const [lines, looks] = [redisLines(redis), redisLooks(redis)]
    const budget = sharedBudget(lines, looks, { ...rates, looks: { capacity: 1, fillMs: 500 } })
    const look = (upgrade: string) => budget.take({ kind: 'look', upgrade })
    expect(await look('first')).toBe(0)
    expect(await look('first')).toBe(Number.POSITIVE_INFINITY)
    const second = await look('second')
    expect(second).toBeGreaterThan(0)
    expect(await look('third')).toBeGreaterThan(second)
    await looks.doubt('doubted')
    expect(await look('doubted')).toBeLessThanOrEqual(second)
    // Nobody loses the minute in which it may be looked at by having asked in vain.
    expect(await looks.standing('third')).toBe('due')
    const served: string[] = []
    while (served.length < 3) {
      for (const one of ['third', 'second', 'doubted'].filter((name) => !served.includes(name))) {
        if ((await look(one)) === 0) served.push(one)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(served).toEqual(['doubted', 'second', 'third'])
  })
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
