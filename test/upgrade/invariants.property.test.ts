import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { podsOf } from '../../src/upgrade/batches.ts'
import { allowedPods, entryOf, type Head } from '../../src/upgrade/entry.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { nextTask } from '../../src/upgrade/next-task.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import type { AcceptanceGate, Batch } from '../../src/upgrade/policy.ts'
import { isRefusal, type Refused } from '../../src/upgrade/refusal.ts'
import { reminderDue } from '../../src/upgrade/reminders.ts'
import { opened, transition } from '../../src/upgrade/transition.ts'
import { currentStep, hasStarted, type OutsideChange, openAcceptance, Upgrade } from '../../src/upgrade/upgrade.ts'
import { linkOf, verifyChain } from '../../src/upgrade/verify-chain.ts'
import { anAlert } from '../an-alert.ts'
import { after, anAcceptance, aPolicy, jane, noon, slackUser, someFacts } from '../an-upgrade.ts'
import { fuzzRuns } from '../fuzz-runs.ts'

const people = ['U0ALICE', 'U0BOB', 'U0CAROL', 'U0DANA'].map((user) => slackUser(user))
const requester = slackUser('U0DANA')
const aPerson = fc.constantFrom(...people)

const aBatch: fc.Arbitrary<Batch> = fc.oneof(
  fc.integer({ min: 1, max: 30 }),
  fc.integer({ min: 1, max: 100 }).map((n): Batch => `${n}%`),
)

/** An upgrade as it is requested, of any shape, and the facts of its target. */
const aStart = fc
  .record({
    type: fc.constantFrom('rolling' as const, 'recreate' as const),
    batches: fc.array(aBatch, { minLength: 1, maxLength: 5 }),
    replicas: fc.integer({ min: 0, max: 30 }),
    quorum: fc.integer({ min: 1, max: 3 }),
    continue: fc.constantFrom('approval' as const, 'auto' as const),
    onFailure: fc.constantFrom('rollback' as const, 'hold' as const),
    soakMs: fc.constantFrom(0, 60_000),
    accepted: fc.constantFrom<AcceptanceGate['during'][]>([], ['soak'], ['after']),
  })
  .map((shape) => {
    const { type, batches, soakMs, replicas, quorum, onFailure } = shape
    const base = aPolicy()
    const [during] = [shape.accepted].filter((given) => given.length > 0)
    const policy = aPolicy({
      gates: { ...base.gates, ...(during && { acceptance: [anAcceptance({ during })] }) },
      approval: { ...base.approval, quorum },
      strategy: { ...base.strategy, type, batches, soakMs, continue: shape.continue },
      onFailure,
      paging: { everyMs: 1_000, times: 3 },
      reminders: { afterMs: 1_000, escalateAfterMs: 3_600_000 },
    })
    const request = {
      service: 'web',
      environment: 'production',
      version: '1.5.0',
      image: 'registry.example.com/shop/web:1.5.0',
      by: requester,
      at: noon,
      overrides: {},
    }
    const requested = {
      type: 'requested',
      id: 'web-production-1',
      request,
      policy,
      target: { clusterUid: 'c', uid: 'd' },
    } as const
    return { upgrade: opened(requested, noon), facts: someFacts({ replicas }), requested }
  })

/** Anything that people and the world may do at any moment, in any order, with any delay. */
const anAct = fc.record({
  what: fc.constantFrom<Event['type'][]>(
    'approved',
    'approved',
    'approved',
    'started',
    'started',
    'approvalsVoided',
    'policyChanged',
    'serviceRemoved',
    'scheduled',
    'restricted',
    'unrestricted',
    'channelLost',
    'quorumLost',
    'quorumRegained',
    'withdrawn',
    'rejected',
    'accepted',
    'accepted',
    'declined',
    'continued',
    'continued',
    'paused',
    'resumed',
    'turnedBack',
    'cancelled',
    'reached',
    'reached',
    'reached',
    'soaked',
    'soaked',
    'checked',
    'checked',
    'gateFailed',
    'gateInconclusive',
    'alerted',
    'stuck',
    'changedOutside',
    'changedOutside',
    'changedBack',
    'restored',
    'rescaled',
    'expired',
    'reminded',
    'reminded',
    'paged',
    'outdated',
    'imageMoved',
    'prepared',
    'prepared',
    'targetGone',
    'stopUnknown',
  ),
  by: aPerson,
  /** What others changed, with a workload of this size and this many new replicas. */
  change: fc.constantFrom('scaled' as const, 'share' as const, 'template' as const),
  size: fc.integer({ min: 0, max: 40 }),
  updated: fc.integer({ min: 0, max: 40 }),
  delayMs: fc.constantFrom(0, 1_000, 3_600_000, 90_000_000),
  anotherPlan: fc.boolean(),
})

