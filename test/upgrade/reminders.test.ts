import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../../src/upgrade/policy.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { reminderDue, waitingFor } from '../../src/upgrade/reminders.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { windowsAt } from '../../src/upgrade/windows.ts'
import {
  after,
  alice,
  anAcceptance,
  anUpgrade,
  anUpgradeIn,
  aPolicy,
  awaitingAcceptance,
  bob,
  carol,
  noon,
} from '../an-upgrade.ts'
import { fuzzRuns } from '../fuzz-runs.ts'

const minute = 60_000
const hour = 60 * minute
const reminders = { afterMs: 30 * minute, escalateAfterMs: 2 * hour }
const everyDay: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[] = [
  ...(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const),
]

function policyWith(changes: Partial<Policy> = {}): Policy {
  return aPolicy({ reminders, ...changes })
}

/** From noon on in Berlin, which is two hours ahead: 12:00 UTC is 14:00 there. */
function quiet(from: string, to: string): Pick<Policy, 'quietHours'> {
  return { quietHours: [{ days: everyDay, from, to, timezone: 'Europe/Berlin' }] }
}

function reminded(upgrade: Upgrade, now: string): Upgrade {
  const due = reminderDue(upgrade, now)
  if (!due) throw new Error('nothing is due')
  const next = transition(upgrade, { type: 'reminded', of: due.of, to: due.to }, now)
  if (isRefusal(next)) throw new Error(JSON.stringify(next))
  return next
}

function happen(upgrade: Upgrade, event: Parameters<typeof transition>[1], now: string): Upgrade {
  const next = transition(upgrade, event, now)
  if (isRefusal(next)) throw new Error(JSON.stringify(next))
  return next
}

describe('a question that waits', () => {
  test('for the start reminds those who are named, then their groups, and nobody after that', () => {
    const asked = anUpgrade({ policy: policyWith() })
    expect(reminderDue(asked, noon)).toMatchObject({ to: 'people', at: after(30 * minute) })
    const once = reminded(asked, after(30 * minute))
    expect(reminderDue(once, after(30 * minute))).toMatchObject({ to: 'groups', at: after(2 * hour) })
    const twice = reminded(once, after(2 * hour))
    expect(reminderDue(twice, after(2 * hour))).toBeUndefined()
    expect(twice.reminders).toMatchObject([
      { to: 'people', at: after(30 * minute) },
      { to: 'groups', at: after(2 * hour) },
    ])
  })

  test.each([
    ['to continue', anUpgradeIn('awaitingContinue', { policy: policyWith() })],
    [
      'to accept',
      awaitingAcceptance({ policy: policyWith({ gates: { ...aPolicy().gates, acceptance: [anAcceptance()] } }) }),
    ],
    ['for the end of a pause', anUpgradeIn('paused', { policy: policyWith() })],
  ])('%s does so too', (_, upgrade) => {
    expect(reminderDue(upgrade, noon)).toMatchObject({ to: 'people', at: after(30 * minute) })
  })

  test.each([
    ['is on its way', anUpgradeIn('progressing', { policy: policyWith() })],
    ['rolls back', anUpgradeIn('rollingBack', { policy: policyWith() })],
    ['has ended', anUpgradeIn('expired', { policy: policyWith() })],
    ['has all its approvals', anUpgradeIn('scheduled', { policy: policyWith() })],
    ['is not to remind anybody', anUpgrade()],
    [
      'is held by a window, which ends by itself',
      {
        ...anUpgradeIn('paused', { policy: policyWith() }),
        hold: { by: carol, code: 'WINDOW_CLOSED', since: noon, restriction: { what: 'window' as const } },
      },
    ],
  ])('for nobody, because it %s, reminds nobody', (_, upgrade) => {
    expect(reminderDue(upgrade, after(hour))).toBeUndefined()
  })

  test('shares a short time out: half of it for those who are named, another quarter for the groups', () => {
    const policy = policyWith({ approval: { ...aPolicy().approval, expiresAfterMs: 20 * minute } })
    const asked = anUpgrade({ policy })
    expect(reminderDue(asked, noon)?.at).toBe(after(10 * minute))
    expect(reminderDue(reminded(asked, after(10 * minute)), after(10 * minute))?.at).toBe(after(15 * minute))
  })

  test('that is asked anew reminds anew, counted from then', () => {
    const approved = happen(
      reminded(anUpgrade({ policy: policyWith() }), after(30 * minute)),
      { type: 'approved', by: alice, planHash: anUpgrade({ policy: policyWith() }).plan?.hash ?? '' },
      after(hour),
    )
    const voided = happen(
      approved,
      { type: 'approvalsVoided', approvals: [{ by: alice, code: 'ROLE_LOST' }] },
      after(90 * minute),
    )
    expect(reminderDue(voided, after(90 * minute))).toMatchObject({ to: 'people', at: after(2 * hour) })
  })

  test('reminds no second time of what it reminded of before a pause', () => {
    const asked = reminded(anUpgradeIn('awaitingContinue', { policy: policyWith() }), after(30 * minute))
    const paused = happen(asked, { type: 'paused', by: carol }, after(40 * minute))
    expect(waitingFor(paused)?.for).toBe('hold')
    const resumed = happen(paused, { type: 'resumed', by: carol }, after(50 * minute))
    expect(reminderDue(resumed, after(50 * minute))?.to).toBe('groups')
  })

  test('is not reminded of once nobody could decide in time', () => {
    const asked = anUpgrade({ policy: policyWith() })
    expect(reminderDue(asked, after(4 * hour))).toBeUndefined()
    expect(isRefusal(transition(asked, { type: 'reminded', of: 'start:0:0:0:0', to: 'people' }, after(4 * hour)))).toBe(
      true,
    )
  })
})

