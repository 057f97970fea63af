import { type Command, say } from './command.ts'
import { requestOf } from './place.ts'

export const request: Command = {
  options: ['strategy', 'batches', 'at', 'reason', 'irreversible', 'downgrade', 'major', 'break-glass'],
  async run(parsed, context) {
    const input = await requestOf(parsed, context)
    if ('mistake' in input) return say(input.mistake)
    const outcome = await context.surface.request(input.found)
    if ('refused' in outcome) return say(context.messages.refusal(outcome.refused, input.found))
    return say(context.messages.answers.asked(outcome.upgrade, await context.linkTo(outcome.upgrade)))
  },
}
