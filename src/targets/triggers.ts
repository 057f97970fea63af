import type { Clusters } from '../kubernetes/clusters.ts'
import type { Snapshot } from '../kubernetes/workload.ts'
import { upgradeMark } from './deployment/patch.ts'
import { stopMark } from './deployment/stop-marks.ts'
import { dismissStop, stripStop } from './deployment/stop-removal.ts'

export type Place = { cluster: string; namespace: string; name: string }

export type TargetListener = {
  /** The target of this upgrade has changed. */
  changed(upgrade: string): void
  /** Somebody asks a workload without a mark to stop; false when there is no upgrade that this can be meant for. */
  stopAsked(where: Place): Promise<boolean>
  failed(error: unknown): void
}

/**
 * Says whose target has changed. Workloads say themselves whose they are; one that is gone, or whose ReplicaSets alone
 * are still marked after the last patch, is known by what it said last.
 */
export function watchTargets(clusters: Clusters, listener: TargetListener): () => void {
  const last = new Map<string, string>()
  return clusters.subscribe((where) => {
    const { cluster, namespace, name } = where
    const place = `${cluster}/${namespace}/${name}`
    const snapshot = clusters.get(cluster).watch(namespace).snapshot(name)
    const live = snapshot?.deployment.annotations?.[upgradeMark]?.split('@')[0]
    if (snapshot && !live) unmarked(where, snapshot).catch(listener.failed)
    const known = live ?? last.get(place)
    if (known === undefined) return
    listener.changed(known)
    const ended = snapshot && !live && snapshot.replicaSets.every(({ marks }) => marks.length === 0)
    if (ended) last.delete(place)
    else last.set(place, known)
  })

  async function unmarked(where: Place, snapshot: Snapshot): Promise<void> {
    const { api } = clusters.get(where.cluster)
    if (snapshot.deployment.annotations?.[stopMark] === undefined) return stripStop(api, where, snapshot)
    if (!(await listener.stopAsked(where))) await dismissStop(api, where)
  }
}
