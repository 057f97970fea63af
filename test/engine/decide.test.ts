import { randomUUID } from 'node:crypto'
/** Decisions that meet: several processes, each with its own engine, on one real Redis. */
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { decide } from '../../src/engine/decide.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Loaded } from '../../src/engine/ports.ts'
import { reconcile } from '../../src/engine/reconcile.ts'
import { record } from '../../src/engine/record.ts'
import type { Decision } from '../../src/engine/surface.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import type { Event } from '../../src/upgrade/events.ts'
import type { Membership } from '../../src/upgrade/people.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { opened } from '../../src/upgrade/transition.ts'
import type { SlackActor, Upgrade } from '../../src/upgrade/upgrade.ts'
import { alice, aMember, anUpgrade, aPolicy, bob, carol, oscar, slackUser } from '../an-upgrade.ts'
import { noFreezes } from '../no-freezes.ts'
import { ownRedis } from '../own-redis.ts'

let connections: Redis[]

ownRedis((connection, { url }) => {
  connections = [connection, new Redis(url)]
})
afterAll(() => connections[1]?.disconnect())

const id = 'web-production-1'
const plan = anUpgrade().plan as NonNullable<Upgrade['plan']>
const olga = slackUser('U0OLGA')
const operators = [{ role: 'platform', users: ['U0CAROL', 'U0OLGA'], groups: [] }]
const policy = aPolicy({ permissions: { ...aPolicy().permissions, operate: operators } })

/** What the world says; a test changes it. */
type World = { today: Policy | undefined; hash: string; members: Record<string, Partial<Membership>>; asked: number }

/** The engines of two processes. */
function processes(world: World): Parts[] {
  const ignored = async () => {}
  const silent = () => {}
  return connections.map((redis) => {
    const parts = {
      upgrades: redisUpgrades(redis),
      members: {
        lookup: async (actor: SlackActor) => {
          world.asked++
          return aMember(actor, world.members[actor.user])
        },
        inGroup: async () => [],
        workspace: async () => 'T0SHOP',
      },
      config: () => ({ policyFor: () => world.today, services: () => [], admins: () => undefined, hash: world.hash }),
      goesBy: async () => true,
      freezes: noFreezes,
      display: {
        isReached: async () => true,
        orphaned: async () => {},
        trouble: async () => undefined,
        doubted: async () => {},
      },
      queue: { reconcile: ignored, reconcileAt: ignored, show: ignored },
      targets: () => ({ tell: ignored, mark: () => undefined, observe: () => undefined, stop: ignored }),
      gates: {},
      log: { info: silent, warn: silent, error: silent },
    }
    return parts as unknown as Parts
  })
}

function aWorld(): World {
  return { today: policy, hash: 'one', members: {}, asked: 0 }
}

/** Never. */
const deadline = Number.MAX_SAFE_INTEGER

/** Stores an upgrade that waits for its start, and then lets things happen to it. */
async function stored(...events: Event[]): Promise<Upgrade> {
  const [one] = processes(aWorld()) as [Parts]
  const target = { clusterUid: 'c1', uid: 'd1' }
  const { now, head } = await one.upgrades.open('web', 'production', target)
  const event: Event = { type: 'requested', id, request: { ...anUpgrade().request, at: now }, policy, target }
  const upgrade = opened(event, now)
  const entry = entryOf(event, undefined, upgrade, { hash: head, at: now, sequence: 0 }, now, 'test')
  expect(await one.upgrades.commit({ upgrade, entry, due: Date.parse(now), deadline })).toBe('committed')
  for (const next of [{ type: 'prepared', plan } as const, ...events]) {
    const loaded = (await one.upgrades.load(id)) as Loaded
    expect(await record(one, loaded, next, 'test', { deadline })).toHaveProperty('upgrade')
  }
  return current()
}

const toContinue: Event[] = [
  { type: 'approved', by: alice, planHash: plan.hash },
  { type: 'approved', by: bob, planHash: plan.hash },
  { type: 'started', approvers: [alice, bob] },
  { type: 'reached', updated: 1, ready: 10, total: 10, generation: 2 },
  { type: 'soaked' },
  { type: 'checked', reports: [] },
]

