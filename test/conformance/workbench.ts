import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
  type V1Pod,
  type V1ReplicaSet,
  Watch,
} from '@kubernetes/client-node'
import { expect, type TestAPI } from 'vitest'

/** With these two a new pod serves once it is Ready, but never counts as available, so that a rollout holds. */
export const holdTimings = { minReadySeconds: 2_147_483_646, progressDeadlineSeconds: 2_147_483_647 }

const deadlineMs = 30_000
const pollMs = 20

/** One step of a JSON patch. */
export type Operation = { op: 'add' | 'remove' | 'replace' | 'test'; path: string; value?: unknown }

/** The clients of one cluster, and one namespace of one's own in it. */
export type Workbench = {
  namespace: string
  config: KubeConfig
  core: CoreV1Api
  apps: AppsV1Api
  authorization: AuthorizationV1Api
}

/** A test that is given the clients and a namespace of its own. */
export type ConformanceTest = TestAPI<{ kube: Workbench }>

export function connect(kubeconfig: string): Omit<Workbench, 'namespace'> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  return {
    config,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    authorization: config.makeApiClient(AuthorizationV1Api),
  }
}

/** Asks until the answer is something, and gives up with the last complaint. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + deadlineMs
  let complaint: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      complaint = undefined
    } catch (error) {
      complaint = error
    }
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms for: ${what}`, { cause: complaint })
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Asks until the expectation holds. */
export async function eventuallyHolds(what: string, expectation: () => Promise<void>): Promise<void> {
  await eventually(what, async () => {
    await expectation()
    return true
  })
}

/** The Status that a request was refused with. */
export async function refusal(request: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const answer = await request.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(answer instanceof ApiException)) throw new Error('the request was not refused', { cause: answer })
  const body = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body
  return { code: answer.code, reason: body.reason, message: body.message }
}

export const asJsonPatch = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch)
export const asMergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
export const asStrategicMergePatch = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch)

/** A Deployment with as little as possible in it. */
export function manifest(name: string, image: string, spec: Partial<V1Deployment['spec']> = {}): V1Deployment {
  return {
    metadata: { name },
    spec: {
      replicas: 10,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } },
      ...spec,
    },
  }
}

/** How many pods the old and the new ReplicaSets want, and how many of them are Ready. */
export type Counts = { old: number; new: number; oldReady: number; newReady: number }

/** One Deployment under test, driven by patches as Rollcall drives it. */
export class Workload {
  readonly bench: Workbench
  readonly name: string

  constructor(bench: Workbench, name: string) {
    this.bench = bench
    this.name = name
  }

  /** Creates a Deployment and waits until all of it is available. */
  static async start(
    bench: Workbench,
    image = 'web:1.0.0',
    spec: Partial<V1Deployment['spec']> = {},
    name = 'web',
  ): Promise<Workload> {
    const { namespace } = bench
    await bench.apps.createNamespacedDeployment({ namespace, body: manifest(name, image, spec) })
    const workload = new Workload(bench, name)
    await workload.reaches('everything available', ({ spec, status }) => {
      return status?.availableReplicas === spec?.replicas && status?.updatedReplicas === spec?.replicas
    })
    return workload
  }

  get(): Promise<V1Deployment> {
    return this.bench.apps.readNamespacedDeployment({ namespace: this.bench.namespace, name: this.name })
  }

  patch(...body: Operation[]): Promise<V1Deployment> {
    const { namespace } = this.bench
    return this.bench.apps.patchNamespacedDeployment({ namespace, name: this.name, body }, asJsonPatch)
  }

  /** Waits until the controller has seen the newest generation and the Deployment is as wanted. */
  reaches(what: string, wanted: (deployment: V1Deployment) => boolean): Promise<V1Deployment> {
    return eventually(`${this.name}: ${what}`, async () => {
      const deployment = await this.get()
      const observed = deployment.status?.observedGeneration === deployment.metadata?.generation
      return observed && wanted(deployment) ? deployment : undefined
    })
  }

