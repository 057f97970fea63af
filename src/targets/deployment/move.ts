import type { PatchOperation } from '../../kubernetes/api.ts'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { type Change, patchOf, upgradeMark } from './patch.ts'
import { counted, type Obstacle, obstacle, type Reading } from './reading.ts'
import type { Situation } from './situation.ts'

export type Move =
  /**
   * `begins`: on a workload that bears nothing of this upgrade, as before its first patch and after it was put back.
   * `barrier`: ReplicaSets that are written to before it.
   */
  | { move: 'patch'; operations: PatchOperation[]; why: string; begins?: true; barrier?: string[] }
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

/**
 * One that pauses, or changes the template, has a barrier. The controller acts on what it last heard of ReplicaSets, and
 * hears of its own writes as late as everybody else: told to pause, it takes Ready pods of the new revision for others
 * that are gone; told to go back, it makes more than there is room for. After a write to each ReplicaSet it has heard of
 * all that was seen here, or what it writes in turn is refused, as of an old object.
 */
export function patch(situation: Situation, why: string, change: Change): Move {
  const { stamp, snapshot } = situation
  const { deployment } = snapshot
  const annotations = { ...change.annotations, [upgradeMark]: `${stamp.id}@${stamp.sequence}` }
  const operations = patchOf(deployment, { ...change, annotations })
  const pauses = change.fields?.paused === true && !deployment.paused
  const barrier = pauses || change.template ? barrierOf(situation) : []
  return { move: 'patch', operations, why, ...(barrier.length > 0 && { barrier }) }
}

function barrierOf({ snapshot, facts, originals, reachedHash }: Situation): string[] {
  const ours = [facts.templateHash, originals?.upgradedHash ?? reachedHash]
  return snapshot.replicaSets
    .filter(({ replicas, templateHash }) => replicas > 0 || ours.includes(templateHash))
    .map(({ name }) => name)
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
