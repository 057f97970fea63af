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
