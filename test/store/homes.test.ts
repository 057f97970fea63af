import type { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { redisHomes } from '../../src/store/homes.ts'
import { keys } from '../../src/store/keys.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

const person = (user: string) => ({ kind: 'slack' as const, team: 'T0SHOP', user })
const users = async () => (await redisHomes(redis).opened()).map((one) => one.person.user)

test('whoever opened theirs last comes first, and each of them once', async () => {
  const homes = redisHomes(redis)
  for (const user of ['U0ALICE', 'U0BOB', 'U0ALICE']) {
    await homes.open(person(user))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(await homes.opened()).toEqual([
    { person: person('U0ALICE'), openedAt: expect.any(Number) },
    { person: person('U0BOB'), openedAt: expect.any(Number) },
  ])
})

test('is forgotten after a day, and only so many are kept', async () => {
  const homes = redisHomes(redis)
  const dayAgo = Date.now() - 24 * 3_600_000
  vi.spyOn(Date, 'now').mockReturnValueOnce(dayAgo).mockReturnValueOnce(dayAgo)
  await homes.open(person('U0ALICE'))
  expect(await users()).toEqual([])
  for (let index = 0; index < 302; index++) await homes.open(person(`U${index}`))
  expect(await redis.zcard(keys.homes)).toBe(300)
  expect(await redis.zscore(keys.homes, 'T0SHOP U0ALICE')).toBeNull()
  expect(await redis.pttl(keys.homes)).toBeGreaterThan(23 * 3_600_000)
})

test('what was published is known for a day; what cannot be read counts as nothing', async () => {
  const homes = redisHomes(redis)
  const published = { hash: '1.2', content: 'abc', moment: 'def', at: 1 }
  await homes.note('U0ALICE', published)
  await redis.set(keys.home('U0BOB'), '{"hash":1}')
  expect(await homes.published(['U0ALICE', 'U0BOB', 'U0CAROL'])).toEqual([published, undefined, undefined])
  expect(await homes.published([])).toEqual([])
  expect(await redis.pttl(keys.home('U0ALICE'))).toBeGreaterThan(23 * 3_600_000)
})

test('whoever is left out is nobody until they open it again', async () => {
  const homes = redisHomes(redis)
  await homes.open(person('U0ALICE'))
  await homes.open(person('U0BOB'))
  await homes.note('U0ALICE', { content: 'abc', moment: 'def', at: 1 })
  await homes.close('U0ALICE')
  expect(await users()).toEqual(['U0BOB'])
  expect(await homes.published(['U0ALICE'])).toEqual([undefined])
})
