import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from '../../src/engine/decide.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Surface } from '../../src/engine/surface.ts'
import { en } from '../../src/messages/en.ts'
import { buttonValue, readButtonValue } from '../../src/slack/button-value.ts'
import { actionListener } from '../../src/slack/listeners/actions.ts'
import { type Action, actions, isForward } from '../../src/upgrade/actions.ts'
import { genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import type { SlackActor } from '../../src/upgrade/upgrade.ts'
import { alice, aMember, anUpgradeIn, bob, carol, dana, nobody, noon, oscar } from '../an-upgrade.ts'
import { anyText, hostileTexts } from '../any-text.ts'
import { MemoryUpgrades } from '../engine/memory-upgrades.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { harmOfPayload } from '../harmless.ts'
import { noFreezes } from '../no-freezes.ts'

const phases = ['awaitingApproval', 'progressing', 'verifying', 'awaitingContinue', 'paused', 'succeeded'] as const
const upgrades = Object.fromEntries(phases.map((phase) => [phase, anUpgradeIn(phase)]))

/** A value as Rollcall writes it with one thing about it changed, or anything else at all. */
const aValue = (genuine: string) => {
  const fields = JSON.parse(genuine) as Record<string, unknown>
  const anything = fc.oneof(anyText(20), fc.integer(), fc.double(), fc.constantFrom(null, true, [], {}, -1, 0, 1, 4))
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(genuine) },
    { weight: 1, arbitrary: fc.constant(JSON.stringify(fields, null, 2)) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom('u', 's', 'p', 'c', 'x', '__proto__'), anything)
        .map(([key, value]) => JSON.stringify({ ...fields, [key]: value })),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom('u', 's', 'p')
        .map((key) => JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key)))),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.nat(genuine.length), fc.nat(4), anyText(3))
        .map(([at, length, text]) => genuine.slice(0, at) + text + genuine.slice(at + length)),
    },
    { weight: 2, arbitrary: fc.constantFrom(...phases).map((phase) => buttonValue(anUpgradeIn(phase))) },
    { weight: 2, arbitrary: anyText(40) },
  )
}

const aPress = fc.constantFrom(...phases).chain((phase) =>
  fc.record({
    phase: fc.constant(phase),
    by: fc.constantFrom(alice, bob, carol, dana, oscar, nobody),
    action: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<string>(...actions) },
      { weight: 1, arbitrary: fc.constantFrom('Approve', 'approve ', ...hostileTexts) },
    ),
    value: aValue(buttonValue(anUpgradeIn(phase))),
  }),
)

/** The engine on a store in memory that holds one upgrade, and what a press led to. */
async function press(phase: (typeof phases)[number], by: SlackActor, action: string, value: string) {
  const upgrade = upgrades[phase] ?? anUpgradeIn(phase)
  const store = new MemoryUpgrades(() => noon)
  const event = { type: 'requested', ...upgrade } as const
  const entry = entryOf(event, undefined, upgrade, { hash: genesis, at: noon, sequence: 0 }, noon, 'r')
  store.states.set(upgrade.id, JSON.stringify(upgrade))
  store.chains.set(upgrade.id, [seal(entry)])
  const ignored = async () => {}
  const silent = () => {}
  const parts = {
    upgrades: store,
    members: {
      lookup: async (actor: SlackActor) => aMember(actor),
      inGroup: async () => [],
      workspace: async () => 'T0SHOP',
    },
    config: () => ({ policyFor: () => upgrade.policy, services: () => [], admins: () => undefined, hash: 'one' }),
    goesBy: async () => true,
    freezes: noFreezes,
    display: { doubted: ignored },
    queue: { reconcile: ignored, reconcileAt: ignored, show: ignored },
    targets: () => ({ tell: ignored, observe: () => undefined, stop: ignored }),
    gates: {},
    log: { info: silent, warn: silent, error: silent },
  } as unknown as Parts
  const surface = {
    decide: (decision: Parameters<Surface['decide']>[0]) => decide(parts, decision),
    find: async (id: string) => store.stored(id),
  } as unknown as Surface
  const answers: unknown[] = []
  let acknowledged = 0
  const answer = async (given: unknown) => void answers.push(given)
  const listen = actionListener({
    surface,
    messages: en,
    client: { views: { open: answer } },
    log: parts.log,
    linkTo: async () => undefined,
    onRefused: (reason: string) => answers.push(reason),
  } as unknown as Parameters<typeof actionListener>[0])
  await listen({
    body: {
      user: { id: by.user, team_id: by.team },
      container: {},
      trigger_id: 't',
      actions: [{ type: 'button', action_id: action, value }],
    },
    ack: async () => void acknowledged++,
    respond: answer,
    context: { arrivedAt: performance.now() },
  } as unknown as Parameters<typeof listen>[0])
  const after = store.stored(upgrade.id)
  return { upgrade, after, changed: after?.sequence !== upgrade.sequence, answers, acknowledged }
}

test('a value is read, or is none: it never throws, and says nothing that does not stand in it', () => {
  const genuine = buttonValue(anUpgradeIn('awaitingContinue'))
  let read = 0
  fc.assert(
    fc.property(aValue(genuine), (value) => {
      const pressed = readButtonValue(value)
      if (!pressed) return
      read++
      const { u, s, p, c, ...more } = JSON.parse(value) as Record<string, unknown>
      expect(more).toEqual({})
      expect(pressed).toEqual({
        upgrade: u,
        ...(p !== undefined && { seen: { step: s, planHash: p, ...(c !== undefined && { change: c }) } }),
      })
    }),
    { numRuns: fuzzRuns(10_000) },
  )
  expect(read).toBeGreaterThan(0)
})

test('nothing goes forward but by the value of the very question that is open, and every press is answered', async () => {
  let forwards = 0
  const value = buttonValue(anUpgradeIn('awaitingContinue'))
  const continued = { phase: 'awaitingContinue' as const, by: carol, action: 'continue', value }
  await fc.assert(
    fc.asyncProperty(aPress, async ({ phase, by, action, value }) => {
      const { upgrade, changed, answers, acknowledged } = await press(phase, by, action, value)
      expect(acknowledged).toBe(1)
      expect(answers.flatMap((one) => harmOfPayload(one))).toEqual([])
      if (!changed) {
        expect(answers.length).toBeGreaterThan(0)
        return
      }
      const pressed = readButtonValue(value)
      expect(actions).toContain(action)
      expect(pressed?.upgrade).toBe(upgrade.id)
      if (isForward(action as Action)) {
        forwards++
        expect(pressed).toEqual(readButtonValue(buttonValue(upgrade)))
      }
    }),
    { numRuns: fuzzRuns(500), examples: [[continued]] },
  )
  expect(forwards).toBeGreaterThan(0)
})
