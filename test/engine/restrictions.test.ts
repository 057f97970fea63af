import { randomUUID } from 'node:crypto'
/** Windows and freezes on the real engine: a store in memory, a target that does what it is told, a clock, no waiting. */
import { beforeEach, describe, expect, it } from 'vitest'
import { decide } from '../../src/engine/decide.ts'
import { freeze, freezesInForce, unfreeze } from '../../src/engine/freeze.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { ChainEntry, Freezes, Observation, PodReport, Target } from '../../src/engine/ports.ts'
import { reconcile } from '../../src/engine/reconcile.ts'
import { plan, request } from '../../src/engine/request.ts'
import type { Decision } from '../../src/engine/surface.ts'
import type { Freeze } from '../../src/upgrade/freezes.ts'
import type { Membership } from '../../src/upgrade/people.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import type { Finding, SlackActor, Upgrade } from '../../src/upgrade/upgrade.ts'
import { alice, aMember, aPolicy, bob, carol, dana, noon, rhea, root, slackUser, someFacts } from '../an-upgrade.ts'
import { noCapacities } from './memory-measurements.ts'
import { MemoryUpgrades } from './memory-upgrades.ts'

const id = 'web-production-1'
const hour = 3_600_000

/** On every day from 01:00 to 05:00 in Shanghai, which is 17:00 to 21:00 UTC. */
const windows = [
  {
    days: [
      'mon' as const,
      'tue' as const,
      'wed' as const,
      'thu' as const,
      'fri' as const,
      'sat' as const,
      'sun' as const,
    ],
    from: '01:00',
    to: '05:00',
    timezone: 'Asia/Shanghai',
  },
]

const api = aPolicy({ service: 'api', target: { ...aPolicy().target, name: 'api' } })

/** One service whose pods are new as soon as they may be, and another one that it may depend on. */
class World {
  now = noon
  policy: Policy
  frozen: Freeze[] = []
  entries: ChainEntry[] = []
  findings: Finding[] = []
  members: Record<string, Partial<Membership>> = {}
  pods: PodReport[] = []
  /** Of ten pods of the service api. */
  readyOfApi = 10
  readonly upgrades = new MemoryUpgrades(() => this.now)

  constructor(policy: Partial<Policy> = {}) {
    this.policy = aPolicy({ windows, ...policy, strategy: { ...aPolicy().strategy, soakMs: 0, ...policy.strategy } })
  }

  get upgrade(): Upgrade {
    const upgrade = this.upgrades.stored(id)
    if (!upgrade) throw new Error('it was never stored')
    return upgrade
  }

  /** Replicas on the new revision. */
  get updated() {
    return this.pods.length
  }

  get phase() {
    return phaseOf(this.upgrade)
  }

  get actions() {
    return this.upgrades.chains.get(id)?.map(({ action }) => action) ?? []
  }

  /** Until nothing happens any more at this time. */
  async settle(at = this.now) {
    this.now = at
    for (let before = -1; before !== this.upgrade.sequence; ) {
      before = this.upgrade.sequence
      await reconcile(this.parts(), id, 'r')
    }
  }

  async ask(changes: { startAt?: string; breakGlass?: true; by?: SlackActor } = {}) {
    const { by = dana, ...given } = changes
    const asked = { service: 'web', environment: 'production', version: '1.5.0', overrides: {}, reason: 'why' }
    const outcome = await request(this.parts(), { ...asked, by, requestId: 'r', ...given })
    if ('refused' in outcome) throw new Error(outcome.refused.code)
    await this.settle()
  }

  async press(action: Decision['action'], by: SlackActor): Promise<string> {
    const { plan: seen, at } = this.upgrade
    const decision = { upgrade: id, by, via: 'button', requestId: randomUUID(), action } as const
    const outcome = await decide(this.parts(), {
      ...decision,
      seen: { step: at.step, planHash: seen?.hash ?? '' },
    } as Decision)
    return isRefusal(outcome) ? outcome.refused.code : 'done'
  }

  async approve() {
    for (const by of [alice, bob]) expect(await this.press('approve', by)).toBe('done')
    await this.settle()
  }

  /** Two approvals within the window, and everything that follows. */
  async started(at = '2026-07-01T17:30:00.000Z') {
    this.now = at
    await this.ask()
    await this.approve()
  }

