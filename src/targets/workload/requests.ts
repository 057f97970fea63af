import { type Api, ApiError, type PatchOperation } from '../../kubernetes/api.ts'
import { markPrefix, type Workload } from '../../kubernetes/workload.ts'
import { RollcallError } from '../../upgrade/error.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { barrierMark, upgradeMark } from './marks.ts'
import type { Move } from './move.ts'
import { annotationPath } from './patch.ts'
import { recordName } from './record.ts'

/** Which workload, within a cluster. */
export type Ref = Pick<TargetRef, 'kind' | 'namespace' | 'name'>

export function appsPath({ namespace }: Pick<Ref, 'namespace'>): string {
  return `/apis/apps/v1/namespaces/${namespace}`
}

/** `deployments`, as a kind of the group `apps` is called in the API's paths and in rights. */
export function pluralOf(kind: Ref['kind']): string {
  return `${kind.toLowerCase()}s`
}

export function workloadPath(ref: Ref): string {
  return `${appsPath(ref)}/${pluralOf(ref.kind)}/${ref.name}`
}

/** @returns undefined when there is none */
export async function getWorkload<Live extends Workload>(api: Api, ref: Ref): Promise<Live | undefined> {
  try {
    return await api.get<Live>(workloadPath(ref))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** Of what bears all labels that the workload's selector names. */
export function labelsOf({ spec }: Workload): { labelSelector: string } {
  const labels = Object.entries(spec.selector.matchLabels ?? {})
  return { labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(',') }
}

/**
 * @returns undefined when the workload is not any more what the patch was made for
 * @throws RollcallError PATCH_REFUSED when admission says no
 */
export async function sendPatch<Live extends Workload>(
  api: Api,
  ref: Ref,
  operations: PatchOperation[],
  query: { dryRun?: 'All'; fieldManager?: string } = {},
): Promise<Live | undefined> {
  try {
    return await api.patch<Live>(workloadPath(ref), operations, { fieldManager: 'rollcall', ...query })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // A failed test says no more than «invalid»: looking again tells it from a refusal.
    const live = error.status === 404 ? undefined : await getWorkload(api, ref)
    if (!live || isOutdated(operations, live)) return undefined
    throw new RollcallError('PATCH_REFUSED', `The cluster refuses to change ${nameOf(ref)}: ${error.message}`, {
      hint: 'An admission webhook or policy of the cluster stands in the way; it worked when the plan was made.',
      cause: error,
    })
  }
}

/** Whether the patch was made for an earlier state of the workload. */
export function isOutdated(operations: readonly PatchOperation[], { metadata }: Workload): boolean {
  return operations.some(
    (one) =>
      one.op === 'test' &&
      ((one.path === '/metadata/generation' && one.value !== metadata.generation) ||
        (one.path === '/metadata/resourceVersion' && one.value !== metadata.resourceVersion)),
  )
}

/**
 * Carries out a patch, behind its barrier if it has one; see `sendPatch` for the rest.
 *
 * @param revisions plural of the kind of object that the workload's controller keeps them in
 */
export async function sendMove<Live extends Workload>(
  api: Api,
  ref: Ref,
  revisions: string,
  { operations, barrier = [] }: Extract<Move, { move: 'patch' }>,
  query: { fieldManager?: string } = {},
): Promise<Live | undefined> {
  await Promise.all(barrier.map((name) => touch(api, `${appsPath(ref)}/${revisions}/${name}`)))
  return sendPatch(api, ref, operations, query)
}

/** A new resourceVersion. Whoever may not write it, or comes when it is gone, pauses all the same. */
async function touch(api: Api, path: string): Promise<void> {
  const value = new Date().toISOString()
  try {
    const operations = [{ op: 'add' as const, path: annotationPath(barrierMark), value }]
    await api.patch(path, operations, { fieldManager: 'rollcall' })
  } catch (error) {
    const refused = error instanceof ApiError || (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN')
    if (!refused) throw error
  }
}

/**
 * Takes what a controller copied from the workload off one of its revisions.
 *
 * @param revisions plural of the kind of object that it keeps them in
 */
export async function strip(
  api: Api,
  { namespace }: Pick<Ref, 'namespace'>,
  revisions: string,
  name: string,
  copied: (key: string) => boolean = (key) => key.startsWith(markPrefix),
): Promise<void> {
  const path = `${appsPath({ namespace })}/${revisions}/${name}`
  try {
    const { metadata } = await api.get<Pick<Workload, 'metadata'>>(path)
    const marks = Object.keys(metadata.annotations ?? {}).filter(copied)
    const operations = marks.map((key) => ({ op: 'remove' as const, path: annotationPath(key) }))
    if (operations.length > 0) await api.patch(path, operations, { fieldManager: 'rollcall' })
  } catch (error) {
    // Gone, or somebody else took them off in the same moment.
    if (!(error instanceof ApiError && (error.status === 404 || error.status === 422))) throw error
  }
}

/** A Kubernetes Event on a workload, best effort: a courtesy to those who look with kubectl. */
export async function writeEvent(
  api: Api,
  { kind, namespace, name, uid }: Ref & { uid: string },
  event: { type: 'Normal' | 'Warning'; reason: string; message: string },
): Promise<void> {
  const at = new Date()
  try {
    await api.post(`/api/v1/namespaces/${namespace}/events`, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name.slice(0, 200)}.`, namespace },
      involvedObject: { apiVersion: 'apps/v1', kind, namespace, name, uid },
      ...event,
      source: { component: 'rollcall' },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    })
  } catch {
    // The audit trail has it.
  }
}

export function nameOf({ kind, namespace, name }: Ref): string {
  return `${kind} ${namespace}/${name}`
}

export function missing(ref: Ref): RollcallError {
  return new RollcallError('TARGET_NOT_FOUND', `There is no ${nameOf(ref)}`, {
    hint: 'Check kind, namespace and name of the target. One that was deleted and made again is another object.',
  })
}

export function originalsLost(ref: Ref): RollcallError {
  const record = `${ref.namespace}/${recordName(ref)}`
  return new RollcallError('ORIGINALS_NOT_FOUND', `The ConfigMap ${record} with the original settings is gone`, {
    hint: `Restore ${nameOf(ref)} from its manifest, and take the annotation ${upgradeMark} off it.`,
  })
}
