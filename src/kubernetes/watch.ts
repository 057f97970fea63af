import { isDeepStrictEqual } from 'node:util'
import { RollcallError } from '../upgrade/error.ts'
import type { Api } from './api.ts'
import { ByOwner } from './by-owner.ts'
import type { PodView } from './pod.ts'
import type { PodWatch } from './pod-watch.ts'
import { reflect } from './reflector.ts'
import type { Metadata, RevisionView, WorkloadView } from './workload.ts'

/** The workloads of one kind in one namespace, with their revisions and pods. */
export type NamespaceWatch<Snapshot> = {
  /**
   * Resolves once all three have been listed.
   * @throws RollcallError CLUSTER_FORBIDDEN, CLUSTER_UNAVAILABLE, after `timeoutMs`
   */
  whenSynced(timeoutMs?: number): Promise<void>
  /** `undefined` when there is no such workload, or while nothing is synced. */
  snapshot(name: string): Snapshot | undefined
  /** Hears the workload's name when a snapshot of it shows something new; most changes of its objects do not. */
  subscribe(listener: (workload: string) => void): () => void
  health(): { synced: boolean; error?: string }
  close(): void
}

/** Where a kind is watched; `pods` starts the watch of those with a label, or shares the one that runs. */
export type Ground = { api: Api; namespace: string; pods(label: string): PodWatch }

/** A kind of workload, as far as watching it goes. */
export type WatchedKind<Snapshot> = { kind: string; watch(ground: Ground): NamespaceWatch<Snapshot> }

type Item = { metadata: Metadata }

/** What a kind's objects are called in the group `apps`, and what is kept of them. */
type Shape<Live extends Item, View, LiveRevision extends Item, Revision, Snapshot> = {
  kind: string
  /** Plural, as in the API's paths. */
  workloads: string
  revisions: string
  /** Only pods of this kind of workload, or of its like, bear this label. */
  podLabel: string
  viewWorkload(live: Live, previous?: View): View
  /** @returns undefined for one that no workload of this kind controls */
  viewRevision(live: LiveRevision, previous?: Revision): Revision | undefined
  snapshot(workload: View, revisions: Revision[], pods: PodView[]): Snapshot
}

export function watchedKind<
  Live extends Item,
  View extends WorkloadView,
  LiveRevision extends Item,
  Revision extends RevisionView,
  Snapshot,
>(shape: Shape<Live, View, LiveRevision, Revision, Snapshot>): WatchedKind<Snapshot> {
  return { kind: shape.kind, watch: (ground) => watchKind(shape, ground) }
}

function watchKind<
  Live extends Item,
  View extends WorkloadView,
  LiveRevision extends Item,
  Revision extends RevisionView,
  Snapshot,
>(
  shape: Shape<Live, View, LiveRevision, Revision, Snapshot>,
  { api, namespace, pods: podsWith }: Ground,
): NamespaceWatch<Snapshot> {
  const workloads = new Map<string, View>()
  const names = new Map<string, string>()
  const revisions = new ByOwner<Revision>()
  const pods = podsWith(shape.podLabel)
  const listeners = new Set<(workload: string) => void>()
  const waiting = new Set<() => void>()

  function tell(name: string | undefined) {
    if (name !== undefined) for (const listener of listeners) listener(name)
  }
  const nameOfOwner = (revision: Revision | undefined) => revision && names.get(revision.owner)

  function keep(item: Live) {
    const { name } = item.metadata
    const view = shape.viewWorkload(item, workloads.get(name))
    workloads.set(name, view)
    names.set(view.uid, name)
    return name
  }

  function forget(name: string) {
    names.delete(workloads.get(name)?.uid ?? '')
    workloads.delete(name)
  }

  const path = `/apis/apps/v1/namespaces/${namespace}`
  const own = [
    reflect<Live>({
      api,
      path: `${path}/${shape.workloads}`,
      replace: (items) => {
        const gone = new Set(workloads.keys())
        for (const item of items) gone.delete(keep(item))
        for (const name of gone) forget(name)
        afterList([...workloads.keys(), ...gone])
      },
      apply: (item, deleted) => {
        const before = workloads.get(item.metadata.name)
        const name = keep(item)
        const same = isDeepStrictEqual(workloads.get(name), before)
        if (deleted) forget(name)
        if (deleted || !same) tell(name)
      },
    }),
    reflect<LiveRevision>({
      api,
      path: `${path}/${shape.revisions}`,
      replace: (items) => {
        const views = items.flatMap((item) => shape.viewRevision(item, revisions.get(item.metadata.uid)) ?? [])
        revisions.replace(views)
        afterList([...workloads.keys()])
      },
      apply: (item, deleted) => {
        const before = revisions.get(item.metadata.uid)
        const view = shape.viewRevision(item, before)
        const name = nameOfOwner(view)
        if (view) deleted ? revisions.delete(view) : revisions.set(view)
        if (deleted || !isDeepStrictEqual(view, before)) tell(name)
      },
    }),
  ]
  const unsubscribe = pods.subscribe({
    changed: ({ owner }) => tell(names.get(owner) ?? nameOfOwner(revisions.get(owner))),
    listed: () => afterList([...workloads.keys()]),
  })

  const parts = [...own, pods]
  const synced = () => parts.every((part) => part.synced)

  function afterList(changed: string[]) {
    // The reflector calls itself synced only after this.
    queueMicrotask(() => {
      if (!synced()) return
      for (const done of waiting) done()
      waiting.clear()
      for (const name of changed) tell(name)
    })
  }

  const failure = () => parts.map((part) => part.error).find(Boolean)

  function outOfSight(): RollcallError {
    const cause = failure()
    if (cause instanceof RollcallError) return cause
    return new RollcallError('CLUSTER_UNAVAILABLE', `Nothing is known of namespace ${namespace} yet`, {
      hint: 'Check that the API server runs and can be reached from here.',
      retryable: true,
      cause,
    })
  }

  return {
    whenSynced: async (timeoutMs = 10_000) => {
      if (synced()) return
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(done)
          reject(outOfSight())
        }, timeoutMs)
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        waiting.add(done)
      })
    },
    snapshot: (name) => {
      const workload = workloads.get(name)
      if (!workload || !synced()) return undefined
      const theirs = revisions.of(workload.uid)
      const owners = [workload.uid, ...theirs.map(({ uid }) => uid)]
      return shape.snapshot(
        workload,
        theirs,
        owners.flatMap((owner) => pods.of(owner)),
      )
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    health: () => {
      const error = failure()
      return { synced: synced(), ...(error instanceof Error && { error: error.message }) }
    },
    close: () => {
      unsubscribe()
      for (const part of own) part.close()
    },
  }
}
