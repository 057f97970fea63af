import type { Observation } from '../engine/ports.ts'
import { type Phase, phaseOf } from '../upgrade/phase.ts'
import { lastGoal, type Step, type Upgrade } from '../upgrade/upgrade.ts'

/** How far an upgrade is, in numbers. */
export type Progress = {
  phase: Phase
  /** The batch that is under way or was reached last; 0 before the first one and on the way back. */
  batch: number
  batches: number
  /** Replicas on the new revision. */
  updated: number
  /** Ready pods of any revision; absent while the cluster is out of sight. */
  ready?: number
  /** Replicas wanted; 0 before the pre-flight has looked. */
  total: number
}

/** @param observation what the watch shows; without it the numbers are those that were reached last */
export function progressOf(upgrade: Upgrade, observation?: Observation): Progress {
  const { path, step } = upgrade.at
  const batches = upgrade.plan?.steps.filter(isBatch).length ?? 0
  const batch = path === 'back' ? 0 : (upgrade.plan?.steps.slice(0, step + 1).filter(isBatch).length ?? 0)
  return {
    phase: phaseOf(upgrade),
    batch,
    batches,
    updated: observation?.updated ?? lastGoal(upgrade)?.pods ?? 0,
    ...readyOf(upgrade, observation),
    total: observation?.total ?? upgrade.plan?.from.replicas ?? 0,
  }
}

/** What ended well was reached, and it is reached only once all pods are Ready. */
function readyOf({ plan, result }: Upgrade, observation: Observation | undefined): { ready?: number } {
  if (observation) return { ready: observation.ready }
  const reached = result?.outcome === 'succeeded' || result?.outcome === 'rolledBack'
  return reached && plan ? { ready: plan.from.replicas } : {}
}

/** Ten cells; the last one fills only when everything is new, the first one as soon as anything is. */
export function progressBar({ updated, total }: Pick<Progress, 'updated' | 'total'>): string {
  const share = total > 0 ? Math.min(1, updated / total) : 0
  const cells = share === 1 ? 10 : Math.min(9, Math.ceil(share * 10))
  return '▰'.repeat(cells) + '▱'.repeat(10 - cells)
}

export function isBatch(step: Step): boolean {
  return step.kind === 'reach' && step.goal.to === 'batch'
}
