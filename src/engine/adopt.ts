import { entryOf } from '../upgrade/entry.ts'
import type { Event } from '../upgrade/events.ts'
import { withOverrides } from '../upgrade/plan.ts'
import type { Policy } from '../upgrade/policy.ts'
import { adopted, takeOverPlan } from '../upgrade/take-over.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { deadlineOf } from './deadline.ts'
import { skippedNumbers } from './numbers.ts'
import type { Parts } from './parts.ts'
import type { Loaded, Marked } from './ports.ts'
import { announce } from './record.ts'

/** How often it is looked again whether an upgrade can be taken over that could not, milliseconds. */
const lookAgainMs = 30_000

/**
 * Takes over an upgrade that a workload is in the middle of and that the store knows nothing of: it was emptied, or
 * went back to before the request. The same ID, held, without approvals, by today's policy.
 */
export async function adopt(parts: Parts, id: string, requestId: string): Promise<void> {
  const policy = policyOf(parts, id)
  if (!policy) return
  if (!(await parts.goesBy(await parts.upgrades.configInForce()))) return
  const marked = await parts.targets(policy.target).marked(policy.target)
  if (marked?.mark.id !== id) return
  const { service, environment } = policy
  const { clusterUid, uid, mark, found } = marked
  const record = recordFor(policy, marked)
  if (!record) {
    const fields = { upgrade: id, mark: mark.sequence, code: 'ORIGINALS_NOT_FOUND', requestId }
    parts.log.error(fields, `${id} holds its workload, and neither the store nor the cluster says what it was for`)
    return parts.display.orphaned(id, policy.target, marked.record !== undefined)
  }
  const askedAt = performance.now()
  const opening = await parts.upgrades.open(service, environment, { clusterUid, uid })
  if (opening.active) {
    parts.log.warn(
      { upgrade: id, active: opening.active },
      `${id} waits to be taken over until the other one has ended`,
    )
    return parts.queue.reconcileAt(id, Date.parse(opening.now) + lookAgainMs, lookAgainMs)
  }
  const { request, facts, strategy } = record
  const pinned = withOverrides(policy, { ...request.overrides, strategy })
  const draft = { request, policy: pinned, target: { clusterUid, uid } }
  const plan = takeOverPlan(draft, facts, found.updated, mark.sequence + 1)
  const skipped = skippedNumbers(policy, opening.count, [id])
  const event: Extract<Event, { type: 'adopted' }> = {
    type: 'adopted',
    ...{ id, ...draft, mark: mark.sequence, found, plan },
    ...(skipped && { skipped: { from: skipped.from, to: skipped.to - 1 } }),
  }
  const upgrade = adopted(event, opening.now)
  const head = { hash: opening.head, at: opening.now, sequence: 0 }
  const entry = entryOf(event, undefined, upgrade, head, opening.now, requestId)
  const committed = await parts.upgrades.commit({
    ...{ upgrade, entry, before: 0, due: Date.parse(opening.now), deadline: deadlineOf(askedAt, opening.now) },
    config: parts.config().hash,
  })
  if (committed === 'committed') announce(parts, upgrade, event, requestId)
}

/**
 * Brings an upgrade above the mark of its workload, where that is ahead of what is stored.
 *
 * @returns nothing while the store has only moved on since it was read, or where there is nothing to make a plan of
 */
export async function catchUpWithMark(
  parts: Parts,
  { upgrade }: Loaded,
): Promise<Extract<Event, { type: 'rewound' }> | undefined> {
  const { id, policy, target } = upgrade
  const marked = await parts.targets(policy.target).marked(policy.target)
  if (marked?.mark.id !== id || marked.uid !== target.uid) return undefined
  const fresh = await parts.upgrades.load(id)
  if (!fresh || fresh.upgrade.sequence !== upgrade.sequence || marked.mark.sequence <= upgrade.sequence)
    return undefined
  const facts = marked.record?.facts ?? upgrade.plan?.from
  if (!facts) return undefined
  const { mark, found } = marked
  const plan = takeOverPlan(upgrade, facts, found.updated, mark.sequence + 1)
  return { type: 'rewound', mark: mark.sequence, found, plan }
}

/** Whether the mark says that the store is behind. The cache may be, too, but never ahead of the cluster. */
export function isBehindMark(parts: Parts, { id, sequence, policy }: Upgrade): boolean {
  const mark = parts.targets(policy.target).mark(policy.target)
  return mark?.id === id && mark.sequence > sequence
}

/** IDs are made of service and environment, and both may have dashes. */
function policyOf(parts: Parts, id: string): Policy | undefined {
  const config = parts.config()
  for (const { name, environments } of config.services()) {
    for (const environment of environments) {
      if (/^\d+$/.test(id.slice(`${name}-${environment}-`.length)) && id.startsWith(`${name}-${environment}-`)) {
        return config.policyFor(name, environment)
      }
    }
  }
  return undefined
}

/** What a record says that fits this place; it could have been written by somebody else. */
function recordFor(policy: Policy, { record }: Marked) {
  const request = record?.request
  if (!record || !request) return undefined
  const here = request.service === policy.service && request.environment === policy.environment
  const image = request.image.startsWith(`${policy.image}:`) || request.image.startsWith(`${policy.image}@`)
  return here && image ? { ...record, request } : undefined
}
