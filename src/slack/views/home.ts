import type { HomeView, KnownBlock } from '@slack/types'
import type { Action } from '../../engine/surface.ts'
import type { Deciders } from '../../messages/deciders.ts'
import type { Messages } from '../../messages/en.ts'
import { clean } from '../../messages/escape.ts'
import { lines, type Markup, mrkdwn, nothing } from '../../messages/markup.ts'
import type { Progress } from '../../messages/progress.ts'
import { plainVersion } from '../../messages/version.ts'
import type { ChannelTrouble } from '../../upgrade/events.ts'
import type { Freeze, Place } from '../../upgrade/freezes.ts'
import type { OwnRight } from '../../upgrade/policy.ts'
import { currentStep, type Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, header, named, section } from './blocks.ts'

/** An upgrade, and what this person may do about it now. */
export type HomeItem = {
  upgrade: Upgrade
  progress: Progress
  actions: readonly Action[]
  /** Address of its live message; absent before that is posted. */
  url: string | undefined
}

/** What one person's Home tab is made of. */
export type Home =
  | { for: 'outsider'; admins: Deciders | undefined }
  | {
      for: 'member'
      admins: Deciders | undefined
      /** Questions that this person could answer, oldest first. */
      waiting: HomeItem[]
      /** All others that are under way, oldest first. */
      underWay: HomeItem[]
      freezes: Freeze[]
      /** Where no window is open now. `opensAt` is ISO 8601. */
      closed: (Place & { opensAt?: string })[]
      /** Newest first. */
      ended: { upgrade: Upgrade; url: string | undefined }[]
      places: (Place & { permissions: OwnRight[] })[]
      /** For an administrator. */
      wrong?: { channels: { channel: string; trouble: ChannelTrouble }[]; reviews: HomeItem[] }
      services: { name: string; environments: string[] }[]
    }

type MemberHome = Extract<Home, { for: 'member' }>

/** Slack takes 100 blocks: with everything at its most there are 92. */
export const most = { waiting: 8, underWay: 12, reviews: 5, ended: 8, closed: 8, places: 15, names: 8 }

/** Lines for what has no room of its own, in sections: how many lines, and how many sections. */
const listing = { lines: 20, sections: 3, length: 2_900 }

/** `action_id`s of what stands in a Home tab and nowhere else. */
export const homeActions = { request: 'request_upgrade', commands: 'commands' } as const

/** Somebody's Home tab. Pure, and knows no clock: it is the same as long as nothing has changed. */
export function homeView(home: Home, messages: Messages): HomeView {
  return { type: 'home', blocks: blocksOf(home, messages) }
}

function blocksOf(home: Home, messages: Messages): KnownBlock[] {
  const { label } = messages.home
  if (home.for === 'outsider') return section(messages.home.outsider(home.admins))
  return [
    {
      type: 'actions',
      block_id: 'home',
      elements: [
        ...(mayRequest(home) ? [button(homeActions.request, label('request'))] : []),
        button(homeActions.commands, label('commands')),
      ],
    },
    ...wrong(home, messages),
    ...waiting(home, messages),
    ...underWay(home, messages),
    ...still(home, messages),
    ...ended(home, messages),
    ...places(home, messages),
  ]
}

function button(action_id: string, text: string) {
  return { type: 'button' as const, action_id, text: { type: 'plain_text' as const, text: clean(text, 75) } }
}

function wrong({ wrong: found }: MemberHome, messages: Messages): KnownBlock[] {
  const { heading, more } = messages.home
  if (!found || found.channels.length + found.reviews.length === 0) return []
  const reviews = found.reviews.slice(0, most.reviews)
  const rest = found.reviews.length - reviews.length
  const channels = packed(
    found.channels.map(({ channel, trouble }) => mrkdwn`⚠ ${messages.channelLost(channel, trouble, [])}`),
  )
  return [
    ...header(heading('wrong')),
    ...channels.blocks,
    ...reviews.flatMap((item) => withButtons('review', item, messages.review(item.upgrade), messages)),
    ...(rest > 0 ? section(more(rest, '/upgrade history')) : []),
  ]
}

