import type { Messages } from '../../../src/messages/en.ts'
import { waitingFor } from '../../../src/upgrade/reminders.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import {
  after,
  alice,
  anUpgrade,
  anUpgradeIn,
  aPolicy,
  awaitingAcceptance,
  noon,
  oscar,
} from '../../../test/an-upgrade.ts'
import { exhibitsIn, observed, type Room } from '../exhibit.ts'

const { permissions } = aPolicy()
const policy = aPolicy({
  permissions: {
    ...permissions,
    operate: [{ role: 'platform', users: ['U0CAROL'], groups: ['S0PLATFORM'] }],
  },
})

function reminded(upgrade: Upgrade, to: 'people' | 'groups'): Upgrade {
  return { ...upgrade, reminders: [{ of: waitingFor(upgrade)?.name ?? '', to, at: after(1_800_000) }] }
}

const asked = anUpgrade()
const oneYes = { ...asked, approvals: [{ by: alice, at: noon, planHash: asked.plan?.hash ?? '' }] }
const decided = { ...anUpgradeIn('rejected'), reminders: reminded(asked, 'people').reminders ?? [] }

const paging = { everyMs: 300_000, times: 2, contact: 'the operations desk, +49 30 12345' }
const stuck = {
  ...anUpgradeIn('rollingBack', { policy: aPolicy({ paging }) }),
  incidents: [{ at: noon, code: 'ROLLBACK_STUCK', detail: { cause: 'NOT_READY' } }],
}
const page = { of: 0, at: after(300_000), users: [], groups: ['S0ONCALL'] }
const pages = [page, { ...page, at: after(900_000) }]
const by = { kind: 'system', reason: 'NOT_READY' } as const
const failed: Upgrade = {
  ...stuck,
  incidents: [{ at: noon, code: 'ROLLBACK_FAILED', detail: { cause: 'NOT_READY' } }],
  result: { outcome: 'failed', at: noon, code: 'ROLLBACK_STUCK', by },
  pages,
}
const taken = {
  ...stuck,
  pages,
  incidents: stuck.incidents.map((one) => ({ ...one, acknowledged: { by: oscar, at: after(960_000) } })),
}

/** What people are told who have not decided. */
export function remindersRoom(messages: Messages): Room {
  const { messageNow } = exhibitsIn(messages)
  return {
    id: 'reminders',
    title: 'Reminders and pages',
    exhibits: [
      ...messageNow(reminded(oneYes, 'people'), 'reminder:0', 'the start, with one approval'),
      ...messageNow(reminded(anUpgradeIn('awaitingContinue', { policy }), 'people'), 'reminder:0', 'the next batch'),
      ...messageNow(
        reminded(anUpgradeIn('awaitingContinue', { policy }), 'groups'),
        'reminder:0',
        'the next batch, the last time',
      ),
      ...messageNow(reminded(awaitingAcceptance(), 'people'), 'reminder:0', 'an acceptance gate'),
      ...messageNow(reminded(anUpgradeIn('paused', { policy }), 'groups'), 'reminder:0', 'a pause', observed(1)),
      ...messageNow(decided, 'reminder:0', 'decided meanwhile'),
      ...messageNow({ ...stuck, pages: [page] }, 'page:0', 'a rollback that does not get on'),
      ...messageNow({ ...stuck, pages }, 'page:1', 'a rollback that does not get on, the last time'),
      ...messageNow(failed, 'incident:0', 'a rollback that has failed'),
      ...messageNow(failed, 'page:1', 'a rollback that has failed'),
      ...messageNow(taken, 'page:1', 'somebody is on it'),
    ],
  }
}
