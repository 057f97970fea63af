import type { Messages } from '../../../src/messages/en.ts'
import type { Event } from '../../../src/upgrade/events.ts'
import { isRefusal } from '../../../src/upgrade/refusal.ts'
import { restoreClient } from '../../../src/upgrade/stop.ts'
import { transition } from '../../../src/upgrade/transition.ts'
import type { Incident, OutsideChange, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, carol, noon, oscar } from '../../../test/an-upgrade.ts'
import { exhibitsIn, observed, type Room } from '../exhibit.ts'

const detail: Incident['detail'] = {
  pod: 'web-7c9f8b6d4-x2v9k',
  reason: 'back-off 10s restarting failed container',
  message: '0/3 nodes are available: 3 Insufficient memory',
  ready: 0,
  wanted: 1,
  gate: 'rollout',
  cause: 'NOT_READY',
  from: 3,
  to: 6,
  rested: 3,
  updated: 6,
  how: 'deleted',
  fields: 'paused true → false, strategy maxSurge 0, maxUnavailable 3 → maxSurge 25%, maxUnavailable 25%',
  stamp: 'web-production-14@12',
  by: 'jane@example.com',
  value: 'pause',
  carriedOutAt: after(30_000),
  opensAt: after(13 * 3_600_000),
  scope: 'environment:production',
  until: after(20 * 3_600_000),
}

/** Where a code's facts are not those of the others. */
const own: Record<string, Incident['detail']> = {
  GATE_INCONCLUSIVE: { gate: 'error-rate', cause: 'TOO_FEW_SAMPLES', samples: 12, min: 100 },
  ON_ALERT: { name: 'HighErrorRate', severity: 'critical' },
  IMAGE_MOVED: { from: `sha256:${'9f3c07ab'.repeat(8)}`, to: `sha256:${'4e1a90c2'.repeat(8)}` },
  ADOPTED: { mark: 'web-production-14@12' },
  POLICY_CHANGED: { changed: 'onAlert, separateRequester' },
  REQUEST_VOID: { changed: 'overrides' },
  APPROVALS_VOIDED: { U0BOB: 'ROLE_LOST' },
}

type Changes = readonly [OutsideChange, ...OutsideChange[]]

/** One of each kind, as Kubernetes clients make them. */
const changes: Changes = [
  { kind: 'scaled', from: 10, to: 20, rested: 3, updated: 6, surge: 2, unavailable: 0, by: 'kubectl' },
  { kind: 'share', from: 3, to: 5 },
  { kind: 'template', how: 'image', from: 'shop/web:1.5.0', to: 'shop/web:1.5.1-hotfix', by: 'kubectl-set' },
  { kind: 'template', how: 'undone', from: 'shop/web:1.5.0', to: 'shop/web:1.4.2', by: 'kubectl' },
  { kind: 'template', how: 'undone', from: 'shop/web:1.5.0', to: 'shop/web:1.4.2', by: restoreClient },
  { kind: 'template', how: 'restarted', from: 'shop/web:1.5.0', to: 'shop/web:1.5.0', by: 'kubectl-rollout' },
  { kind: 'template', how: 'edited', from: 'shop/web:1.5.0', to: 'shop/web:1.5.0', by: 'helm' },
  { kind: 'fields', fields: [{ field: 'paused', from: 'true', to: 'false' }] },
  { kind: 'ahead', stamp: 'web-production-14@12' },
]

/** Failures and changes from outside: while they hold the upgrade, once somebody is on it, and after the way back. */
export function incidentsRoom(messages: Messages): Room {
  const { messageNow } = exhibitsIn(messages)
  return {
    id: 'incidents',
    title: 'Failures and changes from outside',
    exhibits: [
      ...changes.flatMap((change) => messageNow(changedOutside(change), 'incident:0', caption(change))),
      ...messageNow(changedOutside(changes[0]), 'live', 'somebody scaled', observed(6)),
      ...messageNow(changedBack(), 'incident:0', 'as approved again'),
      ...messageNow(goneOn('resumed'), 'incident:0', 'gone on from there'),
      ...messageNow(goneOn('resumed'), 'question:4', 'asked again later'),
      ...messageNow(goneOn('restored'), 'incident:0', 'restored'),
      ...messageNow(goneOn('restored'), 'live', 'restored', observed(6)),
      ...Object.keys(messages.incidents).flatMap((code) => messageNow(held(code), 'incident:0', code)),
      ...messageNow(held('OUTSIDE_SCALED'), 'live', 'held', observed(1)),
      ...messageNow(acknowledged(), 'incident:0', 'acknowledged'),
      ...messageNow(takenBack(), 'incident:0', 'rolled back by itself'),
      ...messageNow(takenBack(), 'live', 'rolled back by itself', observed(1, { pods: failing() })),
      ...messageNow(gone(), 'incident:0', 'the workload is gone'),
    ],
  }
}

function caption(change: OutsideChange): string {
  return change.kind === 'template' ? change.how : change.kind
}

/** At rest with 3 of 10, where the next question is open. */
function changedOutside(change: OutsideChange): Upgrade {
  return happened(anUpgradeIn('awaitingContinue'), { type: 'changedOutside', change })
}

function changedBack(): Upgrade {
  return happened(changedOutside(changes[0]), { type: 'changedBack' })
}

function goneOn(type: 'resumed' | 'restored'): Upgrade {
  return happened(changedOutside(changes[0]), { type, by: carol })
}

function happened(upgrade: Upgrade, event: Event): Upgrade {
  const next = transition(upgrade, event, after(60_000))
  if (isRefusal(next)) throw new Error(next.refused.code)
  return next
}

function held(code: string): Upgrade {
  const at = after(60_000)
  const system = { kind: 'system', reason: code } as const
  return {
    ...anUpgradeIn('paused'),
    hold: { by: system, code, since: at },
    incidents: [{ at, code, detail: own[code] ?? detail }],
  }
}

function acknowledged(): Upgrade {
  const upgrade = held('CRASH_LOOP')
  const incidents = upgrade.incidents.map((one) => ({ ...one, acknowledged: { by: oscar, at: after(90_000) } }))
  return { ...upgrade, incidents }
}

function takenBack(): Upgrade {
  const by = { kind: 'system', reason: 'GATE_FAILED' } as const
  const incidents = [{ at: noon, code: 'IMAGE_PULL', detail }]
  return { ...anUpgradeIn('rollingBack'), incidents, turnedBack: { by, at: noon, code: 'IMAGE_PULL' } }
}

function gone(): Upgrade {
  return { ...anUpgradeIn('failed'), incidents: [{ at: noon, code: 'TARGET_GONE', detail: { how: 'recreated' } }] }
}

function failing() {
  const names = ['web-7c9f8b6d4-x2v9k', 'web-7c9f8b6d4-m4t8p', 'web-7c9f8b6d4-q7w5z', 'web-7c9f8b6d4-h3n6r']
  const waiting = 'ImagePullBackOff'
  return names.map((name) => ({ name, ready: false, createdAt: noon, restarts: 2, displaced: false, waiting }))
}
