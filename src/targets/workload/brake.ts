import { setTimeout as delay } from 'node:timers/promises'
import type { Api } from '../../kubernetes/api.ts'
import type { Workload } from '../../kubernetes/workload.ts'
import { RollcallError } from '../../upgrade/error.ts'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { stampOf, upgradeMark } from './marks.ts'
import type { AnySnapshot, Mechanics } from './mechanics.ts'
import { annotate } from './patch.ts'
import { getWorkload, missing, nameOf, type Ref, sendMove, sendPatch } from './requests.ts'
import { pollMs, recorded, recordedSituation } from './restore.ts'
import type { Originals } from './situation.ts'
import { stopMark, stopMarks, stopOf } from './stop-marks.ts'

/** What somebody asks for with nothing but the right to patch the workload. */
export type Brake = {
  value: 'hold' | 'rollback'
  upgrade: string
  /** Whether the workload bore the upgrade's mark; before the start it does not. */
  marked: boolean
  /** Who they say that they are. */
  by?: string
  reason?: string
}

/** What the command line's writes are known by among the managers of an object's fields. */
const fieldManager = 'rollcall-cli'

/** How often a patch is tried again while somebody else changes the workload too. */
const attempts = 20

/**
 * Writes the stop on the workload, in the place of an earlier one.
 *
 * @throws RollcallError TARGET_NOT_FOUND, UPGRADE_NOT_FOUND when it is under another upgrade, STOP_REFUSED,
 * CLUSTER_FORBIDDEN for those who may not patch it
 */
export async function writeStop<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  api: Api,
  ref: Ref,
  brake: Brake,
): Promise<void> {
  const { value, upgrade, marked, by, reason } = brake
  if (marked) await refuseInVain(mechanics, api, ref, brake)
  await insist(ref, async () => {
    const live = await getWorkload<Live>(api, ref)
    if (!live) throw missing(ref)
    const under = stampOf(live.metadata.annotations?.[upgradeMark])?.id
    if (under !== undefined && under !== upgrade) {
      throw new RollcallError('UPGRADE_NOT_FOUND', `${nameOf(ref)} is under ${under}, not ${upgrade}`, {
        hint: `If that is the one you mean, name it: ${under}.`,
      })
    }
    if (marked && under === undefined) {
      throw new RollcallError(
        'UPGRADE_NOT_FOUND',
        `${nameOf(ref)} is not under ${upgrade} any more: it has just ended`,
        {
          hint: 'Nothing was changed.',
        },
      )
    }
    const asked = stopOf(live)
    if (value === 'hold' && asked?.value === 'rollback' && (asked.upgrade ?? upgrade) === upgrade) {
      throw new RollcallError('STOP_REFUSED', `${asked.by.user ?? 'Somebody'} has asked to roll ${upgrade} back`, {
        hint: 'A rollback is not paused; nothing was changed.',
      })
    }
    const annotations = {
      [stopMark]: value,
      [stopMarks.upgrade]: upgrade,
      [stopMarks.by]: by,
      [stopMarks.reason]: reason,
      [stopMarks.carriedOut]: undefined,
    }
    const written = await sendPatch(api, ref, annotate(mechanics.view(live), annotations), { fieldManager })
    return written !== undefined
  })
}

/** What a Rollcall would not do either. Whoever may not read the record finds out when one answers. */
async function refuseInVain<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  api: Api,
  ref: Ref,
  { value, upgrade }: Brake,
): Promise<void> {
  const known = await recorded(mechanics, api, ref).catch((error: unknown) => {
    if (error instanceof RollcallError && !error.retryable) return undefined
    throw error
  })
  const record = known?.record
  if (!record) return
  if (value === 'hold' && mechanics.parts(known.snapshot).workload.templateHash === record.originals.templateHash) {
    throw new RollcallError('STOP_REFUSED', `${upgrade} is on its way back, and that is not paused`, {
      hint: 'Nothing was changed.',
    })
  }
  const reason = record.request?.irreversible
  if (value === 'rollback' && reason !== undefined) {
    throw new RollcallError('STOP_REFUSED', `${upgrade} was declared irreversible: «${reason}». Nothing was changed`, {
      hint: `In Slack somebody with operate takes it back. \`rollcall pause ${upgrade}\` holds it; \`rollcall restore ${ref.kind.toLowerCase()}/${ref.name} --namespace ${ref.namespace}\` brings the old version back all the same.`,
    })
  }
}

/**
 * Whether a Rollcall takes the stop off again, which it does once it is decided.
 *
 * @param patienceMs how long to wait for that
 */
