import { describeTarget } from '../upgrade/entry.ts'
import type { Event } from '../upgrade/events.ts'
import { bounded } from '../upgrade/printable.ts'
import type { Refusal } from '../upgrade/refusal.ts'
import { answerStop, type Stop } from '../upgrade/stop.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Parts } from './parts.ts'
import type { Target } from './ports.ts'

/**
 * Looks for a stop that somebody wrote on the workload itself. Nobody is asked whether they may: the API server let
 * them, and whoever may change the workload could stop the upgrade without Rollcall too.
 *
 * @returns what is to be recorded; the stop comes off after that
 */
export async function stopAsked(
  parts: Parts,
  upgrade: Upgrade,
  target: Target,
  requestId: string,
): Promise<{ event: Event; stop: Stop } | undefined> {
  const stop = await target.stop(upgrade)
  if (!stop) return undefined
  const answered = answerStop(upgrade, stop)
  switch (answered.answer) {
    case 'record':
      return { event: answered.event, stop }
    case 'remove':
      if (answered.refusal) await recordRefusal(parts, upgrade, target, stop, answered.refusal, requestId)
      await target.removeStop(upgrade, stop)
      return undefined
    case 'leave':
      return undefined
  }
}

/**
 * Whether a mark is ahead of the store for no other reason than that somebody carried a stop out by themselves: they
 * mark the workload with the number that the answer to their stop will have.
 */
export async function isCarriedOut(upgrade: Upgrade, target: Target): Promise<boolean> {
  if (target.mark(upgrade.policy.target)?.sequence !== upgrade.sequence + 1) return false
  return (await target.stop(upgrade))?.carriedOutAt !== undefined
}

/**
 * A stop on a workload that bears no upgrade's mark: one that has not started yet, or none.
 *
 * @returns whether there is an upgrade that it can be meant for; its reconcile is on its way
 */
export async function stopUnmarked(
  { upgrades, queue }: Pick<Parts, 'upgrades' | 'queue'>,
  where: { cluster: string; namespace: string; name: string },
): Promise<boolean> {
  const active = await upgrades.active()
  const meant = active.find(({ policy: { target } }) => {
    return target.cluster === where.cluster && target.namespace === where.namespace && target.name === where.name
  })
  if (meant) await queue.reconcile(meant.id)
  return meant !== undefined
}

async function recordRefusal(
  parts: Parts,
  upgrade: Upgrade,
  target: Target,
  stop: Stop,
  refusal: Refusal,
  requestId: string,
): Promise<void> {
  const { id } = upgrade
  const { value, by, reason } = bounded(stop)
  const { code } = refusal
  parts.onRefusal?.(code)
  parts.log.warn({ upgrade: id, stop: value, code, requestId }, `${id}: stop on the workload refused`)
  const message = `${id}: ${value} has no meaning now (${code})`
  await target.tell(upgrade, 'Warning', 'RollcallStopRefused', message)
  await parts.upgrades.recordRefusal({
    actor: by,
    action: value === 'hold' ? 'pause' : 'rollback',
    target: describeTarget(upgrade),
    outcome: 'refused',
    code,
    ...(reason && { reason }),
    from: {},
    to: {},
    detail: { upgrade: id, via: 'annotation' },
    requestId,
  })
}
