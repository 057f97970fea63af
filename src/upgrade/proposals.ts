import { z } from 'zod'
import { isVersion, repositoryOf } from './image-reference.ts'
import { type Push, RegistryFormat } from './registry-formats.ts'
import { compareSemVer, type SemVer, semVerOf } from './semver.ts'
import { isInRange } from './semver-range.ts'
import { Actor } from './upgrade.ts'

/** Where versions are proposed. */
export type Place = { service: string; environment: string }

/** What a place wants to have proposed. */
export type Wish = Place & {
  /** Repository without tag or digest. */
  image: string
  range: string
  prereleases: boolean
  forbidTags: readonly string[]
}

/** What became of an offer: nothing more is done about one that is not `waiting` or `open`. */
const OfferState = z.discriminatedUnion('is', [
  /** To be looked at, and shown then. */
  z.strictObject({ is: z.literal('waiting') }),
  /** Shown; `runs` is the version that ran then, where that was known. */
  z.strictObject({ is: z.literal('open'), since: z.iso.datetime(), runs: z.exactOptional(z.string()) }),
  z.strictObject({ is: z.literal('superseded'), by: z.string() }),
  z.strictObject({ is: z.literal('requested'), id: z.string(), by: Actor }),
  z.strictObject({ is: z.literal('dismissed'), by: Actor }),
])

/** A version that was pushed, and may be proposed in one place. */
export const Offer = z.strictObject({
  version: z.string(),
  digest: z.exactOptional(z.string()),
  /** Who said that it was pushed. */
  source: RegistryFormat,
  /** When, ISO 8601. */
  at: z.iso.datetime(),
  state: OfferState,
})
export type Offer = z.infer<typeof Offer>

/** Everything that was offered in a place lately, oldest first; at most one waits, and at most one is open. */
export const Offers = z.array(Offer)
export type Offers = z.infer<typeof Offers>

/** Why a push is proposed nowhere, or not in a place. */
export const pushOutcomes = [
  'noted',
  'repeated',
  'older',
  'unmatched',
  'notSemver',
  'outOfRange',
  'prerelease',
  'forbidden',
] as const
export type PushOutcome = (typeof pushOutcomes)[number]

/** So many are remembered. */
const mostOffers = 10

/** Whether a push is of the image that a place runs. */
export function isOf({ image }: Wish, push: Push): boolean {
  const [wanted, given] = [repositoryOf(image), repositoryOf(push.image)]
  return wanted.host === given.host && wanted.path === given.path
}

/** Whether a place wants to hear of a version; `noted` means so. */
export function wanted({ range, prereleases, forbidTags }: Wish, tag: string): PushOutcome {
  const version = semVerOf(tag)
  if (!isVersion(tag) || !version) return 'notSemver'
  if (forbidTags.includes(tag)) return 'forbidden'
  if (version.prerelease.length > 0 && !prereleases) return 'prerelease'
  return isInRange(tag, range, prereleases) ? 'noted' : 'outOfRange'
}

/** What becomes of the offers when a version was pushed that the place wants. Said twice, it changes nothing. */
export function withPush(
  offers: Offers,
  { version, digest, source, at }: Omit<Offer, 'state'>,
): { offers: Offers; outcome: PushOutcome } {
  const same = offers.find((one) => one.version === version || order(one.version, version) === 0)
  if (same) {
    // The tag has moved: what is proposed is what it points to now.
    const isMoved = same.version === version && digest !== undefined && digest !== same.digest && isLive(same)
    if (!isMoved) return { offers, outcome: 'repeated' }
    return { offers: offers.map((one) => (one === same ? { ...one, digest } : one)), outcome: 'noted' }
  }
  if (offers.some((one) => isLive(one) && order(one.version, version) > 0)) return { offers, outcome: 'older' }
  const shown = offers.filter(({ state }) => state.is !== 'waiting')
  const waiting: Offer = { version, ...(digest !== undefined && { digest }), source, at, state: { is: 'waiting' } }
  return { offers: [...shown, waiting].slice(-mostOffers), outcome: 'noted' }
}

/** The waiting one is shown from now on, in the place of the one before. */
export function opened(offers: Offers, found: { since: string; runs?: string; digest?: string }): Offers {
  const { since, runs, digest } = found
  const next = waitingOf(offers)
  if (!next) return offers
  return offers.map((one): Offer => {
    if (one === next) {
      const state = { is: 'open', since, ...(runs !== undefined && { runs }) } as const
      return { ...one, ...(digest !== undefined && { digest }), state }
    }
    return one.state.is === 'open' ? { ...one, state: { is: 'superseded', by: next.version } } : one
  })
}

/** It is not shown after all; pushed again, it is looked at again. */
export function dropped(offers: Offers): Offers {
  return offers.filter(({ state }) => state.is !== 'waiting')
}

/** Somebody has asked for an upgrade to it. */
export function requested(offers: Offers, version: string, by: { id: string; by: Actor }): Offers {
  return offers.map((one) =>
    one.version === version && one.state.is === 'open' ? { ...one, state: { is: 'requested', ...by } } : one,
  )
}

/** Somebody does not want it; `undefined` where there is nothing to dismiss. */
export function dismissed(offers: Offers, version: string, by: Actor): Offers | undefined {
  if (!offers.some((one) => one.version === version && one.state.is === 'open')) return undefined
  return offers.map((one) => (one.version === version ? { ...one, state: { is: 'dismissed', by } } : one))
}

export function waitingOf(offers: Offers): Offer | undefined {
  return offers.find(({ state }) => state.is === 'waiting')
}

/** When the last one was shown, ISO 8601. */
export function lastOpened(offers: Offers): string | undefined {
  return offers.flatMap(({ state }) => (state.is === 'open' ? [state.since] : [])).at(-1)
}

function isLive({ state }: Offer): boolean {
  return state.is === 'waiting' || state.is === 'open'
}

const least: SemVer = { major: 0, minor: 0, patch: 0, prerelease: ['0'] }

/** Below 0 when `one` comes before `other`; whatever is no version comes before all of them. */
function order(one: string, other: string): number {
  return compareSemVer(semVerOf(one) ?? least, semVerOf(other) ?? least)
}

/** Whether a version is newer than another; `undefined` where the two have no order. */
export function isNewer(version: string, than: string): boolean | undefined {
  const [one, other] = [semVerOf(version), semVerOf(than)]
  return one && other && compareSemVer(one, other) > 0
}
