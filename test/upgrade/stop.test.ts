import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { answerStop, type Stop } from '../../src/upgrade/stop.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, carol, jane, noon } from '../an-upgrade.ts'

const live = [
  'checking',
  'awaitingApproval',
  'progressing',
  'verifying',
  'awaitingContinue',
  'paused',
  'rollingBack',
] as const

function stop(changes: Partial<Stop> = {}): Stop {
  return { value: 'hold', by: jane, ...changes }
}

describe('a stop on the workload', () => {
  test.each([
    ['checking', 'leave'],
    ['awaitingApproval', 'paused'],
    ['progressing', 'paused'],
    ['verifying', 'paused'],
    ['awaitingContinue', 'paused'],
    ['paused', 'NOT_NOW'],
    ['rollingBack', 'NOT_NOW'],
  ] as const)('hold while %s: %s', (phase, expected) => {
    expect(said(anUpgradeIn(phase), stop())).toBe(expected)
  })

  test.each([
    ['checking', 'cancelled'],
    ['awaitingApproval', 'cancelled'],
    ['progressing', 'turnedBack'],
    ['verifying', 'turnedBack'],
    ['awaitingContinue', 'turnedBack'],
    ['paused', 'turnedBack'],
    ['rollingBack', 'NOT_NOW'],
  ] as const)('rollback while %s: %s', (phase, expected) => {
    expect(said(anUpgradeIn(phase), stop({ value: 'rollback' }))).toBe(expected)
  })

  test.each(live)(
    'while %s, what is recorded is not recorded again by a process that finds it still there',
    (phase) => {
      for (const value of ['hold', 'rollback', 'pause']) {
        const upgrade = anUpgradeIn(phase)
        const answer = answerStop(upgrade, stop({ value }))
        if (answer.answer !== 'record') continue
        const next = transition(upgrade, answer.event, after(1))
        if (isRefusal(next)) throw new Error(`${value} is refused: ${next.refused.code}`)
        if (next.result) continue
        expect(answerStop(next, stop({ value }))).toEqual({ answer: value === 'pause' ? 'leave' : 'remove' })
      }
    },
  )

  test('takes a success back within its window, and nothing else that has ended', () => {
    const succeeded = anUpgradeIn('succeeded')
    const { result } = succeeded
    if (!result) throw new Error('it has not ended')
    const open = { ...succeeded, result: { ...result, rollbackUntil: after(60_000) } }
    expect(said(open, stop({ value: 'rollback' }))).toBe('turnedBack')
    expect(said(open, stop())).toBe('NOT_NOW')
    const irreversible = { ...open, request: { ...open.request, irreversible: 'drops a column' } }
    expect(said(irreversible, stop({ value: 'rollback' }))).toBe('IRREVERSIBLE')
    for (const phase of ['rolledBack', 'cancelled', 'failed'] as const) {
      expect(said(anUpgradeIn(phase), stop({ value: 'rollback' }))).toBe('NOT_NOW')
    }
  })

  test.each(live)('while %s, one that means another upgrade is taken off and does nothing', (phase) => {
    expect(answerStop(anUpgradeIn(phase), stop({ upgrade: 'web-production-13' }))).toEqual({ answer: 'remove' })
  })

  test('holds what was declared irreversible, for an operator to take back', () => {
    const started = anUpgradeIn('awaitingContinue')
    const upgrade = { ...started, request: { ...started.request, irreversible: 'drops a column' } }
    expect(said(upgrade, stop({ value: 'rollback' }))).toBe('paused')
    const held = { ...upgrade, hold: { by: carol, code: 'PAUSED', since: noon } }
    expect(said(held, stop({ value: 'rollback' }))).toBe('NOT_NOW')
    // Somebody has put it back by themselves: the record has it, and stays above their mark.
    expect(said(held, stop({ value: 'rollback', carriedOutAt: noon }))).toBe('paused')
    const asked = anUpgradeIn('awaitingApproval')
    const waiting = { ...asked, request: { ...asked.request, irreversible: 'drops a column' } }
    expect(said(waiting, stop({ value: 'rollback' }))).toBe('cancelled')
  })

  test('says who, why, and that it was done already', () => {
    const given = { by: jane, reason: 'errors', carriedOutAt: noon }
    expect(answerStop(anUpgradeIn('progressing'), stop(given))).toEqual({
      answer: 'record',
      event: { type: 'paused', ...given },
    })
  })

  test('somebody else’s hold is refused where it is held already, so that the trail has it', () => {
    const held: Upgrade = { ...anUpgradeIn('progressing'), hold: { by: carol, code: 'PAUSED', since: noon } }
    expect(said(held, stop())).toBe('NOT_NOW')
  })
})

function said(upgrade: Upgrade, asked: Stop): string {
  const answer = answerStop(upgrade, asked)
  switch (answer.answer) {
    case 'record':
      return answer.event.type
    case 'remove':
      return answer.refusal?.code ?? 'remove'
    case 'leave':
      return 'leave'
  }
}
