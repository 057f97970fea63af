import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PatchOperation } from '../../../src/kubernetes/api.ts'
import { templateHash, withImage } from '../../../src/kubernetes/pod-template.ts'
import { deviation, nextMove } from '../../../src/targets/deployment/next-move.ts'
import { originalsOf } from '../../../src/targets/deployment/originals.ts'
import { patchOf } from '../../../src/targets/deployment/patch.ts'
import type { Situation } from '../../../src/targets/deployment/situation.ts'
import type { Move } from '../../../src/targets/workload/move.ts'
import type { Goal } from '../../../src/upgrade/upgrade.ts'
import { fuzzRuns } from '../../fuzz-runs.ts'
import { ControllerModel, modelDeployment } from './controller-model.ts'

const now = '2026-07-01T12:00:05.000Z'

/** What somebody else may do to a workload that is under way. */
type Deed =
  | { deed: 'scale'; to: number }
  | { deed: 'image' | 'undo' | 'resume' }
  | { deed: 'strategy'; surge: number; unavailable: number }
  | { deed: 'minReadySeconds'; to: number }

const aDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ deed: fc.constant('scale' as const), to: fc.integer({ min: 0, max: 14 }) }),
  fc.record({ deed: fc.constantFrom('image' as const, 'undo' as const, 'resume' as const) }),
  fc.record({ deed: fc.constant('strategy' as const), surge: fc.nat(4), unavailable: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ deed: fc.constant('minReadySeconds' as const), to: fc.nat(30) }),
)

