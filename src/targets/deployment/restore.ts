import { setTimeout as delay } from 'node:timers/promises'
import type { Api } from '../../kubernetes/api.ts'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { heldTimings } from './hold.ts'
import { nextMove } from './next-move.ts'
import { deleteRecord, readRecord } from './originals.ts'
import { upgradeMark } from './patch.ts'
import { freshSnapshot, missing, originalsLost, type Ref, sendPatch, strip } from './requests.ts'
import { stampOf } from './situation.ts'

const pollMs = 500

export type Restored =
  | { outcome: 'restored'; upgrade: string }
  /** Nothing of Rollcall is on it. */
  | { outcome: 'untouched' }
  /** Somebody else changes it at the same time. */
  | { outcome: 'disturbed'; change: OutsideChange }

/**
 * Brings a Deployment back to what its record says it was before an upgrade, with nothing but the cluster: the same
 * moves as a rollback. A Rollcall that still runs sees the higher stamp and keeps away. May be run again at any point.
 *
 * @param tell hears of every patch, and of what is waited for
 * @throws RollcallError TARGET_NOT_FOUND, ORIGINALS_NOT_FOUND, PATCH_REFUSED
 */
export async function restoreDeployment(api: Api, ref: Ref, tell: (line: string) => void): Promise<Restored> {
  const since = new Date().toISOString()
  let sequence: number | undefined
  let told = ''
  for (;;) {
    const snapshot = await freshSnapshot(api, ref)
    if (!snapshot) throw missing(ref)
    const { deployment } = snapshot
    const record = await readRecord(api, ref.namespace, ref.name, deployment.uid)
    const live = stampOf(deployment.annotations?.[upgradeMark])
    if (!record) {
      const held = deployment.minReadySeconds === heldTimings.minReadySeconds
      if (live || held) throw originalsLost(ref)
      return { outcome: 'untouched' }
    }
    sequence ??= (live?.sequence ?? 0) + 1
    const move = nextMove({
      uid: deployment.uid,
      goal: { on: 'target', to: 'original', pods: 0, of: deployment.replicas },
      first: false,
      resting: false,
      facts: { ...record.facts, replicas: deployment.replicas },
      strategy: record.strategy,
      hold: 'quiet',
      stamp: { id: record.upgrade, sequence },
      container: '',
      image: '',
      cause: '',
      since,
      now: new Date().toISOString(),
      snapshot,
      fresh: true,
      originals: record.originals,
    })
    const old = snapshot.replicaSets.find(({ templateHash }) => templateHash === record.originals.templateHash)
    const ready = snapshot.pods.filter((pod) => pod.ready && !pod.deleting).length
    const progress = `${old?.replicas ?? 0} of ${deployment.replicas} replicas are on the old revision, ${ready} are Ready`
    if (move.move === 'patch') tell(`${move.why}: ${progress}`)
    else if (progress !== told) tell(progress)
    told = progress
    switch (move.move) {
      case 'patch':
        await sendPatch(api, ref, move.operations)
        break
      case 'strip':
        await Promise.all(move.replicaSets.map((name) => strip(api, ref, name)))
        break
      case 'reached':
        await deleteRecord(api, ref.namespace, ref.name)
        return { outcome: 'restored', upgrade: record.upgrade }
      case 'changed':
        return { outcome: 'disturbed', change: move.change }
      case 'superseded':
        return { outcome: 'disturbed', change: { kind: 'ahead', stamp: move.stamp } }
      default:
        break
    }
    await delay(pollMs)
  }
}
