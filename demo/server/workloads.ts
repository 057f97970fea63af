import type { FakeCluster, KubeObject } from '../../test/fakes/cluster/cluster.ts'
import type { Deployment, Fields, Pod, PodState, ReplicaSet } from './protocol.ts'

type Template = { spec: { containers: { image: string }[] } }

type DeploymentSpec = {
  replicas?: number
  paused?: boolean
  minReadySeconds?: number
  progressDeadlineSeconds?: number
  strategy?: { rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
  template: Template
}

type ContainerStatus = {
  restartCount: number
  state?: Record<string, { reason?: unknown }>
}

type PodStatus = {
  phase?: string
  conditions?: { type: string; status: string }[]
  containerStatuses?: ContainerStatus[]
}

/**
 * Every Deployment of some namespaces with its ReplicaSets and pods, as the page shows them. It remembers how each
 * Deployment's own fields were when it was first seen, so that the page can mark what Rollcall has changed.
 */
export function createWorkloadsView({ store }: FakeCluster, namespaces: Record<string, string>) {
  const originals = new Map<string, Fields>()
  /** UIDs of ReplicaSets in the order in which they appeared: on the way back the old one gets the highest revision. */
  const appeared = new Set<string>()

  return (): Deployment[] =>
    Object.entries(namespaces).flatMap(([environment, namespace]) => {
      const replicaSets = store.list('replicasets', namespace)
      const pods = store.list('pods', namespace)
      return store.list('deployments', namespace).map((deployment) => {
        const { uid, name, annotations = {} } = deployment.metadata
        const spec = deployment.spec as DeploymentSpec
        const fields = fieldsOf(spec)
        const original = originals.get(uid) ?? fields
        originals.set(uid, original)
        const owned = replicaSets.filter((one) => isOwnedBy(one, uid)).sort(byRevision)
        for (const one of owned) appeared.add(one.metadata.uid)
        const order = [...appeared]
        const newestFirst = owned.sort((a, b) => order.indexOf(b.metadata.uid) - order.indexOf(a.metadata.uid))
        const mark = annotations['rollcall.dev/upgrade']
        const changeCause = annotations['kubernetes.io/change-cause']
        return {
          namespace,
          name,
          environment,
          replicas: spec.replicas ?? 1,
          image: imageOf(spec.template),
          fields,
          original,
          ...(mark && { mark }),
          ...(changeCause && { changeCause }),
          replicaSets: newestFirst.map(replicaSetOf),
          pods: owned.flatMap((set) => pods.filter((pod) => isOwnedBy(pod, set.metadata.uid)).map(podOf)),
        }
      })
    })
}

function fieldsOf({ paused, minReadySeconds, progressDeadlineSeconds, strategy }: DeploymentSpec): Fields {
  return {
    paused: paused ?? false,
    maxSurge: String(strategy?.rollingUpdate?.maxSurge ?? '–'),
    maxUnavailable: String(strategy?.rollingUpdate?.maxUnavailable ?? '–'),
    minReadySeconds: minReadySeconds ?? 0,
    progressDeadlineSeconds: progressDeadlineSeconds ?? 600,
  }
}

function replicaSetOf(set: KubeObject, index: number): ReplicaSet {
  const { replicas = 0, template } = set.spec as { replicas?: number; template: Template }
  const { readyReplicas = 0 } = (set.status ?? {}) as { readyReplicas?: number }
  return {
    name: set.metadata.name,
    revision: hashOf(set),
    image: imageOf(template),
    wanted: replicas,
    ready: readyReplicas,
    newest: index === 0,
  }
}

function podOf(pod: KubeObject): Pod {
  const status = (pod.status ?? {}) as PodStatus
  const container = status.containerStatuses?.[0]
  const waiting = container?.state?.waiting?.reason
  const ended = container?.state?.terminated?.reason
  const isReady = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false
  const failure = [waiting, ended].find((reason) => typeof reason === 'string' && reason !== 'ContainerCreating')
  const state: PodState = pod.metadata.deletionTimestamp
    ? 'terminating'
    : isReady
      ? 'ready'
      : failure
        ? 'failing'
        : 'starting'
  const reasons: Record<PodState, string> = {
    terminating: 'Terminating',
    ready: 'Ready',
    failing: String(failure),
    starting: status.phase === 'Pending' ? 'Pending' : 'Not ready yet',
  }
  return {
    name: pod.metadata.name,
    revision: hashOf(pod),
    state,
    reason: reasons[state],
    restarts: container?.restartCount ?? 0,
  }
}

function isOwnedBy(object: KubeObject, uid: string): boolean {
  return object.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false
}

function hashOf(object: KubeObject): string {
  return object.metadata.labels?.['pod-template-hash'] ?? ''
}

function byRevision(one: KubeObject, other: KubeObject): number {
  const revision = ({ metadata }: KubeObject) =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
  return revision(one) - revision(other)
}

function imageOf(template: Template): string {
  return template.spec.containers[0]?.image ?? ''
}
