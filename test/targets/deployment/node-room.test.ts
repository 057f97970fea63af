import { describe, expect, test } from 'vitest'
import type { PodSpec } from '../../../src/kubernetes/pod-template.ts'
import { isOpenTo, type Node, roomFor } from '../../../src/targets/workload/checks/node-room.ts'

const pod = (spec: Partial<PodSpec> = {}, cpu = '1'): PodSpec => ({
  containers: [{ name: 'app', image: 'web', resources: { requests: { cpu, memory: '1Gi' } } }],
  ...spec,
})

const node = (changes: Partial<Node['spec'] & Node['status']> = {}, labels: Record<string, string> = {}): Node => {
  const { unschedulable, taints, allocatable, conditions } = changes
  return {
    metadata: { name: 'node-1', labels: { 'kubernetes.io/os': 'linux', ...labels } },
    spec: { ...(unschedulable && { unschedulable }), ...(taints && { taints }) },
    status: {
      allocatable: allocatable ?? { cpu: '4', memory: '8Gi', pods: '110' },
      conditions: conditions ?? [{ type: 'Ready', status: 'True' }],
    },
  }
}

const wanted = { cpu: 1000n, memory: 1_073_741_824_000n, pods: 1000n }

describe('how many more pods fit on a node', () => {
  test.each<[string, Node, PodSpec[], number]>([
    ['an empty one', node(), [], 4],
    ['what runs there takes its requests away', node(), [pod(), pod()], 2],
    ['memory may be what is scarce', node({ allocatable: { cpu: '64', memory: '3Gi', pods: '110' } }), [pod()], 2],
    ['so may the number of pods', node({ allocatable: { cpu: '64', memory: '64Gi', pods: '3' } }), [pod(), pod()], 1],
    ['more requested than there is', node(), [pod({}, '5')], 0],
    ['half a pod does not fit', node(), [pod({}, '3500m')], 0],
  ])('%s', (_, given, running, room) => {
    expect(roomFor(wanted, given, running)).toBe(room)
  })

  test('a node without the device that is asked for has no room', () => {
    expect(roomFor({ ...wanted, 'nvidia.com/gpu': 1000n }, node(), [])).toBe(0)
  })
})

describe('a node takes such pods', () => {
  const gpu = { key: 'gpu', value: 'yes', effect: 'NoSchedule' }
  const zone = (operator: string, ...values: string[]): Partial<PodSpec> => {
    const nodeSelectorTerms = [{ matchExpressions: [{ key: 'zone', operator, values }] }]
    return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } }
  }
  test.each<[string, boolean, Node, Partial<PodSpec>]>([
    ['an ordinary one', true, node(), {}],
    ['cordoned', false, node({ unschedulable: true }), {}],
    ['not Ready', false, node({ conditions: [{ type: 'Ready', status: 'Unknown' }] }), {}],
    ['tainted', false, node({ taints: [gpu] }), {}],
    ['only a preference', true, node({ taints: [{ ...gpu, effect: 'PreferNoSchedule' }] }), {}],
    ['a taint that is tolerated', true, node({ taints: [gpu] }), { tolerations: [{ key: 'gpu', value: 'yes' }] }],
    ['another value', false, node({ taints: [gpu] }), { tolerations: [{ key: 'gpu', value: 'no' }] }],
    ['any value', true, node({ taints: [gpu] }), { tolerations: [{ key: 'gpu', operator: 'Exists' }] }],
    [
      'another effect',
      false,
      node({ taints: [gpu] }),
      { tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] },
    ],
    ['everything tolerated', true, node({ taints: [gpu] }), { tolerations: [{ operator: 'Exists' }] }],
    ['the wanted label', true, node({}, { zone: 'a' }), { nodeSelector: { zone: 'a' } }],
    ['another label', false, node({}, { zone: 'b' }), { nodeSelector: { zone: 'a' } }],
    ['affinity to its zone', true, node({}, { zone: 'a' }), zone('In', 'a', 'b')],
    ['affinity to another zone', false, node({}, { zone: 'c' }), zone('In', 'a', 'b')],
    ['affinity away from its zone', false, node({}, { zone: 'c' }), zone('NotIn', 'c')],
    ['affinity to any zone', false, node(), zone('Exists')],
    ['affinity to none', true, node(), zone('DoesNotExist')],
    ['a rule that is not known', false, node({}, { zone: 'a' }), zone('Near', 'a')],
  ])('%s: %s', (_, open, given, spec) => {
    expect(isOpenTo(given, pod(spec))).toBe(open)
  })
})
