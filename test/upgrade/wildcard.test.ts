import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fits } from '../../src/upgrade/wildcard.ts'

test.each([
  ['repo:shop/web:*', 'repo:shop/web:ref:refs/heads/main', true],
  ['repo:shop/web:*', 'repo:shop/web', false],
  ['repo:shop/web:*', 'repo:shop/web-evil:ref', false],
  ['repo:shop/*:ref:refs/heads/main', 'repo:shop/web:ref:refs/heads/main', true],
  ['repo:shop/*:ref:refs/heads/main', 'repo:shop/web:ref:refs/heads/main2', false],
  ['*', '', true],
  ['a*a', 'a', false],
  ['shop/web', 'Shop/Web', false],
  ['a.c', 'abc', false],
])('%s and %s: %s', (pattern, text, expected) => {
  expect(fits(pattern, text)).toBe(expected)
})

test('it is what a regular expression would say', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.') })
  fc.assert(
    fc.property(text, text, (pattern, given) => {
      const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'))
      expect(fits(pattern, given)).toBe(new RegExp(`^${parts.join('.*')}$`).test(given))
    }),
  )
})
