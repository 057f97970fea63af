import type { AllMiddlewareArgs, App, BlockAction, SlackActionMiddlewareArgs } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { type Action, actions, type Decision, isForward, type Seen } from '../../engine/surface.ts'
import type { Markup } from '../../messages/markup.ts'
import type { SlackActor, Upgrade } from '../../upgrade/upgrade.ts'
import { readButtonValue } from '../button-value.ts'
import { inTheirLanguage } from '../language.ts'
import { breakGlassModal } from '../views/break-glass-modal.ts'
import { rejectModal } from '../views/reject-modal.ts'
import { renderText } from '../views/reply.ts'
import { rollbackReasonModal } from '../views/rollback-reason-modal.ts'
import { homePressed, isAtHome, tellAtHome } from './home.ts'
import { actorOf, arrivalOf, type ListenerParts, requestIdOf } from './parts.ts'
import { proposalPressed } from './proposals.ts'
import { formChanged } from './request-form.ts'
import { acknowledgeStored, NotStored, storedInTime } from './stored-in-time.ts'

export function register(app: App, parts: ListenerParts): void {
  app.action<BlockAction>({ type: 'block_actions' }, inTheirLanguage(parts, actionListener))
}

/** A press on any button: stored first, acknowledged then. What is done shows itself in the messages. */
export function actionListener(parts: ListenerParts) {
  const { surface, messages, client, log, onRefused } = parts

  /** It is decided and stored by now. Who is not asked, or closes the dialog, has lost nothing. */
  async function askWhy(upgrade: Upgrade, trigger_id: string): Promise<void> {
    await client.views.open({ trigger_id, view: rollbackReasonModal(upgrade, messages) }).catch((error: unknown) => {
      log.warn({ upgrade: upgrade.id, err: error }, `${upgrade.id}: nobody is asked why it is rolled back`)
    })
  }

  return async (delivery: SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs): Promise<void> => {
    const { body, ack, respond, context } = delivery
    if (body.view && !isAtHome(body)) return formChanged(parts, delivery)
    if (await homePressed(parts, delivery)) return
    if (await proposalPressed(parts, delivery)) return
    const requestId = requestIdOf(context)
    const arrivedAt = arrivalOf(context)
    const [pressed] = body.actions
    const value = pressed?.type === 'button' ? pressed.value : undefined
    const action = actions.find((one) => one === pressed?.action_id)
    const button = readButtonValue(value)
    const atHome = isAtHome(body)
    const tell = (text: Markup) =>
      atHome
        ? tellAtHome(parts, body, text)
        : respond({ response_type: 'ephemeral', replace_original: false, ...renderText(text) })

    if (!action || !button) {
      await ack()
      onRefused(action ? 'unreadable' : 'unknown')
      await tell(action ? messages.answers.unreadable : messages.answers.unknownAction)
      return
    }
    const open = (view: ModalView) =>
      client.views.open({ trigger_id: body.trigger_id, view }).catch(async (error: unknown) => {
        log.warn({ part: 'slack', upgrade: button.upgrade, err: error }, 'a dialog could not be shown')
        await tell(messages.requestForm.notShown)
      })
    if (action === 'reject') {
      await ack()
      await open(rejectModal(button.upgrade, value ?? '', messages))
      return
    }
    if (action === 'confirm') {
      await ack()
      const upgrade = await surface.find(button.upgrade)
      await open(breakGlassModal(upgrade ?? { id: button.upgrade }, value ?? '', messages))
      return
    }
    const decision = decisionOf(action, button.upgrade, button.seen, { by: actorOf(body), requestId, arrivedAt })
    if (!decision) {
      await ack()
      onRefused('unreadable')
      await tell(messages.answers.unreadable)
      return
    }
    try {
      const outcome = await storedInTime(surface.decide(decision), arrivedAt)
      await acknowledgeStored(ack(), log)
      if ('refused' in outcome) {
        const upgrade = await surface.find(button.upgrade)
        await tell(messages.refusal(outcome.refused, upgrade ? { upgrade } : {}))
      } else {
        if (decision.action === 'rollback') await askWhy(outcome.upgrade, body.trigger_id)
        if (body.container.is_ephemeral === true) await respond({ delete_original: true })
      }
      if (atHome) await showAgain(parts, actorOf(body))
    } catch (error) {
      if (error instanceof NotStored) await tell(messages.answers.notStored)
      throw error
    }
  }
}

/** What was pressed is done or refused; should this fail, the next look at everybody's makes up for it. */
async function showAgain({ homes, log }: ListenerParts, person: SlackActor): Promise<void> {
  await homes?.pressed(person).catch((error: unknown) => {
    log.warn({ part: 'slack', user: person.user, err: error }, 'a Home tab is not brought up to date at once')
  })
}

/** `undefined` when the action leads forward and the button does not say what was seen. */
function decisionOf(
  action: Exclude<Action, 'reject' | 'confirm'>,
  upgrade: string,
  seen: Seen | undefined,
  delivery: Pick<Decision, 'by' | 'requestId' | 'arrivedAt'>,
): Decision | undefined {
  const given = { ...delivery, upgrade, via: 'button' } as const
  if (!isForward(action)) return { ...given, action, ...(seen && { seen }) }
  return seen && { ...given, action, seen }
}
