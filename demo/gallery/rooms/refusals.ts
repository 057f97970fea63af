import type { Messages } from '../../../src/messages/en.ts'
import { textModal } from '../../../src/slack/views/input-modal.ts'
import { rejectModal } from '../../../src/slack/views/reject-modal.ts'
import { phases } from '../../../src/upgrade/phase.ts'
import { anUpgrade, anUpgradeIn } from '../../../test/an-upgrade.ts'
import { everyRefusal } from '../../../test/every-refusal.ts'
import { modal, type Room, said } from '../exhibit.ts'

const strangers = ['bot', 'guest', 'deactivated', 'stranger'] as const

/** What was not done, why, and the way on. */
export function refusalsRoom(messages: Messages): Room {
  return {
    id: 'refusals',
    title: 'Refusals',
    exhibits: [
      ...Object.values(everyRefusal).map((one) => said(one.code, messages.refusal(one, { upgrade: anUpgrade() }))),
      ...strangers.map((why) => said(`NOT_A_MEMBER, ${why}`, messages.refusal({ code: 'NOT_A_MEMBER', why }))),
      ...phases.map((phase) =>
        said(
          `NOT_NOW, ${phase}`,
          messages.refusal({ code: 'NOT_NOW', event: 'approved', phase }, { upgrade: anUpgradeIn(phase) }),
        ),
      ),
      said('a button of another version', messages.answers.unknownAction),
      said('a button that cannot be read', messages.answers.unreadable),
      said('not stored in time', messages.answers.notStored),
      said('a mistake of Rollcall’s own', messages.answers.somethingBroke('3f0c9a7e')),
      modal('Reject', rejectModal('web-production-14', 'token', messages)),
      modal(
        'Reject, refused',
        textModal(messages.refusal(everyRefusal.NOT_ALLOWED, { upgrade: anUpgrade() }), messages.rejectDialog('')),
      ),
    ],
  }
}
