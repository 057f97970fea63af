import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatQuantity, parseQuantity } from '../../src/kubernetes/quantity.ts'

test.each([
  ['500m', 500n],
  ['2', 2000n],
  ['0.1', 100n],
  ['.5', 500n],
  ['1.', 1000n],
  ['1Ki', 1_024_000n],
  ['1.5Gi', 1_610_612_736_000n],
  ['64E', 64_000_000_000_000_000_000_000n],
  ['2e3', 2_000_000n],
  ['1E2', 100_000n],
  ['1E', 1_000_000_000_000_000_000_000n],
  ['100u', 1n],
  ['1n', 1n],
  ['-1', -1000n],
  ['12Kib', undefined],
  ['', undefined],
  ['.', undefined],
  ['much', undefined],
])('%s in thousandths: %s', (text, amount) => {
  expect(parseQuantity(text)).toBe(amount)
})

test.each([
  [500n, '500m'],
  [2000n, '2'],
  [1_073_741_824_000n, '1Gi'],
  [250_000_000_000n, '250M'],
  [12_345_678_912_000n, '11773Mi'],
  [-1000n, '-1'],
  [0n, '0'],
])('%s is written as %s', (amount, text) => {
  expect(formatQuantity(amount)).toBe(text)
})

test('what is written is never more than the amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), (amount) => {
      const read = parseQuantity(formatQuantity(amount)) ?? -1n
      expect(read <= amount && amount - read < 2n ** 20n * 1000n).toBe(true)
    }),
  )
})
