import type { PatchOperation } from '../../kubernetes/api.ts'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { type Change, patchOf, upgradeMark } from './patch.ts'
import { counted, type Obstacle, obstacle, type Reading } from './reading.ts'
import type { Situation } from './situation.ts'

export type Move =
  /** `begins`: on a workload that bears nothing of this upgrade, as before its first patch and after it was put back. */
  | { move: 'patch'; operations: PatchOperation[]; why: string; begins?: true }
  /** The originals must be recorded before the first patch. */
  | { move: 'record' }
  /** Take Rollcall's annotations off these ReplicaSets, to which the controller copied them; then all is done. */
  | { move: 'strip'; replicaSets: string[] }
  | { move: 'reached' }
  | { move: 'wait'; since: string; code: string; detail: Record<string, string | number> }
  /** Only time is missing: look again then. */
  | { move: 'ripen'; againAt: string }
  | { move: 'changed'; change: OutsideChange }
  | { move: 'outdated'; code: 'TEMPLATE_CHANGED' | 'REPLICAS_CHANGED' }
  | { move: 'superseded'; stamp: string }
  /** Only a fresh snapshot can tell. */
  | { move: 'unsure' }
  /** The originals are needed and their record is gone. */
  | { move: 'lost' }
  | { move: 'gone' }

export function patch(situation: Situation, why: string, change: Change): Move {
  const { stamp, snapshot } = situation
  const annotations = { ...change.annotations, [upgradeMark]: `${stamp.id}@${stamp.sequence}` }
  return { move: 'patch', operations: patchOf(snapshot.deployment, { ...change, annotations }), why }
}

export function changed(change: OutsideChange): Move {
  return { move: 'changed', change }
}

export function behind(situation: Situation, reading: Reading): Move {
  return wait(situation, reading, { code: 'CONTROLLER_BEHIND', detail: {} })
}

export function awaitPods(
  situation: Situation,
  reading: Reading,
  pods: Reading['upgraded']['pods'],
  wanted: number,
): Move {
  const found = obstacle(pods, reading, wanted, situation.originals?.minReadySeconds, situation.now)
  return 'againAt' in found ? { move: 'ripen', againAt: found.againAt } : wait(situation, reading, found)
}

/** Reached once so many new pods count. */
export function whenReady(situation: Situation, reading: Reading): Move {
  const { goal, originals, now } = situation
  const { pods } = reading.upgraded
  const ready = counted(pods, originals?.minReadySeconds, now)
  return ready >= goal.pods ? { move: 'reached' } : awaitPods(situation, reading, pods, goal.pods)
}

function wait({ since }: Situation, { lastReady }: Reading, { code, detail }: Obstacle): Move {
  return { move: 'wait', since: lastReady && lastReady > since ? lastReady : since, code, detail }
}
