import { z } from 'zod'

const Time = z.iso.datetime()

/** What a freeze holds still: everything, one environment of every service, or one service everywhere. */
export const FreezeScope = z.union([
  z.literal('all'),
  z.templateLiteral(['environment:', z.string()]),
  z.templateLiteral(['service:', z.string()]),
])
export type FreezeScope = z.infer<typeof FreezeScope>

/** No upgrade goes forward where it applies; rolling back is never hindered. One for each scope. */
export const Freeze = z.object({
  scope: FreezeScope,
  /** Slack user ID of the administrator. */
  by: z.string(),
  reason: z.string(),
  since: Time,
  /** Absent: until somebody lifts it. */
  until: z.exactOptional(Time),
})
export type Freeze = z.infer<typeof Freeze>

export type Place = { service: string; environment: string }

export function appliesTo({ scope }: Pick<Freeze, 'scope'>, { service, environment }: Place): boolean {
  return scope === 'all' || scope === `environment:${environment}` || scope === `service:${service}`
}

/** @param at ISO 8601 */
export function isOver({ until }: Pick<Freeze, 'until'>, at: string): boolean {
  return until !== undefined && until <= at
}
