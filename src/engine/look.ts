import type { Event } from '../upgrade/events.ts'
import type { Stop } from '../upgrade/stop.ts'

/**
 * Either something to commit, or when to look again; `exact` deserves a timer of its own. A `stop` comes off the
 * workload once it is committed.
 */
export type Look = { event: Event; stop?: Stop } | { againMs: number; exact?: boolean }

/** How long to leave an upgrade alone at most when no trigger comes, in milliseconds. */
export const lookAgain = {
  failed: 3_000,
  moving: 3_000,
  withoutSlack: 5_000,
  dependency: 10_000,
  resting: 30_000,
  another: 1_000,
}

/** A deadline within the usual interval gets a timer; a later one is met by looking again. */
export function soonerOf(leftMs: number, usualMs: number): Look {
  return leftMs < usualMs ? { againMs: leftMs, exact: true } : { againMs: usualMs }
}

/** The same look, but no later than in so many milliseconds. */
export function sooner(look: Look, leftMs: number): Look {
  return 'event' in look || look.againMs <= leftMs ? look : { againMs: Math.max(0, leftMs), exact: true }
}
