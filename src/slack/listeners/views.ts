import { randomUUID } from 'node:crypto'
import type { AllMiddlewareArgs, App, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt'
import { readButtonValue } from '../button-value.ts'
import { reasonBlock, refusedModal, rejectCallback } from '../views/reject-modal.ts'
import { actorOf, arrivalOf, type ListenerParts } from './parts.ts'
import { acknowledgeStored, storedInTime } from './stored-in-time.ts'

export function register(app: App, parts: ListenerParts): void {
  app.view<ViewSubmitAction>({ type: 'view_submission' }, viewListener(parts))
}

/** The reason for a rejection was given: the submission decides, and a refusal is shown in the dialog itself. */
export function viewListener(parts: ListenerParts) {
  const { surface, messages, log, onRefused } = parts

  return async (delivery: SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs): Promise<void> => {
    const { view, body, ack, context } = delivery
    const arrivedAt = arrivalOf(context)
    const button = readButtonValue(view.private_metadata)
    if (view.callback_id !== rejectCallback || !button) {
      onRefused(view.callback_id === rejectCallback ? 'unreadable' : 'unknown')
      await ack({ response_action: 'update', view: refusedModal(messages.answers.unreadable, messages) })
      return
    }
    const reason = view.state.values[reasonBlock]?.[reasonBlock]?.value
    const outcome = await storedInTime(
      surface.decide({
        upgrade: button.upgrade,
        action: 'reject',
        by: actorOf(body),
        via: 'modal',
        ...(button.seen && { seen: button.seen }),
        ...(reason && { reason }),
        requestId: randomUUID(),
        arrivedAt,
      }),
      arrivedAt,
    )
    if (!('refused' in outcome)) return acknowledgeStored(ack(), log)
    const upgrade = await surface.find(button.upgrade)
    const text = messages.refusal(outcome.refused, upgrade ? { upgrade } : {})
    await acknowledgeStored(ack({ response_action: 'update', view: refusedModal(text, messages) }), log)
  }
}
