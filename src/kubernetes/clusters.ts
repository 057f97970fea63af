import { KubeConfig } from '@kubernetes/client-node'
import { RollcallError } from '../upgrade/error.ts'
import { type Api, connect } from './api.ts'
import { type PodWatch, watchPods } from './pod-watch.ts'
import type { NamespaceWatch, WatchedKind } from './watch.ts'

/** One cluster, by what the configuration calls it. Nothing is sent before somebody asks for something. */
export type Cluster = {
  name: string
  api: Api
  /** The namespace that the kubeconfig's context names, else `default`. */
  defaultNamespace: string
  /** UID of the namespace kube-system: which cluster it is, whatever it is called. Asked once. */
  uid(): Promise<string>
  /**
   * The watches of one kind of workload in one namespace, shared by everybody and started on first use: of a kind that
   * nobody upgrades nothing is watched.
   */
  watch<Snapshot>(namespace: string, kind: WatchedKind<Snapshot>): NamespaceWatch<Snapshot>
}

/** A workload, wherever it is. */
export type Place = { cluster: string; kind: string; namespace: string; name: string }

export type Clusters = {
  /** @throws RollcallError CONTEXT_NOT_FOUND */
  get(name: string): Cluster
  /** Names of the contexts in the kubeconfig. */
  contextNames(): string[]
  /** Calls the listener for every change of a workload, its revisions or pods, wherever its kind is watched. */
  subscribe(listener: (where: Place) => void): () => void
  /** The watches that run, and what stands in the way of those that do not. */
  watches(): { cluster: string; kind: string; namespace: string; synced: boolean; error?: string }[]
  close(): void
}

type Opened = {
  context: string
  cluster: Cluster
  watches: Map<string, { kind: string; namespace: string; watch: NamespaceWatch<unknown> }>
  pods: Map<string, PodWatch>
}

/**
 * @param kubeConfig read on first use, so that a process without clusters needs none
 * @param configured what `rollcall.yaml` says now: contexts by cluster; none means the current context
 */
export function openClusters(
  kubeConfig: () => KubeConfig,
  configured: () => Record<string, { context?: string | undefined }>,
): Clusters {
  const open = new Map<string, Opened>()
  const listeners = new Set<(where: Place) => void>()
  let loaded: KubeConfig | undefined
  const config = () => {
    loaded ??= kubeConfig()
    return loaded
  }

  function contextOf(name: string): string {
    const wanted = configured()[name]
    if (!wanted) {
      throw new RollcallError('CONTEXT_NOT_FOUND', `There is no cluster ${name} in the configuration`, {
        hint: 'Add it below `clusters:`, with the kubeconfig context that leads to it.',
      })
    }
    const context = wanted.context ?? config().getCurrentContext()
    if (config().getContextObject(context)) return context
    const names = contextNames().join(', ') || 'none'
    throw new RollcallError('CONTEXT_NOT_FOUND', `The kubeconfig has no context ${context} (cluster ${name})`, {
      hint: `It has: ${names}.`,
    })
  }

  function contextNames(): string[] {
    return config()
      .getContexts()
      .map(({ name }) => name)
  }

  function build(name: string, context: string): Opened {
    const own = new KubeConfig()
    own.loadFromOptions({ ...config(), currentContext: context })
    const api = connect(name, own)
    const watches: Opened['watches'] = new Map()
    const pods: Opened['pods'] = new Map()
    const podsWith = (namespace: string, label: string): PodWatch => {
      const key = `${namespace} ${label}`
      const running = pods.get(key) ?? watchPods(api, namespace, label)
      pods.set(key, running)
      return running
    }
    let uid: Promise<string> | undefined
    const cluster: Cluster = {
      name,
      api,
      defaultNamespace: own.getContextObject(context)?.namespace ?? 'default',
      uid: () => {
        uid ??= api
          .get<{ metadata: { uid: string } }>('/api/v1/namespaces/kube-system')
          .then(({ metadata }) => metadata.uid)
          .catch((error: unknown) => {
            uid = undefined
            throw error
          })
        return uid
      },
      watch: <Snapshot>(namespace: string, watched: WatchedKind<Snapshot>) => {
        const { kind } = watched
        const key = `${namespace} ${kind}`
        const running = watches.get(key)
        // A kind's snapshots are what the kind makes them.
        if (running) return running.watch as NamespaceWatch<Snapshot>
        const watch = watched.watch({ api, namespace, pods: (label) => podsWith(namespace, label) })
        watch.subscribe((workload) => {
          for (const listener of listeners) listener({ cluster: name, kind, namespace, name: workload })
        })
        watches.set(key, { kind, namespace, watch })
        return watch
      },
    }
    return { context, cluster, watches, pods }
  }

  function shut({ cluster, watches, pods }: Opened) {
    for (const { watch } of watches.values()) watch.close()
    for (const watch of pods.values()) watch.close()
    cluster.api.close()
  }

  return {
    get: (name) => {
      const context = contextOf(name)
      const known = open.get(name)
      if (known?.context === context) return known.cluster
      if (known) shut(known)
      const built = build(name, context)
      open.set(name, built)
      return built.cluster
    },
    contextNames,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    watches: () =>
      [...open.values()].flatMap(({ cluster, watches }) =>
        [...watches.values()].map(({ kind, namespace, watch }) => ({
          cluster: cluster.name,
          kind,
          namespace,
          ...watch.health(),
        })),
      ),
    close: () => {
      for (const one of open.values()) shut(one)
      open.clear()
    },
  }
}
