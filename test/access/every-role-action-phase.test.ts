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
import {
  aMember,
  anAcceptance,
  anUpgradeIn,
  aPolicy,
  awaitingAcceptance,
  bob,
  carol,
  dana,
  nobody,
  noon,
  oscar,
  rhea,
  root,
  slackUser,
  tina,
} from '../an-upgrade.ts'
import { noFreezes } from '../no-freezes.ts'

const roles = {
  requester: dana,
  developer: slackUser('U0DREW'),
  approver: bob,
  operator: carol,
  responder: oscar,
  admin: rhea,
  tester: tina,
  nobody,
} as const
type Role = keyof typeof roles

/** Confirming break-glass is only for whoever asked for it, and so is saying why: they have tables of their own. */
type Usual = Exclude<Action, 'confirm' | 'explain'>
const usual = actions.filter((action): action is Usual => action !== 'confirm' && action !== 'explain')

const who: Record<Usual, Role[]> = {
  review: ['admin'],
  approve: ['approver'],
  reject: ['approver'],
  withdraw: ['approver'],
  cancel: ['operator', 'requester'],
  accept: ['tester'],
  decline: ['tester'],
  continue: ['operator'],
  resume: ['operator'],
  restore: ['operator'],
  pause: ['operator', 'responder'],
  rollback: ['operator', 'responder'],
  acknowledge: ['operator', 'responder'],
}

const live: Phase[] = ['checking', 'awaitingApproval', 'scheduled', 'progressing', 'verifying', 'awaitingContinue']
const changed: Phase[] = ['progressing', 'verifying', 'awaitingContinue', 'paused']

const when: Record<Usual, Phase[]> = {
  review: [],
  approve: ['awaitingApproval'],
  reject: ['awaitingApproval', 'scheduled'],
  withdraw: ['awaitingApproval', 'scheduled'],
  cancel: ['checking', 'awaitingApproval', 'scheduled'],
  // Only while a gate asks for it: below.
  accept: [],
  decline: [],
  continue: ['awaitingContinue'],
  resume: ['paused'],
  restore: ['paused'],
  pause: live.filter((phase) => phase !== 'checking'),
  rollback: changed,
  acknowledge: [...live, 'paused', 'rollingBack'],
}

