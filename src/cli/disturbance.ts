import { en } from '../messages/en.ts'
import { plainText } from '../messages/plain-text.ts'
import { incidentOf } from '../upgrade/outside-incident.ts'
import type { OutsideChange } from '../upgrade/upgrade.ts'

/** Why the command line does not go on: what somebody else does to the workload at the same time. */
export function disturbance(change: OutsideChange): string {
  return change.kind === 'ahead'
    ? `A Rollcall goes on with it: the workload bears the mark ${change.stamp}. Stop the upgrade first, then run this again.`
    : `${plainText(en.incident(incidentOf(change)))} Find out who, then run this again.`
}
