import { whoCanCallback } from '../../src/slack/listeners/who-can.ts'
import type { Delivery } from '../../test/fakes/slack/slack.ts'
import type { World } from '../world.ts'
import type { Act, ActResult, Trouble } from './protocol.ts'

/** Does what somebody did on the page, as that person in Slack. */
export function performer({ slack }: World, cause: (trouble: Trouble) => Promise<ActResult>) {
  return async (act: Act): Promise<ActResult> => {
    switch (act.do) {
      case 'command':
        return told(await slack.command({ ...act, command: '/upgrade' }), '/upgrade')
      case 'say': {
        const { user, channel, text, threadTs } = act
        // Rollcall may take its time with an event, and the message is there at once: nobody waits for it.
        void slack.say({ user, channel, text, ...(threadTs && { threadTs }) })
        return {}
      }
      case 'click': {
        const { user, channel, ts, actionId, blockId, confirm, choice } = act
        return told(
          await slack.click({
            user,
            channel,
            ts,
            actionId,
            ...(blockId !== undefined && { blockId }),
            ...(confirm !== undefined && { confirm }),
            ...(choice !== undefined && { choice }),
          }),
        )
      }
      case 'submit':
        return told(await slack.submitView(act))
      case 'close':
        return told(await slack.closeView(act))
      case 'viewAction': {
        const { view, actionId, blockId, choice, confirm, values } = act
        return told(
          await slack.viewAction({
            view,
            actionId,
            ...(blockId !== undefined && { blockId }),
            ...(choice !== undefined && { choice }),
            ...(confirm !== undefined && { confirm }),
            ...(values && { values }),
          }),
        )
      }
      case 'suggest': {
        const { options } = await slack.suggest(act)
        return { options: options.map(({ text, value }) => ({ text: textOf(text), value: String(value) })) }
      }
      case 'openHome':
        await slack.openHome(act)
        return {}
      case 'whoCan':
        return told(await slack.messageShortcut({ ...act, callbackId: whoCanCallback }))
      case 'trouble':
        return cause(act.trouble)
    }
  }
}

function textOf(text: unknown): string {
  return String((text as { text?: unknown } | undefined)?.text ?? '')
}

/** What Slack tells a person whose command or click the app did not take. */
function told(delivery: Delivery | undefined, command?: string): ActResult {
  if (!delivery || delivery.outcome === 'acknowledged') return {}
  if (command) return { problem: `${command} failed with the error "${delivery.outcome}"` }
  return { problem: 'Sorry, that did not work: the app did not answer. Try again in a moment.' }
}
