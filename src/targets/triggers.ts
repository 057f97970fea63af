import type { Clusters } from '../kubernetes/clusters.ts'
import { upgradeMark } from './deployment/patch.ts'

/**
 * Calls the listener with the ID of the upgrade whose target has changed. Workloads say themselves whose they are; one
 * that is gone, or whose ReplicaSets alone are still marked after the last patch, is known by what it said last.
 */
export function watchTargets(clusters: Clusters, listener: (upgrade: string) => void): () => void {
  const last = new Map<string, string>()
  return clusters.subscribe(({ cluster, namespace, name }) => {
    const place = `${cluster}/${namespace}/${name}`
    const snapshot = clusters.get(cluster).watch(namespace).snapshot(name)
    const live = snapshot?.deployment.annotations?.[upgradeMark]?.split('@')[0]
    const known = live ?? last.get(place)
    if (known === undefined) return
    listener(known)
    const ended = snapshot && !live && snapshot.replicaSets.every(({ marks }) => marks.length === 0)
    if (ended) last.delete(place)
    else last.set(place, known)
  })
}
