import type { Page, Upgrade } from '../upgrade/upgrade.ts'
import { deciders } from './deciders.ts'
import { incident as incidentSentence } from './incidents.ts'
import { type Markup, mrkdwn, nothing, time } from './markup.ts'
import type { Translator } from './translator.ts'
import { incidentState } from './upgrade.ts'
import { actor, who } from './wording.ts'

/** What nobody has acknowledged yet. */
export function pageTitle(t: Translator, upgrade: Upgrade, { of }: Page): Markup {
  const one = upgrade.incidents[of]
  return t.say('page.title', { id: upgrade.id, sentence: one ? incidentSentence(t, one) : nothing })
}

/** Where it stands and what to do; on the last page also that no other one follows, and whom to call. */
export function pageBody(t: Translator, upgrade: Upgrade, page: Page): Markup {
  const one = upgrade.incidents[page.of]
  const { policy, pages = [] } = upgrade
  const number = pages.filter(({ of, at }) => of === page.of && at <= page.at).length
  const times = policy.paging?.times ?? number
  // On the way back the title says it all.
  const isResting = upgrade.result !== undefined || upgrade.hold !== undefined
  return t.sentences(
    one && isResting ? incidentState(t, upgrade, one) : nothing,
    one ? t.say('page.since', { at: time(one.at) }) : nothing,
    number < times ? t.say('page.number', { number, times }) : lastWord(t, upgrade),
  )
}

/** What a page says once it has done its work, or another one has come. */
export function pageOver(t: Translator, upgrade: Upgrade, page: Page): Markup {
  const taken = upgrade.incidents[page.of]?.acknowledged
  return t.sentences(
    t.say('page.over', { id: upgrade.id, at: time(page.at) }),
    taken ? t.say('trouble.seen', { by: actor(t, taken.by), at: time(taken.at) }) : nothing,
  )
}

function lastWord(t: Translator, { policy }: Upgrade): Markup {
  const { contact } = policy.paging ?? {}
  return t.say('page.last', {
    whom: contact === undefined ? who(t, deciders(policy, 'operate')) : mrkdwn`${contact}`,
  })
}
