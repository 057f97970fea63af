import { setTimeout as delay } from 'node:timers/promises'
import type { Api, PatchOperation } from '../../kubernetes/api.ts'
import type { Workload } from '../../kubernetes/workload.ts'
import { RollcallError } from '../../upgrade/error.ts'
import { restoreClient } from '../../upgrade/stop.ts'
import type { Goal, OutsideChange } from '../../upgrade/upgrade.ts'
import { stampOf, upgradeMark } from './marks.ts'
import type { AnySnapshot, Mechanics } from './mechanics.ts'
import { annotationPath } from './patch.ts'
import { deleteRecord, type OriginalsRecord, readRecord } from './record.ts'
import { missing, originalsLost, type Ref, sendMove, strip } from './requests.ts'
import type { Originals, Situation } from './situation.ts'
import { isStopMark, stopMark, stopMarks } from './stop-marks.ts'

/** How often somebody without a watch looks again, milliseconds. */
export const pollMs = 500

export type Restored =
  | { outcome: 'restored'; upgrade: string }
  /** Nothing of Rollcall is on it. */
  | { outcome: 'untouched' }
  /** Somebody else changes it at the same time. */
  | { outcome: 'disturbed'; change: OutsideChange }

/**
 * `leaveStop`: whether a stop stays on it, and with it the record, for a Rollcall that comes back to account for; else
 * nothing of Rollcall stays, and one that runs is told meanwhile by a stop of ours. `by`: who the caller is, as far as
 * the cluster says.
 */
export type RestoreOptions = { leaveStop?: boolean; by?: string | undefined }

/**
 * Brings a workload back to what its record says it was before an upgrade, with nothing but the cluster: the same
 * moves as a rollback. A Rollcall that still runs sees the higher stamp and keeps away. May be run again at any point.
 *
 * @param tell hears of every patch, and of what is waited for
 * @throws RollcallError TARGET_NOT_FOUND, ORIGINALS_NOT_FOUND, PATCH_REFUSED
 */
export async function restoreWorkload<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  api: Api,
  ref: Ref,
  tell: (line: string) => void,
  { leaveStop = false, by }: RestoreOptions = {},
): Promise<Restored> {
  const since = new Date().toISOString()
  let sequence: number | undefined
  let upgrade: string | undefined
  let told = ''
  let fenced = false
  const operations = (ours: PatchOperation[]): PatchOperation[] => {
    if (leaveStop) return ours.filter(leavesStop)
    return upgrade !== undefined && ours.some(setsMark) ? [...ours, ...stopOperations(upgrade, since, by)] : ours
  }
  for (;;) {
    const { snapshot, record } = await recorded(mechanics, api, ref)
    const { workload, pods } = mechanics.parts(snapshot)
    const live = stampOf(workload.annotations?.[upgradeMark])
    // A Rollcall that goes back too may be done first.
    if (!record) return upgrade === undefined ? { outcome: 'untouched' } : { outcome: 'restored', upgrade }
    upgrade = record.upgrade
    sequence ??= (live?.sequence ?? 0) + 1
    const goal = { on: 'target', to: 'original', pods: 0, of: workload.replicas } as const
    const situation = recordedSituation(mechanics, record, snapshot, goal, sequence, since)
    const move = mechanics.nextMove({ ...situation, fenced })
    const old = mechanics.replicasOn(snapshot, record.originals.templateHash)
    const ready = pods.filter((pod) => pod.ready && !pod.deleting).length
    const progress = `${old} of ${workload.replicas} replicas are on the old revision, ${ready} are Ready`
    if (move.move === 'patch') tell(`${move.why}: ${progress}`)
    else if (progress !== told) tell(progress)
    told = progress
    switch (move.move) {
      case 'patch': {
        const ours = { ...move, operations: operations(move.operations) }
        if (await sendMove(api, ref, mechanics.revisions, ours, { fieldManager: restoreClient })) fenced = true
        break
      }
      case 'strip':
        // While a stop stays, the controller would copy it again and again; whoever takes it off strips them.
        if (leaveStop) return { outcome: 'restored', upgrade: record.upgrade }
        if (await forbidden(Promise.all(move.revisions.map((name) => strip(api, ref, mechanics.revisions, name))))) {
          tell(`your account may not take rollcall.dev/* off ${move.revisions.join(', ')}: it stays there`)
          return { outcome: 'restored', upgrade: record.upgrade }
        }
        break
      case 'reached':
        if (!leaveStop && (await forbidden(deleteRecord(api, ref)))) {
          tell('your account may not delete the ConfigMap with the original settings: it stays there')
        }
        return { outcome: 'restored', upgrade: record.upgrade }
      case 'changed':
        return { outcome: 'disturbed', change: move.change }
      case 'superseded':
        if (!live || workload.templateHash !== record.originals.templateHash) {
          return { outcome: 'disturbed', change: { kind: 'ahead', stamp: move.stamp } }
        }
        // A Rollcall has heard of it, and is on the way back as well.
        sequence = live.sequence
        break
      default:
        break
    }
    await delay(pollMs)
  }
}

