import { describe, expect, it } from 'vitest'
import { genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { allowedPods, entryOf } from '../../src/upgrade/entry.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { nextTask } from '../../src/upgrade/next-task.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { readStored } from '../../src/upgrade/stored.ts'
import { adopted, takeOverPlan } from '../../src/upgrade/take-over.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { linkOf, verifyChain } from '../../src/upgrade/verify-chain.ts'
import { after, alice, anUpgrade, anUpgradeIn, bob, carol, noon, someFacts } from '../an-upgrade.ts'

const draft = anUpgrade()
const found = (updated: number) => ({ updated, ready: 10, total: 10 })

/** What is taken over from a workload with the mark `@8` and so many pods on the new revision. */
function adoption(pods: number): Extract<Event, { type: 'adopted' }> {
  const { id, request, policy, target } = draft
  const plan = takeOverPlan(draft, someFacts(), pods, 9)
  return { type: 'adopted', id, request, policy, target, mark: 8, found: found(pods), plan }
}

const takenOver = (pods = 3) => adopted(adoption(pods), noon)

function apply(upgrade: Upgrade, ...events: Event[]): Upgrade {
  return events.reduce((before, event) => {
    const next = transition(before, event, after(1_000))
    if (isRefusal(next)) throw new Error(JSON.stringify(next.refused))
    return next
  }, upgrade)
}

const yes = (upgrade: Upgrade): Event[] => [
  { type: 'approved', by: alice, planHash: upgrade.plan?.hash ?? '' },
  { type: 'approved', by: bob, planHash: upgrade.plan?.hash ?? '' },
  { type: 'started', approvers: [alice, bob] },
]

describe('an upgrade that is taken over from its workload', () => {
  it('holds above the workload’s mark, with no approval, and stops what still moves', () => {
    const upgrade = takenOver(2)
    expect(upgrade).toMatchObject({ sequence: 9, approvals: [], hold: { code: 'ADOPTED' } })
    expect(phaseOf(upgrade)).toBe('paused')
    expect(allowedPods(upgrade)).toBe(2)
    expect(nextTask(upgrade)).toMatchObject({ do: 'halt', goal: { to: 'batch', pods: 3 } })
    expect(readStored(JSON.stringify(upgrade))).toEqual({ upgrade })
  })

  it.each([
    [0, 1],
    [1, 1],
    [2, 3],
    [3, 3],
    [5, 5],
    [6, 10],
    [10, 10],
  ])('with %i new pods goes on with the batch of %i, once the same quorum has said yes again', (pods, batch) => {
    const resumed = apply(takenOver(pods), { type: 'resumed', by: carol })
    expect(phaseOf(resumed)).toBe('awaitingApproval')
    expect(transition(resumed, { type: 'started', approvers: [] }, noon)).toHaveProperty('refused')
    const started = apply(resumed, ...yes(resumed))
    expect(nextTask(started)).toMatchObject({ do: 'pursue', goal: { to: 'batch', pods: batch } })
    expect(started.plan?.steps.at(-1)).toMatchObject({ kind: 'reach', goal: { to: 'finish' } })
  })

  it('does not take a yes to an earlier plan', () => {
    const before = anUpgrade()
    const first = takeOverPlan(draft, someFacts(), 0, 9)
    const second = takeOverPlan(draft, someFacts(), 0, 12)
    expect(first.steps).toEqual(before.plan?.steps)
    expect(new Set([before.plan?.hash, first.hash, second.hash]).size).toBe(3)
    const resumed = apply(takenOver(), { type: 'resumed', by: carol })
    const old = { type: 'approved', by: alice, planHash: before.plan?.hash ?? '' } as const
    expect(transition(resumed, old, noon)).toEqual({ refused: { code: 'ALREADY_DECIDED' } })
  })

  it('can be rolled back at any time, and never cancelled', () => {
    const upgrade = takenOver()
    for (const one of [upgrade, apply(upgrade, { type: 'resumed', by: carol })]) {
      expect(phaseOf(apply(one, { type: 'turnedBack', by: carol }))).toBe('rollingBack')
      expect(transition(one, { type: 'cancelled', by: carol }, noon)).toEqual({ refused: { code: 'STARTED' } })
    }
  })

  it('is rolled back where the start is rejected, or where nobody answers', () => {
    const resumed = apply(takenOver(), { type: 'resumed', by: carol })
    expect(phaseOf(apply(resumed, { type: 'rejected', by: alice }))).toBe('rollingBack')
    const late = transition(resumed, { type: 'expired' }, after(5 * 3_600_000))
    expect(isRefusal(late) ? late : phaseOf(late)).toBe('rollingBack')
  })

  it('is asked for anew, and not planned from nothing, where the policy changes before the start', () => {
    const resumed = apply(takenOver(), { type: 'resumed', by: carol })
    const policy = { ...draft.policy, approval: { ...draft.policy.approval, quorum: 3 } }
    const [first] = yes(resumed) as [Event]
    const changed = apply(resumed, first, { type: 'policyChanged', changed: ['quorum'], policy })
    expect(changed.approvals).toEqual([])
    expect(phaseOf(changed)).toBe('awaitingApproval')
    expect(changed.plan?.hash).not.toBe(resumed.plan?.hash)
  })
})

describe('a store that went back in time', () => {
  const rewind = (pods: number): Event => {
    return { type: 'rewound', mark: 40, found: found(pods), plan: takeOverPlan(draft, someFacts(), pods, 41) }
  }

  it.each(['awaitingApproval', 'progressing', 'verifying', 'awaitingContinue', 'paused'] as const)(
    'holds an upgrade that it shows as %s above the workload’s mark, with every approval void',
    (phase) => {
      const upgrade = apply(anUpgradeIn(phase), rewind(5))
      expect(upgrade).toMatchObject({ sequence: 41, approvals: [], answers: [], hold: { code: 'OUTSIDE_AHEAD' } })
      const resumed = apply(upgrade, { type: 'resumed', by: carol })
      const started = apply(resumed, ...yes(resumed))
      expect(nextTask(started)).toMatchObject({ do: 'pursue', goal: { pods: 5 } })
    },
  )

  it('lets the way back go on', () => {
    const upgrade = apply(anUpgradeIn('rollingBack'), rewind(2))
    expect(phaseOf(upgrade)).toBe('rollingBack')
    expect(nextTask(upgrade)).toMatchObject({ do: 'pursue', goal: { to: 'original' } })
    expect(upgrade.sequence).toBe(41)
  })

  it('is not believed from a mark that is not ahead', () => {
    const upgrade = { ...anUpgradeIn('progressing'), sequence: 40 }
    expect(transition(upgrade, rewind(2), noon)).toHaveProperty('refused')
  })
})

describe('the chain of an upgrade that was taken over', () => {
  function chain(): string[] {
    const first = adoption(3)
    const upgrade = adopted(first, noon)
    const opening = { hash: genesis, at: noon, sequence: 0 }
    const head = seal(entryOf(first, undefined, upgrade, opening, noon, 'r'))
    const event: Event = { type: 'rewound', mark: 40, found: found(3), plan: takeOverPlan(draft, someFacts(), 3, 41) }
    const next = apply(upgrade, event)
    const second = seal(entryOf(event, upgrade, next, head, noon, 'r'))
    const last = apply(next, { type: 'resumed', by: carol })
    const third = seal(entryOf({ type: 'resumed', by: carol }, next, last, second, noon, 'r'))
    return [head, second, third].map((entry) => JSON.stringify(entry))
  }
  const faults = (texts: string[]) =>
    verifyChain(
      draft.id,
      texts.map((text) => linkOf(text)),
      { start: genesis, length: 42 },
    )

  it('says itself which entries were lost, and holds', () => {
    expect(chain().map((text) => JSON.parse(text).sequence)).toEqual([9, 41, 42])
    expect(faults(chain())).toEqual([])
  })

  it('hides nothing that is taken out later', () => {
    const [first = '', second = '', third = ''] = chain()
    expect(faults([second, third])).not.toEqual([])
    expect(faults([first, third])).toContainEqual({ chain: draft.id, sequence: 41, fault: 'removed' })
    expect(faults([first, second])).toEqual([{ chain: draft.id, sequence: 42, fault: 'removed' }])
    expect(faults([first.replace('"from":1,', '"from":2,'), second, third])).not.toEqual([])
  })
})
