import { describe, expect } from 'vitest'
import {
  asMergePatch,
  type ConformanceTest,
  conditionOf,
  eventually,
  eventuallyHolds,
  holdTimings,
  imageOf,
  isReady,
  originalTimings,
  strategy,
  timings,
  type Workbench,
  Workload,
  watchExtremes,
} from './workbench.ts'

const replicas = 10
const from = 'web:1.0.0'
const to = 'web:2.0.0'
const revision = 'deployment.kubernetes.io/revision'
const rollingBy = (maxSurge: number, maxUnavailable: number) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
})
const pausing = (paused: boolean) => ({ op: 'add' as const, path: '/spec/paused', value: paused })
const imageTo = (value: string) => ({
  op: 'replace' as const,
  path: '/spec/template/spec/containers/0/image',
  value,
})
const scaledTo = (value: number) => ({ op: 'replace' as const, path: '/spec/replicas', value })

/** A workload that rests quietly at `held` new pods of ten. */
async function resting(kube: Workbench, held: number) {
  const workload = await Workload.start(kube, from, rollingBy(2, 0))
  const original = await workload.get()
  await workload.startMove(to, Math.min(2, held), 0)
  await workload.pursue(to, held, 2)
  await workload.restsAt(to, { old: replicas - held, new: held })
  await workload.restQuietly(held, original)
  await workload.restsAt(to, { old: replicas - held, new: held })
  return { workload, original }
}

