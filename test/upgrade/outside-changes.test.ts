import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/upgrade/events.ts'
import { heldChange } from '../../src/upgrade/held-change.ts'
import { nextTask } from '../../src/upgrade/next-task.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import { currentStep, type OutsideChange, type Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, aPolicy, carol, noon, someFacts } from '../an-upgrade.ts'

const soon = after(1_000)
const sized = { surge: 4, unavailable: 0 }

function scaled(to: number, updated: number, changes: object = {}) {
  return { kind: 'scaled', from: 10, to, rested: 1, updated, ...sized, ...changes } as const
}

const template: OutsideChange = { kind: 'template', how: 'image', from: 'web:2', to: 'web:3' }
const fields: OutsideChange = { kind: 'fields', fields: [{ field: 'paused', from: 'true', to: 'false' }] }

function apply(upgrade: Upgrade, event: Event, now = soon): Upgrade {
  const next = transition(upgrade, event, now)
  if (isRefusal(next)) throw new Error(`refused: ${next.refused.code}`)
  return next
}

function refusalOf(upgrade: Upgrade, event: Event): string | undefined {
  const next = transition(upgrade, event, soon)
  return isRefusal(next) ? next.refused.code : undefined
}

/** On the way from the first to the second of batches 1, 3, 5, 10. */
const moving = apply(anUpgradeIn('awaitingContinue'), { type: 'continued', by: carol })
const asked = anUpgradeIn('awaitingContinue')

/** What is left of the plan, in short. */
function ahead({ plan, at }: Upgrade): string {
  const steps = plan?.steps.slice(at.step) ?? []
  return steps
    .map((step) => {
      switch (step.kind) {
        case 'reach':
          return step.goal.to === 'finish' ? 'finish' : `${step.goal.pods}/${step.goal.of}`
        case 'ask':
          return `ask ${step.next}/${step.of}`
        default:
          return step.kind
      }
    })
    .join(', ')
}

describe('a change from outside', () => {
  test('holds, is told, and is kept until it is over', () => {
    const held = apply(asked, { type: 'changedOutside', change: scaled(20, 2, { by: 'kubectl' }) })
    expect(phaseOf(held)).toBe('paused')
    expect(held.hold).toMatchObject({ code: 'OUTSIDE_SCALED', change: { to: 20 } })
    expect(held.incidents).toMatchObject([{ code: 'OUTSIDE_SCALED', detail: { from: 10, to: 20, by: 'kubectl' } }])
    const over = apply(held, { type: 'changedBack' })
    expect(over.hold?.change).toBeUndefined()
    expect(phaseOf(over)).toBe('paused')
    expect(apply(over, { type: 'resumed', by: carol }).plan).toEqual(asked.plan)
  })

  test('that goes on is the same one; another is told of anew; what is known is no news', () => {
    const held = apply(asked, { type: 'changedOutside', change: scaled(20, 1) })
    const more = apply(held, { type: 'changedOutside', change: scaled(20, 2) }, after(2_000))
    expect(more.incidents).toMatchObject([{ at: soon, detail: { updated: 2 } }])
    expect(more.hold?.since).toBe(soon)
    expect(refusalOf(more, { type: 'changedOutside', change: scaled(20, 2) })).toBe('ALREADY_DECIDED')
    const other = apply(more, { type: 'changedOutside', change: template }, after(3_000))
    expect(other.incidents.map(({ code }) => code)).toEqual(['OUTSIDE_SCALED', 'OUTSIDE_TEMPLATE'])
    expect(heldChange(other)).not.toBe(heldChange(more))
  })

  test('during somebody’s pause takes its place, and a soak stays frozen from the first one on', () => {
    const soaking = anUpgradeIn('verifying')
    const paused = apply(soaking, { type: 'paused', by: carol }, after(30_000))
    const changed = apply(paused, { type: 'changedOutside', change: scaled(20, 2) }, after(50_000))
    const back = apply(changed, { type: 'changedBack' }, after(60_000))
    expect(apply(back, { type: 'resumed', by: carol }, after(90_000)).at.since).toBe(after(60_000))
  })

  test('says whether the workload was deleted or made anew', () => {
    const gone = apply(asked, { type: 'targetGone', recreated: true })
    expect(gone.result).toMatchObject({ outcome: 'failed', code: 'TARGET_GONE' })
    expect(gone.incidents).toMatchObject([{ code: 'TARGET_GONE', detail: { how: 'recreated' } }])
  })
})