const aCase = fc.record({
  replicas: fc.integer({ min: 1, max: 10 }),
  share: fc.integer({ min: 1, max: 10 }),
  surge: fc.integer({ min: 0, max: 3 }),
  hold: fc.constantFrom('quiet' as const, 'strict' as const),
  /** How far the move to the share has come when somebody steps in; a large number: it rests. */
  looks: fc.oneof(fc.nat(12), fc.constant(1_000)),
  deeds: fc.array(
    fc.record({
      what: aDeed,
      /** What happens between this and the next one. */
      meanwhile: fc.shuffledSubarray([0, 1, 2, 3, 4, 5]),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  /** What lags while the share is restored, round by round. */
  lags: fc.array(fc.record({ stuck: fc.nat(2 ** 6 - 1), which: fc.nat(12) }), { maxLength: 30 }),
})

type Case = typeof aCase extends fc.Arbitrary<infer T> ? T : never

class Site {
  readonly model: ControllerModel
  readonly originals: ReturnType<typeof originalsOf>
  readonly given: Omit<Situation, 'goal' | 'stamp' | 'snapshot' | 'fresh' | 'resting'>
  readonly share: number
  readonly replicas: number
  sequence = 2

  constructor({ replicas, share, surge, hold }: Case) {
    this.model = new ControllerModel(modelDeployment(replicas, 'web:1'))
    this.model.settle()
    this.replicas = replicas
    this.share = Math.min(share, replicas)
    const { template } = this.model.deployment.spec
    this.originals = originalsOf(this.model.deployment, templateHash(withImage(template, 'app', 'web:2')))
    this.given = {
      uid: 'd1',
      first: false,
      begun: true,
      fenced: true,
      facts: {
        replicas,
        image: 'web:1',
        templateHash: templateHash(template),
        surge,
        unavailable: 1,
        strategyType: 'RollingUpdate',
      },
      strategy: 'rolling',
      hold,
      container: 'app',
      image: 'web:2',
      cause: 'an upgrade',
      since: now,
      now,
      originals: this.originals,
    }
  }

  situation(goal: Goal, changes: Partial<Situation> = {}): Situation {
    const stamp = { id: 'web-production-14', sequence: this.sequence }
    return { ...this.given, goal, stamp, snapshot: this.model.truth(), fresh: true, resting: false, ...changes }
  }

  goal(to: Partial<Goal> = {}): Goal {
    return { on: 'target', to: 'batch', pods: this.share, of: this.replicas, ...to }
  }

  /** As the target does it: what would be drastic is not believed of old copies. */
  act(goal: Goal, first: boolean): Move {
    const cached = nextMove(this.situation(goal, { first, snapshot: this.model.snapshot(), fresh: false }))
    const drastic = ['changed', 'outdated', 'superseded', 'gone', 'unsure', 'lost'].includes(cached.move)
    const move = drastic ? nextMove(this.situation(goal, { first })) : cached
    if (move.move === 'patch') this.model.carryOut(move)
    return move
  }

  /** To the share, or part of the way. */
  start(looks: number) {
    for (let look = 0; look < looks; look++) {
      if (this.act(this.goal(), true).move === 'reached') return
      this.model.settle()
    }
  }

  do(deed: Deed) {
    const { deployment } = this.model
    const live = this.model.truth().deployment
    const anew = (operations: PatchOperation[]) => this.model.patch([...patchOf(live, {}), ...operations])
    switch (deed.deed) {
      case 'scale':
        return anew([{ op: 'add', path: '/spec/replicas', value: deed.to }])
      case 'image':
        return anew([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'web:3' }])
      case 'undo':
        // The annotations of the old revision come with its template.
        return anew([
          { op: 'replace', path: '/spec/template', value: this.originals.template },
          { op: 'replace', path: '/metadata/annotations', value: { 'kubernetes.io/change-cause': 'before' } },
        ])
      case 'resume':
        return anew([{ op: 'add', path: '/spec/paused', value: false }])
      case 'strategy':
        return this.model.patch(
          patchOf(live, {
            fields: {
              strategy: {
                type: 'RollingUpdate',
                rollingUpdate: { maxSurge: deed.surge, maxUnavailable: deed.unavailable },
              },
            },
          }),
        )
      case 'minReadySeconds':
        return (deployment.spec.progressDeadlineSeconds ?? 600) > deed.to
          ? anew([{ op: 'add', path: '/spec/minReadySeconds', value: deed.to }])
          : false
    }
  }

  happen(event: number, which: number) {
    const { model } = this
    const events = [
      () => model.refreshSeenDeployment(),
      () => model.refreshSeenSets(1 + (which % 4)),
      () => model.refreshShownDeployment(),
      () => model.ready(which),
      () => model.syncSet(which),
      () => model.syncDeployment(),
    ]
    events[event]?.()
  }

  /** Replicas that the new revision is to have. */
  fresh(): number {
    return this.model.wanted(this.originals.upgradedHash).new
  }
}

/** Looks and lets happen what does, until the goal is reached. */
function pursue(site: Site, goal: Goal, lags: Case['lags'], check: () => void) {
  const seen: Move[] = []
  for (let look = 0; look < 300; look++) {
    const move = site.act(goal, false)
    seen.push(move)
    check()
    if (move.move === 'reached') return
    if (move.move === 'changed') throw new Error(`nobody else acts here: ${JSON.stringify(move)}`)
    const lag = lags[look]
    if (!lag) {
      site.model.settle()
    } else {
      for (const event of [0, 1, 2, 3, 4, 5]) {
        if (lag.stuck & (1 << event)) continue
        site.happen(event, lag.which)
        check()
      }
    }
    check()
  }
  throw new Error('never reached', { cause: { last: seen.slice(-6), truth: site.model.truth() } })
}

test('whatever others did, the approved share is restored, to the pod and to the field, and the plan goes on', () => {
  const holds = fc.property(aCase, (given) => {
    const site = new Site(given)
    site.start(given.looks)
    for (const { what, meanwhile } of given.deeds) {
      site.do(what)
      for (const event of meanwhile) site.happen(event, event)
    }
    site.sequence = 9
    pursue(site, site.goal({ restore: 9 }), given.lags, () => {})
    const rested = site.situation(site.goal(), { resting: true })
    expect(deviation(rested)).toBeUndefined()
    site.sequence = 10
    pursue(site, site.goal({ pods: site.replicas }), [], () => {})
  })
  fc.assert(holds, { numRuns: fuzzRuns(30) })
})

test('while the share is restored nothing more becomes new than was or than is wanted, and capacity stays', () => {
  const only = fc.constantFrom<Deed>({ deed: 'scale', to: 0 }, { deed: 'resume' }, { deed: 'scale', to: 14 })
  const aSmallerCase = fc.record({ of: aCase, what: only, surge: fc.integer({ min: 1, max: 3 }) })
  const holds = fc.property(aSmallerCase, ({ of, what, surge }) => {
    const given = { ...of, surge, looks: 1_000 }
    const site = new Site(given)
    site.start(given.looks)
    site.do(what)
    for (let round = 0; round < 6; round++) site.model.settle()
    // Scaled to nothing and back: every pod is new. Let go on: as many as the controller got to.
    if (what.deed === 'scale') site.do({ deed: 'scale', to: site.replicas })
    for (let round = 0; round < 6; round++) site.model.settle()
    const most = Math.max(site.fresh(), site.share)
    const least = Math.min(site.model.readyPods(), site.replicas)
    site.sequence = 9
    pursue(site, site.goal({ restore: 9 }), given.lags, () => {
      expect(site.fresh(), 'new pods wanted').toBeLessThanOrEqual(most)
      expect(site.model.readyPods(), 'Ready pods').toBeGreaterThanOrEqual(least)
    })
    expect(site.fresh()).toBe(site.share)
  })
  fc.assert(holds, { numRuns: fuzzRuns(30) })
})