  async replicaSets(): Promise<V1ReplicaSet[]> {
    const { items } = await this.bench.apps.listNamespacedReplicaSet({
      namespace: this.bench.namespace,
      labelSelector: `app=${this.name}`,
    })
    return items
  }

  async pods(): Promise<V1Pod[]> {
    const { items } = await this.bench.core.listNamespacedPod({
      namespace: this.bench.namespace,
      labelSelector: `app=${this.name}`,
    })
    return items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
  }

  async replicaSetOf(image: string): Promise<V1ReplicaSet> {
    const found = (await this.replicaSets()).find(({ spec }) => imageOf(spec?.template?.spec) === image)
    if (!found) throw new Error(`${this.name} has no ReplicaSet of ${image}`)
    return found
  }

  /** Counts as seen now: `image` is the new one. */
  async counts(image: string): Promise<Counts> {
    const counts = { old: 0, new: 0, oldReady: 0, newReady: 0 }
    for (const { spec } of await this.replicaSets()) {
      counts[imageOf(spec?.template?.spec) === image ? 'new' : 'old'] += spec?.replicas ?? 0
    }
    for (const pod of await this.pods()) {
      if (isReady(pod)) counts[imageOf(pod.spec) === image ? 'newReady' : 'oldReady'] += 1
    }
    return counts
  }

  /** Waits until the workload rests with exactly these counts, all of them Ready. */
  async restsAt(image: string, wanted: { old: number; new: number }): Promise<void> {
    await eventuallyHolds(`${this.name} at ${wanted.old} old and ${wanted.new} new`, async () => {
      expect(await this.counts(image)).toEqual({ ...wanted, oldReady: wanted.old, newReady: wanted.new })
      await this.observed()
    })
    await this.staysQuiet()
    expect(await this.counts(image)).toEqual({ ...wanted, oldReady: wanted.old, newReady: wanted.new })
  }

  private async observed(): Promise<void> {
    const { status, metadata } = await this.get()
    expect(status?.observedGeneration).toBe(metadata?.generation)
  }

  /** Waits until no ReplicaSet and no pod has changed for a while. */
  async staysQuiet(quietMs = 600): Promise<void> {
    let last = ''
    let since = Date.now()
    await eventually(`${this.name}: nothing moves`, async () => {
      const versions = [...(await this.replicaSets()), ...(await this.pods())].map(
        ({ metadata }) => `${metadata?.name}@${metadata?.resourceVersion}`,
      )
      const now = versions.sort().join()
      if (now !== last) {
        last = now
        since = Date.now()
      }
      return Date.now() - since >= quietMs ? true : undefined
    })
  }

  /** Starts a held move to an image at (maxSurge, maxUnavailable). */
  startMove(image: string, maxSurge: number, maxUnavailable: number): Promise<V1Deployment> {
    return this.patch(
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: image },
      ...timings(holdTimings),
      strategy(maxSurge, maxUnavailable),
    )
  }

  /** Moves on to `wanted` new pods: one patch whenever more of them are Ready, as the surge allows. */
  async pursue(image: string, wanted: number, surge: number): Promise<void> {
    let patched = -1
    await eventually(`${this.name} with ${wanted} new pods`, async () => {
      const { newReady } = await this.counts(image)
      if (newReady > patched) {
        patched = newReady
        const step = strategy(Math.min(surge, wanted - newReady), newReady)
        await this.patch({ op: 'add', path: '/spec/paused', value: false }, step)
      }
      return newReady === wanted ? true : undefined
    })
  }

  /** Rests at `held` new pods: paused, with the original timings, so that every Ready pod counts as available. */
  async restQuietly(held: number, original: V1Deployment): Promise<V1Deployment> {
    return this.patch({ op: 'add', path: '/spec/paused', value: true }, ...originalTimings(original), strategy(0, held))
  }
}

