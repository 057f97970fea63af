/** Failures to inject into the Web API and the response URLs. */

export type Fault = {
  /** The Web API method, or `response_url`; every call when absent. */
  method?: string
  channel?: string
  /** How many calls fail; 1 when absent, `Infinity` until `clear`. */
  times?: number
  /** Carry the call out although its answer is lost: what makes a retried post a double one. */
  applyFirst?: boolean
} & (
  | { kind: 'rate_limited'; retryAfterSeconds?: number }
  | { kind: 'server_error'; status?: 500 | 502 | 503 | 504 }
  /** No answer; the connection stays open. */
  | { kind: 'timeout' }
  | { kind: 'connection_reset' }
  /** An answer with `ok: false` and this error. */
  | { kind: 'platform_error'; error: string }
  /** A right answer, late. */
  | { kind: 'slow'; delayMs: number }
)

export type InjectedFault = {
  /** Calls that failed so far. */
  readonly hits: number
  clear(): void
}

export type Faults = ReturnType<typeof createFaults>

export function createFaults() {
  const active: { fault: Fault; left: number; hits: number }[] = []

  return {
    add(fault: Fault): InjectedFault {
      const entry = { fault, left: fault.times ?? 1, hits: 0 }
      active.push(entry)
      return {
        get hits() {
          return entry.hits
        },
        clear() {
          entry.left = 0
        },
      }
    },

    /** The oldest fault that concerns this call. */
    next(method: string, channel: string): Fault | undefined {
      const entry = active.find(
        ({ fault, left }) =>
          left > 0 &&
          (fault.method === undefined || fault.method === method) &&
          (fault.channel === undefined || fault.channel === channel),
      )
      if (!entry) return undefined
      entry.left -= 1
      entry.hits += 1
      return entry.fault
    },
  }
}
