import type { Upgrade } from '../upgrade/upgrade.ts'
import { lines, type Markup } from './markup.ts'
import type { Translator } from './translator.ts'
import { shortVersion } from './version.ts'

/** To whoever may have meant a command. */
export function meant(t: Translator, action: 'rollback' | 'pause', { id, plan }: Upgrade): Markup {
  if (action === 'pause') return t.say('reply.meant.pause', { id })
  if (!plan) return t.say('reply.meant.rollbackUnplanned', { id })
  return t.say('reply.meant.rollback', { id, version: shortVersion(plan.from.image) })
}

/** In a thread, where several upgrades may be spoken of. */
export function ofUpgrade(t: Translator, { id }: Upgrade, state: Markup): Markup {
  return t.say('reply.ofUpgrade', { id, state })
}

/** To whoever speaks to Rollcall in a thread, in words that it does not know. */
export function replyHelp(t: Translator): Markup {
  return lines(t.say('reply.help.stop'), t.say('reply.help.ask'))
}

/** To whoever took note, where it cannot be shown beside what they wrote. */
export function noted(t: Translator, { id }: Upgrade): Markup {
  return t.say('reply.acknowledged', { id })
}

/** Asks why, after a button that acted first. */
export function rollbackReasonDialog(t: Translator, id: string) {
  return {
    title: t.plain('reason.title'),
    intro: t.say('reason.intro', { id }),
    reason: t.plain('reason.label'),
    submit: t.plain('reason.submit'),
    close: t.plain('reason.close'),
  }
}

/** At a reason that is nothing but blanks. */
export function reasonBlank(t: Translator): string {
  return t.plain('reason.blank')
}
