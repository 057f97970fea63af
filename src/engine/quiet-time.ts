import { RollcallError } from '../upgrade/error.ts'
import { forecastOf } from '../upgrade/forecast.ts'
import { bounded } from '../upgrade/printable.ts'
import { lookAheadMs, quietTime } from '../upgrade/quiet-time.ts'
import { unrestrictedSpans } from '../upgrade/restrictions.ts'
import type { Plan, QuietTimeLook, Upgrade } from '../upgrade/upgrade.ts'
import type { Freezes, TrafficHistory } from './ports.ts'

/** How long is looked for at least: people have to decide too. */
const leastMs = 3_600_000

/**
 * The hour of the coming week with the least traffic in which the upgrade may run, where the configuration says how that
 * is known and nobody has chosen an hour. It is a proposal: nothing waits for it, and nothing fails for the want of it.
 */
export async function quietTimeOf(
  { traffic, freezes }: { traffic?: TrafficHistory | undefined; freezes?: Pick<Freezes, 'all'> | undefined },
  { policy, request }: Pick<Upgrade, 'policy' | 'request'>,
  plan: Plan,
  now: string,
): Promise<QuietTimeLook | undefined> {
  if (!traffic || !policy.traffic || request.startAt !== undefined) return undefined
  const history = await traffic(policy, policy.traffic, now).catch((error: unknown) => unreachable(error))
  if (!('points' in history)) return bounded(history)
  const from = Date.parse(now)
  const spans = unrestrictedSpans(policy, (await freezes?.all()) ?? [], [from, from + 2 * lookAheadMs])
  const lengthMs = Math.max(leastMs, forecastOf(plan, policy.strategy.type).ms ?? 0)
  const found = quietTime(history.points, spans, { now: from, lengthMs })
  return found ? { ...found, at: new Date(found.at).toISOString() } : { code: 'NO_QUIET_TIME', detail: {} }
}

function unreachable(error: unknown): QuietTimeLook & { code: string } {
  if (error instanceof RollcallError) return { code: error.code, detail: { message: error.message } }
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  if (isLate) return { code: 'GATE_UNREACHABLE', detail: { message: 'no answer in time' } }
  throw error
}
