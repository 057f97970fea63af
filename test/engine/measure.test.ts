import { describe, expect, test } from 'vitest'
import { measureGate } from '../../src/engine/measure.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Measure, Measures, Observation, PodReport, Target } from '../../src/engine/ports.ts'
import { reconcile } from '../../src/engine/reconcile.ts'
import { record } from '../../src/engine/record.ts'
import { gates } from '../../src/gates/index.ts'
import { genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import type { Event } from '../../src/upgrade/events.ts'
import type { AlertsGate, HttpGate, JobGate, MeasuredGate, Moment, PrometheusGate } from '../../src/upgrade/gate.ts'
import { registryBusy } from '../../src/upgrade/image.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, alice, anUpgrade, aPolicy, bob, carol, dana, noon } from '../an-upgrade.ts'
import { noFreezes } from '../no-freezes.ts'
import { MemoryMeasurements, noCapacities } from './memory-measurements.ts'
import { MemoryUpgrades } from './memory-upgrades.ts'

const id = 'web-production-14'
const second = 1_000

function smoke(during: Moment[], changes: Partial<HttpGate> = {}): HttpGate {
  const times = { intervalMs: 10 * second, timeoutMs: 200 }
  return { type: 'http', name: 'smoke', during, ...times, url: 'http://shop/', status: [200], ...changes }
}

type Said = Awaited<ReturnType<Measure>>
const good: Said = { verdict: 'passed', code: 'HTTP_OK', detail: { host: 'shop', status: 200 } }
const bad: Said = { verdict: 'failed', code: 'HTTP_STATUS', detail: { host: 'shop', status: 500, wanted: '200' } }

/** An upgrade of two batches whose cluster does what it is told at once, and whose gates say what the test wants. */
class Bench {
  readonly upgrades = new MemoryUpgrades(() => this.now)
  readonly measurements = new MemoryMeasurements()
  /** Asked for, and not measured yet. */
  readonly asked: { gate: string; key: string }[] = []
  said: Measure<MeasuredGate, Said | 'later'> = async () => good
  now = noon
  private readonly policy: Policy

  constructor(gates: MeasuredGate[], changes: Partial<Policy['strategy']> = {}) {
    const base = aPolicy()
    this.policy = aPolicy({
      strategy: { ...base.strategy, batches: [1, '100%'], soakMs: 60 * second, ...changes },
      gates: { ...base.gates, measured: gates },
    })
  }

  get upgrade(): Upgrade {
    const found = this.upgrades.stored(id)
    if (!found) throw new Error('no upgrade')
    return found
  }

  get phase() {
    return phaseOf(this.upgrade)
  }

  /** Until somebody is asked, or a soak or a gate is waited for. */
  async run(ms = 0) {
    this.now = after(ms)
    for (let before = -1; before !== this.upgrade.sequence; ) {
      before = this.upgrade.sequence
      await reconcile(this.parts(), id, 'r')
    }
  }

  /** Measures what was asked for, and runs on. */
  async measure(ms = 0) {
    for (const { gate, key } of this.asked.splice(0)) await measureGate(this.parts(), id, gate, key)
    await this.run(ms)
  }

  async happen(event: Event) {
    const loaded = await this.upgrades.load(id)
    if (!loaded) throw new Error('no upgrade')
    expect(await record(this.parts(), loaded, event, 'r', { deadline: Number.MAX_SAFE_INTEGER })).toHaveProperty(
      'upgrade',
    )
  }

  /** Approved and on its way. */
  async started() {
    const draft = { ...anUpgrade({ policy: this.policy }), sequence: 1 }
    const event: Event = { type: 'acknowledged', by: carol }
    const entry = entryOf(event, undefined, draft, { hash: genesis, at: noon, sequence: 0 }, noon, 'r')
    this.upgrades.states.set(id, JSON.stringify(draft))
    this.upgrades.chains.set(id, [seal(entry)])
    this.upgrades.dues.set(id, 0)
    for (const by of [alice, bob]) await this.happen({ type: 'approved', by, planHash: draft.plan?.hash ?? '' })
    await this.run()
    return this
  }

  private parts(): Parts {
    const nothing = async () => {}
    const said: Bench['said'] = (...given) => this.said(...given)
    let pods = 0
    const target: Partial<Target> = {
      pursue: async (_, goal) => {
        pods = goal.pods
        return { state: 'reached', observation: observed(pods), generation: 1, templateHash: 't' }
      },
      halt: async () => ({ state: 'reached', observation: observed(pods), generation: 1, templateHash: 't' }),
      verify: async () => ({ state: 'holds' }),
      observe: (upgrade) => observed(upgrade.found?.updated ?? 0),
      mark: () => undefined,
      stop: async () => undefined,
      tell: nothing,
      tidy: nothing,
    }
    const parts = {
      upgrades: this.upgrades,
      targets: () => target,
      gates,
      measures: { alerts: said, http: said, job: said, prometheus: said, signature: said } satisfies Partial<Measures>,
      measurements: this.measurements,
      capacities: noCapacities,
      queue: {
        reconcile: nothing,
        reconcileAt: nothing,
        show: nothing,
        measure: async (_: string, gate: string, sequence: number, round: number) => {
          const key = `${id}.${sequence}.${gate}.${round}`
          if (!this.asked.some((one) => one.key === key)) this.asked.push({ gate, key })
        },
      },
      freezes: noFreezes,
      members: {
        lookup: async () => ({ kind: 'member', groups: [], ageMs: 0 }),
        inGroup: async () => [],
        workspace: async () => 'T0SHOP',
      },
      config: () => ({ policyFor: () => this.policy, services: () => [], hash: '' }),
      goesBy: async () => true,
      display: {
        isReached: async () => true,
        orphaned: async () => {},
        trouble: async () => undefined,
        doubted: async () => {},
      },
      log: { info() {}, warn() {}, error() {} },
    }
    return parts as unknown as Parts
  }
}

function observed(updated: number): Observation {
  const pods = Array.from({ length: updated }, (_, index): PodReport => {
    return { name: `web-${index}`, ready: true, readySince: noon, createdAt: noon, restarts: 0, displaced: false }
  })
  return { total: 10, updated, ready: 10, pods, stable: [] }
}

describe('before the first change', () => {
  test('nothing moves until the gate has passed', async () => {
    const bench = await new Bench([smoke(['before'])]).started()
    expect(bench.phase).toBe('checking')
    expect(bench.asked).toEqual([{ gate: 'smoke', key: `${id}.${bench.upgrade.sequence}.smoke.0` }])
    await bench.measure()
    expect(bench.phase).toBe('verifying')
    expect(bench.upgrade.measured).toEqual([{ gate: 'smoke', ...good, step: 1, at: noon }])
  })

  test('a gate that fails ends it, with nothing touched', async () => {
    const bench = await new Bench([smoke(['before'])]).started()
    bench.said = async () => bad
    await bench.measure()
    expect(bench.upgrade.result).toMatchObject({ outcome: 'failed', code: 'HTTP_STATUS' })
    expect(bench.upgrade.incidents).toMatchObject([{ code: 'HTTP_STATUS', detail: { gate: 'smoke', status: 500 } }])
    expect(bench.upgrade.found).toBeUndefined()
  })
})

describe('alerts that fire before the first change', () => {
  const firing: Said = { verdict: 'failed', code: 'ALERTS_FIRING', detail: { alerts: 'HighErrorRate (critical)' } }
  const gate: AlertsGate = {
    ...{ type: 'alerts', name: 'alerts', during: ['before', 'soak'], intervalMs: 10 * second, timeoutMs: 200 },
    ...{ url: 'http://alertmanager/', labels: {}, minSeverity: 'critical', always: [] },
  }

  test('hold the start, and whoever resumes goes on in spite of them', async () => {
    const bench = await new Bench([gate]).started()
    bench.said = async () => firing
    await bench.measure()
    expect([bench.phase, bench.upgrade.found]).toEqual(['paused', undefined])
    expect(bench.upgrade.incidents).toMatchObject([{ code: 'ALERTS_FIRING', detail: { gate: 'alerts', step: 1 } }])
    await bench.happen({ type: 'resumed', by: carol })
    await bench.run()
    await bench.measure()
    expect([bench.phase, bench.upgrade.found?.updated]).toEqual(['verifying', 1])
    await bench.measure()
    expect(bench.upgrade.turnedBack).toMatchObject({ code: 'ALERTS_FIRING' })
  })

  test('end it without a change when nobody resumes', async () => {
    const bench = await new Bench([gate]).started()
    bench.said = async () => firing
    await bench.measure()
    await bench.run(25 * 3_600 * second)
    expect(bench.upgrade.result).toMatchObject({ outcome: 'expired' })
  })
})

describe('while it soaks', () => {
  test('the gate measures again and again, and once more when the soak is over', async () => {
    const bench = await new Bench([smoke(['soak'])]).started()
    expect(bench.phase).toBe('verifying')
    await bench.measure(1 * second)
    expect(bench.asked).toEqual([])
    await bench.run(10 * second)
    expect(bench.asked).toHaveLength(1)
    await bench.measure(11 * second)
    await bench.run(60 * second)
    expect(bench.phase).toBe('verifying')
    expect(bench.asked).not.toEqual([])
    await bench.measure(61 * second)
    expect(bench.phase).toBe('awaitingContinue')
  })

  test('a gate that fails takes it back at once', async () => {
    const bench = await new Bench([smoke(['soak'])]).started()
    bench.said = async () => bad
    await bench.measure(5 * second)
    expect(bench.upgrade.turnedBack).toMatchObject({
      code: 'HTTP_STATUS',
      by: { kind: 'system', reason: 'GATE_FAILED' },
    })
  })

  test('a gate that cannot tell says nothing until the soak is over, and then holds it', async () => {
    const bench = await new Bench([smoke(['soak'])]).started()
    bench.said = async () => {
      throw new RollcallError('GATE_UNREACHABLE', 'shop does not answer (ECONNREFUSED)', { hint: '' })
    }
    await bench.measure(5 * second)
    expect(bench.phase).toBe('verifying')
    await bench.run(60 * second)
    await bench.measure(61 * second)
    expect(bench.upgrade.hold).toMatchObject({ code: 'GATE_INCONCLUSIVE' })
    expect(bench.upgrade.incidents).toMatchObject([
      { detail: { gate: 'smoke', cause: 'GATE_UNREACHABLE', message: 'shop does not answer (ECONNREFUSED)' } },
    ])
  })

  test('a gate that never answers could not tell when its time is up', async () => {
    const bench = await new Bench([smoke(['soak'])], { soakMs: 0 }).started()
    bench.said = () => new Promise(() => {})
    await bench.measure(1 * second)
    expect(bench.upgrade.incidents).toMatchObject([{ detail: { cause: 'GATE_TIMEOUT', seconds: 0.2 } }])
  })

  test('while people are asked, a gate that fails still takes it back', async () => {
    const bench = await new Bench([smoke(['soak'])], { soakMs: 0 }).started()
    await bench.measure(1 * second)
    expect(bench.phase).toBe('awaitingContinue')
    bench.said = async () => bad
    await bench.run(2 * second)
    await bench.measure(3 * second)
    expect(bench.upgrade.turnedBack).toMatchObject({ code: 'HTTP_STATUS' })
  })

  test('what was measured of another state does not count', async () => {
    const bench = await new Bench([smoke(['soak'])]).started()
    const late = bench.asked.splice(0)
    await bench.happen({ type: 'paused', by: carol })
    await bench.happen({ type: 'resumed', by: carol })
    const sequence = bench.upgrade.sequence - 2
    await bench.measurements.note(id, { report: { gate: 'smoke', ...bad }, sequence, at: noon })
    await bench.run(1 * second)
    expect(bench.upgrade.turnedBack).toBeUndefined()
    expect(late[0]?.key).not.toBe(bench.asked[0]?.key)
  })
})

describe('somebody who resumes what a gate has held', () => {
  test.each([
    ['could not tell', async () => ({ verdict: 'inconclusive', code: 'NO_DATA', detail: {} }) as const, 'rollback'],
    ['failed, where that only holds', async () => bad, 'hold'],
  ] as const)('goes on without its word at this step, and nowhere else: %s', async (_, said, onFailure) => {
    const bench = new Bench([smoke(['soak'])], { soakMs: 0 })
    Object.assign(Reflect.get(bench, 'policy') as Policy, { onFailure })
    await bench.started()
    bench.said = said
    await bench.measure(1 * second)
    expect(bench.phase).toBe('paused')
    await bench.happen({ type: 'resumed', by: carol })
    await bench.run(2 * second)
    await bench.measure(3 * second)
    expect(bench.upgrade.measured.at(-1)).toMatchObject({ gate: 'smoke', verdict: 'passed', code: 'ACCEPTED' })
    expect(bench.phase).toBe('awaitingContinue')
  })
})

describe('a gate that judges the image alone', () => {
  const signed: MeasuredGate = {
    ...{ type: 'signature', name: 'signature', during: ['before'], intervalMs: 10 * second, timeoutMs: 200 },
    ...{ keys: ['/keys/release.pub'], least: 1 },
  }
  const silent: Said = { verdict: 'inconclusive', code: 'ATTACHMENTS_UNKNOWN', detail: { message: 'no answer' } }

  test('is not passed over by whoever resumes, and lets it go on once it passes', async () => {
    const bench = await new Bench([signed]).started()
    bench.said = async () => silent
    for (const at of [1, 3, 5]) {
      await bench.measure(at * second)
      expect(bench.upgrade.hold).toMatchObject({ code: 'GATE_INCONCLUSIVE' })
      expect(bench.upgrade.incidents.at(-1)?.detail).toMatchObject({ gate: 'signature', waivable: 'never' })
      await bench.happen({ type: 'resumed', by: carol })
      await bench.run((at + 1) * second)
    }
    expect(bench.upgrade.found).toBeUndefined()
    bench.said = async () => ({ verdict: 'passed', code: 'SIGNED', detail: { keys: 'release.pub' } })
    await bench.measure(7 * second)
    expect(bench.upgrade.measured).toMatchObject([{ gate: 'signature', code: 'SIGNED' }])
    expect(bench.upgrade.found?.updated).toBe(1)
  })

  test('ends it before anything was changed when it fails', async () => {
    const bench = await new Bench([signed]).started()
    bench.said = async () => ({ verdict: 'failed', code: 'UNSIGNED', detail: {} })
    await bench.measure(1 * second)
    expect(bench.upgrade.result).toMatchObject({ outcome: 'failed', code: 'UNSIGNED' })
    expect(bench.upgrade.found).toBeUndefined()
  })

  test('is asked again when too much is looked at already, and holds nothing for that', async () => {
    const bench = await new Bench([signed]).started()
    bench.said = async () => {
      throw registryBusy()
    }
    await bench.measure(1 * second)
    expect(bench.upgrade.hold).toBeUndefined()
    expect(bench.asked).toHaveLength(1)
    bench.said = async () => ({ verdict: 'passed', code: 'SIGNED', detail: { keys: 'release.pub' } })
    await bench.measure(4 * second)
    expect(bench.upgrade.found?.updated).toBe(1)
  })
})

test('gates that measure after it are asked once all pods are new', async () => {
  const bench = await new Bench([smoke(['after'])], { soakMs: 0, continue: 'auto' }).started()
  expect(bench.upgrade.found?.updated).toBe(10)
  expect(bench.phase).toBe('verifying')
  bench.said = async () => bad
  await bench.measure(1 * second)
  expect(bench.upgrade.turnedBack).toMatchObject({ code: 'HTTP_STATUS' })
})

test('an upgrade that has moved on asks no gate any more', async () => {
  const bench = await new Bench([smoke(['soak'])]).started()
  await bench.happen({ type: 'turnedBack', by: dana })
  let times = 0
  bench.said = async () => {
    times++
    return good
  }
  await bench.measure(1 * second)
  expect(times).toBe(0)
})

describe('a gate that is compared with before', () => {
  const errors: PrometheusGate = {
    ...{ type: 'prometheus', name: 'errors', during: ['soak'], intervalMs: 10 * second, timeoutMs: 200 },
    ...{ url: 'http://prometheus', query: 'errors', maxIncrease: 0.2 },
  }
  const noted: Said = { verdict: 'passed', code: 'BASELINE', detail: { value: 100 } }

  test('measures then too, and is told what it said for the last time', async () => {
    const bench = await new Bench([errors], { soakMs: 0 }).started()
    expect(bench.phase).toBe('checking')
    bench.said = async () => noted
    await bench.measure(1 * second)
    expect(bench.upgrade.measured).toMatchObject([{ code: 'BASELINE', step: 1 }])
    const befores: unknown[] = []
    bench.said = async (_, { before }) => {
      befores.push(before?.detail.value)
      return good
    }
    for (const at of [2, 3, 4]) {
      await bench.run(at * second)
      await bench.measure(at * second)
    }
    await bench.happen({ type: 'continued', by: carol })
    await bench.run(5 * second)
    await bench.measure(6 * second)
    expect(befores.length).toBeGreaterThan(1)
    expect(new Set(befores)).toEqual(new Set([100]))
  })

  test('that it measured nothing then holds before anything is touched', async () => {
    const bench = await new Bench([errors]).started()
    bench.said = async () => ({ verdict: 'inconclusive', code: 'NO_DATA', detail: {} })
    await bench.measure()
    expect(bench.phase).toBe('paused')
    expect(bench.upgrade.found).toBeUndefined()
  })
})

test('the gate is told what it said before the first change', async () => {
  const bench = await new Bench([smoke(['before', 'soak'])], { soakMs: 0 }).started()
  await bench.measure(1 * second)
  const befores: unknown[] = []
  bench.said = async (_, { before }) => {
    befores.push(before)
    return good
  }
  await bench.run(2 * second)
  await bench.measure(3 * second)
  expect(befores).toMatchObject([{ gate: 'smoke', code: 'HTTP_OK' }])
})

describe('a gate that takes its time', () => {
  function regression(during: Moment[]): JobGate {
    const times = { intervalMs: 1_800 * second, timeoutMs: 1_800 * second }
    return { type: 'job', name: 'regression', during, ...times, cronJob: 'web-regression' }
  }

  test('is asked again until it has its word, and nothing moves meanwhile', async () => {
    const bench = await new Bench([regression(['before'])]).started()
    bench.said = async () => 'later'
    for (let again = 1; again < 4; again += 1) {
      expect(bench.asked).toEqual([{ gate: 'regression', key: `${id}.${bench.upgrade.sequence}.regression.0` }])
      await bench.measure(again * 3 * second)
      expect(bench.upgrade.found).toBeUndefined()
    }
    bench.said = async () => good
    await bench.measure(60 * second)
    expect(bench.upgrade.found?.updated).toBe(1)
  })

  test('is not asked while a batch soaks, but at its end; the others go on meanwhile', async () => {
    const bench = await new Bench([regression(['soak']), smoke(['soak'])]).started()
    expect(bench.asked.map(({ gate }) => gate)).toEqual(['smoke'])
    await bench.measure(61 * second)
    expect(new Set(bench.asked.map(({ gate }) => gate))).toEqual(new Set(['smoke', 'regression']))
    bench.said = async ({ type }) => (type === 'job' ? 'later' : good)
    await bench.measure(62 * second)
    await bench.run(75 * second)
    expect(bench.asked.map(({ gate }) => gate)).toEqual(expect.arrayContaining(['smoke', 'regression']))
    bench.said = async ({ type }) => (type === 'job' ? 'later' : bad)
    await bench.measure(76 * second)
    expect(bench.phase).toBe('rolledBack')
  })
})
