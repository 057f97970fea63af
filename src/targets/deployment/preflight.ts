import { type Api, ApiError, type PatchOperation } from '../../kubernetes/api.ts'
import { type Container, type PodTemplate, templateHash } from '../../kubernetes/pod-template.ts'
import { type Deployment, viewDeployment } from '../../kubernetes/workload.ts'
import { resolveBatches } from '../../upgrade/batches.ts'
import { RollcallError } from '../../upgrade/error.ts'
import type { Policy } from '../../upgrade/policy.ts'
import type { Finding, Upgrade, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { autoscalersOf } from './autoscalers.ts'
import { type FindingCode, findingCodes } from './finding-codes.ts'
import { capacityOf, heldTimings } from './hold.ts'
import { managersOf } from './managers.ts'
import { backChange, startChange } from './next-move.ts'
import { originalsOf, recordName } from './originals.ts'
import { type Change, patchOf, upgradeMark } from './patch.ts'
import { freshSnapshot } from './requests.ts'
import { stampOf } from './situation.ts'

/** Everything that speaks for or against an upgrade of this Deployment, worst first. Changes nothing. */
export async function preflight(api: Api, upgrade: Upgrade, deployment: Deployment): Promise<Finding[]> {
  const { policy } = upgrade
  const facts = factsOf(deployment, policy)
  const found = await Promise.all([
    unfit(deployment, upgrade, facts),
    unsettled(api, deployment),
    managersOf(deployment, policy.gitops),
    missingRights(api, policy.target),
    refusedPatches(api, upgrade, deployment, facts),
    crampedSurge(api, deployment, policy, facts),
    quotas(api, policy, facts),
    autoscalers(api, policy.target),
    disruptionBudgets(api, deployment, policy.target.namespace),
  ])
  const order = { block: 0, warn: 1, note: 2 }
  return found.flat().sort((one, other) => order[one.severity] - order[other.severity])
}

/** What the plan is made from. */
export function factsOf({ spec }: Deployment, policy: Policy): WorkloadFacts {
  const { replicas = 1, strategy, template } = spec
  return {
    replicas,
    image: containerOf(template, policy.target.container)?.image ?? '',
    templateHash: templateHash(template),
    ...capacityOf(strategy, policy.strategy.maxSurge, replicas),
    strategyType: strategy.type,
  }
}

function containerOf(template: PodTemplate, name: string): Container | undefined {
  return template.spec.containers.find((container) => container.name === name)
}

function finding(code: FindingCode, detail: Finding['detail'] = {}): Finding {
  return { severity: findingCodes[code], code, detail }
}

function unfit(deployment: Deployment, { policy, request }: Upgrade, facts: WorkloadFacts): Finding[] {
  const { metadata, spec } = deployment
  const { target, strategy } = policy
  const { replicas, surge, unavailable, strategyType } = facts
  const findings: Finding[] = []

  const container = containerOf(spec.template, target.container)
  if (!container) {
    const containers = spec.template.spec.containers.map(({ name }) => name).join(', ')
    findings.push(finding('CONTAINER_NOT_FOUND', { container: target.container, containers }))
  } else {
    if (container.image === request.image) findings.push(finding('ALREADY_ON_IMAGE', { image: request.image }))
    if (!container.readinessProbe) findings.push(finding('NO_READINESS_PROBE', { container: target.container }))
  }

  const { namespace, name } = target
  const left = metadata.annotations?.[upgradeMark]
  const held = spec.minReadySeconds === heldTimings.minReadySeconds
  if (left !== undefined || held) {
    findings.push(finding('LEFTOVERS', { upgrade: stampOf(left)?.id ?? 'an earlier upgrade', namespace, name }))
  } else if (spec.paused) {
    findings.push(finding('TARGET_PAUSED'))
  }

  const seconds = spec.minReadySeconds ?? 0
  if (!held && seconds * 1000 >= strategy.readyTimeoutMs) {
    const readyTimeoutSeconds = strategy.readyTimeoutMs / 1000
    findings.push(finding('MIN_READY_SECONDS_TOO_HIGH', { seconds, readyTimeoutSeconds }))
  }
  if (strategy.type === 'rolling' && strategyType === 'Recreate') findings.push(finding('RECREATE_NO_BATCHES'))
  if (replicas === 0) return [...findings, finding('ZERO_REPLICAS')]
  if (replicas === 1) findings.push(finding('SINGLE_REPLICA'))
  if (strategy.type === 'recreate') findings.push(finding('DOWNTIME'))
  else if (surge === 0) findings.push(finding('DRAINS_FIRST', { unavailable }))
  return findings
}

/**
 * Whether the Deployment's own controller is done. Asked of the ReplicaSets and pods: the Deployment's status counts are
 * a little behind them, and somebody may ask for the next upgrade in the moment in which the last one ended.
 */
async function unsettled(api: Api, { metadata, spec }: Deployment): Promise<Finding[]> {
  if (spec.paused || spec.minReadySeconds === heldTimings.minReadySeconds) return []
  const snapshot = await orUnknown(freshSnapshot(api, metadata))
  if (!snapshot) return []
  const { deployment, replicaSets, pods } = snapshot
  const wanted = (sets: typeof replicaSets) => sets.reduce((sum, { replicas }) => sum + replicas, 0)
  const total = deployment.replicas
  const updated = wanted(replicaSets.filter(({ templateHash }) => templateHash === deployment.templateHash))
  const seen = deployment.observedGeneration >= deployment.generation
  if (!seen || updated !== total || wanted(replicaSets) !== total) {
    return [finding('ROLLOUT_IN_PROGRESS', { updated, total })]
  }
  const ready = pods.filter((pod) => pod.ready && !pod.deleting).length
  return ready < total ? [finding('TARGET_UNHEALTHY', { ready, total })] : []
}

/** What Rollcall must be allowed to do; the Kubernetes Events that it writes are a courtesy and not among it. */
async function missingRights(api: Api, { namespace, name }: Policy['target']): Promise<Finding[]> {
  const record = recordName(name)
  const needed: { group: string; resource: string; verb: string; name?: string }[] = [
    ...['get', 'patch'].map((verb) => ({ group: 'apps', resource: 'deployments', verb, name })),
    ...['list', 'watch'].map((verb) => ({ group: 'apps', resource: 'deployments', verb })),
    ...['list', 'watch', 'patch'].map((verb) => ({ group: 'apps', resource: 'replicasets', verb })),
    ...['list', 'watch'].map((verb) => ({ group: '', resource: 'pods', verb })),
    { group: '', resource: 'configmaps', verb: 'create' },
    ...['get', 'delete'].map((verb) => ({ group: '', resource: 'configmaps', verb, name: record })),
    { group: '', resource: 'resourcequotas', verb: 'list' },
    { group: 'autoscaling', resource: 'horizontalpodautoscalers', verb: 'list' },
  ]
  const answers = await Promise.all(
    needed.map(async (resourceAttributes) => {
      const { status } = await api.post<{ status: { allowed: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { ...resourceAttributes, namespace } },
        },
      )
      const { verb, resource } = resourceAttributes
      return status.allowed ? [] : [finding('RBAC_FORBIDDEN', { verb, resource, namespace })]
    }),
  )
  return answers.flat()
}

