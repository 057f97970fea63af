import type { V1Deployment } from '@kubernetes/client-node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { restore } from '../../../src/cli/restore.ts'
import { noon } from '../../an-upgrade.ts'
import {
  asMergePatch,
  asStrategicMergePatch,
  eventuallyHolds,
  holdTimings,
  imageOf,
  manifest,
  type Operation,
  strategy,
  timings,
  watchExtremes,
} from '../../conformance/workbench.ts'
import { type Changes, type Ground, oldImage, openSite, openTarget, Run, type Site } from './site.ts'

const newImage = 'web:2.0.0'

/** Fields that no upgrade may leave changed, as YAML would show them. */
async function settings({ workload }: Site) {
  const { spec, metadata } = await workload.get()
  const { 'deployment.kubernetes.io/revision': _, ...annotations } = metadata?.annotations ?? {}
  return { spec, annotations, labels: metadata?.labels }
}

async function expectNoTrace(site: Site) {
  const { bench, workload } = site
  const marks = (await workload.replicaSets()).flatMap(({ metadata }) => Object.keys(metadata?.annotations ?? {}))
  expect(marks.filter((key) => key.startsWith('rollcall.dev/'))).toEqual([])
  const { items } = await bench.core.listNamespacedConfigMap({ namespace: bench.namespace })
  expect(items.filter(({ metadata }) => metadata?.name?.startsWith('rollcall-'))).toEqual([])
}

const capacity = { ready: 10, wanted: 12 }

/** One batch under the eyes of a watch of its own. */
async function watched(run: Run, pods: number, limits: { ready: number; wanted: number }) {
  const { workload } = run.site
  const { image } = run.upgrade.request
  const watch = await watchExtremes(workload, image)
  const reached = await run.batch(pods)
  const came = `batch of ${pods}: ${JSON.stringify(reached)}`
  expect(reached, came).toMatchObject({ state: 'reached', observation: { updated: pods } })
  await workload.restsAt(image, { old: 10 - pods, new: pods })
  const seen = await watch.stop()
  expect(seen.mostNew, 'new pods wanted').toBeLessThanOrEqual(pods)
  expect(seen.leastReady, 'Ready pods').toBeGreaterThanOrEqual(limits.ready)
  expect(seen.mostWanted, 'pods wanted').toBeLessThanOrEqual(limits.wanted)
}

async function watchedBack(run: Run, limits: { ready: number; wanted: number }) {
  const watch = await watchExtremes(run.site.workload, run.upgrade.request.image)
  expect(await run.back()).toMatchObject({ state: 'reached' })
  const seen = await watch.stop()
  expect(seen.leastReady, 'Ready pods on the way back').toBeGreaterThanOrEqual(limits.ready)
  expect(seen.mostWanted, 'pods wanted on the way back').toBeLessThanOrEqual(limits.wanted)
}

/** Moves a resting workload to another share, as somebody would who knows how, and lets it rest there. */
async function moveShare({ workload }: Site, share: number, of: number) {
  // From a rest that the controllers know: one that is too young looks blind before they have opened their eyes.
  await workload.reaches('at rest', ({ status }) => status?.availableReplicas === of)
  await workload.staysQuiet()
  const original = await workload.get()
  await workload.patch({ op: 'replace', path: '/spec/paused', value: true }, ...timings(holdTimings))
  await workload.reaches('blind to the new pods', ({ status }) => (status?.availableReplicas ?? 0) <= of - 1)
  await eventuallyHolds('the ReplicaSet knows', async () => {
    const { spec, status } = await workload.replicaSetOf(newImage)
    expect(spec?.minReadySeconds).toBe(holdTimings.minReadySeconds)
    expect(status?.availableReplicas ?? 0).toBe(0)
  })
  await workload.pursue(newImage, share, 2)
  await workload.restsAt(newImage, { old: of - share, new: share })
  await workload.restQuietly(share, original)
  await workload.restsAt(newImage, { old: of - share, new: share })
}

