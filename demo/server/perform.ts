import { whoCanCallback } from '../../src/slack/listeners/who-can.ts'
import type { Delivery } from '../../test/fakes/slack/slack.ts'
import type { World } from '../world.ts'
import type { PipelineJob } from './pipeline.ts'
import type { Act, ActResult, Trouble } from './protocol.ts'

type Performs = {
  cause(trouble: Trouble): Promise<ActResult>
  runPipeline(job: PipelineJob): ActResult
}

/** Does what somebody did on the page, as that person in Slack. */
export function performer(world: World, { cause, runPipeline }: Performs) {
  const { slack } = world
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
      case 'pipeline':
        return runPipeline(act)
      case 'speak':
        return speak(world, act)
    }
  }
}

async function speak(world: World, { locale, channel, people }: Extract<Act, { do: 'speak' }>): Promise<ActResult> {
  if (!world.rollcall) return { problem: 'Rollcall is not running; it could not be told. Start it first.' }
  await world.speak(locale, { channel, people })
  return { done: 'The language is set. Rollcall was started anew, and went on where it was.' }
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
