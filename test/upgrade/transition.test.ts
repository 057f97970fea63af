import { describe, expect, it } from 'vitest'
import type { Event, EventType } from '../../src/upgrade/events.ts'
import { nextTask } from '../../src/upgrade/next-task.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import { type Upgrade, voidedRounds } from '../../src/upgrade/upgrade.ts'
import { anAlert } from '../an-alert.ts'
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
  dana,
  jane,
  noon,
  rhea,
  root,
  tina,
} from '../an-upgrade.ts'

const soon = after(1_000)
const planHash = anUpgrade().plan?.hash ?? ''
const report = { gate: 'rollout', verdict: 'failed', code: 'POD_RESTARTED', detail: { pod: 'web-1' } } as const

const events: { [E in Exclude<EventType, 'requested' | 'adopted'>]: Extract<Event, { type: E }> } = {
  approved: { type: 'approved', by: alice, planHash },
  breakGlassConfirmed: { type: 'breakGlassConfirmed', by: root, planHash },
  reviewed: { type: 'reviewed', by: rhea },
  explained: { type: 'explained', by: carol, reason: 'error rate rose' },
  reviewOverdue: { type: 'reviewOverdue' },
  withdrawn: { type: 'withdrawn', by: alice },
  rejected: { type: 'rejected', by: alice, reason: 'not on a Friday' },
  accepted: { type: 'accepted', by: tina },
  declined: { type: 'declined', by: tina, reason: 'no totals' },
  continued: { type: 'continued', by: carol },
  paused: { type: 'paused', by: carol },
  resumed: { type: 'resumed', by: carol },
  restored: { type: 'restored', by: carol },
  turnedBack: { type: 'turnedBack', by: carol, reason: 'errors' },
  cancelled: { type: 'cancelled', by: dana },
  acknowledged: { type: 'acknowledged', by: carol },
  prepared: { type: 'prepared', plan: anUpgrade().plan ?? fail() },
  blocked: { type: 'blocked', findings: [] },
  started: { type: 'started', approvers: [alice, bob] },
  approvalsVoided: { type: 'approvalsVoided', approvals: [{ by: alice, code: 'ROLE_LOST' }] },
  policyChanged: { type: 'policyChanged', changed: ['quorum'], policy: aPolicy() },
  requestVoided: { type: 'requestVoided', changed: 'image' },
  serviceRemoved: { type: 'serviceRemoved' },
  channelLost: { type: 'channelLost', code: 'CHANNEL_ARCHIVED', channel: 'C0RELEASES' },
  quorumLost: { type: 'quorumLost', people: 1 },
  quorumRegained: { type: 'quorumRegained' },
  imageMoved: { type: 'imageMoved', from: `sha256:${'a'.repeat(64)}`, to: `sha256:${'b'.repeat(64)}` },
  scheduled: { type: 'scheduled', until: after(3_600_000) },
  restricted: { type: 'restricted', restriction: { what: 'window' } },
  unrestricted: { type: 'unrestricted' },
  outdated: { type: 'outdated', code: 'TEMPLATE_CHANGED' },
  reached: { type: 'reached', updated: 1, ready: 10, total: 10, generation: 7 },
  soaked: { type: 'soaked' },
  checked: { type: 'checked', reports: [] },
  gateFailed: { type: 'gateFailed', report },
  alerted: { type: 'alerted', alert: anAlert() },
  gateInconclusive: { type: 'gateInconclusive', report: { ...report, verdict: 'inconclusive' } },
  stuck: { type: 'stuck', code: 'PODS_NOT_READY', detail: { ready: 0 } },
  changedOutside: {
    type: 'changedOutside',
    change: { kind: 'scaled', from: 10, to: 20, updated: 1, surge: 1, unavailable: 0 },
  },
  changedBack: { type: 'changedBack' },
  rescaled: {
    type: 'rescaled',
    change: { kind: 'scaled', from: 10, to: 20, updated: 2, surge: 2, unavailable: 0 },
    autoscaler: 'web',
  },
  stopUnknown: { type: 'stopUnknown', by: jane, value: 'pause' },
  rewound: { type: 'rewound', mark: 40, found: { updated: 3, ready: 10, total: 10 }, plan: anUpgrade().plan ?? fail() },
  expired: { type: 'expired' },
  paged: { type: 'paged', of: 0, users: ['U0OSCAR'], groups: [] },
  reminded: { type: 'reminded', of: 'start:0:0:0:0', to: 'people' },
  targetGone: { type: 'targetGone', recreated: false },
  windowClosed: { type: 'windowClosed' },
}

