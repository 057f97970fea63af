import { markPrefix, type Workload } from '../../kubernetes/workload.ts'
import type { Stop } from '../../upgrade/stop.ts'

/** `hold` or `rollback`; whoever may patch the workload may write it, with kubectl or with `rollcall pause`. */
export const stopMark = `${markPrefix}stop`

/** What may stand beside it; only `rollcall pause` and `rollcall rollback` write all of them. */
export const stopMarks = {
  reason: `${stopMark}-reason`,
  /** Who its writer says that they are. */
  by: `${stopMark}-by`,
  /** What their client calls itself, where it is more than the name that the cluster notes. */
  client: `${stopMark}-client`,
  /** The upgrade that is meant. */
  upgrade: `${stopMark}-upgrade`,
  /** When its writer had done it by themselves, ISO 8601. */
  carriedOut: `${stopMark}-carried-out`,
}

const all = [stopMark, ...Object.values(stopMarks)]

export function isStopMark(key: string): boolean {
  return all.includes(key)
}

/** Annotations can be long, and these go into Slack and the audit trail. In UTF-16 code units. */
const longest = { value: 40, name: 200, reason: 500 }

type Annotations = Record<string, string> | undefined
type ManagedFields = { manager?: string; fieldsV1?: { 'f:metadata'?: { 'f:annotations'?: Record<string, unknown> } } }[]

/** Whether somebody asks this upgrade to stop; then no change forward is made of what was looked at. */
export function asksToStop(annotations: Annotations, upgrade: string): boolean {
  const value = annotations?.[stopMark]?.trim()
  const meant = annotations?.[stopMarks.upgrade]
  return (value === 'hold' || value === 'rollback') && (meant === undefined || meant === upgrade)
}

/** What the annotations of a workload say, and who wrote them as far as can be told. */
export function stopOf({ metadata }: Pick<Workload, 'metadata'>): Stop | undefined {
  const { annotations = {} } = metadata
  const value = annotations[stopMark]
  if (value === undefined) return undefined
  const text = (key: string, limit: number) => annotations[key]?.trim().slice(0, limit) || undefined
  const user = text(stopMarks.by, longest.name)
  const manager = text(stopMarks.client, longest.name) ?? managerOf(metadata)?.slice(0, longest.name)
  const reason = text(stopMarks.reason, longest.reason)
  const upgrade = annotations[stopMarks.upgrade]
  const carriedOutAt = timeOf(annotations[stopMarks.carriedOut])
  return {
    value: value.trim().slice(0, longest.value),
    by: { kind: 'kubernetes', ...(user && { user }), ...(manager && { manager }) },
    ...(reason && { reason }),
    ...(upgrade !== undefined && { upgrade }),
    ...(carriedOutAt && { carriedOutAt }),
  }
}

/** The client that wrote the stop last, as it names itself. */
function managerOf(metadata: Workload['metadata']): string | undefined {
  const fields = (metadata as { managedFields?: ManagedFields }).managedFields ?? []
  const owns = ({ fieldsV1 }: ManagedFields[number]) =>
    fieldsV1?.['f:metadata']?.['f:annotations']?.[`f:${stopMark}`] !== undefined
  return fields.find(owns)?.manager
}

function timeOf(text: string | undefined): string | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}