function waiting({ waiting: items, places: own }: MemberHome, messages: Messages): KnownBlock[] {
  const { heading, nothingThere } = messages.home
  const title = header(heading('waiting'))
  const decides = own.some(({ permissions }) => permissions.some((one) => one !== 'request'))
  if (items.length === 0) return decides ? [...title, ...section(nothingThere('waiting'))] : []
  const shown = items.slice(0, most.waiting)
  return [
    ...title,
    ...shown.flatMap((item, index): KnownBlock[] => [
      ...(index > 0 ? [{ type: 'divider' as const }] : []),
      ...withButtons('waiting', item, question(item, messages), messages),
    ]),
    ...rest(items.slice(shown.length), messages),
  ]
}

/** What is decided on, as in the question itself; what is only looked up is a tap away. */
function question({ upgrade, progress, url }: HomeItem, messages: Messages): Markup {
  const { request, plan, hold } = upgrade
  const step = currentStep(upgrade)
  const there = url === undefined ? [] : [messages.home.open(url)]
  if (step?.kind !== 'ask' || hold) {
    const title = messages.home.held(upgrade)
    const state = messages.state(upgrade, progress)
    return lines(mrkdwn`*${title}*`, messages.change(upgrade), state, messages.home.unusual(upgrade), ...there)
  }
  const risks = step.question === 'start' && plan ? [messages.riskLines(request, plan)] : []
  const title = messages.questionTitle(upgrade, step)
  const body = messages.questionBody(upgrade, step)
  return lines(mrkdwn`*${title}*`, body, ...risks, messages.home.unusual(upgrade), ...there)
}

function underWay(home: MemberHome, messages: Messages): KnownBlock[] {
  const { underWay: items, waiting: asked } = home
  const { heading, nothingThere, noOtherUnderWay, about, unusual } = messages.home
  const title = header(heading('underWay'))
  if (items.length === 0) {
    const none =
      asked.length > 0 ? noOtherUnderWay() : messages.sentences(nothingThere('underWay'), teach(home, messages))
    return [...title, ...section(none)]
  }
  const shown = items.slice(0, most.underWay)
  return [
    ...title,
    ...shown.flatMap((item) => {
      const { upgrade, progress, url } = item
      const state = [messages.state(upgrade, progress), messages.counts(progress)]
      return withButtons('live', item, lines(about(upgrade, url), ...state, unusual(upgrade)), messages)
    }),
    ...rest(items.slice(shown.length), messages),
  ]
}

/** What to type, with names that are this person's. */
function teach(home: MemberHome, messages: Messages): Markup {
  const { places: own, services, ended: past } = home
  const first = own.find(({ permissions }) => permissions.includes('request'))
  if (!first) return services[0] ? messages.home.teachLook(services[0].name) : nothing
  const { service, environment } = first
  const several = (services.find(({ name }) => name === service)?.environments.length ?? 0) > 1
  const known = past.find(({ upgrade }) => upgrade.request.service === service)?.upgrade.request.image
  const version = (known && plainVersion(known)) || '1.2.3'
  return messages.home.teachRequest(`/upgrade ${service} ${version}${several ? ` in ${environment}` : ''}`)
}

function still({ freezes, closed }: MemberHome, messages: Messages): KnownBlock[] {
  const groups = grouped(closed, ({ environment, opensAt }) => `${environment} ${opensAt ?? ''}`).map(
    ([one, services]) =>
      messages.home.closedWindow(names(services, messages), one.environment, messages.windowClosed(one)),
  )
  const all = [...freezes.map(messages.frozenLine), ...cut(groups, most.closed, messages)]
  return all.length === 0 ? [] : [...header(messages.home.heading('still')), ...packed(all).blocks]
}

