import type { AllMiddlewareArgs, App, SlackCommandMiddlewareArgs } from '@slack/bolt'
import { answer, decides, type Reply, wantsForm } from '../../commands/index.ts'
import { inTheirLanguage } from '../language.ts'
import { renderReply } from '../views/reply.ts'
import { failureText } from './failure-text.ts'
import { arrivalOf, type ListenerParts, requestIdOf } from './parts.ts'
import { openRequestForm } from './request-form.ts'
import { acknowledgeStored, NotStored, storedInTime } from './stored-in-time.ts'

export function register(app: App, parts: ListenerParts): void {
  app.command('/upgrade', inTheirLanguage(parts, commandListener))
}

/** `/upgrade …`: what decides is stored first and acknowledged then; everything else the other way round. */
export function commandListener(parts: ListenerParts) {
  const { surface, messages, linkTo, log } = parts

  return async (delivery: SlackCommandMiddlewareArgs & AllMiddlewareArgs): Promise<void> => {
    const { command, ack, respond, context } = delivery
    const requestId = requestIdOf(context)
    const arrivedAt = arrivalOf(context)
    const text = command.text ?? ''
    const by = { kind: 'slack', team: command.team_id, user: command.user_id } as const
    const reply = (given: Reply) =>
      respond({ response_type: 'ephemeral', ...renderReply(given, messages), unfurl_links: false, unfurl_media: false })
    const work = () => answer(text, { surface, messages, by, requestId, arrivedAt, linkTo })

    if (decides(text)) {
      try {
        const decided = await storedInTime(work(), arrivedAt)
        await acknowledgeStored(ack(), log)
        await reply(decided)
      } catch (error) {
        if (error instanceof NotStored) await reply({ kind: 'text', text: messages.answers.notStored })
        throw error
      }
      return
    }
    await ack()
    if (wantsForm(text) && (await openRequestForm(parts, command.trigger_id, by.user))) return
    try {
      await reply(await work())
    } catch (error) {
      log.error({ requestId, err: error }, 'a command failed')
      await reply({ kind: 'text', text: failureText(error, requestId, messages) })
    }
  }
}
