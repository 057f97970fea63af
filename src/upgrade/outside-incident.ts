import type { Incident, OutsideChange } from './upgrade.ts'

/** What people are told of a change from outside: its sentence by its code, and what that is made of. */
export function incidentOf(change: OutsideChange): Pick<Incident, 'code' | 'detail'> {
  return { code: `OUTSIDE_${change.kind.toUpperCase()}`, detail: detailOf(change) }
}

function detailOf(change: OutsideChange): Incident['detail'] {
  if (change.kind !== 'fields') {
    const { kind: _, ...detail } = change
    return detail
  }
  const fields = change.fields.map(({ field, from, to }) => `${field} ${from === undefined ? '' : `${from} `}→ ${to}`)
  return { fields: fields.join(', '), ...(change.by !== undefined && { by: change.by }) }
}
