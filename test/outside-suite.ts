/**
 * What others do to a workload that is under way, as kubectl would ask for it, and what leads on from there, through the
 * whole engine: the same suite runs on the simulated cluster and on a real control plane.
 */
import { type AppsV1Api, PatchStrategy, setHeaderOptions, type V1Deployment } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import {
  asJsonPatch,
  asStrategicMergePatch,
  eventually,
  eventuallyHolds,
  type Workload,
} from './conformance/workbench.ts'
import type { Message } from './fakes/slack/slack.ts'
import { startRollcall } from './rollcall.ts'
import { carol, namespace, oscar, repository, shopConfig, shopDeployment } from './shop.ts'
import {
  type ClusterForSuite,
  during,
  lasting,
  openShop,
  type Requested,
  type Shop,
  withImage,
} from './upgrade-suite.ts'

export type ClusterForOutsiders = ClusterForSuite & {
  /** Whether the cluster notes who wrote a field. */
  notesManagers: boolean
  /** Makes the workload's autoscaler want so many pods. */
  autoscale(service: string, replicas: number): Promise<void>
}

const services = {
  up: {},
  down: {},
  zero: {},
  image: {},
  released: {},
  ready: {},
  deadline: {},
  strategy: {},
  restart: {},
  reverted: {},
  gone: {},
  anew: {},
  undone: {},
  moved: {},
  hpa: {},
  hpamove: {},
  killed: {},
  backscaled: {},
  backimage: {},
  halted: {},
  backmove: {},
  pending: {},
  twice: {},
  one: {},
  two: { strategy: { hold: 'strict' } },
  drain: { strategy: { maxSurge: 0 } },
} as const

const asMerge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)

/** As `kubectl scale` does it. */
export function scaleTo(apps: AppsV1Api, name: string, replicas: number) {
  const request = { namespace, name, body: { spec: { replicas } }, fieldManager: 'kubectl' }
  return apps.patchNamespacedDeploymentScale(request, asMerge)
}

/** A HorizontalPodAutoscaler that wants exactly so many. */
export function anAutoscaler(name: string, replicas: number) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      minReplicas: replicas,
      maxReplicas: replicas,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  }
}