describe('a pause under an alert', () => {
  const paused = anUpgradeIn('paused', { policy: policyWith() })
  const alert = (ms: number) => ({ at: after(ms), code: 'ON_ALERT', detail: { action: 'hold' } })

  test('reminds nobody sooner after the alert has called people than usual', () => {
    const alerted = { ...paused, incidents: [alert(29 * minute)] }
    expect(reminderDue(alerted, after(29 * minute))).toMatchObject({ to: 'people', at: after(59 * minute) })
    const once = reminded(alerted, after(59 * minute))
    expect(reminderDue(once, after(59 * minute))).toMatchObject({ to: 'groups', at: after(2 * hour + 29 * minute) })
  })

  test('reminds as usual after the pause, where the alert came before it', () => {
    const { hold } = paused
    const heldLater = { ...paused, incidents: [alert(0)], ...(hold && { hold: { ...hold, since: after(hour) } }) }
    expect(reminderDue(heldLater, after(hour))).toMatchObject({ to: 'people', at: after(90 * minute) })
  })

  test('reminds in time although the alert came late', () => {
    const alerted = { ...paused, incidents: [alert(24 * hour - 10 * minute)] }
    expect(reminderDue(alerted, after(24 * hour - 10 * minute))?.at).toBe(after(24 * hour - 5 * minute))
  })
})

describe('quiet hours', () => {
  test('put a reminder off until they are over', () => {
    const asked = anUpgrade({ policy: policyWith(quiet('14:15', '15:00')) })
    expect(reminderDue(asked, noon)?.at).toBe(after(hour))
  })

  test('and leave time between the first and the second one', () => {
    const asked = anUpgrade({ policy: policyWith(quiet('14:15', '16:30')) })
    const once = reminded(asked, after(2.5 * hour))
    // Ninety minutes lie between them usually; half of the ninety that are left do here.
    expect(reminderDue(once, after(2.5 * hour))?.at).toBe(after(3.25 * hour))
  })

  test('that last until it is over let it expire without a word', () => {
    const asked = anUpgrade({ policy: policyWith(quiet('14:15', '08:00')) })
    expect(reminderDue(asked, noon)).toBeUndefined()
  })

  test('that never end remind nobody', () => {
    const asked = anUpgrade({ policy: policyWith(quiet('00:00', '24:00')) })
    expect(reminderDue(asked, noon)).toBeUndefined()
  })
})