const situations = {
  'before the plan': anUpgradeIn('checking'),
  'ask start': anUpgrade(),
  'ask continue': anUpgradeIn('awaitingContinue'),
  reach: anUpgradeIn('progressing'),
  soak: anUpgradeIn('verifying'),
  check: { ...anUpgradeIn('verifying'), at: { path: 'steps', step: 3, since: noon } },
  'held at a continue': anUpgradeIn('paused'),
  'held in a move': { ...anUpgradeIn('progressing'), hold: { by: carol, code: 'PAUSED', since: noon } },
  back: anUpgradeIn('rollingBack'),
  ended: anUpgradeIn('succeeded'),
} satisfies Record<string, Upgrade>
type Situation = keyof typeof situations

/** What each event leads to: a phase, `=` for a change within the phase, or a refusal's code. */
const table: Record<Exclude<EventType, 'requested' | 'adopted'>, Record<Situation, string>> = {
  approved: row('NOT_NOW', '=', 'ALREADY_DECIDED', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  withdrawn: row(
    'NOT_NOW',
    'NO_APPROVAL',
    'ALREADY_DECIDED',
    'NOT_NOW',
    'NOT_NOW',
    'NOT_NOW',
    'ALREADY_DECIDED',
    'NOT_NOW',
  ),
  rejected: row(
    'NOT_NOW',
    'rejected',
    'ALREADY_DECIDED',
    'NOT_NOW',
    'NOT_NOW',
    'NOT_NOW',
    'ALREADY_DECIDED',
    'NOT_NOW',
  ),
  accepted: row('NOT_NOW', 'ALREADY_DECIDED', 'ALREADY_DECIDED', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  declined: row(
    'NOT_NOW',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'NOT_NOW',
    'NOT_NOW',
    'NOT_NOW',
    'ALREADY_DECIDED',
    'NOT_NOW',
  ),
  continued: row('NOT_NOW', 'ALREADY_DECIDED', 'progressing', 'NOT_NOW', 'SOAKING', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  paused: row('NOT_NOW', 'paused', 'paused', 'paused', 'paused', 'paused', 'NOT_NOW', 'NOT_NOW'),
  resumed: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'awaitingContinue', 'progressing'),
  restored: row(),
  turnedBack: row(
    'NOT_STARTED',
    'NOT_STARTED',
    'rollingBack',
    'rollingBack',
    'rollingBack',
    'rollingBack',
    'rollingBack',
    'rollingBack',
  ),
  cancelled: row('cancelled', 'cancelled', 'STARTED', 'STARTED', 'STARTED', 'STARTED', 'STARTED', 'STARTED', 'STARTED'),
  acknowledged: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW'),
  prepared: row(
    'awaitingApproval',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'PAUSED',
    'PAUSED',
    'ALREADY_DECIDED',
  ),
  blocked: row(
    'failed',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
    'ALREADY_DECIDED',
  ),
  started: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  approvalsVoided: row(),
  policyChanged: row('NOT_NOW', 'checking'),
  requestVoided: row('NOT_NOW', 'cancelled'),
  quorumLost: row('NOT_NOW', '=', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW'),
  quorumRegained: row(),
  serviceRemoved: row('NOT_NOW', 'paused', 'paused', 'paused', 'paused', 'paused', 'NOT_NOW', 'NOT_NOW'),
  channelLost: row('NOT_NOW', 'paused', 'paused', 'paused', 'paused', 'paused', 'NOT_NOW', 'NOT_NOW'),
  imageMoved: row('NOT_NOW', 'checking'),
  scheduled: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  restricted: row('NOT_NOW', 'NOT_NOW', 'paused', 'paused', 'paused', 'paused', 'NOT_NOW', 'NOT_NOW'),
  unrestricted: row(),
  outdated: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'checking', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', '='),
  reached: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'verifying', 'NOT_NOW', 'NOT_NOW', 'PAUSED', 'PAUSED', 'rolledBack'),
  soaked: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', '=', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  checked: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'awaitingContinue', 'PAUSED', 'PAUSED'),
  gateFailed: row(
    'failed',
    'failed',
    'rollingBack',
    'rollingBack',
    'rollingBack',
    'rollingBack',
    'rollingBack',
    'rollingBack',
  ),
  alerted: row('NOT_NOW', 'NOT_NOW', 'paused', 'paused', 'paused', 'paused', '=', '='),
  gateInconclusive: row('paused', 'paused', 'paused', 'paused', 'paused', 'paused', '=', '='),
  stuck: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'rollingBack', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'rollingBack', '='),
  changedOutside: row('paused', 'paused', 'paused', 'paused', 'paused', 'paused', '=', '=', 'failed'),
  stopUnknown: row('=', '=', '=', '=', '=', '=', '=', '=', '='),
  changedBack: row(),
  rescaled: row('NOT_NOW', 'NOT_NOW', 'progressing', '=', 'progressing', 'progressing', '=', '='),
  rewound: row('paused', 'paused', 'paused', 'paused', 'paused', 'paused', '=', '=', '='),
  expired: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW'),
  paged: row(),
  reminded: row(),
  breakGlassConfirmed: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'PAUSED', 'PAUSED'),
  reviewed: row(),
  explained: row('NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', 'NOT_NOW', '='),
  reviewOverdue: row(),
  windowClosed: row(),
  targetGone: row('failed', 'failed', 'failed', 'failed', 'failed', 'failed', 'failed', 'failed', 'failed'),
}