  parts(): Parts {
    const nothing = async () => {}
    const seen = (): Observation => ({ total: 10, updated: this.updated, ready: 10, pods: this.pods, stable: [] })
    const target: Partial<Target> = {
      identify: async ({ name }) => {
        const replicas = { wanted: 10, total: 10, updated: 10, ready: name === 'api' ? this.readyOfApi : 10 }
        return { clusterUid: 'c', uid: name, image: `${name}:1.4.2`, replicas, seen: [] }
      },
      prepare: async () => ({ facts: someFacts(), findings: this.findings, changes: [], back: '' }),
      pursue: async (_, goal) => {
        const pod = { ready: true, readySince: this.now, createdAt: this.now, restarts: 0, displaced: false }
        this.pods = Array.from({ length: goal.pods }, (_, index) => ({ name: `web-${index}`, ...pod }))
        return { state: 'reached', observation: seen(), generation: 1, templateHash: 'new' }
      },
      halt: async () => ({ state: 'reached', observation: seen(), generation: 1, templateHash: 'new' }),
      verify: async () => ({ state: 'holds' }),
      tidy: nothing,
      observe: seen,
      mark: () => undefined,
      stop: async () => undefined,
      tell: nothing,
    }
    const freezes: Freezes = {
      all: async () => this.frozen,
      replace: async ({ scope, after, entry }) => {
        this.frozen = [...this.frozen.filter((one) => one.scope !== scope), ...(after ? [after] : [])]
        this.entries.push(entry)
        return 'committed'
      },
    }
    const log = {
      info: () => {},
      warn: () => {},
      error: (fields: object, text: string) => expect.fail(`${text} ${JSON.stringify(fields)}`),
    }
    const parts = {
      upgrades: this.upgrades,
      targets: () => target,
      images: { look: async () => ({ state: 'missing' }) },
      gates: { rollout: () => ({ gate: 'rollout', verdict: 'passed', code: 'OK', detail: {} }) },
      capacities: noCapacities,
      queue: { reconcile: nothing, reconcileAt: nothing, show: nothing },
      members: {
        lookup: async (actor: SlackActor) => aMember(actor, this.members[actor.user]),
        inGroup: async () => [],
        workspace: async () => 'T0SHOP',
      },
      config: () => ({
        policyFor: (service: string) => (service === 'api' ? api : this.policy),
        services: () => [],
        admins: () => this.policy.admins[0],
        hash: 'h',
      }),
      goesBy: async () => true,
      freezes,
      display: { isReached: async () => true, trouble: async () => undefined, doubted: async () => {} },
      log,
    }
    return parts as unknown as Parts
  }
}

let world: World
beforeEach(() => {
  world = new World()
})

describe('a request outside of a window', () => {
  it('is blocked, with the start that would do', async () => {
    await world.ask()
    expect(world.upgrade.result).toMatchObject({ outcome: 'failed', code: 'BLOCKED' })
    expect(world.upgrade.result?.findings).toEqual([
      {
        severity: 'block',
        code: 'WINDOW_CLOSED',
        detail: {
          ...{ opensAt: '2026-07-01T17:00:00.000Z', start: '2026-07-02T01:00+08:00' },
          ...{ service: 'web', version: '1.5.0', environment: 'production' },
        },
      },
    ])
  })

  it('is blocked by all that is found at once', async () => {
    world.findings = [{ severity: 'block', code: 'TARGET_PAUSED', detail: {} }]
    world.frozen = [{ scope: 'all', by: 'U0ROOT', reason: 'move', since: noon }]
    await world.ask()
    const codes = world.upgrade.result?.findings?.map(({ code }) => code)
    expect(codes).toEqual(['FROZEN', 'WINDOW_CLOSED', 'TARGET_PAUSED'])
  })

  it('shows the same in a plan, which is never stored', async () => {
    const input = {
      service: 'web',
      environment: 'production',
      version: '1.5.0',
      overrides: {},
      by: dana,
      requestId: randomUUID(),
    }
    const now = await plan(world.parts(), input)
    expect('plan' in now && now.plan.findings.map(({ code }) => code)).toEqual(['WINDOW_CLOSED'])
    const later = await plan(world.parts(), { ...input, startAt: '2026-07-01T17:00:00.000Z' })
    expect('plan' in later && later.plan.findings).toEqual([])
  })
})

