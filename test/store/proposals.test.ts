import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { ProposalParts } from '../../src/engine/proposals.ts'
import { pushReceiver } from '../../src/engine/proposals.ts'
import { redisProposals } from '../../src/store/proposals.ts'
import { type Offers, opened } from '../../src/upgrade/proposals.ts'
import { noon } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'
import { aDigest } from '../pushes.ts'

const place = { service: 'web', environment: 'production' }
const image = 'registry.example.com/shop/web'
const waiting: Offers = [{ version: '2.4.0', source: 'harbor', at: noon, state: { is: 'waiting' } }]

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

test('what is proposed comes back as it was, for a month', async () => {
  const proposals = redisProposals(redis)
  expect(await proposals.of(place)).toEqual({ offers: [], mark: '' })
  expect(await proposals.replace(place, '', waiting)).toBe(true)
  const { offers, mark } = await proposals.of(place)
  expect(offers).toEqual(waiting)
  const shown = opened(offers, { since: noon, digest: aDigest })
  expect(await proposals.replace(place, mark, shown)).toBe(true)
  expect((await proposals.of(place)).offers).toEqual(shown)
  expect(await redis.pttl('{rollcall}:proposals:web:production')).toBeGreaterThan(29 * 24 * 3_600_000)
})

test('what somebody else has changed meanwhile is not written over', async () => {
  const proposals = redisProposals(redis)
  await proposals.replace(place, '', waiting)
  expect(await proposals.replace(place, '', [])).toBe(false)
  expect((await proposals.of(place)).offers).toEqual(waiting)
})

test('what another release wrote counts as nothing, and is replaced', async () => {
  await redis.hset('{rollcall}:proposals:web:production', 'offers', '[{"version":"2.4.0","state":"new"}]')
  const proposals = redisProposals(redis)
  const { offers, mark } = await proposals.of(place)
  expect(offers).toEqual([])
  expect(await proposals.replace(place, mark, waiting)).toBe(true)
})

test('of what two processes hear at once the newest is kept, and each version is noted once', async () => {
  const counted: string[] = []
  const process = () =>
    pushReceiver({
      proposals: redisProposals(redis),
      upgrades: { now: async () => noon },
      config: () => ({ wishes: () => [{ ...place, image, range: '*', prereleases: false, forbidTags: [] }] }),
      look: async () => {},
      log: { info() {}, warn() {}, error() {} },
      onOutcome: (_: string, outcome: string) => counted.push(outcome),
    } as never as ProposalParts)
  const [here, there] = [process(), process()]
  const tell = (receive: typeof here, tag: string) =>
    receive({ source: 'harbor', pushes: [{ image, tag, digest: aDigest }], requestId: 'r' })
  await Promise.all(['1.0.0', '3.0.0', '2.0.0'].flatMap((tag) => [tell(here, tag), tell(there, tag)]))
  const { offers } = await redisProposals(redis).of(place)
  expect(offers.map(({ version }) => version)).toEqual(['3.0.0'])
  expect(counted).toHaveLength(6)
})
