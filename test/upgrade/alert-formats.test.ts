import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AlertMapping,
  alertmanagerAlerts,
  grafanaAlerts,
  mappedAlerts,
  type ReadAlerts,
} from '../../src/upgrade/alert-formats.ts'
import { fuzzRuns } from '../fuzz-runs.ts'

const labels = { alertname: 'HighErrorRate', severity: 'critical', namespace: 'shop', deployment: 'web' }
const sent = {
  status: 'firing',
  labels,
  annotations: { summary: 'many errors' },
  startsAt: '2026-07-01T12:01:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph',
  fingerprint: '1a30ba71cca2921f',
}
const body = {
  version: '4',
  groupKey: '{}',
  status: 'firing',
  receiver: 'rollcall',
  truncatedAlerts: 0,
  alerts: [sent],
}

function of(read: ReadAlerts | undefined) {
  if (!read) throw new Error('it was not read')
  return read
}

describe('Alertmanager’s webhook', () => {
  test('is read', () => {
    expect(alertmanagerAlerts('alertmanager', body)).toEqual({
      unreadable: 0,
      alerts: [
        {
          source: 'alertmanager',
          fingerprint: '1a30ba71cca2921f',
          state: 'firing',
          labels,
          startsAt: '2026-07-01T12:01:00.123Z',
        },
      ],
    })
  })

  test.each([
    ['of another version', { ...body, version: '5' }],
    ['without alerts', { version: '4' }],
    ['whose alerts are no list', { ...body, alerts: { 0: sent } }],
    ['that is null', null],
    ['that is a list', [body]],
    ['with more alerts than anybody has', { ...body, alerts: Array.from({ length: 10_001 }, () => sent) }],
  ])('one %s is not', (_, json) => {
    expect(alertmanagerAlerts('alertmanager', json)).toBeUndefined()
  })

  test.each([
    ['null', null],
    ['of no state', { ...sent, status: 'pending' }],
    ['whose labels are a list', { ...sent, labels: ['a'] }],
    ['with a label that is no text', { ...sent, labels: { ...labels, namespace: { evil: true } } }],
    ['without labels', { ...sent, labels: undefined }],
  ])('an alert %s is left out and counted, and hides no other', (_, bad) => {
    const read = of(alertmanagerAlerts('alertmanager', { ...body, alerts: [bad, sent] }))
    expect(read.unreadable).toBe(1)
    expect(read.alerts).toHaveLength(1)
  })

  test.each([
    ['none', undefined],
    ['Go’s zero time', '0001-01-01T00:00:00Z'],
    ['no time', 'yesterday'],
    ['an object', { $date: 1 }],
    ['a year that nobody can write', 1e300],
  ])('what says %s of when it began, says nothing', (_, startsAt) => {
    const [alert] = of(alertmanagerAlerts('alertmanager', { ...body, alerts: [{ ...sent, startsAt }] })).alerts
    expect(alert).not.toHaveProperty('startsAt')
  })

  test('an alert without a fingerprint is what its labels say, in whatever order', () => {
    const { fingerprint: _, ...bare } = sent
    const turned = { ...bare, labels: Object.fromEntries(Object.entries(labels).reverse()) }
    const other = { ...bare, labels: { ...labels, pod: 'web-1' } }
    const long = { ...bare, fingerprint: 'f'.repeat(9_999) }
    const [, , , cut] = of(alertmanagerAlerts('a', { ...body, alerts: [bare, turned, other, long] })).alerts
    expect(cut?.fingerprint).toHaveLength(32)
    const [one, same, another] = of(alertmanagerAlerts('a', { ...body, alerts: [bare, turned, other] })).alerts
    expect(one?.fingerprint).toBe(same?.fingerprint)
    expect(one?.fingerprint).not.toBe(another?.fingerprint)
  })
})

