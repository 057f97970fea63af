import type { AlertState, Called } from '../../../src/engine/ports.ts'
import type { Messages } from '../../../src/messages/en.ts'
import type { TargetAlert } from '../../../src/upgrade/alerts.ts'
import type { Event } from '../../../src/upgrade/events.ts'
import { isRefusal } from '../../../src/upgrade/refusal.ts'
import { transition } from '../../../src/upgrade/transition.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import { anAlert } from '../../../test/an-alert.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, carol, oscar } from '../../../test/an-upgrade.ts'
import { exhibitsIn, observed, type Room } from '../exhibit.ts'

const started = [{ step: 0, action: 'approved' as const, by: alice, at: after(10_000) }]
const onSchedule: Called = { users: ['U0OSCAR'], groups: [], by: 'schedule', at: after(61_000) }
const instead: Called = {
  users: [],
  groups: ['S0ONCALL'],
  by: 'role',
  trouble: 'SCHEDULE_UNREACHABLE',
  at: after(61_000),
}

function verifying(onAlert: 'hold' | 'rollback' | 'notify', request = anUpgrade().request): Upgrade {
  return { ...anUpgradeIn('verifying', { policy: aPolicy({ onAlert }), request }), answers: started }
}

function happened(upgrade: Upgrade, ...events: Event[]): Upgrade {
  return events.reduce((before, event, index) => {
    const next = transition(before, event, after(62_000 + index * 30_000))
    if (isRefusal(next)) throw new Error(next.refused.code)
    return next
  }, upgrade)
}

function fire(alerts: TargetAlert[], called = onSchedule, more = 0): AlertState {
  return { alerts, firing: alerts.filter(({ state }) => state === 'firing').length + more, called }
}

const alert = anAlert()
const alerted: Event = { type: 'alerted', alert }
const acknowledged: Event = { type: 'acknowledged', by: oscar }
const resolved = anAlert({ state: 'resolved', resolvedAt: after(180_000) })
const older = anAlert({ fingerprint: 'older', name: 'DiskAlmostFull', startsAt: after(0) })
const shared = anAlert({ fingerprint: 'shared', name: 'QuotaExceeded', sole: false })
const mild = anAlert({ fingerprint: 'mild', name: 'CheckoutSlow', severity: 'warning', weight: 'milder' })
const storm = Array.from({ length: 46 }, (_, n) => anAlert({ fingerprint: `${n}`, startsAt: after(60_000 + n) }))
const irreversible = { ...anUpgrade().request, irreversible: 'drops the column totals_old' }
const vague = anAlert({ severity: 'page', weight: 'unknown' })

/** What people see of alerts, and whom they call. */
export function alertsRoom(messages: Messages): Room {
  const { messageNow } = exhibitsIn(messages)
  const message = (
    title: string,
    upgrade: Upgrade,
    alerts: AlertState,
    key: 'incident:0' | 'alerts' | 'live' = 'incident:0',
  ) => messageNow(upgrade, key, title, observed(1), { alerts })
  return {
    id: 'alerts',
    title: 'Alerts',
    exhibits: [
      ...message('holds it', happened(verifying('hold'), alerted), fire([alert])),
      ...message('holds it: the live message', happened(verifying('hold'), alerted), fire([alert]), 'live'),
      ...message('a storm', happened(verifying('hold'), alerted), fire([...storm, older, mild], onSchedule, 952)),
      ...message('somebody is on it', happened(verifying('hold'), alerted, acknowledged), fire([alert])),
      ...message('is over', happened(verifying('hold'), alerted), fire([resolved])),
      ...message('rolls it back', happened(verifying('rollback'), alerted), fire([alert])),
      ...message('only tells people', happened(verifying('notify'), alerted), fire([alert])),
      ...message('of an irreversible upgrade', happened(verifying('rollback', irreversible), alerted), fire([alert])),
      ...message(
        'of a severity that nobody knows',
        happened(verifying('rollback'), { type: 'alerted', alert: vague }),
        fire([vague]),
      ),
      ...message(
        'while it is on hold already',
        happened(verifying('hold'), { type: 'paused', by: carol }, alerted),
        fire([alert]),
      ),
      ...message('the schedule does not answer', happened(verifying('hold'), alerted), fire([alert], instead)),
      ...message('on which nothing follows', verifying('hold'), fire([older, shared]), 'alerts'),
      ...message('milder ones', verifying('hold'), fire([mild]), 'live'),
    ],
  }
}
