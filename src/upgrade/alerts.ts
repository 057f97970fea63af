import { z } from 'zod'
import type { Severity } from './gate.ts'
import type { Policy, TargetRef } from './policy.ts'
import { hasStarted, startedAt, type Upgrade } from './upgrade.ts'

/** What follows on an alert of the target; `notify` only tells people. */
export type AlertAction = Policy['onAlert']

/** An alert as somebody sent it. */
export type Alert = {
  /** Who sent it, as the path of the webhook calls them. */
  source: string
  /** Tells it from every other alert of its source. */
  fingerprint: string
  state: 'firing' | 'resolved'
  labels: Record<string, string>
  /** ISO 8601; absent: nobody said, or it cannot be. */
  startsAt?: string
}

/** How much an alert weighs: as bad as what counts, milder, or of a severity that nobody can compare. */
export const Weight = z.enum(['counts', 'unknown', 'milder'])
export type Weight = z.infer<typeof Weight>

/** An alert of a target, as it is kept beside the upgrade. */
export const TargetAlert = z.strictObject({
  source: z.string(),
  fingerprint: z.string(),
  state: z.enum(['firing', 'resolved']),
  name: z.string(),
  severity: z.exactOptional(z.string()),
  /** As many of its labels as are kept. */
  labels: z.record(z.string(), z.string()),
  /** ISO 8601; when it was first heard of, where nobody said. */
  startsAt: z.iso.datetime(),
  /** That is such a case. */
  assumed: z.exactOptional(z.literal(true)),
  resolvedAt: z.exactOptional(z.iso.datetime()),
  weight: Weight,
  /** Whether it is of this target and of no other. */
  sole: z.boolean(),
})
export type TargetAlert = z.infer<typeof TargetAlert>

/** They only say that a rollout waits, which is what Rollcall has it do. */
export const rolloutWaits: readonly string[] = [
  'KubeDeploymentReplicasMismatch',
  'KubeDeploymentRolloutStuck',
  'KubeStatefulSetUpdateNotRolledOut',
  'KubeDaemonSetRolloutStuck',
]

const ranks: readonly string[] = ['none', 'info', 'warning', 'critical'] satisfies ('none' | Severity)[]

/** @param severity the alert's label; absent: it has none */
export function weigh(severity: string | undefined, minSeverity: Severity): Weight {
  const rank = ranks.indexOf(severity ?? '')
  if (rank < 0) return 'unknown'
  return rank >= ranks.indexOf(minSeverity) ? 'counts' : 'milder'
}

/** Of which labels alerts are told to be of a target. */
export type AlertRules = {
  /** The labels that name a namespace, a workload and a pod. */
  match: { namespace: string; workload: string; pod: string }
  minSeverity: Severity
  /** What the labels of a target's alerts are, `match.namespace` and `match.workload` among them. */
  targets: readonly { target: TargetRef; labels: Readonly<Record<string, string>> }[]
}

/**
 * The targets that an alert is of. One that names no workload and no pod is of the whole namespace: nobody can say
 * which of its workloads is meant, so it is of none alone.
 *
 * @param owns whether a pod is of a target; `undefined` while nobody knows
 */
export function targetsOf(
  labels: Readonly<Record<string, string>>,
  { match, targets }: AlertRules,
  owns: (target: TargetRef, pod: string) => boolean | undefined,
): { targets: TargetRef[]; sole: boolean } {
  const [workload, pod] = [labels[match.workload], labels[match.pod]]
  const found = targets.flatMap(({ target, labels: wanted }) => {
    const fits = Object.entries(wanted).every(([name, value]) => name === match.workload || labels[name] === value)
    if (!fits) return []
    if (workload !== undefined) return workload === wanted[match.workload] ? [target] : []
    return pod === undefined || owns(target, pod) ? [target] : []
  })
  return { targets: found, sole: found.length === 1 && (workload ?? pod) !== undefined }
}

/**
 * What an alert means for an upgrade: it counts against it, it is milder than what counts, it began before the first
 * change, or it may as well be of another target.
 */
export type Standing = 'counts' | 'milder' | 'older' | 'shared'

export function standingOf(upgrade: Upgrade, { weight, sole, startsAt }: TargetAlert): Standing {
  if (weight === 'milder') return 'milder'
  if (!sole) return 'shared'
  const isNew = hasStarted(upgrade) && Date.parse(startsAt) >= Date.parse(startedAt(upgrade))
  return isNew ? 'counts' : 'older'
}

/** Whether people are told of it although nothing follows. One that counts either is acted on or comes too late. */
export function isToldOnly(upgrade: Upgrade, alert: TargetAlert): boolean {
  const standing = standingOf(upgrade, alert)
  return standing === 'older' || standing === 'shared'
}

/**
 * The alert that something has to follow on, if any: the first that counts, once for each upgrade. On the way back, and
 * once it has ended, nothing follows any more.
 */
export function alertToActOn(upgrade: Upgrade, alerts: readonly TargetAlert[]): TargetAlert | undefined {
  if (!mayAct(upgrade)) return undefined
  return alerts
    .filter((alert) => alert.state === 'firing' && standingOf(upgrade, alert) === 'counts')
    .toSorted((one, other) => one.weight.localeCompare(other.weight) || one.startsAt.localeCompare(other.startsAt))[0]
}

export function mayAct(upgrade: Upgrade): boolean {
  return !upgrade.result && upgrade.at.path === 'steps' && hasStarted(upgrade) && !actedOn(upgrade)
}

/** Of the incident that an alert led to. */
export const alertCode = 'ON_ALERT'

/** The alert that something followed on. */
export function actedOn({ incidents, takenOver }: Upgrade) {
  return incidents.find(({ code, at }) => code === alertCode && at >= (takenOver?.at ?? ''))
}

/**
 * What follows on an alert. What was declared irreversible is held instead of rolled back; so is what an alert says of
 * which nobody knows how bad it is.
 */
export function onAlertOf({ policy, request }: Pick<Upgrade, 'policy' | 'request'>, weight: Weight): AlertAction {
  if (policy.onAlert !== 'rollback') return policy.onAlert
  return request.irreversible === undefined && weight === 'counts' ? 'rollback' : 'hold'
}
