import { describeTarget } from '../upgrade/entry.ts'
import type { Event } from '../upgrade/events.ts'
import { phaseOf } from '../upgrade/phase.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import { bounded } from '../upgrade/printable.ts'
import type { Refusal } from '../upgrade/refusal.ts'
import { answerStop, type Stop } from '../upgrade/stop.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { closedWayBack } from './closed-way-back.ts'
import type { Parts } from './parts.ts'
import type { Loaded, Target } from './ports.ts'

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

type Place = Pick<TargetRef, 'cluster' | 'kind' | 'namespace' | 'name'>

/**
 * A stop on a workload that bears no upgrade's mark: of one that has not started yet, of a success that can still be taken
 * back, or of none.
 *
 * @returns whether there is an upgrade that it can be meant for; its reconcile is on its way
 */
export async function stopUnmarked(
  parts: Pick<Parts, 'upgrades' | 'queue' | 'config'>,
  where: Place,
): Promise<boolean> {
  const active = await parts.upgrades.active()
  const meant = active.find((one) => isAt(one, where)) ?? (await lastSuccessAt(parts, where))
  if (meant) await parts.queue.reconcile(meant.id)
  return meant !== undefined
}

/**
 * Looks for a stop on the workload of an upgrade that has ended. A success is taken back by it as by somebody in Slack;
 * anything else is answered on the workload, and the stop comes off.
 */
export async function stopAfterEnd(
  parts: Parts,
  { upgrade, now }: Loaded,
  requestId: string,
): Promise<{ event: Event; stop: Stop } | undefined> {
  const until = upgrade.result?.rollbackUntil
  if (until === undefined) return undefined
  const target = parts.targets(upgrade.policy.target)
  const stop = await target.stop(upgrade)
  if (!stop) return undefined
  const { active } = await parts.upgrades.open(upgrade.request.service, upgrade.request.environment, upgrade.target)
  const meant = active === undefined && (await lastSuccessAt(parts, upgrade.policy.target))
  if (!meant || meant.id !== upgrade.id) return undefined
  const answered = answerStop(upgrade, stop)
  const closed = now < until ? await closedWayBack(parts, upgrade) : notNow(upgrade)
  if (answered.answer === 'record' && !closed) return { event: answered.event, stop }
  const refusal = answered.answer === 'remove' ? answered.refusal : closed
  if (refusal) await recordRefusal(parts, upgrade, target, stop, refusal, requestId)
  await target.removeStop(upgrade, stop)
  return undefined
}

function notNow(upgrade: Upgrade): Refusal {
  return { code: 'NOT_NOW', event: 'turnedBack', phase: phaseOf(upgrade) }
}

/** How many upgrades of a service are looked at for the last one of a workload. */
const looked = 50

/** The last upgrade of a workload, while its success can be taken back. */
async function lastSuccessAt(
  { upgrades, config }: Pick<Parts, 'upgrades' | 'config'>,
  where: Place,
): Promise<Upgrade | undefined> {
  const { services, policyFor } = config()
  const there = services().filter(({ name, environments }) =>
    environments.some((environment) => {
      const target = policyFor(name, environment)?.target
      return target !== undefined && isPlace(target, where)
    }),
  )
  const ended = await Promise.all(there.map(({ name }) => upgrades.ended({ service: name, limit: looked })))
  const last = ended.flat().find((one) => isAt(one, where))
  return last?.result?.rollbackUntil === undefined ? undefined : last
}

function isAt({ policy }: Upgrade, where: Place): boolean {
  return isPlace(policy.target, where)
}

function isPlace(one: Place, { cluster, kind, namespace, name }: Place): boolean {
  return one.cluster === cluster && one.kind === kind && one.namespace === namespace && one.name === name
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
  const until = upgrade.result?.rollbackUntil
  const wayOn = value === 'hold' && until !== undefined ? `; rollback takes it back until ${until}` : ''
  const message = `${id} is ${phaseOf(upgrade)}: ${value} changes nothing now (${code})${wayOn}`
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
