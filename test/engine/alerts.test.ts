import type { Redis } from 'ioredis'
import { beforeEach, describe, expect, test } from 'vitest'
import { alertReceiver, alertsOf } from '../../src/engine/alerts.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Target } from '../../src/engine/ports.ts'
import { reconcile } from '../../src/engine/reconcile.ts'
import { redisAlerts } from '../../src/store/alerts.ts'
import type { Alert } from '../../src/upgrade/alerts.ts'
import { genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, aPolicy, carol, noon } from '../an-upgrade.ts'
import { noFreezes } from '../no-freezes.ts'
import { ownRedis } from '../own-redis.ts'
import { noCapacities } from './memory-measurements.ts'
import { MemoryUpgrades } from './memory-upgrades.ts'

const { target } = aPolicy()
const labels = { alertname: 'HighErrorRate', severity: 'critical', namespace: 'shop', deployment: 'web' }

function alert(changes: Partial<Alert> = {}, more: Record<string, string> = {}): Alert {
  const all: Record<string, string> = { ...labels, ...more }
  return {
    source: 'alertmanager',
    fingerprint: all.instance ?? 'f',
    state: 'firing',
    labels: all,
    startsAt: after(60_000),
    ...changes,
  }
}

let redis: Redis
let upgrades: MemoryUpgrades
let shown: string[]

ownRedis((connection) => {
  redis = connection
})

beforeEach(() => {
  upgrades = new MemoryUpgrades(() => after(61_000))
  shown = []
})

/** One process, with everything but Redis in memory. */
function process(changes: Partial<Parts> = {}): Parts {
  const nothing = async () => {}
  const known: Partial<Target> = {
    ownsPod: (_, pod) => pod.startsWith('web-'),
    mark: () => undefined,
    stop: async () => undefined,
    observe: () => undefined,
    tell: nothing,
  }
  const rules = {
    match: { namespace: 'namespace', workload: 'deployment', pod: 'pod' },
    minSeverity: 'critical',
    targets: [{ target, labels: { namespace: 'shop', deployment: 'web' } }],
  }
  const parts = {
    upgrades,
    alerts: redisAlerts(redis),
    targets: () => known,
    gates: {},
    capacities: noCapacities,
    queue: { reconcile: nothing, reconcileAt: nothing, show: async (id: string) => void shown.push(id) },
    config: () => ({ alertRules: () => rules, policyFor: () => aPolicy(), services: () => [], hash: '' }),
    goesBy: async () => true,
    freezes: noFreezes,
    display: {
      isReached: async () => true,
      orphaned: nothing,
      trouble: async () => undefined,
      doubted: async () => {},
    },
    log: { info() {}, warn() {}, error() {} },
    ...changes,
  }
  return parts as unknown as Parts
}

function underWay(changes: Partial<Upgrade> = {}): Upgrade {
  const upgrade = { ...anUpgradeIn('verifying'), sequence: 1, ...changes }
  const event = { type: 'acknowledged', by: carol } as const
  upgrades.states.set(upgrade.id, JSON.stringify(upgrade))
  upgrades.chains.set(upgrade.id, [
    seal(entryOf(event, undefined, upgrade, { hash: genesis, at: noon, sequence: 0 }, noon, 'r')),
  ])
  upgrades.dues.set(upgrade.id, 0)
  return upgrade
}

function send(parts: Parts, ...alerts: Alert[]) {
  return alertReceiver(parts)({ source: 'alertmanager', alerts, requestId: 'webhook.1' })
}

function now(id: string): Upgrade {
  const upgrade = upgrades.stored(id)
  if (!upgrade) throw new Error('it was never stored')
  return upgrade
}

const entries = (id: string) => upgrades.chains.get(id)?.slice(1) ?? []

