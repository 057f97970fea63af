import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextTask } from '../../src/upgrade/next-task.ts'
import { pageCause, pageDue } from '../../src/upgrade/paging.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, aPolicy, noon, oscar } from '../an-upgrade.ts'
import { fuzzRuns } from '../fuzz-runs.ts'

const minute = 60_000
const policy = aPolicy({ paging: { everyMs: 5 * minute, times: 3 } })
const stuck = { type: 'stuck', code: 'NOT_READY', detail: { ready: 0 } } as const

function happen(upgrade: Upgrade, event: Parameters<typeof transition>[1], now: string): Upgrade {
  const next = transition(upgrade, event, now)
  if (isRefusal(next)) throw new Error(JSON.stringify(next))
  return next
}

function paged(upgrade: Upgrade, ms: number): Upgrade {
  const of = pageCause(upgrade)?.index ?? -1
  return happen(upgrade, { type: 'paged', of, users: [], groups: ['S0ONCALL'] }, after(ms))
}

const rollingBack = happen(anUpgradeIn('rollingBack', { policy }), stuck, noon)

describe('a rollback that does not get on', () => {
  test('pages on-call again, with the time doubling, and ends with a last word', () => {
    expect(pageDue(rollingBack)).toMatchObject({ number: 1, last: false, at: after(5 * minute) })
    const once = paged(rollingBack, 5 * minute)
    expect(pageDue(once)).toMatchObject({ number: 2, last: false, at: after(15 * minute) })
    const twice = paged(once, 15 * minute)
    expect(pageDue(twice)).toMatchObject({ number: 3, last: true, at: after(35 * minute) })
    const thrice = paged(twice, 35 * minute)
    expect(pageDue(thrice)).toBeUndefined()
    expect(thrice.pages).toHaveLength(3)
  })

  test('pages nobody once somebody is on it', () => {
    const taken = happen(paged(rollingBack, 5 * minute), { type: 'acknowledged', by: oscar }, after(6 * minute))
    expect(pageDue(taken)).toBeUndefined()
    expect(isRefusal(transition(taken, { type: 'paged', of: 0, users: [], groups: [] }, after(60 * minute)))).toBe(true)
  })

  test('pages nobody once it gets on', () => {
    const back = { type: 'reached', updated: 0, ready: 10, total: 10, generation: 9 } as const
    const done = happen(rollingBack, back, after(minute))
    expect(pageDue(done)).toBeUndefined()
    expect(nextTask(done)).toEqual({ do: 'nothing' })
  })

  test('pages nobody where the policy says so', () => {
    expect(pageDue({ ...rollingBack, policy: aPolicy() })).toBeUndefined()
  })
})

describe('a rollback that has failed', () => {
  const day = 24 * 60 * minute
  const failed = happen(happen(rollingBack, { type: 'acknowledged', by: oscar }, after(minute)), stuck, after(day))

  test('is told and paged for anew, although it has ended and somebody was on it before', () => {
    expect(failed.result).toMatchObject({ outcome: 'failed', code: 'ROLLBACK_STUCK' })
    expect(failed.incidents.at(-1)?.code).toBe('ROLLBACK_FAILED')
    const at = after(day + 5 * minute)
    expect(pageDue(failed)).toMatchObject({ index: 1, number: 1, at })
    expect(nextTask(failed)).toEqual({ do: 'followUp', event: 'paged', at })
    expect(nextTask(paged(failed, day + 5 * minute))).toMatchObject({ at: after(day + 15 * minute) })
  })

  test('is acknowledged once, and nothing is owed after that', () => {
    const taken = happen(failed, { type: 'acknowledged', by: oscar }, after(day + minute))
    expect(taken.incidents.at(-1)?.acknowledged).toMatchObject({ by: oscar })
    expect(nextTask(taken)).toEqual({ do: 'nothing' })
    expect(isRefusal(transition(taken, { type: 'acknowledged', by: oscar }, after(day + 2 * minute)))).toBe(true)
  })

  test('is one that was changed from outside on its way, too', () => {
    const change = { kind: 'share', from: 1, to: 3 } as const
    const changed = happen(anUpgradeIn('rollingBack', { policy }), { type: 'changedOutside', change }, noon)
    expect(changed.result?.outcome).toBe('failed')
    expect(pageDue(changed)).toMatchObject({ index: 0, number: 1, at: after(5 * minute) })
  })
})

describe('a hold under an alert', () => {
  const alert = { at: after(minute), code: 'ON_ALERT', detail: { action: 'hold' } }
  const heldBy = (by: Upgrade['request']['by'], since: string): Upgrade => ({
    ...anUpgradeIn('paused', { policy }),
    incidents: [alert],
    hold: { by, code: 'PAUSED', since },
  })

  test('pages, whether the alert led to it or came while somebody had paused', () => {
    const at = after(6 * minute)
    expect(pageDue(heldBy({ kind: 'system', reason: 'ON_ALERT' }, alert.at))).toMatchObject({ number: 1, at })
    expect(pageDue(heldBy(oscar, noon))).toMatchObject({ number: 1, at })
  })

  test('that came later than the alert pages no sooner after it than usual', () => {
    const heldLater = heldBy({ kind: 'system', reason: 'ERROR_RATE' }, after(30 * minute))
    expect(pageDue(heldLater)).toMatchObject({ number: 1, at: after(35 * minute) })
  })

  test('that is not the first one leaves as much time after it as before the next page', () => {
    const byAlert = { kind: 'system', reason: 'ON_ALERT' } as const
    const pages = [{ of: 0, at: after(6 * minute), users: [], groups: [] }]
    expect(pageDue({ ...heldBy(byAlert, after(30 * minute)), pages })).toMatchObject({
      number: 2,
      at: after(40 * minute),
    })
  })

  test('pages nobody when somebody paused it after that, or has resumed', () => {
    expect(pageDue(heldBy(oscar, after(2 * minute)))).toBeUndefined()
    const { hold: _, ...resumed } = heldBy(oscar, noon)
    expect(pageDue(resumed)).toBeUndefined()
  })
})

test('what has ended otherwise cannot be acknowledged', () => {
  const gone = happen(anUpgradeIn('progressing', { policy }), { type: 'targetGone', recreated: false }, noon)
  expect(pageDue(gone)).toBeUndefined()
  expect(isRefusal(transition(gone, { type: 'acknowledged', by: oscar }, noon))).toBe(true)
})

test('whenever somebody looks, pages come in order, never too early, and never more than the limit', () => {
  const aLook = fc.record({ waitMs: fc.integer({ min: 0, max: 40 * minute }), of: fc.integer({ min: 0, max: 2 }) })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 * minute }),
      fc.array(aLook, { maxLength: 30 }),
      (times, everyMs, looks) => {
        let upgrade: Upgrade = { ...rollingBack, policy: aPolicy({ paging: { everyMs, times } }) }
        let elapsed = 0
        for (const { waitMs, of } of looks) {
          elapsed += waitMs
          const next = transition(upgrade, { type: 'paged', of, users: [], groups: [] }, after(elapsed))
          if (!isRefusal(next)) upgrade = next
        }
        const at = [noon, ...(upgrade.pages ?? []).map((page) => page.at)].map((time) => Date.parse(time))
        expect(at.length - 1).toBeLessThanOrEqual(times)
        for (const [index, time] of at.entries()) {
          if (index > 0) expect(time - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(everyMs * 2 ** (index - 1))
        }
      },
    ),
    { numRuns: fuzzRuns(200) },
  )
})
