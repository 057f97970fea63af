import { CoreV1Api, KubeConfig, makeInformer, type V1Pod, Watch } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ClusterOptions, type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import {
  conditionOf,
  connect,
  eventually,
  eventuallyHolds,
  holdTimings,
  isReady,
  refusal,
  strategy,
  timings,
  type Workbench,
  Workload,
} from './workbench.ts'

let cluster: FakeCluster
let kube: Workbench

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster(options)
  kube = { ...connect(cluster.kubeconfig), namespace: 'default' }
}

async function restart(options: ClusterOptions): Promise<void> {
  await cluster.stop()
  await start(options)
}

beforeEach(() => start())
afterEach(() => cluster.stop())

const podName = ({ metadata }: V1Pod | undefined = {}) => metadata?.name ?? ''

describe('the history', () => {
  const watchFrom = (resourceVersion: string | undefined) => {
    const answers: unknown[] = []
    const ended = new Promise((resolve) => {
      void new Watch(kube.config).watch(
        '/api/v1/pods',
        { resourceVersion },
        (_, object) => answers.push(object),
        resolve,
      )
    })
    return ended.then((error) => ({ answers, error }))
  }

  it('once compacted, ends a watch from before with an expired event', async () => {
    const { metadata } = await kube.core.listPodForAllNamespaces()
    await Workload.start(kube, 'web:1', { replicas: 1 })

    cluster.compact()

    const { answers, error } = await watchFrom(metadata?.resourceVersion)
    expect(answers).toMatchObject([{ kind: 'Status', code: 410, reason: 'Expired' }])
    expect(error).toBeNull()
  })

  it('can answer that with the HTTP status instead', async () => {
    const { metadata } = await kube.core.listPodForAllNamespaces()
    await Workload.start(kube, 'web:1', { replicas: 1 })

    cluster.compact('status')

    const { answers, error } = await watchFrom(metadata?.resourceVersion)
    expect(answers).toEqual([])
    expect(error).toMatchObject({ statusCode: 410 })
  })

  it('once compacted, makes the rest of a paged list expired', async () => {
    const { metadata } = await kube.core.listNode({ limit: 1 })
    await Workload.start(kube, 'web:1', { replicas: 1 })

    cluster.compact()

    const next = kube.core.listNode({ limit: 1, _continue: metadata?._continue ?? '' })
    expect(await refusal(next)).toMatchObject({ code: 410, reason: 'Expired' })
  })
})

describe('outages', () => {
  /** Pods as an informer of the official client sees them, which starts anew after an error as its users make it do. */
  async function informed() {
    const informer = makeInformer(kube.config, '/api/v1/namespaces/default/pods', () =>
      kube.core.listNamespacedPod({ namespace: 'default' }),
    )
    let stopped = false
    informer.on('error', () => void (stopped || setTimeout(() => void informer.start(), 20)))
    await informer.start()
    return {
      names: () => informer.list().map(podName).toSorted(),
      stop: () => {
        stopped = true
        return informer.stop()
      },
    }
  }

  it.for<[what: string, happens: () => Promise<void> | void]>([
    ['its watches are cut', () => cluster.cutWatches()],
    [
      'its watches are cut and the history is gone',
      () => {
        cluster.compact()
        cluster.cutWatches()
      },
    ],
    [
      'the API refuses connections for a while',
      async () => {
        await cluster.down()
        await expect(kube.core.listNode()).rejects.toThrow()
        await cluster.up()
      },
    ],
    [
      'the API is unavailable for a while',
      async () => {
        await cluster.down('unavailable')
        await expect(kube.core.listNode()).rejects.toMatchObject({ code: 503 })
        await cluster.up()
      },
    ],
  ])('an informer catches up after %s', async ([, happens]) => {
    const informer = await informed()
    const workload = await Workload.start(kube, 'web:1', { replicas: 2 })

    await happens()
    await workload.patch({ op: 'replace', path: '/spec/replicas', value: 3 })
    await workload.reaches('three pods', ({ status }) => status?.availableReplicas === 3)

    const expected = (await workload.pods()).map(podName).toSorted()
    await eventuallyHolds('the informer to know', async () => expect(informer.names()).toEqual(expected))
    await informer.stop()
  })

  it('without a token nothing is told', async () => {
    const stranger = new KubeConfig()
    stranger.loadFromString(cluster.kubeconfigYaml.replace(/token: .*/, 'token: guessed'))

    const answer = stranger.makeApiClient(CoreV1Api).listNode()

    await expect(answer).rejects.toMatchObject({ code: 401 })
  })

  it('what is forbidden is refused and says so to an access review, until it is allowed again', async () => {
    await Workload.start(kube, 'web:1', { replicas: 1 })
    const allow = cluster.forbid('patch', 'deployments', 'default')
    const patch = () => new Workload(kube, 'web').patch({ op: 'add', path: '/metadata/labels', value: {} })
    const review = async () => {
      const resourceAttributes = { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'default' }
      const { status } = await kube.authorization.createSelfSubjectAccessReview({
        body: { spec: { resourceAttributes } },
      })
      return status?.allowed
    }

    expect(await refusal(patch())).toMatchObject({ code: 403, reason: 'Forbidden' })
    expect(await review()).toBe(false)
    allow()
    await patch()
    expect(await review()).toBe(true)
  })

  it('secrets are not read', async () => {
    expect((await refusal(kube.core.listNamespacedSecret({ namespace: 'default' }))).code).toBe(403)
  })
})

