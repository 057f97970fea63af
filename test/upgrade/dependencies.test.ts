import { expect, test } from 'vitest'
import { type Dependency, unmetDependency } from '../../src/upgrade/dependencies.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgradeIn } from '../an-upgrade.ts'

const place = { service: 'api', environment: 'production' }
const image = 'registry.example.com/shop/api:2.1.0'
const complete = { wanted: 3, total: 3, updated: 3, ready: 3 }

function ended(id: string, phase: 'succeeded' | 'rolledBack' | 'failed' | 'cancelled', its = image): Upgrade {
  const upgrade = anUpgradeIn(phase)
  return { ...upgrade, id, request: { ...upgrade.request, image: its } }
}

function unmet(changes: Partial<Extract<Dependency, { state: 'seen' }>> = {}) {
  return unmetDependency(place, { state: 'seen', image, replicas: complete, ...changes })
}

test('a service that nobody has upgraded yet only has to be whole', () => {
  expect(unmet({ ended: [] })).toBeUndefined()
  expect(unmet()).toBeUndefined()
})

test('one that runs the image of its last success is met', () => {
  expect(unmet({ ended: [ended('api-production-7', 'succeeded')] })).toBeUndefined()
})

test('the image of a success counts by its digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const success = ended('api-production-7', 'succeeded', `${image}@${digest}`)
  expect(unmet({ image: `registry.example.com/shop/api:stable@${digest}`, ended: [success] })).toBeUndefined()
  expect(unmet({ ended: [success] })).toMatchObject({ code: 'DEPENDENCY_OTHER_IMAGE' })
})

test('one that is being upgraded is not, whatever else is so', () => {
  expect(unmet({ active: 'api-production-8', ended: [ended('api-production-7', 'failed')] })).toEqual({
    severity: 'block',
    code: 'DEPENDENCY_UNDER_WAY',
    detail: { ...place, upgrade: 'api-production-8' },
  })
})

test('one that its last upgrade left half-way is not', () => {
  const past = [ended('api-production-8', 'failed'), ended('api-production-7', 'succeeded')]
  expect(unmet({ ended: past })).toMatchObject({ code: 'DEPENDENCY_FAILED', detail: { upgrade: 'api-production-8' } })
})

test('an upgrade that ended before it changed anything leaves nothing half-way', () => {
  const { at: _, ...blocked } = ended('api-production-8', 'failed')
  const past = [
    { ...blocked, at: { path: 'steps' as const, step: 0, since: blocked.result?.at ?? '' } },
    ended('api-production-7', 'cancelled'),
    ended('api-production-6', 'succeeded'),
  ]
  expect(unmet({ ended: past })).toBeUndefined()
})

test('after a rollback the success before it is what is wanted', () => {
  const past = [ended('api-production-8', 'rolledBack', 'api:3.0.0'), ended('api-production-7', 'succeeded')]
  expect(unmet({ ended: past })).toBeUndefined()
})

test('one whose image somebody changed is not', () => {
  const found = 'registry.example.com/shop/api:2.2.0'
  expect(unmet({ image: found, ended: [ended('api-production-7', 'succeeded')] })).toMatchObject({
    code: 'DEPENDENCY_OTHER_IMAGE',
    detail: { upgrade: 'api-production-7', wanted: image, found },
  })
})

test.each([
  ['with a pod that is not Ready', { ready: 2 }],
  ['with a pod of the old revision', { updated: 2 }],
  ['with a pod too many', { total: 4 }],
  ['scaled to zero', { wanted: 0, total: 0, updated: 0, ready: 0 }],
])('one %s is not', (_, changes) => {
  expect(unmet({ replicas: { ...complete, ...changes } })).toMatchObject({ code: 'DEPENDENCY_NOT_READY' })
})

test('what cannot be looked at does not count as good', () => {
  const message = 'There is no Deployment api'
  expect(unmetDependency(place, { state: 'unknown', error: 'TARGET_NOT_FOUND', message })).toMatchObject({
    severity: 'block',
    code: 'DEPENDENCY_UNKNOWN',
    detail: { error: 'TARGET_NOT_FOUND', message },
  })
})
