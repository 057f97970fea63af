import { assertNever } from '../upgrade/assert-never.ts'
import type { Policy } from '../upgrade/policy.ts'
import type { Offer } from '../upgrade/proposals.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { join, link, type Markup, mrkdwn, nothing } from './markup.ts'
import type { Translator } from './translator.ts'
import { shortVersion } from './version.ts'
import { actor, listed } from './wording.ts'

/** What is said of a version that was pushed. It mentions nobody: it is an offer, and no question that waits. */
export function proposal(
  t: Translator,
  offer: Offer,
  policy: Pick<Policy, 'service' | 'environment' | 'permissions'>,
): { title: Markup; facts: Markup } {
  const { service, environment, permissions } = policy
  const { version, digest, state } = offer
  const what = { service, environment, version }
  switch (state.is) {
    case 'waiting':
    case 'open': {
      const runs =
        state.is === 'open' && state.runs !== undefined
          ? t.say('proposal.runs', { version: state.runs })
          : t.say('proposal.runsUnknown')
      const roles = permissions.request.map(({ role }) => mrkdwn`${role}`)
      const facts = join([runs, t.say('proposal.who', { roles: listed(t, roles, 'or') })], ' · ')
      const short = digest === undefined ? version : shortVersion(`${service}:${version}@${digest}`)
      return { title: t.say('proposal.open', { ...what, version: short }), facts }
    }
    case 'superseded':
      return { title: t.say('proposal.superseded', { ...what, by: state.by }), facts: nothing }
    case 'requested':
      return { title: t.say('proposal.requested', { ...what, who: actor(t, state.by), id: state.id }), facts: nothing }
    case 'dismissed':
      return { title: t.say('proposal.dismissed', { ...what, who: actor(t, state.by) }), facts: nothing }
    default:
      return assertNever(state)
  }
}

export function proposalButtons(t: Translator): { request: string; dismiss: string } {
  return { request: t.plain('proposal.request'), dismiss: t.plain('proposal.dismiss') }
}

export function proposalOver(t: Translator): Markup {
  return t.say('proposal.over')
}

/** To somebody who wants to request what was requested a moment ago. */
export function proposalAsked(t: Translator, { id, request }: Upgrade, url: string | undefined): Markup {
  const { service, environment, version, by } = request
  return t.say('proposal.asked', { service, environment, version, who: actor(t, by), link: link(url, id) })
}
