import type { Parts } from './parts.ts'

/**
 * Finds upgrades that configured workloads are in the middle of and that the store knows nothing of, and has them taken
 * over. The first call begins to watch every configured workload, so that later a change of one is noticed at once.
 */
export async function lookForLost({ config, targets, upgrades, queue }: Parts): Promise<void> {
  const { services, policyFor } = config()
  const places = services().flatMap(({ name, environments }) =>
    environments.flatMap((environment) => policyFor(name, environment)?.target ?? []),
  )
  const marks = places.flatMap((ref) => targets(ref).mark(ref)?.id ?? [])
  for (const id of await upgrades.unknown(marks)) await queue.reconcile(id)
}
