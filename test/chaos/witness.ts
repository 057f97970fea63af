import { setTimeout as delay } from 'node:timers/promises'
import {
  type ApiClient,
  apiClient,
  type Connection,
  type KubernetesObject,
  succeeded,
} from '../control-plane/api-client.ts'

/** What must hold of a service's replicas at every moment. */
export type Rule = {
  replicas: number
  /** All that its ReplicaSets want together. */
  mostWanted: number
  leastReady: number
  /** Pods of an image that people have allowed. */
  allowed(image: string): number
}

/** So many pods of an image were wanted, for the first time. */
export type Rise = { image: string; wanted: number; at: number }

export type Witness = {
  /** From now on the rule holds; the service must be complete. */
  watch(service: string, rule: Rule): void
  rises: readonly Rise[]
  /** Events that were judged. */
  readonly looks: number
  stop(): Promise<void>
}

type Counts = Map<string, number>

/** Sees every change of ReplicaSets and pods, through a connection of its own that nobody cuts, and judges it at once. */
export async function startWitness(options: {
  connection: Connection
  namespace: string
  violated(invariant: string, what: string): void
}): Promise<Witness> {
  const { connection, namespace, violated } = options
  const client = apiClient(connection)
  const stopping = new AbortController()
  const rules = new Map<string, Rule>()
  const replicaSets = new Map<string, KubernetesObject>()
  const pods = new Map<string, KubernetesObject>()
  const most = new Map<string, number>()
  const rises: Rise[] = []
  const told = new Set<string>()
  let looks = 0

  /** One sentence for one wrong, however many events show it. */
  function tell(invariant: string, key: string, what: string): void {
    if (told.has(`${invariant} ${key} ${what}`)) return
    told.add(`${invariant} ${key} ${what}`)
    violated(invariant, what)
  }

  function lookAtReplicaSets(service: string): void {
    const rule = rules.get(service)
    if (!rule) return
    looks++
    const wanted: Counts = new Map()
    for (const set of replicaSets.values()) {
      if (set.metadata.labels?.app !== service) continue
      const image = imageOf(set)
      wanted.set(image, (wanted.get(image) ?? 0) + Number(set.spec?.replicas ?? 0))
    }
    for (const [image, count] of wanted) {
      if (count > (most.get(image) ?? 0)) {
        most.set(image, count)
        rises.push({ image, wanted: count, at: Date.now() })
      }
      const allowed = rule.allowed(image)
      if (count > allowed)
        tell('no pod is new beyond what was approved', service, `${image}: ${count}, approved ${allowed}`)
    }
    const sum = [...wanted.values()].reduce((one, other) => one + other, 0)
    if (sum > rule.mostWanted) {
      tell('never more pods than replicas and surge', service, `${service} wants ${sum}, at most ${rule.mostWanted}`)
    }
  }

  function lookAtPods(service: string): void {
    const rule = rules.get(service)
    if (!rule) return
    looks++
    const mine = [...pods.values()].filter(({ metadata }) => metadata.labels?.app === service)
    const ready = mine.filter((pod) => !pod.metadata.deletionTimestamp && isReady(pod)).length
    if (ready < rule.leastReady) {
      tell('never fewer Ready pods than replicas', service, `${service}: ${ready} Ready, at least ${rule.leastReady}`)
    }
  }

  const sources = [
    { path: `/apis/apps/v1/namespaces/${namespace}/replicasets`, into: replicaSets, look: lookAtReplicaSets },
    { path: `/api/v1/namespaces/${namespace}/pods`, into: pods, look: lookAtPods },
  ]
  const followers = sources.map((source) => ({ listed: Promise.withResolvers<void>(), source }))
  const following = followers.map(({ source, listed }) =>
    follow(client, stopping.signal, { ...source, listed: listed.resolve }),
  )
  await Promise.all(followers.map(({ listed }) => listed.promise))
  return {
    watch(service, rule) {
      rules.set(service, rule)
      lookAtReplicaSets(service)
      lookAtPods(service)
    },
    rises,
    get looks() {
      return looks
    },
    async stop() {
      stopping.abort()
      await Promise.all(following)
      client.close()
    },
  }
}

/** Lists, then watches from there, over and over: the API server may go away at any time. */
async function follow(
  client: ApiClient,
  signal: AbortSignal,
  source: { path: string; into: Map<string, KubernetesObject>; look(service: string): void; listed(): void },
): Promise<void> {
  const { path, into, look } = source
  const serviceOf = ({ metadata }: KubernetesObject) => metadata.labels?.app ?? ''
  while (!signal.aborted) {
    try {
      const list = succeeded(await client.get(path), `list of ${path}`)
      into.clear()
      for (const item of list.items as KubernetesObject[]) into.set(item.metadata.name, item)
      for (const service of new Set([...into.values()].map(serviceOf))) look(service)
      source.listed()
      let version = list.metadata.resourceVersion
      while (version) {
        const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${version}`
        for await (const { type, object } of client.watch<KubernetesObject>(path + query, signal)) {
          version = object.metadata.resourceVersion
          if (type === 'ADDED' || type === 'MODIFIED') into.set(object.metadata.name, object)
          else if (type === 'DELETED') into.delete(object.metadata.name)
          if (type !== 'BOOKMARK' && type !== 'ERROR') look(serviceOf(object))
        }
      }
    } catch {
      await delay(100, undefined, { signal }).catch(() => undefined)
    }
  }
}

type PodTemplate = { spec?: { containers?: { image?: string }[] } }

function imageOf({ spec }: KubernetesObject): string {
  return (spec?.template as PodTemplate | undefined)?.spec?.containers?.[0]?.image ?? ''
}

function isReady({ status }: KubernetesObject): boolean {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[]
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