const aTime = fc.integer({ min: 0, max: 23 }).map((hours) => `${String(hours).padStart(2, '0')}:00`)

const aShape = fc.record({
  afterMs: fc.integer({ min: 1, max: 6 * hour }),
  moreMs: fc.integer({ min: 1, max: 6 * hour }),
  expiresAfterMs: fc.integer({ min: 1_000, max: 48 * hour }),
  quietFrom: aTime,
  quietTo: aTime,
  isQuiet: fc.boolean(),
})

const anAct = fc.record({
  waitMs: fc.integer({ min: 0, max: 3 * hour }),
  event: fc.constantFrom('none', 'none', 'none', 'approved', 'withdrawn', 'paused', 'resumed', 'approvalsVoided'),
})

test('whatever happens and whenever somebody looks: once each, in order, in time, and never in quiet hours', () => {
  fc.assert(
    fc.property(aShape, fc.array(anAct, { minLength: 1, maxLength: 40 }), (shape, acts) => {
      const { afterMs, moreMs, expiresAfterMs, isQuiet, quietFrom, quietTo } = shape
      const hours = isQuiet && quietFrom !== quietTo ? quiet(quietFrom, quietTo) : {}
      const policy = policyWith({
        approval: { ...aPolicy().approval, expiresAfterMs },
        reminders: { afterMs, escalateAfterMs: afterMs + moreMs },
        ...hours,
      })
      let upgrade = anUpgrade({ policy })
      const planHash = upgrade.plan?.hash ?? ''
      let elapsed = 0
      for (const { waitMs, event } of acts) {
        elapsed += waitMs
        const now = after(elapsed)
        const waiting = waitingFor(upgrade)
        const due = reminderDue(upgrade, now)
        for (const to of ['people', 'groups'] as const) {
          const next = transition(upgrade, { type: 'reminded', of: waiting?.name ?? '', to }, now)
          expect(isRefusal(next)).toBe(!(due && due.at <= now && due.to === to))
          if (isRefusal(next)) continue
          expect(waiting && now < waiting.until).toBe(true)
          if (hours.quietHours) expect(windowsAt(hours.quietHours, now).open).toBe(false)
          upgrade = next
        }
        const given = { approved: { planHash, by: bob }, approvalsVoided: { approvals: [{ by: bob, code: 'BOT' }] } }
        const happened = { type: event, by: carol, ...(given as Record<string, object>)[event] }
        const next = event === 'none' ? upgrade : transition(upgrade, happened as Parameters<typeof transition>[1], now)
        if (!isRefusal(next)) upgrade = next
      }
      const told = (upgrade.reminders ?? []).map(({ of, to }) => `${of} ${to}`)
      expect(new Set(told).size).toBe(told.length)
      for (const { of, to } of upgrade.reminders ?? []) if (to === 'groups') expect(told).toContain(`${of} people`)
    }),
    { numRuns: fuzzRuns(300) },
  )
})

test('without quiet hours both reminders come before the end, however short the time is', () => {
  fc.assert(
    fc.property(aShape, ({ afterMs, moreMs, expiresAfterMs }) => {
      const policy = policyWith({
        approval: { ...aPolicy().approval, expiresAfterMs },
        reminders: { afterMs, escalateAfterMs: afterMs + moreMs },
      })
      const asked = anUpgrade({ policy })
      const first = reminderDue(asked, noon)?.at ?? ''
      const once = reminded(asked, first)
      const second = reminderDue(once, first)?.at ?? ''
      expect([noon, first, second, after(expiresAfterMs)]).toEqual(
        [noon, first, second, after(expiresAfterMs)].toSorted(),
      )
      expect(reminded(once, second).reminders).toHaveLength(2)
    }),
    { numRuns: fuzzRuns(300) },
  )
})
