import { describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import type { Finding } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, aPolicy, aProspect } from '../an-upgrade.ts'

/** What somebody reads who asks for the plan. */
function read(changes: Parameters<typeof anUpgrade>[0]): string {
  const { request, plan, policy } = anUpgrade(changes)
  if (!plan) throw new Error('no plan')
  const { title, lines } = en.planned(request, plan, policy.strategy.type)
  return [title, ...lines].map(({ mrkdwn }) => mrkdwn).join('\n')
}

const warning: Finding = { severity: 'warn', code: 'NO_READINESS_PROBE', detail: { container: 'web' } }
const block: Finding = { severity: 'block', code: 'TARGET_PAUSED', detail: {} }

test('a plan says first whether it could start, then what to weigh, then how', () => {
  expect(read({ prospect: aProspect(), findings: [warning] })).toMatchInlineSnapshot(`
    "Plan for *web* in *production*: 1.4.2 → 1.5.0
    Nothing stands in the way. To ask for it: \`/upgrade web 1.5.0 in production\`.
    *Risks*
    • Container web has no readiness probe: a pod counts as Ready as soon as it runs.

    *Steps*
    1. 1 of 10 pods (about 24 s), soak 2 min, check rollout
    2. when somebody continues: 3 of 10 pods (about 24 s), soak 2 min, check rollout
    3. when somebody continues: 5 of 10 pods (about 24 s), soak 2 min, check rollout
    4. when somebody continues: 10 of 10 pods (about 1 min 10 s), soak 2 min, check rollout
    5. the workload gets its own settings back
    Moves and soaks take about 10 min, going by 9 batches before; the time to decide comes on top.

    *Pod template:* \`containers[web].image\` from \`registry.example.com/shop/web:1.4.2\` to \`registry.example.com/shop/web:1.5.0\`, and nothing else.

    *Way back:* the old pod template (1.4.2) in one patch, never below 10 Ready. It took 1 min 35 s last time (web-production-11). Without Rollcall it begins with \`kubectl patch deployment web --namespace shop --type json --patch "$(kubectl get configmap rollcall-web --namespace shop --output 'jsonpath={.data.back\\.json}')"\`"
  `)
})

test('one that cannot start begins with what stands in the way', () => {
  const [, verdict, why] = read({ prospect: aProspect(), findings: [warning, block] }).split('\n')
  expect([verdict, why]).toEqual([
    'It could not start as things are.',
    expect.stringMatching(/^Blocks: Somebody paused/),
  ])
})

describe('how long it takes', () => {
  test('is not known without a history, and not made up', () => {
    const text = read({ prospect: aProspect({ past: { upgrades: 0 } }) })
    expect(text).toContain('How long it takes is not known: there is no history yet.')
    expect(text).not.toContain('about')
  })

  test('goes by the batches before where it was never rolled back', () => {
    const past = { upgrades: 1, roundMs: 24_000, batches: 1 }
    const text = read({ prospect: aProspect({ past }) })
    expect(text).toContain('take about 10 min, going by one batch before')
    expect(text).toContain('It takes about 2 min once all are new.')
  })
})

test('where all go at once the way back has a downtime too', () => {
  const policy = aPolicy({ strategy: { ...aPolicy().strategy, type: 'recreate' } })
  expect(read({ policy })).toContain('in one patch, with downtime.')
})

test('what is declared irreversible is said', () => {
  const { request } = anUpgrade()
  expect(read({ request: { ...request, irreversible: 'drops a column' } })).toContain(
    'Declared irreversible «drops a column»: only an operator can roll it back.',
  )
})

test('no more than a few changes of the template are listed', () => {
  const more = Array.from({ length: 12 }, (_, index) => ({ path: `volumes[v${index}]`, change: 'added' as const }))
  const text = read({ prospect: aProspect({ changes: [...aProspect().changes, ...more] }) })
  expect(text).toContain('`volumes[v6]` added; and 5 more.')
  expect(text).not.toContain('v7')
})

describe('the hour with the least traffic', () => {
  const quietTime = { at: '2026-07-05T03:30:00.000Z', value: 4, now: 100 }

  test('is said with what to type for it', () => {
    const text = read({ prospect: aProspect({ quietTime }) })
    expect(text).toContain('*Least traffic:* <!date^')
    expect(text).toContain(
      '|2026-07-05 03:30 UTC>, about 4 % of now’s. `/upgrade web 1.5.0 in production --at 2026-07-05T03:30Z` starts then.',
    )
  })

  test('is now, where hardly another one has less', () => {
    expect(read({ prospect: aProspect({ quietTime: { ...quietTime, value: 93 } }) })).toContain(
      '*Least traffic:* about now.',
    )
  })

  test('is compared with nothing where there is nothing now', () => {
    const text = read({ prospect: aProspect({ quietTime: { ...quietTime, value: 0, now: 0 } }) })
    expect(text).toMatch(/\*Least traffic:\* <!date[^>]+>\. `\/upgrade/)
  })

  test('is not known where Prometheus does not tell, and why', () => {
    expect(read({ prospect: aProspect({ quietTime: { code: 'NO_DATA', detail: {} } }) })).toContain(
      '*Least traffic:* not known: the query gives no data.',
    )
  })
})
