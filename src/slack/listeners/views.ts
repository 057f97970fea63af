import type { AllMiddlewareArgs, App, SlackViewMiddlewareArgs, ViewOutput, ViewSubmitAction } from '@slack/bolt'
import type { Seen } from '../../engine/surface.ts'
import type { Messages } from '../../messages/en.ts'
import { type Pressed, readButtonValue } from '../button-value.ts'
import { inTheirLanguage } from '../language.ts'
import { breakGlassCallback, typedBlock } from '../views/break-glass-modal.ts'
import { textModal } from '../views/input-modal.ts'
import { reasonBlock, rejectCallback } from '../views/reject-modal.ts'
import { planCallback, requestCallback } from '../views/request-modal.ts'
import { rollbackReasonCallback } from '../views/rollback-reason-modal.ts'
import { actorOf, arrivalOf, type ListenerParts, requestIdOf } from './parts.ts'
import { formSubmitted, planSubmitted } from './request-form.ts'
import { acknowledgeStored, storedInTime } from './stored-in-time.ts'

export function register(app: App, parts: ListenerParts): void {
  app.view<ViewSubmitAction>({ type: 'view_submission' }, inTheirLanguage(parts, viewListener))
}

/** The dialogs whose submission decides, by their callback. */
const dialogs = {
  [rejectCallback]: (messages: Messages, id: string) => messages.rejectDialog(id),
  [rollbackReasonCallback]: (messages: Messages, id: string) => messages.rollbackReasonDialog(id),
  [breakGlassCallback]: (messages: Messages, id: string) => messages.breakGlassDialog({ id }),
}

/** A reason was given, or an ID typed: the submission decides, and a refusal is shown in the dialog itself. */
export function viewListener(parts: ListenerParts) {
  const { surface, messages, log, onRefused } = parts

  return async (delivery: SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs): Promise<void> => {
    const { view, body, ack, context } = delivery
    if (view.callback_id === requestCallback) return formSubmitted(parts, delivery)
    if (view.callback_id === planCallback) return planSubmitted(parts, delivery)
    const arrivedAt = arrivalOf(context)
    const callback = Object.keys(dialogs).find((one) => one === view.callback_id) as keyof typeof dialogs | undefined
    const button = readButtonValue(view.private_metadata)
    const id = button?.upgrade ?? ''
    const dialog = dialogs[callback ?? rejectCallback](messages, id)
    const wanted = callback && button ? decisionOf(callback, view, button) : undefined
    if (!wanted || !button) {
      onRefused(callback ? 'unreadable' : 'unknown')
      await ack({ response_action: 'update', view: textModal(messages.answers.unreadable, dialog) })
      return
    }
    if ('mistyped' in wanted) {
      const wrong = wanted.mistyped === typedBlock ? messages.breakGlassDialog({ id }).wrong : messages.reasonBlank()
      await ack({ response_action: 'errors', errors: { [wanted.mistyped]: wrong } })
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
    await acknowledgeStored(ack({ response_action: 'update', view: textModal(text, dialog) }), log)
  }
}

type Wanted =
  | { action: 'reject' | 'explain'; seen?: Seen; reason: string }
  | { action: 'confirm'; seen: Seen }
  /** The block whose text will not do. */
  | { mistyped: typeof reasonBlock | typeof typedBlock }

/** What the dialog was about; `undefined` when it does not say what was seen. */
function decisionOf(callback: keyof typeof dialogs, view: ViewOutput, { upgrade, seen }: Pressed): Wanted | undefined {
  const typedIn = (block: string) => view.state.values[block]?.[block]?.value?.trim() ?? ''
  if (callback === breakGlassCallback) {
    if (typedIn(typedBlock) !== upgrade) return { mistyped: typedBlock }
    return seen && { action: 'confirm', seen }
  }
  const reason = typedIn(reasonBlock)
  if (reason === '') return { mistyped: reasonBlock }
  return callback === rejectCallback
    ? { action: 'reject', ...(seen && { seen }), reason }
    : { action: 'explain', reason }
}
