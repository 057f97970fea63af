import { describe, expect, test } from 'vitest'
import type { Metadata } from '../../../src/kubernetes/workload.ts'
import { stopOf } from '../../../src/targets/workload/stop-marks.ts'
import { noon } from '../../an-upgrade.ts'

const key = 'rollcall.dev/stop'

function metadata(annotations: Record<string, string>, managers: Record<string, string[]> = {}): Metadata {
  const managedFields = Object.entries(managers).map(([manager, keys]) => ({
    manager,
    operation: 'Update',
    fieldsV1: { 'f:metadata': { 'f:annotations': Object.fromEntries(keys.map((one) => [`f:${one}`, {}])) } },
  }))
  const object = { name: 'web', namespace: 'shop', uid: 'd1', resourceVersion: '1', generation: 7 }
  return { ...object, creationTimestamp: noon, annotations, ...{ managedFields } }
}

describe('a stop on a Deployment', () => {
  test('is whatever its annotation says', () => {
    expect(stopOf({ metadata: metadata({}) })).toBeUndefined()
    expect(stopOf({ metadata: metadata({ [`${key}-reason`]: 'errors' }) })).toBeUndefined()
    expect(stopOf({ metadata: metadata({ [key]: ' hold\n' }) })).toEqual({ value: 'hold', by: { kind: 'kubernetes' } })
  })

  test('names the client that wrote it, and who that client says it was', () => {
    const managers = { 'kubectl-edit': ['a'], 'kubectl-annotate': [key], rollcall: ['rollcall.dev/upgrade'] }
    const { by } = stopOf({ metadata: metadata({ [key]: 'hold', [`${key}-by`]: 'jane' }, managers) }) ?? {}
    expect(by).toEqual({ kind: 'kubernetes', user: 'jane', manager: 'kubectl-annotate' })
  })

  test('brings no more into Slack and the audit trail than a person would write', () => {
    const long = 'x'.repeat(100_000)
    const stop = stopOf({
      metadata: metadata({ [key]: long, [`${key}-by`]: long, [`${key}-reason`]: long }, { [long]: [key] }),
    })
    expect(JSON.stringify(stop).length).toBeLessThan(1_100)
  })

  test.each([
    ['2026-07-01T12:00:00Z', noon],
    ['yesterday', undefined],
    ['', undefined],
  ])('was carried out %j: %j', (text, expected) => {
    const stop = stopOf({ metadata: metadata({ [key]: 'hold', [`${key}-carried-out`]: text }) })
    expect(stop?.carriedOutAt).toBe(expected)
  })
})