describe('an alert', () => {
  test('of an upgrade under way holds it before it is answered, with one entry of all that it said', async () => {
    const { id } = underWay()
    expect(await send(process(), alert())).toEqual({ noted: 1, unmatched: 0, waiting: 0 })
    expect(phaseOf(now(id))).toBe('paused')
    expect(entries(id)).toMatchObject([
      {
        action: 'alerted',
        actor: { kind: 'system', reason: 'ON_ALERT' },
        code: 'ON_ALERT',
        requestId: 'webhook.1',
        detail: { action: 'hold', alert: { source: 'alertmanager', name: 'HighErrorRate', labels } },
      },
    ])
    expect(shown).toContain(id)
  })

  test('is acted on once, though it comes twice, at two processes at once, and among a thousand', async () => {
    const { id } = underWay()
    const storm = Array.from({ length: 1_000 }, (_, n) => alert({}, { instance: `10.0.0.${n}` }))
    await Promise.all([send(process(), ...storm), send(process(), ...storm), send(process(), storm[0] ?? alert())])
    await send(process(), ...storm)
    expect(entries(id).map(({ action }) => action)).toEqual(['alerted'])
    expect(await redisAlerts(redis).of(id)).toMatchObject({ firing: 1_000 })
  })

  test('that was stored by a process which died then is acted on by the next look', async () => {
    const { id } = underWay()
    const dies = process({
      upgrades: Object.assign(Object.create(upgrades), { load: () => Promise.reject(new Error('killed')) }),
    })
    await send(dies, alert())
    expect(entries(id)).toEqual([])
    await reconcile(process(), id, 'reconcile.1')
    expect(entries(id).map(({ action }) => action)).toEqual(['alerted'])
    await reconcile(process(), id, 'reconcile.2')
    expect(entries(id)).toHaveLength(1)
  })

  test('that cannot be stored is the sender’s to send again', async () => {
    underWay()
    const broken = { ...redisAlerts(redis), note: () => Promise.reject(new Error('no Redis')) }
    await expect(send(process({ alerts: broken }), alert())).rejects.toThrow('no Redis')
  })

  test('that resolves changes nothing that was decided', async () => {
    const { id } = underWay()
    await send(process(), alert())
    await send(process(), alert({ state: 'resolved' }))
    expect(phaseOf(now(id))).toBe('paused')
    expect((await redisAlerts(redis).of(id)).firing).toBe(0)
  })

  test.each([
    ['by a pod', alert({}, { pod: 'web-7d9f-x2x4z' })],
    ['in the future, which counts as now', alert({ startsAt: '2090-01-01T00:00:00.000Z' })],
    ['whose severity nobody knows', alert({}, { severity: 'page' })],
  ])('%s holds', async (_, given) => {
    const { id } = underWay()
    const { deployment: __, ...rest } = given.labels
    await send(process(), { ...given, labels: given.labels.pod ? rest : given.labels })
    expect(phaseOf(now(id))).toBe('paused')
  })

  test.each([
    ['milder', alert({}, { severity: 'warning' }), 1],
    ['older than the start', alert({ startsAt: '2020-01-01T00:00:00.000Z' }), 1],
    ['of the namespace', alert({ labels: { ...labels, deployment: '' } }), 0],
    ['of another workload', alert({}, { deployment: 'api' }), 0],
  ])('that is %s does not hold', async (_, given, noted) => {
    const { id } = underWay()
    expect(await send(process(), given)).toMatchObject({ noted })
    expect(phaseOf(now(id))).toBe('verifying')
    expect(entries(id)).toEqual([])
  })

  test.each([
    'KubeDeploymentReplicasMismatch',
    'KubeDeploymentRolloutStuck',
    'KubeStatefulSetUpdateNotRolledOut',
    'KubeDaemonSetRolloutStuck',
  ])('%s only says that the rollout waits', async (alertname) => {
    const { id } = underWay()
    expect(await send(process(), alert({}, { alertname }))).toEqual({ noted: 0, unmatched: 0, waiting: 1 })
    expect(await redisAlerts(redis).of(id)).toEqual({ alerts: [], firing: 0 })
  })

  test('keeps no more of its labels than there is room for', async () => {
    const { id } = underWay()
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`label${n}`, 'x'.repeat(5_000)]))
    await send(process(), alert({}, { ...many, alertname: 'A'.repeat(9_999) }))
    const [kept] = (await redisAlerts(redis).of(id)).alerts
    expect(Object.keys(kept?.labels ?? {})).toHaveLength(30)
    expect(JSON.stringify(kept).length).toBeLessThan(10_000)
  })
})

describe('who is called', () => {
  const oscar = { users: ['U0OSCAR'], groups: [], by: 'schedule' as const }

  test('is asked for once there is an alert that is not mild, and stays', async () => {
    const upgrade = underWay()
    let asked = 0
    const parts = process({
      onCall: async () => {
        asked++
        return oscar
      },
    })
    expect(await alertsOf(parts, upgrade)).toEqual({ alerts: [], firing: 0 })
    await send(parts, alert({}, { severity: 'warning', instance: 'mild' }))
    expect((await alertsOf(parts, upgrade))?.called).toBeUndefined()
    await send(parts, alert())
    // Just before it is acted on, nobody is.
    expect((await alertsOf(parts, upgrade))?.called).toBeUndefined()
    expect((await alertsOf(parts, now(upgrade.id)))?.called).toEqual({ ...oscar, at: after(61_000) })
    await alertsOf(parts, now(upgrade.id))
    expect(asked).toBe(1)
  })
})
