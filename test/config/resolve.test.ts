import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { activeConfig, policyFor } from '../../src/config/resolve.ts'
import type { ActiveConfig } from '../../src/engine/ports.ts'
import { Policy } from '../../src/upgrade/policy.ts'
import { changed, valid } from './a-config.ts'

const { config } = parseConfig(valid, { file: 'rollcall.yaml' })

test('a policy holds everything that the file says about one place, with roles resolved', () => {
  const policy = policyFor(config, 'web', 'production')

  expect(Policy.parse(policy)).toEqual({
    service: 'web',
    environment: 'production',
    channel: 'C0WEB',
    image: 'registry.example.com/shop/web',
    target: { cluster: 'eu', kind: 'Deployment', namespace: 'shop', name: 'web', container: 'app' },
    dependsOn: ['api'],
    permissions: {
      request: [{ role: 'developers', users: [], groups: ['S0DEVS'] }],
      approve: [{ role: 'release-managers', users: ['U0ALICE', 'U0BOB'], groups: [] }],
      operate: [{ role: 'platform', users: ['U0CAROL'], groups: ['S0PLATFORM'] }],
      respond: [{ role: 'developers', users: [], groups: ['S0DEVS'] }],
    },
    admins: [],
    breakGlass: false,
    people: [['U0BOB', 'U0BOBADMIN']],
    approval: { quorum: 2, separateRequester: false, expiresAfterMs: 90_000 },
    reminders: { afterMs: 1_800_000, escalateAfterMs: 7_200_000 },
    paging: { everyMs: 300_000, times: 3 },
    strategy: {
      type: 'rolling',
      batches: [1, '50%'],
      soakMs: 60_000,
      continue: 'auto',
      readyTimeoutMs: 300_000,
      maxHoldMs: 7_200_000,
      maxSurge: 2,
      hold: 'strict',
    },
    overrides: ['batches'],
    onFailure: 'hold',
    onAlert: 'hold',
    rollbackWindowMs: 24 * 3_600_000,
    gitops: 'warn',
    gates: { rollout: { graceMs: 30_000 }, measured: [] },
  })
})

test('what a file leaves out has the defaults that the example shows', () => {
  const policy = Policy.parse(policyFor(config, 'api', 'production'))

  expect(policy).toMatchObject({
    channel: 'C0RELEASES',
    dependsOn: [],
    permissions: { respond: [] },
    approval: { quorum: 1, separateRequester: true, expiresAfterMs: 4 * 3_600_000 },
    strategy: {
      type: 'rolling',
      batches: [1, '25%', '50%', '100%'],
      soakMs: 120_000,
      continue: 'approval',
      readyTimeoutMs: 600_000,
      maxHoldMs: 24 * 3_600_000,
      hold: 'quiet',
    },
    overrides: [],
    onFailure: 'rollback',
    onAlert: 'hold',
    gitops: 'refuse',
    gates: { rollout: { graceMs: 300_000 }, measured: [] },
  })
  expect(policy.strategy).not.toHaveProperty('maxSurge')
})

test('quiet hours are those of the place, else those of the file', () => {
  const quietWith = (...changes: [from: string, to: string][]) =>
    policyFor(parseConfig(changed(...changes), { file: 'rollcall.yaml' }).config, 'web', 'production')?.quietHours
  const night = '[{ from: "22:00", to: "07:00", timezone: Europe/Berlin }]'
  const everywhere: [string, string] = ['services:\n', `quietHours: ${night}\nservices:\n`]
  const here = (hours: string): [string, string] => ['gitops: warn', `gitops: warn\n        quietHours: ${hours}`]

  expect(quietWith()).toBeUndefined()
  expect(quietWith(everywhere)).toMatchObject([
    { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], to: '07:00' },
  ])
  expect(quietWith(everywhere, here('[]'))).toBeUndefined()
  expect(quietWith(here('[{ days: [sat, sun], from: "00:00", to: "24:00", timezone: UTC }]'))).toEqual([
    { days: ['sat', 'sun'], from: '00:00', to: '24:00', timezone: 'UTC' },
  ])
})

