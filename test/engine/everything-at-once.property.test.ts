import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decide } from '../../src/engine/decide.ts'
import type { Parts } from '../../src/engine/parts.ts'
import { reconcile } from '../../src/engine/reconcile.ts'
import { request } from '../../src/engine/request.ts'
import type { Decision } from '../../src/engine/surface.ts'
import { gates, openMeasures } from '../../src/gates/index.ts'
import type { Deployment } from '../../src/kubernetes/deployment.ts'
import { templateHash, withImage } from '../../src/kubernetes/pod-template.ts'
import { openTargets } from '../../src/targets/index.ts'
import { genesis } from '../../src/upgrade/audit-chain.ts'
import type { Freeze } from '../../src/upgrade/freezes.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import { currentStep, hasStarted, type SlackActor, type Upgrade } from '../../src/upgrade/upgrade.ts'
import { linkOf, verifyChain } from '../../src/upgrade/verify-chain.ts'
import { noAlerting } from '../an-alert.ts'
import { after, alice, aMember, aPolicy, bob, carol, dana, noon } from '../an-upgrade.ts'
import { copyOf } from '../copy-of.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { noFreezes } from '../no-freezes.ts'
import { nothingAttached } from '../nothing-attached.ts'
import { ControllerModel, modelDeployment } from '../targets/deployment/controller-model.ts'
import { Interleaving, type Process } from './interleaving.ts'
import { MemoryMeasurements, noCapacities } from './memory-measurements.ts'
import { MemoryUpgrades } from './memory-upgrades.ts'
import { ModelCluster } from './model-cluster.ts'

/*
 * The real engine, Deployment target, gates and core, in two processes on one store and one model of a cluster.
 * An adversary decides what happens next, between any two calls to the outside.
 */

const id = 'web-production-1'

type Shape = {
  replicas: number
  surge: number
  hold: 'quiet' | 'strict'
  continue: 'approval' | 'auto'
  quorum: 1 | 2
  batches: number[]
  /** Whether the adversary comes only after the start is approved, which is where pods move. */
  approved: boolean
  /** Whether somebody takes a success back, and goes on trying until it is. */
  takesBack: boolean
}

