import { createHash } from 'node:crypto'
import { type Api, ApiError, type PatchOperation } from '../../kubernetes/api.ts'
import { templateHash } from '../../kubernetes/pod-template.ts'
import { changeCause, type Deployment } from '../../kubernetes/workload.ts'
import type { Request, WorkloadFacts } from '../../upgrade/upgrade.ts'
import { backChange } from './next-move.ts'
import { annotationPath, upgradeMark } from './patch.ts'
import type { Originals, Situation } from './situation.ts'

/**
 * What a Deployment was before an upgrade, kept in a ConfigMap beside it. Annotations would not do: `rollout undo` and
 * the Deployment controller copy, drop and resurrect them.
 */
export type OriginalsRecord = {
  upgrade: string
  uid: string
  facts: WorkloadFacts
  strategy: Situation['strategy']
  originals: Originals
  /** Of the state that kept it: what an earlier one finishes does not delete it any more. Releases before 0.2 did not write it. */
  sequence?: number
  /** What was asked for: a store that has lost the upgrade takes it over with it. Releases before 0.2 did not write it. */
  request?: Request
}

type ConfigMap = {
  metadata: { name: string; uid?: string; [field: string]: unknown }
  data?: Record<string, string>
}

/** The longest name of an object: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const longestName = 253

/** `rollcall-<deployment>`; a name too long for that is cut and told apart by a hash. */
export function recordName(deployment: string): string {
  const name = `rollcall-${deployment}`
  if (name.length <= longestName) return name
  const hash = createHash('sha256').update(deployment).digest('hex').slice(0, 8)
  return `${name.slice(0, longestName - 9)}-${hash}`
}

/** What is original in a Deployment as it stands. */
export function originalsOf({ metadata, spec }: Deployment, upgradedHash: string): Originals {
  const { minReadySeconds, progressDeadlineSeconds, strategy, template } = spec
  const cause = metadata.annotations?.[changeCause]
  return {
    template,
    templateHash: templateHash(template),
    upgradedHash,
    ...(minReadySeconds !== undefined && { minReadySeconds }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    strategy,
    ...(cause !== undefined && { changeCause: cause }),
  }
}

/** The record of this very object, whoever's upgrade made it. */
export async function readRecord(
  api: Api,
  namespace: string,
  name: string,
  uid: string,
): Promise<OriginalsRecord | undefined> {
  const found = await readConfigMap(api, namespace, name)
  const text = found?.data?.['record.json']
  if (!text) return undefined
  const record = JSON.parse(text) as OriginalsRecord
  return record.uid === uid ? record : undefined
}

/** Writes the record, in the place of one that another upgrade left, or an earlier state of this one. */
export async function writeRecord(api: Api, namespace: string, name: string, record: OriginalsRecord): Promise<void> {
  const { upgrade, uid, sequence } = record
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: recordName(name),
      labels: { 'app.kubernetes.io/managed-by': 'rollcall' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid }],
    },
    data: { upgrade, sequence: `${sequence ?? 0}`, 'record.json': JSON.stringify(record), ...patchesFor(record) },
  }
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  try {
    await api.post(path, body)
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error
    const existing = await readRecord(api, namespace, name, uid)
    if (existing && isKeptSince(existing, record)) return
    await deleteRecord(api, namespace, name, (there) => !isKeptSince(there, record))
    await api.post(path, body)
  }
}

/** Which upgrade keeps a record, and in which state. */
export type Keeper = Pick<OriginalsRecord, 'upgrade' | 'sequence'>

/** Whether a record is this upgrade's, from this state or a later one. */
export function isKeptSince(record: Keeper, { upgrade, sequence = 0 }: Keeper): boolean {
  return record.upgrade === upgrade && (record.sequence ?? 0) >= sequence
}

/** @param isOver of the record that is there; the next upgrade of the workload may have put its own there */
export async function deleteRecord(
  api: Api,
  namespace: string,
  name: string,
  isOver: (there: Keeper) => boolean = () => true,
): Promise<void> {
  const found = await readConfigMap(api, namespace, name)
  if (!found || !isOver(keeperOf(found))) return
  const path = `/api/v1/namespaces/${namespace}/configmaps/${found.metadata.name}`
  await orMissing(api.delete(path, { preconditions: { uid: found.metadata.uid } }))
}

function keeperOf({ data }: ConfigMap): Keeper {
  return { upgrade: data?.upgrade ?? '', sequence: Number(data?.sequence ?? 0) }
}

function readConfigMap(api: Api, namespace: string, name: string): Promise<ConfigMap | undefined> {
  return orMissing(api.get<ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/${recordName(name)}`))
}

async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** What a person with nothing but kubectl types first; the runbook has the rest. */
export function backCommand({ namespace, name }: { namespace: string; name: string }): string {
  const patch = `kubectl get configmap ${recordName(name)} --namespace ${namespace} --output 'jsonpath={.data.back\\.json}'`
  return `kubectl patch deployment ${name} --namespace ${namespace} --type json --patch "$(${patch})"`
}

/**
 * JSON patches for a person with nothing but kubectl: `back.json` brings the old template back without going below
 * capacity, and `restore.json`, once that has rolled out, the rest.
 */
function patchesFor({ originals, facts, strategy: how }: OriginalsRecord): Record<string, string> {
  const { template, minReadySeconds = 0, progressDeadlineSeconds = 600, strategy } = originals
  const set = (path: string, value: unknown): PatchOperation => ({ op: 'add', path, value })
  const moving = backChange({ facts, strategy: how }, originals).fields.strategy
  const stamp = annotationPath(upgradeMark)
  const back = [
    set('/spec/template', template),
    set('/spec/strategy', moving),
    set('/spec/minReadySeconds', minReadySeconds),
    set('/spec/progressDeadlineSeconds', progressDeadlineSeconds),
    set('/spec/paused', false),
  ]
  // Set first, so that it is there to be removed: by then it may be gone already.
  const restore = [set('/spec/strategy', strategy), set(stamp, ''), { op: 'remove', path: stamp }]
  return { 'back.json': JSON.stringify(back), 'restore.json': JSON.stringify(restore) }
}