test('on-call is paged again as often as the file says', () => {
  const pagingWith = (paging: string) => {
    const text = changed(['gitops: warn', `gitops: warn\n        paging: ${paging}`])
    return policyFor(parseConfig(text, { file: 'rollcall.yaml' }).config, 'web', 'production')?.paging
  }
  expect(pagingWith('{ every: 1m, times: 2, contact: "the operations desk, extension 4711" }')).toEqual({
    everyMs: 60_000,
    times: 2,
    contact: 'the operations desk, extension 4711',
  })
  expect(pagingWith('{ times: 0 }')).toBeUndefined()
})

test('whoever is to be told at a service is told at each of its places, once, of all that is named', () => {
  const text = changed(
    ['channel: C0WEB', 'channel: C0WEB\n    notify: [{ channel: C0NEWS }, { user: U0MONA, on: [failure] }]'],
    ['gitops: warn', 'gitops: warn\n        notify: [{ channel: C0NEWS, on: [result, failure] }]'],
  )
  expect(policyFor(parseConfig(text, { file: 'rollcall.yaml' }).config, 'web', 'production')?.notify).toEqual([
    { to: 'C0NEWS', on: ['start', 'result', 'failure'] },
    { to: 'U0MONA', on: ['failure'] },
  ])
})

test('nobody is reminded where the file says so', () => {
  const without = changed(['gitops: warn', 'gitops: warn\n        reminders: { enabled: false }'])
  const { config: silent } = parseConfig(without, { file: 'rollcall.yaml' })
  expect(policyFor(silent, 'web', 'production')).not.toHaveProperty('reminders')
})

test('images are resolved where the file lists registries, or says so', () => {
  const policyWith = (...changes: [from: string, to: string][]) =>
    policyFor(parseConfig(changed(...changes), { file: 'rollcall.yaml' }).config, 'web', 'production')?.imagePolicy
  const registries: [string, string] = ['services:\n', 'registries: {}\nservices:\n']

  expect(policyWith()).toBeUndefined()
  expect(policyWith(registries)).toMatchObject({ resolve: 'required', forbidTags: [] })
  expect(policyWith(['gitops: warn', 'imagePolicy: { forbidTags: [latest] }'])).toMatchObject({
    resolve: 'off',
    forbidTags: ['latest'],
  })
  expect(policyWith(registries, ['gitops: warn', 'imagePolicy: { resolve: optional, maxAge: 1d }'])).toMatchObject({
    resolve: 'optional',
    maxAgeMs: 86_400_000,
  })
})

test('the example writes every default out at web in production', async () => {
  const { loadConfig } = await import('../../src/config/load.ts')
  const { config: example } = await loadConfig('rollcall.example.yaml')
  const { strategy, approval, imagePolicy, gates, overrides, onFailure, onAlert, gitops } = Policy.parse(
    policyFor(example, 'web', 'production'),
  )
  const left = Policy.parse(policyFor(example, 'api', 'production'))

  expect(left).toMatchObject({ strategy, approval, imagePolicy, gates, overrides, onFailure, onAlert, gitops })
})

test.each([
  ['web', 'staging'],
  ['wep', 'production'],
  ['constructor', 'production'],
  ['web', '__proto__'],
])('there is no policy for %s in %s', (service, environment) => {
  expect(policyFor(config, service, environment)).toBeUndefined()
})

test('the active configuration lists its services and is known by the hash of its text', () => {
  const active: ActiveConfig = activeConfig(config, valid)

  expect(active.services()).toEqual([
    { name: 'api', environments: ['production'] },
    { name: 'web', environments: ['production'] },
  ])
  expect(active.admins()).toBeUndefined()
  expect(activeConfig({ ...config, admins: 'platform' }, valid).admins()).toEqual({
    role: 'platform',
    users: ['U0CAROL'],
    groups: ['S0PLATFORM'],
  })
  expect(active.hash).toBe(createHash('sha256').update(valid).digest('hex'))
  expect(active.policyFor('web', 'production')).toEqual(policyFor(config, 'web', 'production'))
})

