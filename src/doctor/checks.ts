import { arrivalsCheck } from './arrivals.ts'
import { auditChecks } from './audit.ts'
import type { Check } from './check.ts'
import { configurationChecks } from './configuration.ts'
import { environmentChecks } from './environment.ts'
import { kubernetesChecks } from './kubernetes.ts'
import { redisChecks } from './redis.ts'
import { requestUrlChecks } from './request-url.ts'
import type { Setup } from './setup.ts'
import { identityOf, slackAppChecks } from './slack.ts'
import { slackPlaceChecks } from './slack-places.ts'

/** Everything that `rollcall doctor` looks at. A new check: one function in its area's file, and a line in the list there. */
export async function allChecks(setup: Setup): Promise<Check[]> {
  const identity = identityOf(setup)
  return [
    ...slackAppChecks(setup, identity),
    ...requestUrlChecks(setup),
    ...slackPlaceChecks(setup, identity),
    arrivalsCheck(setup),
    ...redisChecks(setup),
    ...(await kubernetesChecks(setup)),
    ...configurationChecks(setup),
    ...environmentChecks(setup),
    ...auditChecks(setup),
  ]
}