export function timings(values: { minReadySeconds: number; progressDeadlineSeconds: number }): Operation[] {
  return [
    { op: 'add', path: '/spec/minReadySeconds', value: values.minReadySeconds },
    { op: 'add', path: '/spec/progressDeadlineSeconds', value: values.progressDeadlineSeconds },
  ]
}

export function originalTimings({ spec }: V1Deployment): Operation[] {
  return timings({
    minReadySeconds: spec?.minReadySeconds ?? 0,
    progressDeadlineSeconds: spec?.progressDeadlineSeconds ?? 600,
  })
}

export function strategy(maxSurge: number | string, maxUnavailable: number | string): Operation {
  const value = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }
  return { op: 'replace', path: '/spec/strategy', value }
}

export function imageOf(spec: { containers: { image?: string | undefined }[] } | undefined): string | undefined {
  return spec?.containers[0]?.image
}

export function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some((entry) => entry.type === 'Ready' && entry.status === 'True') ?? false
}

export function conditionOf({ status }: V1Deployment, type: string) {
  return status?.conditions?.find((entry) => entry.type === type)
}

/** The extremes that a watch of ReplicaSets and pods saw from its start on. */
export type Extremes = { mostWanted: number; mostNew: number; leastReady: number }

/** Watches a workload until `stop`, which tells the extremes; `image` is the new one. */
export async function watchExtremes(workload: Workload, image: string): Promise<{ stop: () => Promise<Extremes> }> {
  const { config, namespace, apps, core } = workload.bench
  const labelSelector = `app=${workload.name}`
  const replicaSetList = await apps.listNamespacedReplicaSet({ namespace, labelSelector })
  const podList = await core.listNamespacedPod({ namespace, labelSelector })
  const replicaSets = new Map(replicaSetList.items.map((item) => [item.metadata?.name, item]))
  const pods = new Map(podList.items.map((item) => [item.metadata?.name, item]))
  const extremes: Extremes = { mostWanted: 0, mostNew: 0, leastReady: Number.POSITIVE_INFINITY }
  const problems: unknown[] = []

  const look = () => {
    let wanted = 0
    let wantedNew = 0
    for (const { spec } of replicaSets.values()) {
      wanted += spec?.replicas ?? 0
      if (imageOf(spec?.template?.spec) === image) wantedNew += spec?.replicas ?? 0
    }
    const serving = [...pods.values()].filter((pod) => isReady(pod) && pod.metadata?.deletionTimestamp === undefined)
    extremes.mostWanted = Math.max(extremes.mostWanted, wanted)
    extremes.mostNew = Math.max(extremes.mostNew, wantedNew)
    extremes.leastReady = Math.min(extremes.leastReady, serving.length)
  }
  const follow = (path: string, resourceVersion: string | undefined, into: Map<string | undefined, unknown>) =>
    new Watch(config).watch(
      path,
      { resourceVersion, labelSelector },
      (type: string, object: { metadata: { name: string } }) => {
        if (type === 'ADDED' || type === 'MODIFIED') into.set(object.metadata.name, object)
        else if (type === 'DELETED') into.delete(object.metadata.name)
        else problems.push(object)
        look()
      },
      (error: unknown) => {
        if (error && !stopped) problems.push(error)
      },
    )
  let stopped = false
  look()
  const watches = [
    await follow(
      `/apis/apps/v1/namespaces/${namespace}/replicasets`,
      replicaSetList.metadata?.resourceVersion,
      replicaSets,
    ),
    await follow(`/api/v1/namespaces/${namespace}/pods`, podList.metadata?.resourceVersion, pods),
  ]
  return {
    stop: async () => {
      await workload.staysQuiet(200)
      stopped = true
      for (const watch of watches) watch.abort()
      if (problems.length > 0) throw new Error('the watch did not see everything', { cause: problems[0] })
      return extremes
    },
  }
}
