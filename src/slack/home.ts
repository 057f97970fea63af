import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { HomeView } from '@slack/types'
import type { WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import { type Action, isForward, type Surface } from '../engine/surface.ts'
import type { Deciders } from '../messages/deciders.ts'
import { type Progress, progressOf } from '../messages/progress.ts'
import type { ChannelTrouble } from '../upgrade/events.ts'
import type { Freeze } from '../upgrade/freezes.ts'
import { pagedSoFar } from '../upgrade/paging.ts'
import type { Policy } from '../upgrade/policy.ts'
import { restrictionsAt } from '../upgrade/restrictions.ts'
import type { SlackActor, Upgrade } from '../upgrade/upgrade.ts'
import type { Budget, Urgency } from './budget.ts'
import { explain, mayHaveHappened, platformError, rateLimit } from './failure.ts'
import { type Languages, messagesFor } from './language.ts'
import { controlsOf } from './views/controls.ts'
import { type Home, type HomeItem, homeView, most } from './views/home.ts'

/** Who has opened their Home tab lately, and what was published there last; shared by every process. */
export type HomeStore = {
  open(person: SlackActor): Promise<void>
  /** Whoever opened theirs within a day, the last one first. `openedAt` is in epoch milliseconds. */
  opened(): Promise<{ person: SlackActor; openedAt: number }[]>
  /** What was published for each of these users; absent where nothing is known. */
  published(users: readonly string[]): Promise<(Published | undefined)[]>
  note(user: string, published: Published): Promise<void>
  /** Nothing is published for them any more until they open it again. */
  close(user: string): Promise<void>
}

export type Published = {
  /** Slack's own name for the state that the view is in; absent where it is not known. */
  hash?: string | undefined
  /** Of the view as it was sent. */
  content: string
  /** Of all that people act upon, as it was then: an edit that keeps it is a mere tick of progress. */
  moment: string
  /** Epoch milliseconds. */
  at: number
}

export type HomeParts = Languages & {
  client: WebClient
  surface: Pick<
    Surface,
    | 'active'
    | 'ended'
    | 'freezes'
    | 'services'
    | 'policyFor'
    | 'permissionsOf'
    | 'standingOf'
    | 'allowed'
    | 'admins'
    | 'observe'
    | 'now'
  >
  homes: HomeStore
  budget: Budget
  log: Log
  /** Address of an upgrade's live message. */
  linkTo: (upgrade: Upgrade) => Promise<string | undefined>
  /** What administrators were told of a channel, as long as that is so. */
  lost: (channel: string) => Promise<ChannelTrouble | undefined>
  /** Has everybody's looked at again in so many milliseconds. */
  again: (delayMs: number) => Promise<void>
  now?: () => number
}

export type HomeTabs = {
  /**
   * Somebody has opened theirs: it is brought up to date at once, and again when something changes, for a day.
   *
   * @param shown the `hash` of what they see; absent when nothing was ever published for them
   */
  opened(person: SlackActor, shown: string | undefined): Promise<void>
  /** Somebody has pressed something there: what they see now is brought up to date at once. */
  pressed(person: SlackActor): Promise<void>
  /** Brings everybody's up to date. */
  sync(): Promise<void>
}

/** A mere tick of progress: no sooner after the last edit, and for no longer after somebody looked, milliseconds. */
const ticks = { everyMs: 10_000, forMs: 3_600_000 }

/** Slack did not say who somebody is, milliseconds. */
const unknownMs = 15_000

/** So many are published at the same time: whoever waits for an answer of Slack does not wait for all of them. */
const atOnce = 5

const attempts = 3

/** Of those that ended, as many are looked through for what has to be signed off. */
const lookedThrough = 200

/** More than are shown, since it is also known from them which versions there are. */
const endedShown = 20

/**
 * Keeps people's Home tabs as their upgrades are. Each is rendered from the newest state and compared with what was
 * published last, so nothing has to be remembered of what happened. Slack takes an edit only of the state that it is an
 * edit of, so of two processes the one that looked earlier never has the last word.
 */
export function createHomeTabs(parts: HomeParts): HomeTabs {
  const { homes, again } = parts

  /** Whoever sees it now waits for it. */
  async function publishNow(person: SlackActor, shown: Published | undefined): Promise<Outcome> {
    let before = shown
    let outcome: Outcome = 'overtaken'
    for (let attempt = 0; attempt < attempts && outcome === 'overtaken'; attempt++) {
      const scene = await sceneOf(parts)
      const prepared = await prepare(parts, person, before, scene, 'asked')
      outcome = isReady(prepared) ? await send(parts, prepared, scene) : prepared
      if (outcome === 'overtaken') before = (await homes.published([person.user]))[0]
    }
    for (const waitMs of waitOf(outcome)) await again(waitMs)
    return outcome
  }

  return {
    async opened(person, shown) {
      const [noted] = await homes.published([person.user])
      const outcome = await publishNow(person, noted && noted.hash === shown ? noted : unknownView(shown))
      if (outcome === 'refused') return
      // Only now: of what was never published there is nothing that two edits could be told apart by.
      await homes.open(person)
      // What has changed meanwhile was not looked at for them.
      if (!noted) await again(0)
    },

    async pressed(person) {
      const [noted] = await homes.published([person.user])
      await publishNow(person, noted)
    },

    async sync() {
      const people = await homes.opened()
      if (people.length === 0) return
      // Before the state is looked at, so that a view of an older state is never an edit of a newer one.
      const noted = await homes.published(people.map(({ person }) => person.user))
      const scene = await sceneOf(parts)
      const waits: number[] = []
      const ready: Ready[] = []
      for (const [index, { person, openedAt }] of people.entries()) {
        // Of 200 upgrades a view takes its time: decisions come in between.
        await setImmediate()
        const prepared = await prepare(parts, person, noted[index], scene, openedAt)
        if (isReady(prepared)) ready.push(prepared)
        else waits.push(...waitOf(prepared))
      }
      for (let first = 0; first < ready.length; first += atOnce) {
        const sent = await Promise.all(ready.slice(first, first + atOnce).map((one) => send(parts, one, scene)))
        waits.push(...sent.flatMap(waitOf))
      }
      if (waits.length > 0) await again(Math.min(...waits))
    },
  }
}

/**
 * How it went: it is there; or milliseconds to wait before it is tried again; another view was published since the one
 * that this would have been an edit of; Slack does not want it.
 */
type Outcome = 'there' | number | 'overtaken' | 'refused'

function waitOf(outcome: Outcome): number[] {
  if (outcome === 'overtaken') return [0]
  return typeof outcome === 'number' ? [outcome] : []
}

/** Something is there, and nobody knows what it says. */
function unknownView(hash: string | undefined): Published | undefined {
  return hash === undefined ? undefined : { hash, content: '', moment: '', at: 0 }
}

/** A view that somebody should have. */
type Ready = { person: SlackActor; before: Published | undefined; view: HomeView; content: string; urgency: Urgency }

/**
 * What somebody should see, unless it is there already.
 *
 * @param seen `asked` by somebody who looks at it now, or when they last looked (epoch milliseconds)
 */
async function prepare(
  parts: HomeParts,
  person: SlackActor,
  before: Published | undefined,
  scene: Scene,
  seen: 'asked' | number,
): Promise<Ready | Outcome> {
  const { now = Date.now } = parts
  const isTick = seen !== 'asked' && before?.moment === scene.moment
  if (isTick) {
    if (now() - seen > ticks.forMs) return 'there'
    const early = before.at + ticks.everyMs - now()
    if (early > 0) return early
  }
  const home = await homeOf(parts, scene, person)
  if (!home) return unknownMs
  const view = homeView(home, await messagesFor(parts, person))
  const content = hashOf(view)
  if (before?.content === content) return 'there'
  return { person, before, view, content, urgency: seen === 'asked' ? seen : isTick ? 'progress' : 'changed' }
}

/** As an edit of what was there before. */
async function send(parts: HomeParts, ready: Ready, { moment }: Scene): Promise<Outcome> {
  const { client, budget, homes, now = Date.now } = parts
  const { before, view, content, urgency } = ready
  const { user } = ready.person
  const spend = { kind: 'publish', user, urgency } as const
  const waitMs = await budget.take(spend)
  if (waitMs > 0) return waitMs
  try {
    const hash = before?.hash
    const answer = await client.views.publish({ user_id: user, view, ...(hash !== undefined && { hash }) })
    await homes.note(user, { hash: answer.view?.hash, content, moment, at: now() })
    return 'there'
  } catch (error) {
    const refused = platformError(error)
    if (refused === 'hash_conflict') {
      await forgetIfWrong(homes, user, before)
      return 'overtaken'
    }
    const { why, waitMs: patienceMs } = explain(error)
    if (why === rateLimit) await budget.pause(spend, patienceMs)
    else if (!mayHaveHappened(error)) return refusedFor(parts, user, error, why)
    return patienceMs
  }
}

function isReady(prepared: Ready | Outcome): prepared is Ready {
  return typeof prepared === 'object'
}

/** A process died between publishing and noting it: what is noted is never what Slack has. */
async function forgetIfWrong(homes: HomeStore, user: string, before: Published | undefined): Promise<void> {
  const [noted] = await homes.published([user])
  if (noted?.hash === undefined || noted.hash !== before?.hash) return
  const { hash: _, ...rest } = noted
  await homes.note(user, { ...rest, content: '' })
}

/** What Slack does not want is not tried again and again: until they open it once more. */
async function refusedFor({ homes, log }: HomeParts, user: string, error: unknown, why: string): Promise<'refused'> {
  log.warn({ part: 'slack', user, err: error }, `the Home tab of ${user} is not published (${why})`)
  await homes.close(user)
  return 'refused'
}

// ---------------------------------------------------------------- what is on it

/** What all of them are made of, read once for everybody. */
type Scene = {
  underWay: { upgrade: Upgrade; progress: Progress; url: string | undefined }[]
  ended: { upgrade: Upgrade; url: string | undefined }[]
  freezes: Freeze[]
  closed: Extract<Home, { for: 'member' }>['closed']
  services: { name: string; environments: string[] }[]
  admins: Deciders | undefined
  /** Of all that people act upon, which is everything but how far the pods are. */
  moment: string
  /** Channels that are lost. */
  lost: { channel: string; trouble: ChannelTrouble }[]
  /** Break-glass that is to be signed off; asked for when the first administrator is there. */
  reviews: () => Promise<Upgrade[]>
}

async function sceneOf(parts: HomeParts): Promise<Scene> {
  const { surface, linkTo } = parts
  const [active, past, freezes, now] = await Promise.all([
    surface.active(),
    surface.ended({ limit: endedShown }),
    surface.freezes(),
    surface.now(),
  ])
  const services = surface.services()
  const policies = services.flatMap(({ name, environments }) =>
    environments.flatMap((environment) => surface.policyFor(name, environment) ?? []),
  )
  const linked = async (upgrade: Upgrade) => ({ upgrade, url: await linkTo(upgrade) })
  const [underWay, ended] = await Promise.all([Promise.all(active.map(linked)), Promise.all(past.map(linked))])
  const role = surface.admins()
  let reviews: ReturnType<Scene['reviews']> | undefined
  const lost = await lostOf(parts, [...policies, ...active.map(({ policy }) => policy)])
  const closed = policies.flatMap(({ windows, ...policy }) => {
    if (!windows) return []
    const [restriction] = restrictionsAt({ ...policy, windows }, [], now)
    if (restriction?.what !== 'window') return []
    const { service, environment } = policy
    return [{ service, environment, ...(restriction.opensAt && { opensAt: restriction.opensAt }) }]
  })
  const states = [...active, ...past].map(({ id, sequence }) => [id, sequence])
  return {
    moment: hashOf([states, freezes, closed, services, lost]),
    underWay: underWay.map((one) => ({ ...one, progress: progressOf(one.upgrade, surface.observe(one.upgrade)) })),
    ended,
    freezes,
    closed,
    services,
    admins: role && { roles: [role.role], users: role.users, groups: role.groups },
    lost,
    reviews: () => {
      reviews ??= surface
        .ended({ limit: lookedThrough })
        .then((all) => all.filter(({ reviewDue }) => reviewDue !== undefined))
      return reviews
    },
  }
}

async function lostOf({ lost }: HomeParts, policies: readonly Policy[]): Promise<Scene['lost']> {
  const channels = [...new Set(policies.map(({ channel }) => channel))]
  const troubles = await Promise.all(channels.map(async (channel) => ({ channel, trouble: await lost(channel) })))
  return troubles.flatMap(({ channel, trouble }) => (trouble ? [{ channel, trouble }] : []))
}

/** `undefined` while Slack does not say who somebody is. */
async function homeOf({ surface }: HomeParts, scene: Scene, person: SlackActor): Promise<Home | undefined> {
  const { kind, isAdmin } = await surface.standingOf(person)
  const { admins, freezes, closed, ended, services } = scene
  if (kind === 'unknown') return undefined
  if (kind !== 'member') return { for: 'outsider', admins }
  const waiting: HomeItem[] = []
  const underWay: HomeItem[] = []
  for (const one of scene.underWay) {
    const { question, live } = controlsOf(one.upgrade)
    const canAnswer = (await surface.allowed(person, one.upgrade, question.filter(isForward))).length > 0
    const room = canAnswer ? most.waiting - waiting.length : most.underWay - underWay.length
    // What has no room for buttons needs none.
    const offered = canAnswer ? question : [...new Set([...question, ...live])]
    const take: Action[] = pagedSoFar(one.upgrade) ? ['acknowledge'] : []
    const actions = await surface.allowed(person, one.upgrade, room <= 0 ? [] : [...offered, ...take])
    if (canAnswer) waiting.push({ ...one, actions })
    else underWay.push({ ...one, actions })
  }
  const places = await surface.permissionsOf(person)
  const home: Home = { for: 'member', admins, waiting, underWay, freezes, closed, ended, places, services }
  if (!isAdmin) return home
  const reviews = await Promise.all(
    (await scene.reviews()).map(async (upgrade) => ({
      upgrade,
      progress: progressOf(upgrade),
      url: undefined,
      actions: await surface.allowed(person, upgrade, ['review']),
    })),
  )
  return { ...home, wrong: { channels: scene.lost, reviews } }
}

function hashOf(what: unknown): string {
  return createHash('sha256').update(JSON.stringify(what)).digest('hex')
}
