import type { ServerResponse } from 'node:http'
import { badRequest, expired } from './api-error.ts'
import type { KubeObject } from './objects.ts'
import { apiVersionOf, type Resource } from './resources.ts'
import { type Change, jsonOf, type Store } from './store.ts'

export type WatchRequest = {
  resource: Resource
  namespace?: string
  /** Where to go on; empty or `0` begins with everything that is there. */
  version: string
  bookmarks: boolean
  sendInitialEvents: boolean
  timeoutSeconds?: number
  expiryAnswer: 'event' | 'status'
  matches: (object: KubeObject) => boolean
}

const bookmarkIntervalMs = 10_000

/** A client that reads slower than this is cut off, as the real server does with a full watch buffer. */
const unreadLimitBytes = 64 * 1024 * 1024

/** Streams the changes of a resource as JSON lines until the client leaves or the time is up. */
export function serveWatch(store: Store, request: WatchRequest, response: ServerResponse): void {
  const { resource, version, expiryAnswer } = request
  const fromStart = version === '' || version === '0' || request.sendInitialEvents
  if (!/^\d*$/.test(version)) throw badRequest(`resourceVersion: Invalid value: "${version}"`)
  const past = fromStart ? [] : store.changesSince(resource.plural, Number(version))
  if (past === 'expired' && expiryAnswer === 'status') throw tooOld(store, version)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  if (past === 'expired') {
    response.end(line('ERROR', JSON.stringify(tooOld(store, version).status)))
    return
  }
  stream(store, request, response, past, fromStart)
}

function stream(
  store: Store,
  request: WatchRequest,
  response: ServerResponse,
  past: Change[],
  fromStart: boolean,
): void {
  const { resource, namespace, matches, bookmarks, sendInitialEvents, timeoutSeconds } = request
  const send = (change: Change) => {
    const event = eventFor(change, matches)
    if (!event) return
    response.write(line(event, jsonOf(change.object)))
    if (response.writableLength > unreadLimitBytes) response.destroy()
  }
  if (fromStart) {
    for (const object of store.list(resource.plural, namespace) as KubeObject[]) {
      if (matches(object)) response.write(line('ADDED', jsonOf(object)))
    }
  }
  if (sendInitialEvents) response.write(bookmark(resource, store.version, { 'k8s.io/initial-events-end': 'true' }))
  for (const change of past) send(change)
  const unsubscribe = store.subscribe((change) => {
    if (change.resource === resource.plural) send(change)
  })
  const mark = () => response.write(bookmark(resource, store.version))
  const marking = bookmarks ? setInterval(mark, bookmarkIntervalMs) : undefined
  const ending =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          if (bookmarks) mark()
          response.end()
        }, timeoutSeconds * 1000)
  response.on('close', () => {
    unsubscribe()
    clearInterval(marking)
    clearTimeout(ending)
  })
}

/** What a change is to somebody who only sees the objects that match. */
function eventFor({ type, object, previous }: Change, matches: (object: KubeObject) => boolean): string | undefined {
  const before = previous !== undefined && matches(previous)
  if (type === 'DELETED') return before ? 'DELETED' : undefined
  const now = matches(object)
  if (now) return before ? 'MODIFIED' : 'ADDED'
  return before ? 'DELETED' : undefined
}

function line(type: string, json: string): string {
  return `{"type":"${type}","object":${json}}\n`
}

function bookmark(resource: Resource, version: number, annotations?: Record<string, string>): string {
  const metadata = { resourceVersion: String(version), ...(annotations && { annotations }) }
  return line('BOOKMARK', JSON.stringify({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }))
}

function tooOld(store: Store, version: string) {
  return expired(`too old resource version: ${version} (${store.version})`)
}
