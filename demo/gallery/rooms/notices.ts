import type { Messages } from '../../../src/messages/en.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import { alice, anUpgrade, anUpgradeIn, bob, carol, noon } from '../../../test/an-upgrade.ts'
import { type Room, told } from '../exhibit.ts'

const url = 'https://acme.slack.com/archives/C0RELEASES/p1782907200000100'
const to = 'C0NEWS'

const asked = anUpgrade()
const planHash = asked.plan?.hash ?? ''
const decided: Upgrade = {
  ...anUpgradeIn('rollingBack'),
  answers: [
    { step: 0, action: 'approved', by: bob, at: noon },
    { step: 4, action: 'continued', by: carol, at: noon, reason: 'looks good' },
  ],
  turnedBack: { by: carol, at: noon, code: 'REQUESTED', reason: 'checkout totals are wrong' },
}
const failing: Upgrade = {
  ...anUpgradeIn('rollingBack'),
  incidents: [{ at: noon, code: 'CRASH_LOOP', detail: { pod: 'web-7c9f8b6d4-x2v9k', reason: 'exit code 1' } }],
}

/** What is told to those who only want to know. */
export function noticesRoom(messages: Messages): Room {
  return {
    id: 'notices',
    title: 'Stakeholders',
    exhibits: [
      told('started', messages.notice(anUpgradeIn('progressing'), { to, on: 'start', again: false }, url)),
      told(
        'one approval',
        messages.notice(
          { ...asked, approvals: [{ by: alice, at: noon, planHash }] },
          { to, on: 'decision', again: false },
          url,
        ),
      ),
      told('decisions', messages.notice(decided, { to, on: 'decision', again: false }, url)),
      told('trouble', messages.notice(failing, { to, on: 'failure', again: false }, url)),
      told('succeeded', messages.notice(anUpgradeIn('succeeded'), { to, on: 'result', again: false }, url)),
      told('rolled back', messages.notice(anUpgradeIn('rolledBack'), { to, on: 'result', again: false }, url)),
      told('to the admins', messages.noticesLost(to, 'CHANNEL_LEFT')),
    ],
  }
}
