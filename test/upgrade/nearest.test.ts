import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from '../../src/upgrade/nearest.ts'

test.each([
  ['sok', ['type', 'soak', 'hold'], 'soak'],
  ['prodcution', ['staging', 'production'], 'production'],
  ['Web', ['api', 'web'], 'web'],
  ['aip', ['web', 'api'], 'api'],
  ['staging', ['stage', 'stagging'], 'stagging'],
  ['billing', ['web', 'api'], undefined],
  ['', ['web'], undefined],
  ['web', [], undefined],
])('%s among %j means %s', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected)
})

test('swapped neighbours are one mistake, not two', () => {
  expect(nearest('ab', ['ba'])).toBe('ba')
  expect(nearest('ab', ['cd'])).toBeUndefined()
})

test('of two that are equally near the first one is meant', () => {
  expect(nearest('bat', ['cat', 'hat'])).toBe('cat')
})

test('a word is nearest to itself', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 })), fc.string({ minLength: 1 }), (others, word) => {
      const same = (candidate: string) => candidate.toLowerCase() === word.toLowerCase()
      expect(same(nearest(word, [...others, word]) ?? '')).toBe(true)
    }),
  )
})