describe('misfortunes', () => {
  it('a crashed container counts a restart and serves again', async () => {
    const workload = await Workload.start(kube, 'web:1', { replicas: 1 })

    cluster.crashPod('default', podName((await workload.pods())[0]))

    expect((await workload.pods()).map(isReady)).toEqual([false])
    await eventuallyHolds('Ready again', async () => expect((await workload.pods()).map(isReady)).toEqual([true]))
    const [status] = (await workload.pods())[0]?.status?.containerStatuses ?? []
    expect(status?.restartCount).toBe(1)
    expect(status?.lastState?.terminated?.exitCode).toBe(1)
  })

  it('a pod that lost its readiness has it back only when it is given', async () => {
    const workload = await Workload.start(kube, 'web:1', { replicas: 1 })
    const name = podName((await workload.pods())[0])

    cluster.makeUnready('default', name)
    await workload.reaches('nothing available', ({ status }) => status?.availableReplicas === undefined)
    cluster.makeReady('default', name)

    await workload.reaches('available', ({ status }) => status?.availableReplicas === 1)
    expect((await workload.pods()).map(podName)).toEqual([name])
  })

  it('a killed pod is replaced', async () => {
    const workload = await Workload.start(kube, 'web:1', { replicas: 2 })
    const name = podName((await workload.pods())[0])

    cluster.killPod('default', name)

    await eventuallyHolds('two other pods', async () => {
      const names = (await workload.pods()).map(podName)
      expect(names).toHaveLength(2)
      expect(names).not.toContain(name)
    })
  })

  it('on a full cluster a pod waits until another one leaves', async () => {
    await restart({ nodes: 1, podsPerNode: 2 })
    const workload = await Workload.start(kube, 'web:1', { replicas: 2 })

    await workload.patch({ op: 'replace', path: '/spec/replicas', value: 3 })
    const waiting = await eventually('an unschedulable pod', async () =>
      (await workload.pods()).find(({ status }) =>
        status?.conditions?.some(({ reason }) => reason === 'Unschedulable'),
      ),
    )
    await workload.patch({ op: 'replace', path: '/spec/replicas', value: 2 })

    await eventuallyHolds('only pods that run', async () => {
      const names = (await workload.pods()).map(podName)
      expect(names).toHaveLength(2)
      expect(names).not.toContain(podName(waiting))
    })
  })

  it.for<[tag: string, reason: string, ready: boolean]>([
    ['1-oom', 'OOMKilled', true],
    ['1-flap', '', false],
  ])('an image tagged %s becomes Ready first', async ([tag, reason, readyAtLast]) => {
    const workload = new Workload(kube, 'web')
    cluster.seed([deployment('web', `web:${tag}@sha256:${'0'.repeat(64)}`, 1)])
    const states: boolean[] = []
    const unsubscribe = cluster.onChange(({ resource, object }) => {
      const ready = resource === 'pods' && isReady(object as unknown as V1Pod)
      if (resource === 'pods' && states.at(-1) !== ready) states.push(ready)
    })

    await eventuallyHolds('the end of it', async () => {
      expect(states).toEqual(readyAtLast ? [false, true, false, true] : [false, true, false])
    })
    unsubscribe()

    const [status] = (await workload.pods())[0]?.status?.containerStatuses ?? []
    expect(status?.lastState?.terminated?.reason ?? '').toBe(reason)
  })

  it('frozen controllers do nothing, and all of it later', async () => {
    const workload = await Workload.start(kube, 'web:1', { replicas: 1 })

    cluster.freezeControllers()
    await workload.patch({ op: 'replace', path: '/spec/replicas', value: 2 })
    await workload.staysQuiet(100)
    expect((await workload.get()).status?.observedGeneration).toBe(1)
    cluster.thawControllers()

    await workload.reaches('two pods', ({ status }) => status?.availableReplicas === 2)
  })

  it('a slow ReplicaSet controller overshoots when a rest is left in one patch, as a busy real one does', async () => {
    const workload = await Workload.start(kube, 'web:1')
    const original = await workload.get()
    await workload.startMove('web:2', 0, 3)
    await workload.restsAt('web:2', { old: 7, new: 3 })
    await workload.restQuietly(3, original)
    await workload.restsAt('web:2', { old: 7, new: 3 })

    cluster.setControllerLag({ replicaSet: 100 })
    await workload.patch({ op: 'replace', path: '/spec/paused', value: false }, ...timings(holdTimings), strategy(2, 3))

    await eventuallyHolds('more new pods than 5', async () => {
      expect((await workload.counts('web:2')).new).toBeGreaterThan(5)
    })
  })
})

describe('size', () => {
  it('1,000 Deployments of ten pods come up in seconds, and one of them still rolls over', async () => {
    cluster.seed(Array.from({ length: 1000 }, (_, index) => deployment(`web-${index}`, 'web:1', 10)))
    // Asking the API for all of it again and again would take longer than the cluster does.
    await eventuallyHolds('all available', async () => {
      const available = cluster.store.list('deployments').filter(({ status }) => status.availableReplicas === 10)
      expect(available).toHaveLength(1000)
    })

    const workload = new Workload(kube, 'web-500')
    await workload.patch({ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'web:2' })

    const done = await workload.reaches(
      'done',
      (seen) => conditionOf(seen, 'Progressing')?.reason === 'NewReplicaSetAvailable',
    )
    expect(done.status?.updatedReplicas).toBe(10)
  }, 60_000)
})

function deployment(name: string, image: string, replicas: number) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } },
    },
  }
}
