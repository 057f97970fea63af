import { describe, expect, test } from 'vitest'
import type { ReplicaSetView, Snapshot } from '../../../src/kubernetes/deployment.ts'
import type { PodView } from '../../../src/kubernetes/pod.ts'
import { heldTimings, nextBudget, rollingUpdate } from '../../../src/targets/deployment/hold.ts'
import { haltMove, nextMove } from '../../../src/targets/deployment/next-move.ts'
import type { Situation } from '../../../src/targets/deployment/situation.ts'
import { after, noon, someFacts } from '../../an-upgrade.ts'

const facts = someFacts({ templateHash: 'old' })
const originals = {
  template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  templateHash: 'old',
  upgradedHash: 'new',
  progressDeadlineSeconds: 600,
  strategy: rollingUpdate({ surge: 2, unavailable: 0 }),
}

function pods(count: number, owner: string, changes: Partial<PodView> = {}): PodView[] {
  return Array.from({ length: count }, (_, index) => ({
    uid: `${owner}-${index}`,
    name: `${owner}-${index}`,
    owner,
    createdAt: noon,
    deleting: false,
    active: true,
    ready: true,
    readySince: noon,
    restarts: 0,
    displaced: false,
    ...changes,
  }))
}

/** On the way to 3 of 10: 2 new pods are there, (1, 2) is asked for, and 8 old ones are left. */
function moving(newPods: PodView[], deployment: Partial<Snapshot['deployment']> = {}): Snapshot {
  const set = { owner: 'd1', images: {}, observed: true, marks: [] }
  return {
    deployment: {
      uid: 'd1',
      generation: 7,
      deleting: false,
      annotations: { 'rollcall.dev/upgrade': 'web-production-14@8' },
      replicas: 10,
      ...heldTimings,
      strategy: rollingUpdate({ surge: 1, unavailable: 2 }),
      templateHash: 'new',
      containers: [{ name: 'web', image: 'web:2' }],
      observedGeneration: 7,
      countedReplicas: 11,
      updatedReplicas: 3,
      availableReplicas: 8,
      ...deployment,
    },
    replicaSets: [
      {
        ...set,
        uid: 'new',
        name: 'web-new',
        templateHash: 'new',
        replicas: 3,
        minReadySeconds: heldTimings.minReadySeconds,
        availableReplicas: 0,
      },
      {
        ...set,
        uid: 'old',
        name: 'web-old',
        templateHash: 'old',
        replicas: 8,
        minReadySeconds: 0,
        availableReplicas: 8,
      },
    ],
    pods: [...newPods, ...pods(8, 'old')],
  }
}

function situation(snapshot: Snapshot, changes: Partial<Situation> = {}): Situation {
  return {
    uid: 'd1',
    goal: { on: 'target', to: 'batch', pods: 3, of: 10 },
    first: false,
    begun: true,
    resting: false,
    facts,
    strategy: 'rolling',
    hold: 'quiet',
    stamp: { id: 'web-production-14', sequence: 8 },
    container: 'web',
    image: 'web:2',
    cause: 'an upgrade',
    since: noon,
    now: after(10_000),
    snapshot,
    fresh: true,
    fenced: true,
    originals,
    ...changes,
  }
}

test('each newly Ready pod makes room for the next one, in one compare-and-set', () => {
  expect(nextMove(situation(moving(pods(3, 'new'))))).toEqual({
    move: 'patch',
    why: 'move',
    operations: [
      { op: 'test', path: '/metadata/uid', value: 'd1' },
      { op: 'test', path: '/metadata/generation', value: 7 },
      { op: 'add', path: '/metadata/annotations/rollcall.dev~1upgrade', value: 'web-production-14@8' },
      { op: 'add', path: '/spec/strategy', value: rollingUpdate({ surge: 0, unavailable: 3 }) },
    ],
  })
})