describe('going on from there', () => {
  const goOn = (from: Upgrade, change: OutsideChange) =>
    apply(apply(from, { type: 'changedOutside', change }), { type: 'resumed', by: carol })

  test.each<[string, Upgrade, OutsideChange, string]>([
    [
      'more than approved is accepted',
      asked,
      scaled(20, 2),
      '2/20, soak, check, ask 5/20, 5/20, soak, check, ask 10/20, 10/20, soak, check, ask 20/20, 20/20, soak, check, finish',
    ],
    [
      'a batch that is exceeded is left out',
      asked,
      scaled(20, 6),
      '6/20, soak, check, ask 10/20, 10/20, soak, check, ask 20/20, 20/20, soak, check, finish',
    ],
    [
      'less than approved is filled up',
      moving,
      scaled(20, 2),
      '5/20, soak, check, ask 10/20, 10/20, soak, check, ask 20/20, 20/20, soak, check, finish',
    ],
    ['all new: nothing more is asked', asked, { kind: 'share', from: 1, to: 10 }, '10/10, soak, check, finish'],
    [
      'fewer replicas',
      moving,
      scaled(4, 1),
      '1/4, soak, check, ask 2/4, 2/4, soak, check, ask 4/4, 4/4, soak, check, finish',
    ],
    ['one replica', asked, scaled(1, 1), '1/1, soak, check, finish'],
    ['none', asked, scaled(0, 0), '0/0, finish'],
  ])('%s', (_, from, change, expected) => {
    const upgrade = goOn(from, change)
    expect(ahead(upgrade)).toBe(expected)
    expect(upgrade.hold).toBeUndefined()
    expect(upgrade.plan?.hash).not.toBe(from.plan?.hash)
    expect(nextTask(upgrade)).toMatchObject({ do: 'pursue', goal: { restore: upgrade.sequence } })
    expect(upgrade.incidents[0]?.ended).toMatchObject({ by: carol, action: 'resumed' })
  })

  test('voids the open question; the next one is another', () => {
    const upgrade = goOn(asked, scaled(20, 2))
    expect(upgrade.answers.at(-1)).toMatchObject({ step: asked.at.step, action: 'void', by: carol })
    expect(upgrade.at.step).toBeGreaterThan(asked.at.step)
    expect(upgrade.plan?.steps.slice(0, upgrade.at.step)).toEqual(asked.plan?.steps.slice(0, upgrade.at.step))
  })

  test('is refused where more than replicas changed', () => {
    for (const change of [template, fields]) {
      const held = apply(asked, { type: 'changedOutside', change })
      expect(refusalOf(held, { type: 'resumed', by: carol })).toBe('NOT_AS_APPROVED')
    }
  })

  test('without questions goes on by itself', () => {
    const { strategy } = aPolicy()
    const auto = anUpgradeIn('verifying', {
      policy: aPolicy({ strategy: { ...strategy, continue: 'auto', soakMs: 0 } }),
    })
    expect(ahead(goOn(auto, scaled(20, 3)))).toBe('3/20, check, 5/20, check, 10/20, check, 20/20, check, finish')
  })
})

