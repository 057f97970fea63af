import { waitingFor } from '../../../src/upgrade/reminders.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, awaitingAcceptance, noon } from '../../../test/an-upgrade.ts'
import { messageNow, observed, type Room } from '../exhibit.ts'

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

/** What people are told who have not decided. */
export const remindersRoom: Room = {
  id: 'reminders',
  title: 'Reminders',
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
  ],
}
