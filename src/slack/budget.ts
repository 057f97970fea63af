/**
 * What Slack lets the whole workspace do: about one post a second in a channel, and 50 edits a minute in all.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export type Budget = {
  /** Milliseconds to wait before asking again; 0 means go, and it is spent. */
  take(spend: Spend): Promise<number>
  /** Slack said that it was too much: nothing of the kind for so many milliseconds. */
  pause(spend: Spend, forMs: number): Promise<void>
}

export type Spend =
  | {
      kind: 'post' | 'update'
      /** Slack channel ID. */
      channel: string
      /** A mere tick of progress leaves half of the edits to what people wait for. */
      progress: boolean
    }
  /** Look whether an upgrade's messages are still there. */
  | { kind: 'look'; upgrade: string }

/** Within a minute: ticks of progress for everything, looks for deleted messages for everything and for one upgrade. */
export const rates = { windowMs: 60_000, progressUpdates: 25, looks: 15, looksOfOne: 1 } as const
