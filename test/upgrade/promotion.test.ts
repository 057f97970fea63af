import { describe, expect, test } from 'vitest'
import { lastSuccess, promotionFindings } from '../../src/upgrade/promotion.ts'
import type { Result, Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgrade, aPolicy, noon } from '../an-upgrade.ts'

const day = 86_400_000
const image = 'registry.example.com/shop/web:1.5.0'
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const promoteFrom = { environment: 'staging', withinMs: 14 * day }

function ended(
  changes: { image?: string; environment?: string; outcome?: Result['outcome']; at?: string } = {},
): Upgrade {
  const { outcome = 'succeeded', at = noon, environment = 'staging', ...rest } = changes
  const upgrade = anUpgrade({ id: `web-${environment}-7` })
  const request = { ...upgrade.request, environment, image: rest.image ?? image }
  return { ...upgrade, request, result: { outcome, at, by: { kind: 'system', reason: 'DONE' } } }
}

function findings(past: Upgrade[] | undefined, options: { image?: string; now?: string; breakGlass?: true } = {}) {
  const upgrade = anUpgrade({ policy: aPolicy({ promoteFrom }) })
  const { image: wanted = image, now = after(day), breakGlass } = options
  const request = { ...upgrade.request, image: wanted, ...(breakGlass && { breakGlass }) }
  return promotionFindings({ policy: upgrade.policy, request }, past, now).map(({ code }) => code)
}

describe('a version that has to come from staging', () => {
  test('may, when it succeeded there in time', () => {
    expect(findings([ended()])).toEqual(['PROMOTED'])
  })

  test.each<[string, Upgrade[]]>([
    ['was never asked for there', []],
    ['succeeded somewhere else', [ended({ environment: 'production' })]],
    ['was rolled back there', [ended({ outcome: 'rolledBack' })]],
    ['is another tag', [ended({ image: 'registry.example.com/shop/web:1.4.9' })]],
  ])('may not, when it %s', (_, past) => {
    expect(findings(past)).toEqual(['NOT_PROMOTED'])
  })

  test('may not, when that was too long ago', () => {
    expect(findings([ended()], { now: after(14 * day) })).toEqual(['PROMOTED'])
    expect(findings([ended()], { now: after(14 * day + 1) })).toEqual(['PROMOTED_TOO_LONG_AGO'])
  })

  test('is known by its digest, whatever its tag says', () => {
    const past = [ended({ image: `${image}@${digest('a')}` })]
    expect(findings(past, { image: `registry.example.com/shop/web:stable@${digest('a')}` })).toEqual(['PROMOTED'])
    expect(findings(past, { image: `${image}@${digest('b')}` })).toEqual(['NOT_PROMOTED'])
  })

  test('is not looked up where there is no store', () => {
    expect(findings(undefined)).toEqual(['PROMOTION_UNKNOWN'])
  })

  test('is not asked for under break-glass, which names that', () => {
    expect(findings([], { breakGlass: true })).toEqual([])
  })
})

test('a policy that does not ask finds nothing', () => {
  expect(promotionFindings(anUpgrade(), [], noon)).toEqual([])
})

test('what is promoted is the last success there that nobody took back', () => {
  const taken = ended({ outcome: 'rolledBack' })
  const good = ended()
  expect(lastSuccess([ended({ environment: 'production' }), taken, good], 'staging')).toBe(good)
  expect(lastSuccess([taken], 'staging')).toBeUndefined()
})