test.each([
  // pods, counted, now, capacity → next
  [5, 0, [0, 0], [2, 0], [2, 0]],
  [1, 0, [0, 0], [2, 0], [1, 0]],
  [5, 4, [2, 2], [2, 0], [1, 4]],
  [5, 5, [1, 4], [2, 0], [0, 5]],
  [5, 2, [1, 4], [2, 0], [1, 4]],
  [5, 0, [0, 0], [0, 1], [0, 1]],
  [5, 3, [0, 1], [0, 1], [0, 4]],
  [5, 5, [0, 4], [0, 1], [0, 5]],
  [5, 1, [0, 3], [0, 2], [0, 3]],
] as const)('to %i with %i counted from %j and capacity %j: %j', (wanted, counted, now, capacity, next) => {
  const budget = ([surge, unavailable]: readonly [number, number]) => ({ surge, unavailable })
  expect(nextBudget(wanted, counted, budget(now), budget(capacity))).toEqual(budget(next))
})

describe('a pod counts', () => {
  const slow = { ...originals, minReadySeconds: 30 }

  test('only when it was Ready without a break for the workload’s own minReadySeconds', () => {
    const given = { originals: slow, now: after(20_000) }
    const young = pods(3, 'new', { readySince: after(15_000) })
    expect(nextMove(situation(moving(young), given))).toEqual({ move: 'ripen', againAt: after(45_000) })
    expect(nextMove(situation(moving(young), { ...given, now: after(45_000) }))).toMatchObject({ move: 'patch' })
  })

  test('not while it is deleted, has ended or is to be taken away', () => {
    const gone = [...pods(2, 'new'), ...pods(1, 'new', { deleting: true }), ...pods(1, 'new', { active: false })]
    expect(nextMove(situation(moving(gone)))).toMatchObject({ move: 'wait', code: 'NOT_READY' })
  })
})

describe('what a move waits for', () => {
  const waiting = (changes: Partial<PodView>, snapshot: Partial<Snapshot['deployment']> = {}) => {
    const young = pods(1, 'new', { ready: false, name: 'young', ...changes }).map(({ readySince: _, ...pod }) => pod)
    return nextMove(situation(moving([...pods(2, 'new', { readySince: after(4_000) }), ...young], snapshot)))
  }

  test.each<[Partial<PodView>, string, Record<string, string | number>]>([
    [{}, 'NOT_READY', { pod: 'young', ready: 2, wanted: 3 }],
    [{ waiting: 'CrashLoopBackOff' }, 'CRASH_LOOP', { pod: 'young', reason: 'CrashLoopBackOff' }],
    [{ waiting: 'ErrImagePull' }, 'IMAGE_PULL', { pod: 'young', reason: 'ErrImagePull' }],
    [{ waiting: 'CreateContainerError' }, 'CONTAINER_CONFIG', { pod: 'young', reason: 'CreateContainerError' }],
    [{ unschedulable: 'no node' }, 'UNSCHEDULABLE', { pod: 'young', message: 'no node' }],
  ])('%j is %s, since the last pod became Ready', (changes, code, detail) => {
    expect(waiting(changes)).toEqual({ move: 'wait', since: after(4_000), code, detail })
  })

  test('a controller that has not seen the last patch', () => {
    expect(waiting({}, { observedGeneration: 6 })).toMatchObject({ move: 'wait', code: 'CONTROLLER_BEHIND' })
  })

  test('a quota', () => {
    const snapshot = moving(pods(2, 'new'))
    for (const set of snapshot.replicaSets) if (set.uid === 'new') set.failure = 'exceeded quota'
    const detail = { message: 'exceeded quota' }
    expect(nextMove(situation(snapshot))).toMatchObject({ move: 'wait', code: 'PODS_REFUSED', detail })
  })
})