/** Sends every shape of patch for admission to judge, without it being stored. */
async function refusedPatches(
  api: Api,
  upgrade: Upgrade,
  deployment: Deployment,
  facts: WorkloadFacts,
): Promise<Finding[]> {
  const { policy, request, id } = upgrade
  const { namespace, name, container } = policy.target
  if (facts.image === '') return []
  const strategy = policy.strategy.type
  const pods =
    strategy === 'rolling' ? (resolveBatches(policy.strategy.batches, facts.replicas)[0]?.pods ?? 0) : facts.replicas
  const goal = { on: 'target', to: 'batch', pods, of: facts.replicas } as const
  const originals = originalsOf(deployment, '')
  const shapes: Record<string, Change> = {
    start: startChange({ goal, facts, strategy, container, image: request.image, cause: id }),
    back: backChange({ facts, strategy }, originals),
    finish: { fields: { paused: false } },
  }
  const view = viewDeployment(deployment)
  const stamp = { [upgradeMark]: `${id}@${upgrade.sequence}` }
  const answers = Object.entries(shapes).map(async ([patch, change]) => {
    const operations = patchOf(view, { ...change, annotations: { ...change.annotations, ...stamp } })
    const message = await refusalOf(api, namespace, name, operations)
    return message === undefined ? [] : [finding('ADMISSION_REFUSED', { patch, message })]
  })
  return (await Promise.all(answers)).flat()
}

