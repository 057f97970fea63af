/**
 * Slack's rate limits as token buckets. https://docs.slack.dev/apis/web-api/rate-limits
 * Slack promises "20+" or "50+" a minute; here it is exactly that.
 */
import type { Clock } from './workspace.ts'

/** Calls a minute of one method in one workspace, or about one a second in each channel. */
export type Rate = 'tier2' | 'tier3' | 'tier4' | 'special' | 'perChannel' | 'unlimited'

const PER_MINUTE = { tier2: 20, tier3: 50, tier4: 100, special: 600 }

/** Slack tolerates short bursts of posts without saying how long. */
const POST_BURST = 4

export type RateLimits = ReturnType<typeof createRateLimits>

export function createRateLimits(clock: Clock) {
  const buckets = new Map<string, { tokens: number; at: number }>()

  function draw(key: string, capacity: number, perSecond: number): number {
    const now = clock()
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now }
    const tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1000) * perSecond)
    const taken = tokens >= 1
    buckets.set(key, { tokens: taken ? tokens - 1 : tokens, at: now })
    return taken ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond))
  }

  return {
    /** 0 when the call may go on, else the seconds for `Retry-After`. */
    take(method: string, rate: Rate, channel: string): number {
      if (rate === 'unlimited') return 0
      if (rate === 'perChannel') return draw(`${method} ${channel}`, POST_BURST, 1)
      return draw(method, PER_MINUTE[rate], PER_MINUTE[rate] / 60)
    },
  }
}
