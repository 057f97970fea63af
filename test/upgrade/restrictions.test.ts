import { describe, expect, it, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { messagesOf } from '../../src/slack/views/messages.ts'
import type { Freeze } from '../../src/upgrade/freezes.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { firstUnrestricted, notWaived, type Restriction, restrictionsAt } from '../../src/upgrade/restrictions.ts'
import { askDeadline } from '../../src/upgrade/steps/ask.ts'
import { answerStop } from '../../src/upgrade/stop.ts'
import { readStored } from '../../src/upgrade/stored.ts'
import { transition } from '../../src/upgrade/transition.ts'
import { currentStep, type Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgrade, anUpgradeIn, aPolicy, carol, jane, noon, root, someFacts } from '../an-upgrade.ts'

const hourMs = 3_600_000
/** Closed at noon, open from 13:00 to 15:00. */
const windows = [{ days: ['wed' as const], from: '13:00', to: '15:00', timezone: 'UTC' }]
const policy = aPolicy({ windows })

function aFreeze(scope: Freeze['scope'], changes: Partial<Freeze> = {}): Freeze {
  return { scope, by: 'U0ROOT', reason: 'the sale', since: noon, ...changes }
}

describe('what stands in the way', () => {
  test.each([
    ['everything', 'all', true],
    ['its environment', 'environment:production', true],
    ['its service', 'service:web', true],
    ['another environment', 'environment:staging', false],
    ['another service', 'service:api', false],
    ['a service called like its environment', 'service:production', false],
  ] as const)('is a freeze of %s: %s, %s', (_, scope, applies) => {
    expect(restrictionsAt(aPolicy(), [aFreeze(scope)], noon).map(({ what }) => what)).toEqual(applies ? ['freeze'] : [])
  })

  it('is a freeze until its end, and not at it', () => {
    const frozen = aFreeze('all', { until: after(1_000) })
    expect(restrictionsAt(aPolicy(), [frozen], after(999))).toHaveLength(1)
    expect(restrictionsAt(aPolicy(), [frozen], after(1_000))).toEqual([])
  })

  it('is a closed window, behind any freeze', () => {
    expect(restrictionsAt(policy, [aFreeze('all')], noon)).toEqual([
      { what: 'freeze', ...aFreeze('all') },
      { what: 'window', opensAt: after(hourMs) },
    ])
    expect(restrictionsAt(policy, [], after(hourMs))).toEqual([])
  })

  it('is over at the first time in a window that no freeze reaches', () => {
    expect(firstUnrestricted(policy, [], noon)).toBe(after(hourMs))
    expect(firstUnrestricted(policy, [aFreeze('all', { until: after(2 * hourMs) })], noon)).toBe(after(2 * hourMs))
    const nextWeek = after((7 * 24 + 1) * hourMs)
    expect(firstUnrestricted(policy, [aFreeze('all', { until: after(5 * hourMs) })], noon)).toBe(nextWeek)
    expect(firstUnrestricted(policy, [aFreeze('all')], noon)).toBeUndefined()
  })
})

describe('break-glass', () => {
  const request = { ...anUpgrade().request, by: root, breakGlass: true as const }
  const frozen = { severity: 'warn' as const, code: 'FROZEN', detail: { ...aFreeze('environment:production') } }

  it('passes over the windows and the freezes that its plan names, and over no other', () => {
    const { waived } = compilePlan({ request, policy, target: anUpgrade().target }, someFacts(), [frozen])
    expect(waived?.map(({ what }) => what)).toEqual(['quorum', 'soak', 'window', 'freeze'])
    const restrictions = restrictionsAt(policy, [aFreeze('environment:production'), aFreeze('all')], noon)
    expect(notWaived(restrictions, waived)).toEqual([{ what: 'freeze', ...aFreeze('all') }])
  })

  it('names nothing that the policy does not have', () => {
    const { waived } = compilePlan({ request, policy: aPolicy(), target: anUpgrade().target }, someFacts(), [])
    expect(waived?.map(({ what }) => what)).toEqual(['quorum', 'soak'])
  })

  it('passes over nothing without having been asked for', () => {
    expect(anUpgrade({ policy, findings: [frozen] }).plan?.waived).toBeUndefined()
  })
})

const closed: Restriction = { what: 'window', opensAt: after(hourMs) }

function happen(upgrade: Upgrade, ...events: Parameters<typeof transition>[1][]): Upgrade {
  return events.reduce((state, event) => {
    const next = transition(state, event, after(60_000))
    if (isRefusal(next)) throw new Error(`${event.type}: ${next.refused.code}`)
    return next
  }, upgrade)
}

function refusedFor(upgrade: Upgrade, event: Parameters<typeof transition>[1], at = after(60_000)): string | undefined {
  const next = transition(upgrade, event, at)
  return isRefusal(next) ? next.refused.code : undefined
}

describe('what is held for a window', () => {
  const held = happen(anUpgradeIn('awaitingContinue', { policy }), { type: 'restricted', restriction: closed })

  it('says so in its thread, and is stored so', () => {
    expect(phaseOf(held)).toBe('paused')
    expect(held.incidents).toEqual([
      { at: after(60_000), code: 'WINDOW_CLOSED', detail: { opensAt: closed.opensAt, step: held.at.step } },
    ])
    expect(readStored(JSON.stringify(held))).toEqual({ upgrade: held })
  })

  it('is at the same question when that is over', () => {
    const free = happen(held, { type: 'unrestricted' })
    expect(phaseOf(free)).toBe('awaitingContinue')
    expect(free.at.step).toBe(held.at.step)
    expect(free.incidents[0]?.ended).toMatchObject({ action: 'resumed', by: { kind: 'system' } })
  })

  it('accepts nothing else that was reported by going on', () => {
    const other = { at: noon, code: 'GATE_INCONCLUSIVE', detail: { gate: 'errors', step: 4 } }
    const free = happen({ ...held, incidents: [other, ...held.incidents] }, { type: 'unrestricted' })
    expect(free.incidents.map(({ ended }) => ended === undefined)).toEqual([true, false])
  })

  it('does not lose its time: nobody could have decided', () => {
    const late = after(100 * hourMs)
    expect(refusedFor(held, { type: 'expired' }, late)).toBe('NOT_NOW')
    const free = transition(held, { type: 'unrestricted' }, late)
    if (isRefusal(free)) throw new Error('refused')
    const step = currentStep(free)
    expect(step?.kind === 'ask' && askDeadline(free, step) > late).toBe(true)
  })

  it('goes nowhere forward, and back at once', () => {
    expect(refusedFor(held, { type: 'continued', by: carol })).toBe('PAUSED')
    expect(phaseOf(happen(held, { type: 'turnedBack', by: carol }))).toBe('rollingBack')
  })

  it('stays where somebody paused it, in Slack or on the workload', () => {
    const paused = happen(held, { type: 'paused', by: carol })
    expect(refusedFor(paused, { type: 'unrestricted' })).toBe('NOT_NOW')
    expect(refusedFor(paused, { type: 'restricted', restriction: closed })).toBe('NOT_NOW')
    expect(answerStop(held, { value: 'hold', by: jane })).toMatchObject({ answer: 'record', event: { type: 'paused' } })
  })

  it('is told of the next thing in the way once', () => {
    const frozen: Restriction = { what: 'freeze', ...aFreeze('all') }
    const both = happen(held, { type: 'restricted', restriction: frozen })
    expect(both.incidents.map(({ code }) => code)).toEqual(['WINDOW_CLOSED', 'FROZEN'])
    expect(refusedFor(both, { type: 'restricted', restriction: frozen })).toBe('ALREADY_DECIDED')
  })
})

describe('a start that waits', () => {
  const scheduled = anUpgradeIn('scheduled', { policy })

  it('is stored, and asked for anew when a yes is taken back', () => {
    expect(readStored(JSON.stringify(scheduled))).toEqual({ upgrade: scheduled })
    const [first] = scheduled.approvals
    const withdrawn = happen(scheduled, { type: 'withdrawn', by: first?.by ?? root })
    expect(phaseOf(withdrawn)).toBe('awaitingApproval')
    expect(withdrawn.scheduled).toBeUndefined()
  })

  it('starts, or ends with what the checks find at its hour', () => {
    expect(phaseOf(happen(scheduled, { type: 'started', approvers: [] }))).toBe('progressing')
    const findings = [{ severity: 'block' as const, code: 'TARGET_PAUSED', detail: {} }]
    const blocked = happen(scheduled, { type: 'blocked', findings })
    expect(blocked.result).toMatchObject({ outcome: 'failed', code: 'BLOCKED', findings })
  })

  it('is not told twice of the same', () => {
    const { since: _, ...later } = scheduled.scheduled ?? { since: noon }
    expect(refusedFor(scheduled, { type: 'scheduled', ...later })).toBe('ALREADY_DECIDED')
    expect(phaseOf(happen(scheduled, { type: 'scheduled', restriction: closed }))).toBe('scheduled')
  })

  it('is asked for until so long after its hour', () => {
    const request = { ...anUpgrade().request, startAt: after(48 * hourMs) }
    const upgrade = anUpgrade({ request })
    const step = currentStep(upgrade)
    expect(step?.kind === 'ask' && askDeadline(upgrade, step)).toBe(after(52 * hourMs))
  })

  it('is another plan than a start at once', () => {
    const request = { ...anUpgrade().request, startAt: after(hourMs) }
    expect(anUpgrade({ request }).plan?.hash).not.toBe(anUpgrade().plan?.hash)
  })
})

describe('a question that a window closed', () => {
  const asked = anUpgradeIn('awaitingContinue', { policy })
  const keysOf = (upgrade: Upgrade) =>
    messagesOf(upgrade, { messages: en })
      .filter(({ key }) => key.startsWith('question'))
      .map(({ key, calls, metadata }) => [key, calls.length > 0, Reflect.get(metadata.event_payload, 'open')])

  it('is asked anew when the next one opens, in a message of its own that calls people', () => {
    const held = happen(asked, { type: 'restricted', restriction: closed })
    expect(keysOf(held)).toEqual([['question:4', true, true]])
    const free = happen(held, { type: 'unrestricted' })
    expect(keysOf(free)).toEqual([
      ['question:4', false, false],
      ['question:4:again1', true, true],
    ])
    const twice = happen(free, { type: 'restricted', restriction: closed }, { type: 'unrestricted' })
    expect(keysOf(twice).at(-1)).toEqual(['question:4:again2', true, true])
    expect(keysOf(happen(twice, { type: 'continued', by: carol }))).toEqual([
      ['question:4', false, false],
      ['question:4:again1', false, false],
      ['question:4:again2', false, false],
    ])
  })

  it('and that somebody kept paused is open again where it stands', () => {
    const events = [{ type: 'restricted', restriction: closed } as const, { type: 'paused', by: carol } as const]
    expect(keysOf(happen(asked, ...events))).toEqual([['question:4', true, true]])
  })
})
