import type { ConfigKeeper } from '../engine/config-keeper.ts'
import type { Readiness } from '../http/probes.ts'
import type { Connections } from './connections.ts'

/** Whether everything that this process needs answers, by name; what `/readyz` tells. */
export async function readiness(
  { redis, clusters }: Pick<Connections, 'redis' | 'clusters'>,
  slackAnswers: () => Promise<void>,
  config: Pick<ConfigKeeper, 'config' | 'inForce'>,
): Promise<Readiness> {
  const names = Object.keys(config.config().clusters)
  const [redisUp, slackUp, ...clustersUp] = await Promise.all([
    succeeds(redis.store.ping()),
    succeeds(slackAnswers()),
    ...names.map((name) => succeeds(clusters.get(name).api.get('/version'))),
  ])
  const byCluster = names.map((name, index) => [`cluster:${name}`, clustersUp[index] ?? false] as const)
  return { redis: redisUp, slack: slackUp, ...Object.fromEntries(byCluster), config: config.inForce() }
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
