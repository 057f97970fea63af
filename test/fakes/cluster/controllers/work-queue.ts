import { ApiError } from '../api-error.ts'

/** Timers cannot wait longer than this; a later check is then simply one more check. */
const longestTimerMs = 2 ** 31 - 1
const firstRetryMs = 5
const longestRetryMs = 1_000

/**
 * Runs `sync` for keys, once for all the reasons that came together, some time after the first of them. A sync that
 * the API refuses is tried again with a growing delay, as the real controllers' queues do.
 */
export class WorkQueue {
  readonly #sync: (key: string) => void
  readonly #lagMs: () => number
  readonly #pending = new Map<string, NodeJS.Timeout>()
  readonly #later = new Map<string, { at: number; timer: NodeJS.Timeout }>()
  readonly #failures = new Map<string, number>()
  readonly #held = new Set<string>()
  #frozen = false

  constructor(sync: (key: string) => void, lagMs: () => number) {
    this.#sync = sync
    this.#lagMs = lagMs
  }

  add(key: string): void {
    if (this.#pending.has(key)) return
    this.#pending.set(
      key,
      setTimeout(() => this.#run(key), this.#lagMs()),
    )
  }

  /** Adds the key later; of several times the earliest counts. */
  addAfter(key: string, milliseconds: number): void {
    const at = Date.now() + milliseconds
    const planned = this.#later.get(key)
    if (planned && planned.at <= at) return
    clearTimeout(planned?.timer)
    const timer = setTimeout(
      () => {
        this.#later.delete(key)
        this.add(key)
      },
      Math.min(milliseconds, longestTimerMs),
    )
    this.#later.set(key, { at, timer })
  }

  /** Holds all work until `thaw`, as a controller that is down does. */
  freeze(): void {
    this.#frozen = true
  }

  thaw(): void {
    this.#frozen = false
    for (const key of this.#held) this.add(key)
    this.#held.clear()
  }

  stop(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer)
    for (const { timer } of this.#later.values()) clearTimeout(timer)
    this.#pending.clear()
    this.#later.clear()
  }

  #run(key: string): void {
    this.#pending.delete(key)
    if (this.#frozen) {
      this.#held.add(key)
      return
    }
    try {
      this.#sync(key)
      this.#failures.delete(key)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const failures = this.#failures.get(key) ?? 0
      this.#failures.set(key, failures + 1)
      this.addAfter(key, Math.min(firstRetryMs * 2 ** failures, longestRetryMs))
    }
  }
}

export function keyOf({ metadata }: { metadata: { namespace?: string; name: string } }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

export function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/')
  return [key.slice(0, slash), key.slice(slash + 1)]
}