describe('a start whose window has closed before everybody said yes', () => {
  it('waits for the next one, and is checked again then', async () => {
    world.now = '2026-07-01T20:59:00.000Z'
    await world.ask()
    world.now = '2026-07-01T21:00:00.000Z'
    await world.approve()
    expect(world.phase).toBe('scheduled')
    expect(world.upgrade.scheduled).toMatchObject({ restriction: { opensAt: '2026-07-02T17:00:00.000Z' } })
    expect(world.updated).toBe(0)
  })

  it('ends with the question’s deadline when that comes first', async () => {
    world.now = '2026-07-01T20:59:00.000Z'
    await world.ask()
    world.now = '2026-07-01T21:00:00.000Z'
    await world.approve()
    await world.settle('2026-07-02T00:58:59.999Z')
    expect(world.phase).toBe('scheduled')
    await world.settle('2026-07-02T00:59:00.000Z')
    expect(world.phase).toBe('expired')
  })
})

describe('a window that closes while it is under way', () => {
  it('holds the open question, refuses to go on, and opens the question again', async () => {
    await world.started()
    expect([world.phase, world.updated]).toEqual(['awaitingContinue', 1])
    world.now = '2026-07-01T21:00:00.000Z'
    expect(await world.press('continue', carol)).toBe('WINDOW_CLOSED')
    await world.settle()
    expect(world.phase).toBe('paused')
    expect(world.upgrade.incidents.at(-1)).toMatchObject({ code: 'WINDOW_CLOSED' })
    expect(await world.press('resume', carol)).toBe('WINDOW_CLOSED')
    await world.settle('2026-07-02T16:59:59.999Z')
    expect([world.phase, world.updated]).toEqual(['paused', 1])
    await world.settle('2026-07-02T17:00:00.000Z')
    expect([world.phase, world.updated]).toEqual(['awaitingContinue', 1])
    expect(await world.press('continue', carol)).toBe('done')
    await world.settle()
    expect(world.updated).toBe(3)
  })

  it('lets a batch that has begun be finished and verified, and asks for no further one', async () => {
    await world.started('2026-07-01T20:59:00.000Z')
    expect(await world.press('continue', carol)).toBe('done')
    await world.settle('2026-07-01T21:00:00.000Z')
    expect(world.updated).toBe(3)
    expect(world.phase).toBe('paused')
    expect(world.actions.slice(-2)).toEqual(['reached', 'restricted'])
    await world.settle('2026-07-02T17:00:00.000Z')
    expect(world.actions.slice(-2)).toEqual(['unrestricted', 'checked'])
    expect(world.phase).toBe('awaitingContinue')
  })

  it('holds automatic batches, and lets them go on by themselves', async () => {
    const strategy = { ...aPolicy().strategy, soakMs: 300_000, continue: 'auto' as const }
    world = new World({ strategy })
    await world.started('2026-07-01T20:58:00.000Z')
    expect(world.updated).toBe(1)
    await world.settle('2026-07-01T21:03:00.000Z')
    expect([world.phase, world.updated]).toEqual(['paused', 1])
    await world.settle('2026-07-02T17:00:00.000Z')
    expect([world.phase, world.updated]).toEqual(['verifying', 3])
  })

  it('holds for longer than a hold may last, and turns nothing back', async () => {
    world = new World({ windows: [{ days: ['wed'], from: '17:00', to: '21:00', timezone: 'UTC' }] })
    await world.started()
    await world.settle('2026-07-01T21:00:00.000Z')
    await world.settle('2026-07-06T12:00:00.000Z')
    expect(world.phase).toBe('paused')
    await world.settle('2026-07-08T17:00:00.000Z')
    expect(world.phase).toBe('awaitingContinue')
    await world.settle('2026-07-08T20:59:00.000Z')
    expect(world.phase).toBe('awaitingContinue')
  })

  it('does not go on by itself once somebody paused it', async () => {
    await world.started()
    await world.settle('2026-07-01T21:00:00.000Z')
    expect(await world.press('pause', carol)).toBe('done')
    await world.settle('2026-07-02T17:00:00.000Z')
    expect(world.phase).toBe('paused')
    expect(await world.press('resume', carol)).toBe('done')
    await world.settle()
    expect(world.phase).toBe('awaitingContinue')
  })

  it('never hinders a rollback', async () => {
    await world.started()
    await world.settle('2026-07-01T21:00:00.000Z')
    expect(await world.press('rollback', carol)).toBe('done')
    await world.settle()
    expect([world.phase, world.updated]).toEqual(['rolledBack', 0])
  })

  it('never hinders the end: verified pods get their workload’s own settings back', async () => {
    world = new World({ strategy: { ...aPolicy().strategy, batches: ['100%'], soakMs: 300_000 } })
    await world.started('2026-07-01T20:58:00.000Z')
    await world.settle('2026-07-01T21:05:00.000Z')
    expect(world.phase).toBe('succeeded')
  })

  it('is the window that it started with, whatever the configuration says now', async () => {
    await world.started()
    const { windows: _, ...always } = world.policy
    world.policy = always
    await world.settle('2026-07-01T21:00:00.000Z')
    expect(world.phase).toBe('paused')
  })

  it('that the configuration changed before the start is asked for anew', async () => {
    world.now = '2026-07-01T17:30:00.000Z'
    await world.ask()
    world.policy = { ...world.policy, windows: [{ days: ['wed'], from: '17:00', to: '21:00', timezone: 'UTC' }] }
    await world.approve()
    expect(world.upgrade.incidents.at(-1)).toMatchObject({ code: 'POLICY_CHANGED', detail: { changed: 'windows' } })
    expect(world.upgrade.policy.windows).toEqual(world.policy.windows)
    expect(world.upgrade.approvals).toEqual([])
  })
})