describe('restoring', () => {
  test.each<[string, Upgrade, OutsideChange, string]>([
    ['at rest', asked, scaled(20, 2), '1/10, soak, check, ask 3/10'],
    ['in a move, to what was said yes to', moving, scaled(20, 4), '3/10, soak, check, ask 5/10'],
    ['a changed template', asked, template, '1/10, soak, check, ask 3/10'],
    ['changed settings', anUpgradeIn('progressing'), fields, '1/10, soak, check, ask 3/10'],
  ])('%s', (_, from, change, expected) => {
    const upgrade = apply(apply(from, { type: 'changedOutside', change }), { type: 'restored', by: carol })
    expect(ahead(upgrade)).toMatch(new RegExp(`^${expected}, `))
    expect(currentStep(upgrade)).toMatchObject({ goal: { restore: upgrade.sequence } })
    expect(upgrade.plan?.from).toEqual(from.plan?.from)
  })

  test('has a meaning only while something is changed, and not for a store that is behind', () => {
    expect(refusalOf(asked, { type: 'restored', by: carol })).toBe('NOT_NOW')
    expect(refusalOf(anUpgradeIn('paused'), { type: 'restored', by: carol })).toBe('NOT_NOW')
    const behind = apply(asked, { type: 'changedOutside', change: { kind: 'ahead', stamp: 'web-production-14@99' } })
    expect(refusalOf(behind, { type: 'restored', by: carol })).toBe('NOT_NOW')
  })

  test('may be changed again, turned back and paused like any step', () => {
    const held = apply(asked, { type: 'changedOutside', change: template })
    const restoring = apply(held, { type: 'restored', by: carol })
    const again = apply(apply(restoring, { type: 'changedOutside', change: template }), { type: 'restored', by: carol })
    expect(ahead(again)).toBe(ahead(restoring))
    expect(phaseOf(apply(restoring, { type: 'turnedBack', by: carol }))).toBe('rollingBack')
    expect(nextTask(apply(restoring, { type: 'paused', by: carol }))).toMatchObject({ do: 'halt' })
  })
})

describe('the workload’s own autoscaler', () => {
  const rescale = (from: Upgrade, to: number, updated = 9) =>
    apply(from, { type: 'rescaled', change: scaled(to, updated), autoscaler: 'web' })
  const atThree = apply(
    apply(apply(moving, { type: 'reached', updated: 3, ready: 10, total: 10, generation: 3 }), { type: 'soaked' }),
    { type: 'checked', reports: [] },
  )

  test.each<[string, Upgrade, number, string]>([
    ['at a question, which is asked anew', atThree, 20, '5/20, ask 10/20'],
    ['down', atThree, 4, '1/4, ask 2/4'],
    ['at a soak, which starts anew', anUpgradeIn('verifying'), 20, '1/20, soak, check, ask 5/20'],
    ['in a move', moving, 20, '5/20, soak, check, ask 10/20'],
  ])('does not hold: %s', (_, from, to, expected) => {
    const upgrade = rescale(from, to)
    expect(upgrade.hold).toBeUndefined()
    expect(upgrade.incidents).toEqual(from.incidents)
    expect(ahead(upgrade)).toMatch(new RegExp(`^${expected}, `))
    expect(upgrade.plan?.from).toMatchObject({ replicas: to, ...sized })
  })

  test('there and back again leaves the share that was approved', () => {
    const reached = { type: 'reached', updated: 5, ready: 20, total: 20, generation: 9 } as const
    const there = apply(rescale(atThree, 20), reached)
    expect(ahead(rescale(there, 10))).toMatch(/^3\/10, ask 5\/10, /)
  })

  test('keeps a batch that was one of few from growing beyond how it was written', () => {
    const two = anUpgradeIn('awaitingContinue', { facts: someFacts({ replicas: 2 }) })
    expect(ahead(rescale(two, 20))).toMatch(/^1\/20, ask 5\/20, /)
  })

  test('leaves somebody’s pause in place', () => {
    const upgrade = rescale(anUpgradeIn('paused'), 20)
    expect(upgrade.hold).toEqual(anUpgradeIn('paused').hold)
    expect(nextTask(upgrade)).toMatchObject({ do: 'halt', goal: { pods: 1, of: 20 } })
  })

  test('has no say on the way back', () => {
    expect(refusalOf(anUpgradeIn('rollingBack'), { type: 'rescaled', change: scaled(20, 1), autoscaler: 'web' })).toBe(
      'NOT_NOW',
    )
  })
})

test('a plan that an older release made, without how its batches were written, counts its pods', () => {
  const { plan, ...rest } = asked
  const steps = plan?.steps.map((step) => {
    if (step.kind !== 'reach') return step
    const { written: _, ...goal } = step.goal
    return { ...step, goal }
  })
  const old: Upgrade = { ...rest, ...(plan && steps && { plan: { ...plan, steps } }), at: { ...rest.at, since: noon } }
  const upgrade = apply(apply(old, { type: 'changedOutside', change: scaled(20, 0) }), { type: 'resumed', by: carol })
  expect(ahead(upgrade)).toMatch(/^1\/20, soak, check, ask 5\/20, /)
})
