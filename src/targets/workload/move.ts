import type { PatchOperation } from '../../kubernetes/api.ts'
import type { PodView } from '../../kubernetes/pod.ts'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { counted, type Obstacle, obstacle, type Progress } from './pods.ts'
import type { Situation } from './situation.ts'

export type Move =
  /**
   * `begins`: on a workload that bears nothing of this upgrade, as before its first patch and after it was put back.
   * `barrier`: revisions that are written to before it.
   */
  | { move: 'patch'; operations: PatchOperation[]; why: string; begins?: true; barrier?: string[] }
  /** The originals must be recorded before the first patch. */
  | { move: 'record' }
  /** Take Rollcall's annotations off these revisions, to which the controller copied them; then all is done. */
  | { move: 'strip'; revisions: string[] }
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

export function changed(change: OutsideChange): Move {
  return { move: 'changed', change }
}

type Timed = Pick<Situation<unknown>, 'goal' | 'originals' | 'since' | 'now'>

export function behind(situation: Timed, progress: Progress): Move {
  return wait(situation, progress, { code: 'CONTROLLER_BEHIND', detail: {} })
}

export function awaitPods(situation: Timed, progress: Progress, pods: PodView[], wanted: number): Move {
  const found = obstacle(pods, progress, wanted, situation.originals?.minReadySeconds, situation.now)
  return 'againAt' in found ? { move: 'ripen', againAt: found.againAt } : wait(situation, progress, found)
}

/** Reached once so many new pods count. */
export function whenReady(situation: Timed, progress: Progress & { upgraded: { pods: PodView[] } }): Move {
  const { goal, originals, now } = situation
  const { pods } = progress.upgraded
  const ready = counted(pods, originals?.minReadySeconds, now)
  return ready >= goal.pods ? { move: 'reached' } : awaitPods(situation, progress, pods, goal.pods)
}

function wait({ since }: Timed, { lastReady }: Progress, { code, detail }: Obstacle): Move {
  return { move: 'wait', since: lastReady && lastReady > since ? lastReady : since, code, detail }
}
