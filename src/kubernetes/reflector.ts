import { setTimeout as delay } from 'node:timers/promises'
import { type Api, ApiError, type Query } from './api.ts'
import type { Metadata } from './workload.ts'

type Item = { metadata: Metadata }
type List<T> = { metadata: { resourceVersion: string }; items: T[] }
type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T }
  | { type: 'ERROR'; object: { code?: number; reason?: string; message?: string } }

export type Reflector = {
  synced: boolean
  /** Why the last attempt failed; absent while the watch runs. */
  error?: unknown
  close(): void
}

const backOffMs = { least: 200, most: 10_000 }

/**
 * Keeps a copy of one resource by list and watch (https://kubernetes.io/docs/reference/using-api/api-concepts/), until
 * closed. The informer of @kubernetes/client-node is not used: it ends for good on any error but a time-out, keeps
 * whole objects, and an expired resource version leaves it with an error that it does not hand on.
 *
 * @param options.apply hears of one object; `deleted` when it is gone
 * @param options.replace hears the whole list, at first and after a gap in the watch
 * @param options.watchSeconds the server ends a watch after this time, so one that is silent for much longer is dead
 */
export function reflect<T extends Item>(options: {
  api: Api
  path: string
  query?: Query
  replace(items: T[]): void
  apply(item: T, deleted: boolean): void
  watchSeconds?: number
}): Reflector {
  const { api, path, query = {}, replace, apply, watchSeconds = 30 } = options
  const closing = new AbortController()
  const reflector: Reflector = { synced: false, close: () => closing.abort() }
  let version: string | undefined
  let failures = 0

  async function list(): Promise<string> {
    // At first from the API server's own cache, as every informer does it; later that could lead back in time.
    const { metadata, items } = await api.get<List<T>>(
      path,
      reflector.synced ? query : { ...query, resourceVersion: 0 },
    )
    replace(items)
    reflector.synced = true
    return metadata.resourceVersion
  }

  async function watch(from: string): Promise<void> {
    const patience = AbortSignal.any([closing.signal, AbortSignal.timeout(watchSeconds * 1000 * 1.3)])
    const parameters = { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: watchSeconds }
    version = from
    for await (const event of api.watch<WatchEvent<T>>(path, { ...parameters, resourceVersion: from }, patience)) {
      if (event.type === 'ERROR') {
        const { code = 0, reason = '', message = 'watch failed' } = event.object
        throw new ApiError(code, reason, message)
      }
      version = event.object.metadata.resourceVersion
      if (event.type !== 'BOOKMARK') apply(event.object, event.type === 'DELETED')
      settled()
    }
  }

  function settled() {
    failures = 0
    delete reflector.error
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const from: string = version ?? (await list())
        settled()
        await watch(from)
      } catch (error) {
        if (closing.signal.aborted) return
        // 410 Gone: what happened since is forgotten, only the whole list helps.
        if (error instanceof ApiError && (error.status === 410 || error.reason === 'Expired')) version = undefined
        reflector.error = error
        const wait = Math.min(backOffMs.least * 2 ** failures++, backOffMs.most)
        await delay(wait, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  void run()
  return reflector
}