const aShape: fc.Arbitrary<Shape> = fc.record({
  replicas: fc.integer({ min: 0, max: 8 }),
  surge: fc.integer({ min: 0, max: 3 }),
  hold: fc.constantFrom('quiet' as const, 'strict' as const),
  continue: fc.constantFrom('approval' as const, 'auto' as const),
  quorum: fc.constantFrom(1 as const, 2 as const),
  batches: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
  approved: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  takesBack: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

const people = [alice, bob, carol, dana]
const acts = ['step', 'reconcile', 'cluster', 'person', 'kill', 'lose', 'time', 'freeze'] as const

/** What happens next; most of the time somebody gets one step further. */
const anAct = fc.record({
  act: fc.oneof(
    { weight: 14, arbitrary: fc.constant('step' as const) },
    { weight: 4, arbitrary: fc.constant('reconcile' as const) },
    { weight: 6, arbitrary: fc.constant('cluster' as const) },
    { weight: 2, arbitrary: fc.constant('person' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...acts) },
  ),
  which: fc.nat(10_000),
})

const image = 'registry.example.com/shop/web:1.5.0'

/** Two processes of Rollcall on one store and one cluster. */
class World {
  readonly interleaving = new Interleaving()
  readonly upgrades = new MemoryUpgrades(() => after(this.elapsed))
  readonly cluster: ModelCluster
  readonly before: Deployment
  readonly policy: Policy
  readonly acknowledged: string[] = []
  private readonly processes: { process: Process; parts: Parts }[] = []
  private readonly triggers: string[] = []
  private readonly surge: number
  private readonly unavailable: number
  private readonly hash: string
  private readonly takesBack: boolean
  private frozen: Freeze[] = []
  private elapsed = 0
  private deliveries = 0
  private approved = 0

  constructor(shape: Shape) {
    const { replicas, surge, quorum, hold, batches, takesBack } = shape
    this.takesBack = takesBack
    const model = new ControllerModel(modelDeployment(replicas, 'registry.example.com/shop/web:1.4.2'))
    model.settle()
    this.before = copyOf(model.deployment)
    this.hash = templateHash(withImage(this.before.spec.template, 'app', image))
    this.cluster = new ModelCluster(model)
    const base = aPolicy()
    const ordered = [...batches].sort((one, other) => one - other)
    const strategy = { ...base.strategy, hold, continue: shape.continue, batches: ordered, soakMs: 1_000 }
    this.policy = aPolicy({
      target: { ...base.target, container: 'app' },
      approval: { ...base.approval, quorum },
      strategy: { ...strategy, maxSurge: surge },
      onFailure: 'hold',
    })
    this.surge = surge
    // The workload's own 25 %, and one at least: without a surge something has to go first.
    this.unavailable = surge > 0 ? 0 : Math.max(1, Math.floor(replicas / 4))
    this.start()
    this.start()
  }

  /** Whether nobody wants anything else of it. */
  isDone = ({ result }: Upgrade): boolean => {
    return result !== undefined && !(this.takesBack && result.outcome === 'succeeded')
  }

  get upgrade(): Upgrade {
    const found = this.upgrades.stored(id)
    if (!found) throw new Error('the upgrade is not there any more')
    return found
  }

  /** A process starts, with nothing in its memory. */
  private start(slot = this.processes.length) {
    const process: Process = { name: `process ${slot}`, dead: false }
    const { interleaving } = this
    const silent = { info() {}, warn() {}, error() {} }
    const clusters = this.cluster.clusters((api) => interleaving.wrap(process, api))
    const parts: Parts = {
      upgrades: interleaving.wrap(process, this.upgrades),
      targets: openTargets(clusters),
      images: { look: async () => ({ state: 'missing' }), tags: async () => ({ state: 'found', tags: [] }) },
      gates,
      measures: openMeasures({ clusters, secrets: {}, attachments: nothingAttached }),
      measurements: new MemoryMeasurements(),
      capacities: noCapacities,
      queue: {
        reconcile: async (one) => void this.triggers.push(one),
        reconcileAt: async (one) => void this.triggers.push(one),
        show: async () => {},
        measure: async () => {},
      },
      members: { lookup: async (actor) => aMember(actor), inGroup: async () => [], workspace: async () => 'T0SHOP' },
      display: {
        isReached: async () => true,
        orphaned: async () => {},
        trouble: async () => undefined,
        doubted: async () => {},
      },
      config: () => ({
        ...noAlerting,
        wishes: () => [],
        policyFor: () => this.policy,
        services: () => [],
        identityOf: () => undefined,
        admins: () => undefined,
        hash: 'h',
      }),
      goesBy: async () => true,
      freezes: interleaving.wrap(process, { ...noFreezes, all: async () => this.frozen }),
      log: silent,
    }
    this.processes[slot] = { process, parts }
  }

  private parts(which: number): Parts {
    const { parts } = this.processes[which % this.processes.length] ?? {}
    if (!parts) throw new Error('no process runs')
    return parts
  }

  async request(): Promise<void> {
    const input = { service: 'web', environment: 'production', version: '1.5.0', overrides: {}, by: dana }
    const asked = request(this.parts(0), { ...input, requestId: 'request' })
    await this.drain()
    expect(await asked).toMatchObject({ upgrade: { id } })
  }

  async happen(act: (typeof acts)[number], which: number): Promise<void> {
    switch (act) {
      case 'step':
        return this.interleaving.step(which)
      case 'reconcile':
        this.triggers.pop()
        // A queue that lets more than a few run at once only makes every story the same: nobody gets anywhere.
        if (this.interleaving.atStops < 4) this.look(which)
        return
      case 'cluster':
        return this.disturb(which)
      case 'person':
        return this.decide(which)
      case 'kill': {
        const slot = which % this.processes.length
        const dying = this.processes[slot]
        if (dying) this.interleaving.kill(dying.process)
        return this.start(slot)
      }
      case 'lose':
        this.triggers.length = 0
        return
      case 'time':
        return this.pass(which % 3 === 0 ? 30_000 : 1_000)
      case 'freeze':
        this.frozen = this.frozen.length > 0 ? [] : [{ scope: 'all', by: 'U0ROOT', reason: 'stop', since: noon }]
    }
  }

  async live(story: { act: (typeof acts)[number]; which: number }[]): Promise<void> {
    for (const { act, which } of story) {
      await this.happen(act, which)
      this.check()
    }
    await this.drain()
    this.check()
  }

  private pass(ms: number) {
    this.elapsed += ms
    vi.setSystemTime(new Date(after(this.elapsed)))
  }

  look(which: number): void {
    reconcile(this.parts(which), id, `look-${which}`).catch((error: unknown) => this.failed.push(error))
  }

  readonly failed: unknown[] = []

  private disturb(which: number) {
    const { model } = this.cluster
    const events = [
      () => model.refreshSeenDeployment(),
      () => model.refreshSeenSets(1 + ((which >> 4) % 4)),
      () => model.refreshShownDeployment(),
      () => model.refreshShownSets(),
      () => model.refreshShownPods(),
      () => model.ready(which >> 4),
      () => model.syncSet(which >> 4),
      () => model.syncDeployment(),
      () => model.settle(),
    ]
    events[which % events.length]?.()
  }

  /** Somebody says yes to what is asked; or presses any button, maybe an old one, maybe without having the right to. */
  private decide(which: number): void {
    if (which % 3 > 0) {
      this.sayYes(which)
      return
    }
    const { at, plan } = this.upgrade
    const by = people[(which >> 1) % people.length] ?? dana
    const seen = { step: Math.max(0, at.step - ((which >> 3) % 4 === 3 ? 1 : 0)), planHash: plan?.hash ?? '' }
    const wanted = ['approve', 'continue', 'resume', 'pause', 'pause', 'withdraw', 'rollback'] as const
    const action = wanted[(which >> 5) % wanted.length] ?? 'pause'
    // A rollback ends it all, so it stays rare.
    if (action === 'rollback' && (which >> 8) % 4 > 0) return
    this.press(which, { action, seen }, by)
  }

  private sayYes(which: number): void {
    const { at, plan, hold, approvals, result } = this.upgrade
    const seen = { step: at.step, planHash: plan?.hash ?? '' }
    const question = currentStep(this.upgrade)
    if (result?.outcome === 'succeeded') {
      if (this.takesBack) this.press(which, { action: 'rollback', seen }, carol)
    } else if (hold) {
      this.press(which, { action: 'resume', seen }, carol)
    } else if (question?.kind === 'ask' && question.question === 'continue') {
      this.press(which, { action: 'continue', seen }, carol)
    } else if (question?.kind === 'ask') {
      const by = approvals.some((one) => one.by.user === alice.user) ? bob : alice
      this.press(which, { action: 'approve', seen }, by)
    }
  }

  private press(which: number, what: Pick<Decision, 'action'> & { seen: Decision['seen'] }, by: SlackActor): void {
    const requestId = `click-${++this.deliveries}`
    const decision = { upgrade: id, by, via: 'button', requestId, ...what } as Decision
    decide(this.parts(which), decision).then(
      (outcome) => 'upgrade' in outcome && this.acknowledged.push(requestId),
      (error: unknown) => this.failed.push(error),
    )
  }

  /** Lets everything that is under way come to its end. */
  async drain(): Promise<void> {
    await this.interleaving.settle()
    for (let count = 0; this.interleaving.atStops > 0; count++) {
      if (count > 10_000) throw new Error('it never comes to an end')
      await this.interleaving.step(0)
    }
  }

  check(): void {
    const { upgrade, cluster } = this
    this.approved = Math.max(this.approved, approvedPods(upgrade))
    const wanted = cluster.model.wanted(this.hash)
    const { replicas = 0 } = this.before.spec
    expect(wanted.new, 'new pods wanted').toBeLessThanOrEqual(this.approved)
    expect(wanted.all, 'pods wanted').toBeLessThanOrEqual(replicas + this.surge)
    expect(cluster.model.readyPods(), 'Ready pods').toBeGreaterThanOrEqual(Math.max(0, replicas - this.unavailable))
    expect(this.failed).toEqual([])
  }

  checkTrail(): void {
    const chain = this.upgrades.chains.get(id) ?? []
    const links = chain.map((entry) => linkOf(JSON.stringify(entry)))
    expect(verifyChain(id, links, { start: genesis, length: this.upgrade.sequence })).toEqual([])
    const clicks = chain.map(({ requestId }) => requestId).filter((one) => one.startsWith('click-'))
    expect(new Set(clicks).size, 'no click counts twice').toBe(clicks.length)
    for (const click of this.acknowledged) expect(clicks, 'what was acknowledged is stored').toContain(click)
  }

  /** What a late call of a dead decision left is seen by the watch. */
  async lookAgain(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      this.cluster.model.settle()
      this.look(round)
      await this.drain()
    }
  }

  /** Nobody disturbs anything, and people say yes. */
  async calm(until: (upgrade: Upgrade) => boolean): Promise<void> {
    this.frozen = []
    for (let round = 0; round < 300 && !until(this.upgrade); round++) {
      this.pass(2_000)
      this.sayYes(round)
      await this.drain()
      this.look(round)
      await this.drain()
      this.check()
      this.cluster.model.settle()
      this.check()
    }
  }
}

/** How many replicas people have said yes to by now. */
function approvedPods(upgrade: Upgrade): number {
  const { plan, answers, policy } = upgrade
  const yes = answers.filter(({ action }) => action === 'approved' || action === 'continued')
  if (!plan || yes.length === 0) return 0
  if (policy.strategy.continue === 'auto') return plan.from.replicas
  return Math.max(0, ...yes.map(({ step }) => nextOf(plan.steps[step])))
}

function nextOf(step: NonNullable<Upgrade['plan']>['steps'][number] | undefined): number {
  return step?.kind === 'ask' ? step.next : 0
}

/** Whether a freeze kept it from ever getting a plan that could be approved. */
function isFrozenOut({ result, found }: Upgrade): boolean {
  const blocks = result?.findings?.filter(({ severity }) => severity === 'block') ?? []
  return found === undefined && blocks.length > 0 && blocks.every(({ code }) => code === 'FROZEN')
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: new Date(noon) }))
afterEach(() => vi.useRealTimers())