/**
 * A workload as it is, and the record of what it was; none when nothing of Rollcall is on it.
 *
 * @throws RollcallError TARGET_NOT_FOUND, ORIGINALS_NOT_FOUND
 */
export async function recorded<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  api: Api,
  ref: Ref,
): Promise<{ snapshot: Snapshot; record?: OriginalsRecord<Original> }> {
  const snapshot = (await mechanics.look(api, ref))?.snapshot
  if (!snapshot) throw missing(ref)
  const { workload } = mechanics.parts(snapshot)
  const record = await readRecord<Original>(api, ref, workload.uid)
  if (record) return { snapshot, record }
  const marked = workload.annotations?.[upgradeMark] !== undefined
  if (marked || mechanics.isHeld(workload)) throw originalsLost(ref)
  return { snapshot }
}

/** What there is to know about an upgrade for somebody who has only the cluster. */
export function recordedSituation<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  { upgrade, facts, strategy, originals }: OriginalsRecord<Original>,
  snapshot: Snapshot,
  goal: Goal,
  sequence: number,
  since: string,
): Situation<Snapshot, Original> {
  const { uid, replicas } = mechanics.parts(snapshot).workload
  return {
    uid,
    goal,
    first: false,
    begun: true,
    resting: false,
    facts: { ...facts, replicas },
    strategy,
    hold: 'quiet',
    stamp: { id: upgrade, sequence },
    container: '',
    image: '',
    cause: '',
    since,
    now: new Date().toISOString(),
    snapshot,
    fresh: true,
    fenced: true,
    originals,
  }
}

/** Beside every mark: whoever reads it knows whose doing it is, and goes forward no more. */
function stopOperations(upgrade: string, since: string, by: string | undefined): PatchOperation[] {
  const marks = {
    [stopMark]: 'rollback',
    [stopMarks.upgrade]: upgrade,
    [stopMarks.client]: restoreClient,
    [stopMarks.carriedOut]: since,
    ...(by !== undefined && { [stopMarks.by]: by }),
  }
  return Object.entries(marks).map(([key, value]) => ({ op: 'add', path: annotationPath(key), value }))
}

function setsMark({ op, path }: PatchOperation): boolean {
  return op === 'add' && path === annotationPath(upgradeMark)
}

function leavesStop({ op, path }: PatchOperation): boolean {
  const prefix = annotationPath('')
  return !(op === 'remove' && path.startsWith(prefix) && isStopMark(path.slice(prefix.length).replaceAll('~1', '/')))
}

/** Whether the caller lacks the right to it: what is only tidied up is not worth a failure. */
async function forbidden(done: Promise<unknown>): Promise<boolean> {
  try {
    await done
    return false
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN') return true
    throw error
  }
}