function press(upgrade: Upgrade, action: Decision['action'], by: SlackActor): Decision {
  const seen = { step: upgrade.at.step, planHash: plan.hash }
  return { upgrade: id, action, by, via: 'button', requestId: randomUUID(), seen }
}

/** All at once, in turn on either process; what each was told. */
async function atOnce(world: World, decisions: Decision[]): Promise<string[]> {
  const engines = processes(world)
  const outcomes = await Promise.all(
    decisions.map((decision, index) => decide(engines[index % engines.length] as Parts, decision)),
  )
  return outcomes.map((outcome) => (isRefusal(outcome) ? outcome.refused.code : 'done'))
}

async function actions(): Promise<string[]> {
  return (await redisUpgrades(connections[0] as Redis).audit(id)).map(({ action }) => action)
}

async function current(): Promise<Upgrade> {
  const loaded = await redisUpgrades(connections[0] as Redis).load(id)
  if (!loaded) throw new Error('it is gone')
  return loaded.upgrade
}

describe('decisions at the same moment', () => {
  it.each(Array.from({ length: 10 }, (_, round) => round))('lose no approval of two people (%i)', async () => {
    const upgrade = await stored()
    const told = await atOnce(aWorld(), [press(upgrade, 'approve', alice), press(upgrade, 'approve', bob)])
    expect(told).toEqual(['done', 'done'])
    expect((await current()).approvals.map(({ by }) => by.user).sort()).toEqual(['U0ALICE', 'U0BOB'])
    expect(await actions()).toEqual(['requested', 'prepared', 'approved', 'approved'])
    expect((await verifyTrail(connections[0] as Redis)).faults).toEqual([])
  })

  it('count one person’s double click once', async () => {
    const upgrade = await stored()
    const told = await atOnce(aWorld(), [press(upgrade, 'approve', alice), press(upgrade, 'approve', alice)])
    expect(told.sort()).toEqual(['ALREADY_APPROVED', 'done'])
    expect((await current()).approvals).toHaveLength(1)
  })

  it.each([
    ['approve', alice, 'ALREADY_APPROVED', []],
    ['withdraw', alice, 'NO_APPROVAL', [{ type: 'approved', by: alice, planHash: plan.hash }]],
    ['reject', alice, 'ALREADY_DECIDED', []],
    ['cancel', carol, 'ALREADY_DECIDED', []],
    ['continue', carol, 'ALREADY_DECIDED', toContinue],
    ['pause', carol, 'NOT_NOW', toContinue],
    ['resume', carol, 'NOT_NOW', [...toContinue, { type: 'paused', by: oscar }]],
    ['rollback', carol, 'NOT_NOW', toContinue],
  ] as [Decision['action'], SlackActor, string, Event[]][])(
    'decide once what is delivered again because a process died before it noted that it was done: %s',
    async (action, by, refusal, before) => {
      const decision = press(await stored(...before), action, by)
      const [one, another] = processes(aWorld()) as [Parts, Parts]
      expect(await decide(one, decision)).toHaveProperty('upgrade')
      const once = await actions()
      expect(await decide(another, { ...decision, requestId: randomUUID() })).toMatchObject({
        refused: { code: refusal },
      })
      expect(await actions()).toEqual(once)
    },
  )

  it('count a yes once that is delivered again after it was taken back', async () => {
    const upgrade = await stored()
    const approve = press(upgrade, 'approve', alice)
    const [one, another] = processes(aWorld()) as [Parts, Parts]
    await decide(one, approve)
    await decide(another, press(upgrade, 'withdraw', alice))
    expect(await decide(another, approve)).toHaveProperty('upgrade')
    expect((await current()).approvals).toEqual([])
    expect(await actions()).toEqual(['requested', 'prepared', 'approved', 'withdrawn'])
    expect(await decide(one, press(upgrade, 'approve', alice))).toHaveProperty('upgrade')
    expect((await current()).approvals).toHaveLength(1)
  })

  it('count two accounts once that only today’s configuration knows as one human', async () => {
    const upgrade = await stored()
    const world = { ...aWorld(), today: { ...policy, people: [['U0ALICE', 'U0BOB']] } }
    const told = await atOnce(world, [press(upgrade, 'approve', alice), press(upgrade, 'approve', bob)])
    expect(told.sort()).toEqual(['ALREADY_APPROVED', 'done'])
  })

  it('go on once when two operators continue', async () => {
    const upgrade = await stored(...toContinue)
    const told = await atOnce(aWorld(), [press(upgrade, 'continue', carol), press(upgrade, 'continue', olga)])
    expect(told.sort()).toEqual(['ALREADY_DECIDED', 'done'])
    expect((await actions()).filter((action) => action === 'continued')).toHaveLength(1)
  })

  it('always turn back when somebody does, whoever continues meanwhile', async () => {
    const upgrade = await stored(...toContinue)
    const told = await atOnce(aWorld(), [press(upgrade, 'continue', carol), press(upgrade, 'rollback', oscar)])
    expect(told[1]).toBe('done')
    expect(await current()).toMatchObject({ at: { path: 'back' }, turnedBack: { by: oscar } })
  })

  it('let somebody who holds two roles use each of them, and count as one', async () => {
    const both = { ...policy.permissions, operate: [{ role: 'platform', users: ['U0ALICE'], groups: [] }] }
    const upgrade = await stored()
    const world = { ...aWorld(), today: { ...policy, permissions: both } }
    expect(await atOnce(world, [press(upgrade, 'approve', alice)])).toEqual(['done'])
    expect(await atOnce(world, [press(upgrade, 'pause', alice)])).toEqual(['done'])
    expect((await current()).approvals).toHaveLength(1)
  })
})

