import { createHash } from 'node:crypto'
import { type Api, ApiError } from '../../kubernetes/api.ts'
import type { Request, WorkloadFacts } from '../../upgrade/upgrade.ts'
import type { Ref } from './requests.ts'
import type { Originals, Situation } from './situation.ts'

/**
 * What a workload was before an upgrade, kept in a ConfigMap beside it. Annotations would not do: `rollout undo` and
 * the Deployment controller copy, drop and resurrect them.
 */
export type OriginalsRecord<Original extends Originals = Originals> = {
  upgrade: string
  uid: string
  facts: WorkloadFacts
  strategy: Situation<unknown>['strategy']
  originals: Original
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

/**
 * `rollcall-web` for the Deployment `web`, and `rollcall.statefulset.web` for another kind of that name: what begins so
 * is no Deployment's. A name too long for that is cut and told apart by a hash.
 */
export function recordName({ kind, name: workload }: { kind: string; name: string }): string {
  const name = kind === 'Deployment' ? `rollcall-${workload}` : `rollcall.${kind.toLowerCase()}.${workload}`
  if (name.length <= longestName) return name
  const hash = createHash('sha256').update(workload).digest('hex').slice(0, 8)
  return `${name.slice(0, longestName - 9)}-${hash}`
}

/** The record of this very object, whoever's upgrade made it. */
export async function readRecord<Original extends Originals = Originals>(
  api: Api,
  ref: Ref,
  uid: string,
): Promise<OriginalsRecord<Original> | undefined> {
  const found = await readConfigMap(api, ref)
  const text = found?.data?.['record.json']
  if (!text) return undefined
  const record = JSON.parse(text) as OriginalsRecord<Original>
  return record.uid === uid ? record : undefined
}

/**
 * Writes the record, in the place of one that another upgrade left, or an earlier state of this one.
 *
 * @param patches JSON patches for a person with nothing but kubectl, by the name of their key
 */
export async function writeRecord(
  api: Api,
  ref: Ref,
  record: OriginalsRecord,
  patches: Record<string, string>,
): Promise<void> {
  const { kind, namespace, name } = ref
  const { upgrade, uid, sequence } = record
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: recordName(ref),
      labels: { 'app.kubernetes.io/managed-by': 'rollcall' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid }],
    },
    data: { upgrade, sequence: `${sequence ?? 0}`, 'record.json': JSON.stringify(record), ...patches },
  }
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  try {
    await api.post(path, body)
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error
    const existing = await readRecord(api, ref, uid)
    if (existing && isKeptSince(existing, record)) return
    await deleteRecord(api, ref, (there) => !isKeptSince(there, record))
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
export async function deleteRecord(api: Api, ref: Ref, isOver: (there: Keeper) => boolean = () => true): Promise<void> {
  const found = await readConfigMap(api, ref)
  if (!found || !isOver(keeperOf(found))) return
  const path = `/api/v1/namespaces/${ref.namespace}/configmaps/${found.metadata.name}`
  await orMissing(api.delete(path, { preconditions: { uid: found.metadata.uid } }))
}

function keeperOf({ data }: ConfigMap): Keeper {
  return { upgrade: data?.upgrade ?? '', sequence: Number(data?.sequence ?? 0) }
}

function readConfigMap(api: Api, ref: Ref): Promise<ConfigMap | undefined> {
  return orMissing(api.get<ConfigMap>(`/api/v1/namespaces/${ref.namespace}/configmaps/${recordName(ref)}`))
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
export function backCommand(ref: Ref): string {
  const { kind, namespace, name } = ref
  const patch = `kubectl get configmap ${recordName(ref)} --namespace ${namespace} --output 'jsonpath={.data.back\\.json}'`
  return `kubectl patch ${kind.toLowerCase()} ${name} --namespace ${namespace} --type json --patch "$(${patch})"`
}
