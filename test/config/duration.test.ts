import { expect, test } from 'vitest'
import { parseDuration } from '../../src/config/duration.ts'

test.each([
  ['0s', 0],
  ['250ms', 250],
  ['90s', 90_000],
  ['2m', 120_000],
  ['4h', 14_400_000],
  ['14d', 1_209_600_000],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', 'm', '-1s', '1.5h', '1 h', '1h30m', '1H', '1s\n', '9999999999d'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
