import type { Api } from '../../../kubernetes/api.ts'
import { cronJobOf } from '../../../upgrade/gate.ts'
import type { Policy } from '../../../upgrade/policy.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { answerOf, finding } from './found.ts'

/** Whether the CronJobs are there that gates make their Jobs from; whether they may be looked at is among the rights. */
export async function missingCronJobs(
  api: Api,
  { target, gates }: Pick<Policy, 'target' | 'gates'>,
): Promise<Finding[]> {
  const { namespace } = target
  const found = gates.measured.map(async (gate) => {
    const { name } = gate
    const cronJob = cronJobOf(gate)
    if (cronJob === undefined) return []
    const { state } = await answerOf(api.metadata(`/apis/batch/v1/namespaces/${namespace}/cronjobs/${cronJob}`))
    return state === 'missing' ? [finding('CRON_JOB_MISSING', { cronJob, namespace, gate: name })] : []
  })
  return (await Promise.all(found)).flat()
}
