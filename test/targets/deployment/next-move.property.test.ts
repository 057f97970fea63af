import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Deployment } from '../../../src/kubernetes/deployment.ts'
import { templateHash, withImage } from '../../../src/kubernetes/pod-template.ts'
import { haltMove, nextMove } from '../../../src/targets/deployment/next-move.ts'
import { originalsOf } from '../../../src/targets/deployment/originals.ts'
import type { Situation } from '../../../src/targets/deployment/situation.ts'
import type { Move } from '../../../src/targets/workload/move.ts'
import { resolveBatches } from '../../../src/upgrade/batches.ts'
import type { Goal, WorkloadFacts } from '../../../src/upgrade/upgrade.ts'
import { copyOf } from '../../copy-of.ts'
import { fuzzRuns } from '../../fuzz-runs.ts'
import { ControllerModel, modelDeployment } from './controller-model.ts'

const now = '2026-07-01T12:00:05.000Z'

type Case = {
  replicas: number
  surge: number
  unavailable: number
  hold: 'quiet' | 'strict'
  batches: number[]
  /** After so many looks the upgrade turns back, wherever it is; or it finishes before. */
  turnBackAfter: number
  phases: Phase[]
}

/** For some rounds everything happens in this order but what is stuck: a cluster in which one part lags behind. */
type Phase = { stuck: number; rounds: number; order: number[]; which: number }

const aCase = fc.record({
  replicas: fc.integer({ min: 1, max: 12 }),
  surge: fc.integer({ min: 0, max: 4 }),
  unavailable: fc.integer({ min: 1, max: 3 }),
  hold: fc.constantFrom('quiet' as const, 'strict' as const),
  batches: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
  turnBackAfter: fc.integer({ min: 0, max: 120 }),
  phases: fc.array(
    fc.record({
      stuck: fc.nat(2 ** 9 - 1).map((bits) => bits & (bits >> 3)),
      rounds: fc.integer({ min: 1, max: 4 }),
      order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }),
      which: fc.nat(12),
    }),
    { minLength: 12, maxLength: 30 },
  ),
})

/** One upgrade on one model, and what must hold at any moment. */
class Adversary {
  readonly model: ControllerModel
  readonly before: Deployment
  private readonly given: Omit<Situation, 'goal' | 'stamp' | 'snapshot' | 'fresh' | 'fenced' | 'begun' | 'originals'>
  private goals: Goal[]
  private readonly back: Goal
  private readonly turnBackAfter: number
  private looks = 0
  private sequence = 1
  private patchedIn = 0
  private readonly originals: ReturnType<typeof originalsOf>
  private readonly limits: { ready: number; wanted: number }
  private at = 0
  private recorded = false
  private allowed = 0

  constructor({ replicas, surge, unavailable, hold, batches, turnBackAfter }: Case, model = atRest(replicas)) {
    this.model = model
    this.before = copyOf(this.model.deployment)
    const template = this.before.spec.template
    const facts: WorkloadFacts = {
      replicas,
      image: 'web:1',
      templateHash: templateHash(template),
      surge,
      unavailable,
      strategyType: 'RollingUpdate',
    }
    this.originals = originalsOf(this.before, templateHash(withImage(template, 'app', 'web:2')))
    const shares = resolveBatches(
      [...batches].sort((one, other) => one - other),
      replicas,
    )
    const forward: Goal[] = shares.map(({ pods }) => ({ on: 'target', to: 'batch', pods, of: replicas }))
    const end: Goal = { on: 'target', to: 'finish', pods: replicas, of: replicas }
    const back: Goal = { on: 'target', to: 'original', pods: 0, of: replicas }
    this.goals = [...forward, end]
    this.back = back
    this.turnBackAfter = turnBackAfter
    this.limits = {
      ready: surge > 0 ? replicas : Math.max(0, replicas - unavailable),
      wanted: replicas + surge,
    }
    this.given = {
      uid: 'd1',
      first: true,
      resting: false,
      facts,
      strategy: 'rolling',
      hold,
      container: 'app',
      image: 'web:2',
      cause: 'an upgrade',
      since: now,
      now,
    }
  }

  get done(): boolean {
    return this.at >= this.goals.length
  }

  get turnedBack(): boolean {
    return this.goals.at(-1) === this.back
  }

  /** @param deadly pods die now and then, for reasons of their own */
  play({ stuck, rounds, order, which }: Phase, deadly = false) {
    if (deadly) this.model.kill(which)
    for (let round = 0; round < rounds; round++) {
      for (const event of order) {
        if (stuck & (1 << event)) continue
        this.happen(event, which + round)
        this.check(deadly)
      }
    }
  }

  private happen(event: number, which: number) {
    const { model } = this
    switch (event) {
      case 0:
        return model.refreshSeenDeployment()
      case 1:
        return model.refreshSeenSets(1 + (which % 4))
      case 2:
        return model.refreshShownDeployment()
      case 3:
        return model.refreshShownSets()
      case 4:
        return model.refreshShownPods()
      case 5:
        return model.ready(which)
      case 6:
        return model.syncSet(which)
      case 7:
        return model.syncDeployment()
      default:
        // Now and then somebody pauses; whoever looks next goes on.
        return which % 11 === 10 ? this.halt() : this.act()
    }
  }

