import { en } from '../../../src/messages/en.ts'
import type { Incident, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, noon, oscar } from '../../../test/an-upgrade.ts'
import { messageNow, observed, type Room } from '../exhibit.ts'

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
  image: 'registry.example.com/shop/web:1.4.2-hotfix',
  fields: 'paused, strategy',
  stamp: 'web-production-14@12',
  by: 'jane@example.com',
  value: 'pause',
  carriedOutAt: after(30_000),
}

/** Failures and changes from outside: while they hold the upgrade, once somebody is on it, and after the way back. */
export const incidentsRoom: Room = {
  id: 'incidents',
  title: 'Failures and changes from outside',
  exhibits: [
    ...Object.keys(en.incidents).flatMap((code) => messageNow(held(code), 'incident:0', code)),
    ...messageNow(held('OUTSIDE_SCALED'), 'live', 'held', observed(1)),
    ...messageNow(acknowledged(), 'incident:0', 'acknowledged'),
    ...messageNow(takenBack(), 'incident:0', 'rolled back by itself'),
    ...messageNow(takenBack(), 'live', 'rolled back by itself', observed(1, { pods: failing() })),
    ...messageNow(gone(), 'incident:0', 'the workload is gone'),
  ],
}

function held(code: string): Upgrade {
  const at = after(60_000)
  const system = { kind: 'system', reason: code } as const
  return { ...anUpgradeIn('paused'), hold: { by: system, code, since: at }, incidents: [{ at, code, detail }] }
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
  return { ...anUpgradeIn('failed'), incidents: [{ at: noon, code: 'TARGET_GONE', detail: {} }] }
}

function failing() {
  const names = ['web-7c9f8b6d4-x2v9k', 'web-7c9f8b6d4-m4t8p', 'web-7c9f8b6d4-q7w5z', 'web-7c9f8b6d4-h3n6r']
  const waiting = 'ImagePullBackOff'
  return names.map((name) => ({ name, ready: false, createdAt: noon, restarts: 2, displaced: false, waiting }))
}