function ended({ ended: past }: MemberHome, messages: Messages): KnownBlock[] {
  const { heading, nothingThere, ended: line, allEnded, unusual } = messages.home
  const shown = past.slice(0, most.ended)
  const { blocks } = packed(
    shown.map(({ upgrade, url }) => lines(line(upgrade, url, noteOf(upgrade, messages)), unusual(upgrade))),
  )
  return [
    ...header(heading('ended')),
    ...(shown.length === 0 ? section(nothingThere('ended')) : [...blocks, ...section(allEnded())]),
  ]
}

/** Why it did not succeed; of a success nobody asks. */
function noteOf(upgrade: Upgrade, messages: Messages): string {
  return upgrade.result?.outcome === 'succeeded' ? '' : messages.recordNote(upgrade)
}

function places({ places: all, admins }: MemberHome, messages: Messages): KnownBlock[] {
  const title = header(messages.home.heading('places'))
  const own = all.filter(({ permissions }) => permissions.length > 0)
  if (own.length === 0) return [...title, ...section(messages.home.nowhere(admins))]
  const groups = grouped(own, ({ environment, permissions }) => `${environment} ${permissions.join(' ')}`).map(
    ([one, services]) => messages.home.place(names(services, messages), one.environment, one.permissions),
  )
  return [...title, ...packed(cut(groups, most.places, messages)).blocks]
}

function mayRequest({ places: all }: MemberHome): boolean {
  return all.some(({ permissions }) => permissions.includes('request'))
}

/** @param where tells the buttons of one upgrade apart from others of the same name */
function withButtons(where: string, item: HomeItem, text: Markup, messages: Messages): KnownBlock[] {
  const { upgrade, progress, actions } = item
  const [row] = buttons(actions, { upgrade, progress, messages })
  return [...section(text), ...(row ? named([row], `${where}/${upgrade.id}`.slice(0, 255)) : [])]
}

/** What has no room of its own, a line each; of what has not even that, how many there are. */
function rest(items: readonly HomeItem[], messages: Messages): KnownBlock[] {
  const { listLine, home } = messages
  const all = items.slice(0, listing.lines).map(({ upgrade, progress, url }) => listLine(upgrade, progress, url))
  const { blocks, fitted } = packed(all)
  const left = items.length - fitted
  return [...blocks, ...(left > 0 ? section(home.more(left, '/upgrade list')) : [])]
}

/** Lines in as few sections as hold them, and how many lines that was. */
function packed(all: readonly Markup[]): { blocks: KnownBlock[]; fitted: number } {
  const chunks: Markup[] = []
  let fitted = 0
  for (const line of all) {
    const last = chunks.at(-1)
    if (last && last.mrkdwn.length + 1 + line.mrkdwn.length <= listing.length) {
      chunks[chunks.length - 1] = lines(last, line)
    } else if (chunks.length < listing.sections) chunks.push(line)
    else break
    fitted += 1
  }
  return { blocks: chunks.flatMap((chunk) => section(chunk)), fitted }
}

function cut(all: readonly Markup[], limit: number, messages: Messages): Markup[] {
  const left = all.length - limit
  return left > 0 ? [...all.slice(0, limit), messages.home.more(left)] : [...all]
}

/** `web, api and 12 more` */
function names(services: readonly string[], messages: Messages): Markup {
  const shown = services.slice(0, most.names)
  return messages.home.some(shown, services.length - shown.length)
}

/** One of each kind, with the services that are alike. */
function grouped<T extends Place>(all: readonly T[], kind: (one: T) => string): [T, string[]][] {
  const groups = new Map<string, [T, string[]]>()
  for (const one of all) {
    const group = groups.get(kind(one))
    if (group) group[1].push(one.service)
    else groups.set(kind(one), [one, [one.service]])
  }
  return [...groups.values()]
}