const rows = Object.keys(roles).flatMap((role) =>
  usual.flatMap((action) => phases.map((phase) => ({ role: role as Role, action, phase }))),
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

describe('a success within its rollback window', () => {
  const ended = anUpgradeIn('succeeded', { policy: withTesters })
  const after = '2026-07-02T12:00:00.000Z'
  const result = {
    outcome: 'succeeded',
    at: noon,
    by: { kind: 'system', reason: 'DONE' },
    rollbackUntil: after,
  } as const
  const rest = Object.keys(roles).flatMap((role) => usual.map((action) => ({ role: role as Role, action })))

  test.each(rest)('$action by $role', async ({ role, action }) => {
    const upgrade: Upgrade = { ...ended, result }
    const { parts, committed } = partsWith(upgrade)

    const outcome = await decide(parts, decisionOf(action, roles[role], upgrade))

    const done = action === 'rollback' && who.rollback.includes(role)
    expect(!isRefusal(outcome)).toBe(done)
    expect(committed).toHaveLength(done ? 1 : 0)
  })

  test.each([
    ['changed', 'TARGET_CHANGED'],
    ['gone', 'TARGET_CHANGED'],
    ['lost', 'OLD_REVISION_GONE'],
  ] as const)('is not taken back when the workload is %s', async (state, code) => {
    const upgrade: Upgrade = { ...ended, result }
    const { parts, committed } = partsWith(upgrade, state)

    expect(await decide(parts, decisionOf('rollback', carol, upgrade))).toEqual({ refused: { code } })
    expect(committed).toEqual([])
  })
})

describe('break-glass', () => {
  const policy = aPolicy({ breakGlass: true })
  const request = { ...anUpgradeIn('checking').request, by: root, breakGlass: true as const }
  const everybody = { ...roles, asker: root }
  const names = Object.keys(everybody) as (keyof typeof everybody)[]

  test.each(names)('is confirmed by whoever asked for it and nobody else: %s', async (name) => {
    const upgrade = anUpgradeIn('awaitingApproval', { policy, request })
    const outcome = await decide(partsWith(upgrade).parts, decisionOf('confirm', everybody[name], upgrade))

    expect(isRefusal(outcome) ? outcome.refused.code : 'done').toBe(name === 'asker' ? 'done' : 'NOT_ALLOWED')
  })

  test('is not confirmed where the configuration does not allow it any more', async () => {
    const upgrade = anUpgradeIn('awaitingApproval', { policy, request })
    const outcome = await decide(partsWith(upgrade, 'holds', aPolicy()).parts, decisionOf('confirm', root, upgrade))

    expect(outcome).toEqual({ refused: { code: 'BREAK_GLASS_FORBIDDEN' } })
  })

  test.each(names)('is signed off by another administrator and nobody else: %s', async (name) => {
    const upgrade = { ...anUpgradeIn('succeeded', { policy, request }), reviewDue: noon }
    const outcome = await decide(partsWith(upgrade).parts, decisionOf('review', everybody[name], upgrade))

    const expected = name === 'admin' ? 'done' : name === 'asker' ? 'OWN_REQUEST' : 'NOT_ALLOWED'
    expect(isRefusal(outcome) ? outcome.refused.code : 'done').toBe(expected)
  })

  test('takes no approval', async () => {
    const upgrade = anUpgradeIn('awaitingApproval', { policy, request })
    const outcome = await decide(partsWith(upgrade).parts, decisionOf('approve', bob, upgrade))

    expect(outcome).toMatchObject({ refused: { code: 'NOT_NOW' } })
  })
})

describe('the reason of a rollback, said afterwards', () => {
  const why = (actor: SlackActor): Decision => ({
    upgrade: 'web-production-14',
    action: 'explain',
    by: actor,
    via: 'modal',
    reason: 'error rate rose',
    requestId: 'r1',
  })
  const names = Object.keys(roles) as Role[]

  test.each(names)('is taken of the operator who asked for it, and not of the %s otherwise', async (name) => {
    const turnedBack = { by: carol, at: noon, code: 'REQUESTED' }
    const { parts, committed } = partsWith({ ...anUpgradeIn('rollingBack'), turnedBack })
    const outcome = await decide(parts, why(roles[name]))
    expect(committed).toHaveLength(name === 'operator' ? 1 : 0)
    const expected = name === 'operator' ? 'done' : name === 'responder' ? 'NOT_NOW' : 'NOT_ALLOWED'
    expect(isRefusal(outcome) ? outcome.refused.code : 'done').toBe(expected)
  })
})

describe('an upgrade that waits for somebody to accept', () => {
  const names = Object.keys(roles) as Role[]
  const rows = names.flatMap((role) => usual.map((action) => ({ role, action })))
  const possible: Partial<Record<Usual, Role[]>> = {
    accept: ['tester'],
    decline: ['tester'],
    pause: who.pause,
    rollback: who.rollback,
    acknowledge: who.acknowledge,
  }

  test.each(rows)('$action by $role', async ({ role, action }) => {
    const upgrade = awaitingAcceptance({ incidents: [{ at: noon, code: 'IMAGE_PULL', detail: {} }] })
    const { parts, committed } = partsWith(upgrade)

    const outcome = await decide(parts, decisionOf(action, roles[role], upgrade))

    const done = possible[action]?.includes(role) ?? false
    expect(!isRefusal(outcome)).toBe(done)
    expect(committed).toHaveLength(done ? 1 : 0)
    expect(isRefusal(outcome) && outcome.refused.code === 'NOT_ALLOWED').toBe(!who[action].includes(role))
  })

  test('is for the people of the very gate that asks, and says who they are', async () => {
    const others = anAcceptance({ name: 'product', by: [{ role: 'product', users: ['U0PAM'], groups: [] }] })
    const gates = { ...aPolicy().gates, acceptance: [anAcceptance(), others] }
    const upgrade = awaitingAcceptance({ policy: aPolicy({ gates }) })
    const outcome = await decide(partsWith(upgrade).parts, decisionOf('accept', carol, upgrade))
    expect(outcome).toMatchObject({ refused: { permission: 'accept', users: ['U0TINA'], roles: ['testers'] } })
    const ofAnother = await decide(partsWith(upgrade).parts, decisionOf('accept', slackUser('U0PAM'), upgrade))
    expect(ofAnother).toMatchObject({ refused: { code: 'NOT_ALLOWED' } })
  })

  test('whoever asked for it does not accept it, but may decline', async () => {
    const request = { ...awaitingAcceptance().request, by: tina }
    const upgrade = awaitingAcceptance({ request })
    const decideAs = (action: Usual) => decide(partsWith(upgrade).parts, decisionOf(action, tina, upgrade))
    expect(await decideAs('accept')).toEqual({ refused: { code: 'OWN_REQUEST' } })
    expect(isRefusal(await decideAs('decline'))).toBe(false)
  })

  test('who is in the role today or was then is not enough to accept: it takes both', async () => {
    const upgrade = awaitingAcceptance()
    const nobodyNow = { ...upgrade.policy, gates: { ...upgrade.policy.gates, acceptance: [anAcceptance({ by: [] })] } }
    const { parts } = partsWith(upgrade, 'holds', nobodyNow)
    expect(await decide(parts, decisionOf('accept', tina, upgrade))).toMatchObject({ refused: { code: 'NOT_ALLOWED' } })
  })

  test('a click on a question of another step or plan decides nothing', async () => {
    const upgrade = awaitingAcceptance()
    const { parts, committed } = partsWith(upgrade)
    const decision = decisionOf('accept', tina, upgrade)
    const seen = { step: upgrade.at.step - 1, planHash: upgrade.plan?.hash ?? '' }
    for (const stale of [seen, { step: upgrade.at.step, planHash: 'f'.repeat(64) }]) {
      const outcome = await decide(parts, { ...decision, action: 'accept', seen: stale })
      expect(outcome).toEqual({ refused: { code: 'ALREADY_DECIDED' } })
    }
    expect(committed).toEqual([])
  })
})

describe('an upgrade that was declared irreversible', () => {
  const request = { ...anUpgradeIn('progressing').request, irreversible: 'drops a column' }
  const rows = Object.keys(roles).flatMap((role) => changed.map((phase) => ({ role: role as Role, phase })))

  test.each(rows)('rolled back by $role while $phase', async ({ role, phase }) => {
    const upgrade = anUpgradeIn(phase, { request })
    const { parts } = partsWith(upgrade)

    const outcome = await decide(parts, decisionOf('rollback', roles[role], upgrade))

    expect(isRefusal(outcome) ? outcome.refused.code : 'done').toBe(role === 'operator' ? 'done' : 'IRREVERSIBLE')
  })
})

/** In an upgrade that asks for it once all is new. */
const withTesters = aPolicy({ gates: { ...aPolicy().gates, acceptance: [anAcceptance({ during: ['after'] })] } })

const scaled = { kind: 'scaled', from: 10, to: 20, rested: 1, updated: 2, surge: 2, unavailable: 0 } as const

/** With something to acknowledge, something to restore, and with a yes of the approver's to withdraw. */
function upgradeFor(action: Action, phase: Phase): Upgrade {
  const upgrade = anUpgradeIn(phase, { policy: withTesters, incidents: [{ at: noon, code: 'IMAGE_PULL', detail: {} }] })
  if (action === 'restore' && upgrade.hold) return { ...upgrade, hold: { ...upgrade.hold, change: scaled } }
  if (action !== 'withdraw') return upgrade
  return { ...upgrade, approvals: [{ by: bob, at: noon, planHash: upgrade.plan?.hash ?? '' }] }
}

/** As a click on the button that is there now would say it; before the plan, as somebody would forge it. */
function decisionOf(action: Action, by: SlackActor, upgrade: Upgrade): Decision {
  const decision = { upgrade: upgrade.id, by, via: 'button' as const, requestId: 'r1' }
  const change = heldChange(upgrade)
  const seen = { step: upgrade.at.step, planHash: upgrade.plan?.hash ?? 'forged', ...(change && { change }) }
  if (
    action === 'approve' ||
    action === 'accept' ||
    action === 'continue' ||
    action === 'resume' ||
    action === 'restore' ||
    action === 'confirm'
  )
    return { ...decision, action, seen }
  return { ...decision, action, ...(upgrade.plan && { seen }) }
}

function partsWith(upgrade: Upgrade, wayBack = 'holds', today = upgrade.policy) {
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
    members: {
      lookup: async (actor: SlackActor) => aMember(actor),
      inGroup: async () => [],
      workspace: async () => 'T0SHOP',
    },
    config: () => ({ policyFor: () => today, services: () => [], hash: '' }),
    goesBy: async () => true,
    freezes: noFreezes,
    display: { doubted: ignored },
    queue: { reconcile: ignored, reconcileAt: ignored, show: ignored },
    targets: () => ({ wayBack: async () => ({ state: wayBack }), tell: ignored }),
    gates: {},
    log: { info: silent, warn: silent, error: silent },
  }
  return { parts: parts as unknown as Parts, committed }
}
