import { authorize, groupsToAsk } from '../access/authorize.ts'
import { isForward } from '../upgrade/actions.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import { describeTarget } from '../upgrade/entry.ts'
import type { Event } from '../upgrade/events.ts'
import { heldChange } from '../upgrade/held-change.ts'
import type { Policy } from '../upgrade/policy.ts'
import { samePerson } from '../upgrade/quorum.ts'
import { isRefusal, type Refusal, type Refused, refuse } from '../upgrade/refusal.ts'
import type { SlackActor, Upgrade } from '../upgrade/upgrade.ts'
import { closedWayBack } from './closed-way-back.ts'
import { deadlineOf, notStored } from './deadline.ts'
import type { Parts } from './parts.ts'
import type { Loaded } from './ports.ts'
import { record } from './record.ts'
import { forbids } from './restrictions.ts'
import type { Decision } from './surface.ts'
import { todaysPolicy } from './todays-policy.ts'

/** How often a decision is tried again after somebody else committed first. */
const attempts = 3

/**
 * The one way in which a person changes an upgrade, whatever the surface: load, authorize, transition, commit.
 * When it returns an upgrade, the decision and its audit entry are stored, now or by an earlier delivery of the same.
 *
 * @throws RollcallError NOT_STORED when that took too long; then it was not decided, and will not be
 */
export async function decide(parts: Parts, decision: Decision): Promise<{ upgrade: Upgrade } | Refused> {
  const { arrivedAt = performance.now() } = decision
  for (let attempt = 0; attempt < attempts; attempt++) {
    const loaded = await parts.upgrades.load(decision.upgrade)
    if (!loaded) return refuse({ code: 'NOT_FOUND', id: decision.upgrade })
    const deadline = deadlineOf(arrivedAt, loaded.now)
    const outcome = await decideOnce(parts, decision, loaded, deadline)
    if (outcome === 'late') throw notStored()
    if (outcome === 'occupied') return refuseOccupied(parts, decision, loaded.upgrade)
    if (outcome === 'repeated') return { upgrade: loaded.upgrade }
    if (outcome === 'conflict' || outcome === 'otherConfig') continue
    if (isRefusal(outcome)) {
      await recordRefusal(parts, decision, loaded.upgrade, outcome.refused)
      if (showsOtherwise(outcome.refused)) lookAtSlack(parts, decision.upgrade)
    }
    return outcome
  }
  return refuse({ code: 'BUSY' })
}

/** Whoever presses what is not there any more may be looking at a message that an edit came too late to. */
function showsOtherwise({ code }: Refusal): boolean {
  return code === 'NOT_NOW' || code === 'ALREADY_DECIDED'
}

function lookAtSlack(parts: Parts, id: string): void {
  const looking = parts.display.doubted(id).then(() => parts.queue.show(id))
  looking.catch((error: unknown) => parts.log.warn({ upgrade: id, err: error }, 'Slack is not looked at'))
}

/** An upgrade that had ended cannot go on beside another one. */
async function refuseOccupied(parts: Parts, decision: Decision, upgrade: Upgrade): Promise<Refused> {
  const { service, environment } = upgrade.request
  const { active } = await parts.upgrades.open(service, environment, upgrade.target)
  const refused: Refusal = active === undefined ? { code: 'BUSY' } : { code: 'ACTIVE', id: active }
  await recordRefusal(parts, decision, upgrade, refused)
  return refuse(refused)
}

