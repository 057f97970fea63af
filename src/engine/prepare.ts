import { changesBetween } from '../upgrade/changelog.ts'
import { type ImageFacts, type ImageLook, registryBusy } from '../upgrade/image.ts'
import { imageFindings } from '../upgrade/image-findings.ts'
import { nameOf, versionOf } from '../upgrade/image-reference.ts'
import { compilePlan, withImage } from '../upgrade/plan.ts'
import { bounded } from '../upgrade/printable.ts'
import { promotionFindings } from '../upgrade/promotion.ts'
import type { Finding, Plan, Upgrade } from '../upgrade/upgrade.ts'
import { imageGateFindings } from './image-gates.ts'
import type { GateParts } from './measure.ts'
import type { Freezes, Images, Target, TrafficHistory, Upgrades } from './ports.ts'
import { prospectOf } from './prospect.ts'
import { quietTimeOf } from './quiet-time.ts'

/** Whom the pre-flight asks; without a store what happened before is not known. */
export type Sources = GateParts & {
  images: Pick<Images, 'look'>
  target: Target
  upgrades?: Pick<Upgrades, 'ended' | 'load' | 'audit'>
  /** Where people are told of a quieter hour. */
  traffic?: TrafficHistory | undefined
  freezes?: Pick<Freezes, 'all'>
}

/**
 * The pre-flight and the plan: what the version stands for now, then everything that speaks for or against it, and what
 * people are told beside.
 *
 * @param now ISO 8601
 * @param restricted what of windows and freezes stands in the way
 * @throws RollcallError REGISTRY_BUSY (retryable) while too many images are looked at, and whatever the target throws
 */
export async function prepare(
  sources: Sources,
  upgrade: Upgrade,
  now: string,
  restricted: readonly Finding[],
): Promise<{ upgrade: Upgrade; plan: Plan }> {
  const { images, target, upgrades, traffic, freezes } = sources
  const { policy } = upgrade
  const look = await lookAt(images, upgrade)
  if (look?.state === 'busy') throw registryBusy()
  const found = look?.state === 'found' ? look.facts : undefined
  const pinned = withImage(upgrade, found)
  const { request } = pinned
  const prepared = bounded(await target.prepare(pinned))
  const { facts, findings, platforms } = prepared
  const changes = found && (await changesOf(images, pinned, facts.image, found))
  const about = imageFindings({ policy, request, live: facts.image, look, nodes: platforms, now })
  const proof = look?.state === 'missing' ? [] : await imageGateFindings(sources, pinned, now)
  if (proof === 'busy') throw registryBusy()
  const order = { block: 0, warn: 1, note: 2 }
  const origin = await promotionOf(upgrades, pinned, now)
  const all = bounded([...restricted, ...about, ...proof, ...origin, ...findings]).sort(
    (one, other) => order[one.severity] - order[other.severity],
  )
  const image = found && { image: { ...found, ...(changes !== undefined && { changes }) } }
  const prospect = await prospectOf(upgrades, pinned, prepared)
  const plan = { ...compilePlan(pinned, facts, all), ...image, prospect }
  const quietTime = await quietTimeOf({ traffic, freezes }, pinned, plan, now)
  return { upgrade: pinned, plan: { ...plan, prospect: { ...prospect, ...(quietTime && { quietTime }) } } }
}

/** Ended upgrades of a service that are looked through for the one that is to be promoted. */
const lookedThrough = 200

/** What speaks for or against where the version comes from; asked once more right before the first change. */
export async function promotionOf(
  upgrades: Pick<Upgrades, 'ended'> | undefined,
  upgrade: Upgrade,
  now: string,
): Promise<Finding[]> {
  const { policy, takenOver } = upgrade
  if (!policy.promoteFrom || takenOver) return []
  const ended = await upgrades?.ended({ service: policy.service, limit: lookedThrough })
  return promotionFindings(upgrade, ended, now)
}

/** Asks the registry, where the policy wants that. */
async function lookAt(
  images: Pick<Images, 'look'>,
  { policy, request }: Upgrade,
): Promise<ImageLook | { state: 'busy' } | undefined> {
  const isAsked = policy.imagePolicy !== undefined && policy.imagePolicy.resolve !== 'off'
  return isAsked ? images.look(policy.image, request.version) : undefined
}

/**
 * Whether the version still stands for what was approved; asked once more right before the first change. Where nobody
 * can tell, the digest that was approved is what runs all the same, and a policy that requires an answer waits for it.
 */
export async function imageStands(
  images: Pick<Images, 'look'>,
  upgrade: Upgrade,
): Promise<{ stands: boolean; from: string; to?: string } | 'unknown' | undefined> {
  const { plan, takenOver, policy } = upgrade
  // One that was taken over has pods of its image already.
  if (!plan?.image || takenOver) return undefined
  const look = await lookAt(images, upgrade)
  const from = plan.image.digest
  switch (look?.state) {
    case 'found':
      return { stands: look.facts.digest === from, from, to: look.facts.digest }
    case 'missing':
      return { stands: false, from }
    case 'busy':
      return 'unknown'
    default:
      return policy.imagePolicy?.resolve === 'required' ? 'unknown' : undefined
  }
}

/** What runs is looked at only where its labels are needed, and nobody waits for them twice. */
async function changesOf(
  images: Pick<Images, 'look'>,
  { policy, request }: Upgrade,
  live: string,
  facts: ImageFacts,
): Promise<string | undefined> {
  const template = policy.imagePolicy?.changelog
  const { tag, digest } = versionOf(live)
  const known = digest ?? tag
  if (nameOf(live) !== policy.image || known === undefined) return undefined
  const byLabels = facts.source !== undefined && facts.revision !== undefined
  const isAsked = template === undefined ? byLabels : tag === undefined || template.includes('{fromRevision}')
  const before = isAsked ? await images.look(policy.image, known) : undefined
  const was = before?.state === 'found' ? before.facts : undefined
  const to = versionOf(request.image).tag ?? facts.version
  return changesBetween({ ...was, version: tag ?? was?.version }, { ...facts, version: to }, template)
}
