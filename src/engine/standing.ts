import { authorize, groupsToAsk, mayAdminister } from '../access/authorize.ts'
import type { Action } from '../upgrade/actions.ts'
import type { Membership } from '../upgrade/people.ts'
import { samePerson } from '../upgrade/quorum.ts'
import { isRefusal } from '../upgrade/refusal.ts'
import type { SlackActor, Upgrade } from '../upgrade/upgrade.ts'
import type { ActiveConfig, Members } from './ports.ts'

/** Who somebody is by Slack's word, and whether they look after Rollcall. */
export type Standing = { kind: Membership['kind']; isAdmin: boolean }

type StandingParts = {
  config: () => Pick<ActiveConfig, 'admins' | 'policyFor'>
  members: Pick<Members, 'lookup'>
}

/** For what is shown to one person alone; a decision asks anew. */
export async function standingOf(parts: StandingParts, actor: SlackActor): Promise<Standing> {
  const admins = parts.config().admins()
  const membership = await parts.members.lookup(actor, admins?.groups ?? [])
  const access = mayAdminister('freeze', admins, actor, membership)
  return { kind: membership.kind, isAdmin: !isRefusal(access) }
}

/**
 * Those of some actions that somebody has the right to: what a button is worth showing for. Nothing is recorded, and
 * whoever presses it is authorized anew.
 */
export async function allowed(
  parts: StandingParts,
  actor: SlackActor,
  upgrade: Upgrade,
  actions: readonly Action[],
): Promise<Action[]> {
  if (actions.length === 0) return []
  const { service, environment } = upgrade.request
  const today = parts.config().policyFor(service, environment)
  const membership = await parts.members.lookup(actor, groupsToAsk(upgrade.policy, today))
  const approved = [today ?? upgrade.policy, upgrade.policy].some((policy) =>
    upgrade.approvals.some(({ by }) => samePerson(policy, by, actor)),
  )
  return actions.filter((action) => {
    if (action === 'approve' && approved) return false
    if (action === 'withdraw' && !approved) return false
    return !isRefusal(authorize({ action, actor, upgrade, today, membership }))
  })
}
