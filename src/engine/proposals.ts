/**
 * Versions that were pushed, and are proposed to people. Nothing here can ask for an upgrade: of the store of upgrades it
 * only reads, and whoever wants the version asks for it under their own name.
 */
import { authorize, groupsToAsk } from '../access/authorize.ts'
import { versionOf } from '../upgrade/image-reference.ts'
import type { Policy } from '../upgrade/policy.ts'
import {
  dismissed,
  dropped,
  isNewer,
  isOf,
  lastOpened,
  type Offer,
  type Offers,
  opened,
  type Place,
  type PushOutcome,
  requested,
  waitingOf,
  wanted,
  withPush,
} from '../upgrade/proposals.ts'
import { isRefusal } from '../upgrade/refusal.ts'
import type { Push, RegistryFormat } from '../upgrade/registry-formats.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { notStored } from './deadline.ts'
import type { Parts } from './parts.ts'
import type { Images, Proposals, Upgrades } from './ports.ts'
import type { Dismissal, DismissInput } from './surface.ts'

/** Between two messages about one place, milliseconds: of what is pushed meanwhile only the newest is proposed. */
const betweenMs = 60_000

/** How often it is tried again after somebody else was first. */
const attempts = 10

/** A registry that has no turn, or no answer, is asked again, milliseconds; after so long what it told is believed. */
const again = { busyMs: 2_000, unknownMs: 15_000, forMs: 120_000 }

/** Of upgrades that ended, so many are looked through for one to a version that is proposed. */
const lookedThrough = 200

export type ProposalParts = {
  proposals: Proposals
  upgrades: Pick<Upgrades, 'now' | 'active' | 'ended'>
  images: Pick<Images, 'look'>
  config: Parts['config']
  /** The image that runs in a place; `undefined` when nobody can tell. */
  running(policy: Policy): Promise<string | undefined>
  /** Has a place looked at, in so many milliseconds. */
  look(place: Place, delayMs: number): Promise<void>
  log: Parts['log']
  /** Hears what became of something that was pushed, for metrics. */
  onOutcome(source: RegistryFormat, outcome: PushOutcome | OfferOutcome): void
}

/** What became of an offer once it was looked at. */
export const offerOutcomes = ['proposed', 'unwanted', 'missing', 'notNewer', 'unconfirmed'] as const
export type OfferOutcome = (typeof offerOutcomes)[number]

export type PushInput = { source: RegistryFormat; pushes: readonly Push[]; requestId: string }

/**
 * Takes in what was pushed. What a place wants to hear of is stored when this returns, and is looked at soon.
 *
 * @returns how many of the pushes came to what; one that concerns two places counts twice
 * @throws RollcallError NOT_STORED, or the store's own error: whoever sent it has to send it again
 */
export function pushReceiver(
  parts: ProposalParts,
): (input: PushInput) => Promise<Partial<Record<PushOutcome, number>>> {
  const inLine = oneAfterTheOther()
  return async ({ source, pushes, requestId }) => {
    const counts: Partial<Record<PushOutcome, number>> = {}
    const count = (outcome: PushOutcome) => {
      counts[outcome] = (counts[outcome] ?? 0) + 1
      parts.onOutcome(source, outcome)
    }
    const wishes = parts.config().wishes()
    for (const push of pushes) if (!wishes.some((wish) => isOf(wish, push))) count('unmatched')
    const at = await parts.upgrades.now()
    for (const wish of wishes) {
      const theirs = pushes.filter((push) => isOf(wish, push))
      const outcomes = theirs.map((push) => ({ push, outcome: wanted(wish, push.tag) }))
      for (const { outcome } of outcomes) if (outcome !== 'noted') count(outcome)
      const heard = outcomes.flatMap(({ push, outcome }) => (outcome === 'noted' ? [push] : []))
      if (heard.length === 0) continue
      // Of a storm each would be in the way of all others.
      const noted = await inLine(JSON.stringify(placeOf(wish)), () => note(parts, wish, heard, { source, at }))
      for (const outcome of noted) count(outcome)
      await parts.look(wish, 0).catch((error: unknown) => {
        parts.log.warn({ ...placeOf(wish), requestId, err: error }, 'a push waits for the next look')
      })
    }
    if (pushes.length > 0) {
      parts.log.info({ source, requestId, pushes: pushes.length, ...counts }, `pushes that ${source} told of`)
    }
    return counts
  }
}

