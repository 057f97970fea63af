import { describe, expect, test } from 'vitest'
import type { Policy } from '../../src/upgrade/policy.ts'
import { risksOf } from '../../src/upgrade/risk.ts'
import type { Finding, Past, Plan } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, aPolicy, aProspect, someFacts } from '../an-upgrade.ts'

type Given = {
  from?: string
  to?: string
  replicas?: number
  strategy?: Partial<Policy['strategy']>
  past?: Past
  findings?: Finding[]
}

function risks({ from = '1.4.2', to = '1.5.0', replicas = 10, strategy, past, findings = [] }: Given): string[] {
  const image = (tag: string) => `registry.example.com:5000/shop/web${tag.startsWith('@') ? tag : `:${tag}`}`
  const policy = aPolicy({ strategy: { ...aPolicy().strategy, ...strategy } })
  const { request, plan } = anUpgrade({ policy, facts: someFacts({ replicas, image: image(from) }), findings })
  if (!plan) throw new Error('no plan')
  const known: Plan = { ...plan, ...(past && { prospect: { changes: [], back: '', past } }) }
  return risksOf({ request: { ...request, image: image(to) } }, known).map(({ code }) => code)
}

describe('the version', () => {
  test.each([
    ['1.4.2', '1.5.0', []],
    ['1.4.2', '1.4.1', ['DOWNGRADE']],
    ['1.5.0', '1.5.0-rc.1', ['DOWNGRADE']],
    ['1.4.2', '2.0.0', ['MAJOR_JUMP']],
    ['v1.4.2', '2.0.0', ['MAJOR_JUMP']],
    ['2.0.0', '1.9.9', ['DOWNGRADE']],
    // Not to be told apart.
    ['stable', '1.5.0', []],
    ['1.4.2', `@sha256:${'a'.repeat(64)}`, []],
    [`1.4.2@sha256:${'a'.repeat(64)}`, `2.0.0@sha256:${'b'.repeat(64)}`, ['MAJOR_JUMP']],
  ])('from %s to %s: %j', (from, to, codes) => {
    expect(risks({ from, to })).toEqual(codes)
  })

  test('what the checks found of it already is not said twice', () => {
    const detail = { from: '1.4.2', to: '2.0.0' }
    const findings: Finding[] = [{ severity: 'warn', code: 'MAJOR_JUMP', detail }]
    expect(risks({ to: '2.0.0', findings })).toEqual([])
  })
})

describe('the history', () => {
  test('of nothing is a first time; one that nobody looked up is none', () => {
    expect(risks({ past: { upgrades: 0 } })).toEqual(['FIRST_TIME'])
    expect(risks({})).toEqual([])
  })

  test.each([
    ['succeeded', []],
    ['rolledBack', ['LAST_DID_NOT_STAY']],
    ['failed', ['LAST_DID_NOT_STAY']],
  ] as const)('the last one %s: %j', (outcome, codes) => {
    expect(risks({ past: { upgrades: 3, last: { id: 'web-production-13', outcome } } })).toEqual(codes)
  })
})

test('what admission changes beside the image is one', () => {
  const { request, plan } = anUpgrade({ prospect: aProspect() })
  if (!plan?.prospect) throw new Error('no plan')
  const [image] = plan.prospect.changes
  const changes = [...(image ? [image] : []), { path: 'containers[proxy]', change: 'added' as const }]
  expect(risksOf({ request }, plan)).toEqual([])
  expect(risksOf({ request }, { ...plan, prospect: { ...plan.prospect, changes } })).toEqual([
    { code: 'MORE_THAN_IMAGE', changes: 1 },
  ])
})

describe('the plan', () => {
  test.each<[Given, string[]]>([
    [{ strategy: { batches: ['100%'] } }, ['ONE_BATCH']],
    [{ strategy: { soakMs: 0 } }, ['NO_SOAK']],
    // One pod is one batch anyhow, and the checks say so.
    [{ replicas: 1 }, []],
    [{ replicas: 0, strategy: { soakMs: 0 } }, []],
  ])('%j: %j', (given, codes) => {
    expect(risks(given)).toEqual(codes)
  })
})