test('Grafana’s webhook is read, with all that it has besides', () => {
  const grafana = {
    receiver: 'Rollcall',
    status: 'firing',
    orgId: 1,
    version: '1',
    alerts: [{ ...sent, startsAt: '2026-07-01T14:01:00+02:00', values: { B: 44.2 }, silenceURL: 'https://g/s' }],
  }
  expect(of(grafanaAlerts('grafana', grafana)).alerts).toMatchObject([{ startsAt: '2026-07-01T12:01:00.000Z', labels }])
})

describe('a format that the configuration describes', () => {
  const mapping: AlertMapping = {
    alerts: 'data.events',
    status: { field: 'state', firing: ['Triggered', '1'], resolved: ['Recovered'] },
    labels: { alertname: 'title', severity: 'priority', namespace: 'tags.ns', deployment: 'tags.app' },
    startsAt: 'since',
    fingerprint: 'id',
  }
  const event = { id: 7, state: 'Triggered', title: 'Errors', priority: 'critical', tags: { ns: 'shop', app: 'web' } }
  const read = (events: unknown[]) => of(mappedAlerts('monitor', mapping, { data: { events } }))

  test('is read, times in seconds and milliseconds alike', () => {
    const at = Date.parse('2026-07-01T12:00:00.000Z')
    const { alerts } = read([
      { ...event, since: at / 1_000 },
      { ...event, since: at, state: 1 },
      { ...event, since: '2026-07-01T12:00:00Z', state: 'Recovered' },
    ])
    expect(alerts.map(({ startsAt }) => startsAt)).toEqual(Array(3).fill('2026-07-01T12:00:00.000Z'))
    expect(alerts.map(({ state }) => state)).toEqual(['firing', 'firing', 'resolved'])
    expect(alerts[0]).toMatchObject({
      fingerprint: '7',
      labels: { alertname: 'Errors', severity: 'critical', namespace: 'shop', deployment: 'web' },
    })
  })

  test('leaves other states alone, and counts what it cannot read', () => {
    expect(read([{ ...event, state: 'Muted' }])).toEqual({ alerts: [], unreadable: 0 })
    expect(read([{ ...event, state: undefined }, 'x'])).toEqual({ alerts: [], unreadable: 2 })
  })

  test('may be one alert by itself, with an object of labels', () => {
    const single: AlertMapping = { status: { field: 's', firing: ['on'], resolved: [] }, labels: 'l' }
    const one = of(mappedAlerts('m', single, { s: 'on', l: { namespace: 'shop', retries: 3, nested: {} } }))
    expect(one.alerts).toMatchObject([{ labels: { namespace: 'shop', retries: '3' } }])
    expect(of(mappedAlerts('m', single, { s: 'on', l: ['shop'] })).unreadable).toBe(1)
  })

  test('finds nothing that every object has', () => {
    const evil: AlertMapping = {
      status: { field: 'constructor.name', firing: ['Object'], resolved: [] },
      labels: '__proto__',
    }
    expect(of(mappedAlerts('m', evil, {})).alerts).toEqual([])
  })
})

test('no JSON at all makes the readers fail', () => {
  const mapping: AlertMapping = { status: { field: 'status', firing: ['firing'], resolved: [] }, labels: 'labels' }
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({ version: fc.constant('4'), alerts: fc.array(fc.oneof(fc.jsonValue(), fc.constant(sent))) }),
    fc.record({ status: fc.constant('firing'), labels: fc.jsonValue() }),
  )
  fc.assert(
    fc.property(anything, (json) => {
      for (const read of [alertmanagerAlerts('a', json), grafanaAlerts('g', json), mappedAlerts('m', mapping, json)]) {
        for (const { labels: found, fingerprint } of read?.alerts ?? []) {
          expect(fingerprint).not.toBe('')
          for (const value of Object.values(found)) expect(typeof value).toBe('string')
        }
      }
    }),
    { numRuns: fuzzRuns(500) },
  )
})
