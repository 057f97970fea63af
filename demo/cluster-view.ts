import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node'

/** One pod as a tile: of the new version or not, Ready, on its way up, or on its way out. */
export type Tile = { name: string; isNew: boolean; state: 'ready' | 'starting' | 'leaving' }

/** Pods that are there to stay. */
export type Counts = { new: number; old: number; ready: number }

export type PodsView = {
  /** New ones first, those that leave last. */
  tiles(): Tile[]
  counts(): Counts
  /** The fewest Ready pods since it began to look. */
  leastReady(): number
  /** @throws when they are not like this in time, or it stops looking, with what is there */
  until(like: (counts: Counts) => boolean, patienceMs: number, what: string): Promise<void>
  stop(): Promise<void>
}

/** What the tour sees and does in a cluster, as somebody with kubectl would. */
export type ClusterView = ReturnType<typeof viewCluster>

export function viewCluster(kubeconfig: string, namespace: string) {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  const apps = config.makeApiClient(AppsV1Api)

  /** Follows the pods of a service; new are those that run `image`. */
  async function watchPods(service: string, image: string, onChange: () => void = () => {}): Promise<PodsView> {
    const labelSelector = `app.kubernetes.io/name=${service}`
    const informer = makeInformer<V1Pod>(
      config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => core.listNamespacedPod({ namespace, labelSelector }),
      labelSelector,
    )
    let least = Number.POSITIVE_INFINITY
    const waiting = new Map<() => void, () => void>()
    const look = () => {
      least = Math.min(least, informer.list().filter(isReady).length)
      for (const check of waiting.keys()) check()
      onChange()
    }
    const counts = (): Counts => {
      const staying = informer.list().filter(({ metadata }) => !metadata?.deletionTimestamp)
      const fresh = staying.filter((pod) => runs(pod, image)).length
      return { new: fresh, old: staying.length - fresh, ready: staying.filter(isReady).length }
    }
    await informer.start()
    informer.on('change', look)
    informer.on('delete', look)
    look()
    const tileOf = (pod: V1Pod): Tile => ({
      name: pod.metadata?.name ?? '',
      isNew: runs(pod, image),
      state: pod.metadata?.deletionTimestamp ? 'leaving' : isReady(pod) ? 'ready' : 'starting',
    })
    return {
      tiles: () => informer.list().map(tileOf).sort(inOrder),
      counts,
      leastReady: () => least,
      async until(like, patienceMs, what) {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        const check = () => like(counts()) && resolve()
        const fail = () =>
          reject(new Error(`waited for ${what} of ${service}, and there is ${JSON.stringify(counts())}`))
        const timer = setTimeout(fail, patienceMs)
        waiting.set(check, fail)
        check()
        try {
          await promise
        } finally {
          clearTimeout(timer)
          waiting.delete(check)
        }
      },
      async stop() {
        informer.off('change', look)
        informer.off('delete', look)
        for (const fail of waiting.values()) fail()
        await informer.stop()
      },
    }
  }

  return {
    watchPods,
    deployment: (name: string): Promise<V1Deployment> => apps.readNamespacedDeployment({ namespace, name }),

    /** `kubectl scale` */
    async scale(name: string, replicas: number): Promise<void> {
      const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
      await apps.patchNamespacedDeploymentScale({ namespace, name, body: { spec: { replicas } } }, merge)
    },
  }
}

/** With its digest, or without where nobody could say it. */
export function isImage(running: string | undefined, tagged: string): boolean {
  return running === tagged || running?.startsWith(`${tagged}@`) === true
}

function runs({ spec }: V1Pod, image: string): boolean {
  return spec?.containers.some((container) => isImage(container.image, image)) ?? false
}

function isReady({ metadata, status }: V1Pod): boolean {
  return !metadata?.deletionTimestamp && (status?.conditions?.some(isReadyCondition) ?? false)
}

function isReadyCondition({ type, status }: { type: string; status: string }): boolean {
  return type === 'Ready' && status === 'True'
}

const places: Record<Tile['state'], number> = { ready: 0, starting: 1, leaving: 2 }

function inOrder(a: Tile, b: Tile): number {
  return Number(b.isNew) - Number(a.isNew) || places[a.state] - places[b.state] || a.name.localeCompare(b.name)
}