export function outsideSuite(startCluster: () => Promise<ClusterForOutsiders>, waitMs = 20_000): void {
  let shop: Shop
  let people: Shop['people']
  let cluster: ClusterForOutsiders
  const reactions: string[] = []

  beforeAll(async () => {
    const start = async () => {
      cluster = await startCluster()
      return cluster
    }
    shop = await openShop(start, services, waitMs)
    people = shop.people
  })

  afterAll(async () => {
    if (reactions.length > 0) console.info(`told after: ${reactions.join(', ')}`)
    await shop?.close()
  })

  type Service = keyof typeof services
  type Under = Requested & { service: Service }

  /** At rest with 3 of 10, where the next question is open. */
  async function atThree(service: Service, version = '1.5.0'): Promise<Under> {
    const under = await start(service, version)
    const { id, workload, image } = under
    await people.live(id, 'awaitingContinue')
    await people.continue(id)
    await people.question(id, 'continue', 6)
    await workload.restsAt(image, { old: 7, new: 3 })
    return under
  }

  /** On the way to the first pod. */
  async function start(service: Service, version = '1.5.0', spec: Record<string, unknown> = {}): Promise<Under> {
    onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-40).join('\n')))
    const requested = await shop.request(service, version, spec)
    await people.approve(requested.id)
    return { ...requested, service }
  }

  /** On the way to the first pod, the first patch being there. */
  async function moving(service: Service): Promise<Under> {
    const under = await start(service, '1.5.0-slow')
    await eventuallyHolds('the new template', async () => {
      expect((await under.workload.get()).spec?.template.spec?.containers[0]?.image).toBe(under.image)
    })
    return under
  }

  /** Does what somebody else does, and waits for the message that tells of it. */
  async function told(id: string, text: RegExp, act: () => Promise<unknown>): Promise<Message> {
    const began = performance.now()
    await act()
    const message = await shop.slack.waitForMessage(
      (one) =>
        one.metadata?.event_type === 'rollcall_question' &&
        one.metadata.event_payload?.id === id &&
        text.test(one.text),
      { timeoutMs: waitMs, what: `${id}: ${text}` },
    )
    reactions.push(`${id.split('-')[0]} ${Math.round(performance.now() - began)} ms`)
    await people.live(id, 'paused')
    return message
  }

  const by = (manager: string) => (cluster.notesManagers ? `Somebody \\(${manager}\\)` : 'Somebody')

  function patch(name: string, body: object, fieldManager: string, as = asStrategicMergePatch) {
    return shop.bench.apps.patchNamespacedDeployment({ namespace, name, body, fieldManager }, as)
  }

  const scale = (name: string, replicas: number) => scaleTo(shop.bench.apps, name, replicas)

  const resume = (name: string) => patch(name, { spec: { paused: null } }, 'kubectl-rollout')

  function setImage(name: string, tag: string) {
    const containers = [{ name: 'app', image: `${repository(name)}:${tag}` }]
    return patch(name, { spec: { template: { spec: { containers } } } }, 'kubectl-set')
  }

  function restart(name: string) {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
    return patch(name, { spec: { template: { metadata: { annotations } } } }, 'kubectl-rollout')
  }

  /** As `kubectl rollout undo` does it: the old revision's template, and its annotations in the place of the newer ones. */
  async function undo(workload: Workload, before: V1Deployment) {
    const body = [
      { op: 'replace', path: '/spec/template', value: before.spec?.template },
      { op: 'replace', path: '/metadata/annotations', value: { 'deployment.kubernetes.io/revision': '1' } },
    ]
    const request = { namespace, name: workload.name, body, fieldManager: 'kubectl' }
    await shop.bench.apps.patchNamespacedDeployment(request, asJsonPatch)
  }

  /** The share is as approved again, and people are asked anew. */
  async function restoredAtThree({ id, workload, image, before }: Under) {
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 7, new: 3 })
    const { spec } = await workload.get()
    expect(spec).toMatchObject({
      paused: true,
      replicas: 10,
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 3 } },
    })
    expect(spec?.minReadySeconds ?? 0).toBe(before.spec?.minReadySeconds ?? 0)
    expect(spec?.template).toEqual(withImage(before, image).spec?.template)
  }

  async function rollsBack({ id, workload, image, before }: Under, replicas = 10) {
    await people.type(oscar, `rollback ${id} --reason "enough"`)
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: replicas, new: 0 })
    const after = lasting(await workload.get())
    expect({ ...after, spec: { ...after.spec, replicas: 10 } }).toEqual(lasting(before))
  }

  async function trail(id: string): Promise<string[]> {
    const entries = await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)
    return entries.map((text) => JSON.parse(text).action)
  }

  describe('a change of replicas', () => {
    it('by kubectl scale: goes on from there, with the remaining batches of the new number', async () => {
      const under = await atThree('up')
      const { id, workload, image, before } = under
      const message = await told(id, new RegExp(`3 → [4-9] updated: ${by('kubectl')} scaled 10 → 20`), () =>
        scale('up', 20),
      )
      const { new: found } = await workload.counts(image)
      await people.press(carol, message, 'resume')
      await people.live(id, 'awaitingContinue')
      const share = Math.max(5, found)
      await workload.restsAt(image, { old: 20 - share, new: share })
      for (const wanted of [10, 20]) {
        const question = await people.question(id, 'continue')
        expect(question.text).toContain(`continue to ${wanted} of 20?`)
        const seen = await during(workload, image, async () => {
          await people.press(carol, question, 'continue')
          await people.live(id, wanted === 20 ? 'succeeded' : 'awaitingContinue')
          await workload.restsAt(image, { old: 20 - wanted, new: wanted })
        })
        expect(seen.mostNew).toBe(wanted)
        expect(seen.leastReady).toBeGreaterThanOrEqual(20)
      }
      const after = lasting(await workload.get())
      expect({ ...after, spec: { ...after.spec, replicas: 10 } }).toEqual(lasting(withImage(before, image)))
      await shop.trailIsIntact()
    })

    it('down: the approved share is restored', async () => {
      const under = await atThree('down')
      const message = await told(under.id, new RegExp(`${by('kubectl')} scaled 10 → 4`), () => scale('down', 4))
      await people.press(carol, message, 'restore')
      await restoredAtThree(under)
      await rollsBack(under)
    })

    it('to nothing and back, which makes all of it new: the approved share is restored', async () => {
      const under = await atThree('zero')
      const { id, workload, image } = under
      // A zero is stored as an absent field, and nobody is noted for that.
      await told(id, /Somebody scaled 10 → 0/, () => scale('zero', 0))
      const message = await told(id, /3 → 10 updated, and Rollcall did not do it/, async () => {
        await workload.reaches('scaled to nothing', ({ status }) => !status?.replicas)
        await scale('zero', 10)
      })
      await workload.restsAt(image, { old: 0, new: 10 })
      const seen = await during(workload, image, async () => {
        await people.press(carol, message, 'restore')
        await restoredAtThree(under)
      })
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      expect(seen.mostWanted).toBeLessThanOrEqual(12)
      expect((await trail(id)).filter((action) => action === 'restored')).toHaveLength(1)
      await shop.trailIsIntact()
    })

    it('that is taken back by hand is over, and the upgrade is simply resumed', async () => {
      const under = await atThree('undone')
      const { id, workload, image } = under
      await told(id, /scaled 10 → 11/, () => scale('undone', 11))
      await workload.restsAt(image, { old: 8, new: 3 })
      const message = await told(id, /as approved again/, () => scale('undone', 10))
      await workload.restsAt(image, { old: 7, new: 3 })
      await people.press(carol, message, 'resume')
      const question = await shop.slack.waitForMessage(
        ({ metadata, blocks }) =>
          metadata?.event_payload?.id === id && JSON.stringify(blocks).includes('"action_id":"continue"'),
        { timeoutMs: waitMs, what: 'the question, open again' },
      )
      await people.press(carol, question, 'continue')
      await workload.restsAt(image, { old: 5, new: 5 })
      await rollsBack(under)
    })

    it('in a move: what was said yes to is restored, and capacity never falls below what was there', async () => {
      const under = await moving('moved')
      const { id, workload, image } = under
      const message = await told(id, /scaled 10 → 12/, () => scale('moved', 12))
      await people.press(carol, message, 'restore')
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 9, new: 1 })
      await rollsBack(under)
    })

    it('can be rolled back, on as many replicas as there are now', async () => {
      const under = await atThree('backscaled')
      const message = await told(under.id, /scaled 10 → 16/, () => scale('backscaled', 16))
      await under.workload.staysQuiet()
      const seen = await during(under.workload, under.image, async () => {
        await people.press(oscar, message, 'rollback')
        await people.live(under.id, 'rolledBack')
        await under.workload.restsAt(under.image, { old: 16, new: 0 })
      })
      expect(seen.leastReady).toBeGreaterThanOrEqual(16)
      const after = lasting(await under.workload.get())
      expect({ ...after, spec: { ...after.spec, replicas: 10 } }).toEqual(lasting(under.before))
    })

    it('twice before anybody decides is one message, and a button from in between decides nothing', async () => {
      const under = await atThree('twice')
      const { id, workload, image } = under
      const first = await told(id, /scaled 10 → 14/, () => scale('twice', 14))
      await workload.staysQuiet()
      const old = structuredClone(first)
      const second = await told(id, /scaled 10 → 18/, () => scale('twice', 18))
      expect(second.ts).toBe(old.ts)
      await workload.staysQuiet()
      const { new: found } = await workload.counts(image)
      const now = await people.question(id, 'alert')
      await people.press(carol, now, 'resume')
      await people.live(id, 'awaitingContinue')
      const share = Math.max(5, found)
      await workload.restsAt(image, { old: 18 - share, new: share })
      await rollsBack(under, 18)
    })
  })

  describe('the workload’s own autoscaler', () => {
    it('does not hold: the approved share of the new number is restored, and the question is asked anew', async () => {
      const under = await atThree('hpa')
      const { id, workload, image } = under
      await cluster.autoscale('hpa', 20)
      const question = await shop.slack.waitForMessage(
        ({ text, metadata }) => metadata?.event_payload?.id === id && text.includes('continue to 10 of 20?'),
        { timeoutMs: Math.max(waitMs, 60_000), what: 'the question of the new number' },
      )
      await workload.restsAt(image, { old: 15, new: 5 })
      const actions = await trail(id)
      expect(actions).toContain('rescaled')
      expect(actions).not.toContain('changedOutside')
      await people.press(carol, question, 'continue')
      await workload.restsAt(image, { old: 10, new: 10 })
      await rollsBack(under, 20)
    })

    it('in a move changes how far it goes, and nothing else', async () => {
      const under = await moving('hpamove')
      const { id, workload, image } = under
      await cluster.autoscale('hpamove', 12)
      await eventually('rescaled', async () => ((await trail(id)).includes('rescaled') ? true : undefined))
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 11, new: 1 })
      expect(await trail(id)).not.toContain('changedOutside')
      await rollsBack(under, 12)
    })
  })

  describe('a change of the template', () => {
    it('by kubectl set image: can only be restored or rolled back', async () => {
      const under = await atThree('image')
      const { id, image } = under
      const text = new RegExp(`${by('kubectl-set')} set another image: 1.5.0.* → 1.6.0`)
      const message = await told(id, text, () => setImage('image', '1.6.0'))
      expect(JSON.stringify(message.blocks)).not.toContain('"action_id":"resume"')
      await people.press(carol, message, 'restore')
      await restoredAtThree(under)
      await people.continue(id)
      await under.workload.restsAt(image, { old: 5, new: 5 })
      await rollsBack(under)
    })

    it('by kubectl set image, rolled back', async () => {
      const under = await atThree('backimage')
      await told(under.id, /set another image/, () => setImage('backimage', '1.6.0'))
      await rollsBack(under)
    })

    it('by kubectl rollout restart, in a move', async () => {
      const under = await moving('restart')
      const { id, workload, image } = under
      const message = await told(id, new RegExp(`${by('kubectl-rollout')} asked for a restart`), () =>
        restart('restart'),
      )
      await people.press(carol, message, 'restore')
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 9, new: 1 })
      await rollsBack(under)
    })

    it('by kubectl rollout undo, in a move', async () => {
      const under = await moving('reverted')
      const { id, workload, image, before } = under
      const message = await told(id, new RegExp(`${by('kubectl')} undid the rollout`), () => undo(workload, before))
      await people.press(carol, message, 'restore')
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 9, new: 1 })
      await rollsBack(under)
    })
  })

  describe('a change of the fields that hold it', () => {
    it('by kubectl rollout resume: is stopped again, and the share restored', async () => {
      const under = await atThree('released')
      const { id, workload } = under
      await told(id, /Somebody changed the workload: paused true → false/, () => resume('released'))
      await eventuallyHolds('paused again', async () => expect((await workload.get()).spec?.paused).toBe(true))
      await workload.staysQuiet()
      const message = await people.question(id, 'alert')
      const on = JSON.stringify(message.blocks).includes('"action_id":"restore"') ? 'restore' : 'resume'
      await people.press(carol, message, on)
      await restoredAtThree(under)
      await rollsBack(under)
    })

    it.each<[Service, object, string]>([
      ['ready', { minReadySeconds: 9 }, 'minReadySeconds .*→ 9'],
      ['deadline', { progressDeadlineSeconds: 99 }, 'progressDeadlineSeconds 600 → 99'],
      [
        'strategy',
        { strategy: { rollingUpdate: { maxSurge: '50%' } } },
        'strategy maxSurge 0, maxUnavailable 3 → maxSurge 50%',
      ],
    ])('%s by another field manager: it is named, and the fields are restored', async (service, spec, words) => {
      const under = await atThree(service)
      const text = new RegExp(`${by('helm')} changed the workload: ${words}`)
      const message = await told(under.id, text, () => patch(service, { spec }, 'helm'))
      await people.press(carol, message, 'restore')
      await restoredAtThree(under)
      await rollsBack(under)
    })
  })

  describe('another object', () => {
    it('or none is told apart, and nothing is made anew', async () => {
      const deleted = await atThree('gone')
      await shop.bench.apps.deleteNamespacedDeployment({ namespace, name: 'gone' })
      await people.live(deleted.id, 'failed')
      const tells = (id: string, text: string) =>
        shop.slack.waitForMessage((one) => one.metadata?.event_payload?.id === id && one.text.includes(text), {
          timeoutMs: waitMs,
          what: text,
        })
      await tells(deleted.id, 'Somebody deleted the workload')
      await expect(deleted.workload.get()).rejects.toThrow()

      const anew = await atThree('anew')
      // Both happen before Rollcall looks.
      process.kill(shop.rollcall.pid, 'SIGSTOP')
      try {
        await shop.bench.apps.deleteNamespacedDeployment({ namespace, name: 'anew' })
        await eventually('gone', () =>
          anew.workload.get().then(
            () => undefined,
            () => true,
          ),
        )
        const body = shopDeployment('anew') as V1Deployment
        await shop.bench.apps.createNamespacedDeployment({ namespace, body })
      } finally {
        process.kill(shop.rollcall.pid, 'SIGCONT')
      }
      await people.live(anew.id, 'failed')
      await tells(anew.id, 'another object has its name now')
      expect((await anew.workload.get()).metadata?.annotations ?? {}).not.toHaveProperty(['rollcall.dev/upgrade'])
    })
  })

  describe('people in a hurry', () => {
    it('a pause in a move keeps every replica Ready', async () => {
      const under = await atThree('halted', '1.5.0-slow')
      const { id, workload, image } = under
      const seen = await during(workload, image, async () => {
        const question = await people.question(id, 'continue')
        await people.press(carol, question, 'continue')
        await people.press(carol, await people.live(id, 'progressing'), 'pause')
        await people.live(id, 'paused')
        await eventuallyHolds('paused in the cluster', async () =>
          expect((await workload.get()).spec?.paused).toBe(true),
        )
        await workload.staysQuiet()
      })
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      expect(seen.mostNew).toBeLessThanOrEqual(5)
      await people.press(carol, await people.live(id, 'paused'), 'resume')
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 5, new: 5 })
      await rollsBack(under)
    })

    it('a rollback in a move', async () => {
      const under = await atThree('backmove', '1.5.0-slow')
      const { id, workload, image } = under
      const seen = await during(workload, image, async () => {
        await people.press(carol, await people.question(id, 'continue'), 'continue')
        await people.press(oscar, await people.live(id, 'progressing'), 'rollback')
        await people.live(id, 'rolledBack')
        await workload.restsAt(image, { old: 10, new: 0 })
      })
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      expect(lasting(await workload.get())).toEqual(lasting(under.before))
    })

    it('a rollback and a continue at once: the rollback wins', async () => {
      const under = await atThree('pending')
      const { id, workload, image } = under
      const question = await people.question(id, 'continue')
      await Promise.all([people.press(carol, question, 'continue'), people.press(oscar, question, 'rollback')])
      await people.live(id, 'rolledBack')
      await workload.restsAt(image, { old: 10, new: 0 })
      expect(lasting(await workload.get())).toEqual(lasting(under.before))
      await shop.trailIsIntact()
    })
  })

  describe('few replicas', () => {
    it('one: scaled to two and restored', async () => {
      const under = await start('one', '1.5.0-slow', { replicas: 1 })
      const { id, workload, image } = under
      await eventuallyHolds('there is a new pod', async () => expect((await workload.counts(image)).new).toBe(1))
      const message = await told(id, /scaled 1 → 2/, () => scale('one', 2))
      await people.press(carol, message, 'restore')
      await people.live(id, 'succeeded')
      await workload.restsAt(image, { old: 0, new: 1 })
    })

    it('two, held strictly: a step of one back', async () => {
      const under = await start('two', '1.5.0', { replicas: 2 })
      const { id, workload, image } = under
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 1, new: 1 })
      await told(id, /scaled 2 → 0/, () => scale('two', 0))
      const message = await told(id, /1 → 2 updated, and Rollcall did not/, async () => {
        await workload.reaches('scaled to nothing', ({ status }) => !status?.replicas)
        await scale('two', 2)
      })
      await workload.restsAt(image, { old: 0, new: 2 })
      await people.press(carol, message, 'restore')
      await people.live(id, 'awaitingContinue')
      await workload.restsAt(image, { old: 1, new: 1 })
      await people.continue(id)
      await people.live(id, 'succeeded')
    })

    it('drained first: restored without a surge', async () => {
      const under = await atThree('drain')
      const { id, workload, image } = under
      const message = await told(id, /scaled 10 → 13/, () => scale('drain', 13))
      await workload.staysQuiet()
      await people.press(carol, message, 'restore')
      await restoredAtThree(under)
      await people.type(oscar, `rollback ${id}`)
      await people.live(id, 'rolledBack')
      await workload.restsAt(image, { old: 10, new: 0 })
    })
  })

  it('a process that is killed in the middle of restoring leaves nothing behind that the next one needs', async () => {
    const under = await atThree('killed')
    const { id, workload, image } = under
    await told(id, /scaled 10 → 0/, () => scale('killed', 0))
    const message = await told(id, /3 → 10 updated, and Rollcall did not/, async () => {
      await workload.reaches('scaled to nothing', ({ status }) => !status?.replicas)
      await scale('killed', 10)
    })
    await workload.restsAt(image, { old: 0, new: 10 })
    await people.press(carol, message, 'restore')
    await eventuallyHolds('on its way', async () => expect((await workload.counts(image)).new).toBeLessThan(9))
    await shop.rollcall.stop('SIGKILL')
    const { url } = shop.redisServer
    const next = await startRollcall({
      config: shopConfig(services),
      redisUrl: url,
      kubeconfig: shop.cluster.kubeconfig,
      slack: shop.slack,
    })
    try {
      await restoredAtThree(under)
      await rollsBack(under)
      await shop.trailIsIntact()
    } finally {
      await next.stop()
    }
  })
}