/** Starts the cluster before the first test, and gives each test a Deployment of its own. */
function stage(start: () => Promise<Ground>) {
  let ground: Ground
  let site: Site | undefined

  beforeAll(async () => {
    ground = await start()
  }, 30 * 60_000)

  afterAll(async () => {
    await ground?.stop()
  })

  afterEach(async () => {
    await site?.close()
    site = undefined
  })

  return async (spec: Parameters<typeof openSite>[1] = {}): Promise<Site> => {
    site = await openSite(ground, spec)
    return site
  }
}

/**
 * What must hold whatever else happens on the cluster: exact batches, full capacity, nothing left behind. Driven goal
 * by goal while an independent watch keeps count.
 */
export function exactBatches(start: () => Promise<Ground>, rollbacksAt = [1, 3, 5, 10]): void {
  const open = stage(start)

  test.each<[string, Changes]>([
    ['a quiet rest', {}],
    ['a strict rest', { strategy: { hold: 'strict' } }],
  ])('batches of 1, 3, 5 and 10 are exact and capacity never drops, with %s', async (hold, changes) => {
    const site = await open({ minReadySeconds: hold === 'a quiet rest' ? 1 : 0, revisionHistoryLimit: 4 })
    const before = await settings(site)
    const run = await Run.plan(site, changes)
    for (const pods of [1, 3, 5, 10]) await watched(run, pods, capacity)
    expect(await run.finish()).toMatchObject({ state: 'reached', observation: { updated: 10, ready: 10 } })
    await site.workload.staysQuiet()
    const after = await settings(site)
    expect(after.annotations).toEqual({
      ...before.annotations,
      'kubernetes.io/change-cause': 'Rollcall web-production-14: 1.0.0 → 2.0.0',
    })
    const image = after.spec?.template.spec?.containers[0]
    expect(image?.image).toBe(newImage)
    if (image) image.image = oldImage
    expect(after.spec).toEqual(before.spec)
    await expectNoTrace(site)
  })

  test.each(rollbacksAt)('a rollback at %i leaves everything as it was, at full capacity', async (pods) => {
    const site = await open()
    const before = await settings(site)
    const run = await Run.plan(site)
    await run.upTo(pods)
    await watchedBack(run, capacity)
    await site.workload.restsAt(newImage, { old: 10, new: 0 })
    expect(await settings(site)).toEqual(before)
    await expectNoTrace(site)
  })

  test('a rollback in the middle of a move keeps full capacity', async () => {
    const site = await open()
    const before = await settings(site)
    const run = await Run.plan(site)
    await run.upTo(3)
    let patches = 0
    const three = (pursuit: { state: string }) => 'patched' in pursuit && pursuit.patched === true && ++patches === 3
    await run.pursue('steps', (goal) => goal.to === 'batch' && goal.pods === 10, three)
    await watchedBack(run, capacity)
    expect(await settings(site)).toEqual(before)
    await expectNoTrace(site)
  })

  test('a bad image holds at the first pod, says why, and goes back without a trace', async () => {
    const site = await open()
    const before = await settings(site)
    const run = await Run.plan(site, { image: 'web:2.0.0-bad' })
    const watch = await watchExtremes(site.workload, 'web:2.0.0-bad')
    const pulls = (pursuit: { state: string }) => 'code' in pursuit && pursuit.code === 'IMAGE_PULL'
    await run.pursue('steps', (goal) => goal.to === 'batch' && goal.pods === 1, pulls)
    expect(await run.back()).toMatchObject({ state: 'reached' })
    expect(await watch.stop()).toMatchObject({ mostNew: 1, leastReady: 10 })
    expect(await settings(site)).toEqual(before)
    await expectNoTrace(site)
  })

  test('without spare capacity one pod goes before the next comes', async () => {
    const site = await open()
    const before = await settings(site)
    const run = await Run.plan(site, { strategy: { maxSurge: 0 } })
    for (const pods of [1, 3, 5]) await watched(run, pods, { ready: 8, wanted: 10 })
    await watchedBack(run, { ready: 8, wanted: 10 })
    expect(await settings(site)).toEqual(before)
    const again = await Run.plan(site, { strategy: { maxSurge: 0 } })
    for (const pods of [1, 3, 5, 10]) await watched(again, pods, { ready: 8, wanted: 10 })
    expect(await again.finish()).toMatchObject({ state: 'reached' })
    expect((await settings(site)).spec?.strategy).toEqual(before.spec?.strategy)
  })
}

