import type { Action } from '../upgrade/actions.ts'
import type { Membership } from '../upgrade/people.ts'
import { type Grant, grantsOf, type OwnRight, Permission, type Policy, type Right } from '../upgrade/policy.ts'
import { samePerson } from '../upgrade/quorum.ts'
import { type Refused, refuse } from '../upgrade/refusal.ts'
import { openAcceptance, type PipelineActor, type SlackActor, type Upgrade } from '../upgrade/upgrade.ts'

export type Access = {
  action: Action | 'request' | 'breakGlass'
  actor: SlackActor
  /** Absent for a request, and for the question what somebody may do in general. */
  upgrade?: Upgrade
  /** The policy of this moment's configuration; absent when the service is no longer in it. */
  today: Policy | undefined
  membership: Membership
}

type Rule = {
  /** Any one of these is enough. */
  permissions: [Right, ...Right[]]
  /** Forward needs the policy that the upgrade started with and today's; the stop direction needs one. */
  forward: boolean
  /** How old Slack's word about somebody may be. */
  maxAgeMs: number
}

const minuteMs = 60_000
const hourMs = 3_600_000

const rules: Record<Access['action'], Rule> = {
  breakGlass: { permissions: ['admin'], forward: true, maxAgeMs: minuteMs },
  confirm: { permissions: ['admin'], forward: true, maxAgeMs: minuteMs },
  review: { permissions: ['admin'], forward: false, maxAgeMs: minuteMs },
  request: { permissions: ['request'], forward: true, maxAgeMs: minuteMs },
  approve: { permissions: ['approve'], forward: true, maxAgeMs: minuteMs },
  accept: { permissions: ['accept'], forward: true, maxAgeMs: minuteMs },
  decline: { permissions: ['accept'], forward: false, maxAgeMs: minuteMs },
  continue: { permissions: ['operate'], forward: true, maxAgeMs: minuteMs },
  resume: { permissions: ['operate'], forward: true, maxAgeMs: minuteMs },
  restore: { permissions: ['operate'], forward: true, maxAgeMs: minuteMs },
  reject: { permissions: ['approve'], forward: false, maxAgeMs: minuteMs },
  withdraw: { permissions: ['approve'], forward: false, maxAgeMs: minuteMs },
  cancel: { permissions: ['operate'], forward: false, maxAgeMs: minuteMs },
  acknowledge: { permissions: ['respond', 'operate'], forward: false, maxAgeMs: minuteMs },
  explain: { permissions: ['operate', 'respond'], forward: false, maxAgeMs: hourMs },
  // The brake must work while Slack does not.
  pause: { permissions: ['operate', 'respond'], forward: false, maxAgeMs: hourMs },
  rollback: { permissions: ['operate', 'respond'], forward: false, maxAgeMs: hourMs },
}

/** The permissions of which one is enough; the first is the one to name in a refusal. */
export function permissionFor(
  action: Access['action'],
  upgrade?: Pick<Upgrade, 'request'>,
): readonly [Right, ...Right[]] {
  return action === 'rollback' && upgrade?.request.irreversible !== undefined ? ['operate'] : rules[action].permissions
}

/**
 * Whether somebody may do this. Says who, never when: whether the action means anything in the upgrade's phase is
 * for `transition` to say. Everything that is not allowed is denied, and so is what cannot be known.
 *
 * @returns the roles by which it is allowed, of today's policy while there is one
 */
export function authorize(access: Access): { allowed: true; roles: string[] } | Refused {
  const { action, actor, upgrade, today, membership } = access
  const { forward, maxAgeMs } = rules[action]
  const { kind, ageMs } = membership
  if (kind !== 'member' && kind !== 'unknown') return refuse({ code: 'NOT_A_MEMBER', why: kind })
  if (kind === 'unknown' || !(ageMs <= maxAgeMs)) return refuse({ code: 'MEMBERSHIP_UNKNOWN' })
  if (forward && !today) return refuse({ code: 'SERVICE_REMOVED' })

  const pinned = upgrade?.policy
  const binding = [today, pinned].filter((policy) => policy !== undefined)
  const needed = forward ? binding : binding.slice(0, 1)
  const held = needed.map((policy) => rolesHeld(access, policy))
  const refusing = needed.find((_, index) => held[index]?.length === 0)
  if (refusing) return notAllowed(access, refusing)
  // Without any policy nothing says that it is allowed.
  const roles = held[0]
  if (!roles) return refuse({ code: 'SERVICE_REMOVED' })

  const own = upgrade && needed.some((policy) => samePerson(policy, actor, upgrade.request.by))
  const separate = needed.some(({ approval }) => approval.separateRequester)
  const isYes = action === 'approve' || action === 'accept'
  if ((isYes && own && separate) || (action === 'review' && own)) return refuse({ code: 'OWN_REQUEST' })
  const asksToBreak = action === 'breakGlass' || action === 'confirm'
  if (asksToBreak && !needed.every(({ breakGlass }) => breakGlass)) return refuse({ code: 'BREAK_GLASS_FORBIDDEN' })
  if (action === 'confirm' && !own) return onlyTheirs(upgrade)
  return { allowed: true, roles }
}