/** @returns does things of one name one after the other, whatever becomes of each */
function oneAfterTheOther(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(work)
    last.set(
      name,
      mine.catch(() => {}),
    )
    return mine
  }
}

/** All of them in one write. */
async function note(
  { proposals }: ProposalParts,
  place: Place,
  pushes: readonly Push[],
  said: Pick<Offer, 'source' | 'at'>,
): Promise<PushOutcome[]> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { offers: before, mark } = await proposals.of(place)
    let offers = before
    const outcomes = pushes.map(({ tag: version, digest }) => {
      const next = withPush(offers, { version, ...(digest !== undefined && { digest }), ...said })
      offers = next.offers
      return next.outcome
    })
    if (offers === before || (await proposals.replace(place, mark, offers))) return outcomes
  }
  throw notStored()
}

/**
 * Looks at what is offered in a place: whether the newest is to be shown, and whether somebody has asked for what is shown.
 *
 * @returns milliseconds until it has to be looked at again, if it has to
 */
export async function lookAtProposals(parts: ProposalParts, place: Place): Promise<number | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { offers, mark } = await parts.proposals.of(place)
    if (offers.length === 0) return undefined
    const asked = await withRequests(parts, place, offers)
    const waiting = waitingOf(asked)
    const judged = waiting ? await judge(parts, place, asked, waiting) : { offers: asked }
    const after = judged.offers ?? asked
    if (isSame(after, offers) || (await parts.proposals.replace(place, mark, after))) {
      if (waiting && judged.outcome) tell(parts, place, waiting, judged.outcome)
      return judged.waitMs
    }
  }
  return again.busyMs
}

function isSame(one: Offers, other: Offers): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function tell(
  { log, onOutcome }: ProposalParts,
  place: Place,
  { version, source }: Offer,
  outcome: OfferOutcome,
): void {
  const { service, environment } = place
  onOutcome(source, outcome)
  log.info({ service, environment, version, outcome }, `${service} ${version} in ${environment}: ${outcome}`)
}

/** Offers of versions that an upgrade was asked for since. */
async function withRequests({ upgrades }: ProposalParts, place: Place, offers: Offers): Promise<Offers> {
  const live = offers.filter(({ state }) => state.is === 'open' || state.is === 'waiting')
  const since = live.map(({ at }) => at).sort()[0]
  if (since === undefined) return offers
  const { service, environment } = place
  const [active, ended] = await Promise.all([
    upgrades.active(),
    upgrades.ended({ service, environment, since, limit: lookedThrough }),
  ])
  const theirs = [...active, ...ended].filter((upgrade) => isIn(upgrade, place) && upgrade.request.at >= since)
  return theirs.reduce((all, { id, request }) => requested(all, request.version, { id, by: request.by }), offers)
}

type Judged = { offers?: Offers; outcome?: OfferOutcome; waitMs?: number }

