import { groupsToAsk, permissionsHeld } from '../access/authorize.ts'
import { bounded } from '../upgrade/printable.ts'
import type { SlackActor } from '../upgrade/upgrade.ts'
import { alertsOf } from './alerts.ts'
import { decide } from './decide.ts'
import { freeze, freezesInForce, unfreeze } from './freeze.ts'
import { evidenceOf, lastReports } from './measure.ts'
import type { Parts } from './parts.ts'
import { dismiss } from './proposals.ts'
import { plan, refusalOf, request } from './request.ts'
import { allowed, standingOf } from './standing.ts'
import type { Surface } from './surface.ts'
import { versions } from './versions.ts'

/** The engine as surfaces see it. */
export function engine(parts: Parts): Surface {
  return {
    request: (input) => request(parts, bounded(input)),
    refusalOf: (input) => refusalOf(parts, bounded(input)),
    plan: (input) => plan(parts, input),
    decide: (decision) => decide(parts, bounded(decision)),
    freeze: (input) => freeze(parts, bounded(input)),
    unfreeze: (input) => unfreeze(parts, bounded(input)),
    freezes: () => freezesInForce(parts),
    dismiss: (input) => dismiss(parts, input),
    find: async (id) => (await parts.upgrades.load(id))?.upgrade,
    active: () => parts.upgrades.active(),
    ended: (options) => parts.upgrades.ended(options),
    audit: (id) => parts.upgrades.audit(id),
    observe: (upgrade) => parts.targets(upgrade.policy.target).observe(upgrade),
    reports: (upgrade) => lastReports(parts, upgrade),
    alerts: (upgrade) => alertsOf(parts, upgrade),
    versions: async (service, actor) => {
      const places = await permissionsOf(parts, actor, service)
      return places.some(({ permissions }) => permissions.includes('request')) ? versions(parts, service) : undefined
    },
    evidence: (upgrade) => evidenceOf(parts, upgrade),
    services: () => parts.config().services(),
    policyFor: (service, environment) => parts.config().policyFor(service, environment),
    permissionsOf: (actor) => permissionsOf(parts, actor),
    standingOf: (actor) => standingOf(parts, actor),
    allowed: (actor, upgrade, actions) => allowed(parts, actor, upgrade, actions),
    admins: () => parts.config().admins(),
    now: () => parts.upgrades.now(),
  }
}

/** @param only of this service */
async function permissionsOf(parts: Parts, actor: SlackActor, only?: string) {
  const config = parts.config()
  const places = config
    .services()
    .filter(({ name }) => only === undefined || name === only)
    .flatMap(({ name, environments }) =>
      environments.flatMap((environment) => config.policyFor(name, environment) ?? []),
    )
  return Promise.all(
    places.map(async (policy) => {
      const membership = await parts.members.lookup(actor, groupsToAsk(undefined, policy))
      const permissions = permissionsHeld(policy, actor, membership)
      return { service: policy.service, environment: policy.environment, permissions }
    }),
  )
}