describe('a clock', () => {
  it('that goes back holds again, and moves nothing', async () => {
    await world.started()
    await world.settle('2026-07-01T21:00:00.000Z')
    await world.settle('2026-07-02T17:00:00.000Z')
    expect(world.phase).toBe('awaitingContinue')
    await world.settle('2026-07-01T21:30:00.000Z')
    expect([world.phase, world.updated]).toEqual(['paused', 1])
  })
})

describe('a later start', () => {
  const startAt = '2026-07-01T18:00:00.000Z'

  it('collects its approvals at once and begins at its hour', async () => {
    await world.ask({ startAt })
    expect(world.phase).toBe('awaitingApproval')
    await world.approve()
    expect(world.phase).toBe('scheduled')
    await world.settle('2026-07-01T17:59:59.999Z')
    expect([world.phase, world.updated]).toEqual(['scheduled', 0])
    await world.settle(startAt)
    expect([world.phase, world.updated]).toEqual(['awaitingContinue', 1])
    expect(world.actions.slice(0, 6)).toEqual(['requested', 'prepared', 'approved', 'approved', 'scheduled', 'started'])
  })

  it('is blocked where its hour lies outside of the windows', async () => {
    await world.ask({ startAt: '2026-07-01T22:00:00.000Z' })
    expect(world.upgrade.result?.findings?.[0]?.detail).toMatchObject({ start: '2026-07-03T01:00+08:00' })
  })

  it('ends with what the checks find at its hour', async () => {
    await world.ask({ startAt })
    await world.approve()
    world.findings = [{ severity: 'block', code: 'ROLLOUT_IN_PROGRESS', detail: { updated: 1, total: 10 } }]
    await world.settle(startAt)
    expect(world.upgrade.result).toMatchObject({ outcome: 'failed', code: 'BLOCKED', findings: world.findings })
    expect(world.updated).toBe(0)
  })

  it('waits behind a freeze of its hour, and ends with its deadline', async () => {
    await world.ask({ startAt })
    await world.approve()
    world.frozen = [{ scope: 'service:web', by: 'U0ROOT', reason: 'incident', since: noon }]
    await world.settle(startAt)
    expect(world.upgrade.scheduled).toMatchObject({ restriction: { what: 'freeze', reason: 'incident' } })
    await world.settle('2026-07-01T22:00:00.000Z')
    expect([world.phase, world.updated]).toEqual(['expired', 0])
  })

  it('counts only whom it counts at its hour', async () => {
    await world.ask({ startAt })
    await world.approve()
    world.members[bob.user] = { kind: 'deactivated' }
    await world.settle(startAt)
    expect([world.phase, world.updated]).toEqual(['awaitingApproval', 0])
    expect(world.upgrade.incidents.at(-1)?.code).toBe('APPROVALS_VOIDED')
  })

  it('can be cancelled, and a yes for it be taken back', async () => {
    await world.ask({ startAt })
    await world.approve()
    expect(await world.press('withdraw', bob)).toBe('done')
    await world.settle(startAt)
    expect(world.phase).toBe('awaitingApproval')
    expect(await world.press('cancel', dana)).toBe('done')
    expect(world.phase).toBe('cancelled')
  })
})

