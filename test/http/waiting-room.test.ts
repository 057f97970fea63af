import { expect, test } from 'vitest'
import { waitingRoom } from '../../src/http/waiting-room.ts'

const minuteMs = 60_000
const nobody = new AbortController().signal

function aRoom(options: Parameters<typeof waitingRoom>[1] = {}) {
  const lengths = new Map([['web-production-1', 2]])
  const asked: string[][] = []
  let down = false
  const room = waitingRoom(
    async (ids) => {
      asked.push(ids)
      if (down) throw new Error('Redis is away')
      return ids.map((id) => lengths.get(id) ?? 0)
    },
    { everyMs: 5, ...options },
  )
  const fail = (is: boolean) => {
    down = is
  }
  return { room, lengths, asked, fail }
}

test('everybody who waits for an upgrade hears of its change, others do not, and one look serves all', async () => {
  const { room, lengths, asked } = aRoom()
  const heard: string[] = []
  const waiting = ['one', 'two'].map((name) =>
    room.wait('web-production-1', 2, minuteMs, nobody).then(() => heard.push(name)),
  )
  const other = new AbortController()
  const elsewhere = room.wait('api-production-1', 0, minuteMs, other.signal).then(() => heard.push('other'))
  await expect.poll(() => asked.length).toBeGreaterThan(1)
  expect(asked[0]?.toSorted()).toEqual(['api-production-1', 'web-production-1'])
  lengths.set('web-production-1', 3)
  await Promise.all(waiting)
  expect(heard).toEqual(['one', 'two'])
  other.abort()
  await elsewhere
})

test('a change while Redis is away is seen afterwards', async () => {
  const { room, lengths, asked, fail } = aRoom()
  fail(true)
  const waiting = room.wait('web-production-1', 2, minuteMs, nobody)
  await expect.poll(() => asked.length).toBeGreaterThan(2)
  lengths.set('web-production-1', 3)
  fail(false)
  await waiting
})

test('nobody waits longer than asked for, nor after they have gone, nor after the end; and then nothing is asked', async () => {
  const { room, asked } = aRoom()
  await room.wait('web-production-1', 2, 10, nobody)
  const gone = new AbortController()
  const waiting = room.wait('web-production-1', 2, minuteMs, gone.signal)
  gone.abort()
  await waiting
  const last = room.wait('web-production-1', 2, minuteMs, nobody)
  room.close()
  await last
  await room.wait('web-production-1', 2, minuteMs, nobody)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const before = asked.length
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(asked.length).toBe(before)
})

test('there is no more room than there is', async () => {
  const { room } = aRoom({ most: 1 })
  const waiting = room.wait('web-production-1', 2, minuteMs, nobody)
  expect(await room.wait('web-production-1', 2, minuteMs, nobody)).toBe('full')
  room.close()
  await waiting
})