/** Whether the offer that waits is shown, and when. */
async function judge(parts: ProposalParts, place: Place, offers: Offers, offer: Offer): Promise<Judged> {
  const { service, environment } = place
  const now = await parts.upgrades.now()
  const last = lastOpened(offers)
  const waitMs = last === undefined ? 0 : Date.parse(last) + betweenMs - Date.parse(now)
  if (waitMs > 0) return { waitMs }
  const config = parts.config()
  const policy = config.policyFor(service, environment)
  const wish = config.wishes().find((one) => one.service === service && one.environment === environment)
  const drop = (outcome: OfferOutcome): Judged => ({ offers: dropped(offers), outcome })
  if (!policy || !wish || wanted(wish, offer.version) !== 'noted') return drop('unwanted')
  const runs = await runningVersion(parts, policy)
  if (runs.version !== undefined && isNewer(offer.version, runs.version) === false) return drop('notNewer')
  const underWay = (await parts.upgrades.active()).filter((upgrade) => isIn(upgrade, place))
  if (underWay.some(({ request }) => isNewer(offer.version, request.version) === false)) return drop('notNewer')
  const found = await confirm(parts, policy, offer, Date.parse(now) - Date.parse(offer.at))
  if (typeof found === 'string') return drop(found)
  if ('waitMs' in found) return found
  if (found.digest !== undefined && found.digest === runs.digest) return drop('notNewer')
  const shown = {
    since: now,
    ...(runs.version !== undefined && { runs: runs.version }),
    ...(found.digest !== undefined && { digest: found.digest }),
  }
  return { offers: opened(offers, shown), outcome: 'proposed' }
}

function isIn({ request }: Upgrade, { service, environment }: Place): boolean {
  return request.service === service && request.environment === environment
}

/** What is there now; nothing of what cannot be told. */
async function runningVersion(parts: ProposalParts, policy: Policy): Promise<{ version?: string; digest?: string }> {
  const image = await parts.running(policy)
  if (image === undefined) return {}
  const { tag, digest } = versionOf(image)
  return { ...(tag !== undefined && { version: tag }), ...(digest !== undefined && { digest }) }
}

/**
 * Asks the registry itself, where the configuration has it asked. Nobody signs what Docker Hub sends, so of that only
 * counts what the registry confirms.
 */
async function confirm(
  { images, log }: ProposalParts,
  policy: Policy,
  { version, source }: Offer,
  waitedMs: number,
): Promise<{ digest?: string } | { waitMs: number } | 'missing' | 'unconfirmed'> {
  const isUnsigned = source === 'docker-hub'
  if (!policy.imagePolicy || policy.imagePolicy.resolve === 'off') return isUnsigned ? 'unconfirmed' : {}
  const look = await images.look(policy.image, version)
  switch (look.state) {
    case 'found':
      return { digest: look.facts.digest }
    case 'missing':
      return 'missing'
    case 'busy':
      return { waitMs: again.busyMs }
    case 'unknown':
      if (waitedMs < again.forMs) return { waitMs: again.unknownMs }
      log.warn({ image: policy.image, version, code: look.code }, 'the registry does not confirm what was pushed')
      return isUnsigned ? 'unconfirmed' : {}
  }
}

/** Somebody who may ask for an upgrade there does not want this one. */
export async function dismiss(parts: Parts, { by, requestId, version, ...place }: DismissInput): Promise<Dismissal> {
  const { service, environment } = place
  const policy = parts.config().policyFor(service, environment)
  if (!policy || !parts.proposals) return { refused: { code: 'UNKNOWN_SERVICE', service, environment } }
  const membership = await parts.members.lookup(by, groupsToAsk(undefined, policy))
  const access = authorize({ action: 'request', actor: by, today: policy, membership })
  if (isRefusal(access)) {
    parts.onRefusal?.(access.refused.code)
    parts.log.warn({ code: access.refused.code, requestId, service }, 'a proposal stays')
    return access
  }
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { offers, mark } = await parts.proposals.of(place)
    const after = dismissed(offers, version, by)
    if (!after) return 'over'
    if (!(await parts.proposals.replace(place, mark, after))) continue
    parts.log.info({ service, environment, version, requestId, by: by.user }, `${service} ${version}: dismissed`)
    parts.onProposal?.(place)
    return 'dismissed'
  }
  throw notStored()
}

function placeOf({ service, environment }: Place): Place {
  return { service, environment }
}