describe('what is not ours', () => {
  const stamped = (stamp: string) => moving(pods(2, 'new'), { annotations: { 'rollcall.dev/upgrade': stamp } })

  test.each([nextMove, haltMove])('a higher stamp of the same upgrade: somebody went further (%o)', (look) => {
    const stamp = 'web-production-14@9'
    expect(look(situation(stamped(stamp)))).toEqual({ move: 'superseded', stamp })
  })

  test('the stamp of another upgrade', () => {
    const stamp = 'web-production-15@1'
    expect(nextMove(situation(stamped(stamp)))).toEqual({ move: 'changed', change: { kind: 'ahead', stamp } })
  })

  test('another object of the same name, or one that is being deleted', () => {
    expect(nextMove(situation(moving([], { uid: 'd2' })))).toEqual({ move: 'gone' })
    expect(nextMove(situation(moving([], { deleting: true })))).toEqual({ move: 'gone' })
  })

  const template = { kind: 'template', from: 'web:2' }
  test.each<[Partial<Snapshot['deployment']>, Record<string, unknown>]>([
    [{ replicas: 20 }, { kind: 'scaled', from: 10, to: 20, updated: 3, surge: 2, unavailable: 0 }],
    [
      { templateHash: 'third', containers: [{ name: 'web', image: 'web:3' }] },
      { ...template, how: 'image', to: 'web:3' },
    ],
    [
      { templateHash: 'old', containers: [{ name: 'web', image: 'web:1' }] },
      { ...template, how: 'undone', to: 'web:1' },
    ],
    [
      { templateHash: 'third', restartedAt: after(1_000) },
      { ...template, how: 'restarted', to: 'web:2' },
    ],
    [{ templateHash: 'third' }, { ...template, how: 'edited', to: 'web:2' }],
    [
      { strategy: rollingUpdate({ surge: 9, unavailable: 2 }) },
      { kind: 'fields', fields: [{ field: 'strategy', to: 'maxSurge 9, maxUnavailable 2' }] },
    ],
    [{ minReadySeconds: 5 }, { kind: 'fields', fields: [{ field: 'minReadySeconds', to: '5' }] }],
    [{ paused: true }, { kind: 'fields', fields: [{ field: 'paused', from: 'false', to: 'true' }] }],
  ])('%j in a move', (deployment, change) => {
    expect(nextMove(situation(moving(pods(2, 'new'), deployment)))).toEqual({ move: 'changed', change })
  })

  test('more new pods than allowed', () => {
    const snapshot = moving(pods(2, 'new'))
    for (const set of snapshot.replicaSets) if (set.uid === 'new') set.replicas = 4
    expect(nextMove(situation(snapshot))).toEqual({ move: 'changed', change: { kind: 'share', from: 3, to: 4 } })
  })
})

test('without the record there is nothing to go back to', () => {
  const original = { on: 'target', to: 'original', pods: 0, of: 10 } as const
  expect(nextMove(situation(moving([]), { goal: original, originals: undefined }))).toEqual({ move: 'lost' })
})

test('a way back that somebody else undoes is not fought over', () => {
  const original = { on: 'target', to: 'original', pods: 0, of: 10 } as const
  expect(nextMove(situation(moving(pods(3, 'new')), { goal: original }))).toEqual({
    move: 'changed',
    change: { kind: 'template', how: 'edited', from: 'web:2', to: 'web:2' },
  })
  const later = { goal: original, stamp: { id: 'web-production-14', sequence: 9 } }
  expect(nextMove(situation(moving(pods(3, 'new')), later))).toMatchObject({ move: 'patch', why: 'back' })
})

test('the way back waits for a controller that still counts pods which are gone, but not for ever', () => {
  const given = {
    goal: { on: 'target', to: 'original', pods: 0, of: 10 } as const,
    stamp: { id: 'web-production-14', sequence: 9 },
  }
  const behind = moving(pods(3, 'new'), { availableReplicas: 9 })
  expect(nextMove(situation(behind, { ...given, now: after(1_000) }))).toMatchObject({ code: 'CONTROLLER_BEHIND' })
  expect(nextMove(situation(behind, { ...given, now: after(10_000) }))).toMatchObject({ why: 'back' })
})

describe('the ReplicaSets are written to first, so that a controller which lags is refused', () => {
  const rested = { strategy: rollingUpdate({ surge: 0, unavailable: 3 }) }
  const stamp = { id: 'web-production-14', sequence: 9 }
  const whole = moving(pods(3, 'new'), rested)
  const settled = {
    ...whole,
    replicaSets: whole.replicaSets.map((set) => ({ ...set, replicas: set.uid === 'old' ? 7 : 3 })),
  }
  const barrier = ['web-new', 'web-old']

  test('by a pause: when a batch is complete, and in the middle of a move', () => {
    expect(nextMove(situation(settled))).toMatchObject({ move: 'patch', why: 'rest', barrier })
    expect(haltMove(situation(moving(pods(3, 'new')), { stamp }))).toMatchObject({
      move: 'patch',
      why: 'halt',
      barrier,
    })
  })

  test('by a way back, also where one of them has no pods', () => {
    const goal = { on: 'target', to: 'original', pods: 0, of: 10 } as const
    const all = {
      ...whole,
      replicaSets: whole.replicaSets.map((set) => ({ ...set, replicas: set.uid === 'old' ? 0 : 10 })),
    }
    for (const snapshot of [settled, all]) {
      expect(nextMove(situation(snapshot, { goal, stamp }))).toMatchObject({ move: 'patch', why: 'back', barrier })
    }
  })

  test('by nothing that only turns the dial', () => {
    expect(nextMove(situation(moving(pods(3, 'new'))))).not.toHaveProperty('barrier')
  })
})

