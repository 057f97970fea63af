import type { Prepared } from '../../engine/ports.ts'
import type { Api } from '../../kubernetes/api.ts'
import {
  type Container,
  type PodSpec,
  type PodTemplate,
  templateHash,
  withImage,
} from '../../kubernetes/pod-template.ts'
import type { Deployment } from '../../kubernetes/workload.ts'
import { nameOf, versionOf } from '../../upgrade/image-reference.ts'
import type { Policy } from '../../upgrade/policy.ts'
import type { Finding, Upgrade, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { disruptionBudgets } from './checks/disruption-budgets.ts'
import { dryRun } from './checks/dry-run.ts'
import { finding, orUnknown } from './checks/found.ts'
import { missingCronJobs } from './checks/gate-jobs.ts'
import { beyondLimits, type LimitRanges, limitRangesOf, withDefaults } from './checks/limit-ranges.ts'
import { roomOnNodes } from './checks/node-room.ts'
import { crowdedQuotas } from './checks/quotas.ts'
import { claimsOf, missingReferences } from './checks/references.ts'
import { missingRights } from './checks/rights.ts'
import { scalers } from './checks/scaling.ts'
import { crampedSurge } from './checks/surge.ts'
import { capacityOf, heldTimings } from './hold.ts'
import { managersOf } from './managers.ts'
import { backCommand } from './originals.ts'
import { upgradeMark } from './patch.ts'
import { freshLook, type Look } from './requests.ts'
import { stampOf } from './situation.ts'
import { templateDiff } from './template-diff.ts'

/** Everything that speaks for or against an upgrade of this Deployment, worst first. Changes nothing. */
export async function preflight(api: Api, upgrade: Upgrade, deployment: Deployment): Promise<Prepared> {
  const { policy } = upgrade
  const facts = factsOf(deployment, policy)
  const [look, admission, ranges] = await Promise.all([
    orUnknown(freshLook(api, deployment.metadata)),
    dryRun(api, upgrade, deployment, facts),
    limitRangesOf(api, policy.target.namespace),
  ])
  const { template } = deployment.spec
  const upgraded = admission.template ?? withImage(template, policy.target.container, upgrade.request.image)
  const pod = runningPod(look) ?? withDefaults(upgraded.spec, ranges)
  const found = await Promise.all([
    admission.findings,
    unfit(deployment, upgrade, facts),
    unsettled(deployment, look),
    managersOf(deployment, policy.gitops),
    missingRights(api, policy),
    missingCronJobs(api, policy),
    surroundings(api, policy, facts, { template: upgraded.spec, pod, ranges }),
    scalers(api, policy.target, deployment),
    disruptionBudgets(api, deployment, policy.target.namespace),
  ])
  const order = { block: 0, warn: 1, note: 2 }
  const findings = found.flat().sort((one, other) => order[one.severity] - order[other.severity])
  return { facts, findings, changes: templateDiff(template, upgraded), back: backCommand(policy.target) }
}

type NewPods = {
  /** What they are made from. */
  template: PodSpec
  /** What comes of it: defaults, sidecars and all. */
  pod: PodSpec
  ranges: LimitRanges
}

/** Whether the new pods find what they need where they are to run. */
async function surroundings(
  api: Api,
  { target: { namespace }, strategy }: Policy,
  { surge, replicas }: WorkloadFacts,
  { template, pod, ranges }: NewPods,
): Promise<Finding[]> {
  const extra = strategy.type === 'recreate' ? 0 : Math.min(surge, replicas)
  const claims = await claimsOf(api, namespace, template)
  const found = await Promise.all([
    missingReferences(api, namespace, template, claims),
    extra > 0 ? crampedSurge(template, claims) : [],
    replicas > 0 ? beyondLimits(pod, ranges) : [],
    crowdedQuotas(api, namespace, pod, extra),
    roomOnNodes(api, pod, extra),
  ])
  return found.flat()
}

/**
 * A pod of the live template as it runs: what admission and autoscalers made of its resources is what the next one gets
 * too.
 */
function runningPod(look: Look | undefined): PodSpec | undefined {
  const { deployment, replicaSets, pods } = look?.snapshot ?? {}
  const set = replicaSets?.find((one) => one.templateHash === deployment?.templateHash)
  const newest = pods
    ?.filter(({ owner, active, deleting }) => owner === set?.uid && active && !deleting)
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt))[0]
  const { spec } = look?.pods.find(({ metadata }) => metadata.uid === newest?.uid) ?? {}
  return spec?.containers ? { ...spec, containers: spec.containers } : undefined
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
    if (isSame(container.image, request.image)) findings.push(finding('ALREADY_ON_IMAGE', { image: request.image }))
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

/** The same digest is the same image, whatever its tag says. */
function isSame(one: string, other: string): boolean {
  const [left, right] = [versionOf(one).digest, versionOf(other).digest]
  return one === other || (left !== undefined && left === right && nameOf(one) === nameOf(other))
}

/**
 * Whether the Deployment's own controller is done. Asked of the ReplicaSets and pods: the Deployment's status counts are
 * a little behind them, and somebody may ask for the next upgrade in the moment in which the last one ended.
 */
function unsettled({ spec }: Deployment, look: Look | undefined): Finding[] {
  if (spec.paused || spec.minReadySeconds === heldTimings.minReadySeconds || !look) return []
  const { deployment, replicaSets, pods } = look.snapshot
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