/** Whether a pipeline may ask for an upgrade: its token stands for nothing but the services that name it. */
export function authorizePipeline(
  { pipelines = [] }: Pick<Policy, 'pipelines'>,
  { name }: PipelineActor,
): { allowed: true } | Refused {
  return pipelines.includes(name) ? { allowed: true } : refuse({ code: 'PIPELINE_NOT_ALLOWED', pipeline: name })
}

/**
 * Whether somebody may freeze or unfreeze, which belongs to no service.
 *
 * @param admins today's; absent when the configuration names nobody
 */
export function mayAdminister(
  action: 'freeze' | 'unfreeze',
  admins: Grant | undefined,
  actor: SlackActor,
  membership: Membership,
): { allowed: true } | Refused {
  const { kind, ageMs, groups } = membership
  if (kind !== 'member' && kind !== 'unknown') return refuse({ code: 'NOT_A_MEMBER', why: kind })
  // To stop everything must be possible while Slack is not.
  if (kind === 'unknown' || !(ageMs <= (action === 'freeze' ? hourMs : minuteMs))) {
    return refuse({ code: 'MEMBERSHIP_UNKNOWN' })
  }
  if (admins && includes(admins, actor, membership)) return { allowed: true }
  if (admins && groups === 'unknown' && admins.groups.length > 0) return refuse({ code: 'MEMBERSHIP_UNKNOWN' })
  return refuse({ code: 'ADMINS_ONLY', ...named(admins ? [admins] : []) })
}

/** Whoever asked to break the glass is the one to mean it. */
function onlyTheirs(upgrade: Upgrade | undefined): Refused {
  const users = upgrade?.request.by.kind === 'slack' ? [upgrade.request.by.user] : []
  return refuse({ code: 'NOT_ALLOWED', permission: 'admin', users, groups: [], roles: [] })
}

/** Every group whose members matter for a decision: Slack is asked about all of them at once. */
export function groupsToAsk(pinned: Policy | undefined, today: Policy | undefined): string[] {
  const grants = [pinned, today].flatMap((policy) =>
    policy ? [...Object.values(policy.permissions).flat(), ...policy.admins, ...grantsOf(policy, 'accept')] : [],
  )
  return [...new Set(grants.flatMap(({ groups }) => groups))]
}

/** Who a permission names, for «who can decide» and «who could have done it». */
export function deciders(
  policy: Policy,
  permission: Permission,
): { users: string[]; groups: string[]; roles: string[] } {
  return named(policy.permissions[permission])
}

/** What a policy lets somebody do in general, for «what may I do where». */
export function permissionsHeld(policy: Policy, actor: SlackActor, membership: Membership): OwnRight[] {
  if (membership.kind !== 'member') return []
  const rights: OwnRight[] = [...Permission.options, 'accept']
  return rights.filter((right) => grantsOf(policy, right).some((grant) => includes(grant, actor, membership)))
}

/** The roles by which a policy lets the actor do it. */
function rolesHeld(access: Access, policy: Policy): string[] {
  const held = grantsFor(access, policy).filter((grant) => includes(grant, access.actor, access.membership))
  return named(held).roles
}

/** Whom the policy names for the action; a requester may also cancel what is their own. */
function grantsFor({ action, actor, upgrade }: Access, policy: Policy): Grant[] {
  const ownCancel = action === 'cancel' && upgrade && samePerson(policy, actor, upgrade.request.by)
  const permissions: readonly Right[] = ownCancel ? ['operate', 'request'] : permissionFor(action, upgrade)
  return permissions.flatMap((permission) => grantsOf(policy, permission, upgrade && openAcceptance(upgrade)))
}

function includes({ users, groups }: Grant, { user }: SlackActor, membership: Membership): boolean {
  if (users.includes(user)) return true
  const isIn = membership.groups
  return isIn !== 'unknown' && groups.some((group) => isIn.includes(group))
}

/** A group that Slack cannot be asked about may be the one that allows it: that is not a plain no. */
function notAllowed(access: Access, policy: Policy): Refused {
  const groupsMatter = grantsFor(access, policy).some(({ groups }) => groups.length > 0)
  if (access.membership.groups === 'unknown' && groupsMatter) return refuse({ code: 'MEMBERSHIP_UNKNOWN' })
  const { action, upgrade } = access
  const permissions = permissionFor(action, upgrade)
  const gate = upgrade && openAcceptance(upgrade)
  const who = named(permissions.flatMap((permission) => grantsOf(policy, permission, gate)))
  const reason = upgrade?.request.irreversible
  if (action === 'rollback' && reason !== undefined) return refuse({ code: 'IRREVERSIBLE', reason, ...who })
  return refuse({ code: 'NOT_ALLOWED', permission: permissions[0], ...who })
}

function named(grants: Grant[]): { users: string[]; groups: string[]; roles: string[] } {
  return {
    users: [...new Set(grants.flatMap(({ users }) => users))],
    groups: [...new Set(grants.flatMap(({ groups }) => groups))],
    roles: [...new Set(grants.map(({ role }) => role))],
  }
}
