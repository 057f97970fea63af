import type { AllMiddlewareArgs, App, MessageShortcut, SlackShortcutMiddlewareArgs } from '@slack/bolt'
import { inTheirLanguage } from '../language.ts'
import type { Shown } from '../shown.ts'
import { textModal } from '../views/input-modal.ts'
import type { ListenerParts } from './parts.ts'

export const whoCanCallback = 'who_can_approve'

type WhoCanParts = ListenerParts & { shown: Pick<Shown, 'upgradeOf'> }

/** The shortcut in a message's menu: on the message of an upgrade, or on any in its thread. */
export function register(app: App, parts: WhoCanParts): void {
  app.shortcut<MessageShortcut>(
    { type: 'message_action', callback_id: whoCanCallback },
    inTheirLanguage(parts, whoCanListener),
  )
}

export function whoCanListener({ surface, messages, client, shown, log }: WhoCanParts) {
  return async (delivery: SlackShortcutMiddlewareArgs<MessageShortcut> & AllMiddlewareArgs): Promise<void> => {
    const { body, ack } = delivery
    await ack()
    const { thread_ts } = body.message
    const first = typeof thread_ts === 'string' ? thread_ts : body.message_ts
    const id = await shown.upgradeOf({ channel: body.channel.id, ts: first })
    const upgrade = id === undefined ? undefined : await surface.find(id)
    const text = upgrade ? messages.whoCan(upgrade) : messages.noUpgradeHere()
    const view = textModal(text, messages.whoCanDialog())
    await client.views.open({ trigger_id: body.trigger_id, view }).catch((error: unknown) => {
      log.warn({ part: 'slack', err: error }, 'who can decide could not be shown')
    })
  }
}