  /** What one reconcile does: at most one patch. */
  act() {
    if (this.looks++ === this.turnBackAfter && !this.done) this.turnBack()
    const goal = this.goals[this.at]
    if (!goal) return
    const { snapshot, move } = this.decide(goal, nextMove)
    switch (move.move) {
      case 'record':
        this.recorded = true
        return
      case 'patch':
        if (goal.to === 'batch') this.allowed = goal.pods
        if (this.model.carryOut(move)) this.patchedIn = this.sequence
        return
      case 'strip':
        this.model.stripMarks()
        this.reached()
        return
      case 'reached':
        if (goal.to === 'batch') expect(this.model.wanted(this.originals.upgradedHash).new).toBe(goal.pods)
        this.reached()
        return
      case 'wait':
      case 'ripen':
        return
      default:
        throw new Error(`nobody else acts here, yet: ${JSON.stringify({ move, goal, snapshot }, null, 1)}`)
    }
  }

  private turnBack() {
    this.goals = [...this.goals.slice(0, this.at), this.back]
    this.sequence += 1
  }

  private reached() {
    this.at += 1
    this.sequence += 1
  }

  /** A pause and a resume. */
  halt() {
    const goal = this.goals[this.at]
    if (!goal || !this.recorded || goal.to !== 'batch') return
    this.sequence += 1
    const { move } = this.decide(goal, haltMove)
    if (move.move === 'patch') this.model.carryOut(move)
    this.sequence += 1
  }

  check(deadly = false) {
    const { new: fresh, all } = this.model.wanted(this.originals.upgradedHash)
    expect(fresh, 'new pods wanted').toBeLessThanOrEqual(this.allowed)
    expect(all, 'pods wanted').toBeLessThanOrEqual(this.limits.wanted)
    if (!deadly) expect(this.model.readyPods(), 'Ready pods').toBeGreaterThanOrEqual(this.limits.ready)
  }

  /** As the target does it: what would be drastic is not believed of old copies. */
  private decide(goal: Goal, look: (situation: Situation) => Move) {
    const situation = (snapshot: Situation['snapshot'], fresh: boolean): Situation => ({
      ...this.given,
      first: this.at === 0,
      begun: this.at > 0,
      goal,
      stamp: { id: 'web-production-14', sequence: this.sequence },
      snapshot,
      fresh,
      fenced: this.patchedIn === this.sequence,
      originals: this.recorded ? this.originals : undefined,
    })
    const cached = situation(this.model.snapshot(), false)
    const move = look(cached)
    if (!['changed', 'outdated', 'superseded', 'gone', 'unsure', 'lost'].includes(move.move))
      return { snapshot: cached.snapshot, move }
    const fresh = situation(this.model.truth(), true)
    return { snapshot: fresh.snapshot, move: look(fresh) }
  }
}

const still: Phase = { stuck: 0, rounds: 1, order: [], which: 0 }

function atRest(replicas: number): ControllerModel {
  const model = new ControllerModel(modelDeployment(replicas, 'web:1'))
  model.settle()
  return model
}

/** A cluster that nobody disturbs any more brings every goal about, and nothing stays behind. */
function expectAnEnd(adversary: Adversary) {
  const { model, before } = adversary
  for (let round = 0; round < 200 && !adversary.done; round++) {
    adversary.act()
    adversary.check(true)
    model.settle()
    adversary.check(true)
  }
  expect(adversary.done, 'reached every goal').toBe(true)
  model.settle()
  expect(model.truth().replicaSets.flatMap(({ marks }) => marks)).toEqual([])
  const { spec, metadata } = model.deployment
  const { template, paused, ...fields } = spec
  const { template: was, paused: _, ...fieldsBefore } = before.spec
  expect(fields).toEqual(fieldsBefore)
  expect(paused ?? false).toBe(false)
  expect(template).toEqual(adversary.turnedBack ? was : withImage(was, 'app', 'web:2'))
  const cause = adversary.turnedBack ? 'before' : 'an upgrade'
  expect(metadata.annotations).toEqual({ 'kubernetes.io/change-cause': cause })
}

test('whatever lags and in whatever order: never more new pods than allowed, full capacity, and it ends', () => {
  const holds = fc.property(aCase, (given) => {
    const adversary = new Adversary(given)
    for (const phase of given.phases) adversary.play(phase)
    expectAnEnd(adversary)
  })
  fc.assert(holds, { numRuns: fuzzRuns(200) })
})

test('when pods die as well: never more new pods than allowed, and it ends', () => {
  const holds = fc.property(aCase, (given) => {
    const adversary = new Adversary(given)
    for (const phase of given.phases) adversary.play(phase, true)
    expectAnEnd(adversary)
  })
  fc.assert(holds, { numRuns: fuzzRuns(200) })
})

test('right after an upgrade that went back, whatever lags: never more new pods than allowed, and it ends', () => {
  const holds = fc.property(aCase, aCase, fc.nat(8), (given, next, batch) => {
    const first = new Adversary({ ...given, turnBackAfter: 4 + batch })
    // Not an event longer: whatever lags then lags still when the next one looks.
    for (let look = 0; look < 2_000 && !first.done; look++) {
      const { order, which, stuck } = given.phases[Math.floor(look / 9) % given.phases.length] ?? still
      first.play({
        stuck: look % 2 ? stuck : 0,
        rounds: 1,
        order: order.slice(look % 9, (look % 9) + 1),
        which: which + look,
      })
    }
    fc.pre(first.done && first.turnedBack)
    const adversary = new Adversary({ ...next, replicas: given.replicas }, first.model)
    for (const phase of next.phases) adversary.play(phase)
    expectAnEnd(adversary)
  })
  fc.assert(holds, { numRuns: fuzzRuns(100) })
})
