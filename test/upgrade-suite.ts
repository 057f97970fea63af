/**
 * What an upgrade must do on any cluster, driven only by what people do in Slack: the same suite runs on the simulated
 * cluster and on a real control plane.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { V1Deployment } from '@kubernetes/client-node'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { startRedis } from '../scripts/redis.ts'
import { verifyTrail } from '../src/store/audit-trail.ts'
import {
  asMergePatch,
  connect,
  type Extremes,
  eventually,
  type Workbench,
  Workload,
  watchExtremes,
} from './conformance/workbench.ts'
import type { SlackOptions } from './fakes/slack/slack.ts'
import { startRollcall } from './rollcall.ts'
import {
  carol,
  channel,
  type Desk,
  dana,
  desk,
  namespace,
  oscar,
  repository,
  shopConfig,
  shopDeployment,
  shopSlack,
} from './shop.ts'

export type ClusterForSuite = {
  /** For Rollcall itself: its own rights and no more. */
  kubeconfig: string
  /** For the test, which looks at everything. */
  adminKubeconfig: string
  stop(): Promise<void>
}

type Services = Parameters<typeof shopConfig>[0]

const services = {
  web: {},
  auto: { strategy: { continue: 'auto', soak: '1s' } },
  drain: { strategy: { maxSurge: 0 } },
  strict: { strategy: { hold: 'strict' } },
  bad: { strategy: { readyTimeout: '2s' } },
  holds: { strategy: { readyTimeout: '2s' }, environment: { onFailure: 'hold' } },
  crash: {},
  again: { strategy: { type: 'recreate' } },
  back1: {},
  back3: {},
  back5: {},
  halted: {},
  undone: { strategy: { batches: ['100%'] } },
  left: {},
}

/** Fields that the cluster changes by itself; everything else of a Deployment must come back as it was. */
export function lasting(deployment: V1Deployment) {
  const { labels, annotations = {} } = deployment.metadata ?? {}
  const { 'deployment.kubernetes.io/revision': _, 'kubernetes.io/change-cause': __, ...kept } = annotations
  return { labels, annotations: kept, spec: deployment.spec }
}

export function withImage(deployment: V1Deployment, image: string): V1Deployment {
  const changed = structuredClone(deployment)
  const container = changed.spec?.template.spec?.containers[0]
  if (container) container.image = image
  return changed
}

export type Shop = Awaited<ReturnType<typeof openShop>>

/** Slack, Redis and Rollcall beside a cluster, and what tests do with them. */
export async function openShop(
  startCluster: () => Promise<ClusterForSuite>,
  services: Services,
  waitMs: number,
  options: {
    env?: Record<string, string>
    slack?: SlackOptions
    durable?: boolean
    /** Keys of the configuration in the place of the shop's. */
    config?: Record<string, unknown>
  } = {},
) {
  const starting = [
    startCluster(),
    startRedis({ appendOnly: options.durable ?? false }),
    shopSlack(options.slack),
  ] as const
  const [cluster, redisServer, slack] = await Promise.all(starting)
  const { kubeconfig } = cluster
  const rollcall = await startRollcall({
    config: { ...shopConfig(services), ...options.config },
    redisUrl: redisServer.url,
    kubeconfig,
    slack,
    ...(options.env && { env: options.env }),
  })
  const redis = new Redis(redisServer.url)
  const bench: Workbench = { ...connect(cluster.adminKubeconfig), namespace }
  const people = desk(slack, waitMs)
  return {
    cluster,
    slack,
    people,
    rollcall,
    redis,
    redisServer,
    bench,

    /** A running service, and the request for its next version. */
    async request(service: string, version: string, spec: Record<string, unknown> = {}) {
      const body = shopDeployment(service, spec)
      await bench.apps.createNamespacedDeployment({ namespace, body: body as V1Deployment })
      const workload = new Workload(bench, service)
      const before = await workload.reaches('available', ({ spec: wanted, status }) => {
        return status?.availableReplicas === wanted?.replicas
      })
      const image = `${repository(service)}:${version}`
      await people.type(dana, `${service} ${version} in production --reason "fix checkout rounding"`)
      const id = `${service}-production-1`
      await people.question(id, 'start')
      return { workload, before, image, id }
    },

    async trailIsIntact(): Promise<void> {
      expect((await verifyTrail(redis)).faults).toEqual([])
    },

    async close(): Promise<void> {
      await rollcall.stop()
      redis.disconnect()
      await slack.stop()
      await redisServer.stop()
      await cluster.stop()
    },
  }
}

