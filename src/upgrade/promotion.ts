import { sameImage } from './image-reference.ts'
import type { Policy } from './policy.ts'
import type { Finding, Upgrade } from './upgrade.ts'

/** What the pre-flight may find about where a version comes from. `detail` has exactly the parameters named here. */
export const promotionFindingCodes = {
  /** It has not succeeded where it has to come from, or was taken back there. `environment`, `image` */
  NOT_PROMOTED: 'block',
  /** It succeeded there too long ago. `environment`, `upgrade`, `at` (ISO 8601), `withinMs` */
  PROMOTED_TOO_LONG_AGO: 'block',
  /** Nobody can look, since there is no store at hand. `environment` */
  PROMOTION_UNKNOWN: 'note',
  /** Where it succeeded before. `environment`, `upgrade`, `at` (ISO 8601) */
  PROMOTED: 'note',
} as const satisfies Record<string, Finding['severity']>

type Code = keyof typeof promotionFindingCodes

/** Of a policy that asks where a version comes from. */
export type PromoteFrom = NonNullable<Policy['promoteFrom']>

/**
 * Whether this very image succeeded where the policy wants it to come from. By its digest where both are known by one,
 * else by the whole reference.
 *
 * @param ended ended upgrades of the service, newest first; absent when nobody can look
 * @param now ISO 8601
 */
export function promotionFindings(
  { policy, request }: Pick<Upgrade, 'policy' | 'request'>,
  ended: readonly Upgrade[] | undefined,
  now: string,
): Finding[] {
  const { promoteFrom } = policy
  if (!promoteFrom || request.breakGlass) return []
  const { environment, withinMs } = promoteFrom
  if (!ended) return [finding('PROMOTION_UNKNOWN', { environment })]
  const proof = ended.find((one) => succeededIn(one, environment) && sameImage(one.request.image, request.image))
  if (!proof?.result) return [finding('NOT_PROMOTED', { environment, image: request.image })]
  const about = { environment, upgrade: proof.id, at: proof.result.at }
  const ageMs = Date.parse(now) - Date.parse(proof.result.at)
  return [ageMs <= withinMs ? finding('PROMOTED', about) : finding('PROMOTED_TOO_LONG_AGO', { ...about, withinMs })]
}

/** The last success in an environment that nobody took back: what may be promoted from there. */
export function lastSuccess(ended: readonly Upgrade[], environment: string): Upgrade | undefined {
  return ended.find((one) => succeededIn(one, environment))
}

function succeededIn({ request, result }: Upgrade, environment: string): boolean {
  return request.environment === environment && result?.outcome === 'succeeded'
}

function finding(code: Code, detail: Finding['detail']): Finding {
  return { severity: promotionFindingCodes[code], code, detail }
}