/**
 * The Deployment target on one cluster. The same tests run on the simulated cluster and on a real control plane.
 */
export function deploymentScenarios(start: () => Promise<Ground>): void {
  exactBatches(start)
  const open = stage(start)

  test('a workload of type Recreate goes all at once, rests, and comes back the same way', async () => {
    const site = await open({ strategy: { type: 'Recreate' } })
    const before = await settings(site)
    const run = await Run.plan(site, { strategy: { type: 'recreate' } })
    await watched(run, 10, { ready: 0, wanted: 10 })
    expect((await site.workload.get()).spec?.paused).toBe(true)
    expect(await run.back()).toMatchObject({ state: 'reached' })
    expect(await settings(site)).toEqual(before)
    const again = await Run.plan(site, { strategy: { type: 'recreate' } })
    await again.batch(10)
    expect(await again.finish()).toMatchObject({ state: 'reached' })
    expect((await settings(site)).spec?.strategy).toEqual({ type: 'Recreate' })
    await expectNoTrace(site)
  })

  test('a workload of no replicas gets the template, and back', async () => {
    const site = await open({ replicas: 0 })
    const before = await settings(site)
    const run = await Run.plan(site)
    expect(await run.batch(0)).toMatchObject({ state: 'reached', observation: { total: 0 } })
    expect(await run.back()).toMatchObject({ state: 'reached' })
    expect(await settings(site)).toEqual(before)
    const again = await Run.plan(site)
    await again.batch(0)
    expect(await again.finish()).toMatchObject({ state: 'reached' })
    expect((await site.workload.get()).spec?.template.spec?.containers[0]?.image).toBe(newImage)
    await expectNoTrace(site)
  })

  test('a rollback that comes when all is finished still finds the way', async () => {
    const site = await open()
    const before = await settings(site)
    const run = await Run.plan(site)
    await run.upTo(10)
    await run.finish()
    await watchedBack(run, capacity)
    expect(await settings(site)).toEqual(before)
    await expectNoTrace(site)
  })

  test('steps are told as Kubernetes Events on the workload', async () => {
    const site = await open({ replicas: 0 })
    const { upgrade } = await Run.plan(site)
    await site.target.tell(upgrade, 'Warning', 'RollcallPaused', 'web-production-14 is paused')
    const { items } = await site.bench.core.listNamespacedEvent({ namespace: site.bench.namespace })
    const told = items.filter(({ reason }) => reason === 'RollcallPaused')
    expect(told).toMatchObject([
      {
        type: 'Warning',
        message: 'web-production-14 is paused',
        involvedObject: { kind: 'Deployment', name: 'web', uid: upgrade.target.uid },
        source: { component: 'rollcall' },
      },
    ])
  })

  test('whoever depends on it learns when all of it is new and Ready, and when it is not', async () => {
    const { bench, target, workload } = await open()
    const { namespace } = bench
    const ref = { cluster: 'here', kind: 'Deployment', namespace, name: 'web', container: 'app' } as const
    const { replicas } = await target.identify(ref)
    expect(replicas).toEqual({ wanted: 10, total: 10, updated: 10, ready: 10 })
    const spec = { template: { spec: { containers: [{ name: 'app', image: 'web:2.0.0-bad' }] } } }
    await bench.apps.patchNamespacedDeployment({ namespace, name: 'web', body: { spec } }, asStrategicMergePatch)
    expect((await target.identify(ref)).replicas.updated).toBeLessThan(10)
    await workload.reaches('its controller has seen it', () => true)
    const { image, replicas: during } = await target.identify(ref)
    expect(image).toBe('web:2.0.0-bad')
    expect(during.updated).toBeLessThan(10)
  })

  test('a halted move stands still and goes on from there', async () => {
    const site = await open()
    const run = await Run.plan(site)
    await run.batch(1)
    const goal = run.moveTo('steps', (one) => one.to === 'batch' && one.pods === 10)
    const { target, workload } = site
    let patches = 0
    await run.until(
      () => target.pursue(run.upgrade, goal),
      (pursuit) => 'patched' in pursuit && pursuit.patched && ++patches === 4,
    )
    const watch = await watchExtremes(workload, newImage)
    run.upgrade = { ...run.upgrade, sequence: run.upgrade.sequence + 1 }
    await run.until(
      () => target.halt(run.upgrade, goal),
      ({ state }) => state === 'reached',
    )
    await workload.staysQuiet()
    const held = await workload.counts(newImage)
    expect(held.new).toBeLessThan(10)
    expect((await workload.get()).spec?.paused).toBe(true)
    expect(await run.batch(10)).toMatchObject({ state: 'reached' })
    expect((await watch.stop()).leastReady).toBeGreaterThanOrEqual(10)
  })

  test('pods that are killed at rest come back in their own revision, and the rest still stands', async () => {
    const site = await open()
    const run = await Run.plan(site)
    await run.upTo(3)
    await site.workload.restsAt(newImage, { old: 7, new: 3 })
    const { core, namespace } = site.bench
    for (const { metadata } of await site.workload.pods()) {
      await core.deleteNamespacedPod({ namespace, name: metadata?.name ?? '' })
    }
    await site.workload.restsAt(newImage, { old: 7, new: 3 })
    const goal = { on: 'target', to: 'batch', pods: 3, of: 10 } as const
    expect(await site.target.verify(run.upgrade, goal)).toEqual({ state: 'holds' })
    await watched(run, 5, { ready: 0, wanted: 12 })
  })

  const restart = { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T14:00:00Z' }
  test.each<[object, object]>([
    [{ spec: { replicas: 12 } }, { kind: 'scaled', from: 10, to: 12, rested: 3, surge: 2, unavailable: 3 }],
    [{ spec: { replicas: 0 } }, { kind: 'scaled', from: 10, to: 0, rested: 3, updated: 0 }],
    [
      { spec: { template: { spec: { containers: [{ name: 'app', image: 'web:9' }] } } } },
      { kind: 'template', how: 'image', from: newImage, to: 'web:9' },
    ],
    [
      { spec: { template: { spec: { containers: [{ name: 'app', image: oldImage }] } } } },
      { kind: 'template', how: 'undone', from: newImage, to: oldImage },
    ],
    [{ spec: { template: { metadata: { annotations: restart } } } }, { kind: 'template', how: 'restarted' }],
    [
      { spec: { template: { spec: { terminationGracePeriodSeconds: 7 } } } },
      { kind: 'template', how: 'edited', from: newImage, to: newImage },
    ],
    [{ spec: { paused: false } }, { kind: 'fields', fields: [{ field: 'paused', from: 'true', to: 'false' }] }],
    [{ spec: { minReadySeconds: 7 } }, { kind: 'fields', fields: [{ field: 'minReadySeconds', to: '7' }] }],
    [{ spec: { progressDeadlineSeconds: 77 } }, { kind: 'fields', fields: [{ field: 'progressDeadlineSeconds' }] }],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: '50%' } } } },
      { kind: 'fields', fields: [{ field: 'strategy', from: 'maxSurge 0, maxUnavailable 3' }] },
    ],
    [
      { metadata: { annotations: { 'rollcall.dev/upgrade': 'web-production-14@99' } } },
      { kind: 'ahead', stamp: 'web-production-14@99' },
    ],
  ])('a change from outside is seen, and told from what to what: %j', async (body, change) => {
    const site = await open()
    const run = await Run.plan(site)
    await run.upTo(3)
    run.rest()
    const { apps, namespace } = site.bench
    await apps.patchNamespacedDeployment({ namespace, name: 'web', body }, asStrategicMergePatch)
    const goal = { on: 'target', to: 'batch', pods: 3, of: 10 } as const
    await eventuallyHolds('the change is seen', async () => {
      expect(await site.target.verify(run.upgrade, goal)).toMatchObject({ state: 'changed', change })
    })
  })

  test('a workload that was deleted is gone, and one that was made anew is another', async () => {
    const site = await open()
    const run = await Run.plan(site)
    await run.upTo(1)
    run.rest()
    const { apps, namespace } = site.bench
    const { spec } = await site.workload.get()
    const goal = { on: 'target', to: 'batch', pods: 1, of: 10 } as const
    await apps.deleteNamespacedDeployment({ namespace, name: 'web' })
    await eventuallyHolds('it is gone', async () => {
      expect(await site.target.verify(run.upgrade, goal)).toEqual({ state: 'gone', recreated: false })
    })
    const body = { metadata: { name: 'web' }, spec: { ...manifest('web', oldImage).spec, selector: spec?.selector } }
    await apps.createNamespacedDeployment({ namespace, body: body as V1Deployment })
    await eventuallyHolds('another is there', async () => {
      expect(await site.target.verify(run.upgrade, goal)).toEqual({ state: 'gone', recreated: true })
    })
  })

  describe('what was approved is restored', () => {
    const json = (path: string, value: unknown): Operation => ({ op: 'replace', path, value })
    const image = '/spec/template/spec/containers/0/image'

    test.each<[string, number, (site: Site) => Promise<unknown>]>([
      ['one pod more', 3, ({ workload }) => workload.patch(json('/spec/replicas', 13))],
      ['half of it less', 5, ({ workload }) => workload.patch(json('/spec/replicas', 4))],
      [
        'nothing, and back: all are new',
        3,
        async ({ workload }) => {
          await workload.patch(json('/spec/replicas', 0))
          await workload.reaches('scaled to nothing', ({ status }) => !status?.replicas)
          await workload.patch(json('/spec/replicas', 10))
          await workload.restsAt(newImage, { old: 0, new: 10 })
        },
      ],
      [
        'a rollout that somebody let go on',
        3,
        async ({ workload }) => {
          await workload.patch(json('/spec/paused', false))
          await workload.restsAt(newImage, { old: 0, new: 10 })
        },
      ],
      ['another image, while it rests', 3, ({ workload }) => workload.patch(json(image, 'web:9'))],
      [
        'another image, let go',
        3,
        async ({ workload }) => {
          await workload.patch(json(image, 'web:9'), json('/spec/paused', false))
          await eventuallyHolds('there are pods of it', async () => {
            expect((await workload.counts('web:9')).newReady).toBeGreaterThan(0)
          })
        },
      ],
      ['the old template', 5, ({ workload }) => workload.patch(json(image, oldImage), json('/spec/paused', false))],
      ['a ready time', 3, ({ workload }) => workload.patch({ op: 'add', path: '/spec/minReadySeconds', value: 7 })],
      [
        'a strategy that adds pods',
        3,
        async ({ workload }) => {
          await workload.patch(strategy('50%', 0))
          await eventuallyHolds('there are more', async () => {
            const { old, new: fresh } = await workload.counts(newImage)
            expect(old + fresh).toBe(15)
          })
        },
      ],
    ])('after %s', async (_, pods, disturb) => {
      const site = await open()
      const before = await settings(site)
      const run = await Run.plan(site)
      await run.upTo(pods)
      await disturb(site)
      expect(await run.restore(pods)).toMatchObject({ state: 'reached', observation: { updated: pods, total: 10 } })
      await site.workload.restsAt(newImage, { old: 10 - pods, new: pods })
      run.rest()
      const goal = { on: 'target', to: 'batch', pods, of: 10 } as const
      expect(await site.target.verify(run.upgrade, goal)).toEqual({ state: 'holds' })
      await watchedBack(run, capacity)
      expect(await settings(site)).toEqual(before)
      await expectNoTrace(site)
    })

    test.each([
      [2, 1],
      [3, 2],
      [10, 5],
      [10, 6],
    ])('of %i, with %i in the place of one: no pod of capacity is lost', async (of, wrong) => {
      const site = await open({ replicas: of })
      const run = await Run.plan(site)
      await run.upTo(1)
      // Others moved the share on without changing anything else: as many of one revision as of the other, or nearly.
      await moveShare(site, wrong, of)
      const watch = await watchExtremes(site.workload, newImage)
      expect(await run.restore(1)).toMatchObject({ state: 'reached' })
      await site.workload.restsAt(newImage, { old: of - 1, new: 1 })
      const seen = await watch.stop()
      expect(seen.leastReady).toBeGreaterThanOrEqual(of)
      expect(seen.mostNew).toBeLessThanOrEqual(Math.max(1, wrong))
      expect(seen.mostWanted).toBeLessThanOrEqual(of + 2)
    })

    test('by another process, from wherever the first one died', async () => {
      const site = await open()
      const run = await Run.plan(site)
      await run.upTo(3)
      await moveShare(site, 7, 10)
      let patches = 0
      await run.restore(3, (pursuit) => 'patched' in pursuit && pursuit.patched === true && ++patches === 5)
      const other = openTarget(site.kubeconfig)
      try {
        const taken = Object.assign(run, { site: { ...site, ...other } })
        expect(await taken.restoreOn()).toMatchObject({ state: 'reached' })
        await site.workload.restsAt(newImage, { old: 7, new: 3 })
      } finally {
        other.clusters.close()
      }
    })

    test('but is not fought over with who changes it meanwhile', async () => {
      const site = await open()
      const run = await Run.plan(site)
      await run.upTo(3)
      await moveShare(site, 7, 10)
      let patches = 0
      await run.restore(3, (pursuit) => 'patched' in pursuit && pursuit.patched === true && ++patches === 3)
      await site.workload.patch(json('/spec/replicas', 11))
      expect(await run.restoreOn()).toMatchObject({ state: 'changed', change: { kind: 'scaled', from: 10, to: 11 } })
    })
  })

  test('a plan for another template or size is outdated before anything is touched', async () => {
    const site = await open()
    const { apps, namespace } = site.bench
    const scaled = await Run.plan(site)
    await apps.patchNamespacedDeployment({ namespace, name: 'web', body: { spec: { replicas: 9 } } }, asMergePatch)
    const first = ['steps', (goal: { pods: number }) => goal.pods === 1] as const
    const outdated = (pursuit: { state: string }) => pursuit.state === 'outdated'
    expect(await scaled.pursue(...first, outdated)).toEqual({ state: 'outdated', code: 'REPLICAS_CHANGED' })
    await site.workload.restsAt(newImage, { old: 9, new: 0 })
    const edited = await Run.plan(site)
    const body = { spec: { template: { metadata: { annotations: { edited: 'yes' } } } } }
    await apps.patchNamespacedDeployment({ namespace, name: 'web', body }, asMergePatch)
    expect(await edited.pursue(...first, outdated)).toEqual({ state: 'outdated', code: 'TEMPLATE_CHANGED' })
    await expectNoTrace(site)
  })

  test('another process goes on where the first one stopped', async () => {
    const site = await open()
    const run = await Run.plan(site)
    await run.upTo(3)
    const other = openTarget(site.kubeconfig)
    const elsewhere = { ...site, ...other }
    try {
      const goal = { on: 'target', to: 'batch', pods: 3, of: 10 } as const
      expect(await elsewhere.target.verify(run.upgrade, goal)).toEqual({ state: 'holds' })
      const taken = Object.assign(run, { site: elsewhere })
      await watched(taken, 5, capacity)
    } finally {
      other.clusters.close()
    }
  })

  /** A success, with what its last goal found. */
  async function succeeded(site: Site): Promise<Run> {
    const run = await Run.plan(site)
    await run.upTo(10)
    const finished = await run.finish()
    if (finished.state !== 'reached') throw new Error('not finished', { cause: finished })
    const { observation, templateHash } = finished
    const { updated, ready, total } = observation
    run.upgrade = { ...run.upgrade, found: { updated, ready, total, templateHash } }
    return run
  }

  test('a success goes back to the recorded revision, as long as nobody built upon it', async () => {
    const site = await open()
    const before = await settings(site)
    const run = await succeeded(site)
    expect(await site.target.wayBack(run.upgrade)).toEqual({ state: 'holds' })

    const { apps, namespace } = site.bench
    const edit = { spec: { template: { metadata: { annotations: { edited: 'yes' } } } } }
    await apps.patchNamespacedDeployment({ namespace, name: 'web', body: edit }, asMergePatch)
    expect(await site.target.wayBack(run.upgrade)).toEqual({ state: 'changed' })
    const undone = { outcome: 'succeeded', at: noon, by: { kind: 'system', reason: 'DONE' } } as const
    const taken = { ...run.upgrade, undone, at: { path: 'back', step: 0, since: noon } } as const
    const original = { on: 'target', to: 'original', pods: 0, of: 10 } as const
    expect(await site.target.pursue(taken, original)).toMatchObject({ state: 'changed', change: { kind: 'template' } })

    const revert = { spec: { template: { metadata: { annotations: null } } } }
    await apps.patchNamespacedDeployment({ namespace, name: 'web', body: revert }, asMergePatch)
    await site.workload.restsAt(newImage, { old: 0, new: 10 })
    expect(await site.target.wayBack(run.upgrade)).toEqual({ state: 'holds' })
    run.upgrade = { ...run.upgrade, undone }
    const watch = await watchExtremes(site.workload, newImage)
    expect(await run.back()).toMatchObject({ state: 'reached' })
    expect((await watch.stop()).leastReady).toBeGreaterThanOrEqual(10)
    await site.workload.restsAt(newImage, { old: 10, new: 0 })
    expect(await settings(site)).toEqual(before)
    await expectNoTrace(site)
  })

  test('a success has no way back without the old revision, nor in a workload that was made anew', async () => {
    const site = await open()
    const { target, bench, workload } = site
    const { upgrade } = await succeeded(site)
    expect(await target.wayBack({ ...upgrade, target: { ...upgrade.target, uid: 'another' } })).toEqual({
      state: 'gone',
    })
    const old = (await workload.replicaSets()).find(({ spec }) => imageOf(spec?.template?.spec) === oldImage)
    await bench.apps.deleteNamespacedReplicaSet({ namespace: bench.namespace, name: old?.metadata?.name ?? '' })
    await eventuallyHolds('the old revision is gone', async () => {
      expect(await target.wayBack(upgrade)).toEqual({ state: 'lost' })
    })
  })

  test('a state that is older than the workload does nothing', async () => {
    const site = await open()
    const run = await Run.plan(site)
    await run.batch(1)
    const stale = { ...run.upgrade, sequence: run.upgrade.sequence }
    await run.batch(3)
    const goal = { on: 'target', to: 'batch', pods: 1, of: 10 } as const
    expect(await site.target.pursue(stale, goal)).toMatchObject({ state: 'superseded' })
  })

  describe('rollcall restore', () => {
    function cli(site: Site, ...argv: string[]) {
      const lines: string[] = []
      const io = { out: (text: string) => lines.push(text), err: (text: string) => lines.push(text), env: {} }
      const given = ['--namespace', site.bench.namespace, '--kubeconfig', site.kubeconfig]
      return restore([...argv, ...given], io).then((code) => ({ code, text: lines.join('\n') }))
    }

    test('brings a held workload back with nothing but a kubeconfig, and may be run again', async () => {
      const site = await open()
      const before = await settings(site)
      const run = await Run.plan(site)
      await run.upTo(3)
      const watch = await watchExtremes(site.workload, newImage)
      expect(await cli(site, 'deployment/web')).toMatchObject({ code: 0, text: expect.stringContaining('Restored') })
      expect((await watch.stop()).leastReady).toBeGreaterThanOrEqual(10)
      expect(await settings(site)).toEqual(before)
      await expectNoTrace(site)
      expect(await cli(site, 'deployment/web')).toMatchObject({
        code: 0,
        text: expect.stringContaining('Nothing to restore'),
      })
    })

    test('says what is missing', async () => {
      const site = await open()
      const run = await Run.plan(site)
      await run.batch(1)
      const { core, namespace } = site.bench
      await core.deleteNamespacedConfigMap({ namespace, name: 'rollcall-web' })
      await expect(cli(site, 'deployment/web')).rejects.toMatchObject({ code: 'ORIGINALS_NOT_FOUND' })
      await expect(cli(site, 'deployment/shop')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
      expect(await cli(site, 'statefulset/web')).toMatchObject({
        code: 2,
        text: expect.stringContaining('rollcall restore deployment/'),
      })
    })
  })
}
