import { type Command, say } from './command.ts'
import { requestOf } from './place.ts'

export const plan: Command = {
  options: ['strategy', 'batches', 'at', 'reason', 'irreversible', 'downgrade', 'major', 'break-glass'],
  async run(parsed, context) {
    const input = await requestOf(parsed, context, ['plan'])
    if ('mistake' in input) return say(input.mistake)
    const outcome = await context.surface.plan(input.found)
    if ('refused' in outcome) return say(context.messages.refusal(outcome.refused, input.found))
    const { request, plan, policy } = outcome
    return { kind: 'listing', ...context.messages.planned(request, plan, policy.strategy.type) }
  },
}
