import type { Api } from '../../../kubernetes/api.ts'
import type { Pod } from '../../../kubernetes/pod.ts'
import { type Amounts, amountsOf, describeAmounts, podResources, sum } from '../../../kubernetes/pod-resources.ts'
import type { NodeSelectorTerm, PodSpec, Toleration } from '../../../kubernetes/pod-template.ts'
import { meets } from '../../../kubernetes/requirement.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { answerOf, finding, type Listed, notChecked } from './found.ts'

type Taint = { key: string; value?: string; effect: string }
export type Node = {
  metadata: { name: string; labels?: Record<string, string> }
  spec?: { unschedulable?: boolean; taints?: Taint[] }
  status?: { allocatable?: Record<string, string>; conditions?: { type: string; status: string }[] }
}

/** Nodes whose pods are asked for at most, and at a time: in a large cluster the first few have room or none has. */
const nodesLookedAt = { most: 60, atOnce: 10 }

/**
 * Whether nodes have room for the pods that come before old ones go, by their requests. Only what one pod asks of one
 * node is considered; rules between pods (affinity, spread) and what else waits for a place are not.
 *
 * @param extra how many pods there may be beside the replicas
 */
export async function roomOnNodes(api: Api, spec: PodSpec, extra: number): Promise<Finding[]> {
  if (extra === 0) return []
  const nodes = await answerOf(api.get<Listed<Node>>('/api/v1/nodes'))
  if (nodes.state !== 'there') return [notChecked('Node')]
  const open = nodes.object.items.filter((node) => isOpenTo(node, spec))
  const wanted = sum(podResources(spec, 'requests'), { pods: 1000n })
  let pods = 0
  let looked = 0
  while (pods < extra && looked < Math.min(open.length, nodesLookedAt.most)) {
    const some = open.slice(looked, looked + nodesLookedAt.atOnce)
    const room = await Promise.all(some.map((node) => roomOn(api, node, wanted)))
    if (room.includes('forbidden')) return [notChecked('Node')]
    pods += room.reduce((all: number, one) => all + Number(one), 0)
    looked += some.length
  }
  const { pods: _, ...requests } = wanted
  const detail = { request: describeAmounts(requests), needed: extra, open: open.length, looked }
  // With so many nodes there may be room on one that nobody looked at.
  if (pods < extra && looked < open.length) return [notChecked('Node')]
  if (pods === 0) return [finding('NO_ROOM_ON_NODES', detail)]
  return [finding('ROOM_ON_NODES', { ...detail, pods: Math.min(pods, extra) })]
}

async function roomOn(api: Api, node: Node, wanted: Amounts): Promise<number | 'forbidden'> {
  const running = `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed`
  const pods = await answerOf(api.get<{ items: Pod[] }>('/api/v1/pods', { fieldSelector: running }))
  if (pods.state !== 'there') return 'forbidden'
  const specs = pods.object.items.flatMap(({ spec }) => (spec?.containers ? [spec as PodSpec] : []))
  return roomFor(wanted, node, specs)
}

/** How many such pods fit on a node beside those that are there. */
export function roomFor(wanted: Amounts, { status }: Node, running: readonly PodSpec[]): number {
  const allocatable = amountsOf(status?.allocatable ?? {})
  const taken = running.reduce((all, spec) => sum(all, podResources(spec, 'requests')), {
    pods: BigInt(running.length) * 1000n,
  } as Amounts)
  const fits = Object.entries(wanted).flatMap(([resource, amount]) => {
    if (amount <= 0n) return []
    const free = (allocatable[resource] ?? 0n) - (taken[resource] ?? 0n)
    return [free <= 0n ? 0 : Number(free / amount)]
  })
  return Math.min(...fits)
}

/** Whether a pod of its own may be placed on the node at all: cordons, conditions, taints, selectors. */
export function isOpenTo(node: Node, { nodeSelector = {}, affinity, tolerations = [] }: PodSpec): boolean {
  const { unschedulable, taints = [] } = node.spec ?? {}
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  if (unschedulable || !ready) return false
  const repelled = taints.some(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((one) => tolerates(one, taint)),
  )
  if (repelled) return false
  const labels = node.metadata.labels ?? {}
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return !terms || terms.some((term) => isMet(term, node))
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (!key) return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity */
function isMet({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const fields: Record<string, string> = { 'metadata.name': metadata.name }
  return (
    matchExpressions.every((one) => meets(one, metadata.labels?.[one.key])) &&
    matchFields.every((one) => meets(one, fields[one.key]))
  )
}
