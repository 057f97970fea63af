import { expect, test } from 'vitest'
import type { PodReport } from '../../src/engine/ports.ts'
import { rollout } from '../../src/gates/rollout.ts'
import { after, anUpgrade, noon } from '../an-upgrade.ts'

function judge(pod: Partial<PodReport>, now = after(1_000)) {
  const well: PodReport = { name: 'web-1', ready: true, createdAt: noon, restarts: 0, displaced: false }
  const observation = { total: 10, updated: 2, ready: 10, pods: [well, { ...well, name: 'web-2', ...pod }] }
  const { verdict, code, detail } = rollout(anUpgrade(), observation, now)
  return { verdict, code, pod: detail.pod }
}

test('passes while the new pods are well, and when there are none', () => {
  expect(judge({})).toMatchObject({ verdict: 'passed', code: 'HEALTHY' })
  expect(judge({ ready: false, waiting: 'ContainerCreating' })).toMatchObject({ verdict: 'passed' })
  expect(rollout(anUpgrade(), { total: 0, updated: 0, ready: 0, pods: [] }, noon)).toMatchObject({ verdict: 'passed' })
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

test('a pod that was evicted or lost its node says nothing', () => {
  expect(judge({ displaced: true, ready: false, lostReadyAt: noon, restarts: 4 })).toMatchObject({ verdict: 'passed' })
})
