import type { Prepared } from '../../engine/ports.ts'
import type { Api, PatchOperation } from '../../kubernetes/api.ts'
import type { Pod, PodView } from '../../kubernetes/pod.ts'
import { type Container, type PodSpec, type PodTemplate, withImage } from '../../kubernetes/pod-template.ts'
import type { Workload } from '../../kubernetes/workload.ts'
import { nameOf, versionOf } from '../../upgrade/image-reference.ts'
import type { Policy } from '../../upgrade/policy.ts'
import type { Finding, Upgrade, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { disruptionBudgets } from './checks/disruption-budgets.ts'
import { dryRun } from './checks/dry-run.ts'
import { type Answer, finding } from './checks/found.ts'
import { missingCronJobs } from './checks/gate-jobs.ts'
import { beyondLimits, type LimitRanges, limitRangesOf, withDefaults } from './checks/limit-ranges.ts'
import { roomOnNodes } from './checks/node-room.ts'
import { crowdedQuotas } from './checks/quotas.ts'
import { type Claim, claimsOf, missingReferences } from './checks/references.ts'
import { scalers } from './checks/scaling.ts'
import { managersOf } from './managers.ts'
import { stampOf, upgradeMark } from './marks.ts'
import { backCommand } from './record.ts'
import { missingRights, type Right } from './rights.ts'
import { templateDiff } from './template-diff.ts'

/** What a kind contributes to the pre-flight of a workload of it. */
export type OwnFindings = {
  facts: WorkloadFacts
  /** Every shape of patch that the plan may need, the first one first. */
  patches: Record<string, PatchOperation[]>
  rights: readonly Right[]
  /** What stands against it as it is. */
  unfit: Finding[]
  /** Whether its own controller is done. */
  unsettled(): Promise<Finding[]>
  /** A pod of the live template as it runs: what admission made of its resources is what the next one gets too. */
  runningPod(): Promise<PodSpec | undefined>
  /** Whether a pod more than the replicas can never start. */
  cramped?(template: PodSpec, claims: ReadonlyMap<string, Answer<Claim>>): Finding[]
}

/** Everything that speaks for or against an upgrade of this workload, worst first. Changes nothing. */
export async function preflight(api: Api, upgrade: Upgrade, live: Workload, own: OwnFindings): Promise<Prepared> {
  const { policy, request } = upgrade
  const { target } = policy
  const { facts } = own
  const { template } = live.spec
  const [running, admission, ranges] = await Promise.all([
    own.runningPod(),
    dryRun(api, target, facts.image === '' ? {} : own.patches),
    limitRangesOf(api, target.namespace),
  ])
  const upgraded = admission.template ?? withImage(template, target.container, request.image)
  const pod = running ?? withDefaults(upgraded.spec, ranges)
  const found = await Promise.all([
    admission.findings,
    own.unfit,
    own.unsettled(),
    managersOf(live, policy.gitops),
    missingRights(api, policy, own.rights),
    missingCronJobs(api, policy),
    surroundings(api, policy, own, { template: upgraded.spec, pod, ranges }),
    scalers(api, target, live),
    disruptionBudgets(api, live, target.namespace),
  ])
  const order = { block: 0, warn: 1, note: 2 }
  const findings = found.flat().sort((one, other) => order[one.severity] - order[other.severity])
  return { facts, findings, changes: templateDiff(template, upgraded), back: backCommand(target) }
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
  { facts: { surge, replicas }, cramped }: OwnFindings,
  { template, pod, ranges }: NewPods,
): Promise<Finding[]> {
  const extra = strategy.type === 'recreate' ? 0 : Math.min(surge, replicas)
  const claims = await claimsOf(api, namespace, template)
  const found = await Promise.all([
    missingReferences(api, namespace, template, claims),
    extra > 0 && cramped ? cramped(template, claims) : [],
    replicas > 0 ? beyondLimits(pod, ranges) : [],
    crowdedQuotas(api, namespace, pod, extra),
    roomOnNodes(api, pod, extra),
  ])
  return found.flat()
}

/** The newest of these pods, as the API server has it. */
export function newestOf(candidates: PodView[], pods: Pod[]): PodSpec | undefined {
  const [newest] = candidates
    .filter(({ active, deleting }) => active && !deleting)
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt))
  const { spec } = pods.find(({ metadata }) => metadata.uid === newest?.uid) ?? {}
  return spec?.containers ? { ...spec, containers: spec.containers } : undefined
}

export function containerOf(template: PodTemplate, name: string): Container | undefined {
  return template.spec.containers.find((container) => container.name === name)
}

/** Whether the upgraded container is there, and not what it is to become. */
export function unfitContainer({ spec }: Workload, { policy: { target }, request }: Upgrade): Finding[] {
  const container = containerOf(spec.template, target.container)
  if (!container) {
    const containers = spec.template.spec.containers.map(({ name }) => name).join(', ')
    return [finding('CONTAINER_NOT_FOUND', { container: target.container, containers })]
  }
  return [
    ...(isSame(container.image, request.image) ? [finding('ALREADY_ON_IMAGE', { image: request.image })] : []),
    ...(container.readinessProbe ? [] : [finding('NO_READINESS_PROBE', { container: target.container })]),
  ]
}

/** What an upgrade before this one has left on it. */
export function leftovers({ metadata }: Workload, { policy: { target } }: Upgrade, held = false): Finding[] {
  const left = metadata.annotations?.[upgradeMark]
  if (left === undefined && !held) return []
  const { namespace, name } = target
  return [finding('LEFTOVERS', { upgrade: stampOf(left)?.id ?? 'an earlier upgrade', namespace, name })]
}

/** Whether a new pod would count only after the batch has failed. */
export function slowToCount({ spec }: Workload, { policy: { strategy } }: Upgrade): Finding[] {
  const seconds = spec.minReadySeconds ?? 0
  if (seconds * 1000 < strategy.readyTimeoutMs) return []
  const readyTimeoutSeconds = strategy.readyTimeoutMs / 1000
  return [finding('MIN_READY_SECONDS_TOO_HIGH', { seconds, readyTimeoutSeconds })]
}

/** The same digest is the same image, whatever its tag says. */
function isSame(one: string, other: string): boolean {
  const [left, right] = [versionOf(one).digest, versionOf(other).digest]
  return one === other || (left !== undefined && left === right && nameOf(one) === nameOf(other))
}
