import { z } from 'zod'
import { durationPattern, parseDuration } from './duration.ts'

/** `allowed` completes «found …; allowed: …». */
export function text(pattern: RegExp, allowed: string) {
  return z.string(allowed).regex(pattern, allowed)
}

export const Channel = text(
  /^[CG][A-Z0-9]{2,}$/,
  'a Slack channel ID such as C0RELEASES (channel details, at the bottom)',
)

export const User = text(/^[UW][A-Z0-9]{2,}$/, 'a Slack user ID such as U0ALICE (profile, ⋮, Copy member ID)')

export const Group = text(/^S[A-Z0-9]{2,}$/, 'the ID of a Slack user group such as S0DEVS')

export const Url = text(/^https?:\/\/[^\s/@]+(\/\S*)?$/, 'an http or https URL without a user name or password')

/** Its own prefix, so that the file cannot send Rollcall's other secrets anywhere. */
export const EnvironmentVariable = text(
  /^GATE_[A-Z0-9_]+$/,
  'the name of an environment variable that begins with GATE_, such as GATE_PROMETHEUS_TOKEN',
)

const longest = '365d'

/** A duration as people write it; milliseconds once parsed. */
export function duration(atLeast: string) {
  const allowed = `a duration from ${atLeast} to ${longest}, such as 90s, 2m, 4h or 14d`
  return z
    .string(allowed)
    .regex(durationPattern, { error: allowed, abort: true })
    .transform((given) => parseDuration(given) ?? Number.NaN)
    .pipe(
      z
        .number(allowed)
        .min(parseDuration(atLeast) ?? 0, allowed)
        .max(parseDuration(longest) ?? 0, allowed),
    )
}
