import type { Event } from '../events.ts'
import { withIncident } from '../step-handlers.ts'
import { restoreClient } from '../stop.ts'
import type { KubernetesActor, Upgrade } from '../upgrade.ts'

/** What was pressed in Slack is seen there; what was written on the workload has to be told. */
export function withBrake(
  upgrade: Upgrade,
  now: string,
  event: Extract<Event, { type: 'paused' | 'turnedBack' }>,
): Upgrade {
  const { by, reason, carriedOutAt } = event
  if (by.kind !== 'kubernetes') return upgrade
  const why = { ...(reason && { reason }), ...(carriedOutAt && { carriedOutAt }) }
  if (by.manager === restoreClient) {
    return withIncident(upgrade, now, 'RESTORED_IN_CLUSTER', { ...(by.user && { by: by.user }), ...why })
  }
  const code = event.type === 'paused' ? 'PAUSED_IN_CLUSTER' : 'TURNED_BACK_IN_CLUSTER'
  return withIncident(upgrade, now, code, { by: nameOf(by), ...why })
}

export function nameOf({ user, manager }: KubernetesActor): string {
  return user ?? manager ?? ''
}
