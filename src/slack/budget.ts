import type { CallLines } from '../engine/call-lines.ts'
import { assertNever } from '../upgrade/assert-never.ts'

/**
 * What Slack lets the whole workspace do: about one post a second in a channel, and 50 edits a minute in all.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export type Budget = {
  /** Milliseconds to wait before asking again; 0 means go, and it is spent. Infinity: there is no need to ask again. */
  take(spend: Spend): Promise<number>
  /** Slack said that it was too much: nothing of the kind for so many milliseconds. */
  pause(spend: Spend, forMs: number): Promise<void>
}

/**
 * Who goes first when not all may: what somebody is asked or told and has to know (`asked`), what a live message says that
 * is new (`changed`), mere ticks of progress (`progress`).
 */
export type Urgency = 'asked' | 'changed' | 'progress'

export type Spend =
  | {
      /** `find`: look whether a message is there already, before it is posted again. */
      kind: 'post' | 'update' | 'find'
      /** Slack channel ID. */
      channel: string
      /** Names the message: whoever asks again for the same one keeps its place in the line. */
      message: string
      urgency: Urgency
    }
  /** Publish somebody's Home tab, of which Slack allows 100 a minute. */
  | { kind: 'publish'; user: string; urgency: Urgency }
  /** Look whether an upgrade's messages are still there. */
  | { kind: 'look'; upgrade: string }

/** When each upgrade's messages were looked at last, by whatever process. */
export type Looks = {
  /** `recent`: a moment ago; `doubted`: somebody has reason to think that they do not say what they should. */
  standing(upgrade: string): Promise<'recent' | 'due' | 'doubted'>
  note(upgrade: string): Promise<void>
}

/**
 * How many calls a bucket holds and how long it takes to fill: a little less than Slack allows. Of the edits, ticks of
 * progress leave more than half, and what is new in a live message leaves a few.
 */
export type Rates = {
  post: { capacity: number; fillMs: number }
  /** Of each method that Slack allows 50 calls a minute. */
  edits: { capacity: number; fillMs: number }
  homes: { capacity: number; fillMs: number }
  looks: { capacity: number; fillMs: number }
}

export const rates: Rates = {
  post: { capacity: 4, fillMs: 4_000 },
  edits: { capacity: 45, fillMs: 56_000 },
  homes: { capacity: 60, fillMs: 40_000 },
  looks: { capacity: 15, fillMs: 30_000 },
}

const rankOf: Record<Urgency, number> = { asked: 0, changed: 1, progress: 2 }
const leaves: Record<Urgency, number> = { asked: 0, changed: 5, progress: 25 }

/**
 * What people wait for goes at once, since Slack allows bursts of more than its rates say; once it has asked for patience,
 * everybody stands in line for a while, in the order of urgency and of waiting. Ticks of progress always do.
 */
export function sharedBudget(
  lines: CallLines,
  whenLooked: Looks,
  { post, edits, homes, looks }: Rates = rates,
): Budget {
  return {
    pause: async (spend, forMs) => {
      if (spend.kind !== 'look') await lines.pause(lineOf(spend), forMs)
    },
    async take(spend) {
      switch (spend.kind) {
        case 'post':
        case 'update':
        case 'find': {
          const { message: name, urgency } = spend
          const bucket = spend.kind === 'post' ? { ...post, leave: 0 } : { ...edits, leave: leaves[urgency] }
          const isTrusting = urgency !== 'progress'
          return lines.take({ line: lineOf(spend), name, rank: rankOf[urgency], ...bucket, isTrusting })
        }
        case 'publish': {
          const { user: name, urgency } = spend
          const bucket = { ...homes, leave: leaves[urgency] }
          return lines.take({
            line: spend.kind,
            name,
            rank: rankOf[urgency],
            ...bucket,
            isTrusting: urgency === 'asked',
          })
        }
        case 'look': {
          const { upgrade: name } = spend
          const standing = await whenLooked.standing(name)
          if (standing === 'recent') return Number.POSITIVE_INFINITY
          const rank = standing === 'doubted' ? 0 : 1
          const waitMs = await lines.take({ line: 'look', name, rank, ...looks, leave: 0, isTrusting: false })
          if (waitMs === 0) await whenLooked.note(name)
          return waitMs
        }
        default:
          return assertNever(spend)
      }
    },
  }
}

/** Slack limits posts by channel, everything else by method. */
function lineOf(spend: Exclude<Spend, { kind: 'look' }>): string {
  return spend.kind === 'post' ? `post:${spend.channel}` : spend.kind
}