async function decideOnce(parts: Parts, decision: Decision, loaded: Loaded, deadline: number) {
  const { upgrade } = loaded
  const current = await parts.goesBy(loaded.config)
  const forward = isForward(decision.action)
  if (forward && !current) return refuse({ code: 'CONFIG_OUTDATED' })
  const today = todaysPolicy(parts, upgrade)
  const membership = await parts.members.lookup(decision.by, groupsToAsk(upgrade.policy, today))
  const access = authorize({ action: decision.action, actor: decision.by, upgrade, today, membership })
  // Stopping and going back are always possible; but what an older configuration forbids, the one in force may allow.
  if (isRefusal(access)) return current ? access : refuse({ code: 'CONFIG_OUTDATED' })
  if (decision.seen && !mayBeStale(decision.action) && !isOpen(upgrade, decision)) {
    return refuse({ code: 'ALREADY_DECIDED' })
  }
  if (decision.action === 'approve' && today && hasApproved(upgrade, today, decision.by)) {
    return refuse({ code: 'ALREADY_APPROVED' })
  }
  if (decision.action === 'rollback' && upgrade.result?.rollbackUntil !== undefined) {
    const closed = await closedWayBack(parts, upgrade)
    if (closed) return refuse(closed)
  }
  const event = eventOf(decision)
  const forbidden = forward ? await forbids(parts, loaded, event) : undefined
  if (forbidden) return refuse(forbidden)
  const bound = { deadline, once: decision.requestId, ...(forward && loaded.config && { config: loaded.config }) }
  return record(parts, loaded, event, decision.requestId, bound)
}

/** Accounts that today's configuration knows as one human count once, too. */
function hasApproved({ approvals }: Upgrade, today: Policy, actor: SlackActor): boolean {
  return approvals.some(({ by }) => samePerson(today, by, actor))
}

/** The brake works from an old button too; whoever wants to go back need not have seen the newest numbers. */
function mayBeStale(action: Decision['action']): boolean {
  return (
    action === 'pause' ||
    action === 'rollback' ||
    action === 'explain' ||
    action === 'acknowledge' ||
    action === 'review'
  )
}

function isOpen(upgrade: Upgrade, { action, seen }: Decision): boolean {
  const endsHold = action === 'resume' || action === 'restore'
  const boundToChange = endsHold || (isForward(action) && seen?.change !== undefined)
  return (
    !upgrade.result &&
    upgrade.at.path === 'steps' &&
    upgrade.at.step === seen?.step &&
    upgrade.plan?.hash === seen.planHash &&
    (!boundToChange || heldChange(upgrade) === seen.change)
  )
}

function eventOf(decision: Decision): Event {
  const { by } = decision
  const given = { by, ...(decision.reason && { reason: decision.reason }) }
  switch (decision.action) {
    case 'approve':
      return { type: 'approved', by, planHash: decision.seen.planHash }
    case 'confirm':
      return { type: 'breakGlassConfirmed', by, planHash: decision.seen.planHash }
    case 'review':
      return { type: 'reviewed', by }
    case 'withdraw':
      return { type: 'withdrawn', by }
    case 'reject':
      return { type: 'rejected', ...given }
    case 'accept':
      return { type: 'accepted', ...given }
    case 'decline':
      return { type: 'declined', ...given }
    case 'continue':
      return { type: 'continued', ...given }
    case 'pause':
      return { type: 'paused', ...given }
    case 'resume':
      return { type: 'resumed', ...given }
    case 'restore':
      return { type: 'restored', ...given }
    case 'rollback':
      return { type: 'turnedBack', ...given }
    case 'explain':
      return { type: 'explained', by, reason: decision.reason ?? '' }
    case 'cancel':
      return { type: 'cancelled', ...given }
    case 'acknowledge':
      return { type: 'acknowledged', ...given }
    default:
      return assertNever(decision)
  }
}

/** Refusals have a chain of their own, so that a flood of clicks never makes an approver's write conflict. */
async function recordRefusal(parts: Parts, decision: Decision, upgrade: Upgrade, refusal: Refusal): Promise<void> {
  parts.onRefusal?.(refusal.code)
  const fields = { upgrade: upgrade.id, action: decision.action, code: refusal.code, requestId: decision.requestId }
  parts.log.warn(fields, `${upgrade.id}: ${decision.action} refused`)
  await parts.upgrades.recordRefusal({
    actor: decision.by,
    action: decision.action,
    target: describeTarget(upgrade),
    outcome: 'refused',
    code: refusal.code,
    ...(decision.reason && { reason: decision.reason }),
    from: {},
    to: {},
    detail: { upgrade: upgrade.id, via: decision.via },
    requestId: decision.requestId,
  })
}
