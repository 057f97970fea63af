import { isDeepStrictEqual } from 'node:util'
import { RollcallError } from '../upgrade/error.ts'
import type { Api } from './api.ts'
import { reflect } from './reflector.ts'
import {
  type Deployment,
  type DeploymentView,
  type Pod,
  type PodView,
  type ReplicaSet,
  type ReplicaSetView,
  type Snapshot,
  viewDeployment,
  viewPod,
  viewReplicaSet,
} from './workload.ts'

/** Deployments, ReplicaSets and their pods in one namespace, kept by three watches. */
export type NamespaceWatch = {
  /**
   * Resolves once all three have been listed.
   * @throws RollcallError CLUSTER_FORBIDDEN, CLUSTER_UNAVAILABLE, after `timeoutMs`
   */
  whenSynced(timeoutMs?: number): Promise<void>
  /** `undefined` when there is no such Deployment, or while nothing is synced. */
  snapshot(name: string): Snapshot | undefined
  /** Hears the Deployment's name when a snapshot of it shows something new; most changes of its objects do not. */
  subscribe(listener: (deployment: string) => void): () => void
  health(): { synced: boolean; error?: string }
  close(): void
}

export function watchNamespace(api: Api, namespace: string): NamespaceWatch {
  const deployments = new Map<string, DeploymentView>()
  const names = new Map<string, string>()
  const replicaSets = new Children<ReplicaSetView>()
  const pods = new Children<PodView>()
  const listeners = new Set<(deployment: string) => void>()
  const waiting = new Set<() => void>()

  function tell(name: string | undefined) {
    if (name !== undefined) for (const listener of listeners) listener(name)
  }
  const nameOfOwner = (set: ReplicaSetView | undefined) => set && names.get(set.owner)
  const nameOfPod = (pod: PodView | undefined) => pod && nameOfOwner(replicaSets.get(pod.owner))

  function keepDeployment(item: Deployment) {
    const { name } = item.metadata
    const view = viewDeployment(item, deployments.get(name))
    deployments.set(name, view)
    names.set(view.uid, name)
    return name
  }

  function forget(name: string) {
    names.delete(deployments.get(name)?.uid ?? '')
    deployments.delete(name)
  }

  const parts = [
    reflect<Deployment>({
      api,
      path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
      replace: (items) => {
        const gone = new Set(deployments.keys())
        for (const item of items) gone.delete(keepDeployment(item))
        for (const name of gone) forget(name)
        afterList([...deployments.keys(), ...gone])
      },
      apply: (item, deleted) => {
        const before = deployments.get(item.metadata.name)
        const name = keepDeployment(item)
        const same = isDeepStrictEqual(deployments.get(name), before)
        if (deleted) forget(name)
        if (deleted || !same) tell(name)
      },
    }),
    reflect<ReplicaSet>({
      api,
      path: `/apis/apps/v1/namespaces/${namespace}/replicasets`,
      replace: (items) => {
        replicaSets.replace(items.flatMap((item) => viewReplicaSet(item, replicaSets.get(item.metadata.uid)) ?? []))
        afterList([...deployments.keys()])
      },
      apply: (item, deleted) => {
        const before = replicaSets.get(item.metadata.uid)
        const view = viewReplicaSet(item, before)
        const name = nameOfOwner(view)
        if (view) deleted ? replicaSets.delete(view) : replicaSets.set(view)
        if (deleted || !isDeepStrictEqual(view, before)) tell(name)
      },
    }),
    reflect<Pod>({
      api,
      path: `/api/v1/namespaces/${namespace}/pods`,
      // Only pods of Deployments bear this label.
      query: { labelSelector: 'pod-template-hash' },
      replace: (items) => {
        pods.replace(items.flatMap((item) => viewPod(item, pods.get(item.metadata.uid)) ?? []))
        afterList([...deployments.keys()])
      },
      apply: (item, deleted) => {
        const before = pods.get(item.metadata.uid)
        const view = viewPod(item, before)
        if (view) deleted ? pods.delete(view) : pods.set(view)
        if (deleted || !isDeepStrictEqual(view, before)) tell(nameOfPod(view))
      },
    }),
  ]

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
      const deployment = deployments.get(name)
      if (!deployment || !synced()) return undefined
      const sets = replicaSets.of(deployment.uid)
      return { deployment, replicaSets: sets, pods: sets.flatMap(({ uid }) => pods.of(uid)) }
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
      for (const part of parts) part.close()
    },
  }
}

/** Objects by UID, and by the UID of what owns them. */
class Children<T extends { uid: string; owner: string }> {
  readonly #byUid = new Map<string, T>()
  readonly #byOwner = new Map<string, Map<string, T>>()

  get(uid: string): T | undefined {
    return this.#byUid.get(uid)
  }

  of(owner: string): T[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])]
  }

  set(item: T): void {
    this.#byUid.set(item.uid, item)
    const siblings = this.#byOwner.get(item.owner)
    if (siblings) siblings.set(item.uid, item)
    else this.#byOwner.set(item.owner, new Map([[item.uid, item]]))
  }

  delete({ uid, owner }: T): void {
    this.#byUid.delete(uid)
    const siblings = this.#byOwner.get(owner)
    siblings?.delete(uid)
    if (siblings?.size === 0) this.#byOwner.delete(owner)
  }

  replace(items: T[]): void {
    this.#byUid.clear()
    this.#byOwner.clear()
    for (const item of items) this.set(item)
  }
}
