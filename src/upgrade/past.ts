import type { AuditEntry } from './audit-chain.ts'
import type { EventType } from './events.ts'
import { hasStarted, type Past, type Upgrade, type WorkloadFacts } from './upgrade.ts'

/** An upgrade that ended, with its audit chain, oldest entry first; without one its times are not known. */
export type EndedUpgrade = { upgrade: Upgrade; entries?: readonly AuditEntry[] }

/** Events between the start of a move and its end that say nothing about how long the pods took. */
const beside: ReadonlySet<string> = new Set<EventType>(['acknowledged', 'quorumLost', 'quorumRegained'])

/** Those that a move begins with. */
const beginnings: ReadonlySet<string> = new Set<EventType>(['started', 'continued', 'checked', 'soaked'])

/** How many pods are replaced at once; the time of a batch is a multiple of what these take. */
function atOnce({ surge, unavailable, replicas }: WorkloadFacts, strategy: Upgrade['policy']['strategy']['type']) {
  return strategy === 'recreate' ? replicas : Math.max(1, surge > 0 ? surge : unavailable)
}

/** So often as many pods as can be at once are replaced until so many are. */
export function roundsOf(pods: number, facts: WorkloadFacts, strategy: Upgrade['policy']['strategy']['type']): number {
  return Math.ceil(pods / Math.max(1, atOnce(facts, strategy)))
}

/** How long the batches of one upgrade took; those that somebody or something interrupted do not count. */
export function batchTimes(entries: readonly AuditEntry[]): { pods: number; ms: number }[] {
  const times: { pods: number; ms: number }[] = []
  let reached = 0
  let began: string | undefined
  for (const { action, at, detail } of entries) {
    if (beside.has(action)) continue
    if (action === 'reached') {
      const updated = Number(detail?.updated ?? 0)
      if (began !== undefined && updated > reached) {
        times.push({ pods: updated - reached, ms: Date.parse(at) - Date.parse(began) })
      }
      reached = updated
    }
    began = beginnings.has(action) ? at : undefined
  }
  return times
}

/**
 * What earlier upgrades of the same workload tell about the next one. Pure.
 *
 * @param ended those of the same service and environment, newest first
 */
export function pastOf(target: Upgrade['target'], ended: readonly EndedUpgrade[]): Past {
  const { clusterUid, uid } = target
  const runs = ended.filter(
    ({ upgrade }) =>
      upgrade.result && hasStarted(upgrade) && upgrade.target.clusterUid === clusterUid && upgrade.target.uid === uid,
  )
  const rounds = runs.flatMap(({ upgrade: { plan, policy }, entries = [] }) =>
    batchTimes(entries).flatMap(({ pods, ms }) =>
      plan ? [ms / Math.max(1, roundsOf(pods, plan.from, policy.strategy.type))] : [],
    ),
  )
  const [last] = runs
  const back = runs.flatMap(({ upgrade }) => wayBackOf(upgrade))[0]
  return {
    upgrades: runs.length,
    ...(last?.upgrade.result && { last: { id: last.upgrade.id, outcome: last.upgrade.result.outcome } }),
    ...(rounds.length > 0 && { roundMs: Math.round(median(rounds)), batches: rounds.length }),
    ...(back && { back }),
  }
}

function wayBackOf({ id, result, turnedBack }: Upgrade): NonNullable<Past['back']>[] {
  if (result?.outcome !== 'rolledBack' || !turnedBack) return []
  return [{ id, ms: Math.max(0, Date.parse(result.at) - Date.parse(turnedBack.at)) }]
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2
}
