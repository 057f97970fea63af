import { type Command, optionOf, say } from './command.ts'
import { upgradeOf } from './upgrade-id.ts'

/** `pause`, `rollback` and `cancel` act at once: stopping and going back need no question. */
function stopping(action: 'pause' | 'rollback' | 'cancel', answer: 'paused' | 'rolledBack' | 'cancelled'): Command {
  return {
    options: ['reason'],
    decides: true,
    async run(parsed, context) {
      const { surface, messages, by, requestId, arrivedAt } = context
      const outcome = await upgradeOf(action, parsed, context)
      if ('mistake' in outcome) return say(outcome.mistake)
      const reason = optionOf(parsed, 'reason')
      const decided = await surface.decide({
        upgrade: outcome.found.id,
        action,
        by,
        via: 'command',
        ...(reason && { reason }),
        requestId,
        ...(arrivedAt !== undefined && { arrivedAt }),
      })
      if ('refused' in decided) return say(messages.refusal(decided.refused, { upgrade: outcome.found }))
      return say(messages.answers[answer](decided.upgrade))
    },
  }
}

export const pause = stopping('pause', 'paused')
export const rollback = stopping('rollback', 'rolledBack')
export const cancel = stopping('cancel', 'cancelled')
