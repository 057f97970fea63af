import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, channel, dana, desk, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

/** Generous: what is tested is not how fast it is. */
const waitMs = 60_000

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let store: Redis
let rollcall: Rollcall | undefined
let people: ReturnType<typeof desk>

beforeAll(async () => {
  ;[cluster, redis] = await Promise.all([startCluster(), startRedis()])
  store = new Redis(redis.url)
})
afterAll(async () => {
  store.disconnect()
  await Promise.all([cluster.stop(), redis.stop()])
})
afterEach(async () => {
  await rollcall?.stop()
  rollcall = undefined
  await slack.stop()
})

const config = shopConfig({ web: {}, api: {}, pay: {}, mail: {} })

/** A real process with the shop's configuration, and a service that is asked to be upgraded. */
async function requested(service: string): Promise<string> {
  slack = await shopSlack()
  people = desk(slack, waitMs)
  cluster.seed([shopDeployment(service)])
  const process = await startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
  rollcall = process
  onTestFailed(() => console.error(process.output().split('\n').slice(-20).join('\n')))
  await people.type(dana, `${service} 1.5.0 in production`)
  const id = `${service}-production-1`
  await people.question(id, 'start')
  return id
}

/** Writes a changed file and sends SIGHUP; returns once the process says that it has taken it up. */
async function reconfigured(change: (config: ReturnType<typeof shopConfig>) => void): Promise<void> {
  const changed = structuredClone(config)
  change(changed)
  const before = takenUp()
  await rollcall?.reconfigure(changed)
  while (takenUp() === before) await new Promise((resolve) => setTimeout(resolve, 10))
}

function takenUp(): number {
  return rollcall?.log().filter(({ msg }) => msg === 'configuration taken up').length ?? 0
}

async function trail(id: string): Promise<{ action: string; code?: string; detail?: unknown }[]> {
  const entries = await store.lrange(`{rollcall}:audit:${id}`, 0, -1)
  return entries.map((entry) => JSON.parse(entry))
}

const incident = (id: string, words: string) =>
  slack.waitForMessage((message) => message.text.includes(id) && message.text.includes(words), { timeoutMs: waitMs })

describe('a configuration that changes while an upgrade is under way', { timeout: 2 * waitMs }, () => {
  it('holds a service that left it, lets it be taken up again, and gives nobody new the right to go on', async () => {
    const id = await requested('web')
    await people.approve(id)
    await people.question(id, 'continue')

    await reconfigured(({ services }) => {
      delete services.web
    })
    await people.live(id, 'paused')
    await incident(id, 'no longer in Rollcall')
    const refused = await people.press(carol, await people.live(id, 'paused'), 'resume')
    expect((await refused.reply()).text).toContain('is no longer in Rollcall')

    // Back again, with somebody more and without the old operator.
    await reconfigured(({ roles }) => {
      roles.platform = { users: [nina] }
    })
    const answer = await (await people.type(nina, `resume ${id}`)).reply()
    const byNina = await slack.click({ user: nina, channel, ts: answer.ts, actionId: 'resume', confirm: true })
    expect((await byNina.reply()).text).toContain('You may not operate')
    const asked = await (await people.type(carol, `resume ${id}`)).reply()
    const byCarol = await slack.click({ user: carol, channel, ts: asked.ts, actionId: 'resume', confirm: true })
    expect((await byCarol.reply()).text).toContain('You may not operate')

    await reconfigured(() => {})
    const again = await (await people.type(carol, `resume ${id}`)).reply()
    await slack.click({ user: carol, channel, ts: again.ts, actionId: 'resume', confirm: true })
    await people.live(id, 'awaitingContinue')
    expect((await trail(id)).map(({ action }) => action).slice(-2)).toEqual(['serviceRemoved', 'resumed'])
    expect((await verifyTrail(store)).faults).toEqual([])
  })

  it('takes a service back that left it, by the policy that it started with', async () => {
    const id = await requested('api')
    await people.approve(id)
    await people.question(id, 'continue')
    await reconfigured(({ services }) => {
      delete services.api
    })
    await people.live(id, 'paused')
    await people.type(carol, `rollback ${id}`)
    await people.live(id, 'rolledBack')
  })

  it('voids the yes of whoever lost the role before the quorum was complete', async () => {
    const id = await requested('pay')
    const first = await people.question(id, 'start')
    await people.press(alice, first, 'approve')
    await reconfigured(({ roles }) => {
      roles['release-managers'] = { users: [bob, nina] }
    })
    await people.press(bob, first, 'approve')
    await incident(id, 'this did not count any more')
    const entries = await trail(id)
    expect(entries.find(({ action }) => action === 'approvalsVoided')).toMatchObject({
      code: 'APPROVALS_VOIDED',
      detail: { approvals: [{ by: { user: alice }, code: 'ROLE_LOST' }] },
    })
    await people.live(id, 'awaitingApproval')
    expect(entries.map(({ action }) => action)).not.toContain('started')
  })

  it('plans anew and asks anew when the strategy changed before the start', async () => {
    const id = await requested('mail')
    await reconfigured(({ services }) => {
      const production = services.mail?.environments.production
      if (production) production.strategy.batches = [2, '100%']
    })
    await people.approve(id)
    await incident(id, 'every approval is void')
    const again = await slack.waitForMessage(
      ({ text, metadata }) => metadata?.event_payload?.open === true && text.includes('Batches of 2, 10 of 10 pods'),
      { timeoutMs: waitMs },
    )
    await people.press(alice, again, 'approve')
    await people.press(bob, again, 'approve')
    await people.live(id, 'awaitingContinue')
    expect((await trail(id)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['policyChanged', 'prepared', 'started', 'reached']),
    )
  })
})
