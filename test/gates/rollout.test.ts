import { describe, expect, test } from 'vitest'
import type { PodReport } from '../../src/engine/ports.ts'
import { rollout } from '../../src/gates/rollout.ts'
import { after, anUpgrade, carol, noon } from '../an-upgrade.ts'

function judge(pod: Partial<PodReport>, now = after(1_000)) {
  const well: PodReport = { name: 'web-1', ready: true, createdAt: noon, restarts: 0, displaced: false }
  const observation = { total: 10, updated: 2, ready: 10, pods: [well, { ...well, name: 'web-2', ...pod }], stable: [] }
  const { verdict, code, detail } = rollout(anUpgrade(), observation, now)
  return { verdict, code, pod: detail.pod }
}

test('passes while the new pods are well, and when there are none', () => {
  expect(judge({})).toMatchObject({ verdict: 'passed', code: 'HEALTHY' })
  expect(judge({ ready: false, waiting: 'ContainerCreating' })).toMatchObject({ verdict: 'passed' })
  expect(rollout(anUpgrade(), { total: 0, updated: 0, ready: 0, pods: [], stable: [] }, noon)).toMatchObject({
    verdict: 'passed',
  })
})

test.each<[Partial<PodReport>, string]>([
  [{ restarts: 1, terminated: 'Error' }, 'RESTARTED'],
  [{ restarts: 1, terminated: 'OOMKilled' }, 'OOM_KILLED'],
  [{ waiting: 'CrashLoopBackOff', restarts: 3 }, 'CRASH_LOOP'],
  [{ waiting: 'CreateContainerConfigError' }, 'CONTAINER_CONFIG'],
  [{ waiting: 'InvalidImageName' }, 'IMAGE_PULL'],
  [{ ready: false, lostReadyAt: noon }, 'READINESS_LOST'],
])('%j fails at once', (pod, code) => {
  expect(judge(pod)).toEqual({ verdict: 'failed', code, pod: 'web-2' })
})

test.each<[Partial<PodReport>, string]>([
  [{ ready: false, waiting: 'ImagePullBackOff' }, 'IMAGE_PULL'],
  [{ ready: false, waiting: 'ErrImagePull' }, 'IMAGE_PULL'],
  [{ ready: false, unschedulable: '0/3 nodes are available' }, 'UNSCHEDULABLE'],
])('%j fails only after the grace', (pod, code) => {
  const { graceMs } = anUpgrade().policy.gates.rollout
  expect(judge(pod, after(graceMs))).toMatchObject({ verdict: 'passed' })
  expect(judge(pod, after(graceMs + 1))).toEqual({ verdict: 'failed', code, pod: 'web-2' })
})

test.each(['constructor', '__proto__', 'toString'])(
  'a pod that waits for «%s» is no worse than one that waits',
  (waiting) => {
    expect(judge({ ready: false, waiting })).toMatchObject({ verdict: 'passed', code: 'HEALTHY' })
  },
)

test('a pod that was evicted or lost its node says nothing', () => {
  expect(judge({ displaced: true, ready: false, lostReadyAt: noon, restarts: 4 })).toMatchObject({ verdict: 'passed' })
})

describe('what an operator resumed', () => {
  const incident = { at: after(1_000), code: 'RESTARTED', detail: { gate: 'rollout', pod: 'web-1', restarts: 1 } }
  const resumed = { ...incident, ended: { by: carol, at: after(60_000), action: 'resumed' as const } }

  function judgeAgain(pod: Partial<PodReport>, incidents = [resumed]) {
    const well: PodReport = { name: 'web-1', ready: true, createdAt: noon, restarts: 0, displaced: false }
    const observation = { total: 10, updated: 1, ready: 10, pods: [{ ...well, ...pod }], stable: [] }
    return rollout(anUpgrade({ incidents }), observation, after(120_000))
  }

  test.each<[Partial<PodReport>]>([
    [{ restarts: 1, terminated: 'Error', terminatedAt: after(500) }],
    [{ restarts: 1, terminated: 'OOMKilled', terminatedAt: after(500) }],
    [{ waiting: 'CrashLoopBackOff', restarts: 3, terminatedAt: after(59_000) }],
    [{ waiting: 'CreateContainerConfigError' }],
    [{ ready: false, lostReadyAt: after(900) }],
  ])('is not reported again: %j', (pod) => {
    expect(judgeAgain(pod)).toMatchObject({ verdict: 'passed' })
    expect(judgeAgain(pod, [])).toMatchObject({ verdict: 'failed' })
  })

  test.each<[Partial<PodReport>, string]>([
    [{ restarts: 2, terminated: 'Error', terminatedAt: after(61_000) }, 'RESTARTED'],
    [{ createdAt: after(61_000), waiting: 'CreateContainerConfigError' }, 'CONTAINER_CONFIG'],
    [{ restarts: 1, terminatedAt: after(500), ready: false, lostReadyAt: after(70_000) }, 'READINESS_LOST'],
  ])('does not cover what came after: %j', (pod, code) => {
    expect(judgeAgain(pod)).toMatchObject({ verdict: 'failed', code })
  })

  test('is what this gate reported, not another’s', () => {
    const other = { ...resumed, detail: { ...resumed.detail, gate: 'prometheus' } }
    const restarted = { restarts: 1, terminated: 'Error', terminatedAt: after(500) }
    expect(judgeAgain(restarted, [other])).toMatchObject({ verdict: 'failed' })
  })
})
