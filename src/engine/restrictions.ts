import { isDeepStrictEqual } from 'node:util'
import { assertNever } from '../upgrade/assert-never.ts'
import type { Event } from '../upgrade/events.ts'
import { endsBatch, isInBatch } from '../upgrade/next-task.ts'
import type { Policy } from '../upgrade/policy.ts'
import { isRefusal, type Refusal } from '../upgrade/refusal.ts'
import {
  codeOf,
  factsOf,
  firstUnrestricted,
  notWaived,
  type Restriction,
  restrictionFindings,
  restrictionsAt,
  startText,
} from '../upgrade/restrictions.ts'
import { transition } from '../upgrade/transition.ts'
import { currentStep, type Finding, hasStarted, type Request, type Upgrade } from '../upgrade/upgrade.ts'
import { type DependencySources, unmetDependencies } from './dependencies.ts'
import { type Look, lookAgain, sooner, soonerOf } from './look.ts'
import type { Parts } from './parts.ts'
import type { Freezes, Loaded } from './ports.ts'

/** What keeps an upgrade from going forward at a time; of several things the first. */
async function restrictionOn(
  parts: Pick<Parts, 'freezes'>,
  { policy, plan }: Upgrade,
  at: string,
): Promise<Restriction | undefined> {
  return notWaived(restrictionsAt(policy, await parts.freezes.all(), at), plan?.waived)[0]
}

/**
 * Of the pre-flight: what stands in the way of the start. Of windows and freezes at its time, with the first one at which
 * nothing would; of what it depends on now, which is no more than a warning where it starts later.
 */
export async function restrictionFindingsOf(
  parts: { freezes: Pick<Freezes, 'all'> } & DependencySources,
  policy: Policy,
  request: Request,
  now: string,
): Promise<Finding[]> {
  const freezes = await parts.freezes.all()
  const { startAt = now } = request
  const later = startAt > now
  const start = later ? startAt : now
  const free = firstUnrestricted(policy, freezes, start)
  const { service, version, environment } = request
  const wayOn = free === undefined ? {} : { start: startText(policy, free), service, version, environment }
  const restricted = restrictionsAt(policy, freezes, start).map((one): Finding => {
    const code = codeOf(one)
    // Break-glass goes ahead all the same, and the plan names what it passes over.
    const severity = request.breakGlass ? 'warn' : restrictionFindings[code]
    return { severity, code, detail: { ...factsOf(one), ...wayOn } }
  })
  const unmet = await unmetDependencies(parts, policy)
  return [...restricted, ...unmet.map((one): Finding => (later ? { ...one, severity: 'warn' } : one))]
}

/**
 * Before the first change: whether the start has to wait although everybody has said yes.
 *
 * @param until when the question for the start is not waited for any longer
 */
export async function startsLater(parts: Parts, { upgrade, now }: Loaded, until: string): Promise<Look | undefined> {
  const { startAt } = upgrade.request
  const early = startAt !== undefined && now < startAt
  const restriction = early ? undefined : await restrictionOn(parts, upgrade, now)
  const [dependency] = early || restriction ? [] : await unmetDependencies(parts, upgrade.policy)
  if (!early && !restriction && !dependency) return undefined
  const later = {
    ...(early && { until: startAt }),
    ...(restriction && { restriction }),
    ...(dependency && { dependency }),
  }
  const { since: _, ...known } = upgrade.scheduled ?? { since: now }
  if (!upgrade.scheduled || !isDeepStrictEqual(known, later)) return { event: { type: 'scheduled', ...later } }
  const moments = [until, later.until, restriction && endOf(restriction)].flatMap((moment) => moment ?? [])
  return soonerOf(
    Math.min(...moments.map((moment) => Date.parse(moment) - Date.parse(now))),
    dependency ? lookAgain.dependency : lookAgain.resting,
  )
}

/**
 * What follows once windows and freezes are looked at too: no batch begins while one of them forbids it, and what was held
 * for that goes on once none does. A batch that has begun is brought to its end.
 */
export async function withinHours(parts: Parts, { upgrade, now }: Loaded, look: Look): Promise<Look> {
  if (!hasStarted(upgrade) || upgrade.at.path === 'back') return look
  const held = upgrade.hold?.restriction
  if (upgrade.hold && !held) return look
  const happened = 'event' in look ? look.event : undefined
  const step = currentStep(upgrade)
  const asks = !happened && step?.kind === 'ask' && step.question !== 'accept'
  if (!(held && !happened) && !asks && !(happened && endsBatch(upgrade, happened))) return look
  const restriction = await restrictionOn(parts, upgrade, now)
  if (!restriction) return held ? { event: { type: 'unrestricted' } } : look
  if (!isDeepStrictEqual(held, restriction)) return { event: { type: 'restricted', restriction } }
  const end = endOf(restriction)
  return end === undefined ? look : sooner(look, Date.parse(end) - Date.parse(now))
}

/** Whether a decision would begin a batch, or end a hold, that windows or freezes forbid now. */
export async function forbids(parts: Parts, { upgrade, now }: Loaded, event: Event): Promise<Refusal | undefined> {
  const next = transition(upgrade, event, now)
  if (isRefusal(next)) return undefined
  const endsHold = upgrade.hold?.restriction && !next.hold
  if (!isInBatch(next) && !endsHold) return undefined
  const restriction = await restrictionOn(parts, upgrade, now)
  return restriction && refusalOf(restriction)
}

function refusalOf(restriction: Restriction): Refusal {
  switch (restriction.what) {
    case 'window':
      return { code: 'WINDOW_CLOSED', ...(restriction.opensAt && { opensAt: restriction.opensAt }) }
    case 'freeze': {
      const { what: _, ...freeze } = restriction
      return { code: 'FROZEN', ...freeze }
    }
    default:
      return assertNever(restriction)
  }
}

function endOf(restriction: Restriction): string | undefined {
  return restriction.what === 'window' ? restriction.opensAt : restriction.until
}
