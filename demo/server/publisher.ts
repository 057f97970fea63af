import type { ServerResponse } from 'node:http'
import type { Delta } from './protocol.ts'

/** Changes that come closer together than this leave as one. */
const coalesceMs = 60
/** A comment line now and then, so that a dead connection is noticed. */
const heartbeatMs = 15_000

export type Publisher = ReturnType<typeof createPublisher>

/**
 * Server-sent events of a state that is a map of values by key: each reader first gets all of it, then only the keys
 * that changed.
 */
export function createPublisher(render: () => Iterable<readonly [key: string, value: unknown]>) {
  const readers = new Set<ServerResponse>()
  let published = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  const heartbeat = setInterval(() => {
    for (const reader of readers) reader.write(': still here\n\n')
  }, heartbeatMs)

  function publish(): void {
    timer = undefined
    const current = new Map([...render()].map(([key, value]) => [key, JSON.stringify(value)]))
    const changed = [...current].filter(([key, json]) => published.get(key) !== json)
    const drop = [...published.keys()].filter((key) => !current.has(key))
    published = current
    if (changed.length === 0 && drop.length === 0) return
    const event = eventOf(changed, drop)
    for (const reader of readers) reader.write(event)
  }

  return {
    /** Something may have changed. */
    touch(): void {
      timer ??= setTimeout(publish, coalesceMs)
    },

    subscribe(response: ServerResponse): void {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      publish()
      response.write(eventOf([...published], []))
      readers.add(response)
      response.on('close', () => readers.delete(response))
    },

    stop(): void {
      clearTimeout(timer)
      clearInterval(heartbeat)
      for (const reader of readers) reader.end()
    },
  }
}

function eventOf(changed: [key: string, json: string][], drop: Delta['drop']): string {
  const set = changed.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')
  return `data: {"set":{${set}},"drop":${JSON.stringify(drop)}}\n\n`
}