test('two processes, killed anywhere, on stale caches: exact, recorded once, and it ends', {
  timeout: 3_600_000,
}, async () => {
  const holds = fc.asyncProperty(
    aShape,
    fc.array(anAct, { minLength: 100, maxLength: 300, size: 'max' }),
    fc.array(anAct, { maxLength: 100, size: 'max' }),
    async (shape, story, sequel) => {
      const world = new World(shape)
      await world.request()
      if (shape.approved) await world.calm(hasStarted)
      await world.live(story)
      await world.calm(({ result }) => result !== undefined)
      if (shape.takesBack) await world.live(sequel)
      await world.calm(world.isDone)
      await world.lookAgain()
      world.checkTrail()

      const { upgrade, cluster, before } = world
      expect(['succeeded', 'rolledBack']).toContain(isFrozenOut(upgrade) ? 'rolledBack' : upgrade.result?.outcome)
      cluster.model.settle()
      const { template, paused = false, ...fields } = cluster.model.deployment.spec
      const { template: was, ...fieldsBefore } = before.spec
      expect({ ...fields, paused }).toEqual({ ...fieldsBefore, paused: false })
      expect(template).toEqual(upgrade.result?.outcome === 'succeeded' ? withImage(was, 'app', image) : was)
      expect(cluster.model.deployment.metadata.annotations).not.toHaveProperty(['rollcall.dev/upgrade'])
      expect(cluster.model.truth().replicaSets.flatMap(({ marks }) => marks)).toEqual([])
      // A process that looked before the way back was decided may write a record after it; the next upgrade takes it over.
      if (upgrade.found) expect([...cluster.configMaps.keys()]).toEqual([])
    },
  )
  await fc.assert(holds, { numRuns: fuzzRuns(60), endOnFailure: true })
})
