import type { Mark, Marked } from '../../engine/ports.ts'
import type { Api } from '../../kubernetes/api.ts'
import type { Cluster } from '../../kubernetes/clusters.ts'
import { changeCause, type Workload, type WorkloadView } from '../../kubernetes/workload.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { Request, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { stampOf, upgradeMark } from './marks.ts'
import type { AnySnapshot, Mechanics } from './mechanics.ts'
import { type OriginalsRecord, readRecord } from './record.ts'
import { appsPath, getWorkload, labelsOf, type Ref } from './requests.ts'
import type { Originals } from './situation.ts'

/** The mark that a workload bears. */
export function markOf(workload: WorkloadView | undefined): Mark | undefined {
  return stampOf(workload?.annotations?.[upgradeMark])
}

/** What an upgrade can be taken over by; `undefined` where the workload bears no mark. */
export async function lookForMark<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  cluster: Cluster,
  ref: TargetRef,
): Promise<Marked | undefined> {
  const { api } = cluster
  const live = await getWorkload(api, ref)
  const mark = stampOf(live?.metadata.annotations?.[upgradeMark])
  const snapshot = mark && (await mechanics.look(api, ref))?.snapshot
  if (!live || !snapshot) return undefined
  const { workload, pods } = mechanics.parts(snapshot)
  const { uid } = live.metadata
  if (workload.uid !== uid) return undefined
  const record = await readRecord(api, ref, uid)
  return {
    mark,
    clusterUid: await cluster.uid(),
    uid,
    found: {
      updated: mechanics.replicasOn(snapshot, record?.originals.upgradedHash),
      ready: pods.filter((pod) => pod.ready && !pod.deleting).length,
      total: workload.replicas,
    },
    seen: await upgradesSeen(api, ref, live, mechanics.revisions),
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
 * IDs of all upgrades that have left a trace on a workload: its mark, the record of its originals, and the change cause
 * that `kubectl rollout history` shows for each of its revisions.
 *
 * @param revisions plural of the kind of object that its controller keeps them in
 */
export async function upgradesSeen(api: Api, ref: Ref, live: Workload, revisions: string): Promise<string[]> {
  const [record, kept] = await Promise.all([
    readRecord(api, ref, live.metadata.uid),
    api.get<{ items: Pick<Workload, 'metadata'>[] }>(`${appsPath(ref)}/${revisions}`, labelsOf(live)),
  ])
  const annotated = [live, ...kept.items].flatMap(({ metadata: { annotations = {} } }) => [
    stampOf(annotations[upgradeMark])?.id,
    /^Rollcall (\S+): /.exec(annotations[changeCause] ?? '')?.[1],
  ])
  return [...new Set([record?.upgrade, ...annotated].filter((id) => id !== undefined))]
}
