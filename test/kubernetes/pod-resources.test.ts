import { expect, test } from 'vitest'
import { describeAmounts, podResources } from '../../src/kubernetes/pod-resources.ts'
import type { Container, PodSpec } from '../../src/kubernetes/pod-template.ts'

const container = (requests: Record<string, string>, more: Partial<Container> = {}): Container => ({
  name: 'app',
  image: 'web',
  resources: { requests },
  ...more,
})
const cpuOf = (spec: PodSpec) => podResources(spec, 'requests').cpu

test('containers add up', () => {
  expect(cpuOf({ containers: [container({ cpu: '500m' }), container({ cpu: '1' })] })).toBe(1500n)
})

test('a limit without a request is a request too', () => {
  const spec = { containers: [container({}, { resources: { limits: { cpu: '2' } } })] }
  expect(cpuOf(spec)).toBe(2000n)
  expect(podResources(spec, 'limits').cpu).toBe(2000n)
})

test('what runs one after the other at the start counts by its neediest moment', () => {
  const initContainers = [container({ cpu: '3' }), container({ cpu: '1' })]
  expect(cpuOf({ initContainers, containers: [container({ cpu: '2' })] })).toBe(3000n)
  expect(cpuOf({ initContainers, containers: [container({ cpu: '4' })] })).toBe(4000n)
})

test('a sidecar counts beside what starts after it, and beside the containers', () => {
  const sidecar = container({ cpu: '1' }, { restartPolicy: 'Always' })
  const containers = [container({ cpu: '2' })]
  expect(cpuOf({ initContainers: [sidecar, container({ cpu: '4' })], containers })).toBe(5000n)
  expect(cpuOf({ initContainers: [container({ cpu: '2' }), sidecar], containers })).toBe(3000n)
})

test('what the pod states as a whole goes before, and its overhead comes on top', () => {
  const spec: PodSpec = {
    containers: [container({ cpu: '2', memory: '1Gi' })],
    resources: { requests: { cpu: '1' } },
    overhead: { cpu: '250m' },
  }
  expect(podResources(spec, 'requests')).toEqual({ cpu: 1250n, memory: 1_073_741_824_000n })
})

test.each([
  [{ cpu: 500n, memory: 1_073_741_824_000n }, '500m/1Gi'],
  [{ 'nvidia.com/gpu': 1000n }, '1 nvidia.com/gpu'],
  [{ cpu: 40_000n, 'nvidia.com/gpu': 1000n }, '40 cpu and 1 nvidia.com/gpu'],
  [{}, ''],
])('what reads «$1»', (amounts, text) => {
  expect(describeAmounts(amounts)).toBe(text)
})
