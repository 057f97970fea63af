import { describe, expect, test } from 'vitest'
import { decide } from '../../src/engine/decide.ts'
import type { Parts } from '../../src/engine/parts.ts'
import { actions, type Decision } from '../../src/engine/surface.ts'
import type { Action } from '../../src/upgrade/actions.ts'
import { genesis } from '../../src/upgrade/audit-chain.ts'
import { heldChange } from '../../src/upgrade/held-change.ts'
import { type Phase, phases } from '../../src/upgrade/phase.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import type { SlackActor, Upgrade } from '../../src/upgrade/upgrade.ts'
import { aMember, anUpgradeIn, bob, carol, dana, nobody, noon, oscar, slackUser } from '../an-upgrade.ts'

const roles = {
  requester: dana,
  developer: slackUser('U0DREW'),
  approver: bob,
  operator: carol,
  responder: oscar,
  nobody,
} as const
type Role = keyof typeof roles

const who: Record<Action, Role[]> = {
  approve: ['approver'],
  reject: ['approver'],
  withdraw: ['approver'],
  cancel: ['operator', 'requester'],
  continue: ['operator'],
  resume: ['operator'],
  restore: ['operator'],
  pause: ['operator', 'responder'],
  rollback: ['operator', 'responder'],
  acknowledge: ['operator', 'responder'],
}

const live: Phase[] = ['checking', 'awaitingApproval', 'progressing', 'verifying', 'awaitingContinue']
const changed: Phase[] = ['progressing', 'verifying', 'awaitingContinue', 'paused']

const when: Record<Action, Phase[]> = {
  approve: ['awaitingApproval'],
  reject: ['awaitingApproval'],
  withdraw: ['awaitingApproval'],
  cancel: ['checking', 'awaitingApproval'],
  continue: ['awaitingContinue'],
  resume: ['paused'],
  restore: ['paused'],
  pause: live.filter((phase) => phase !== 'checking'),
  rollback: changed,
  acknowledge: [...live, 'paused', 'rollingBack'],
}

const rows = Object.keys(roles).flatMap((role) =>
  actions.flatMap((action) => phases.map((phase) => ({ role: role as Role, action, phase }))),
)

describe('every role, action and phase', () => {
  test.each(rows)('$action by $role while $phase', async ({ role, action, phase }) => {
    const upgrade = upgradeFor(action, phase)
    const { parts, committed } = partsWith(upgrade)

    const outcome = await decide(parts, decisionOf(action, roles[role], upgrade))

    const allowed = who[action].includes(role)
    const done = allowed && when[action].includes(phase)
    expect(!isRefusal(outcome)).toBe(done)
    expect(committed).toHaveLength(done ? 1 : 0)
    expect(isRefusal(outcome) && outcome.refused.code === 'NOT_ALLOWED').toBe(!allowed)
  })
})

const scaled = { kind: 'scaled', from: 10, to: 20, rested: 1, updated: 2, surge: 2, unavailable: 0 } as const

/** With something to acknowledge, something to restore, and with a yes of the approver's to withdraw. */
function upgradeFor(action: Action, phase: Phase): Upgrade {
  const upgrade = anUpgradeIn(phase, { incidents: [{ at: noon, code: 'IMAGE_PULL', detail: {} }] })
  if (action === 'restore' && upgrade.hold) return { ...upgrade, hold: { ...upgrade.hold, change: scaled } }
  if (action !== 'withdraw') return upgrade
  return { ...upgrade, approvals: [{ by: bob, at: noon, planHash: upgrade.plan?.hash ?? '' }] }
}

/** As a click on the button that is there now would say it; before the plan, as somebody would forge it. */
function decisionOf(action: Action, by: SlackActor, upgrade: Upgrade): Decision {
  const decision = { upgrade: upgrade.id, by, via: 'button' as const, requestId: 'r1' }
  const change = heldChange(upgrade)
  const seen = { step: upgrade.at.step, planHash: upgrade.plan?.hash ?? 'forged', ...(change && { change }) }
  if (action === 'approve' || action === 'continue' || action === 'resume' || action === 'restore')
    return { ...decision, action, seen }
  return { ...decision, action, ...(upgrade.plan && { seen }) }
}

function partsWith(upgrade: Upgrade) {
  const committed: Upgrade[] = []
  const ignored = async () => {}
  const silent = () => {}
  const parts = {
    upgrades: {
      load: async () => ({ upgrade, now: noon, head: { hash: genesis, at: noon, sequence: upgrade.sequence } }),
      commit: async ({ upgrade: after }: { upgrade: Upgrade }) => {
        committed.push(after)
        return 'committed' as const
      },
      recordRefusal: ignored,
    },
    members: { lookup: async (actor: SlackActor) => aMember(actor), inGroup: async () => [] },
    config: () => ({ policyFor: () => upgrade.policy, services: () => [], hash: '' }),
    goesBy: async () => true,
    queue: { reconcile: ignored, reconcileAt: ignored, show: ignored },
    targets: () => ({ tell: ignored }),
    gates: {},
    log: { info: silent, warn: silent, error: silent },
  }
  return { parts: parts as unknown as Parts, committed }
}
