import { type Api, ApiError, type PatchOperation } from '../../../kubernetes/api.ts'
import type { PodTemplate } from '../../../kubernetes/pod-template.ts'
import { type Deployment, viewDeployment } from '../../../kubernetes/workload.ts'
import { resolveBatches } from '../../../upgrade/batches.ts'
import { RollcallError } from '../../../upgrade/error.ts'
import type { Finding, Upgrade, WorkloadFacts } from '../../../upgrade/upgrade.ts'
import { backChange, startChange } from '../next-move.ts'
import { originalsOf } from '../originals.ts'
import { type Change, patchOf, upgradeMark } from '../patch.ts'
import { finding } from './found.ts'

/** What admission says to the patches of a plan. */
export type DryRun = {
  findings: Finding[]
  /** The pod template that comes of it, with whatever admission adds; absent where it is refused. */
  template?: PodTemplate
}

/** Sends every shape of patch for admission to judge, without it being stored. */
export async function dryRun(
  api: Api,
  upgrade: Upgrade,
  deployment: Deployment,
  facts: WorkloadFacts,
): Promise<DryRun> {
  const { policy, request, id } = upgrade
  const { namespace, name, container } = policy.target
  if (facts.image === '') return { findings: [] }
  const strategy = policy.strategy.type
  const pods =
    strategy === 'rolling' ? (resolveBatches(policy.strategy.batches, facts.replicas)[0]?.pods ?? 0) : facts.replicas
  const goal = { on: 'target', to: 'batch', pods, of: facts.replicas } as const
  const originals = originalsOf(deployment, '')
  const view = viewDeployment(deployment)
  const stamp = { [upgradeMark]: `${id}@${upgrade.sequence}` }
  const send = async (patch: string, change: Change) => {
    const operations = patchOf(view, { ...change, annotations: { ...change.annotations, ...stamp } })
    const { patched, refusal } = await tried(api, namespace, name, operations)
    const findings = refusal === undefined ? [] : [finding('ADMISSION_REFUSED', { patch, message: refusal })]
    return { findings, template: patched?.spec.template }
  }
  const [start, ...others] = await Promise.all([
    send('start', startChange({ goal, facts, strategy, container, image: request.image, cause: id })),
    send('back', backChange({ facts, strategy }, originals)),
    send('finish', { fields: { paused: false } }),
  ])
  const findings = [start, ...others].flatMap((one) => one.findings)
  return { findings, ...(start.template && { template: start.template }) }
}

async function tried(
  api: Api,
  namespace: string,
  name: string,
  operations: PatchOperation[],
): Promise<{ patched?: Deployment; refusal?: string }> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
  try {
    return { patched: await api.patch<Deployment>(path, operations, { dryRun: 'All', fieldManager: 'rollcall' }) }
  } catch (error) {
    const said = error instanceof RollcallError ? error.cause : error
    if (!(said instanceof ApiError)) throw error
    if (said.status >= 500 || said.status === 401 || said.status === 429) throw error
    // A missing right is a finding of its own.
    if (said.status === 403 && said.message.includes('cannot patch resource')) return {}
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
    return { refusal: said.message }
  }
}
