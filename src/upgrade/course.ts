import type { AuditEntry } from './audit-chain.ts'
import type { Actor } from './upgrade.ts'

/** When what became of one batch; ISO 8601. What it did not come to is absent. */
export type BatchCourse = {
  /** Replicas on the new revision that it was to lead to. */
  pods: number
  /** Its move began. */
  began: string
  /** They were there and Ready. */
  reached?: string
  soaked?: string
  /** Somebody signed it off, where that is asked. */
  accepted?: string
  /** The gates had passed; where people are asked, they were from then on. */
  checked?: string
  continued?: { by: Actor; at: string; reason?: string }
}

/** How an upgrade went. */
export type Course = {
  batches: BatchCourse[]
  /** The way back: why is in `turnedBack` of the upgrade. */
  back?: { began: string; ended?: string }
}

/** Reads off the audit chain how an upgrade went, oldest entry first. Pure. */
export function courseOf(entries: readonly AuditEntry[]): Course {
  const batches: BatchCourse[] = []
  let back: Course['back']
  for (const { action, at, actor, reason, from, to } of entries) {
    const last = batches.at(-1)
    if (to.phase === 'rollingBack') back ??= { began: at }
    else if (back && to.phase === 'rolledBack') back.ended ??= at
    if (back) continue
    switch (action) {
      case 'reached':
        if (last) last.reached ??= at
        break
      case 'soaked':
        if (last) last.soaked = at
        break
      case 'accepted':
        if (last) last.accepted = at
        break
      case 'checked':
        if (last) last.checked = at
        break
      case 'continued':
        if (last) last.continued = { by: actor, at, ...(reason && { reason }) }
        break
    }
    const isNext = to.phase === 'progressing' && (to.replicas ?? 0) > (from.replicas ?? 0)
    if (isNext) batches.push({ pods: to.replicas ?? 0, began: at })
  }
  return { batches, ...(back && { back }) }
}
