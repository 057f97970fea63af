import type { Page, Upgrade } from '../../upgrade/upgrade.ts'
import { deciders } from '../deciders.ts'
import { type Markup, mrkdwn, nothing, sentences, time } from '../markup.ts'
import { incident as incidentSentence } from './incidents.ts'
import { incidentState } from './upgrade.ts'
import { actor, who } from './wording.ts'

/** What nobody has acknowledged yet. */
export function pageTitle(upgrade: Upgrade, { of }: Page): Markup {
  const one = upgrade.incidents[of]
  return mrkdwn`${upgrade.id} still needs somebody: ${one ? incidentSentence(one) : nothing}`
}

/** Where it stands and what to do; on the last page also that no other one follows, and whom to call. */
export function pageBody(upgrade: Upgrade, page: Page): Markup {
  const one = upgrade.incidents[page.of]
  const { policy, pages = [] } = upgrade
  const number = pages.filter(({ of, at }) => of === page.of && at <= page.at).length
  const times = policy.paging?.times ?? number
  return sentences(
    one ? incidentState(upgrade, one) : nothing,
    one ? mrkdwn`Nobody is on it since ${time(one.at)}.` : nothing,
    number < times ? mrkdwn`Page ${number} of ${times}.` : lastWord(upgrade),
  )
}

/** What a page says once it has done its work, or another one has come. */
export function pageOver(upgrade: Upgrade, page: Page): Markup {
  const taken = upgrade.incidents[page.of]?.acknowledged
  const then = taken ? mrkdwn`${actor(taken.by)} is on it · ${time(taken.at)}.` : nothing
  return sentences(mrkdwn`${upgrade.id}: on-call was paged ${time(page.at)}.`, then)
}

function lastWord({ policy }: Upgrade): Markup {
  const { contact } = policy.paging ?? {}
  const whom = contact === undefined ? who(deciders(policy, 'operate')) : mrkdwn`${contact}`
  return mrkdwn`This is the last page: Rollcall stops paging. If nobody answers, call ${whom}.`
}