type Act = typeof anAct extends fc.Arbitrary<infer T> ? T : never

function changeOf({ change, size, updated: some }: Act, { plan }: Upgrade): OutsideChange {
  const from = plan?.from.replicas ?? 1
  if (change === 'template') return { kind: change, how: 'image', from: 'web:1', to: 'web:2' }
  if (change === 'share') return { kind: change, from: 1, to: Math.min(from, some) }
  return { kind: change, from, to: size, updated: Math.min(size, some), surge: 1, unavailable: 0 }
}

function eventOf(act: Act, upgrade: Upgrade, plan: NonNullable<Upgrade['plan']>): Event {
  const { what, by, anotherPlan } = act
  const report = { gate: 'rollout', code: 'POD_RESTARTED', detail: {}, verdict: 'failed' as const }
  switch (what) {
    case 'approved':
      return { type: what, by, planHash: anotherPlan ? 'f'.repeat(64) : (upgrade.plan?.hash ?? '') }
    case 'prepared':
      return { type: what, plan }
    case 'reached':
      return { type: what, updated: 1, ready: 1, total: 1, generation: 1 }
    case 'checked':
      return { type: what, reports: [] }
    case 'gateFailed':
    case 'gateInconclusive':
      return { type: what, report }
    case 'alerted':
      return { type: what, alert: anAlert() }
    case 'stuck':
      return { type: what, code: 'PODS_NOT_READY', detail: {} }
    case 'changedOutside':
      return { type: what, change: changeOf(act, upgrade) }
    case 'rescaled': {
      const change = changeOf({ ...act, change: 'scaled' }, upgrade)
      return change.kind === 'scaled' ? { type: what, change, autoscaler: 'web' } : { type: 'changedOutside', change }
    }
    case 'outdated':
      return { type: what, code: 'TEMPLATE_CHANGED' }
    case 'imageMoved':
      return { type: what, from: `sha256:${'a'.repeat(64)}` }
    case 'breakGlassConfirmed':
      return { type: what, by, planHash: upgrade.plan?.hash ?? '' }
    case 'started':
      return { type: what, approvers: upgrade.approvals.map((approval) => approval.by) }
    case 'approvalsVoided':
      return { type: what, approvals: [{ by, code: 'ROLE_LOST' }] }
    case 'policyChanged':
      return { type: what, changed: ['onFailure'], policy: upgrade.policy }
    case 'requestVoided':
      return { type: what, changed: 'image' }
    case 'quorumLost':
      return { type: what, people: 0 }
    case 'scheduled':
    case 'restricted':
      return { type: what, restriction: { what: 'window' } }
    case 'paged':
      return { type: what, of: Math.max(0, upgrade.incidents.length - 1), users: [], groups: ['S0ONCALL'] }
    case 'reminded': {
      const { of = '', to = 'people' } = reminderDue(upgrade, upgrade.at.since) ?? {}
      return { type: what, of, to }
    }
    case 'unrestricted':
    case 'soaked':
    case 'quorumRegained':
    case 'windowClosed':
    case 'reviewOverdue':
    case 'serviceRemoved':
    case 'expired':
    case 'changedBack':
      return { type: what }
    case 'stopUnknown':
      return { type: what, by: jane, value: 'pause' }
    case 'targetGone':
      return { type: what, recreated: anotherPlan }
    case 'channelLost':
      return { type: what, code: 'CHANNEL_LEFT', channel: 'C0RELEASES' }
    case 'requested':
    case 'adopted':
    case 'rewound':
    case 'blocked':
    case 'acknowledged':
      return { type: 'acknowledged', by }
    case 'explained':
      return { type: what, by, reason: 'error rate rose' }
    default:
      return { type: what, by }
  }
}

/** The most new replicas that may be allowed after an event, by what people said and by nothing else. */
function limitAfter(before: Upgrade, event: Event, next: Upgrade): number {
  const question = currentStep(before)
  if (event.type === 'started') return approvedPods(next)
  if (event.type === 'continued') return question?.kind === 'ask' ? question.next : 0
  const [from = 0, to = 0] = [before, next].map(({ plan }) => plan?.from.replicas)
  const allowed = allowedPods(before)
  if (before.policy.strategy.continue === 'auto' && hasStarted(before)) return to
  // With another number of replicas what was said means the same batches, in other pods.
  const written = [...before.policy.strategy.batches, '100%' as const].filter((batch) => podsOf(batch, from) <= allowed)
  const change = event.type === 'resumed' ? before.hold?.change : undefined
  const accepted = change?.kind === 'scaled' ? change.updated : change?.kind === 'share' ? change.to : 0
  return Math.max(allowed, accepted, ...(hasStarted(before) ? written.map((batch) => podsOf(batch, to)) : []))
}

