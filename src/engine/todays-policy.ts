import type { Policy } from '../upgrade/policy.ts'
import { policyForRequester } from '../upgrade/quorum.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Parts } from './parts.ts'

/** What the configuration in force says of an upgrade's service; nothing once that is gone. */
export function todaysPolicy({ config }: Pick<Parts, 'config'>, { request }: Upgrade): Policy | undefined {
  const policy = config().policyFor(request.service, request.environment)
  return policy && policyForRequester(policy, request.by)
}
