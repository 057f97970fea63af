import { auditChecks } from './audit.ts'
import type { Check } from './check.ts'
import { environmentChecks } from './environment.ts'
import { redisChecks } from './redis.ts'
import type { Setup } from './setup.ts'

export { examine } from './check.ts'
export { openSetup } from './setup.ts'

/** What can be looked at beside the work, at each start: it asks Redis and the file system, and nobody who counts requests. */
export function startChecks(setup: Setup): Check[] {
  return [...redisChecks(setup), ...auditChecks(setup), ...environmentChecks(setup)]
}
