import { versionOf } from './image-reference.ts'
import { compareSemVer, semVerOf } from './semver.ts'
import type { Outcome, Plan, Step, Upgrade } from './upgrade.ts'

/** What makes this upgrade riskier than another one, beside what the checks warn of. */
export type Risk =
  | { code: 'DOWNGRADE' | 'MAJOR_JUMP'; from: string; to: string }
  /** No upgrade of this very workload went through Rollcall yet. */
  | { code: 'FIRST_TIME' }
  /** Admission makes other changes of its own, so many, to the pod template. */
  | { code: 'MORE_THAN_IMAGE'; changes: number }
  /** The one before did not stay. */
  | { code: 'LAST_DID_NOT_STAY'; id: string; outcome: Outcome }
  /** Several pods in one batch: it is never held at a part of them. */
  | { code: 'ONE_BATCH'; pods: number }
  | { code: 'NO_SOAK' }

/** The risks of a plan, the gravest first. Pure; what was not looked up is no risk that could be told. */
export function risksOf({ request }: Pick<Upgrade, 'request'>, plan: Plan): Risk[] {
  const { past, changes = [] } = plan.prospect ?? {}
  const batches = plan.steps.filter((step) => step.kind === 'reach' && step.goal.to === 'batch')
  const known = new Set(plan.findings.map(({ code }) => code))
  const { last } = past ?? {}
  const risks: Risk[] = [
    ...directionOf(plan.from.image, request.image),
    ...(changes.length > 1 ? [{ code: 'MORE_THAN_IMAGE', changes: changes.length - 1 } as const] : []),
    ...(last && (last.outcome === 'rolledBack' || last.outcome === 'failed')
      ? [{ code: 'LAST_DID_NOT_STAY', ...last } as const]
      : []),
    ...(past?.upgrades === 0 ? [{ code: 'FIRST_TIME' } as const] : []),
    ...(batches.length === 1 && plan.from.replicas > 1
      ? [{ code: 'ONE_BATCH', pods: plan.from.replicas } as const]
      : []),
    ...(plan.steps.some(isSoak) || plan.from.replicas === 0 ? [] : [{ code: 'NO_SOAK' } as const]),
  ]
  // The rules for images may have found the same, and say what was declared about it.
  return risks.filter(({ code }) => !known.has(code))
}

function isSoak(step: Step): boolean {
  return step.kind === 'soak'
}

/** Only between versions that can be told apart. */
function directionOf(live: string, wanted: string): Risk[] {
  const [from = '', to = ''] = [versionOf(live).tag, versionOf(wanted).tag]
  const [before, after] = [semVerOf(from), semVerOf(to)]
  if (!before || !after) return []
  if (compareSemVer(after, before) < 0) return [{ code: 'DOWNGRADE', from, to }]
  return after.major > before.major ? [{ code: 'MAJOR_JUMP', from, to }] : []
}
