/** Requests that are not Slack's, against the real process: each is refused and counted, and nothing is changed. */
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack, OutgoingRequest } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { carol, channel, dana, desk, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

// On a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const id = 'web-production-1'

let cluster: FakeCluster
let slack: FakeSlack
let server: RedisServer
let redis: Redis
let rollcall: Rollcall

beforeAll(async () => {
  ;[cluster, slack, server] = await Promise.all([startCluster(), shopSlack(), startRedis()])
  cluster.seed([shopDeployment('web')])
  redis = new Redis(server.url)
  const { kubeconfig } = cluster
  rollcall = await startRollcall({ config: shopConfig(), redisUrl: server.url, kubeconfig, slack })
  const people = desk(slack)
  await people.type(dana, 'web 1.5.0')
  await people.question(id, 'start')
})
afterAll(async () => {
  await rollcall?.stop()
  redis?.disconnect()
  await Promise.all([cluster?.stop(), slack?.stop(), server?.stop()])
})

const cancel = (nonce: string) =>
  new URLSearchParams({
    command: '/upgrade',
    text: `cancel ${id}`,
    team_id: slack.teamId,
    user_id: carol,
    channel_id: channel,
    trigger_id: nonce,
    response_url: `${slack.apiUrl}nowhere`,
  }).toString()

/** What was decided, and what the trail says of it. */
const stored = () =>
  Promise.all([
    redis.get(`{rollcall}:upgrade:${id}`),
    redis.lrange(`{rollcall}:audit:${id}`, 0, -1),
    redis.lrange('{rollcall}:audit:refusals', 0, -1),
  ])

async function counted(code: string): Promise<number> {
  const metrics = await (await fetch(`${rollcall.url}/metrics`)).text()
  const [, count = '0'] = new RegExp(`^rollcall_refusals_total{code="${code}"} (\\d+)$`, 'm').exec(metrics) ?? []
  return Number(count)
}

const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds

it.each<[string, number, () => OutgoingRequest]>([
  ['FORGED', 401, () => ({ body: cancel('1'), signingSecret: 'not the one' })],
  ['STALE', 401, () => ({ body: cancel('2'), timestampSeconds: ago(400) })],
  ['FUTURE', 401, () => ({ body: cancel('3'), timestampSeconds: ago(-400) })],
  ['MALFORMED', 400, () => ({ body: 'payload=null' })],
  ['OVERSIZED', 413, () => ({ body: `${cancel('4')}&x=${'x'.repeat(1_000_000)}` })],
  ['UNREADABLE', 200, () => ({ body: pressed('approve', 'forged') })],
  ['UNKNOWN', 200, () => ({ body: pressed('selfdestruct', '{}') })],
])('%s is refused and counted, and nothing is changed', async (code, status, outgoing) => {
  const before = await stored()
  expect((await slack.send(outgoing())).status).toBe(status)
  await expect.poll(() => counted(code)).toBe(1)
  expect(await stored()).toEqual(before)
})

it('REPLAYED is refused and counted, and nothing is changed a second time', async () => {
  const outgoing = { body: cancel('5').replace('cancel', 'status'), timestampSeconds: ago(0) }
  expect((await slack.send(outgoing)).status).toBe(200)
  const before = await stored()
  expect((await slack.send(outgoing)).status).toBe(409)
  expect(await counted('REPLAYED')).toBe(1)
  expect(await stored()).toEqual(before)
})

it('a button of another upgrade, step or plan is refused by the engine, and changes nothing but the trail', async () => {
  const [before] = await stored()
  const stale = JSON.stringify({ u: id, s: 3, p: 'f'.repeat(64) })
  expect((await slack.send({ body: pressed('continue', stale) })).status).toBe(200)
  expect((await stored())[0]).toBe(before)
})

it('slow connections are cut off while others are served', async () => {
  const dripping = Array.from({ length: 50 }, () => {
    const socket = connect(Number(new URL(rollcall.url).port), '127.0.0.1')
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => {}).resume()
    socket.write('POST /slack/events HTTP/1.1\r\n')
    return closed
  })
  expect((await desk(slack).type(dana, 'list')).outcome).toBe('acknowledged')
  await Promise.all(dripping)
  expect(await counted('SLOW')).toBe(50)
})

function pressed(actionId: string, value: string): string {
  const payload = JSON.stringify({
    type: 'block_actions',
    user: { id: carol, team_id: slack.teamId },
    team: { id: slack.teamId },
    container: { type: 'message', message_ts: '1.2', channel_id: channel },
    channel: { id: channel },
    trigger_id: 'x',
    response_url: `${slack.apiUrl}nowhere`,
    actions: [{ type: 'button', action_id: actionId, block_id: 'b', value, action_ts: '1.3' }],
  })
  return new URLSearchParams({ payload }).toString()
}