/** The same while somebody is asked to accept, which is no question that starts anything. */
const whileAccepting: Partial<Record<keyof typeof table, string>> = {
  accepted: '=',
  declined: 'rollingBack',
  approved: 'ALREADY_DECIDED',
  withdrawn: 'ALREADY_DECIDED',
  rejected: 'ALREADY_DECIDED',
  continued: 'ALREADY_DECIDED',
  paused: 'paused',
  turnedBack: 'rollingBack',
  cancelled: 'STARTED',
  prepared: 'ALREADY_DECIDED',
  blocked: 'ALREADY_DECIDED',
  serviceRemoved: 'paused',
  channelLost: 'paused',
  restricted: 'paused',
  gateFailed: 'rollingBack',
  alerted: 'paused',
  gateInconclusive: 'paused',
  changedOutside: 'paused',
  stopUnknown: '=',
  rescaled: 'progressing',
  rewound: 'paused',
  targetGone: 'failed',
}

describe('the reason of a way back', () => {
  const why = { type: 'explained', by: carol, reason: 'error rate rose' } as const
  const asked = (): Upgrade => {
    const back = transition(anUpgradeIn('awaitingContinue'), { type: 'turnedBack', by: carol }, soon)
    if (isRefusal(back)) throw new Error(back.refused.code)
    return back
  }

  it('stands where it would have stood from the beginning', () => {
    const said = transition(asked(), why, soon)
    const atOnce = transition(anUpgradeIn('awaitingContinue'), { ...why, type: 'turnedBack' }, soon)
    if (isRefusal(said) || isRefusal(atOnce)) throw new Error('refused')
    expect({ ...said, sequence: 0 }).toEqual({ ...atOnce, sequence: 0 })
  })

  it('stands in the result of what has ended by then', () => {
    const by = { by: carol, at: soon, code: 'REQUESTED' }
    const ended: Upgrade = { ...asked(), result: { outcome: 'rolledBack', ...by } }
    expect(transition(ended, why, soon)).toMatchObject({
      result: { reason: why.reason },
      turnedBack: { reason: why.reason },
    })
  })

  it.each([
    ['of somebody else', { ...why, by: rhea }],
    ['that is empty', { ...why, reason: '' }],
  ])('%s is not taken', (_, event) => {
    expect(transition(asked(), event, soon)).toMatchObject({ refused: { code: 'NOT_NOW' } })
  })

  it('is given once', () => {
    const said = transition(asked(), why, soon)
    if (isRefusal(said)) throw new Error('refused')
    expect(transition(said, { ...why, reason: 'something else' }, soon)).toMatchObject({ refused: { code: 'NOT_NOW' } })
  })
})

