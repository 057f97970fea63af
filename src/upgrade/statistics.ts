import { hasStarted, type Upgrade, voidedRounds } from './upgrade.ts'

/** Times of several upgrades, in milliseconds. `p95`: 95 of 100 took no longer. */
export type Spread = { count: number; median: number; p95: number }

/** What can be said of upgrades that ended. Shares are of those that started. */
export type Statistics = {
  started: number
  /** Ended before the first change: rejected, expired, cancelled, blocked. */
  notStarted: number
  succeeded: number
  rolledBack: number
  failed: number
  /** That failed or were rolled back, 0 to 1. */
  failureShare?: number
  /** From the request to the success. */
  lead?: Spread
  /** From the failure to the old revision. */
  restore?: Spread
  /** From the request to the yes that completed the quorum. */
  approval?: Spread
}

export function statisticsOf(ended: readonly Upgrade[]): Statistics {
  const started = ended.filter(hasStarted)
  const came = (outcome: string) => started.filter(({ result }) => result?.outcome === outcome).length
  const [succeeded, rolledBack, failed] = [came('succeeded'), came('rolledBack'), came('failed')]
  const [lead, restore, approval] = [leadMs, restoreMs, approvalMs].map((time) => spread(started.map(time)))
  return {
    started: started.length,
    notStarted: ended.length - started.length,
    succeeded,
    rolledBack,
    failed,
    ...(started.length > 0 && { failureShare: (rolledBack + failed) / started.length }),
    ...(lead && { lead }),
    ...(restore && { restore }),
    ...(approval && { approval }),
  }
}

/** From the request to the success, milliseconds; `undefined` of what did not succeed. */
export function leadMs({ request, result }: Upgrade): number | undefined {
  return result?.outcome === 'succeeded' ? between(request.at, result.at) : undefined
}

/**
 * From the failure to the old revision, milliseconds: from the first report that nobody had accepted, or from the decision to
 * turn back where nothing was reported.
 */
export function restoreMs(upgrade: Upgrade): number | undefined {
  const { result, turnedBack, incidents } = upgrade
  if (result?.outcome !== 'rolledBack' || !turnedBack) return undefined
  const before = voidedRounds(upgrade)
  const since = incidents.find((one) => one.at <= turnedBack.at && !one.ended && !before.includes(one))
  return between((since ?? turnedBack).at, result.at)
}

/** From the request to the last yes that was needed, milliseconds; `undefined` where nobody was asked. */
export function approvalMs({ request, answers }: Upgrade): number | undefined {
  const yes = answers.findLast(({ action }) => action === 'approved')
  return yes && between(request.at, yes.at)
}

function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from))
}

function spread(times: readonly (number | undefined)[]): Spread | undefined {
  const sorted = times.filter((ms) => ms !== undefined).toSorted((one, other) => one - other)
  const [middle, p95] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.ceil(sorted.length * 0.95) - 1]]
  const upper = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined || upper === undefined || p95 === undefined) return undefined
  return { count: sorted.length, median: (middle + upper) / 2, p95 }
}