export type Requested = Awaited<ReturnType<Shop['request']>>

/** Approves and continues through 1, 3, 5 and 10 of 10, and tells what a watch saw during each. */
export async function throughEveryBatch(people: Desk, { workload, image, id }: Requested) {
  const seen: (Extremes & { wanted: number })[] = []
  for (const wanted of [1, 3, 5, 10]) {
    const extremes = await during(workload, image, async () => {
      await (wanted === 1 ? people.approve(id) : people.continue(id))
      await people.live(id, wanted === 10 ? 'succeeded' : 'awaitingContinue')
      await workload.restsAt(image, { old: 10 - wanted, new: wanted })
    })
    seen.push({ wanted, ...extremes })
  }
  return seen
}

/** What a watch saw of the workload's replicas while something went on. */
export async function during(workload: Workload, image: string, act: () => Promise<unknown>): Promise<Extremes> {
  const watch = await watchExtremes(workload, image)
  await act()
  return watch.stop()
}

export function upgradeSuite(
  startCluster: () => Promise<ClusterForSuite>,
  waitMs = 10_000,
  slack: SlackOptions = {},
): void {
  let shop: Shop
  let people: Shop['people']

  beforeAll(async () => {
    shop = await openShop(startCluster, services, waitMs, { slack })
    people = shop.people
  }, 300_000)

  afterAll(() => shop?.close())

  function given(service: keyof typeof services, version: string) {
    onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
    return shop.request(service, version)
  }

  it('changes exactly the approved number of replicas, batch by batch, and gives every field back', async () => {
    const requested = await given('web', '1.5.0')
    const { workload, before, image } = requested
    for (const seen of await throughEveryBatch(people, requested)) {
      expect(seen.mostNew).toBe(seen.wanted)
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      expect(seen.mostWanted).toBeLessThanOrEqual(12)
    }
    const after = await workload.reaches('at rest', () => true)
    expect(lasting(after)).toEqual(lasting(withImage(before, image)))
    const replicaSets = await workload.replicaSets()
    expect(replicaSets.flatMap(({ metadata }) => Object.keys(metadata?.annotations ?? {}))).not.toContainEqual(
      expect.stringContaining('rollcall.dev/'),
    )
    await shop.trailIsIntact()
  })

  it('goes on by itself where nobody is to be asked, and soaks between the batches', async () => {
    const { workload, before, image, id } = await given('auto', '1.5.0')
    const seen = await during(workload, image, async () => {
      await people.approve(id)
      await people.live(id, 'succeeded')
      await workload.restsAt(image, { old: 0, new: 10 })
    })
    expect(seen).toEqual({ mostNew: 10, leastReady: 10, mostWanted: 12 })
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
  })

  it('drains first where there is no room for a surge', async () => {
    const requested = await given('drain', '1.5.0')
    const { workload, before, image } = requested
    for (const seen of await throughEveryBatch(people, requested)) {
      expect(seen.mostNew).toBe(seen.wanted)
      expect(seen.mostWanted).toBeLessThanOrEqual(10)
    }
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
  })

  it('rests strictly where that is asked for', async () => {
    const { workload, before, image, id } = await given('strict', '1.5.0')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    expect((await workload.get()).spec).toMatchObject({ paused: true, minReadySeconds: 2_147_483_646 })
    for (const wanted of [3, 5, 10]) {
      const seen = await during(workload, image, async () => {
        await people.continue(id)
        await people.live(id, wanted === 10 ? 'succeeded' : 'awaitingContinue')
      })
      expect(seen.mostNew).toBe(wanted)
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
    }
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
  })

  describe.each([
    ['back1', 1],
    ['back3', 3],
    ['back5', 5],
  ] as const)('%s', (service, batch) => {
    it(`rolls back from ${batch} of 10 without losing capacity, and gives every field back`, async () => {
      const { workload, before, image, id } = await given(service, '1.5.0')
      await people.approve(id)
      for (const wanted of [1, 3, 5].filter((one) => one < batch)) {
        await people.live(id, 'awaitingContinue')
        await workload.restsAt(image, { old: 10 - wanted, new: wanted })
        await people.continue(id)
      }
      await workload.restsAt(image, { old: 10 - batch, new: batch })
      const asked = await people.question(id, 'continue')
      const seen = await during(workload, image, async () => {
        await people.press(oscar, asked, 'rollback')
        await people.live(id, 'rolledBack')
        await workload.restsAt(image, { old: 10, new: 0 })
      })
      expect(seen.mostNew).toBeLessThanOrEqual(batch)
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      expect(seen.mostWanted).toBeLessThanOrEqual(12)
      expect(lasting(await workload.get())).toEqual(lasting(before))
      await shop.trailIsIntact()
    })
  })

  it('takes an image that cannot run back by itself', async () => {
    const { workload, before, image, id } = await given('bad', '2.0.0-bad')
    const seen = await during(workload, image, async () => {
      await people.approve(id)
      await people.live(id, 'rolledBack')
      await workload.restsAt(image, { old: 10, new: 0 })
    })
    expect(seen.mostNew).toBe(1)
    expect(seen.leastReady).toBeGreaterThanOrEqual(10)
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('takes a release that crashes back as soon as it does', async () => {
    const { workload, before, image, id } = await given('crash', '2.0.0-crash')
    await people.approve(id)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('holds a failed batch and asks, where the policy says so', async () => {
    const { workload, before, image, id } = await given('holds', '2.0.0-bad')
    await people.approve(id)
    await people.live(id, 'paused')
    await eventually('paused in the cluster', async () => ((await workload.get()).spec?.paused ? true : undefined))
    await people.type(oscar, `rollback ${id} --reason "wrong image"`)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('replaces all at once where that is asked for', async () => {
    const { workload, before, image, id } = await given('again', '1.5.0')
    await people.approve(id)
    await people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
  })

  it('stops a move where it is, and goes on from there', async () => {
    const { workload, before, image, id } = await given('halted', '1.5.0-slow')
    await people.approve(id)
    const live = await people.live(id, 'progressing')
    await eventually('a move under way', async () => (await workload.counts(image)).new === 1 || undefined)
    await people.press(carol, live, 'pause')
    await people.live(id, 'paused')
    await eventually('paused in the cluster', async () => ((await workload.get()).spec?.paused ? true : undefined))
    await workload.staysQuiet()
    expect((await workload.counts(image)).new).toBeLessThanOrEqual(1)
    const resumed = await people.type(carol, `resume ${id}`)
    const answer = await resumed.reply()
    await shop.slack.click({ user: carol, channel, ts: answer.ts, actionId: 'resume', confirm: true })
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
    await people.press(carol, await people.question(id, 'continue'), 'rollback')
    await people.live(id, 'rolledBack')
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('leaves a trail in which every step of every upgrade is, and nothing else', async () => {
    await shop.trailIsIntact()
    const trail = await shop.redis.lrange('{rollcall}:audit:web-production-1', 0, -1)
    expect(trail.map((text) => JSON.parse(text).action)).toEqual([
      'requested',
      'prepared',
      'approved',
      'approved',
      'started',
      ...['reached', 'checked', 'continued', 'reached', 'checked', 'continued', 'reached', 'checked', 'continued'],
      'reached',
      'checked',
      'reached',
    ])
  })

  it('takes a success back within its window, and no success that somebody built upon', async () => {
    const { workload, before, image, id } = await given('undone', '1.5.0')
    await people.approve(id)
    await people.live(id, 'succeeded')
    const result = await shop.slack.waitForMessage(
      ({ metadata }) => metadata?.event_type === 'rollcall_result' && metadata.event_payload?.id === id,
    )
    const seen = await during(workload, image, async () => {
      await people.press(oscar, result, 'rollback')
      await people.live(id, 'rolledBack')
      await workload.restsAt(image, { old: 10, new: 0 })
    })
    expect(seen.leastReady).toBeGreaterThanOrEqual(10)
    expect(lasting(await workload.get())).toEqual(lasting(before))

    await people.type(dana, 'undone 1.6.0 in production')
    await people.approve('undone-production-2')
    await people.live('undone-production-2', 'succeeded')
    const name = 'undone'
    const body = { spec: { template: { metadata: { annotations: { edited: 'yes' } } } } }
    await shop.bench.apps.patchNamespacedDeployment({ namespace, name, body }, asMergePatch)
    const refused = await people.type(carol, 'rollback undone-production-2')
    expect((await refused.reply()).text).toContain('The workload was changed since undone-production-2 succeeded')
    await shop.trailIsIntact()
  })

  it('can be put back with nothing but a kubeconfig once Rollcall and Redis are gone', async () => {
    const { workload, before, image, id } = await given('left', '1.5.0')
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
    await shop.rollcall.stop('SIGKILL')
    shop.redis.disconnect()
    await shop.redisServer.stop()

    const words = ['src/main.ts', 'restore', 'deployment/left', '--namespace', namespace]
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...words, '--kubeconfig', shop.cluster.kubeconfig],
      { env: {}, timeout: waitMs },
    )
    expect(stdout).toContain('left')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })
}
