import { groupsToAsk } from '../access/authorize.ts'
import { recheck } from '../access/recheck.ts'
import { phaseOf } from '../upgrade/phase.ts'
import type { Task } from '../upgrade/task.ts'
import type { Approval, Upgrade } from '../upgrade/upgrade.ts'
import { type Look, lookAgain } from './look.ts'
import type { Parts } from './parts.ts'
import type { Loaded } from './ports.ts'
import { imageStands, prepare, promotionOf } from './prepare.ts'
import { reachQuorum } from './reach-quorum.ts'
import { startsLater } from './restrictions.ts'
import { todaysPolicy } from './todays-policy.ts'

/**
 * The last look before the first change. While Slack cannot tell who the approvers are, or a registry that has to what
 * the image is, nothing starts.
 */
export async function checkAgain(parts: Parts, loaded: Loaded, task: Extract<Task, { do: 'recheck' }>): Promise<Look> {
  const { upgrade, now } = loaded
  if (now >= task.until) return { event: { type: 'expired' } }
  const later = await startsLater(parts, loaded, task.until)
  if (later) return later
  const image = await imageStands(parts.images, upgrade)
  if (image === 'unknown') {
    parts.log.warn({ upgrade: upgrade.id }, `${upgrade.id}: its registry does not say what the tag is; not started`)
    return { againMs: lookAgain.failed, exact: true }
  }
  if (image && !image.stands) {
    return { event: { type: 'imageMoved', from: image.from, ...(image.to !== undefined && { to: image.to }) } }
  }
  const origin = await promotionOf(parts.upgrades, upgrade, now)
  if (origin.some(({ severity }) => severity === 'block')) {
    return { event: { type: 'requestVoided', changed: 'promotion' } }
  }
  const { hash } = parts.config()
  const today = todaysPolicy(parts, upgrade)
  const groups = groupsToAsk(upgrade.policy, today)
  const approvers = await Promise.all(
    wordsFor(upgrade).map(async (approval) => ({
      approval,
      membership: await parts.members.lookup(approval.by, groups),
    })),
  )
  // Reloaded while Slack answered: its groups may be others.
  if (parts.config().hash !== hash) return { againMs: 0, exact: true }
  const verdict = recheck(upgrade, today, approvers)
  if (verdict !== 'unknown')
    return (verdict.type === 'started' && (await blockedNow(parts, loaded))) || { event: verdict }
  parts.log.warn({ upgrade: upgrade.id }, `${upgrade.id}: Slack does not say who the approvers are; not started`)
  return { againMs: lookAgain.failed, exact: true }
}

/** What was asked for a later time is checked anew when that has come: the plan is of another day. */
async function blockedNow(parts: Parts, { upgrade, now }: Loaded): Promise<Look | undefined> {
  if (upgrade.request.startAt === undefined || upgrade.takenOver) return undefined
  const target = parts.targets(upgrade.policy.target)
  const { plan } = await prepare({ ...parts, target }, upgrade, now, [])
  const { findings } = plan
  return findings.some(({ severity }) => severity === 'block') ? { event: { type: 'blocked', findings } } : undefined
}

/** Whose word the start stands on. */
function wordsFor({ approvals, confirmed }: Upgrade): Approval[] {
  return confirmed ? [confirmed] : approvals
}

/** Whether those who could still approve are enough: a role may have been narrowed, a person may have left. */
export async function outOfReach(parts: Parts, upgrade: Upgrade): Promise<Look | undefined> {
  const { policy, request, reachable } = upgrade
  const today = todaysPolicy(parts, upgrade)
  if (phaseOf(upgrade) !== 'awaitingApproval' || request.by.kind === 'system' || request.breakGlass || !today)
    return undefined
  const { hash } = parts.config()
  const reach = await reachQuorum(parts, [today, policy], request.by)
  if (reach === 'unknown' || parts.config().hash !== hash) return undefined
  if (reach.enough) return reachable === undefined ? undefined : { event: { type: 'quorumRegained' } }
  return reachable === reach.people ? undefined : { event: { type: 'quorumLost', people: reach.people } }
}