describe('a freeze', () => {
  const reason = 'the sale'

  it('is for administrators alone', async () => {
    const input = { scope: 'all', reason, by: carol, requestId: 'r' } as const
    expect(await freeze(world.parts(), input)).toMatchObject({ refused: { code: 'ADMINS_ONLY', roles: ['admins'] } })
    expect(await unfreeze(world.parts(), input)).toMatchObject({ refused: { code: 'ADMINS_ONLY' } })
    world.members[root.user] = { kind: 'guest' }
    expect(await freeze(world.parts(), { ...input, by: root })).toMatchObject({ refused: { code: 'NOT_A_MEMBER' } })
    expect([world.frozen, world.entries]).toEqual([[], []])
  })

  it('goes by what Slack said an hour ago, and its end does not', async () => {
    world.members[root.user] = { ageMs: hour }
    const input = { scope: 'all', reason, by: root, requestId: 'r' } as const
    expect(await freeze(world.parts(), input)).toHaveProperty('freeze')
    expect(await unfreeze(world.parts(), input)).toMatchObject({ refused: { code: 'MEMBERSHIP_UNKNOWN' } })
  })

  it('is replaced by the next one of its scope, over at its time, and lifted once', async () => {
    const until = '2026-07-01T13:00:00.000Z'
    await freeze(world.parts(), { scope: 'all', reason: 'first', by: root, requestId: 'r' })
    await freeze(world.parts(), { scope: 'all', reason, until, by: rhea, requestId: 'r' })
    expect(await freezesInForce(world.parts())).toEqual([{ scope: 'all', by: 'U0RHEA', reason, since: noon, until }])
    expect(world.entries.map(({ action, detail }) => [action, detail])).toEqual([
      ['froze', {}],
      ['froze', { until, before: { scope: 'all', by: 'U0ROOT', reason: 'first', since: noon } }],
    ])
    world.now = until
    expect(await freezesInForce(world.parts())).toEqual([])
    const lift = { scope: 'all', by: root, requestId: 'r' } as const
    expect(await unfreeze(world.parts(), lift)).toMatchObject({ refused: { code: 'NOT_FROZEN' } })
  })

  it('holds before the next batch with who, why and until when, and lets it go on when it is lifted', async () => {
    await world.started()
    await freeze(world.parts(), { scope: 'environment:production', reason, by: root, requestId: 'r' })
    expect(await world.press('continue', carol)).toBe('FROZEN')
    await world.settle()
    expect(world.upgrade.incidents.at(-1)).toMatchObject({ code: 'FROZEN', detail: { by: 'U0ROOT', reason } })
    await unfreeze(world.parts(), { scope: 'environment:production', by: rhea, requestId: 'r' })
    await world.settle()
    expect(world.phase).toBe('awaitingContinue')
    expect(await world.press('continue', carol)).toBe('done')
  })

  it('never hinders a rollback', async () => {
    await world.started()
    await freeze(world.parts(), { scope: 'all', reason, by: root, requestId: 'r' })
    await world.settle()
    expect(await world.press('rollback', carol)).toBe('done')
    await world.settle()
    expect(world.phase).toBe('rolledBack')
  })

  it('of something else holds nothing', async () => {
    await world.started()
    await freeze(world.parts(), { scope: 'service:api', reason, by: root, requestId: 'r' })
    expect(await world.press('continue', carol)).toBe('done')
  })
})

describe('break-glass', () => {
  beforeEach(() => {
    world = new World({ breakGlass: true })
  })

  it('starts outside of windows and through a freeze that its plan names', async () => {
    world.frozen = [{ scope: 'all', by: 'U0RHEA', reason: 'the sale', since: noon }]
    await world.ask({ breakGlass: true, by: root })
    expect(world.upgrade.plan?.findings.map(({ severity, code }) => [severity, code])).toEqual([
      ['warn', 'FROZEN'],
      ['warn', 'WINDOW_CLOSED'],
    ])
    expect(world.upgrade.plan?.waived).toContainEqual({
      what: 'freeze',
      scope: 'all',
      by: 'U0RHEA',
      reason: 'the sale',
    })
    expect(await world.press('confirm', root)).toBe('done')
    await world.settle()
    expect([world.phase, world.updated]).toEqual(['awaitingContinue', 1])
    expect(await world.press('continue', carol)).toBe('done')
  })

  it('is held by a freeze that came after its plan', async () => {
    await world.ask({ breakGlass: true, by: root })
    await freeze(world.parts(), { scope: 'all', reason: 'stop', by: rhea, requestId: 'r' })
    expect(await world.press('confirm', root)).toBe('done')
    await world.settle()
    expect([world.phase, world.updated]).toEqual(['scheduled', 0])
  })
})

