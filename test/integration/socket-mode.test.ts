/** The real process over Socket Mode, and what befalls its connection. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, dana, desk, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

// Processes start in a second or two, and much more slowly on a machine that is busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

let cluster: FakeCluster
let slack: FakeSlack
let socketMode: NonNullable<FakeSlack['socketMode']>
let redis: RedisServer
const running: Rollcall[] = []

beforeAll(async () => {
  ;[cluster, slack, redis] = await Promise.all([startCluster(), shopSlack({ socketMode: true }), startRedis()])
  cluster.seed([shopDeployment('web'), shopDeployment('api')])
  if (!slack.socketMode) throw new Error('the double speaks no Socket Mode')
  socketMode = slack.socketMode
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()))
})
afterAll(async () => {
  await Promise.all([cluster.stop(), slack.stop(), redis.stop()])
})

async function start(env: Record<string, string> = {}): Promise<Rollcall> {
  const config = shopConfig({ web: {}, api: {} })
  const { kubeconfig } = cluster
  const rollcall = await startRollcall({ config, redisUrl: redis.url, kubeconfig, slack, env })
  running.push(rollcall)
  return rollcall
}

const ready = async ({ url }: Rollcall) => (await fetch(`${url}/readyz`)).json() as Promise<Record<string, boolean>>

it('serves health and figures on its port, and takes nothing of Slack there', async () => {
  const rollcall = await start()
  expect((await fetch(`${rollcall.url}/healthz`)).status).toBe(200)
  expect(await ready(rollcall)).toMatchObject({ slack: true })
  expect((await fetch(`${rollcall.url}/metrics`)).status).toBe(200)
  expect((await fetch(`${rollcall.url}/slack/events`, { method: 'POST', body: 'x' })).status).toBe(404)
  expect(await rollcall.stop('SIGTERM')).toBe(0)
})

it('lives on while its token is refused, says so, and goes on once it works again', async () => {
  const rollcall = await start()
  const people = desk(slack, 60_000)
  await people.type(dana, 'web 1.5.0')
  const question = await people.question('web-production-1', 'start')
  socketMode.revokeToken()
  socketMode.cut()
  const tries = () => slack.calls.filter(({ method, answer }) => method === 'apps.connections.open' && !answer?.ok)
  await expect.poll(tries, { timeout: 60_000 }).toHaveLength(2)
  expect(await ready(rollcall)).toMatchObject({ slack: false, redis: true })
  expect((await fetch(`${rollcall.url}/healthz`)).status).toBe(200)
  const metrics = await (await fetch(`${rollcall.url}/metrics`)).text()
  expect(metrics).toContain('rollcall_dependency_up{dependency="slack"} 0')

  socketMode.restoreToken()
  await expect.poll(() => ready(rollcall), { timeout: 60_000 }).toMatchObject({ slack: true })
  expect((await people.press(alice, question, 'approve')).outcome).toBe('acknowledged')
  for (const secret of [socketMode.appToken, slack.botToken, 'ticket=']) {
    expect(rollcall.output()).not.toContain(secret)
  }
  await people.press(bob, question, 'approve')
  await people.live('web-production-1', 'awaitingContinue')
})

it('shares the connections among processes: with one killed in the middle, the other decides', async () => {
  const [first] = [await start(), await start()]
  const people = desk(slack, 60_000)
  expect(socketMode.connections()).toBe(2)
  await people.type(dana, 'api 1.5.0')
  const question = await people.question('api-production-1', 'start')
  socketMode.duplicate()
  const approving = people.press(alice, question, 'approve')
  await first?.stop('SIGKILL')
  await approving
  await expect.poll(() => socketMode.connections()).toBe(1)
  await people.press(bob, question, 'approve')
  await people.live('api-production-1', 'awaitingContinue')
  const { message } = await people.reply(carol, 'api-production-1', `<@${slack.botUserId}> rollback: too slow`)
  await people.live('api-production-1', 'rolledBack')
  await slack.waitFor(() => slack.message(message.channel, message.ts)?.reactions.length === 1, { timeoutMs: 60_000 })
  expect(socketMode.problems).toEqual([])
})

it('does not start with a token that Slack refuses, says which, and ends', async () => {
  const starting = start({ SLACK_APP_TOKEN: 'xapp-1-not-the-one' })
  await expect(starting).rejects.toThrow(/ended with code 1:[\s\S]*refuses SLACK_APP_TOKEN \(invalid_auth\)/)
  await expect(starting).rejects.not.toThrow('not-the-one')
})