async function refusalOf(
  api: Api,
  namespace: string,
  name: string,
  operations: PatchOperation[],
): Promise<string | undefined> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
  try {
    await api.patch(path, operations, { dryRun: 'All', fieldManager: 'rollcall' })
    return undefined
  } catch (error) {
    const said = error instanceof RollcallError ? error.cause : error
    if (!(said instanceof ApiError)) throw error
    if (said.status >= 500 || said.status === 401 || said.status === 429) throw error
    // A missing right is a finding of its own.
    if (said.status === 403 && said.message.includes('cannot patch resource')) return undefined
    const { metadata } = await api.get<Deployment>(path)
    const outdated = operations.some(
      (one) => one.op === 'test' && one.path === '/metadata/generation' && one.value !== metadata.generation,
    )
    if (outdated) {
      throw new RollcallError('CLUSTER_UNAVAILABLE', `Deployment ${namespace}/${name} changed while it was checked`, {
        hint: 'It is checked again by itself.',
        retryable: true,
        cause: error,
      })
    }
    return said.message
  }
}

/** Whether a pod more than the replicas can never start: pods that share a port of the node, or a volume of one node. */
async function crampedSurge(
  api: Api,
  { spec }: Deployment,
  policy: Policy,
  { surge, replicas }: WorkloadFacts,
): Promise<Finding[]> {
  if (surge === 0 || replicas === 0 || policy.strategy.type === 'recreate') return []
  const { containers, volumes = [] } = spec.template.spec
  const hostPort = containers.flatMap(({ ports = [] }) => ports).find((port) => port.hostPort)?.hostPort
  if (hostPort) return [finding('SURGE_IMPOSSIBLE', { why: 'hostPort', name: String(hostPort) })]
  const claims = volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
  const found = await Promise.all(
    claims.map(async (name) => {
      const path = `/api/v1/namespaces/${policy.target.namespace}/persistentvolumeclaims/${name}`
      const claim = await orUnknown(api.get<{ spec: { accessModes?: string[] } }>(path))
      const modes = claim?.spec.accessModes ?? []
      if (modes.some((mode) => mode.endsWith('Many'))) return []
      return [finding(claim ? 'SURGE_IMPOSSIBLE' : 'SURGE_DOUBTFUL', { why: 'ReadWriteOnce', name })]
    }),
  )
  return found.flat()
}

type Listed<T> = { items: (T & { metadata: { name: string; labels?: Record<string, string> } })[] }

async function quotas(api: Api, { target, strategy }: Policy, { surge, replicas }: WorkloadFacts): Promise<Finding[]> {
  const needed = strategy.type === 'recreate' || replicas === 0 ? 0 : surge
  const path = `/api/v1/namespaces/${target.namespace}/resourcequotas`
  const quotas = await orUnknown(
    api.get<Listed<{ status?: { hard?: Record<string, string>; used?: Record<string, string> } }>>(path),
  )
  return (quotas?.items ?? []).flatMap(({ metadata, status }) =>
    ['pods', 'count/pods'].flatMap((resource) => {
      const hard = status?.hard?.[resource]
      const free = Number(hard) - Number(status?.used?.[resource] ?? 0)
      if (hard === undefined || free >= needed) return []
      return [finding('QUOTA_TOO_SMALL', { quota: metadata.name, resource, free, needed })]
    }),
  )
}

async function autoscalers(api: Api, target: Policy['target']): Promise<Finding[]> {
  return (await autoscalersOf(api, target)).map(({ name: autoscaler, min, max, ofKeda }) => {
    // KEDA scales to zero itself and gives its autoscaler a minimum of 1 all the same.
    if (min === 0 || (ofKeda && min <= 1)) return finding('MAY_SCALE_TO_ZERO', { autoscaler })
    return finding('AUTOSCALED', { autoscaler, min, max })
  })
}

type Selector = {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}
type DisruptionBudget = { spec: { selector?: Selector }; status?: { disruptionsAllowed?: number } }

async function disruptionBudgets(api: Api, { spec }: Deployment, namespace: string): Promise<Finding[]> {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  const all = await orUnknown(api.get<Listed<DisruptionBudget>>(path))
  const labels = spec.template.metadata?.labels ?? {}
  return (all?.items ?? [])
    .filter((budget) => budget.spec.selector && selects(budget.spec.selector, labels))
    .map(({ metadata, status }) =>
      finding('DISRUPTION_BUDGET', { budget: metadata.name, allowed: status?.disruptionsAllowed ?? 0 }),
    )
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  const expressed = matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key]
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      default:
        return value === undefined
    }
  })
  return equal && expressed
}

/** `undefined` for what is not there or may not be seen: a missing right is a finding of its own. */
async function orUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    if (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN') return undefined
    throw error
  }
}
