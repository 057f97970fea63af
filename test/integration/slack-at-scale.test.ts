import { afterAll, beforeAll, expect, onTestFailed, test, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { type FakeSlack, interactiveElements, type Message } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, carol, channel, dana, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

/*
 * Many upgrades at once in one workspace that keeps to Slack's limits to the letter: a post a second in a channel, 50
 * edits a minute in all.
 */
const second = 'C0SECOND'
const names = Array.from({ length: 6 }, (_, index) => `web-${index + 1}`)
const services = Object.fromEntries(
  names.map((name, index) => [
    name,
    {
      environment: { approval: { quorum: 1 } },
      strategy: { batches: [1, '100%'] },
      channel: index % 2 ? second : channel,
    },
  ]),
)
/** As many posts as there are take their time, and so do edits. */
const patiently = { timeout: 50_000, interval: 50 }

let cluster: FakeCluster
let redis: RedisServer
let slack: FakeSlack
let rollcall: Rollcall

beforeAll(async () => {
  ;[cluster, redis, slack] = await Promise.all([
    startCluster({ readyDelayMs: [10, 40] }),
    startRedis(),
    shopSlack({ rateLimits: 'slack' }),
  ])
  slack.addChannel({ id: second, name: 'second', members: slack.users().map(({ id }) => id) })
  cluster.seed(names.map((name) => shopDeployment(name, { replicas: 2 })))
  rollcall = await startRollcall({
    config: shopConfig(services),
    redisUrl: redis.url,
    kubeconfig: cluster.kubeconfig,
    slack,
  })
})
afterAll(async () => {
  await rollcall?.stop()
  await Promise.all([slack?.stop(), cluster?.stop(), redis?.stop()])
})

function payload({ metadata }: Message): Record<string, unknown> {
  return metadata?.event_payload ?? {}
}

function there(): Message[] {
  return [channel, second].flatMap((id) => slack.messages(id)).filter(({ deleted }) => !deleted)
}

/** The one open question of each service's upgrade; fails while one has none, or two. */
function openQuestions(kind: 'start' | 'continue'): Message[] {
  const open = there().filter((message) => payload(message).kind === kind && payload(message).open === true)
  expect(open.map((message) => payload(message).id).sort()).toEqual(names.map((name) => `${name}-production-1`).sort())
  return open
}

/** By the name in the first block: nothing is there twice. */
function expectNothingTwice(): void {
  const messages = there().filter(({ files }) => !files)
  const found = messages.map(({ blocks }) => blocks?.[0]?.block_id)
  expect(found).toEqual([...new Set(found)])
}

async function decide(user: string, actionId: string, questions: readonly Message[]): Promise<void> {
  const pressed = questions.map((message) =>
    slack.click({ user, channel: message.channel, ts: message.ts, actionId, confirm: true }),
  )
  for (const { outcome } of await Promise.all(pressed)) expect(outcome).toBe('acknowledged')
}

test('whoever asks at the same time as everybody else is answered, once', async () => {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
  const typed = names.map((name, index) => {
    const text = `${name} 1.5.0 in production`
    return slack.command({ user: dana, channel: index % 2 ? second : channel, command: '/upgrade', text })
  })
  for (const { outcome } of await Promise.all(typed)) expect(outcome).toBe('acknowledged')
  await vi.waitFor(() => openQuestions('start'), patiently)
  expectNothingTwice()
  // Each channel has said once that it is too much, and from then on nobody asks before it is their turn.
  const refused = slack.calls.filter(({ status, method }) => status === 429 && method === 'chat.postMessage')
  expect(refused.length).toBeLessThan(6)
})

test('a Slack that loses answers and then does not answer keeps no question back for good, and doubles none', async () => {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
  await decide(alice, 'approve', openQuestions('start'))
  const troubles = [
    slack.fault({ kind: 'connection_reset', method: 'chat.postMessage', applyFirst: true, times: 8 }),
    slack.fault({ kind: 'server_error', times: Number.POSITIVE_INFINITY }),
  ]
  const calls = slack.calls.length
  await vi.waitFor(() => expect(slack.calls.length - calls).toBeGreaterThan(30), patiently)
  for (const trouble of troubles) trouble.clear()
  await vi.waitFor(() => openQuestions('continue'), patiently)
  expectNothingTwice()
})

test('a decision is taken at once, however much waits to be shown', async () => {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
  const questions = openQuestions('continue')
  slack.fault({ kind: 'rate_limited', method: 'chat.update', retryAfterSeconds: 5 })
  await decide(carol, 'continue', questions)
  await vi.waitFor(() => {
    const live = there().filter(({ threadTs }) => threadTs === undefined)
    expect(live.map((message) => payload(message).phase)).toEqual(names.map(() => 'succeeded'))
  }, patiently)
  expectNothingTwice()
  await vi.waitFor(() => {
    const asked = there().filter((message) => payload(message).kind === 'continue')
    const withButtons = asked.filter(({ blocks }) => interactiveElements(blocks ?? []).length > 0)
    expect(withButtons.map(({ ts }) => ts)).toEqual([])
  }, patiently)
})
