import { authorize, authorizePipeline, groupsToAsk } from '../access/authorize.ts'
import { entryOf } from '../upgrade/entry.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Event } from '../upgrade/events.ts'
import { imageOf, withOverrides } from '../upgrade/plan.ts'
import type { Policy } from '../upgrade/policy.ts'
import { accountOf, policyForRequester } from '../upgrade/quorum.ts'
import { isRefusal } from '../upgrade/refusal.ts'
import { opened } from '../upgrade/transition.ts'
import type { Finding, Plan, Request, Upgrade } from '../upgrade/upgrade.ts'
import { deadlineOf, notStored } from './deadline.ts'
import { skippedNumbers } from './numbers.ts'
import type { Parts } from './parts.ts'
import type { ApiCall, Identity, Opening, Upgrades } from './ports.ts'
import { prepare, type Sources } from './prepare.ts'
import { reachQuorum } from './reach-quorum.ts'
import { announce } from './record.ts'
import { restrictionFindingsOf } from './restrictions.ts'
import type { RequestInput, RequestRefusal } from './surface.ts'

type RequestRefused = { refused: RequestRefusal }

const attempts = 3

/** What would refuse a request now; it is recorded as it would be there. */
export async function refusalOf(parts: Parts, input: RequestInput): Promise<RequestRefusal | undefined> {
  const admitted = await admit(parts, input)
  if (!('refused' in admitted)) return undefined
  await recordRefusal(parts, input, admitted.refused)
  return admitted.refused
}

/** Opens an upgrade: authorized, alone on its target, with a number of its own. Its pre-flight follows. */
export async function request(parts: Parts, input: RequestInput): Promise<{ upgrade: Upgrade } | RequestRefused> {
  const outcome = await tryRequest(parts, input)
  if ('refused' in outcome) await recordRefusal(parts, input, outcome.refused)
  return outcome
}

async function tryRequest(parts: Parts, input: RequestInput): Promise<{ upgrade: Upgrade } | RequestRefused> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const known = await madeBefore(parts, input)
    if (known) return known
    const admitted = await admit(parts, input)
    // The same call may have come twice at once.
    if ('refused' in admitted) return (await madeBefore(parts, input)) ?? admitted
    const { policy, target, opening, config, deadline } = admitted
    const { clusterUid, uid, seen } = target
    const skipped = skippedNumbers(policy, opening.count, seen)
    const event: Event = {
      type: 'requested',
      id: `${input.service}-${input.environment}-${(skipped?.to ?? opening.count) + 1}`,
      ...(skipped && { skipped }),
      request: requestOf(input, policy, opening.now),
      policy,
      target: { clusterUid, uid },
      ...(input.via && { via: input.via }),
    }
    const upgrade = opened(event, opening.now)
    const head = { hash: opening.head, at: opening.now, sequence: 0 }
    const entry = entryOf(event, undefined, upgrade, head, opening.now, input.requestId)
    const { count } = opening
    const call = callOf(input)
    const change = { upgrade, entry, count, due: Date.parse(opening.now), deadline, config, ...(call && { call }) }
    const committed = await parts.upgrades.commit(change)
    if (committed === 'late') throw notStored()
    if (committed !== 'committed') continue
    announce(parts, upgrade, event, input.requestId)
    return { upgrade }
  }
  return { refused: { code: 'BUSY' } }
}

/** What the very same call of a pipeline has led to already: its caller had no answer. */
async function madeBefore(
  parts: Parts,
  input: RequestInput,
): Promise<{ upgrade: Upgrade } | RequestRefused | undefined> {
  const call = callOf(input)
  const made = call && (await parts.upgrades.called(call))
  if (!made) return undefined
  if (made.hash !== call.hash) return { refused: { code: 'KEY_REUSED' } }
  const loaded = await parts.upgrades.load(made.id)
  return loaded && { upgrade: loaded.upgrade }
}

function callOf({ by, call }: RequestInput): ApiCall | undefined {
  return by.kind === 'pipeline' && call ? { pipeline: by.name, ...call } : undefined
}

type Admitted = {
  policy: Policy
  target: Identity
  opening: Opening
  /** Hash of the configuration that all of this went by. */
  config: string
  /** Until when it may be stored. */
  deadline: number
}

/** Everything that has to be so before an upgrade is opened. */
async function admit(parts: Parts, input: RequestInput): Promise<Admitted | RequestRefused> {
  if (!(await parts.goesBy(await parts.upgrades.configInForce()))) return { refused: { code: 'CONFIG_OUTDATED' } }
  const config = parts.config().hash
  const policy = policyOf(parts, input)
  if ('refused' in policy) return policy
  const refused = await mayRequest(parts, input, policy)
  if (refused) return refused
  const target = await identify(parts, policy)
  if ('refused' in target) return target
  const askedAt = performance.now()
  const { clusterUid, uid } = target
  const opening = await parts.upgrades.open(input.service, input.environment, { clusterUid, uid })
  if (opening.active) return { refused: { code: 'ACTIVE', id: opening.active } }
  return { policy, target, opening, config, deadline: deadlineOf(askedAt, opening.now) }
}