test('an acceptance gate asks the people of its roles, at the end unless it says otherwise', () => {
  const listed =
    '[{ type: acceptance, by: [platform] }, { type: acceptance, name: product, by: [developers], during: soak, timeout: 1d }]'
  const { config } = parseConfig(changed(['[{ type: rollout, grace: 30s }]', listed]), { file: 'f' })
  expect(policyFor(config, 'web', 'production')?.gates).toEqual({
    rollout: { graceMs: 300_000 },
    measured: [],
    acceptance: [
      {
        name: 'acceptance',
        during: ['after'],
        by: [{ role: 'platform', users: ['U0CAROL'], groups: ['S0PLATFORM'] }],
        timeoutMs: 4 * 3_600_000,
      },
      {
        name: 'product',
        during: ['soak'],
        by: [{ role: 'developers', users: [], groups: ['S0DEVS'] }],
        timeoutMs: 86_400_000,
      },
    ],
  })
})

describe('an alerts gate', () => {
  const listed: [string, string] = ['[{ type: rollout, grace: 30s }]', '[{ type: alerts, always: [Burning] }]']
  const gateOf = (...changes: [string, string][]) => {
    const { config } = parseConfig(changed(listed, ...changes), { file: 'f' })
    return policyFor(config, 'web', 'production')?.gates.measured[0]
  }

  test('asks the Alertmanager of its cluster for what its target is called there', () => {
    expect(
      gateOf([
        '{ context: prod-eu }',
        '{ alertmanager: { url: "http://a", tokenEnv: GATE_A }, alertLabels: { cluster: eu } }',
      ]),
    ).toEqual({
      ...{ type: 'alerts', name: 'alerts', during: ['before', 'soak'], intervalMs: 10_000, timeoutMs: 10_000 },
      ...{ url: 'http://a', tokenEnv: 'GATE_A', always: ['Burning'], minSeverity: 'critical' },
      labels: { cluster: 'eu', namespace: 'shop', deployment: 'web' },
    })
  })

  test('by other labels and with milder alerts, where the file says so', () => {
    const alerts = 'alerts: { match: { namespace: ns, workload: app }, minSeverity: warning }\nservices:'
    const gate = gateOf(['{ context: prod-eu }', '{ alertmanager: { url: "http://a" } }'], ['services:', alerts])
    expect(gate).toMatchObject({ labels: { ns: 'shop', app: 'web' }, minSeverity: 'warning' })
  })
})

describe('a prometheus gate', () => {
  const own = '{ type: prometheus, query: x, max: 1, maxIncrease: 20%, url: "http://own" }'

  test.each([
    ['asks that of its cluster, with its token', own.replace(', url: "http://own"', ''), 'http://eu', 'GATE_EU'],
    ['asks its own, and sends nothing that was meant for another', own, 'http://own', undefined],
  ])('%s', (_, gate, url, tokenEnv) => {
    const text = changed(
      ['{ context: prod-eu }', '{ context: prod-eu, prometheus: { url: "http://eu", tokenEnv: GATE_EU } }'],
      ['[{ type: rollout, grace: 30s }]', `[${gate}]`],
    )
    const { measured } = policyFor(parseConfig(text, { file: 'f' }).config, 'web', 'production')?.gates ?? {}
    expect(measured).toEqual([
      {
        type: 'prometheus',
        name: 'prometheus',
        during: ['soak'],
        intervalMs: 10_000,
        timeoutMs: 10_000,
        query: 'x',
        max: 1,
        maxIncrease: 0.2,
        url,
        ...(tokenEnv && { tokenEnv }),
      },
    ])
  })
})

test('a scan gate measures before, and its exceptions end with their last day', () => {
  const ignore =
    '[{ id: CVE-1, reason: x, until: "2026-12-31" }, { id: CVE-2, reason: x, until: "2026-12-31T18:00:00+02:00" }]'
  const text = changed(['gates: [{ type: rollout, grace: 30s }]', `gates: [{ type: scan, ignore: ${ignore} }]`])
  const { config } = parseConfig(text.replace('services:', 'registries: {}\nservices:'), { file: 'f' })
  expect(Policy.parse(policyFor(config, 'web', 'production')).gates.measured).toMatchObject([
    {
      ...{ type: 'scan', name: 'scan', during: ['before'], limits: { critical: 0, high: 0 }, maxAgeMs: 7 * 86_400_000 },
      ...{ keys: [], fixableOnly: false },
      ignore: [{ until: '2027-01-01T00:00:00.000Z' }, { until: '2026-12-31T16:00:00.000Z' }],
    },
  ])
})
