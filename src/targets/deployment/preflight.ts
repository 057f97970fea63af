import type { Prepared } from '../../engine/ports.ts'
import type { Api } from '../../kubernetes/api.ts'
import { type Deployment, viewDeployment } from '../../kubernetes/deployment.ts'
import { templateHash } from '../../kubernetes/pod-template.ts'
import { resolveBatches } from '../../upgrade/batches.ts'
import type { Policy } from '../../upgrade/policy.ts'
import type { Finding, Upgrade, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { finding, orUnknown } from '../workload/checks/found.ts'
import { marked } from '../workload/marks.ts'
import {
  containerOf,
  leftovers,
  newestOf,
  preflight as preflightOf,
  slowToCount,
  unfitContainer,
} from '../workload/preflight.ts'
import { capacityOf, heldTimings } from './hold.ts'
import { backChange, startChange } from './next-move.ts'
import { originalsOf } from './originals.ts'
import { type Change, patchOf } from './patch.ts'
import { type DeploymentLook, freshLook, ownRights } from './requests.ts'
import { crampedSurge } from './surge.ts'

/** Everything that speaks for or against an upgrade of this Deployment, worst first. Changes nothing. */
export function preflight(api: Api, upgrade: Upgrade, deployment: Deployment): Promise<Prepared> {
  const { policy } = upgrade
  const facts = factsOf(deployment, policy)
  const looked = orUnknown(freshLook(api, policy.target))
  return preflightOf(api, upgrade, deployment, {
    facts,
    patches: patchesOf(upgrade, deployment, facts),
    rights: ownRights,
    unfit: unfit(deployment, upgrade, facts),
    unsettled: async () => unsettled(deployment, await looked),
    runningPod: async () => runningPod(await looked),
    cramped: crampedSurge,
  })
}

function patchesOf({ policy, request, id, sequence }: Upgrade, deployment: Deployment, facts: WorkloadFacts) {
  const strategy = policy.strategy.type
  const pods =
    strategy === 'rolling' ? (resolveBatches(policy.strategy.batches, facts.replicas)[0]?.pods ?? 0) : facts.replicas
  const goal = { on: 'target', to: 'batch', pods, of: facts.replicas } as const
  const originals = originalsOf(deployment, '')
  const { container } = policy.target
  const view = viewDeployment(deployment)
  const stamped = (change: Change) =>
    patchOf(view, { ...change, annotations: { ...change.annotations, ...marked({ id, sequence }) } })
  return {
    start: stamped(startChange({ goal, facts, strategy, container, image: request.image, cause: id })),
    back: stamped(backChange({ facts, strategy }, originals)),
    finish: stamped({ fields: { paused: false } }),
  }
}

function runningPod(look: DeploymentLook | undefined) {
  if (!look) return undefined
  const { deployment, replicaSets, pods } = look.snapshot
  const set = replicaSets.find((one) => one.templateHash === deployment.templateHash)
  return newestOf(
    pods.filter(({ owner }) => owner === set?.uid),
    look.pods,
  )
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

function unfit(deployment: Deployment, upgrade: Upgrade, facts: WorkloadFacts): Finding[] {
  const { spec } = deployment
  const { strategy } = upgrade.policy
  const { replicas, surge, unavailable, strategyType } = facts
  const held = spec.minReadySeconds === heldTimings.minReadySeconds
  const left = leftovers(deployment, upgrade, held)
  const findings = [
    ...unfitContainer(deployment, upgrade),
    ...left,
    ...(left.length === 0 && spec.paused ? [finding('TARGET_PAUSED')] : []),
    ...(held ? [] : slowToCount(deployment, upgrade)),
    ...(strategy.type === 'rolling' && strategyType === 'Recreate' ? [finding('RECREATE_NO_BATCHES')] : []),
  ]
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
function unsettled({ spec }: Deployment, look: DeploymentLook | undefined): Finding[] {
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
