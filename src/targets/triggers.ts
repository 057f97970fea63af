import type { Clusters, Place } from '../kubernetes/clusters.ts'
import { kinds } from './index.ts'
import type { Kind, Trace } from './workload/kind.ts'
import { stampOf } from './workload/marks.ts'
import type { Ref } from './workload/requests.ts'

export type Workload = Ref & { cluster: string }

export type TargetListener = {
  /** The target of this upgrade has changed. */
  changed(upgrade: string): void
  /** Somebody asks a workload without a mark to stop; false when there is no upgrade that this can be meant for. */
  stopAsked(where: Workload): Promise<boolean>
  failed(error: unknown): void
}

/**
 * Says whose target has changed. Workloads say themselves whose they are; one that is gone, or whose revisions alone are
 * still marked after the last patch, is known by what it said last.
 */
export function watchTargets(clusters: Clusters, listener: TargetListener): () => void {
  const last = new Map<string, string>()
  return clusters.subscribe((where) => {
    const kind = kinds.find((one) => one.kind === where.kind)
    if (!kind) return
    const { cluster, namespace, name } = where
    const place = `${cluster}/${kind.kind}/${namespace}/${name}`
    const trace = kind.trace(clusters, where)
    const live = stampOf(trace?.mark)?.id
    if (trace && !live) unmarked(kind, where, trace).catch(listener.failed)
    const known = live ?? last.get(place)
    if (known === undefined) return
    listener.changed(known)
    if (trace && !live && !trace.copied) last.delete(place)
    else last.set(place, known)
  })

  async function unmarked(kind: Kind, where: Place, { stop }: Trace): Promise<void> {
    if (!stop) return kind.stripStop(clusters, where)
    const ref = { ...where, kind: kind.kind }
    if (!(await listener.stopAsked(ref))) await kind.dismissStop(clusters.get(where.cluster).api, ref)
  }
}
