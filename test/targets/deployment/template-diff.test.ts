import { expect, test } from 'vitest'
import type { PodTemplate } from '../../../src/kubernetes/pod-template.ts'
import { templateDiff } from '../../../src/targets/workload/template-diff.ts'

const secret = 'hunter2'

const before: PodTemplate = {
  metadata: { labels: { app: 'web' }, annotations: { 'example.com/token': 'old' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'web:1.4.2',
        args: ['--password', 'old'],
        env: [
          { name: 'MODE', value: 'fast' },
          { name: 'PASSWORD', value: 'old' },
        ] as never,
        resources: { limits: { memory: '1Gi' } },
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'web' } }],
  },
}

/** The template with some things of its container changed. */
function changed(container: Record<string, unknown>, spec: Record<string, unknown> = {}): PodTemplate {
  const [web] = before.spec.containers
  return { ...before, spec: { ...before.spec, ...spec, containers: [{ name: '', image: '', ...web, ...container }] } }
}

test('the image is told with its values', () => {
  expect(templateDiff(before, changed({ image: 'web:1.5.0' }))).toEqual([
    { path: 'containers[web].image', change: 'changed', from: 'web:1.4.2', to: 'web:1.5.0' },
  ])
})

test('nothing is nothing', () => {
  expect(templateDiff(before, structuredClone(before))).toEqual([])
})

test('of variables, arguments and annotations only where they are', () => {
  const env = [
    { name: 'PASSWORD', value: secret },
    { name: 'LEVEL', value: secret },
  ]
  const after = {
    ...changed({ env, args: [secret], resources: { limits: { memory: '2Gi' } } }),
    metadata: { labels: { app: 'web' }, annotations: { 'example.com/token': secret } },
  }

  const changes = templateDiff(before, after)

  expect(JSON.stringify(changes)).not.toContain(secret)
  expect(changes).toEqual([
    { path: 'metadata.annotations[example.com/token]', change: 'changed' },
    { path: 'containers[web].args', change: 'changed' },
    { path: 'containers[web].env[MODE]', change: 'removed' },
    { path: 'containers[web].env[PASSWORD]', change: 'changed' },
    { path: 'containers[web].env[LEVEL]', change: 'added' },
    { path: 'containers[web].resources.limits.memory', change: 'changed' },
  ])
})

test('a sidecar that admission adds is one thing', () => {
  const after = structuredClone(before)
  after.spec.containers.push({ name: 'proxy', image: 'proxy:1', env: [{ name: 'TOKEN', value: secret }] as never })
  expect(templateDiff(before, after)).toEqual([{ path: 'containers[proxy]', change: 'added' }])
})

test('entries without names of their own are one list', () => {
  const ports = (port: number) => changed({ ports: [{ containerPort: port }] })
  expect(templateDiff(ports(80), ports(81))).toEqual([{ path: 'containers[web].ports', change: 'changed' }])
})
