import type { EventType } from '../upgrade/events.ts'
import { audit as catalogue } from './catalogue/en/audit.ts'
import type { Translator } from './translator.ts'

/** Entries of the audit trail, as words. They bear the events' names. */
export function auditActions(t: Translator): Record<EventType, string> {
  const actions = Object.keys(catalogue).map((id) => id.replace('event.', '') as EventType)
  return Object.fromEntries(actions.map((action) => [action, t.plain(`event.${action}`)])) as Record<EventType, string>
}

export function auditAction(t: Translator, action: string): string {
  return `event.${action}` in catalogue ? t.plain(`event.${action as EventType}`) : action
}
