import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack, Message } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, channel, dana, desk, nina, oscar, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

/** Generous: what is tested is not how fast it is. */
const waitMs = 60_000

const id = 'web-production-1'
const news = 'C0NEWS'

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let store: Redis
const processes: Rollcall[] = []

beforeAll(async () => {
  ;[cluster, slack, redis] = await Promise.all([startCluster(), shopSlack(), startRedis()])
  slack.addChannel({ id: news, name: 'news', members: [nina] })
  cluster.seed([shopDeployment('web')])
  store = new Redis(redis.url)
  const environment = {
    approval: { quorum: 2, separateRequester: true, expiresAfter: '10m' },
    reminders: { after: '1s', escalateAfter: '2s' },
    paging: { every: '1s', times: 2, contact: 'the desk' },
    notify: [
      { channel: news, on: ['start', 'decision', 'result'] },
      { user: nina, on: ['failure'] },
    ],
  }
  const config = shopConfig({ web: { environment, strategy: { readyTimeout: '1s', maxHold: '12s' } } })
  const options = { config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack }
  // Two of them share the work, and nobody is told twice.
  for (let nth = 0; nth < 2; nth++) processes.push(await startRollcall(options))
}, 3 * waitMs)
afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()))
  store.disconnect()
  await Promise.all([cluster.stop(), slack.stop(), redis.stop()])
})

function ofKind(kind: string): Message[] {
  return slack.messages(channel).filter(({ metadata, deleted }) => !deleted && metadata?.event_payload?.kind === kind)
}

async function waitFor(what: string, holds: () => boolean): Promise<void> {
  await slack.waitForMessage(() => holds(), { timeoutMs: waitMs, what })
}

it('reminds of the start and of a batch, tells stakeholders, and pages until somebody is on it', {
  timeout: 4 * waitMs,
}, async () => {
  onTestFailed(() => console.error(processes.map((one) => one.output().split('\n').slice(-15).join('\n')).join('\n\n')))
  const people = desk(slack, waitMs)
  await people.type(dana, 'web 1.5.0 in production')
  await people.question(id, 'start')

  await waitFor('both reminders of the start', () => ofKind('reminder').length === 2)
  const [first, second] = ofKind('reminder')
  expect(first?.notified).toEqual(expect.arrayContaining([alice, bob]))
  expect(second?.text).toContain('This is the last reminder.')
  if (!second) throw new Error('no second reminder')
  // A reminder has the buttons of its question.
  await people.press(alice, second, 'approve')
  await people.press(bob, second, 'approve')
  await people.question(id, 'continue')
  await waitFor('the reminders are closed', () => ofKind('reminder').slice(0, 2).every(isClosed))

  await waitFor('both reminders of the batch', () => ofKind('reminder').length === 4)
  const [, , ofBatch] = ofKind('reminder')
  expect(ofBatch?.text).toContain(`continue to 3 of 10? <@${carol}>`)

  cluster.setReadyDelay(600_000)
  await people.press(oscar, await people.live(id), 'rollback')
  await waitFor('both pages', () => ofKind('page').length === 2)
  const [page, last] = ofKind('page')
  expect(page?.notified).toContain(oscar)
  expect(last?.text).toContain('Rollcall stops paging. If nobody answers, call the desk.')

  await people.live(id, 'failed')
  await waitFor('a page of the failure', () => ofKind('page').length >= 3)
  const failed = ofKind('page')[2]
  if (!failed) throw new Error('no page')
  await people.press(oscar, failed, 'acknowledge')
  await waitFor('who is on it', () => ofKind('page').some(({ text }) => text.includes(`<@${oscar}> is on it`)))

  await waitFor('the result', () => slack.messages(news).some(({ text }) => text.includes('failed')))
  expect(
    slack
      .messages(news)
      .map(({ text }) => text.split(':')[0])
      .sort(),
  ).toEqual(['Decisions', 'Started', `${id} failed`])
  expect(slack.messages(news).every(({ unfurlLinks, notified }) => !unfurlLinks && notified.length === 0)).toBe(true)
  expect(slack.directMessages(nina).map(({ text }) => text.split(':')[0])).toEqual(['Trouble'])

  const trail = (await store.lrange(`{rollcall}:audit:${id}`, 0, -1)).map((entry) => JSON.parse(entry))
  const told = trail.flatMap(({ action, detail }) => (action === 'reminded' ? [`${detail.of} ${detail.to}`] : []))
  expect(new Set(told).size).toBe(told.length)
  expect((await verifyTrail(store)).faults).toEqual([])
})

function isClosed({ metadata }: Message): boolean {
  return metadata?.event_payload?.open === false
}
