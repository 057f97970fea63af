import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  SlackActionMiddlewareArgs,
  SlackEventMiddlewareArgs,
} from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { Messages } from '../../messages/en.ts'
import { type Markup, nothing } from '../../messages/markup.ts'
import type { HomeTabs } from '../home.ts'
import { section } from '../views/blocks.ts'
import { homeActions } from '../views/home.ts'
import { textModal } from '../views/input-modal.ts'
import { listingParts, renderText } from '../views/reply.ts'
import { actorOf, type ListenerParts } from './parts.ts'
import { openRequestForm } from './request-form.ts'

export function register(app: App, homes: HomeTabs): void {
  app.event('app_home_opened', openedListener(homes))
}

/** Bolt has acknowledged it by then; Slack sends it whenever somebody goes to one of the app's tabs. */
function openedListener(homes: HomeTabs) {
  return async ({ event, body }: SlackEventMiddlewareArgs<'app_home_opened'>): Promise<void> => {
    if (event.tab !== 'home') return
    await homes.opened({ kind: 'slack', team: body.team_id, user: event.user }, hashIn(event.view))
  }
}

/** Slack's types leave it out of the event. */
const Hashed = z.object({ hash: z.string() })

function hashIn(view: unknown): string | undefined {
  return Hashed.safeParse(view).data?.hash
}

type Press = SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs

/** Whether a press came from a Home tab, where there is no message to answer under. */
export function isAtHome(body: BlockAction): boolean {
  return body.view?.type === 'home'
}

/** The buttons that decide nothing. `false`: it is another one. */
export async function homePressed(parts: ListenerParts, { body, ack }: Press): Promise<boolean> {
  const [pressed] = body.actions
  if (!isAtHome(body)) return false
  switch (pressed?.action_id) {
    case homeActions.request:
      await ack()
      if (!(await openRequestForm(parts, body.trigger_id, actorOf(body).user))) {
        await tellDirectly(parts, body, parts.messages.requestForm.notShown)
      }
      return true
    case homeActions.commands:
      await ack()
      try {
        await parts.client.views.open({ trigger_id: body.trigger_id, view: commandsModal(parts.messages) })
      } catch {
        await tellDirectly(parts, body, parts.messages.requestForm.notShown)
      }
      return true
    default:
      return false
  }
}

/** In a dialog; or directly, when the press is too long ago for one. */
export async function tellAtHome(parts: ListenerParts, body: BlockAction, text: Markup): Promise<void> {
  const { client, messages } = parts
  try {
    await client.views.open({ trigger_id: body.trigger_id, view: textModal(text, messages.home.dialog('refused')) })
  } catch {
    await tellDirectly(parts, body, text)
  }
}

async function tellDirectly({ client }: ListenerParts, body: BlockAction, text: Markup): Promise<void> {
  const rendered = renderText(text)
  await client.chat.postMessage({ channel: body.user.id, ...rendered, unfurl_links: false, unfurl_media: false })
}

function commandsModal(messages: Messages): ModalView {
  const rows = messages
    .overview()
    .mrkdwn.split('\n')
    .map((mrkdwn) => ({ mrkdwn }))
  return {
    ...textModal(nothing, messages.home.dialog('commands')),
    blocks: listingParts({ title: nothing, lines: rows }).flatMap((part) => section(part)),
  }
}
