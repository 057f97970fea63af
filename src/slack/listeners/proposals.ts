import type { AllMiddlewareArgs, BlockAction, SlackActionMiddlewareArgs } from '@slack/bolt'
import type { DismissInput } from '../../engine/surface.ts'
import type { Markup } from '../../messages/markup.ts'
import { type Proposed, proposalActions, readProposed } from '../views/proposal.ts'
import { renderText } from '../views/reply.ts'
import { failureText } from './failure-text.ts'
import { actorOf, type ListenerParts, requestIdOf } from './parts.ts'
import { openRequestForm } from './request-form.ts'

type Press = SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs

/**
 * A press under a version that is proposed: it opens the form, as `/upgrade` does, or has the proposal go. Nothing is asked
 * for here. `false`: it is another button.
 */
export async function proposalPressed(parts: ListenerParts, delivery: Press): Promise<boolean> {
  const { body, ack, respond, context } = delivery
  const { messages, log, onRefused } = parts
  const [pressed] = body.actions
  const action = pressed?.action_id
  if (action !== proposalActions.request && action !== proposalActions.dismiss) return false
  await ack()
  const tell = (text: Markup) => respond({ response_type: 'ephemeral', replace_original: false, ...renderText(text) })
  const proposed = readProposed(pressed?.type === 'button' ? pressed.value : undefined)
  if (!proposed) {
    onRefused('unreadable')
    await tell(messages.answers.unreadable)
    return true
  }
  const requestId = requestIdOf(context)
  try {
    const answer =
      action === proposalActions.request
        ? await openForm(parts, body, proposed)
        : await dismiss(parts, { ...proposed, by: actorOf(body), requestId })
    if (answer) await tell(answer)
  } catch (error) {
    log.error({ requestId, err: error }, 'a press under a proposal failed')
    await tell(failureText(error, requestId, messages))
  }
  return true
}

/** The message itself says that it was dismissed. */
async function dismiss({ surface, messages }: ListenerParts, input: DismissInput): Promise<Markup | undefined> {
  const outcome = await surface.dismiss(input)
  if (outcome === 'dismissed') return undefined
  return outcome === 'over' ? messages.proposalOver() : messages.refusal(outcome.refused, input)
}

/** Somebody else may have been faster. */
async function openForm(parts: ListenerParts, body: BlockAction, proposed: Proposed): Promise<Markup | undefined> {
  const { surface, messages, linkTo } = parts
  const { service, environment, version } = proposed
  const asked = (await surface.active()).find(
    ({ request }) => request.service === service && request.environment === environment && request.version === version,
  )
  if (asked) return messages.proposalAsked(asked, await linkTo(asked))
  const { user } = actorOf(body)
  const form = { service, environment, version }
  return (await openRequestForm(parts, body.trigger_id, user, form)) ? undefined : messages.requestForm.notShown
}
