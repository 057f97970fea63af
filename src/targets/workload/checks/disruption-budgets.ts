import type { Api } from '../../../kubernetes/api.ts'
import { meets, type Requirement } from '../../../kubernetes/requirement.ts'
import type { Workload } from '../../../kubernetes/workload.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { answerOf, finding, type Listed, notChecked } from './found.ts'

type Selector = {
  matchLabels?: Record<string, string>
  matchExpressions?: Requirement[]
}
type DisruptionBudget = { spec: { selector?: Selector }; status?: { disruptionsAllowed?: number } }

/** Budgets that cover the pods. A rollout does not spend them; whoever drains a node meanwhile does. */
export async function disruptionBudgets(api: Api, { spec }: Workload, namespace: string): Promise<Finding[]> {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  const all = await answerOf(api.get<Listed<DisruptionBudget>>(path))
  if (all.state === 'forbidden') return [notChecked('PodDisruptionBudget')]
  const labels = spec.template.metadata?.labels ?? {}
  const items = all.state === 'there' ? all.object.items : []
  return items
    .filter((budget) => budget.spec.selector && selects(budget.spec.selector, labels))
    .map(({ metadata, status }) =>
      finding('DISRUPTION_BUDGET', { budget: metadata.name, allowed: status?.disruptionsAllowed ?? 0 }),
    )
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((one) => meets(one, labels[one.key]))
  )
}
