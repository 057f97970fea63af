import type { ResourceName } from './api-error.ts'

export type Resource = ResourceName & {
  version: string
  singular: string
  shortNames: string[]
  namespaced: boolean
  /** What makes metadata.generation grow; Deployments copy their annotations to ReplicaSets, so they count there. */
  generation: 'none' | 'spec' | 'spec and annotations'
  /** Whether writes of the object leave its status alone and `/status` leaves the rest alone. */
  hasStatus: boolean
  hasScale: boolean
  hasLog: boolean
}

function resource(
  group: string,
  version: string,
  plural: string,
  kind: string,
  traits: Partial<Resource> = {},
): Resource {
  return {
    group,
    version,
    plural,
    kind,
    singular: kind.toLowerCase(),
    shortNames: [],
    namespaced: true,
    generation: 'none',
    hasStatus: false,
    hasScale: false,
    hasLog: false,
    ...traits,
  }
}

export const resources: readonly Resource[] = [
  resource('', 'v1', 'namespaces', 'Namespace', { shortNames: ['ns'], namespaced: false, hasStatus: true }),
  resource('', 'v1', 'nodes', 'Node', { shortNames: ['no'], namespaced: false, hasStatus: true }),
  resource('', 'v1', 'pods', 'Pod', { shortNames: ['po'], hasStatus: true, hasLog: true, generation: 'spec' }),
  resource('', 'v1', 'services', 'Service', { shortNames: ['svc'], hasStatus: true }),
  resource('', 'v1', 'endpoints', 'Endpoints', { shortNames: ['ep'] }),
  resource('', 'v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  resource('', 'v1', 'secrets', 'Secret'),
  resource('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { shortNames: ['pvc'], hasStatus: true }),
  resource('', 'v1', 'events', 'Event', { shortNames: ['ev'] }),
  resource('', 'v1', 'resourcequotas', 'ResourceQuota', { shortNames: ['quota'], hasStatus: true }),
  resource('', 'v1', 'limitranges', 'LimitRange', { shortNames: ['limits'] }),
  resource('apps', 'v1', 'deployments', 'Deployment', {
    shortNames: ['deploy'],
    hasStatus: true,
    hasScale: true,
    generation: 'spec and annotations',
  }),
  resource('apps', 'v1', 'replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    hasStatus: true,
    hasScale: true,
    generation: 'spec',
  }),
  resource('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    shortNames: ['hpa'],
    hasStatus: true,
  }),
  resource('batch', 'v1', 'cronjobs', 'CronJob', { shortNames: ['cj'], hasStatus: true, generation: 'spec' }),
  resource('batch', 'v1', 'jobs', 'Job', { hasStatus: true, generation: 'spec' }),
  resource('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', { generation: 'spec' }),
  resource('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', {
    shortNames: ['pdb'],
    hasStatus: true,
    generation: 'spec',
  }),
]

const byPlural = new Map(resources.map((entry) => [entry.plural, entry]))

/** The resource with this plural name; no two groups of the simulated API share one. */
export function resourceNamed(plural: string): Resource {
  const found = byPlural.get(plural)
  if (!found) throw new Error(`the simulated cluster has no resource ${plural}`)
  return found
}

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  const found = byPlural.get(plural)
  return found?.group === group && found.version === version ? found : undefined
}

/** The resource of a kind, as an object or an owner reference names it. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find(
    (entry) => entry.kind === kind && apiVersion === (entry.group ? `${entry.group}/${entry.version}` : entry.version),
  )
}

export function apiVersionOf({ group, version }: Resource): string {
  return group ? `${group}/${version}` : version
}
