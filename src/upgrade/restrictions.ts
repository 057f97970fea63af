import { z } from 'zod'
import { appliesTo, Freeze, isOver, type Place } from './freezes.ts'
import type { Policy } from './policy.ts'
import type { Span } from './quiet-time.ts'
import type { Waived } from './waivers.ts'
import { windowsAt } from './windows.ts'
import { withOffset } from './zone-time.ts'

/** Why nothing may go forward at a time. Going back is never restricted. */
export const Restriction = z.discriminatedUnion('what', [
  /** No window is open, and the next one opens at `opensAt`. */
  z.strictObject({ what: z.literal('window'), opensAt: z.exactOptional(z.iso.datetime()) }),
  z.strictObject({ what: z.literal('freeze'), ...Freeze.shape }),
])
export type Restriction = z.infer<typeof Restriction>

export type RestrictionCode = 'WINDOW_CLOSED' | 'FROZEN'

/** What the pre-flight says of them. */
export const restrictionFindings = {
  /** No window is open then. `opensAt`, and of a request that would do: `start`, `service`, `version`, `environment` */
  WINDOW_CLOSED: 'block',
  /** An administrator froze it. `scope`, `by`, `reason`, `until` (where it ends by itself), and the same */
  FROZEN: 'block',
} as const satisfies Record<RestrictionCode, 'block'>

/** Whether a code is that of a restriction. */
export function isRestriction(code: string): boolean {
  return Object.hasOwn(restrictionFindings, code)
}

export function codeOf({ what }: Restriction): RestrictionCode {
  return what === 'window' ? 'WINDOW_CLOSED' : 'FROZEN'
}

/** What a sentence about it is made of. */
export function factsOf({ what: _, ...facts }: Restriction): Record<string, string> {
  return facts
}

/**
 * Everything that stands in the way at a time, freezes first. Pure.
 *
 * @param freezes those that were declared, of whatever scope
 * @param at ISO 8601
 */
export function restrictionsAt(
  policy: Place & Pick<Policy, 'windows'>,
  freezes: readonly Freeze[],
  at: string,
): Restriction[] {
  const frozen = freezes.filter((freeze) => appliesTo(freeze, policy) && !isOver(freeze, at))
  const { open, changesAt } = policy.windows ? windowsAt(policy.windows, at) : { open: true }
  const closed: Restriction = { what: 'window', ...(changesAt !== undefined && { opensAt: changesAt }) }
  return [...frozen.map((freeze) => ({ what: 'freeze' as const, ...freeze })), ...(open ? [] : [closed])]
}

/** Those that break-glass does not pass over by name: a freeze that came after the plan holds. */
export function notWaived(restrictions: readonly Restriction[], waived: readonly Waived[] = []): Restriction[] {
  return restrictions.filter((one) =>
    one.what === 'window'
      ? !waived.some(({ what }) => what === 'window')
      : !waived.some((other) => other.what === 'freeze' && other.scope === one.scope),
  )
}

/** When nothing known stands in the way any more, ISO 8601; `undefined` where a freeze has no end. */
export function firstUnrestricted(
  policy: Place & Pick<Policy, 'windows'>,
  freezes: readonly Freeze[],
  from: string,
): string | undefined {
  let at = from
  for (let tries = 0; tries < 100; tries++) {
    const [first] = restrictionsAt(policy, freezes, at)
    if (!first) return at
    const next = first.what === 'window' ? first.opensAt : first.until
    if (next === undefined) return undefined
    at = next
  }
  return undefined
}

/** When nothing known stands in the way, from one time to another, epoch milliseconds. */
export function unrestrictedSpans(
  policy: Place & Pick<Policy, 'windows'>,
  freezes: readonly Freeze[],
  [from, until]: Span,
): Span[] {
  const spans: Span[] = []
  for (let at = from; at < until; ) {
    const start = firstUnrestricted(policy, freezes, new Date(at).toISOString())
    if (start === undefined || Date.parse(start) >= until) break
    const closes = policy.windows && windowsAt(policy.windows, start).changesAt
    at = closes === undefined ? until : Math.min(until, Date.parse(closes))
    spans.push([Date.parse(start), at])
  }
  return spans
}

/** A time as `--at` takes it, by the clocks of the windows' zone where there is one. */
export function startText({ windows }: Pick<Policy, 'windows'>, at: string): string {
  return withOffset(windows?.[0]?.timezone ?? 'UTC', Date.parse(at))
}
