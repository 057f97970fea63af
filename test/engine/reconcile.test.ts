import { describe, expect, test } from 'vitest'
import type { Parts } from '../../src/engine/parts.ts'
import type { Observation, PodReport, Pursuit, Standing, Target } from '../../src/engine/ports.ts'
import { reconcile } from '../../src/engine/reconcile.ts'
import { gates } from '../../src/gates/index.ts'
import { genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { OutsideChange, Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgrade, anUpgradeIn, aPolicy, carol, noon } from '../an-upgrade.ts'
import { noFreezes } from '../no-freezes.ts'
import { noCapacities } from './memory-measurements.ts'
import { MemoryUpgrades } from './memory-upgrades.ts'

const minute = 60_000
const { strategy } = aPolicy()

/** One upgrade in a store, a target that says what a test wants it to say, and a clock. */
class Bench {
  now = noon
  readonly upgrades = new MemoryUpgrades(() => this.now)
  readonly id: string
  pursuit: Pursuit = { state: 'moving', patched: false }
  halted: Pursuit = this.reached()
  standing: Standing = { state: 'holds' }
  observation: Observation = { total: 10, updated: 1, ready: 10, pods: [pod()], stable: [] }
  /** How many alerts fire. */
  firing = 0
  readonly asked: string[] = []
  /** How many pods were noted as Ready. */
  readonly ready: string[] = []
  /** What becomes of such a note. */
  noted: () => Promise<void> = async () => {}

  constructor(upgrade: Upgrade) {
    this.id = upgrade.id
    const first = { ...upgrade, sequence: 1 }
    const event = { type: 'acknowledged', by: carol } as const
    const entry = seal(entryOf(event, undefined, first, { hash: genesis, at: noon, sequence: 0 }, noon, 'r'))
    this.upgrades.states.set(this.id, JSON.stringify(first))
    this.upgrades.chains.set(this.id, [entry])
    this.upgrades.dues.set(this.id, 0)
  }

  get upgrade(): Upgrade {
    const upgrade = this.upgrades.stored(this.id)
    if (!upgrade) throw new Error('it was never stored')
    return upgrade
  }

  get actions(): string[] {
    return (
      this.upgrades.chains
        .get(this.id)
        ?.slice(1)
        .map(({ action }) => action) ?? []
    )
  }

  reached(): Pursuit {
    return {
      state: 'reached',
      observation: { total: 10, updated: 1, ready: 10, pods: [], stable: [] },
      generation: 5,
      templateHash: 'new',
    }
  }

  /** What a person decided. */
  async happens(type: 'paused' | 'resumed' | 'restored' | 'acknowledged') {
    const loaded = await this.upgrades.load(this.id)
    if (!loaded) throw new Error('it was never stored')
    const event = { type, by: carol } as const
    const next = transition(loaded.upgrade, event, this.now)
    if (isRefusal(next)) throw new Error(next.refused.code)
    const entry = entryOf(event, loaded.upgrade, next, loaded.head, this.now, 'r')
    await this.upgrades.commit({ upgrade: next, entry, deadline: Number.POSITIVE_INFINITY })
  }

  async look(ms?: number) {
    if (ms !== undefined) this.now = after(ms)
    await reconcile(this.parts(), this.id, 'r')
  }

  private parts(): Parts {
    const nothing = async () => {}
    const target: Partial<Target> = {
      pursue: async (_, goal) => {
        this.asked.push(`pursue ${goal.pods}/${goal.of}`)
        return this.pursuit
      },
      halt: async (_, goal) => {
        this.asked.push(`halt ${goal.pods}/${goal.of}`)
        return this.halted
      },
      verify: async () => this.standing,
      observe: () => this.observation,
      mark: () => undefined,
      stop: async () => undefined,
      tell: nothing,
    }
    const log = {
      info: () => {},
      warn: () => {},
      error: (fields: object, text: string) => expect.fail(`${text} ${JSON.stringify(fields)}`),
    }
    const parts = {
      upgrades: this.upgrades,
      targets: () => target,
      gates,
      capacities: {
        ...noCapacities,
        note: (id: string, { ready, total }: Observation) => {
          this.ready.push(`${id} ${ready}/${total}`)
          return this.noted()
        },
      },
      queue: { reconcile: nothing, reconcileAt: nothing, show: nothing },
      members: {
        lookup: async () => ({ kind: 'member', groups: [], ageMs: 0 }),
        inGroup: async () => [],
        workspace: async () => 'T0SHOP',
      },
      config: () => ({ policyFor: () => this.upgrade.policy, services: () => [], hash: '' }),
      goesBy: async () => true,
      onCall: async () => ({ users: [], groups: ['S0ONCALL'], by: 'role' }),
      alerts: { of: async () => ({ alerts: [], firing: this.firing }) },
      freezes: noFreezes,
      display: {
        isReached: async () => true,
        orphaned: async () => {},
        trouble: async () => undefined,
        doubted: async () => {},
      },
      log,
    }
    return parts as unknown as Parts
  }
}

function pod(changes: Partial<PodReport> = {}): PodReport {
  return { name: 'web-1', ready: true, readySince: noon, createdAt: noon, restarts: 0, displaced: false, ...changes }
}

const scaled = { kind: 'scaled', from: 10, to: 20, rested: 1, updated: 2, surge: 2, unavailable: 0 } as const
const template: OutsideChange = { kind: 'template', how: 'image', from: 'web:2', to: 'web:3' }

describe('a batch has failed', () => {
  const waiting = (since: string): Pursuit => ({
    state: 'waiting',
    since,
    code: 'NOT_READY',
    detail: { ready: 1, wanted: 3 },
  })

  test('after readyTimeout without a newly Ready pod, however long it has been going', async () => {
    const bench = new Bench(anUpgradeIn('progressing'))
    bench.pursuit = waiting(after(9 * minute))
    await bench.look(15 * minute)
    expect(bench.actions).toEqual([])
    bench.pursuit = waiting(after(18 * minute))
    await bench.look(27 * minute)
    expect(bench.actions).toEqual([])
    await bench.look(28 * minute)
    expect(bench.actions).toEqual(['stuck'])
    expect(phaseOf(bench.upgrade)).toBe('rollingBack')
  })

  test('and a pause does not count', async () => {
    const bench = new Bench(anUpgradeIn('progressing'))
    bench.pursuit = waiting(noon)
    await bench.look(minute)
    await bench.happens('paused')
    bench.now = after(60 * minute)
    await bench.happens('resumed')
    await bench.look(69 * minute)
    expect(bench.actions).toEqual(['paused', 'resumed'])
    await bench.look(70 * minute)
    expect(bench.actions).toEqual(['paused', 'resumed', 'stuck'])
  })
})

describe('a soak', () => {
  test('is over when every new pod was Ready for that long', async () => {
    const bench = new Bench(anUpgradeIn('verifying'))
    await bench.look(2 * minute - 1)
    expect(bench.actions).toEqual([])
    await bench.look(2 * minute)
    expect(bench.actions).toEqual(['soaked'])
  })

  test('starts anew with a pod that lost its readiness and became Ready again', async () => {
    const bench = new Bench(anUpgradeIn('verifying'))
    bench.observation.pods = [pod({ ready: false })]
    await bench.look(3 * minute)
    bench.observation.pods = [pod({ readySince: after(4 * minute) })]
    await bench.look(6 * minute - 1)
    expect(bench.actions).toEqual([])
    await bench.look(6 * minute)
    expect(bench.actions).toEqual(['soaked'])
  })

  test('is frozen by a pause', async () => {
    const bench = new Bench(anUpgradeIn('verifying'))
    bench.now = after(minute)
    await bench.happens('paused')
    await bench.look(30 * minute)
    await bench.happens('resumed')
    await bench.look(31 * minute - 1)
    expect(bench.actions).toEqual(['paused', 'resumed'])
    await bench.look(31 * minute)
    expect(bench.actions).toEqual(['paused', 'resumed', 'soaked'])
  })
})

describe('a hold', () => {
  const day = 24 * 60 * minute

  test.each([
    ['rollback', 'rollingBack'],
    ['hold', 'paused'],
  ] as const)('longer than maxHold is answered by onFailure: %s', async (onFailure, phase) => {
    const bench = new Bench(anUpgradeIn('awaitingContinue', { policy: aPolicy({ onFailure }) }))
    await bench.happens('paused')
    await bench.look(day - 1)
    expect(bench.actions).toEqual(['paused'])
    await bench.look(day)
    expect(phaseOf(bench.upgrade)).toBe(phase)
  })

  test('keeps what was reached, and a move where it is', async () => {
    const resting = new Bench(anUpgradeIn('paused'))
    await resting.look()
    expect(resting.asked).toEqual(['halt 1/10'])
    const held = { by: carol, code: 'PAUSED', since: noon }
    const moving = new Bench({ ...anUpgradeIn('progressing'), hold: held })
    await moving.look()
    expect(moving.asked).toEqual(['halt 1/10'])
  })
})

describe('a change from outside', () => {
  test.each([
    ['while people are asked', anUpgradeIn('awaitingContinue')],
    ['while it soaks', anUpgradeIn('verifying')],
  ])('is told once %s, and again only when it is another', async (_, upgrade) => {
    const bench = new Bench(upgrade)
    bench.standing = { state: 'changed', change: scaled }
    bench.halted = { state: 'changed', change: scaled }
    for (const second of [1, 2, 3]) await bench.look(second * 1_000)
    expect(bench.actions).toEqual(['changedOutside'])
    bench.halted = { state: 'changed', change: { ...scaled, updated: 4 } }
    await bench.look(4_000)
    expect(bench.actions).toEqual(['changedOutside', 'changedOutside'])
    expect(bench.upgrade.incidents).toHaveLength(1)
    bench.halted = { state: 'changed', change: template }
    await bench.look(5_000)
    expect(bench.upgrade.incidents).toHaveLength(2)
    bench.halted = bench.reached()
    await bench.look(6_000)
    await bench.look(7_000)
    expect(bench.actions.slice(2)).toEqual(['changedOutside', 'changedBack'])
    await bench.happens('resumed')
    expect(phaseOf(bench.upgrade)).toBe(phaseOf(upgrade))
  })

  test('during somebody’s pause is told too', async () => {
    const bench = new Bench(anUpgradeIn('paused'))
    bench.halted = { state: 'changed', change: scaled }
    await bench.look(1_000)
    expect(bench.actions).toEqual(['changedOutside'])
  })

  test('by the autoscaler of the workload does not hold, wherever it is', async () => {
    const changed = { state: 'changed', change: scaled, autoscaler: 'web' } as const
    for (const upgrade of [anUpgradeIn('awaitingContinue'), anUpgradeIn('verifying'), anUpgradeIn('progressing')]) {
      const bench = new Bench(upgrade)
      Object.assign(bench, { standing: changed, pursuit: changed, halted: changed })
      await bench.look(1_000)
      expect(bench.actions).toEqual(['rescaled'])
      expect(bench.upgrade).toMatchObject({ plan: { from: { replicas: 20 } } })
      expect(bench.upgrade.hold).toBeUndefined()
      bench.pursuit = { state: 'moving', patched: true }
      await bench.look(2_000)
      expect(bench.asked.at(-1)).toBe('pursue 1/20')
    }
  })

  test('in the middle of restoring holds again, and what was approved is still there to be restored', async () => {
    const bench = new Bench(anUpgradeIn('awaitingContinue'))
    bench.standing = { state: 'changed', change: template }
    await bench.look(1_000)
    await bench.happens('restored')
    bench.pursuit = { state: 'changed', change: scaled }
    await bench.look(2_000)
    expect(phaseOf(bench.upgrade)).toBe('paused')
    await bench.happens('restored')
    bench.pursuit = bench.reached()
    await bench.look(3_000)
    expect(bench.asked.at(-1)).toBe('pursue 1/10')
    expect(bench.actions).toEqual(['changedOutside', 'restored', 'changedOutside', 'restored', 'reached'])
  })

  test.each([true, false])('that another object took its place: recreated %s', async (recreated) => {
    const bench = new Bench(anUpgradeIn('paused'))
    bench.halted = { state: 'gone', recreated }
    await bench.look(1_000)
    expect(bench.upgrade.result).toMatchObject({ code: 'TARGET_GONE' })
    expect(bench.upgrade.incidents.at(-1)?.detail).toEqual({ how: recreated ? 'recreated' : 'deleted' })
  })
})

test('a restart that was reported and resumed is not reported again', async () => {
  const held = anUpgrade({ policy: aPolicy({ onFailure: 'hold', strategy: { ...strategy, soakMs: 0 } }) })
  const bench = new Bench({
    ...held,
    at: { path: 'steps', step: 2, since: noon },
    found: { updated: 1, ready: 10, total: 10 },
  })
  bench.observation.pods = [pod({ restarts: 1, terminated: 'Error', terminatedAt: after(500) })]
  await bench.look(1_000)
  expect(bench.actions).toEqual(['gateFailed'])
  bench.now = after(minute)
  await bench.happens('resumed')
  await bench.look(2 * minute)
  expect(bench.actions).toEqual(['gateFailed', 'resumed', 'checked'])
})

describe('how many pods are Ready', () => {
  test('is noted from the first change to the end', async () => {
    const bench = new Bench(anUpgradeIn('progressing'))
    bench.observation.ready = 9
    await bench.look(1_000)
    expect(bench.ready).toEqual(['web-production-14 9/10'])
    const back = new Bench(anUpgradeIn('rollingBack'))
    await back.look(1_000)
    expect(back.ready).toHaveLength(1)
  })

  test.each(['awaitingApproval', 'succeeded'] as const)('is not noted of an upgrade that is %s', async (phase) => {
    const bench = new Bench(anUpgradeIn(phase))
    await bench.look(1_000)
    expect(bench.ready).toEqual([])
  })

  test('keeps nothing back when it cannot be noted', async () => {
    const bench = new Bench(anUpgradeIn('progressing'))
    bench.noted = () => Promise.reject(new Error('Redis is away'))
    bench.pursuit = bench.reached()
    await bench.look(1_000)
    expect(bench.actions).toEqual(['reached'])
  })
})

describe('people who do not decide', () => {
  const policy = aPolicy({ reminders: { afterMs: 30 * minute, escalateAfterMs: 120 * minute } })

  test('are reminded once, their groups once, and then it expires', async () => {
    const bench = new Bench(anUpgrade({ policy }))
    await bench.look(30 * minute - 1)
    expect(bench.actions).toEqual([])
    await bench.look(30 * minute)
    await bench.look(31 * minute)
    await bench.look(119 * minute)
    expect(bench.actions).toEqual(['reminded'])
    await bench.look(120 * minute)
    await bench.look(239 * minute)
    await bench.look(240 * minute)
    expect(bench.actions).toEqual(['reminded', 'reminded', 'expired'])
  })

  test('are looked after in time: the reminder has a timer of its own', async () => {
    const bench = new Bench(anUpgrade({ policy }))
    await bench.look(30 * minute - 5_000)
    expect(bench.upgrades.dues.get(bench.id)).toBe(Date.parse(after(30 * minute)))
  })

  test('are not reminded of what is decided at that very moment', async () => {
    const bench = new Bench(anUpgradeIn('awaitingContinue', { policy }))
    bench.standing = { state: 'gone', recreated: false }
    await bench.look(30 * minute)
    expect(bench.actions).toEqual(['targetGone'])
  })

  test('are reminded of a pause, too, before it is rolled back', async () => {
    const bench = new Bench(anUpgradeIn('paused', { policy }))
    await bench.look(30 * minute)
    await bench.look(120 * minute)
    await bench.look(24 * 60 * minute)
    expect(bench.actions).toEqual(['reminded', 'reminded', 'expired'])
    expect(phaseOf(bench.upgrade)).toBe('rollingBack')
  })
})

describe('on-call', () => {
  const policy = aPolicy({ paging: { everyMs: 5 * minute, times: 2 } })
  const waiting: Pursuit = { state: 'waiting', since: noon, code: 'NOT_READY', detail: { ready: 9, wanted: 10 } }

  async function stuck() {
    const bench = new Bench(anUpgradeIn('rollingBack', { policy }))
    bench.pursuit = waiting
    await bench.look(10 * minute)
    expect(bench.actions).toEqual(['stuck'])
    return bench
  }

  test('is paged again while a rollback does not get on, and the rollback goes on being tried', async () => {
    const bench = await stuck()
    await bench.look(15 * minute - 1)
    await bench.look(15 * minute)
    await bench.look(16 * minute)
    await bench.look(25 * minute)
    await bench.look(60 * minute)
    expect(bench.actions).toEqual(['stuck', 'paged', 'paged'])
    expect(bench.upgrade.pages).toMatchObject([
      { of: 0, users: [], groups: ['S0ONCALL'] },
      { of: 0, at: after(25 * minute) },
    ])
    expect(bench.asked.length).toBeGreaterThan(3)
  })

  test('is paged again of a hold under an alert, for as long as that fires', async () => {
    const held: Upgrade = {
      ...anUpgradeIn('paused', { policy }),
      incidents: [{ at: noon, code: 'ON_ALERT', detail: { action: 'hold' } }],
      hold: { by: { kind: 'system', reason: 'ON_ALERT' }, code: 'ON_ALERT', since: noon },
    }
    const bench = new Bench(held)
    await bench.look(5 * minute)
    expect(bench.actions).toEqual([])
    bench.firing = 2
    await bench.look(6 * minute)
    expect(bench.actions).toEqual(['paged'])
    bench.firing = 0
    await bench.look(60 * minute)
    bench.firing = 1
    await bench.happens('acknowledged')
    await bench.look(90 * minute)
    expect(bench.actions).toEqual(['paged', 'acknowledged'])
  })

  test('is paged again after the upgrade has failed, until somebody acknowledges it', async () => {
    const bench = await stuck()
    const day = 24 * 60 * minute
    await bench.look(15 * minute)
    await bench.look(25 * minute)
    await bench.look(day)
    expect(bench.upgrade.result?.outcome).toBe('failed')
    await bench.look(day + 5 * minute - 1)
    await bench.look(day + 5 * minute)
    await bench.look(day + 6 * minute)
    expect(bench.actions).toEqual(['stuck', 'paged', 'paged', 'stuck', 'paged'])
    await bench.happens('acknowledged')
    await bench.look(day + 60 * minute)
    expect(bench.actions.slice(4)).toEqual(['paged', 'acknowledged'])
  })
})
