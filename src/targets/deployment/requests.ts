import { type Api, ApiError, type PatchOperation } from '../../kubernetes/api.ts'
import {
  type Deployment,
  markPrefix,
  type Pod,
  type ReplicaSet,
  type Snapshot,
  viewDeployment,
  viewPod,
  viewReplicaSet,
} from '../../kubernetes/workload.ts'
import { RollcallError } from '../../upgrade/error.ts'
import type { Move } from './move.ts'
import { recordName } from './originals.ts'
import { annotationPath, barrierMark, upgradeMark } from './patch.ts'

/** Which Deployment, within a cluster. */
export type Ref = { namespace: string; name: string }

export function appsPath({ namespace }: Ref): string {
  return `/apis/apps/v1/namespaces/${namespace}`
}

function deploymentPath(ref: Ref): string {
  return `${appsPath(ref)}/deployments/${ref.name}`
}

/** @returns undefined when there is none */
export async function getDeployment(api: Api, ref: Ref): Promise<Deployment | undefined> {
  try {
    return await api.get<Deployment>(deploymentPath(ref))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** A snapshot of this moment, past every cache. */
export async function freshSnapshot(api: Api, ref: Ref): Promise<Snapshot | undefined> {
  return (await freshLook(api, ref))?.snapshot
}

/** The same, and what is in it as the API server sends it. */
export type Look = { snapshot: Snapshot; live: Deployment; pods: Pod[] }

export async function freshLook(api: Api, ref: Ref): Promise<Look | undefined> {
  const live = await getDeployment(api, ref)
  if (!live) return undefined
  const labelSelector = Object.entries(live.spec.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const [sets, pods] = await Promise.all([
    api.get<{ items: ReplicaSet[] }>(`${appsPath(ref)}/replicasets`, { labelSelector }),
    api.get<{ items: Pod[] }>(`/api/v1/namespaces/${ref.namespace}/pods`, { labelSelector }),
  ])
  const replicaSets = sets.items
    .flatMap((set) => viewReplicaSet(set) ?? [])
    .filter((set) => set.owner === live.metadata.uid)
  const owners = new Set(replicaSets.map(({ uid }) => uid))
  const mine = pods.items.flatMap((pod) => viewPod(pod) ?? []).filter((pod) => owners.has(pod.owner))
  const uids = new Set(mine.map(({ uid }) => uid))
  const snapshot = { deployment: viewDeployment(live), replicaSets, pods: mine }
  return { snapshot, live, pods: pods.items.filter(({ metadata }) => uids.has(metadata.uid)) }
}

/**
 * @returns undefined when the Deployment is not any more what the patch was made for
 * @throws RollcallError PATCH_REFUSED when admission says no
 */
export async function sendPatch(
  api: Api,
  ref: Ref,
  operations: PatchOperation[],
  query: { dryRun?: 'All'; fieldManager?: string } = {},
): Promise<Deployment | undefined> {
  try {
    return await api.patch<Deployment>(deploymentPath(ref), operations, { fieldManager: 'rollcall', ...query })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // A failed test says no more than «invalid»: looking again tells it from a refusal.
    const live = error.status === 404 ? undefined : await getDeployment(api, ref)
    const expected = operations.find((one) => one.op === 'test' && one.path === '/metadata/generation')
    if (!live || (expected && 'value' in expected && expected.value !== live.metadata.generation)) return undefined
    throw new RollcallError('PATCH_REFUSED', `The cluster refuses to change ${nameOf(ref)}: ${error.message}`, {
      hint: 'An admission webhook or policy of the cluster stands in the way; it worked when the plan was made.',
      cause: error,
    })
  }
}

/** Carries out a patch, behind its barrier if it has one; see `patch` in `move.ts`, and `sendPatch` for the rest. */
export async function sendMove(
  api: Api,
  ref: Ref,
  { operations, barrier = [] }: Extract<Move, { move: 'patch' }>,
  query: { fieldManager?: string } = {},
): Promise<Deployment | undefined> {
  await Promise.all(barrier.map((name) => touch(api, ref, name)))
  return sendPatch(api, ref, operations, query)
}

/** A new resourceVersion. Whoever may not write it, or comes when it is gone, pauses all the same. */
async function touch(api: Api, ref: Ref, name: string): Promise<void> {
  const value = new Date().toISOString()
  try {
    const operations = [{ op: 'add' as const, path: annotationPath(barrierMark), value }]
    await api.patch(`${appsPath(ref)}/replicasets/${name}`, operations, { fieldManager: 'rollcall' })
  } catch (error) {
    const refused = error instanceof ApiError || (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN')
    if (!refused) throw error
  }
}

/** Takes what the Deployment controller copied from the Deployment off one of its ReplicaSets. */
export async function strip(
  api: Api,
  ref: Ref,
  name: string,
  copied: (key: string) => boolean = (key) => key.startsWith(markPrefix),
): Promise<void> {
  const path = `${appsPath(ref)}/replicasets/${name}`
  try {
    const { metadata } = await api.get<ReplicaSet>(path)
    const marks = Object.keys(metadata.annotations ?? {}).filter(copied)
    const operations = marks.map((key) => ({ op: 'remove' as const, path: annotationPath(key) }))
    if (operations.length > 0) await api.patch(path, operations, { fieldManager: 'rollcall' })
  } catch (error) {
    // Gone, or somebody else took them off in the same moment.
    if (!(error instanceof ApiError && (error.status === 404 || error.status === 422))) throw error
  }
}

/** A Kubernetes Event on a Deployment, best effort: a courtesy to those who look with kubectl. */
export async function writeEvent(
  api: Api,
  { namespace, name, uid }: Ref & { uid: string },
  event: { type: 'Normal' | 'Warning'; reason: string; message: string },
): Promise<void> {
  const at = new Date()
  try {
    await api.post(`/api/v1/namespaces/${namespace}/events`, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name.slice(0, 200)}.`, namespace },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name, uid },
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

export function nameOf({ namespace, name }: Ref): string {
  return `Deployment ${namespace}/${name}`
}

export function missing(ref: Ref): RollcallError {
  return new RollcallError('TARGET_NOT_FOUND', `There is no ${nameOf(ref)}`, {
    hint: 'Check kind, namespace and name of the target. One that was deleted and made again is another object.',
  })
}

export function originalsLost(ref: Ref): RollcallError {
  const record = `${ref.namespace}/${recordName(ref.name)}`
  return new RollcallError('ORIGINALS_NOT_FOUND', `The ConfigMap ${record} with the original settings is gone`, {
    hint: `Restore ${nameOf(ref)} from its manifest, and take the annotation ${upgradeMark} off it.`,
  })
}