describe('a stop that somebody wrote on the workload', () => {
  const stamped = { 'rollcall.dev/upgrade': 'web-production-14@8' }
  const to = (goal: 'batch' | 'finish' | 'original', annotations: Record<string, string>) =>
    nextMove(
      situation(moving(pods(3, 'new'), { annotations: { ...stamped, ...annotations } }), {
        goal: { on: 'target', to: goal, pods: 3, of: 10 },
        stamp: { id: 'web-production-14', sequence: 9 },
      }),
    )

  test.each([
    ['batch', 'hold'],
    ['batch', 'rollback'],
    ['finish', 'hold'],
    ['finish', ' rollback '],
  ] as const)('lets nothing go on to a %s: %s', (goal, value) => {
    expect(to(goal, { 'rollcall.dev/stop': value })).toEqual({ move: 'unsure' })
  })

  test('does not stand in the way back', () => {
    expect(to('original', { 'rollcall.dev/stop': 'hold' })).toMatchObject({ move: 'patch', why: 'back' })
  })

  test.each([
    { 'rollcall.dev/stop': 'pause' },
    { 'rollcall.dev/stop': 'hold', 'rollcall.dev/stop-upgrade': 'web-production-13' },
    { 'rollcall.dev/stop-reason': 'errors' },
  ])('means nothing as %j', (annotations) => {
    expect(to('batch', annotations)).toMatchObject({ move: 'patch', why: 'move' })
  })
})

describe('the way back of a workload that was never changed', () => {
  const goal = { on: 'target', to: 'original', pods: 0, of: 10 } as const
  const { deployment, replicaSets } = moving([])
  const { annotations: _, minReadySeconds: __, ...fields } = deployment
  const untouched: Snapshot = {
    deployment: { ...fields, ...originals, annotations: {}, availableReplicas: 10 },
    replicaSets: replicaSets.flatMap((set) => (set.uid === 'old' ? { ...set, replicas: 10 } : [])),
    pods: pods(10, 'old'),
  }
  const marked = { 'rollcall.dev/upgrade': 'web-production-14@8' }

  test('makes a generation that no first patch of an earlier look has tested', () => {
    expect(nextMove(situation(untouched, { goal, fenced: false }))).toEqual({
      move: 'patch',
      why: 'fence',
      operations: [
        { op: 'test', path: '/metadata/uid', value: 'd1' },
        { op: 'test', path: '/metadata/generation', value: 7 },
        { op: 'add', path: '/metadata/annotations/rollcall.dev~1upgrade', value: 'web-production-14@8' },
      ],
    })
  })

  test.each([originals, undefined])('takes its mark off again, and is done', (known) => {
    const fenced = { ...untouched, deployment: { ...untouched.deployment, annotations: marked } }
    const move = nextMove(situation(fenced, { goal, originals: known, begun: false }))
    expect(move).toMatchObject({ move: 'patch', why: 'restore' })
    expect(nextMove(situation(untouched, { goal, originals: known }))).toEqual({ move: 'reached' })
  })

  test('keeps its mark where the old template came back by its own doing, and nothing tells what else there was', () => {
    const backAgain = { ...untouched, deployment: { ...untouched.deployment, annotations: marked } }
    expect(nextMove(situation(backAgain, { goal, originals: undefined, begun: true }))).toEqual({ move: 'lost' })
  })
})