describe('the question whether what is new is accepted', () => {
  it.each(Object.keys(table) as (keyof typeof table)[])('%s', (event) => {
    const next = transition(awaitingAcceptance(), events[event], soon)
    const actual = isRefusal(next) ? next.refused.code : phaseOf(next) === 'verifying' ? '=' : phaseOf(next)
    expect(actual).toBe(whileAccepting[event] ?? 'NOT_NOW')
  })

  const kinds = (upgrade: Upgrade) =>
    upgrade.plan?.steps.map((step) => (step.kind === 'ask' ? step.question : step.kind)).join(' ')

  it('comes after each soak, or after the last, and before the gates', () => {
    const always = 'start reach soak accept check continue reach soak accept check'
    const policyWith = (during: ('soak' | 'after')[], continuing: 'approval' | 'auto') =>
      aPolicy({
        strategy: { ...aPolicy().strategy, batches: [1, '100%'], continue: continuing },
        gates: { ...aPolicy().gates, acceptance: [anAcceptance({ during })] },
      })
    expect(kinds(anUpgrade({ policy: policyWith(['soak'], 'approval') }))).toBe(`${always} reach`)
    expect(kinds(anUpgrade({ policy: policyWith(['after'], 'auto') }))).toBe(
      'start reach soak check reach soak accept check reach',
    )
    expect(kinds(anUpgrade({ policy: policyWith(['soak', 'after'], 'approval') }))).toBe(`${always} reach`)
  })

  it('is part of what people approve', () => {
    const without = anUpgrade({ policy: aPolicy() })
    expect(awaitingAcceptance().plan?.hash).not.toBe(without.plan?.hash)
  })

  it('goes on to the gates once somebody accepts, and keeps who', () => {
    const accepted = apply(awaitingAcceptance(), events.accepted)
    expect(nextTask(accepted)).toEqual({ do: 'measure', gates: ['rollout'] })
    expect(accepted.answers).toMatchObject([{ action: 'accepted', by: tina }])
    expect(accepted.measured).toMatchObject([{ gate: 'acceptance', verdict: 'passed', detail: { by: 'U0TINA' } }])
    expect(isRefusal(transition(accepted, events.accepted, soon))).toBe(true)
  })

  it('fails like any gate when somebody declines', () => {
    const back = apply(awaitingAcceptance(), events.declined)
    expect(back.turnedBack).toMatchObject({ code: 'NOT_ACCEPTED', by: { kind: 'system', reason: 'GATE_FAILED' } })
    expect(back.answers).toMatchObject([{ action: 'declined', by: tina, reason: 'no totals' }])
    expect(back.incidents).toMatchObject([
      { code: 'NOT_ACCEPTED', detail: { gate: 'acceptance', by: 'U0TINA', reason: 'no totals' } },
    ])
  })

  it('is held by a no where the policy says so, until somebody goes on without', () => {
    const gates = { ...aPolicy().gates, acceptance: [anAcceptance()] }
    const held = apply(awaitingAcceptance({ policy: aPolicy({ gates, onFailure: 'hold' }) }), events.declined)
    expect(phaseOf(held)).toBe('paused')
    for (const event of [events.accepted, events.declined]) expect(isRefusal(transition(held, event, soon))).toBe(true)
    expect(nextTask(apply(held, events.resumed))).toEqual({ do: 'measure', gates: ['rollout'] })
  })

  it('holds when nobody answers in time, and whoever resumes goes on without', () => {
    const late = after(4 * 3_600_000)
    expect(isRefusal(transition(awaitingAcceptance(), events.expired, after(4 * 3_600_000 - 1)))).toBe(true)
    const held = apply(awaitingAcceptance(), events.expired, late)
    expect(phaseOf(held)).toBe('paused')
    expect(held.incidents).toMatchObject([
      { code: 'GATE_INCONCLUSIVE', detail: { gate: 'acceptance', cause: 'NOBODY_ACCEPTED' } },
    ])
    expect(isRefusal(transition(held, events.accepted, late))).toBe(true)
    expect(nextTask(apply(held, events.resumed, late))).toEqual({ do: 'measure', gates: ['rollout'] })
    expect(phaseOf(apply(held, events.expired, after(29 * 3_600_000)))).toBe('rollingBack')
  })

  it('is still open after a pause, with the time that was left', () => {
    const paused = apply(awaitingAcceptance(), events.paused, after(60_000))
    expect(transition(paused, events.accepted, after(61_000))).toEqual({ refused: { code: 'PAUSED' } })
    const resumed = apply(paused, events.resumed, after(3_660_000))
    expect(nextTask(resumed)).toEqual({ do: 'wait', until: after(5 * 3_600_000) })
    expect(isRefusal(transition(resumed, events.accepted, soon))).toBe(false)
  })

  it('is asked anew when an autoscaler has changed the replicas meanwhile', () => {
    const rescaled = apply(awaitingAcceptance(), events.rescaled)
    expect(rescaled.answers).toMatchObject([{ action: 'void' }])
    const left = rescaled.plan?.steps
      .slice(rescaled.at.step)
      .map((step) => (step.kind === 'ask' ? step.question : step.kind))
    expect(left?.slice(0, 4)).toEqual(['reach', 'accept', 'check', 'continue'])
  })
})

