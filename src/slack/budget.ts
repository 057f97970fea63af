/**
 * What Slack lets the whole workspace do: about one post a second in a channel, and 50 edits a minute in all.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export type Budget = {
  /** Milliseconds to wait before asking again; 0 means go, and it is spent. */
  take(spend: Spend): Promise<number>
}

export type Spend = {
  kind: 'post' | 'update'
  /** Slack channel ID. */
  channel: string
  /** A mere tick of progress leaves half of the edits to what people wait for. */
  progress: boolean
}

/** One post a second in each channel; edits per minute for everything, and for ticks of progress. */
export const rates = { postEveryMs: 1_000, windowMs: 60_000, updates: 50, progressUpdates: 25 } as const

/** A budget for one process alone. Several that share a workspace share one in Redis. */
export function localBudget(now: () => number = Date.now): Budget {
  const posted = new Map<string, number>()
  let updates: number[] = []
  return {
    async take({ kind, channel, progress }) {
      const at = now()
      if (kind === 'post') {
        const waitMs = (posted.get(channel) ?? Number.NEGATIVE_INFINITY) + rates.postEveryMs - at
        if (waitMs > 0) return waitMs
        posted.set(channel, at)
        return 0
      }
      updates = updates.filter((one) => one > at - rates.windowMs)
      const limit = progress ? rates.progressUpdates : rates.updates
      // Room comes when the update that is one too many leaves the window.
      const blocking = updates.at(-limit)
      if (blocking !== undefined) return blocking + rates.windowMs - at
      updates.push(at)
      return 0
    },
  }
}
