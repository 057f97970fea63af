import { expect, test } from 'vitest'
import { checkAgain } from '../../src/engine/approvers.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Images, Measures, Target } from '../../src/engine/ports.ts'
import { prepare } from '../../src/engine/prepare.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, alice, aMember, anUpgrade, aPolicy, bob, noon, someFacts } from '../an-upgrade.ts'

const policy = aPolicy({ promoteFrom: { environment: 'staging', withinMs: 86_400_000 } })
const upgrade = anUpgrade({ policy })

function inStaging(): Upgrade {
  const request = { ...upgrade.request, environment: 'staging' }
  const result = { outcome: 'succeeded', at: noon, by: { kind: 'system', reason: 'DONE' } } as const
  return { ...anUpgrade({ id: 'web-staging-7' }), request, result }
}

const images: Pick<Images, 'look'> = { look: async () => ({ state: 'unknown', code: 'X', message: '' }) as never }
const target: Partial<Target> = { prepare: async () => ({ facts: someFacts(), findings: [], changes: [], back: '' }) }

function withEnded(ended: Upgrade[]) {
  return { ended: async () => ended, load: async () => undefined, audit: async () => [] }
}

test('the plan says where it succeeded, or blocks', async () => {
  const around = { images, measures: {} as Measures, log: { error: () => {} }, target: target as Target }
  const sources = (ended: Upgrade[]) => ({ ...around, upgrades: withEnded(ended) })
  const good = await prepare(sources([inStaging()]), upgrade, after(1_000), [])
  expect(good.plan.findings).toMatchObject([
    { severity: 'note', code: 'PROMOTED', detail: { upgrade: 'web-staging-7' } },
  ])
  const bad = await prepare(sources([]), upgrade, after(1_000), [])
  expect(bad.plan.findings).toMatchObject([{ severity: 'block', code: 'NOT_PROMOTED' }])
})

test.each<[string, Upgrade[], string]>([
  ['starts while its proof stands', [inStaging()], 'started'],
  ['does not start any more once that was taken back', [], 'requestVoided'],
])('an approved upgrade %s', async (_, ended, expected) => {
  const approvals = [alice, bob].map((by) => ({ by, at: noon, planHash: upgrade.plan?.hash ?? '' }))
  const parts = {
    images,
    upgrades: withEnded(ended),
    freezes: { all: async () => [] },
    config: () => ({ policyFor: () => policy, hash: 'h' }),
    members: { lookup: async (actor: Parameters<typeof aMember>[0]) => aMember(actor) },
    log: { warn() {} },
  } as unknown as Parts
  const loaded = { upgrade: { ...upgrade, approvals }, now: after(1_000), head: { hash: '', at: noon, sequence: 2 } }
  const look = await checkAgain(parts, loaded, { do: 'recheck', until: after(60_000) })
  expect(look).toMatchObject({ event: { type: expected } })
})
