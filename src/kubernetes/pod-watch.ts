import { isDeepStrictEqual } from 'node:util'
import type { Api } from './api.ts'
import { ByOwner } from './by-owner.ts'
import { type Pod, type PodView, viewPod } from './pod.ts'
import { reflect } from './reflector.ts'

/** The pods of one namespace that bear a label, kept by one watch for all kinds of workloads that need them. */
export type PodWatch = {
  readonly synced: boolean
  readonly error: unknown
  /** Those that this controls. */
  of(owner: string): PodView[]
  /** `changed` hears of each pod that shows something new, `listed` that there is a whole new list. */
  subscribe(listener: { changed(pod: PodView): void; listed(): void }): () => void
  close(): void
}

export function watchPods(api: Api, namespace: string, label: string): PodWatch {
  const pods = new ByOwner<PodView>()
  const listeners = new Set<Parameters<PodWatch['subscribe']>[0]>()
  const reflector = reflect<Pod>({
    api,
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: { labelSelector: label },
    replace: (items) => {
      pods.replace(items.flatMap((item) => viewPod(item, pods.get(item.metadata.uid)) ?? []))
      for (const { listed } of listeners) listed()
    },
    apply: (item, deleted) => {
      const before = pods.get(item.metadata.uid)
      const view = viewPod(item, before)
      if (!view) return
      deleted ? pods.delete(view) : pods.set(view)
      if (!deleted && isDeepStrictEqual(view, before)) return
      for (const { changed } of listeners) changed(view)
    },
  })
  return {
    get synced() {
      return reflector.synced
    },
    get error() {
      return reflector.error
    },
    of: (owner) => pods.of(owner),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => reflector.close(),
  }
}
