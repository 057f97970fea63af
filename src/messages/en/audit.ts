import type { EventType } from '../../upgrade/events.ts'

/** Entries of the audit trail, as words. They bear the events' names. */
export const auditActions: Record<EventType, string> = {
  requested: 'asked for',
  approved: 'approved',
  withdrawn: 'withdrew the approval',
  rejected: 'rejected',
  continued: 'continued',
  paused: 'paused',
  resumed: 'resumed',
  turnedBack: 'rolled back',
  cancelled: 'cancelled',
  acknowledged: 'acknowledged',
  prepared: 'checks done, plan made',
  blocked: 'blocked by the checks',
  outdated: 'plan outdated, approvals void',
  reached: 'goal reached',
  soaked: 'soak over',
  checked: 'gates passed',
  gateFailed: 'gate failed',
  gateInconclusive: 'gate inconclusive',
  stuck: 'no progress',
  changedOutside: 'changed from outside',
  expired: 'expired',
  targetGone: 'workload gone',
}
