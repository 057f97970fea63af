import type { AllMiddlewareArgs, App, SlackViewMiddlewareArgs, ViewOutput, ViewSubmitAction } from '@slack/bolt'
import type { Seen } from '../../engine/surface.ts'
import { type Pressed, readButtonValue } from '../button-value.ts'
import { breakGlassCallback, typedBlock } from '../views/break-glass-modal.ts'
import { refusedModal } from '../views/input-modal.ts'
import { reasonBlock, rejectCallback } from '../views/reject-modal.ts'
import { planCallback, requestCallback } from '../views/request-modal.ts'
import { actorOf, arrivalOf, type ListenerParts, requestIdOf } from './parts.ts'
import { formSubmitted, planSubmitted } from './request-form.ts'
import { acknowledgeStored, storedInTime } from './stored-in-time.ts'

export function register(app: App, parts: ListenerParts): void {
  app.view<ViewSubmitAction>({ type: 'view_submission' }, viewListener(parts))
}

/** The reason for a rejection was given: the submission decides, and a refusal is shown in the dialog itself. */
export function viewListener(parts: ListenerParts) {
  const { surface, messages, log, onRefused } = parts

  return async (delivery: SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs): Promise<void> => {
    const { view, body, ack, context } = delivery
    if (view.callback_id === requestCallback) return formSubmitted(parts, delivery)
    if (view.callback_id === planCallback) return planSubmitted(parts, delivery)
    const arrivedAt = arrivalOf(context)
    const known = view.callback_id === rejectCallback || view.callback_id === breakGlassCallback
    const button = readButtonValue(view.private_metadata)
    const id = button?.upgrade ?? ''
    const dialog =
      view.callback_id === breakGlassCallback ? messages.breakGlassDialog({ id }) : messages.rejectDialog(id)
    const wanted = known && button ? decisionOf(view, button) : undefined
    if (!wanted || !button) {
      onRefused(known ? 'unreadable' : 'unknown')
      await ack({ response_action: 'update', view: refusedModal(messages.answers.unreadable, dialog) })
      return
    }
    if ('mistyped' in wanted) {
      const { wrong } = messages.breakGlassDialog({ id })
      await ack({ response_action: 'errors', errors: { [typedBlock]: wrong } })
      return
    }
    const given = {
      upgrade: button.upgrade,
      by: actorOf(body),
      via: 'modal',
      requestId: requestIdOf(context),
      arrivedAt,
    } as const
    const outcome = await storedInTime(surface.decide({ ...given, ...wanted }), arrivedAt)
    if (!('refused' in outcome)) return acknowledgeStored(ack(), log)
    const upgrade = await surface.find(button.upgrade)
    const text = messages.refusal(outcome.refused, upgrade ? { upgrade } : {})
    await acknowledgeStored(ack({ response_action: 'update', view: refusedModal(text, dialog) }), log)
  }
}

type Wanted =
  | { action: 'reject'; seen?: Seen; reason?: string }
  | { action: 'confirm'; seen: Seen }
  | { mistyped: true }

/** What the dialog was about; `undefined` when it does not say what was seen. */
function decisionOf(view: ViewOutput, { upgrade, seen }: Pressed): Wanted | undefined {
  if (view.callback_id === rejectCallback) {
    const reason = view.state.values[reasonBlock]?.[reasonBlock]?.value
    return { action: 'reject', ...(seen && { seen }), ...(reason && { reason }) }
  }
  const typed = view.state.values[typedBlock]?.[typedBlock]?.value?.trim()
  if (typed !== upgrade) return { mistyped: true }
  return seen && { action: 'confirm', seen }
}