describe('transition', () => {
  const cells = Object.entries(table).flatMap(([event, cell]) =>
    Object.entries(cell).map(([situation, expected]) => ({ event, situation, expected })),
  )
  it.each(cells)('$event, $situation: $expected', ({ event, situation, expected }) => {
    const before = situations[situation as Situation]
    const next = transition(before, events[event as keyof typeof events], soon)
    const actual = isRefusal(next) ? next.refused.code : phaseOf(next) === phaseOf(before) ? '=' : phaseOf(next)
    expect(actual).toBe(expected)
    // Above the workload's mark.
    const sequence = event === 'rewound' ? 41 : before.sequence + 1
    if (!isRefusal(next)) expect(next.sequence).toBe(sequence)
  })

  it('starts once the quorum is complete, each by another person, and all was checked again', () => {
    const first = apply(anUpgrade(), events.approved)
    expect(nextTask(first).do).toBe('wait')
    expect(transition(first, events.started, soon)).toMatchObject({ refused: { code: 'NOT_NOW' } })
    expect(transition(first, events.approved, soon)).toEqual({ refused: { code: 'ALREADY_APPROVED' } })
    const second = apply(first, { type: 'approved', by: bob, planHash })
    expect(phaseOf(second)).toBe('awaitingApproval')
    expect(nextTask(second).do).toBe('recheck')
    const started = apply(second, events.started)
    expect(phaseOf(started)).toBe('progressing')
    expect(started.answers).toEqual([{ step: 0, action: 'approved', by: bob, at: soon }])
  })

  it('lets an approver withdraw until it starts, and one more person approve', () => {
    const complete = apply(apply(anUpgrade(), events.approved), { type: 'approved', by: bob, planHash })
    const withdrawn = apply(complete, events.withdrawn)
    expect(nextTask(withdrawn).do).toBe('wait')
    const again = apply(apply(complete, { type: 'approved', by: carol, planHash }), events.withdrawn)
    expect(nextTask(again).do).toBe('recheck')
  })

  it('takes void approvals out of the count, says so, and asks anew', () => {
    const complete = apply(apply(anUpgrade(), events.approved), { type: 'approved', by: bob, planHash })
    const voided = apply(complete, events.approvalsVoided)
    expect(voided.approvals.map(({ by }) => by)).toEqual([bob])
    expect(voided.incidents).toEqual([{ at: soon, code: 'APPROVALS_VOIDED', detail: { U0ALICE: 'ROLE_LOST' } }])
    expect(voidedRounds(voided)).toHaveLength(1)
    expect(nextTask(voided).do).toBe('wait')
    expect(isRefusal(transition(voided, events.approvalsVoided, soon))).toBe(true)
  })

  it('remembers for how long too few people are left who could approve', () => {
    const lost = apply(anUpgrade(), events.quorumLost)
    expect(lost.reachable).toBe(1)
    expect(isRefusal(transition(lost, events.quorumLost, soon))).toBe(true)
    expect(apply(lost, { type: 'quorumLost', people: 0 }).reachable).toBe(0)
    expect(apply(lost, events.quorumRegained).reachable).toBeUndefined()
    expect(isRefusal(transition(anUpgrade(), { type: 'quorumLost', people: 2 }, soon))).toBe(true)
  })

  it('plans anew by the changed policy, with every approval void', () => {
    const complete = apply(apply(anUpgrade(), events.approved), { type: 'approved', by: bob, planHash })
    const policy = aPolicy({ onFailure: 'hold' })
    const anew = apply(complete, { type: 'policyChanged', changed: ['onFailure'], policy })
    expect(anew).toMatchObject({ policy, approvals: [], answers: [] })
    expect(nextTask(anew)).toEqual({ do: 'prepare' })
  })

  it('counts two accounts of one human once', () => {
    const policy = aPolicy({ people: [['U0ALICE', 'U0BOB']] })
    const upgrade = anUpgrade({ policy })
    const hash = upgrade.plan?.hash ?? ''
    const first = apply(upgrade, { type: 'approved', by: alice, planHash: hash })
    expect(transition(first, { type: 'approved', by: bob, planHash: hash }, soon)).toEqual({
      refused: { code: 'ALREADY_APPROVED' },
    })
  })

  it('refuses an approval of another plan', () => {
    const other: Event = { type: 'approved', by: alice, planHash: 'f'.repeat(64) }
    expect(transition(anUpgrade(), other, soon)).toEqual({ refused: { code: 'ALREADY_DECIDED' } })
  })

  it('refuses an approval after its time, and expires', () => {
    const late = after(4 * 3_600_000)
    expect(transition(anUpgrade(), events.approved, late)).toEqual({ refused: { code: 'EXPIRED' } })
    expect(phaseOf(apply(anUpgrade(), events.expired, late))).toBe('expired')
  })

  it('takes a withdrawn approval out of the count', () => {
    const withdrawn = apply(apply(anUpgrade(), events.approved), events.withdrawn)
    expect(withdrawn.approvals).toEqual([])
    expect(phaseOf(apply(withdrawn, { type: 'approved', by: bob, planHash }))).toBe('awaitingApproval')
  })

  it('freezes the soak while it is paused', () => {
    const paused = apply(anUpgradeIn('verifying'), events.paused, after(30_000))
    const resumed = apply(paused, events.resumed, after(90_000))
    expect(resumed.at.since).toBe(after(60_000))
  })

  it('answers a question that nobody answered by what the policy says', () => {
    const late = after(24 * 3_600_000)
    expect(phaseOf(apply(anUpgradeIn('awaitingContinue'), events.expired, late))).toBe('rollingBack')
    const holds = anUpgradeIn('awaitingContinue', { policy: aPolicy({ onFailure: 'hold' }) })
    expect(phaseOf(apply(holds, events.expired, late))).toBe('paused')
    expect(phaseOf(apply(anUpgradeIn('paused'), events.expired, late))).toBe('rollingBack')
  })

  it('holds instead of rolling back where the policy says so', () => {
    const upgrade = anUpgradeIn('verifying', { policy: aPolicy({ onFailure: 'hold' }) })
    const held = apply(upgrade, events.gateFailed)
    expect(held.hold).toMatchObject({ code: 'POD_RESTARTED' })
    expect(held.incidents).toHaveLength(1)
  })

  it('holds what was declared irreversible on every failure, and goes back only when somebody says so', () => {
    const request = { ...anUpgrade().request, irreversible: 'drops a column' }
    const late = after(25 * 3_600_000)
    const failures: [Upgrade, Event, string][] = [
      [anUpgradeIn('verifying', { request }), events.gateFailed, soon],
      [anUpgradeIn('progressing', { request }), events.stuck, soon],
      [anUpgradeIn('awaitingContinue', { request }), events.expired, late],
    ]
    for (const [before, event, now] of failures) expect(phaseOf(apply(before, event, now))).toBe('paused')
    const paused = anUpgradeIn('paused', { request })
    expect(isRefusal(transition(paused, events.expired, late))).toBe(true)
    expect(nextTask(paused)).not.toHaveProperty('until')
    expect(phaseOf(apply(paused, events.turnedBack))).toBe('rollingBack')
  })

  describe('an alert', () => {
    const onAlert = (action: 'hold' | 'rollback' | 'notify') => aPolicy({ onAlert: action })

    it('has the consequence that the policy names, and one audit entry with what it said', () => {
      const rolled = apply(anUpgradeIn('verifying', { policy: onAlert('rollback') }), events.alerted)
      expect(phaseOf(rolled)).toBe('rollingBack')
      expect(rolled.turnedBack).toMatchObject({ code: 'ON_ALERT' })
      const told = apply(anUpgradeIn('verifying', { policy: onAlert('notify') }), events.alerted)
      expect(phaseOf(told)).toBe('verifying')
      expect(told.incidents).toMatchObject([{ code: 'ON_ALERT', detail: { name: 'HighErrorRate', action: 'notify' } }])
    })

    it('has it once for each upgrade: whoever resumed knows of alerts', () => {
      const held = apply(anUpgradeIn('verifying'), events.alerted)
      const resumed = apply(held, events.resumed)
      expect(isRefusal(transition(resumed, events.alerted, soon))).toBe(true)
    })

    it('does not take what others changed out of a hold, and takes the place of one that would end by itself', () => {
      const changed = apply(anUpgradeIn('awaitingContinue'), events.changedOutside)
      expect(apply(changed, events.alerted).hold).toEqual(changed.hold)
      const frozen = apply(anUpgradeIn('awaitingContinue'), events.restricted)
      expect(apply(frozen, events.alerted).hold).toMatchObject({ code: 'ON_ALERT' })
      expect(apply(frozen, events.alerted).hold).not.toHaveProperty('restriction')
    })

    it.each([
      ['of which nobody knows how bad it is', {}, anAlert({ weight: 'unknown' })],
      ['of an irreversible upgrade', { irreversible: 'drops a column' }, anAlert()],
    ])('%s never rolls back by itself', (_, declared, alert) => {
      const request = { ...anUpgrade().request, ...declared }
      const upgrade = anUpgradeIn('verifying', { policy: onAlert('rollback'), request })
      expect(phaseOf(apply(upgrade, { type: 'alerted', alert }))).toBe('paused')
    })

    it('can be acknowledged', () => {
      const seen = apply(apply(anUpgradeIn('verifying'), events.alerted), events.acknowledged)
      expect(seen.incidents).toMatchObject([{ acknowledged: { by: carol } }])
    })
  })

  describe('break-glass', () => {
    const policy = aPolicy({ breakGlass: true })
    const request = { ...anUpgrade().request, by: root, breakGlass: true as const, reason: 'checkout is down' }
    const asked = anUpgrade({ policy, request })
    const confirmed: Event = { type: 'breakGlassConfirmed', by: root, planHash: asked.plan?.hash ?? '' }
    const day = 24 * 3_600_000

    function ended(outcome: 'targetGone' | 'cancelled'): Upgrade {
      const started = apply(apply(asked, confirmed), { type: 'started', approvers: [root] })
      return outcome === 'targetGone' ? apply(started, events.targetGone) : apply(asked, events.cancelled)
    }

    it('names what it waives, and waives no batch', () => {
      expect(asked.plan?.waived).toEqual([
        { what: 'quorum', quorum: 2 },
        { what: 'soak', durationMs: 120_000 },
      ])
      const kinds = (upgrade: Upgrade) => upgrade.plan?.steps.filter(({ kind }) => kind !== 'soak')
      expect(asked.plan?.steps.map(({ kind }) => kind)).not.toContain('soak')
      expect(asked.plan?.steps).toEqual(kinds(anUpgrade()))
      expect(asked.plan?.hash).not.toBe(anUpgrade({ policy }).plan?.hash)
    })

    it('starts once it was confirmed, on nobody’s approval and nothing less', () => {
      expect(nextTask(asked).do).toBe('wait')
      expect(isRefusal(transition(asked, { ...events.approved, planHash: confirmed.planHash } as Event, soon))).toBe(
        true,
      )
      expect(isRefusal(transition(asked, { ...confirmed, planHash: 'f'.repeat(64) }, soon))).toBe(true)
      expect(transition(asked, confirmed, after(4 * 3_600_000))).toEqual({ refused: { code: 'EXPIRED' } })
      expect(isRefusal(transition(asked, events.started, soon))).toBe(true)
      const sure = apply(asked, confirmed)
      expect(nextTask(sure).do).toBe('recheck')
      expect(isRefusal(transition(sure, confirmed, soon))).toBe(true)
      expect(apply(sure, events.started).answers).toMatchObject([{ action: 'approved', by: root }])
    })

    it('is not confirmed any more once whoever did lost the role', () => {
      const voided = apply(apply(asked, confirmed), {
        type: 'approvalsVoided',
        approvals: [{ by: root, code: 'ROLE_LOST' }],
      })
      expect(voided.confirmed).toBeUndefined()
      expect(nextTask(voided).do).toBe('wait')
    })

    it('is to be signed off within a day of its end, and reminded of every day until it is', () => {
      const over = ended('targetGone')
      expect(over.reviewDue).toBe(after(1_000 + day))
      expect(nextTask(over)).toEqual({ do: 'followUp', event: 'reviewOverdue', at: over.reviewDue })
      expect(isRefusal(transition(over, events.reviewOverdue, after(day)))).toBe(true)
      const reminded = apply(over, events.reviewOverdue, after(1_000 + day))
      expect(reminded.incidents.at(-1)?.code).toBe('REVIEW_OVERDUE')
      expect(reminded.reviewDue).toBe(after(1_000 + 2 * day))
      const reviewed = apply(reminded, events.reviewed)
      expect(reviewed).toMatchObject({ reviewed: { by: rhea } })
      expect(nextTask(reviewed)).toEqual({ do: 'nothing' })
      expect(isRefusal(transition(reviewed, events.reviewed, soon))).toBe(true)
    })

    it('that changed nothing needs nobody’s word, and neither does what was approved', () => {
      expect(ended('cancelled').reviewDue).toBeUndefined()
      expect(apply(anUpgradeIn('progressing'), events.targetGone).reviewDue).toBeUndefined()
    })
  })

  describe('after success', () => {
    const day = 24 * 3_600_000
    const found = { updated: 10, ready: 10, total: 10, templateHash: 'b'.repeat(64) }

    function succeededAt(now: string, policy = aPolicy()): Upgrade {
      const upgrade = anUpgradeIn('awaitingContinue', { policy })
      const last = { path: 'steps' as const, step: (upgrade.plan?.steps.length ?? 0) - 1, since: noon }
      return apply({ ...upgrade, at: last }, { type: 'reached', generation: 9, ...found }, now)
    }

    it('the window is open for as long as the policy says, and then it is closed for good', () => {
      const succeeded = succeededAt(noon)
      expect(succeeded.result).toMatchObject({ outcome: 'succeeded', rollbackUntil: after(day) })
      expect(nextTask(succeeded)).toEqual({ do: 'followUp', event: 'windowClosed', at: after(day) })
      expect(isRefusal(transition(succeeded, events.windowClosed, after(day - 1)))).toBe(true)
      const closed = apply(succeeded, events.windowClosed, after(day))
      expect(closed.result).not.toHaveProperty('rollbackUntil')
      expect(nextTask(closed)).toEqual({ do: 'nothing' })
    })

    it('it goes back within the window, and remembers that it had succeeded', () => {
      const back = apply(succeededAt(noon), events.turnedBack, after(day - 1))
      expect(phaseOf(back)).toBe('rollingBack')
      expect(back.undone).toMatchObject({ outcome: 'succeeded', at: noon })
      const { templateHash: _, ...counts } = found
      const ended = apply(back, { type: 'reached', generation: 12, ...counts, updated: 0 }, after(day))
      expect(ended.result).toMatchObject({ outcome: 'rolledBack', by: carol })
      expect(isRefusal(transition(ended, events.turnedBack, after(day)))).toBe(true)
    })

    it.each([
      ['once the window is over', succeededAt(noon), after(day)],
      ['where there is no window', succeededAt(noon, aPolicy({ rollbackWindowMs: 0 })), soon],
      ['once it was closed', apply(succeededAt(noon), events.windowClosed, after(day)), soon],
    ])('it does not go back %s', (_, upgrade, now) => {
      expect(transition(upgrade, events.turnedBack, now)).toMatchObject({ refused: { code: 'NOT_NOW' } })
    })

    it('nothing else means anything', () => {
      for (const event of Object.values(events)) {
        if (event.type === 'turnedBack' || event.type === 'windowClosed') continue
        expect(transition(succeededAt(noon), event, soon)).toMatchObject({ refused: { code: 'NOT_NOW' } })
      }
    })
  })

  it('voids every approval when the workload changed before the first patch', () => {
    const outdated = apply(anUpgradeIn('progressing'), events.outdated)
    expect(outdated.approvals).toEqual([])
    expect(outdated.plan).toBeUndefined()
    expect(phaseOf(outdated)).toBe('checking')
  })

  it('tells once that a rollback is stuck, and gives up only after the longest hold', () => {
    const told = apply(anUpgradeIn('rollingBack'), events.stuck)
    expect(told.incidents.at(-1)?.code).toBe('ROLLBACK_STUCK')
    expect(isRefusal(transition(told, events.stuck, soon))).toBe(true)
    expect(apply(told, events.stuck, after(25 * 3_600_000)).result).toMatchObject({ code: 'ROLLBACK_STUCK' })
  })

  it('tells in the thread what was stopped in the cluster, since nobody saw it in Slack', () => {
    const paused = apply(anUpgradeIn('progressing'), { type: 'paused', by: jane, reason: 'errors' })
    expect(paused.hold).toMatchObject({ by: jane, reason: 'errors' })
    expect(paused.incidents).toEqual([
      { at: soon, code: 'PAUSED_IN_CLUSTER', detail: { by: 'jane@example.com', reason: 'errors' } },
    ])
    const back = apply(paused, { type: 'turnedBack', by: jane, carriedOutAt: noon })
    expect(back.incidents.at(-1)).toMatchObject({ code: 'TURNED_BACK_IN_CLUSTER', detail: { carriedOutAt: noon } })
    expect(apply(anUpgradeIn('progressing'), events.paused).incidents).toEqual([])
  })

  it('says of a workload that was put back with `rollcall restore` who did it, where that is known', () => {
    const by = { kind: 'kubernetes', manager: 'rollcall-restore' } as const
    const unknown = apply(anUpgradeIn('progressing'), { type: 'turnedBack', by })
    expect(unknown.incidents).toEqual([{ at: soon, code: 'RESTORED_IN_CLUSTER', detail: {} }])
    const known = apply(anUpgradeIn('paused'), { type: 'paused', by: { ...by, user: 'jane' }, carriedOutAt: noon })
    expect(known.incidents.at(-1)).toMatchObject({ code: 'RESTORED_IN_CLUSTER', detail: { by: 'jane' } })
  })

  it('tells a stop that it does not understand once', () => {
    const told = apply(anUpgradeIn('progressing'), events.stopUnknown)
    expect(told.incidents).toMatchObject([{ code: 'STOP_UNKNOWN', detail: { value: 'pause' } }])
    expect(transition(told, events.stopUnknown, soon)).toEqual({ refused: { code: 'ALREADY_DECIDED' } })
  })

  it('acknowledges what happened, once', () => {
    const failed = apply(anUpgradeIn('verifying'), events.gateFailed)
    const acknowledged = apply(failed, events.acknowledged)
    expect(acknowledged.incidents[0]?.acknowledged).toEqual({ by: carol, at: soon })
    expect(isRefusal(transition(acknowledged, events.acknowledged, soon))).toBe(true)
  })
})

function apply(upgrade: Upgrade, event: Event, now = soon): Upgrade {
  const next = transition(upgrade, event, now)
  if (isRefusal(next)) throw new Error(`refused: ${next.refused.code}`)
  return next
}

/** In the order of `situations`; what is left out is NOT_NOW, and so is everything after the end. */
function row(...cells: string[]): Record<Situation, string> {
  const names = Object.keys(situations) as Situation[]
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? 'NOT_NOW'])) as Record<Situation, string>
}

function fail(): never {
  throw new Error('the plan is missing')
}
