import type { Messages } from '../../../src/messages/en.ts'
import { breakGlassModal } from '../../../src/slack/views/break-glass-modal.ts'
import { textModal } from '../../../src/slack/views/input-modal.ts'
import type { Phase } from '../../../src/upgrade/phase.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import { after, anUpgrade, anUpgradeIn, rhea, root } from '../../../test/an-upgrade.ts'
import { exhibitsIn, modal, observed, type Room, said } from '../exhibit.ts'

const asked = anUpgrade({
  request: { ...anUpgrade().request, by: root, reason: 'checkout is down', breakGlass: true },
})

/** Started by its administrator's own word, in the place of the approvals. */
function confirmed(phase: Phase): Upgrade {
  const { approvals: _, ...upgrade } = anUpgradeIn(phase, { request: asked.request })
  return { ...upgrade, approvals: [], confirmed: { by: root, at: after(20_000), planHash: asked.plan?.hash ?? '' } }
}

const due = { ...confirmed('succeeded'), reviewDue: after(24 * 3_600_000) }
const overdue = {
  ...due,
  incidents: [{ at: after(24 * 3_600_000), code: 'REVIEW_OVERDUE', detail: {} }],
  reviewDue: after(48 * 3_600_000),
}
const reviewed = { ...confirmed('succeeded'), reviewed: { by: rhea, at: after(3_600_000) } }

/** From the typed ID to the signature of another administrator. */
export function breakGlassRoom(messages: Messages): Room {
  const { messageNow, messagesNow } = exhibitsIn(messages)
  const decided = messages.refusal({ code: 'ALREADY_DECIDED' }, { upgrade: asked })
  return {
    id: 'break-glass',
    title: 'Break-glass',
    exhibits: [
      ...messagesNow(asked, 'asked for', observed(0)),
      modal('The dialog', breakGlassModal(asked, 'token', messages)),
      modal('The dialog, while the plan is being made', breakGlassModal({ id: asked.id }, 'token', messages)),
      said('The dialog, another ID typed', { mrkdwn: messages.breakGlassDialog(asked).wrong }),
      modal('The dialog, decided already', textModal(decided, messages.breakGlassDialog(asked))),
      ...messageNow(confirmed('progressing'), 'live', 'started', observed(0)),
      ...messageNow(due, 'review', 'to be signed off'),
      ...messageNow(overdue, 'incident:0', 'not signed off in time'),
      ...messageNow(reviewed, 'review', 'signed off'),
      ...messageNow(reviewed, 'result', 'signed off'),
    ],
  }
}
