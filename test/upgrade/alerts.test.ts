import { describe, expect, test } from 'vitest'
import { type AlertRules, alertToActOn, rolloutWaits, standingOf, targetsOf, weigh } from '../../src/upgrade/alerts.ts'
import type { TargetRef } from '../../src/upgrade/policy.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import { anAlert } from '../an-alert.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy } from '../an-upgrade.ts'

const target = (cluster: string, name: string): TargetRef => ({
  cluster,
  kind: 'Deployment',
  namespace: 'shop',
  name,
  container: 'app',
})
const [web, api, webUs] = [target('eu', 'web'), target('eu', 'api'), target('us', 'web')]

function rules(...targets: [TargetRef, Record<string, string>][]): AlertRules {
  return {
    match: { namespace: 'namespace', workload: 'deployment', pod: 'pod' },
    minSeverity: 'critical',
    targets: targets.map(([one, labels]) => ({
      target: one,
      labels: { ...labels, namespace: one.namespace, deployment: one.name },
    })),
  }
}
const eu = { cluster: 'prod-eu' }
const us = { cluster: 'prod-us' }
const all = rules([web, eu], [api, eu], [webUs, us])
/** Nobody's pods. */
const none = () => false

describe('the targets of an alert', () => {
  test('are told by the labels of cluster, namespace and workload, all of them', () => {
    const labels = { ...eu, namespace: 'shop', deployment: 'web' }
    expect(targetsOf(labels, all, none)).toEqual({ targets: [web], sole: true })
    for (const changed of [us.cluster, 'PROD-EU', 'prod-eu ', 'prоd-eu']) {
      expect(targetsOf({ ...labels, cluster: changed }, all, none).targets).not.toContain(web)
    }
    expect(targetsOf({ ...labels, deployment: 'worker' }, all, none).targets).toEqual([])
    expect(targetsOf({ ...labels, namespace: 'other' }, all, none).targets).toEqual([])
    expect(targetsOf({}, all, none)).toEqual({ targets: [], sole: false })
  })

  test('may be several, where clusters are not told apart', () => {
    const labels = { namespace: 'shop', deployment: 'web' }
    expect(targetsOf(labels, rules([web, {}], [webUs, {}]), none)).toEqual({ targets: [web, webUs], sole: false })
  })

  test('are those whose pod it names, where it names no workload', () => {
    const owns = ({ name }: TargetRef, pod: string) => pod.startsWith(`${name}-`)
    const labels = { ...eu, namespace: 'shop', pod: 'api-7d9f-x2x4z' }
    expect(targetsOf(labels, all, owns)).toEqual({ targets: [api], sole: true })
    expect(targetsOf(labels, all, () => undefined)).toEqual({ targets: [], sole: false })
    expect(targetsOf({ ...labels, deployment: 'web' }, all, owns)).toEqual({ targets: [web], sole: true })
  })

  test('are all of a namespace, and none of them alone, where it names nothing more', () => {
    const labels = { ...eu, namespace: 'shop' }
    expect(targetsOf(labels, all, none)).toEqual({ targets: [web, api], sole: false })
    expect(targetsOf(labels, rules([web, eu]), none)).toEqual({ targets: [web], sole: false })
  })
})

test.each([
  ['critical', 'critical', 'counts'],
  ['warning', 'critical', 'milder'],
  ['warning', 'warning', 'counts'],
  ['none', 'info', 'milder'],
  ['page', 'critical', 'unknown'],
  ['Critical', 'critical', 'unknown'],
  [undefined, 'info', 'unknown'],
] as const)('an alert of severity %s with minSeverity %s: %s', (severity, minSeverity, weight) => {
  expect(weigh(severity, minSeverity)).toBe(weight)
})

describe('what an alert means', () => {
  const startedAt = after(10_000)
  const upgrade = {
    ...anUpgradeIn('verifying'),
    answers: [{ step: 0, action: 'approved' as const, by: alice, at: startedAt }],
  }

  test.each([
    ['counts', anAlert({ startsAt: after(10_000) })],
    ['counts', anAlert({ weight: 'unknown' })],
    ['older', anAlert({ startsAt: after(9_999) })],
    ['older', anAlert({ startsAt: '1999-01-01T00:00:00.000Z' })],
    ['shared', anAlert({ sole: false })],
    ['milder', anAlert({ weight: 'milder' })],
    ['milder', anAlert({ weight: 'milder', sole: false, startsAt: after(0) })],
  ] as const)('%s', (standing, alert) => {
    expect(standingOf(upgrade, alert)).toBe(standing)
    const acts = alertToActOn(upgrade, [alert])
    expect(acts).toEqual(standing === 'counts' ? alert : undefined)
  })

  test('is nothing before the start, on the way back, after the end, once it has resolved, and a second time', () => {
    for (const phase of ['awaitingApproval', 'rollingBack', 'succeeded', 'failed'] as const) {
      expect(alertToActOn(anUpgradeIn(phase), [anAlert()])).toBeUndefined()
    }
    expect(alertToActOn(upgrade, [anAlert({ state: 'resolved' })])).toBeUndefined()
    const acted = transition(upgrade, { type: 'alerted', alert: anAlert() }, after(70_000))
    if (isRefusal(acted)) throw new Error(acted.refused.code)
    expect(alertToActOn(acted, [anAlert({ fingerprint: 'another' })])).toBeUndefined()
  })

  test('is decided by the first that is known to be bad, whatever else came before', () => {
    const [vague, early, late] = [
      anAlert({ weight: 'unknown', startsAt: after(11_000) }),
      anAlert({ fingerprint: 'early', startsAt: after(12_000) }),
      anAlert({ fingerprint: 'late', startsAt: after(13_000) }),
    ]
    expect(alertToActOn(upgrade, [late, vague, early])).toEqual(early)
  })
})

test('the four alerts that only say that a rollout waits are known by name', () => {
  expect(rolloutWaits).toHaveLength(4)
  expect(anUpgrade({ policy: aPolicy() }).policy.onAlert).toBe('hold')
})
