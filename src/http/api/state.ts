import type { Observation } from '../../engine/ports.ts'
import { plainActor } from '../../messages/plain-actor.ts'
import { progressOf } from '../../messages/progress.ts'
import { accountOf, countApprovals } from '../../upgrade/quorum.ts'
import type { Actor, Upgrade } from '../../upgrade/upgrade.ts'
import type { Accepted, State } from './schemas.ts'

export const upgradesPath = '/api/v1/upgrades'

/** What never changes of it. */
export function acceptedOf({ id, request }: Upgrade): Accepted {
  const { service, environment, version, by, at } = request
  return {
    ...{ id, service, environment, version, requestedAt: at, requester: requesterOf(by) },
    links: { self: `${upgradesPath}/${id}` },
  }
}

/**
 * An upgrade as programs see it.
 *
 * @param seen what the watch shows, and the address of the live message, where they are known
 */
export function stateOf(
  upgrade: Upgrade,
  seen: { observation?: Observation | undefined; slack?: string | undefined },
): State {
  const { id, sequence, request, policy, plan, hold, result } = upgrade
  const { phase, ...progress } = progressOf(upgrade, seen.observation)
  const accepted = acceptedOf(upgrade)
  return {
    ...{ id, sequence, phase, over: result !== undefined },
    ...{ service: accepted.service, environment: accepted.environment, version: accepted.version },
    image: request.image,
    ...(plan && { previousImage: plan.from.image }),
    requester: accepted.requester,
    ...(request.reason !== undefined && { reason: request.reason }),
    requestedAt: accepted.requestedAt,
    approvals: {
      needed: policy.approval.quorum,
      given: countApprovals(policy, upgrade.approvals, request.by, plan?.hash ?? ''),
    },
    progress,
    ...(hold && {
      hold: { code: hold.code, since: hold.since, ...(hold.reason !== undefined && { reason: hold.reason }) },
    }),
    findings: (result?.findings ?? plan?.findings ?? []).map(({ severity, code }) => ({ severity, code })),
    ...(result && { result: resultOf(result) }),
    links: { ...accepted.links, ...(seen.slack !== undefined && { slack: seen.slack }) },
  }
}

function resultOf({ outcome, code, at, by, reason }: NonNullable<Upgrade['result']>): NonNullable<State['result']> {
  return {
    outcome,
    ...(code !== undefined && { code }),
    at,
    by: plainActor(by),
    ...(reason !== undefined && { reason }),
  }
}

function requesterOf(by: Actor): State['requester'] {
  const account = accountOf(by)
  return { ...(by.kind === 'pipeline' && { pipeline: by.name }), ...(account && { slackUser: account.user }) }
}