export async function awaitAnswer(
  api: Api,
  ref: Ref,
  brake: Brake,
  patienceMs: number,
): Promise<'taken' | 'replaced' | 'unanswered'> {
  const end = Date.now() + patienceMs
  for (;;) {
    const live = await getWorkload(api, ref)
    if (!live) throw missing(ref)
    const stop = stopOf(live)
    if (!stop) return 'taken'
    if (stop.value !== brake.value || stop.upgrade !== brake.upgrade) return 'replaced'
    if (Date.now() >= end) return 'unanswered'
    await delay(Math.min(pollMs, Math.max(0, end - Date.now())))
  }
}

type ClusterEvent = { metadata: { name: string }; reason?: string; message?: string }

/**
 * What Rollcall has said on the workload of stops that it did not carry out; by the names of the Kubernetes Events.
 * Empty for those who may not list Events.
 */
export async function refusedStops(api: Api, { kind, namespace, name }: Ref): Promise<Map<string, string>> {
  const path = `/api/v1/namespaces/${namespace}/events`
  try {
    const { items } = await api.get<{ items: ClusterEvent[] }>(path, {
      fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}`,
    })
    const said = items.filter(({ reason }) => reason === 'RollcallStopRefused' || reason === 'RollcallStopDismissed')
    return new Map(said.map(({ metadata, message = '' }) => [metadata.name, message]))
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN') return new Map()
    throw error
  }
}

/**
 * Notes on the workload that its writer carries the stop out by themselves from now on.
 *
 * @returns false when somebody has taken it off in the last moment
 */
export async function takeInHand<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  api: Api,
  ref: Ref,
  { value }: Brake,
): Promise<boolean> {
  let mine = true
  await insist(ref, async () => {
    const live = await getWorkload<Live>(api, ref)
    if (!live) throw missing(ref)
    mine = stopOf(live)?.value === value
    if (!mine) return true
    const annotations = { [stopMarks.carriedOut]: new Date().toISOString() }
    const noted = await sendPatch(api, ref, annotate(mechanics.view(live), annotations), { fieldManager })
    return noted !== undefined
  })
  return mine
}

export type Held =
  | { outcome: 'held'; updated: number; total: number }
  /** On its way back, which is not paused. */
  | { outcome: 'rollingBack' }
  /** Nothing of the upgrade is on it. */
  | { outcome: 'untouched' }
  /** Somebody else changes it at the same time. */
  | { outcome: 'disturbed'; change: OutsideChange }

/**
 * Stops a move where it is, as Rollcall would: what the last change allowed still happens, then nothing more. The stamp
 * is the one that its decision will bear, so that a Rollcall that comes back takes the hold for its own.
 *
 * @param tell hears of the patch, and of what is waited for
 * @throws RollcallError TARGET_NOT_FOUND, ORIGINALS_NOT_FOUND, PATCH_REFUSED
 */
export async function holdWorkload<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  api: Api,
  ref: Ref,
  tell: (line: string) => void,
): Promise<Held> {
  const since = new Date().toISOString()
  let sequence: number | undefined
  let waiting = false
  for (;;) {
    const { snapshot, record } = await recorded(mechanics, api, ref)
    const { workload } = mechanics.parts(snapshot)
    const live = stampOf(workload.annotations?.[upgradeMark])
    if (!record || !live) return { outcome: 'untouched' }
    if (workload.templateHash === record.originals.templateHash) return { outcome: 'rollingBack' }
    const goal = { on: 'target', to: 'batch', pods: workload.replicas, of: workload.replicas } as const
    sequence ??= live.sequence + 1
    const move = mechanics.haltMove(recordedSituation(mechanics, record, snapshot, goal, sequence, since))
    switch (move.move) {
      case 'patch':
        tell('halt: no pod more is replaced')
        await sendMove(api, ref, mechanics.revisions, move, { fieldManager })
        continue
      case 'reached': {
        const updated = mechanics.replicasOn(snapshot, record.originals.upgradedHash)
        return { outcome: 'held', updated, total: workload.replicas }
      }
      case 'changed':
        return { outcome: 'disturbed', change: move.change }
      case 'superseded':
        return { outcome: 'disturbed', change: { kind: 'ahead', stamp: move.stamp } }
      default:
        if (!waiting) tell(`waiting for the ${mechanics.kind} controller to finish what the last change allowed`)
        waiting = true
        await delay(pollMs)
    }
  }
}

async function insist(ref: Ref, attempt: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < attempts; tried++) {
    if (await attempt()) return
    await delay(pollMs / 5)
  }
  throw new RollcallError('PATCH_REFUSED', `${nameOf(ref)} changes faster than it can be written to`, {
    hint: 'Run it again.',
    retryable: true,
  })
}
