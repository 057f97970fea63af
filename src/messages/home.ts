import { pagedSoFar } from '../upgrade/paging.ts'
import type { OwnRight } from '../upgrade/policy.ts'
import type { Actor, Outcome, Upgrade } from '../upgrade/upgrade.ts'
import type { Deciders } from './deciders.ts'
import { incident } from './incidents.ts'
import { bold, join, lines, link, type Markup, mrkdwn, nothing, time } from './markup.ts'
import { phases } from './phases.ts'
import type { Translator } from './translator.ts'
import { shortVersion } from './version.ts'
import { actor, listed, who } from './wording.ts'

/** The app's Home tab: what concerns one person. */

type Heading = 'waiting' | 'underWay' | 'still' | 'ended' | 'places' | 'wrong'

export function heading(t: Translator, of: Heading): string {
  return t.plain(`home.${of}`)
}

export function label(t: Translator, of: 'request' | 'commands'): string {
  return t.plain(`home.${of}`)
}

/** Of a dialog that answers a press, since a Home tab has no place for answers. */
export function dialog(t: Translator, of: 'refused' | 'commands'): { title: string; close: string } {
  return { title: t.plain(`home.${of}`), close: t.plain('home.close') }
}

export function nothingThere(t: Translator, where: 'waiting' | 'underWay' | 'ended'): Markup {
  return t.say(`home.${where}.none`)
}

export function noOtherUnderWay(t: Translator): Markup {
  return t.say('home.underWay.noOther')
}

/** What to type, for somebody who may request. */
export function teachRequest(t: Translator, command: string): Markup {
  return t.say('home.teach.request', { command })
}

/** What to type, for somebody who may look only. */
export function teachLook(t: Translator, service: string): Markup {
  return t.say('home.teach.look', { command: `/upgrade history ${service}` })
}

export function held(t: Translator, { id }: Upgrade): Markup {
  return t.say('home.waiting.held', { id })
}

export function open(t: Translator, url: string): Markup {
  return link(url, t.plain('home.open'))
}

/** `*web* → 1.5.0 (9f3c07) in *production* · web-production-14` */
export function about(t: Translator, { id, request }: Upgrade, url: string | undefined): Markup {
  const { service, environment, image, breakGlass } = request
  const loud = breakGlass ? t.say('home.breakGlass') : nothing
  const what = t.say('home.what', { service, environment, version: shortVersion(image) })
  return join([loud, what, link(url, id)], ' · ')
}

/** What is out of the ordinary about one: that on-call is paged because of it, and that it was taken over half-way. */
export function unusual(t: Translator, upgrade: Upgrade): Markup {
  const paged = pagedSoFar(upgrade)
  return lines(
    paged
      ? t.say('home.paged', { count: paged.times, at: time(paged.at), sentence: incident(t, paged.incident) })
      : nothing,
    upgrade.takenOver && !upgrade.result ? t.say('home.takenOver') : nothing,
  )
}

const marks: Record<Outcome, string> = {
  succeeded: '✔',
  rolledBack: '↩',
  rejected: '✘',
  expired: '✘',
  cancelled: '✘',
  failed: '✘',
}

/**
 * `✔ *web* → 1.5.0 in *production* · web-production-14 · succeeded <date> · asked by @dana`
 *
 * @param note why it ended as it did, plain text
 */
export function ended(t: Translator, upgrade: Upgrade, url: string | undefined, note: string): Markup {
  const { request, result } = upgrade
  if (!result) return nothing
  const outcome = mrkdwn`${phases(t)[result.outcome]} ${time(result.at)}`
  const parts = [about(t, upgrade, url), outcome, askedBy(t, request.by), mrkdwn`${note}`]
  return mrkdwn`${marks[result.outcome]} ${join(parts, ' · ')}`
}

function askedBy(t: Translator, by: Actor): Markup {
  return t.say('home.ended.askedBy', { actor: actor(t, by) })
}

export function allEnded(t: Translator): Markup {
  return t.say('home.ended.all', { command: '/upgrade history' })
}

/** @param closed that no window is open, and when the next one opens */
export function closedWindow(t: Translator, services: Markup, environment: string, closed: Markup): Markup {
  return t.say('home.still.closed', { services, environment, closed })
}

export function place(t: Translator, services: Markup, environment: string, permissions: readonly OwnRight[]): Markup {
  const rights = permissions.map((one) => t.say(`home.places.${one}`))
  return t.say('home.places.line', { services, environment, permissions: listed(t, rights, 'and') })
}

export function nowhere(t: Translator, admins: Deciders | undefined): Markup {
  return t.say('home.places.none', { admins: admins ? who(t, admins) : t.say('home.anAdministrator') })
}

/** `web, api and 12 more`; the names of services. */
export function some(t: Translator, names: readonly string[], left: number): Markup {
  const rest = left > 0 ? [t.say('word.more', { count: left })] : []
  return listed(t, [...names.map(bold), ...rest], 'and')
}

/** What did not fit, and what shows it. */
export function more(t: Translator, count: number, command?: string): Markup {
  return command === undefined ? t.say('home.moreWithout', { count }) : t.say('home.more', { count, line: command })
}

/** To a guest, somebody of another workspace, a bot: nothing of what goes on here. */
export function outsider(t: Translator, admins: Deciders | undefined): Markup {
  return t.say('home.outsider', { admins: admins ? who(t, admins) : t.say('home.oneOfThem') })
}
