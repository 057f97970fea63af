import type { Api } from '../../../kubernetes/api.ts'
import { podResources, resourcesOf } from '../../../kubernetes/pod-resources.ts'
import type { PodSpec } from '../../../kubernetes/pod-template.ts'
import { type Amount, formatQuantity, parseQuantity } from '../../../kubernetes/quantity.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { finding, type Listed, orUnknown } from './found.ts'

type ScopeExpression = { scopeName: string; operator: string; values?: string[] }
type Quota = {
  spec?: { scopes?: string[]; scopeSelector?: { matchExpressions?: ScopeExpression[] } }
  status?: { hard?: Record<string, string>; used?: Record<string, string> }
}

/** Objects that every upgrade adds one of: the record of the originals and, for a while, a ReplicaSet. */
const addedOnce = ['configmaps', 'count/configmaps', 'count/replicasets.apps']

/** Resources that a container has to state once a quota counts them. */
const stated = /^(requests\.|limits\.)?(cpu|memory)$/

/**
 * Whether the quotas of the namespace have room for the pods that come before old ones go.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 *
 * @param extra how many pods there may be beside the replicas
 */
export async function crowdedQuotas(api: Api, namespace: string, spec: PodSpec, extra: number): Promise<Finding[]> {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`
  const quotas = await orUnknown(api.get<Listed<Quota>>(path))
  return (quotas?.items ?? []).flatMap(({ metadata: { name: quota }, spec: scope = {}, status }) => {
    const { hard = {}, used = {} } = status ?? {}
    const coversPods = covers(scope, spec)
    return Object.entries(hard).flatMap(([resource, limit]): Finding[] => {
      const silent = coversPods && stated.test(resource) ? unstated(resource, spec) : undefined
      if (silent !== undefined) return [finding('RESOURCES_NOT_STATED', { quota, resource, container: silent })]
      const perPod = coversPods ? neededPerPod(resource, spec) : undefined
      const needed = perPod === undefined ? onceNeeded(resource) : perPod * BigInt(extra)
      const total = parseQuantity(limit)
      if (needed === undefined || total === undefined) return []
      const free = total - (parseQuantity(used[resource] ?? '0') ?? 0n)
      if (free >= needed) return []
      return [
        finding('QUOTA_TOO_SMALL', { quota, resource, free: formatQuantity(free), needed: formatQuantity(needed) }),
      ]
    })
  })
}

function onceNeeded(resource: string): Amount | undefined {
  return addedOnce.includes(resource) ? 1000n : undefined
}

/** What one pod takes of a quota's resource; `undefined` for what pods do not take. */
function neededPerPod(resource: string, spec: PodSpec): Amount | undefined {
  if (resource === 'pods' || resource === 'count/pods') return 1000n
  const [, prefix = 'requests.', name = ''] = /^(requests\.|limits\.)?(.+)$/.exec(resource) ?? []
  return podResources(spec, prefix === 'limits.' ? 'limits' : 'requests')[name]
}

/** The first container that does not say what it takes of a resource. */
function unstated(resource: string, spec: PodSpec): string | undefined {
  const kind = resource.startsWith('limits.') ? 'limits' : 'requests'
  const name = resource.replace(/^(requests|limits)\./, '')
  if (spec.resources && name in resourcesOf({ resources: spec.resources }, kind)) return undefined
  const all = [...(spec.initContainers ?? []), ...spec.containers]
  return all.find((container) => !(name in resourcesOf(container, kind)))?.name
}

/** Whether the quota counts such pods at all; one with a scope that is not known here does not count them. */
function covers({ scopes = [], scopeSelector }: NonNullable<Quota['spec']>, spec: PodSpec): boolean {
  const expressions = [
    ...scopes.map((scopeName): ScopeExpression => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ]
  return expressions.every((expression) => isIn(expression, spec))
}

function isIn({ scopeName, operator, values = [] }: ScopeExpression, spec: PodSpec): boolean {
  const { priorityClassName: priority } = spec
  switch (scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return isBestEffort(spec)
    case 'NotBestEffort':
      return !isBestEffort(spec)
    case 'PriorityClass':
      switch (operator) {
        case 'In':
          return priority !== undefined && values.includes(priority)
        case 'NotIn':
          return priority === undefined || !values.includes(priority)
        case 'DoesNotExist':
          return priority === undefined
        default:
          return priority !== undefined
      }
    default:
      return false
  }
}

function isBestEffort(spec: PodSpec): boolean {
  const { cpu = 0n, memory = 0n } = podResources(spec, 'requests')
  return cpu === 0n && memory === 0n
}