it('nobody who is no administrator by today’s configuration freezes anything', async () => {
  const { admins: _, ...rest } = world.policy
  world.policy = { ...rest, admins: [] }
  const outcome = await freeze(world.parts(), { scope: 'all', reason: 'x', by: slackUser('U0ROOT'), requestId: 'r' })
  expect(outcome).toMatchObject({ refused: { code: 'ADMINS_ONLY', roles: [] } })
})

describe('a service that depends on another one', () => {
  const code = 'DEPENDENCY_NOT_READY'
  const waiting = () => new World({ dependsOn: ['api'], windows: [open] })
  const open = { days: windows[0]?.days ?? [], from: '00:00', to: '24:00', timezone: 'UTC' }

  it('is blocked while that does not run its wanted version', async () => {
    world = waiting()
    world.readyOfApi = 9
    await world.ask()
    expect(world.upgrade.result).toMatchObject({ outcome: 'failed', code: 'BLOCKED' })
    expect(world.upgrade.result?.findings).toMatchObject([
      { severity: 'block', code, detail: { service: 'api', environment: 'production' } },
    ])
  })

  it('is not let off by break-glass', async () => {
    world = waiting()
    world.policy = { ...world.policy, breakGlass: true }
    world.readyOfApi = 9
    await world.ask({ breakGlass: true, by: root })
    expect(world.upgrade.result?.findings).toMatchObject([{ severity: 'block', code }])
  })

  it('is only warned when it starts later, and waits then', async () => {
    world = waiting()
    world.readyOfApi = 9
    await world.ask({ startAt: '2026-07-01T13:00:00.000Z' })
    expect(world.upgrade.plan?.findings).toMatchObject([{ severity: 'warn', code }])
    await world.approve()
    await world.settle('2026-07-01T13:00:00.000Z')
    expect([world.phase, world.updated]).toEqual(['scheduled', 0])
    expect(world.upgrade.scheduled).toMatchObject({ dependency: { code, detail: { service: 'api' } } })
    world.readyOfApi = 10
    await world.settle('2026-07-01T13:01:00.000Z')
    expect([world.phase, world.updated]).toEqual(['awaitingContinue', 1])
  })

  it('waits with everybody’s yes, says so once, and ends with the question’s deadline', async () => {
    world = waiting()
    await world.ask()
    world.readyOfApi = 9
    await world.approve()
    await world.settle('2026-07-01T14:00:00.000Z')
    expect(world.phase).toBe('scheduled')
    expect(world.actions.filter((action) => action === 'scheduled')).toHaveLength(1)
    await world.settle('2026-07-01T16:00:00.000Z')
    expect([world.phase, world.updated]).toEqual(['expired', 0])
  })

  it('is not looked at any more once pods have changed', async () => {
    world = waiting()
    await world.ask()
    await world.approve()
    world.readyOfApi = 0
    expect(await world.press('continue', carol)).toBe('done')
    await world.settle()
    expect(world.updated).toBe(3)
  })

  it('is blocked while that is not in the configuration any more', async () => {
    world = new World({ dependsOn: ['payments'], windows: [open] })
    const { policyFor } = world.parts().config()
    const parts = {
      ...world.parts(),
      config: () => ({
        ...world.parts().config(),
        policyFor: (service: string, environment: string) =>
          service === 'payments' ? undefined : policyFor(service, environment),
      }),
    }
    const input = { service: 'web', environment: 'production', version: '1.5.0', overrides: {}, by: dana }
    const planned = await plan(parts, { ...input, requestId: 'r' })
    expect('plan' in planned && planned.plan.findings).toMatchObject([
      { code: 'DEPENDENCY_UNKNOWN', detail: { error: 'SERVICE_REMOVED' } },
    ])
  })
})