describe('the start', () => {
  const complete = toContinue.slice(0, 2)

  it('happens once, whoever looks at the same moment', async () => {
    await stored(...complete)
    const [one, other] = processes(aWorld()) as [Parts, Parts]
    await Promise.all([reconcile(one, id, 'one'), reconcile(other, id, 'other')])
    expect((await actions()).filter((action) => action === 'started')).toHaveLength(1)
    expect((await current()).at.step).toBe(1)
  })

  it('does not happen on an approval that is withdrawn at the same moment, or it happened before', async () => {
    const upgrade = await stored(...complete)
    const [one, other] = processes(aWorld()) as [Parts, Parts]
    const [, withdrawn] = await Promise.all([
      reconcile(one, id, 'one'),
      decide(other, press(upgrade, 'withdraw', alice)),
    ])
    const started = (await actions()).includes('started')
    expect(isRefusal(withdrawn)).toBe(started)
    expect((await current()).approvals).toHaveLength(started ? 2 : 1)
  })

  it('waits while Slack does not know an approver, and loses no approval', async () => {
    await stored(...complete)
    const world = { ...aWorld(), members: { U0BOB: { kind: 'unknown' as const } } }
    const [one] = processes(world) as [Parts]
    await reconcile(one, id, 'one')
    expect(await actions()).not.toContain('started')
    expect((await current()).approvals).toHaveLength(2)
    world.members = {} as typeof world.members
    await reconcile(one, id, 'two')
    expect((await actions()).at(-1)).toBe('started')
  })

  it('is looked at anew when the configuration changes while Slack answers', async () => {
    await stored(...complete)
    const world = aWorld()
    const [one] = processes(world) as [Parts]
    const { lookup } = one.members
    one.members.lookup = async (...args) => {
      world.hash = 'two'
      world.today = undefined
      return lookup(...args)
    }
    await reconcile(one, id, 'one')
    expect(await actions()).not.toContain('started')
    await reconcile(one, id, 'two')
    expect((await current()).hold).toMatchObject({ code: 'SERVICE_REMOVED' })
  })

  it('is told to be out of reach when too few people are left, and within it again', async () => {
    await stored()
    const world = aWorld()
    const [one] = processes(world) as [Parts]
    world.members = { U0BOB: { kind: 'deactivated' } }
    await reconcile(one, id, 'one')
    await reconcile(one, id, 'two')
    expect(await current()).toMatchObject({ reachable: 1 })
    world.members = {}
    await reconcile(one, id, 'three')
    expect(await current()).not.toHaveProperty('reachable')
    expect((await actions()).slice(2)).toEqual(['quorumLost', 'quorumRegained'])
  })
})

