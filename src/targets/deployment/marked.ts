import type { Mark, Marked } from '../../engine/ports.ts'
import type { Api } from '../../kubernetes/api.ts'
import type { Cluster } from '../../kubernetes/clusters.ts'
import { changeCause, type Deployment, type ReplicaSet, type Snapshot } from '../../kubernetes/workload.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { Request, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { type OriginalsRecord, readRecord } from './originals.ts'
import { upgradeMark } from './patch.ts'
import { appsPath, freshSnapshot, getDeployment, type Ref } from './requests.ts'
import { stampOf } from './situation.ts'

/** The mark that a snapshot's Deployment bears. */
export function markOf(snapshot: Snapshot | undefined): Mark | undefined {
  return stampOf(snapshot?.deployment.annotations?.[upgradeMark])
}

/** What an upgrade can be taken over by; `undefined` where the workload bears no mark. */
export async function lookForMark(cluster: Cluster, ref: TargetRef): Promise<Marked | undefined> {
  const { api } = cluster
  const live = await getDeployment(api, ref)
  const mark = stampOf(live?.metadata.annotations?.[upgradeMark])
  const snapshot = mark && (await freshSnapshot(api, ref))
  if (!live || !mark || snapshot?.deployment.uid !== live.metadata.uid) return undefined
  const { uid } = live.metadata
  const record = await readRecord(api, ref.namespace, ref.name, uid)
  const replicas = snapshot.pods.filter((pod) => !pod.deleting)
  const upgraded = snapshot.replicaSets.find((set) => set.templateHash === record?.originals.upgradedHash)
  return {
    mark,
    clusterUid: await cluster.uid(),
    uid,
    found: {
      updated: upgraded?.replicas ?? 0,
      ready: replicas.filter((pod) => pod.ready).length,
      total: snapshot.deployment.replicas,
    },
    seen: await upgradesSeen(api, ref, live),
    ...(record?.upgrade === mark.id && readable(record)),
  }
}

/** A record lies where others can write too: what is not as it should be is as good as gone. */
function readable({ facts, strategy, request }: OriginalsRecord): Pick<Marked, 'record'> {
  const known = WorkloadFacts.safeParse(facts)
  const asked = Request.safeParse(request)
  if (!known.success) return {}
  return { record: { facts: known.data, strategy, ...(asked.success && { request: asked.data }) } }
}

/**
 * IDs of all upgrades that have left a trace on a Deployment: its mark, the record of its originals, and the change
 * cause that `kubectl rollout history` shows for each of its revisions.
 */
export async function upgradesSeen(api: Api, ref: Ref, live: Deployment): Promise<string[]> {
  const labelSelector = Object.entries(live.spec.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const [record, sets] = await Promise.all([
    readRecord(api, ref.namespace, ref.name, live.metadata.uid),
    api.get<{ items: ReplicaSet[] }>(`${appsPath(ref)}/replicasets`, { labelSelector }),
  ])
  const annotated = [live, ...sets.items].flatMap(({ metadata: { annotations = {} } }) => [
    stampOf(annotations[upgradeMark])?.id,
    /^Rollcall (\S+): /.exec(annotations[changeCause] ?? '')?.[1],
  ])
  return [...new Set([record?.upgrade, ...annotated].filter((id) => id !== undefined))]
}
