import { type Dependency, unmetDependency } from '../upgrade/dependencies.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Policy } from '../upgrade/policy.ts'
import type { Finding } from '../upgrade/upgrade.ts'
import type { ActiveConfig, Targets, Upgrades } from './ports.ts'

/** Whom to ask; without a store only the workload is looked at. */
export type DependencySources = {
  config: () => Pick<ActiveConfig, 'policyFor'>
  targets: Targets
  upgrades?: Pick<Upgrades, 'open' | 'ended'>
}

/** Ended upgrades of a service that are looked through for the last one in an environment. */
const lookedThrough = 200

/** What of the services that this one depends on stands in the way now, in their order. */
export async function unmetDependencies(
  sources: DependencySources,
  { dependsOn, environment }: Pick<Policy, 'dependsOn' | 'environment'>,
): Promise<Finding[]> {
  const all = await Promise.all(
    dependsOn.map(async (service) => {
      const place = { service, environment }
      return unmetDependency(place, await look(sources, service, environment))
    }),
  )
  return all.flatMap((one) => one ?? [])
}

/** Where a service is today's configuration says, whichever one the upgrade started with. */
async function look({ config, targets, upgrades }: DependencySources, service: string, environment: string) {
  const policy = config().policyFor(service, environment)
  if (!policy) {
    const message = `${service} is not in the configuration in ${environment} any more`
    return { state: 'unknown', error: 'SERVICE_REMOVED', message } satisfies Dependency
  }
  try {
    const { clusterUid, uid, image, replicas } = await targets(policy.target).identify(policy.target)
    const opening = await upgrades?.open(service, environment, { clusterUid, uid })
    const ended = await upgrades?.ended({ service, limit: lookedThrough })
    return {
      state: 'seen',
      image,
      replicas,
      ...(opening?.active !== undefined && { active: opening.active }),
      ...(ended && { ended: ended.filter(({ request }) => request.environment === environment) }),
    } satisfies Dependency
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return { state: 'unknown', error: error.code, message: error.message } satisfies Dependency
  }
}
