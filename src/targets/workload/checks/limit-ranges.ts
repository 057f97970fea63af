import type { Api } from '../../../kubernetes/api.ts'
import { type Amounts, amountsOf, podResources, resourcesOf } from '../../../kubernetes/pod-resources.ts'
import type { Container, PodSpec, Resources } from '../../../kubernetes/pod-template.ts'
import { type Amount, formatQuantity } from '../../../kubernetes/quantity.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { type Answer, answerOf, finding, type Listed, notChecked } from './found.ts'

type Written = Record<string, string>
type Limit = {
  type: string
  min?: Written
  max?: Written
  default?: Written
  defaultRequest?: Written
  maxLimitRequestRatio?: Written
}
export type LimitRanges = Answer<Listed<{ spec: { limits: Limit[] } }>>

export function limitRangesOf(api: Api, namespace: string): Promise<LimitRanges> {
  return answerOf(api.get(`/api/v1/namespaces/${namespace}/limitranges`))
}

function limitsIn(ranges: LimitRanges, type: string): { range: string; limit: Limit }[] {
  const items = ranges.state === 'there' ? ranges.object.items : []
  return items.flatMap(({ metadata, spec }) =>
    spec.limits.filter((limit) => limit.type === type).map((limit) => ({ range: metadata.name, limit })),
  )
}

/** The pod as the namespace makes it: what its containers do not say themselves is filled in. */
export function withDefaults(spec: PodSpec, ranges: LimitRanges): PodSpec {
  const filled = (container: Container): Container => {
    const resources = limitsIn(ranges, 'Container').reduce(
      ({ requests = {}, limits = {} }: Resources, { limit }): Resources => ({
        requests: { ...limit.defaultRequest, ...limits, ...requests },
        limits: { ...limit.default, ...limits },
      }),
      container.resources ?? {},
    )
    return { ...container, resources }
  }
  const { initContainers, containers } = spec
  return {
    ...spec,
    containers: containers.map(filled),
    ...(initContainers && { initContainers: initContainers.map(filled) }),
  }
}

/**
 * What of the pods the namespace would refuse by now: a LimitRange is asked only when a pod is created, so those that
 * run may be older than it.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export function beyondLimits(spec: PodSpec, ranges: LimitRanges): Finding[] {
  if (ranges.state === 'forbidden') return [notChecked('LimitRange')]
  const judge = (type: string, name: string, requests: Amounts, limits: Amounts) =>
    limitsIn(ranges, type).flatMap(({ range, limit }) =>
      violations(limit, requests, limits).map(({ why, resource, bound }) =>
        finding('LIMIT_RANGE_REFUSES', { range, container: name, why, resource, bound: formatted(bound, why) }),
      ),
    )
  return [
    ...[...(spec.initContainers ?? []), ...spec.containers].flatMap((container) =>
      judge('Container', container.name, resourcesOf(container, 'requests'), resourcesOf(container, 'limits')),
    ),
    ...judge('Pod', '', podResources(spec, 'requests'), podResources(spec, 'limits')),
  ]
}

type Violation = { why: 'min' | 'max' | 'ratio'; resource: string; bound: Amount }

/** What says nothing of a bounded resource is refused too: then it could take any amount. */
function violations({ min = {}, max = {}, maxLimitRequestRatio = {} }: Limit, requests: Amounts, limits: Amounts) {
  const check = (why: Violation['why'], bounds: Written, holds: (resource: string, bound: Amount) => boolean) =>
    Object.entries(amountsOf(bounds)).flatMap(([resource, bound]): Violation[] =>
      holds(resource, bound) ? [] : [{ why, resource, bound }],
    )
  return [
    ...check('min', min, (resource, bound) => (requests[resource] ?? -1n) >= bound),
    ...check('max', max, (resource, bound) => resource in limits && (limits[resource] ?? 0n) <= bound),
    ...check('ratio', maxLimitRequestRatio, (resource, bound) => {
      const [limit, request] = [limits[resource], requests[resource]]
      return limit !== undefined && request !== undefined && limit * 1000n <= bound * request
    }),
  ]
}

function formatted(bound: Amount, why: Violation['why']): string {
  return why === 'ratio' ? String(Number(bound) / 1000) : formatQuantity(bound)
}
