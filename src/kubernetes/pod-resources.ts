import type { Container, PodSpec, Resources } from './pod-template.ts'
import { type Amount, formatQuantity, parseQuantity } from './quantity.ts'

/** Amounts by the resource's name: `cpu`, `memory`, `nvidia.com/gpu`. */
export type Amounts = Record<string, Amount>

export type ResourceKind = 'requests' | 'limits'

/** What one container asks for, or may use at most. A limit without a request is a request too. */
export function resourcesOf({ resources = {} }: { resources?: Resources }, kind: ResourceKind): Amounts {
  const { requests = {}, limits = {} } = resources
  return amountsOf(kind === 'limits' ? limits : { ...limits, ...requests })
}

/**
 * What a whole pod takes of its node and its quota: the containers and those that run beside them, or the neediest
 * moment of its start, whichever is more.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 */
export function podResources(spec: PodSpec, kind: ResourceKind): Amounts {
  let starting: Amounts = {}
  let beside: Amounts = {}
  for (const container of spec.initContainers ?? []) {
    const own = resourcesOf(container, kind)
    if (isSidecar(container)) beside = sum(beside, own)
    starting = most(starting, isSidecar(container) ? beside : sum(beside, own))
  }
  const running = spec.containers.reduce((all, container) => sum(all, resourcesOf(container, kind)), beside)
  const declared = spec.resources ? resourcesOf({ resources: spec.resources }, kind) : {}
  const overhead = kind === 'requests' ? amountsOf(spec.overhead ?? {}) : {}
  return sum({ ...most(running, starting), ...declared }, overhead)
}

/** An init container that goes on running: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always'
}

export function amountsOf(written: Record<string, string | number>): Amounts {
  return Object.fromEntries(
    Object.entries(written).flatMap(([name, value]) => {
      const amount = parseQuantity(String(value))
      return amount === undefined ? [] : [[name, amount]]
    }),
  )
}

export function sum(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, (left, right) => left + right)
}

function most(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, larger)
}

/** `Math.max` knows no bigint. */
function larger(one: Amount, other: Amount): Amount {
  if (one > other) return one
  return other
}

function combined(one: Amounts, other: Amounts, join: (left: Amount, right: Amount) => Amount): Amounts {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...names].map((name) => [name, join(one[name] ?? 0n, other[name] ?? 0n)]))
}

/** `500m/1Gi`: CPU and memory; by its name what stands alone and what else there is; empty for nothing. */
export function describeAmounts({ cpu, memory, ...others }: Amounts): string {
  const both = cpu && memory ? [`${formatQuantity(cpu)}/${formatQuantity(memory)}`] : []
  const rest: Amounts = { ...(cpu && !memory && { cpu }), ...(memory && !cpu && { memory }), ...others }
  const named = Object.entries(rest).map(([name, amount]) => `${formatQuantity(amount)} ${name}`)
  return [...both, ...named].join(' and ')
}