describe('a decision that Redis gets to late', () => {
  it('is not decided: the engine says so, and nothing of it is stored afterwards', async () => {
    const upgrade = await stored()
    const [one] = processes(aWorld()) as [Parts]
    const [, other] = connections as [Redis, Redis]
    const lookup: Parts['members']['lookup'] = async (actor) => {
      // Between what was read and what is to be written.
      await other.call('CLIENT', 'PAUSE', '2300', 'ALL')
      return aMember(actor)
    }
    const slow: Parts = { ...one, members: { ...one.members, lookup } }
    await expect(decide(slow, press(upgrade, 'approve', alice))).rejects.toMatchObject({ code: 'NOT_STORED' })
    expect(await current()).toEqual(upgrade)
    expect(await actions()).toEqual(['requested', 'prepared'])
  })

  it('that arrived too long ago is not even tried', async () => {
    const upgrade = await stored()
    const [one] = processes(aWorld()) as [Parts]
    const late = { ...press(upgrade, 'approve', alice), arrivedAt: performance.now() - 2_001 }
    await expect(decide(one, late)).rejects.toMatchObject({ code: 'NOT_STORED' })
    expect(await current()).toEqual(upgrade)
  })
})

describe('a process that goes by another configuration than the one in force', () => {
  const left = (): Parts => {
    const [one] = processes(aWorld()) as [Parts]
    return { ...one, goesBy: async () => false }
  }

  it('leads nothing forward, and lets people stop and go back', async () => {
    const upgrade = await stored(...toContinue)
    const forward = await decide(left(), press(upgrade, 'continue', carol))
    expect(forward).toEqual({ refused: { code: 'CONFIG_OUTDATED' } })
    await reconcile(left(), id, 'request')
    expect(await current()).toEqual(upgrade)
    expect(await decide(left(), press(upgrade, 'rollback', carol))).toHaveProperty('upgrade')
  })

  it('does not say that somebody may not, where the configuration in force may let them', async () => {
    const upgrade = await stored(...toContinue)
    const answer = await decide(left(), press(upgrade, 'rollback', slackUser('U0NOBODY')))
    expect(answer).toEqual({ refused: { code: 'CONFIG_OUTDATED' } })
  })
})

describe('a press that comes to nothing because it is about what is over', () => {
  it.each([
    ['resume', toContinue, 'NOT_NOW'],
    ['continue', [...toContinue, { type: 'continued', by: carol }], 'ALREADY_DECIDED'],
  ] as [Decision['action'], Event[], string][])(
    'has Slack looked at, which may show what is not so any more: %s',
    async (action, before, code) => {
      const upgrade = await stored(...before)
      const [one] = processes(aWorld()) as [Parts]
      const looked: string[] = []
      const queue = { ...one.queue, show: async (id: string) => void looked.push(`show ${id}`) }
      const display = { ...one.display, doubted: async (id: string) => void looked.push(`doubt ${id}`) }
      const pressed = press(
        { ...upgrade, at: { ...upgrade.at, step: action === 'continue' ? 4 : upgrade.at.step } },
        action,
        carol,
      )
      expect(await decide({ ...one, queue, display }, pressed)).toMatchObject({ refused: { code } })
      expect(looked).toEqual([`doubt ${id}`, `show ${id}`])
      const broken = { ...one.queue, show: () => Promise.reject(new Error('no queue')) }
      expect(await decide({ ...one, queue: broken }, { ...pressed, requestId: randomUUID() })).toHaveProperty('refused')
    },
  )
})