/** Pre-flight and plan of an upgrade that is never stored. */
export async function plan(
  parts: Parts,
  input: RequestInput,
): Promise<{ request: Request; policy: Policy; plan: Plan } | RequestRefused> {
  const policy = policyOf(parts, input)
  if ('refused' in policy) return policy
  const target = await identify(parts, policy)
  if ('refused' in target) return target
  const now = await parts.upgrades.now()
  const request = requestOf(input, policy, now)
  const restricted = await restrictionFindingsOf(parts, policy, request, now)
  const around = { ...parts, target: parts.targets(policy.target) }
  return { policy, ...(await planOn(around, policy, target, request, restricted)) }
}

/**
 * Pre-flight and plan of a request on a target, with nothing else of Rollcall running.
 *
 * @param restricted what of windows and freezes stands in the way
 */
export async function planOn(
  sources: Sources & { upgrades?: Pick<Upgrades, 'open'> },
  policy: Policy,
  { clusterUid, uid }: Identity,
  request: Request,
  restricted: Finding[],
): Promise<{ request: Request; plan: Plan }> {
  const { service, environment } = policy
  const opening = await sources.upgrades?.open(service, environment, { clusterUid, uid })
  const id = `${service}-${environment}-${opening ? opening.count + 1 : 0}`
  const draft = opened({ type: 'requested', id, request, policy, target: { clusterUid, uid } }, request.at)
  const prepared = await prepare(sources, draft, request.at, restricted)
  return { request: prepared.upgrade.request, plan: prepared.plan }
}

function policyOf(parts: Parts, input: RequestInput): Policy | RequestRefused {
  const policy = parts.config().policyFor(input.service, input.environment)
  if (!policy) {
    return { refused: { code: 'UNKNOWN_SERVICE', service: input.service, environment: input.environment } }
  }
  const allowed: readonly string[] = policy.overrides
  const option = Object.keys(input.overrides).find((name) => !allowed.includes(name))
  if (option) return { refused: { code: 'OVERRIDE_NOT_ALLOWED', option, allowed: [...allowed] } }
  return policyForRequester(withOverrides(policy, input.overrides), input.by)
}

async function mayRequest(parts: Parts, input: RequestInput, policy: Policy): Promise<RequestRefused | undefined> {
  const { by, breakGlass } = input
  if (by.kind === 'pipeline') {
    const access = authorizePipeline(policy, by)
    if (isRefusal(access)) return access
    if (breakGlass) return { refused: { code: 'BREAK_GLASS_FORBIDDEN' } }
  }
  const actor = accountOf(by)
  if (actor) {
    const membership = await parts.members.lookup(actor, groupsToAsk(undefined, policy))
    const access = authorize({ action: breakGlass ? 'breakGlass' : 'request', actor, today: policy, membership })
    if (isRefusal(access)) return access
  }
  return input.breakGlass ? undefined : await outOfReach(parts, input, policy)
}

/** A quorum that nobody can meet would only waste everybody's time. */
async function outOfReach(parts: Parts, input: RequestInput, policy: Policy): Promise<RequestRefused | undefined> {
  const reach = await reachQuorum(parts, [policy], input.by)
  if (reach === 'unknown') return { refused: { code: 'MEMBERSHIP_UNKNOWN' } }
  if (!reach.enough) {
    return { refused: { code: 'QUORUM_UNREACHABLE', quorum: policy.approval.quorum, people: reach.people } }
  }
  return undefined
}

async function identify(parts: Parts, policy: Policy): Promise<Identity | RequestRefused> {
  try {
    return await parts.targets(policy.target).identify(policy.target)
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    const { code, message, hint } = error
    return { refused: { code: 'TARGET_UNAVAILABLE', error: code, message, hint } }
  }
}

function requestOf(input: RequestInput, policy: Policy, now: string): Request {
  const { service, environment, version, by, overrides, reason, irreversible, downgrade, major, breakGlass, startAt } =
    input
  const image = imageOf(policy, version)
  const said = {
    ...(reason && { reason }),
    ...(irreversible && { irreversible }),
    ...(downgrade && { downgrade }),
    ...(major && { major }),
    ...(startAt !== undefined && { startAt }),
    ...(breakGlass && { breakGlass }),
  }
  return { service, environment, version, image, by, at: now, overrides, ...said }
}

async function recordRefusal(parts: Parts, input: RequestInput, refusal: RequestRefusal): Promise<void> {
  parts.onRefusal?.(refusal.code)
  parts.log.warn({ code: refusal.code, requestId: input.requestId, service: input.service }, 'request refused')
  await parts.upgrades.recordRefusal({
    actor: input.by,
    action: 'request',
    target: `${input.service}/${input.environment}`,
    outcome: 'refused',
    code: refusal.code,
    ...(input.reason && { reason: input.reason }),
    from: {},
    to: { image: input.version },
    requestId: input.requestId,
    ...(input.via && { detail: { via: input.via } }),
  })
}
