/** What becomes of upgrades under way when Redis is emptied or goes back in time; on any cluster. */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { verifyTrail } from '../src/store/audit-trail.ts'
import { eventually } from './conformance/workbench.ts'
import { scaleTo } from './outside-suite.ts'
import { type Rollcall, startRollcall } from './rollcall.ts'
import { carol, channel, dana, nina, shopConfig } from './shop.ts'
import { type ClusterForSuite, lasting, openShop, type Shop, withImage } from './upgrade-suite.ts'

const services = { web: {}, back: {}, live: {}, restoring: {}, gone: {} }

export function lostStoreSuite(startCluster: () => Promise<ClusterForSuite>, waitMs = 20_000): void {
  let shop: Shop
  let rollcall: Rollcall

  beforeAll(async () => {
    shop = await openShop(startCluster, services, waitMs)
    rollcall = shop.rollcall
  })
  afterAll(async () => {
    await rollcall?.stop()
    await shop?.close()
  })

  /** Kills Rollcall, does something to Redis, and starts another process. */
  async function without(rollcallRunning: () => Promise<unknown>): Promise<void> {
    await rollcall.stop('SIGKILL')
    await rollcallRunning()
    const { redisServer, cluster, slack } = shop
    const described = shopConfig(services)
    const config = { ...described, roles: { ...described.roles, admins: { users: [nina] } }, admins: 'admins' }
    rollcall = await startRollcall({ config, redisUrl: redisServer.url, kubeconfig: cluster.kubeconfig, slack })
  }

  function given(service: keyof typeof services, version = '1.5.0') {
    onTestFailed(() => console.error(rollcall.output().split('\n').slice(-30).join('\n')))
    return shop.request(service, version)
  }

  async function resume(id: string): Promise<void> {
    const answer = await (await shop.people.type(carol, `resume ${id}`)).reply()
    await shop.slack.click({ user: carol, channel, ts: answer.ts, actionId: 'resume', confirm: true })
  }

  const stored = async (id: string) => JSON.parse((await shop.redis.get(`{rollcall}:upgrade:${id}`)) ?? '{}')

  it('takes an upgrade over that Redis has lost: held, without approvals, and led on by new ones', async () => {
    const { people, redis } = shop
    const { workload, before, image, id } = await given('web')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await people.continue(id)
    await workload.restsAt(image, { old: 7, new: 3 })
    await people.live(id, 'awaitingContinue')
    const { sequence } = await stored(id)

    await without(() => redis.flushall())
    await people.live(id, 'paused')
    const adopted = await stored(id)
    expect(adopted).toMatchObject({ id, approvals: [], hold: { code: 'ADOPTED' }, request: { by: { user: dana } } })
    expect(adopted.sequence).toBeGreaterThan(sequence - 3)
    await workload.restsAt(image, { old: 7, new: 3 })

    await resume(id)
    await people.live(id, 'awaitingApproval')
    await workload.restsAt(image, { old: 7, new: 3 })
    await people.approve(id)
    for (const wanted of [5, 10]) {
      await people.live(id, 'awaitingContinue')
      await people.continue(id)
      await workload.restsAt(image, { old: 10 - wanted, new: wanted })
    }
    await people.live(id, 'succeeded')
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
    const trail = await verifyTrail(redis)
    expect(trail.faults).toEqual([])
    expect(trail.lost).toEqual([{ chain: id, from: 1, to: adopted.sequence - 1 }])
  })

  it('never gives a number again that the cluster still shows', async () => {
    const { people, redis } = shop
    await without(() => redis.flushall())
    await people.type(dana, 'web 1.6.0 in production')
    await people.question('web-production-2', 'start')
    const trail = await verifyTrail(redis)
    expect(trail).toMatchObject({ faults: [], skipped: [{ chain: 'web-production-2', from: 1, to: 1 }] })
    await people.type(dana, 'cancel web-production-2')
  })

  it('holds a workload that is ahead of a Redis which went back in time, and rolls it back', async () => {
    const { people, redis } = shop
    const { workload, before, image, id } = await given('back')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
    const then = await snapshot(redis)
    const { sequence } = await stored(id)
    await people.continue(id)
    await workload.restsAt(image, { old: 7, new: 3 })
    await people.live(id, 'awaitingContinue')

    await without(() => goBackTo(redis, then))
    await people.live(id, 'paused')
    const held = await stored(id)
    expect(held).toMatchObject({ approvals: [], hold: { code: 'OUTSIDE_AHEAD' }, takenOver: { pods: 3 } })
    expect(held.sequence).toBeGreaterThan(sequence + 1)
    await workload.restsAt(image, { old: 7, new: 3 })

    await people.type(carol, `rollback ${id}`)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
    const trail = await verifyTrail(redis)
    expect(trail.faults).toEqual([])
    expect(trail.lost).toContainEqual({ chain: id, from: sequence + 1, to: held.sequence - 1 })
  })

  it('finds an upgrade again whose Redis is emptied while Rollcall runs, and stops its move', async () => {
    const { people, redis } = shop
    const { workload, before, image, id } = await given('live', '1.5.0-slow')
    await people.approve(id)
    await people.live(id, 'progressing')
    await eventually(
      'the first patch',
      async () => (await workload.get()).metadata?.annotations?.['rollcall.dev/upgrade'],
    )
    await redis.flushall()
    await people.live(id, 'paused')
    await eventually('paused in the cluster', async () => ((await workload.get()).spec?.paused ? true : undefined))
    expect((await workload.counts(image)).new).toBeLessThanOrEqual(1)
    await people.type(carol, `rollback ${id}`)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('takes an upgrade over in the middle of a restore, holds it there, and rolls it back', async () => {
    const { people, redis, bench } = shop
    const { workload, before, image, id } = await given('restoring')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
    await scaleTo(bench.apps, 'restoring', 0)
    await workload.reaches('scaled to nothing', ({ status }) => !status?.replicas)
    await scaleTo(bench.apps, 'restoring', 10)
    await workload.restsAt(image, { old: 0, new: 10 })
    await people.press(carol, await people.question(id, 'alert'), 'restore')
    // What is too much of the new revision goes under the old template.
    await eventually('the old template is on for a while', async () => {
      const { containers } = (await workload.get()).spec?.template.spec ?? { containers: [] }
      return containers[0]?.image === before.spec?.template.spec?.containers[0]?.image ? true : undefined
    })

    await without(() => redis.flushall())
    await people.live(id, 'paused')
    expect(await stored(id)).toMatchObject({ approvals: [], takenOver: {} })
    await workload.staysQuiet()
    const { new: held } = await workload.counts(image)
    expect(held).toBeLessThanOrEqual(10)

    await people.type(carol, `rollback ${id}`)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
    expect((await verifyTrail(redis)).faults).toEqual([])
  })

  it('leaves a workload as it is whose record is gone too, and tells the admins what helps', async () => {
    const { people, redis, bench } = shop
    const { workload, image, id } = await given('gone')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
    await bench.core.deleteNamespacedConfigMap({ namespace: 'shop', name: 'rollcall-gone' })
    await without(() => redis.flushall())
    const said = () => rollcall.log().find(({ code, upgrade }) => code === 'ORIGINALS_NOT_FOUND' && upgrade === id)
    await expect.poll(said, { timeout: waitMs }).toMatchObject({ level: 50 })
    const told = () => shop.slack.directMessages(nina).filter(({ text }) => text.includes(id))
    await expect.poll(told, { timeout: waitMs }).toHaveLength(1)
    expect(told()[0]?.text).toContain('kubectl replace --namespace shop --filename')
    await workload.restsAt(image, { old: 9, new: 1 })
    await people.type(dana, 'gone 1.6.0 in production')
    await people.live('gone-production-2', 'failed')
  })
}

type Snapshot = [key: string, value: Buffer][]

/** Everything that is in Redis, as a backup would have it. */
async function snapshot(redis: Redis): Promise<Snapshot> {
  const names = await redis.keys('*')
  const values = await Promise.all(names.map((name) => redis.dumpBuffer(name)))
  return names.flatMap((name, index) => {
    const value = values[index]
    return value ? [[name, value] as [string, Buffer]] : []
  })
}

async function goBackTo(redis: Redis, then: Snapshot): Promise<void> {
  await redis.flushall()
  for (const [name, value] of then) await redis.restore(name, 0, value)
}
