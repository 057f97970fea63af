import { KubeConfig } from '@kubernetes/client-node'
import { RollcallError } from '../upgrade/error.ts'
import { type Api, connect } from './api.ts'
import { type NamespaceWatch, watchNamespace } from './watch.ts'

/** One cluster, by what the configuration calls it. Nothing is sent before somebody asks for something. */
export type Cluster = {
  name: string
  api: Api
  /** The namespace that the kubeconfig's context names, else `default`. */
  defaultNamespace: string
  /** UID of the namespace kube-system: which cluster it is, whatever it is called. Asked once. */
  uid(): Promise<string>
  /** The watches of one namespace, shared by everybody and started on first use. */
  watch(namespace: string): NamespaceWatch
}

export type Clusters = {
  /** @throws RollcallError CONTEXT_NOT_FOUND */
  get(name: string): Cluster
  /** Names of the contexts in the kubeconfig. */
  contextNames(): string[]
  /** Calls the listener for every change of a Deployment, its ReplicaSets or pods in any watched namespace. */
  subscribe(listener: (where: { cluster: string; namespace: string; name: string }) => void): () => void
  /** The watches that run, and what stands in the way of those that do not. */
  watches(): { cluster: string; namespace: string; synced: boolean; error?: string }[]
  close(): void
}

/**
 * @param kubeConfig read on first use, so that a process without clusters needs none
 * @param configured what `rollcall.yaml` says now: contexts by cluster; none means the current context
 */
export function openClusters(
  kubeConfig: () => KubeConfig,
  configured: () => Record<string, { context?: string | undefined }>,
): Clusters {
  const open = new Map<string, { context: string; cluster: Cluster; watches: Map<string, NamespaceWatch> }>()
  const listeners = new Set<(where: { cluster: string; namespace: string; name: string }) => void>()
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

  function build(name: string, context: string) {
    const own = new KubeConfig()
    own.loadFromOptions({ ...config(), currentContext: context })
    const api = connect(name, own)
    const watches = new Map<string, NamespaceWatch>()
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
      watch: (namespace) => {
        const running = watches.get(namespace)
        if (running) return running
        const started = watchNamespace(api, namespace)
        started.subscribe((deployment) => {
          for (const listener of listeners) listener({ cluster: name, namespace, name: deployment })
        })
        watches.set(namespace, started)
        return started
      },
    }
    return { context, cluster, watches }
  }

  function shut({ cluster, watches }: { cluster: Cluster; watches: Map<string, NamespaceWatch> }) {
    for (const watch of watches.values()) watch.close()
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
        [...watches].map(([namespace, watch]) => ({ cluster: cluster.name, namespace, ...watch.health() })),
      ),
    close: () => {
      for (const one of open.values()) shut(one)
      open.clear()
    },
  }
}