test('a pause after everything was given back, and before anybody noted it, finds nothing changed', () => {
  const goal = { on: 'target', to: 'finish', pods: 10, of: 10 } as const
  const { deployment, replicaSets } = moving(pods(10, 'new'), { annotations: {} })
  const { minReadySeconds: _, ...own } = deployment
  const snapshot: Snapshot = {
    deployment: { ...own, progressDeadlineSeconds: 600, strategy: originals.strategy },
    replicaSets,
    pods: pods(10, 'new'),
  }
  const gone = { goal, originals: undefined, image: 'web:2' }
  expect(haltMove(situation(snapshot, { ...gone, reachedHash: 'new' }))).toEqual({ move: 'reached' })
  expect(haltMove(situation(snapshot, { ...gone, reachedHash: 'another' }))).toMatchObject({
    move: 'changed',
    change: { kind: 'template' },
  })
})

test('marks on ReplicaSets that the watch does not show yet keep an upgrade from ending', () => {
  const goal = { on: 'target', to: 'finish', pods: 10, of: 10 } as const
  const { deployment, replicaSets } = moving(pods(10, 'new'), { annotations: {} })
  const { minReadySeconds: _, ...own } = deployment
  const restored = { ...own, progressDeadlineSeconds: 600, strategy: originals.strategy }
  const done = (marks: string[]): Snapshot => ({
    deployment: restored,
    replicaSets: replicaSets.map((set) => ({ ...set, marks })),
    pods: pods(10, 'new'),
  })
  expect(nextMove(situation(done([]), { goal, fresh: false }))).toEqual({ move: 'unsure' })
  const strip = { move: 'strip', revisions: ['web-new', 'web-old'] }
  expect(nextMove(situation(done(['rollcall.dev/upgrade']), { goal }))).toEqual(strip)
  expect(nextMove(situation(done([]), { goal }))).toEqual({ move: 'reached' })
})

describe('the first patch, right after an earlier upgrade went back', () => {
  /** Its one pod is gone, and the controller's status says so, or not yet. */
  function wentBack(status: Partial<Snapshot['deployment']>, set: Partial<ReplicaSetView> = {}): Snapshot {
    const snapshot = moving([])
    const { minReadySeconds: _, annotations: __, ...deployment } = snapshot.deployment
    const own = { progressDeadlineSeconds: 600, strategy: originals.strategy, templateHash: 'old' }
    const counts = { countedReplicas: 10, updatedReplicas: 10, availableReplicas: 10 }
    return {
      deployment: { ...deployment, ...own, ...counts, ...status },
      replicaSets: snapshot.replicaSets.map((one) => {
        const replicas = one.uid === 'old' ? 10 : 0
        return { ...one, minReadySeconds: 0, replicas, availableReplicas: replicas, ...set }
      }),
      pods: pods(10, 'old'),
    }
  }

  test.each<[string, Snapshot]>([
    ['counts a pod that is gone', wentBack({ countedReplicas: 11, availableReplicas: 11 })],
    ['does so while one that is left is not Ready', wentBack({ countedReplicas: 11, updatedReplicas: 10 })],
    ['does so while one that is left is not there yet', wentBack({ updatedReplicas: 9, availableReplicas: 9 })],
    ['counts more pods than there are to be', wentBack({ countedReplicas: 12, updatedReplicas: 12 })],
    ['has not seen the newest spec', wentBack({ observedGeneration: 6 })],
    ['is ahead of that of a ReplicaSet', wentBack({}, { observed: false })],
    ['has told of a pod’s end, and the watch has not', { ...wentBack({}), pods: pods(11, 'new') }],
  ])('waits while the controller %s: it would take as many too many away', (_, snapshot) => {
    const first = { first: true, begun: false }
    expect(nextMove(situation(snapshot, first))).toMatchObject({ move: 'wait', code: 'CONTROLLER_BEHIND' })
  })

  test('comes once it counts the pods of one revision', () => {
    const first = { first: true, begun: false }
    expect(nextMove(situation(wentBack({}), first))).toMatchObject({ move: 'patch', why: 'start' })
    const missing = { countedReplicas: 9, updatedReplicas: 9, availableReplicas: 9 }
    expect(nextMove(situation(wentBack(missing), first))).toMatchObject({ move: 'patch', why: 'start' })
  })
})