/** How many replicas people have said yes to by now. */
function approvedPods(upgrade: Upgrade): number {
  const { plan, answers, policy, approvals } = upgrade
  if (!plan) return 0
  const approvers = new Set(approvals.filter(({ by }) => by.user !== requester.user).map(({ by }) => by.user))
  if (approvers.size < policy.approval.quorum) return 0
  if (policy.strategy.continue === 'auto') return plan.from.replicas
  const asked = answers.flatMap(({ step, action }) => {
    const question = plan.steps[step]
    return question?.kind === 'ask' && (action === 'approved' || action === 'continued') ? [question.next] : []
  })
  return Math.max(0, ...asked)
}

describe('whatever happens, in whatever order', () => {
  it('never allows more new replicas than people approved, and never leaves its end', () => {
    fc.assert(
      fc.property(aStart, fc.array(anAct, { maxLength: 60 }), ({ upgrade: start, facts }, acts) => {
        const plan = compilePlan(start, facts, [])
        let upgrade = start
        let elapsed = 0
        for (const act of acts) {
          elapsed += act.delayMs
          const event = eventOf(act, upgrade, plan)
          const next = transition(upgrade, event, after(elapsed))
          if (isRefusal(next)) continue
          expect(upgrade.result).toBeUndefined()
          expect(next.sequence).toBe(upgrade.sequence + 1)
          expect(allowedPods(next)).toBeLessThanOrEqual(limitAfter(upgrade, event, next))
          expect(Upgrade.parse(JSON.parse(JSON.stringify(next)))).toEqual(next)
          upgrade = next
        }
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })

  it('writes one sealed entry for every change, and the chain holds', () => {
    fc.assert(
      fc.property(aStart, fc.array(anAct, { maxLength: 30 }), ({ upgrade: start, facts, requested }, acts) => {
        const plan = compilePlan(start, facts, [])
        const opening = { hash: genesis, at: noon, sequence: 0 }
        const entries = [seal(entryOf(requested, undefined, start, opening, noon, 'r'))]
        let upgrade = start
        let elapsed = 0
        for (const act of acts) {
          // A clock that jumps back now and then must not show in the trail.
          elapsed += act.anotherPlan ? -500 : act.delayMs
          const now = after(elapsed)
          const event = eventOf(act, upgrade, plan)
          const next = transition(upgrade, event, now)
          if (isRefusal(next)) continue
          entries.push(seal(entryOf(event, upgrade, next, entries.at(-1) as Head, now, 'r')))
          upgrade = next
        }
        const stored = entries.map((entry) => linkOf(JSON.stringify(entry)))
        expect(verifyChain(upgrade.id, stored, { start: genesis, length: upgrade.sequence })).toEqual([])
        const times = entries.map(({ at }) => at)
        expect(times).toEqual([...times].sort())
      }),
      { numRuns: fuzzRuns(100) },
    )
  })

  it('ends, when what is owed is done and people say yes', () => {
    fc.assert(
      fc.property(aStart, fc.nat(40), ({ upgrade: start, facts }, turnBackAfter) => {
        const plan = compilePlan(start, facts, [])
        let upgrade = start
        for (let count = 0; count < 100 && !upgrade.result; count++) {
          const goOn = owed(upgrade, plan)
          const event: Event = count === turnBackAfter ? { type: 'turnedBack', by: requester } : goOn
          const next = transition(upgrade, event, noon)
          upgrade = isRefusal(next) ? must(transition(upgrade, goOn, noon)) : next
        }
        expect(['succeeded', 'rolledBack']).toContain(upgrade.result?.outcome)
      }),
      { numRuns: fuzzRuns(100) },
    )
  })
})

/** The event that does what the next task asks for. */
function owed(upgrade: Upgrade, plan: NonNullable<Upgrade['plan']>): Event {
  const task = nextTask(upgrade)
  switch (task.do) {
    case 'prepare':
      return { type: 'prepared', plan }
    case 'pursue':
      return { type: 'reached', updated: 0, ready: 0, total: 0, generation: 1 }
    case 'soak':
      return { type: 'soaked' }
    case 'measure':
      return { type: 'checked', reports: [] }
    case 'recheck':
      return { type: 'started', approvers: upgrade.approvals.map(({ by }) => by) }
    case 'wait': {
      if (openAcceptance(upgrade) !== undefined) return { type: 'accepted', by: requester }
      if (upgrade.at.step > 0) return { type: 'continued', by: requester }
      const by = people[upgrade.approvals.length] ?? requester
      return { type: 'approved', by, planHash: plan.hash }
    }
    default:
      throw new Error(`nothing is owed: ${task.do}`)
  }
}

function must(next: Upgrade | Refused): Upgrade {
  if (isRefusal(next)) throw new Error(JSON.stringify(next))
  return next
}
