/** Upgrades that went some way, with the audit chain of it. */

import type { AuditEntry } from '../src/upgrade/audit-chain.ts'
import { seal } from '../src/upgrade/audit-chain.ts'
import { entryOf, type Head } from '../src/upgrade/entry.ts'
import type { Event } from '../src/upgrade/events.ts'
import type { Evidence } from '../src/upgrade/evidence.ts'
import { compilePlan } from '../src/upgrade/plan.ts'
import type { Policy } from '../src/upgrade/policy.ts'
import { isRefusal } from '../src/upgrade/refusal.ts'
import { opened, transition } from '../src/upgrade/transition.ts'
import type { GateReport, Upgrade } from '../src/upgrade/upgrade.ts'
import { after, alice, anUpgrade, aPolicy, aProspect, bob, carol, noon, someFacts } from './an-upgrade.ts'

export type Story = { upgrade: Upgrade; entries: AuditEntry[] }

/** The upgrade of `anUpgrade` from its request on; each event happens so many seconds after noon. */
export function aStory(policy: Policy, ...happened: [seconds: number, event: Event][]): Story {
  const { id, request, target } = anUpgrade()
  const first: Extract<Event, { type: 'requested' }> = { type: 'requested', id, request, policy, target }
  const draft = opened(first, noon)
  const plan = { ...compilePlan({ request, policy, target }, someFacts(), []), prospect: aProspect() }
  const head: Head = { hash: '0'.repeat(64), at: noon, sequence: 0 }
  const start: Story = { upgrade: draft, entries: [seal(entryOf(first, undefined, draft, head, noon, 'r1'))] }
  const events: [number, Event][] = [[2, { type: 'prepared', plan }], ...happened]
  return events.reduce<Story>(({ upgrade: before, entries }, [seconds, given]) => {
    const event = given.type === 'approved' ? { ...given, planHash: before.plan?.hash ?? '' } : given
    const now = after(seconds * 1_000)
    const next = transition(before, event, now)
    if (isRefusal(next)) throw new Error(`${event.type}: ${next.refused.code}`)
    const last = entries.at(-1) ?? head
    return { upgrade: next, entries: [...entries, seal(entryOf(event, before, next, last, now, `r${entries.length}`))] }
  }, start)
}

export const errorRate: GateReport = {
  gate: 'error-rate',
  verdict: 'failed',
  code: 'ABOVE_LIMIT',
  detail: { value: 0.12, unit: 'ratio', atMost: 0.01 },
}

/** With an error rate that may be 1 % at most. */
export const gatedPolicy: Policy = aPolicy({
  gates: {
    rollout: { graceMs: 300_000 },
    measured: [
      {
        type: 'prometheus',
        name: 'error-rate',
        during: ['before', 'soak'],
        timeoutMs: 5_000,
        intervalMs: 15_000,
        url: 'http://prometheus.monitoring:9090',
        query: 'error_rate',
        unit: 'ratio',
        max: 0.01,
      },
    ],
  },
})

const reached = (updated: number): Event => ({ type: 'reached', updated, ready: 10, total: 10, generation: updated })

const approved = (by: typeof alice): Event => ({ type: 'approved', by, planHash: '' })

/** Approved at 1 min; 1 of 10 at 2 min, continued by carol, then 3 of 10, whose error rate was 12 % at 6 min. */
export function rolledBackStory(): Story {
  return aStory(
    gatedPolicy,
    [30, approved(alice)],
    [60, approved(bob)],
    [61, { type: 'started', approvers: [alice, bob] }],
    [
      63,
      {
        type: 'checked',
        reports: [
          { ...errorRate, verdict: 'passed', code: 'WITHIN_LIMIT', detail: { ...errorRate.detail, value: 0.002 } },
        ],
      },
    ],
    [81, reached(1)],
    [201, { type: 'soaked' }],
    [204, { type: 'checked', reports: [] }],
    [244, { type: 'continued', by: carol }],
    [268, reached(3)],
    [360, { type: 'gateFailed', report: errorRate }],
    [374, reached(0)],
  )
}

/** What was measured on the way, every 15 seconds from the first batch on. */
export function rolledBackEvidence(): Evidence {
  const series = Array.from({ length: 20 }, (_, index) => {
    const value = index < 13 ? 0.002 + (index % 3) / 2_000 : 0.002 + (index - 12) * 0.0168
    const verdict = value > 0.01 ? ('failed' as const) : ('passed' as const)
    return { at: after(75_000 + index * 15_000), value, verdict, atMost: 0.01 }
  })
  const capacity = { least: 10, wanted: 10, belowMs: 0, downMs: 0 }
  return { capacity, series: { 'error-rate': series }, reports: [errorRate] }
}

/** All four batches, with half a minute of one pod too few. */
export function succeededStory(): Story {
  const batch = (from: number, pods: number): [number, Event][] => [
    [from + 20, reached(pods)],
    [from + 140, { type: 'soaked' }],
    [from + 141, { type: 'checked', reports: [] }],
  ]
  return aStory(
    aPolicy(),
    [30, approved(alice)],
    [60, approved(bob)],
    [61, { type: 'started', approvers: [alice, bob] }],
    ...batch(61, 1),
    [230, { type: 'continued', by: carol }],
    ...batch(230, 3),
    [400, { type: 'continued', by: carol }],
    ...batch(400, 5),
    [600, { type: 'continued', by: carol }],
    ...batch(600, 10),
    [742, reached(10)],
  )
}
