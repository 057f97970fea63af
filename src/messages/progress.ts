import type { Observation } from '../engine/ports.ts'
import { type Phase, phaseOf } from '../upgrade/phase.ts'
import type { Step, Upgrade } from '../upgrade/upgrade.ts'

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
  const batches = batchesIn(upgrade.plan?.steps ?? [])
  const batch = path === 'back' ? 0 : batchesIn(upgrade.plan?.steps.slice(0, step + 1) ?? [])
  const { found, plan, result } = upgrade
  const seen = observation ?? found
  // What was found when it ended stays true for its record; while it is under way only what is seen counts.
  const ready = (result ? seen : observation)?.ready
  return {
    phase: phaseOf(upgrade),
    batch,
    batches,
    updated: seen?.updated ?? 0,
    ...(ready !== undefined && { ready }),
    total: seen?.total ?? plan?.from.replicas ?? 0,
  }
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

/** The batches in their order; one that is brought about once more, because others changed the workload, counts once. */
function batchesIn(steps: readonly Step[]): number {
  const goals = steps.flatMap((step) => (step.kind === 'reach' && isBatch(step) ? [step.goal] : []))
  return goals.filter(({ restore, written }, index) => {
    return restore === undefined || index === 0 || written !== goals[index - 1]?.written
  }).length
}
