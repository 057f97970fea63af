/** Two processes of Rollcall on one Redis, of which one after the other dies in the middle of its work. */
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { verifyTrail } from '../src/store/audit-trail.ts'
import { eventually } from './conformance/workbench.ts'
import { type Rollcall, startRollcall } from './rollcall.ts'
import { carol, channel, shopConfig } from './shop.ts'
import { type ClusterForSuite, during, lasting, openShop, type Shop, withImage } from './upgrade-suite.ts'

const services = { web: {}, auto: { strategy: { continue: 'auto' } }, back: {} }

export function twoProcessesSuite(startCluster: () => Promise<ClusterForSuite>, waitMs = 60_000): void {
  let shop: Shop
  let processes: Rollcall[]

  beforeAll(async () => {
    shop = await openShop(startCluster, services, waitMs)
    processes = [shop.rollcall]
    await join()
  })
  afterAll(async () => {
    for (const one of processes ?? []) await one.stop()
    await shop?.close()
  })

  async function join(): Promise<void> {
    const { redisServer, cluster, slack } = shop
    const config = shopConfig(services)
    const { kubeconfig } = cluster
    processes.push(await startRollcall({ config, redisUrl: redisServer.url, kubeconfig, slack }))
  }

  /** The older process ends; Slack talks to the one that is left. */
  async function leave(signal: NodeJS.Signals): Promise<number | null | undefined> {
    const leaving = processes.shift()
    const [left] = processes
    if (left) shop.slack.connect({ requestUrl: `${left.url}/slack/events` })
    return leaving?.stop(signal)
  }

  function given(service: keyof typeof services) {
    onTestFailed(() => {
      for (const one of processes) console.error(one.output().split('\n').slice(-20).join('\n'))
    })
    return shop.request(service, '1.5.0')
  }

  const mark = async (workload: Awaited<ReturnType<Shop['request']>>['workload']) =>
    (await workload.get()).metadata?.annotations?.['rollcall.dev/upgrade']

  it('change exactly the approved replicas, and lose no decision, though one is killed in every batch', async () => {
    const { people, redis, slack } = shop
    const { workload, before, image, id } = await given('web')
    for (const wanted of [1, 3, 5, 10]) {
      const marked = await mark(workload)
      const seen = await during(workload, image, async () => {
        await (wanted === 1 ? people.approve(id) : people.continue(id))
        await eventually('a patch of this batch', async () => ((await mark(workload)) !== marked ? true : undefined))
        await leave('SIGKILL')
        await people.live(id, wanted === 10 ? 'succeeded' : 'awaitingContinue')
        await workload.restsAt(image, { old: 10 - wanted, new: wanted })
      })
      expect(seen.mostNew).toBe(wanted)
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      await join()
    }
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
    expect((await verifyTrail(redis)).faults).toEqual([])
    const trail = await redis.lrange(`{rollcall}:audit:${id}`, 0, -1)
    const decided = trail.map((text) => JSON.parse(text)).filter(({ actor }) => actor.kind === 'slack')
    expect(decided.map(({ action }) => action)).toEqual([
      ...['requested', 'approved', 'approved'],
      ...['continued', 'continued', 'continued'],
    ])
    const shown = slack
      .messages(channel)
      .filter(({ metadata, deleted }) => !deleted && metadata?.event_payload.id === id)
      .map(({ metadata }) => `${metadata?.event_type} ${metadata?.event_payload.step ?? ''}`)
    expect(shown).toEqual([...new Set(shown)])
  })

  it('go on by themselves when one is killed, batch after batch', async () => {
    const { people } = shop
    const { workload, image, id } = await given('auto')
    const seen = await during(workload, image, async () => {
      await people.approve(id)
      await eventually('the first patch', async () => mark(workload))
      await leave('SIGKILL')
      await people.live(id, 'succeeded')
      await workload.restsAt(image, { old: 0, new: 10 })
    })
    expect(seen.mostNew).toBe(10)
    expect(seen.leastReady).toBeGreaterThanOrEqual(10)
    await join()
  })

  it('hand the work over when one is asked to end in the middle of a rollback', async () => {
    const { people } = shop
    const { workload, before, image, id } = await given('back')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await people.continue(id)
    await workload.restsAt(image, { old: 7, new: 3 })
    await people.press(carol, await people.question(id, 'continue'), 'rollback')
    expect(await leave('SIGTERM')).toBe(0)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
    expect(await shop.redis.keys('{rollcall}:lock:*')).toEqual([])
    await join()
  })
}
