import { mayAdminister } from '../access/authorize.ts'
import { appliesTo, type Freeze, type FreezeScope, isOver } from '../upgrade/freezes.ts'
import { isRefusal, type Refused, refuse } from '../upgrade/refusal.ts'
import { deadlineOf, notStored } from './deadline.ts'
import type { Parts } from './parts.ts'
import type { FreezeInput, UnfreezeInput } from './surface.ts'

/** How often it is tried again after somebody else changed the same freeze first. */
const attempts = 3

/**
 * Freezes a scope, in the place of what was frozen there before. Stopping is always possible: Slack's word of an hour ago
 * about who is an administrator is enough.
 *
 * @throws RollcallError NOT_STORED
 */
export async function freeze(parts: Parts, input: FreezeInput): Promise<{ freeze: Freeze } | Refused> {
  const { scope, reason, until, by } = input
  return replace(parts, 'freeze', input, (_, now) => ({
    after: { scope, by: by.user, reason, since: now, ...(until !== undefined && { until }) },
  }))
}

/** @throws RollcallError NOT_STORED */
export async function unfreeze(parts: Parts, input: UnfreezeInput): Promise<{ freeze: Freeze } | Refused> {
  if (!(await parts.goesBy(await parts.upgrades.configInForce()))) return refuse({ code: 'CONFIG_OUTDATED' })
  return replace(parts, 'unfreeze', input, (before, now) =>
    before && !isOver(before, now) ? { after: undefined } : refuse({ code: 'NOT_FROZEN', scope: input.scope }),
  )
}

/** Those that hold something still now. */
export async function freezesInForce(parts: Pick<Parts, 'freezes' | 'upgrades'>): Promise<Freeze[]> {
  const [all, now] = await Promise.all([parts.freezes.all(), parts.upgrades.now()])
  return all.filter((one) => !isOver(one, now)).sort((a, b) => a.since.localeCompare(b.since))
}

async function replace(
  parts: Parts,
  action: 'freeze' | 'unfreeze',
  input: FreezeInput | UnfreezeInput,
  change: (before: Freeze | undefined, now: string) => { after: Freeze | undefined } | Refused,
): Promise<{ freeze: Freeze } | Refused> {
  const { scope, by, reason, requestId, arrivedAt = performance.now() } = input
  const admins = parts.config().admins()
  const membership = await parts.members.lookup(by, admins?.groups ?? [])
  const access = mayAdminister(action, admins, by, membership)
  if (isRefusal(access)) return recorded(parts, action, input, access)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [all, now] = await Promise.all([parts.freezes.all(), parts.upgrades.now()])
    const before = all.find((one) => one.scope === scope)
    const wanted = change(before, now)
    if (isRefusal(wanted)) return recorded(parts, action, input, wanted)
    const { after } = wanted
    const entry = {
      ...{ actor: by, action: after ? 'froze' : 'unfroze', target: scope, outcome: 'done' as const, from: {}, to: {} },
      ...(reason && { reason }),
      detail: { ...(after?.until && { until: after.until }), ...(before && { before }) },
      requestId,
    }
    const deadline = deadlineOf(arrivedAt, now)
    const outcome = await parts.freezes.replace({ scope, before, after, entry, deadline })
    if (outcome === 'late') throw notStored()
    if (outcome === 'conflict') continue
    parts.log.info({ scope, by: by.user, requestId }, `${scope}: ${entry.action}`)
    parts.onFrozen?.()
    await lookAgain(parts, scope)
    const changed = after ?? before
    if (changed) return { freeze: changed }
  }
  return refuse({ code: 'BUSY' })
}

/** What it stops or sets free is looked at now rather than in half a minute. */
async function lookAgain(parts: Parts, scope: FreezeScope): Promise<void> {
  try {
    for (const { id, policy } of await parts.upgrades.active()) {
      if (appliesTo({ scope }, policy)) await parts.queue.reconcile(id)
    }
  } catch (error) {
    parts.log.warn({ scope, err: error }, 'not enqueued; the sweeper will')
  }
}

async function recorded(
  parts: Parts,
  action: string,
  { scope, by, reason, requestId }: FreezeInput | UnfreezeInput,
  refused: Refused,
): Promise<Refused> {
  const { code } = refused.refused
  parts.onRefusal?.(code)
  parts.log.warn({ scope, action, code, requestId }, `${scope}: ${action} refused`)
  await parts.upgrades.recordRefusal({
    ...{ actor: by, action, target: scope, outcome: 'refused', code, from: {}, to: {}, requestId },
    ...(reason && { reason }),
  })
  return refused
}
