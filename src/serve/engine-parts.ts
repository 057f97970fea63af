import type { Environment } from '../config/environment.ts'
import type { ConfigKeeper } from '../engine/config-keeper.ts'
import type { Parts } from '../engine/parts.ts'
import { gates, openMeasures } from '../gates/index.ts'
import { trafficHistory } from '../gates/traffic.ts'
import { onCall } from '../on-call/on-call.ts'
import { registryImages } from '../registry/images.ts'
import { slackAccounts } from '../slack/accounts.ts'
import { redisAlerts } from '../store/alerts.ts'
import { redisFreezes } from '../store/freezes.ts'
import { redisCapacities, redisMeasurements } from '../store/measurements.ts'
import { redisProposals } from '../store/proposals.ts'
import { openTargets } from '../targets/index.ts'
import type { AuditKey } from '../upgrade/audit-chain.ts'
import type { Connections } from './connections.ts'

export type EngineSetup = {
  environment: Environment
  /** Values of the environment variables that gates and schedules name. */
  secrets: Readonly<Record<string, string>>
  auditKeys: readonly AuditKey[]
  connections: Connections
  keeper: ConfigKeeper
}

/** What other parts of the process need, too, or hear. */
export type SharedParts = Pick<
  Parts,
  'upgrades' | 'queue' | 'members' | 'display' | 'log' | 'onEvent' | 'onFrozen' | 'onProposal' | 'onRefusal'
>

/** The engine's ports, each with the adapter that it has in a running process. */
export function engineParts(setup: EngineSetup, shared: SharedParts): Parts {
  const { environment, secrets, auditKeys, connections, keeper } = setup
  const { clusters, slack, redis } = connections
  const images = registryImages({
    registries: () => keeper.config().registries ?? {},
    credentials: environment.REGISTRY_AUTH_FILE,
  })
  return {
    ...shared,
    targets: openTargets(clusters),
    images,
    gates,
    measures: openMeasures({ clusters, secrets, attachments: images.attachments }),
    measurements: redisMeasurements(redis.store),
    traffic: trafficHistory(secrets),
    capacities: redisCapacities(redis.store),
    freezes: redisFreezes(redis.store, auditKeys),
    alerts: redisAlerts(redis.store),
    proposals: redisProposals(redis.store),
    onCall: onCall({
      settings: (service) => keeper.active().onCall(service),
      secrets,
      account: slackAccounts(slack.impatient),
      log: shared.log,
    }),
    config: keeper.active,
    goesBy: keeper.goesBy,
  }
}