export function deploymentConformance(it: ConformanceTest): void {
  describe.concurrent('a Deployment', () => {
    it('owns a ReplicaSet that says its revision, its size and its template', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 4, ...rollingBy(2, 1) })

      const { metadata } = await workload.get()
      const [replicaSet, ...others] = await workload.replicaSets()
      const hash = replicaSet?.metadata?.labels?.['pod-template-hash']
      expect(others).toEqual([])
      expect(hash).toMatch(/^[a-z0-9]+$/)
      expect(replicaSet?.metadata?.name).toBe(`web-${hash}`)
      expect(replicaSet?.metadata?.ownerReferences).toMatchObject([{ uid: metadata?.uid, controller: true }])
      expect(replicaSet?.metadata?.annotations).toEqual({
        [revision]: '1',
        'deployment.kubernetes.io/desired-replicas': '4',
        'deployment.kubernetes.io/max-replicas': '6',
      })
      expect(replicaSet?.spec?.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
      expect(metadata?.annotations).toEqual({ [revision]: '1' })
      for (const pod of await workload.pods()) expect(pod.metadata?.labels?.['pod-template-hash']).toBe(hash)
    })

    it('hands its annotations on to the newest ReplicaSet, and does not take them back', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 1 })
      const annotations = async () => (await workload.replicaSetOf(from)).metadata?.annotations

      await workload.patch({ op: 'add', path: '/metadata/annotations/rollcall.dev~1upgrade', value: 'web-1@1' })
      await eventuallyHolds('the annotation on the ReplicaSet', async () => {
        expect(await annotations()).toMatchObject({ 'rollcall.dev/upgrade': 'web-1@1' })
      })
      await workload.patch({ op: 'remove', path: '/metadata/annotations/rollcall.dev~1upgrade' })
      await workload.reaches('observed', () => true)
      await workload.staysQuiet()

      expect(await annotations()).toMatchObject({ 'rollcall.dev/upgrade': 'web-1@1' })
    })

    it('says in its status what is there', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 3 })

      const deployment = await workload.reaches('complete', (seen) => {
        return conditionOf(seen, 'Progressing')?.reason === 'NewReplicaSetAvailable'
      })

      expect(deployment.status).toMatchObject({
        replicas: 3,
        updatedReplicas: 3,
        readyReplicas: 3,
        availableReplicas: 3,
      })
      expect(deployment.status?.unavailableReplicas).toBeUndefined()
      expect(conditionOf(deployment, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
      expect(conditionOf(deployment, 'Progressing')?.status).toBe('True')
    })

    it('counts a pod as available only after minReadySeconds', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 1, minReadySeconds: 2 })

      const [pod] = await workload.pods()
      const ready = pod?.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
      expect(Date.now() - Number(ready)).toBeGreaterThanOrEqual(2000)
    })

    it('rolls over to a new template within its surge, and keeps every pod Ready that it promises', async ({
      kube,
    }) => {
      const workload = await Workload.start(kube, from, rollingBy(2, 0))
      const watching = await watchExtremes(workload, to)

      await workload.patch(imageTo(to))
      await workload.restsAt(to, { old: 0, new: replicas })

      const { mostWanted, leastReady } = await watching.stop()
      expect(mostWanted).toBe(replicas + 2)
      expect(leastReady).toBe(replicas)
      expect((await workload.get()).metadata?.annotations?.[revision]).toBe('2')
      expect((await workload.replicaSetOf(from)).spec?.replicas).toBe(0)
    })

    it('gives up pods that it promises not to need', async ({ kube }) => {
      const workload = await Workload.start(kube, from, rollingBy(0, 3))
      const watching = await watchExtremes(workload, to)

      await workload.patch(imageTo(to))
      await workload.restsAt(to, { old: 0, new: replicas })

      const { mostWanted, leastReady } = await watching.stop()
      expect(mostWanted).toBe(replicas)
      expect(leastReady).toBe(replicas - 3)
    })

    it('with Recreate ends every old pod before the first new one', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 4, strategy: { type: 'Recreate' } })
      const { core, namespace } = kube
      const list = await core.listNamespacedPod({ namespace })
      const oldPods = new Set(list.items.map(({ metadata }) => metadata?.uid))

      await workload.patch(imageTo(to))

      await eventually('a new pod', async () => {
        const { items } = await core.listNamespacedPod({ namespace })
        const kinds = new Set(items.map(({ metadata }) => oldPods.has(metadata?.uid)))
        expect(kinds.size).toBeLessThan(2)
        return kinds.has(false) ? true : undefined
      })
      await workload.restsAt(to, { old: 0, new: 4 })
    })

    it('keeps as many old ReplicaSets as its history may have', async ({ kube }) => {
      const workload = await Workload.start(kube, 'web:1', { replicas: 1, revisionHistoryLimit: 1 })

      for (const image of ['web:2', 'web:3']) {
        await workload.patch(imageTo(image))
        await workload.restsAt(image, { old: 0, new: 1 })
      }

      await eventuallyHolds('two ReplicaSets', async () => {
        const images = (await workload.replicaSets()).map(({ spec }) => imageOf(spec?.template?.spec)).toSorted()
        expect(images).toEqual(['web:2', 'web:3'])
      })
    })

    it('undone goes back to the ReplicaSet it had, which takes the next revision', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 2 })
      const before = await workload.replicaSetOf(from)
      await workload.patch(imageTo(to))
      await workload.restsAt(to, { old: 0, new: 2 })

      const { 'pod-template-hash': _, ...labels } = before.spec?.template?.metadata?.labels ?? {}
      await workload.patch({
        op: 'replace',
        path: '/spec/template',
        value: { ...before.spec?.template, metadata: { labels } },
      })
      await workload.restsAt(from, { old: 0, new: 2 })

      const after = await workload.replicaSetOf(from)
      expect(after.metadata?.uid).toBe(before.metadata?.uid)
      expect(after.metadata?.annotations).toMatchObject({
        [revision]: '3',
        'deployment.kubernetes.io/revision-history': '1',
      })
      expect((await workload.get()).metadata?.annotations?.[revision]).toBe('3')
    })

    it('that gets nowhere says so after its deadline', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 2, progressDeadlineSeconds: 2 })

      await workload.patch(imageTo('web:2.0.0-bad'))

      const deployment = await workload.reaches('stuck', (seen) => conditionOf(seen, 'Progressing')?.status === 'False')
      expect(conditionOf(deployment, 'Progressing')?.reason).toBe('ProgressDeadlineExceeded')
      expect(conditionOf(deployment, 'Available')?.status).toBe('True')
      const broken = (await workload.pods()).find((pod) => imageOf(pod.spec) === 'web:2.0.0-bad')
      expect(broken && isReady(broken)).toBe(false)
      expect(broken?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ImagePullBackOff')
    })

    it('shows a crashing container by its state and its restarts', async ({ kube }) => {
      const workload = await Workload.start(kube, from, { replicas: 1, ...rollingBy(1, 0) })

      await workload.patch(imageTo('web:2.0.0-crash'))

      await eventuallyHolds('a crashing pod', async () => {
        const crashing = (await workload.pods()).find((pod) => imageOf(pod.spec) === 'web:2.0.0-crash')
        const status = crashing?.status?.containerStatuses?.[0]
        expect(status?.state?.waiting?.reason).toBe('CrashLoopBackOff')
        expect(status?.restartCount).toBeGreaterThanOrEqual(2)
      })
      expect((await workload.pods()).filter(isReady).map(({ spec }) => imageOf(spec))).toEqual([from])
    })
  })

  describe.concurrent('a held move', () => {
    it.for([
      { surge: 2, unavailable: 1 },
      { surge: 3, unavailable: 0 },
      { surge: 0, unavailable: 3 },
    ])(
      'at ($surge, $unavailable) has that many new pods, and stops by itself',
      async ({ surge, unavailable }, { kube }) => {
        const workload = await Workload.start(kube, from)

        await workload.startMove(to, surge, unavailable)
        await workload.restsAt(to, { old: replicas - unavailable, new: surge + unavailable })

        const deployment = await workload.reaches('counted', ({ status }) => {
          return status?.readyReplicas === replicas + surge && status.updatedReplicas === surge + unavailable
        })
        expect(deployment.status?.availableReplicas).toBe(replicas - unavailable)
        expect(conditionOf(deployment, 'Progressing')).toBeUndefined()
      },
    )

    it('goes to exactly as many new pods as wanted, with every pod Ready and within the surge', async ({ kube }) => {
      const workload = await Workload.start(kube, from, rollingBy(2, 0))
      const watching = await watchExtremes(workload, to)

      await workload.startMove(to, 2, 0)
      await workload.pursue(to, 5, 2)
      await workload.restsAt(to, { old: 5, new: 5 })

      expect(await watching.stop()).toEqual({ mostWanted: replicas + 2, mostNew: 5, leastReady: replicas })
    })

    it('without spare capacity drains first', async ({ kube }) => {
      const workload = await Workload.start(kube, from)
      const watching = await watchExtremes(workload, to)

      await workload.startMove(to, 0, 1)
      await workload.restsAt(to, { old: 9, new: 1 })
      await workload.patch(strategy(0, 2))
      await workload.restsAt(to, { old: 8, new: 2 })

      expect(await watching.stop()).toEqual({ mostWanted: replicas, mostNew: 2, leastReady: replicas - 1 })
    })

    it('that is paused half-way changes nothing but that', async ({ kube }) => {
      const workload = await Workload.start(kube, from, rollingBy(2, 0))
      await workload.startMove(to, 2, 1)
      await workload.restsAt(to, { old: 9, new: 3 })
      const watching = await watchExtremes(workload, to)

      await workload.patch(pausing(true))
      await workload.reaches('observed', () => true)
      await workload.restsAt(to, { old: 9, new: 3 })

      expect(await watching.stop()).toEqual({ mostWanted: 12, mostNew: 3, leastReady: 12 })
    })

    it('scaled up gives the new pods their share', async ({ kube }) => {
      const workload = await Workload.start(kube, from)
      await workload.startMove(to, 0, 3)
      await workload.restsAt(to, { old: 7, new: 3 })

      await workload.patch(scaledTo(16))

      await workload.restsAt(to, { old: 11, new: 5 })
    })
  })

  describe.concurrent('a quiet rest', () => {
    it('counts every Ready pod as available', async ({ kube }) => {
      const { workload } = await resting(kube, 3)

      const deployment = await workload.reaches('available', ({ status }) => status?.availableReplicas === replicas)
      expect(deployment.status).toMatchObject({ replicas, readyReplicas: replicas, updatedReplicas: 3 })
      expect(conditionOf(deployment, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' })
    })

    it('gives every killed pod back to its own ReplicaSet', async ({ kube }) => {
      const { workload } = await resting(kube, 3)
      const { core, namespace } = kube
      const before = (await workload.pods()).map(({ metadata }) => metadata?.name ?? '')

      for (const name of before) await core.deleteNamespacedPod({ namespace, name })
      await eventuallyHolds('other pods', async () => {
        const now = (await workload.pods()).map(({ metadata }) => metadata?.name ?? '')
        expect(now.filter((name) => before.includes(name))).toEqual([])
      })

      await workload.restsAt(to, { old: 7, new: 3 })
    })

    it('scales in proportion, and back', async ({ kube }) => {
      const { workload } = await resting(kube, 3)

      await workload.patch(scaledTo(16))
      await workload.restsAt(to, { old: 11, new: 5 })
      await workload.patch(scaledTo(replicas))

      await workload.restsAt(to, { old: 7, new: 3 })
    })

    it('does not follow a third template', async ({ kube }) => {
      const { workload } = await resting(kube, 3)
      const watching = await watchExtremes(workload, 'web:3.0.0')

      await workload.patch(imageTo('web:3.0.0'))
      await workload.reaches('observed', () => true)
      await workload.staysQuiet()

      expect(await watching.stop()).toEqual({ mostWanted: replicas, mostNew: 0, leastReady: replicas })
    })

    it('takes a barrier and an unpause to the next batch, and no pod too many', async ({ kube }) => {
      const { workload } = await resting(kube, 3)
      const watching = await watchExtremes(workload, to)

      await workload.patch(...timings(holdTimings))
      await workload.reaches('the new pods no longer available', ({ status }) => status?.availableReplicas === 7)
      await workload.pursue(to, 5, 2)
      await workload.restsAt(to, { old: 5, new: 5 })

      expect(await watching.stop()).toEqual({ mostWanted: replicas + 2, mostNew: 5, leastReady: replicas })
    })

    it('gives a new pod back when its ReplicaSet is scaled down by one', async ({ kube }) => {
      const { workload, original } = await resting(kube, 4)
      const { apps, namespace } = kube
      const { metadata } = await workload.replicaSetOf(to)
      const body = { spec: { replicas: 3 } }
      const name = metadata?.name ?? ''

      await apps.patchNamespacedReplicaSetScale({ namespace, name, body }, asMergePatch)
      await workload.restsAt(to, { old: 7, new: 3 })
      await workload.restQuietly(3, original)

      await workload.restsAt(to, { old: 7, new: 3 })
    })
  })

  describe.concurrent('the end of a move', () => {
    it('is one patch that moves nothing and leaves the spec as it was', async ({ kube }) => {
      const workload = await Workload.start(kube, from, rollingBy(2, 0))
      const original = await workload.get()
      await workload.startMove(to, 2, 0)
      await workload.pursue(to, replicas, 2)
      await workload.restsAt(to, { old: 0, new: replicas })
      const pods = (await workload.pods()).map(({ metadata }) => metadata?.name).toSorted()

      await workload.patch(
        { op: 'remove', path: '/spec/minReadySeconds' },
        { op: 'replace', path: '/spec/progressDeadlineSeconds', value: original.spec?.progressDeadlineSeconds },
        { op: 'replace', path: '/spec/strategy', value: original.spec?.strategy },
      )
      await workload.restsAt(to, { old: 0, new: replicas })

      const { spec } = await workload.get()
      expect((await workload.pods()).map(({ metadata }) => metadata?.name).toSorted()).toEqual(pods)
      expect(imageOf(spec?.template.spec)).toBe(to)
      await workload.patch(pausing(true), imageTo(from))
      const { paused, ...reverted } = (await workload.get()).spec ?? {}
      expect(paused).toBe(true)
      expect(reverted).toEqual(original.spec)
    })

    it.for([
      { held: 3, paused: true },
      { held: 5, paused: false },
    ])(
      'backwards from $held (paused: $paused) reuses the old ReplicaSet, with every pod Ready',
      async ({ held, paused }, { kube }) => {
        const workload = await Workload.start(kube, from, rollingBy(2, 0))
        const original = await workload.get()
        const before = await workload.replicaSetOf(from)
        await workload.startMove(to, 2, 0)
        await workload.pursue(to, held, 2)
        await workload.restsAt(to, { old: replicas - held, new: held })
        if (paused) {
          await workload.restQuietly(held, original)
          await workload.restsAt(to, { old: replicas - held, new: held })
        }
        const watching = await watchExtremes(workload, to)

        await workload.patch(pausing(false), imageTo(from), ...originalTimings(original), strategy(2, 0))
        await workload.restsAt(from, { old: 0, new: replicas })

        const { mostWanted, leastReady } = await watching.stop()
        expect(mostWanted).toBeLessThanOrEqual(replicas + 2)
        expect(leastReady).toBe(replicas)
        const after = await workload.replicaSetOf(from)
        expect(after.metadata?.uid).toBe(before.metadata?.uid)
        expect((await workload.get()).spec).toEqual(original.spec)
      },
    )
  })
}
