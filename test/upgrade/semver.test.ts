import { expect, test } from 'vitest'
import { compareSemVer, semVerOf } from '../../src/upgrade/semver.ts'

test('versions follow each other as the specification says', () => {
  const ordered = [
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.2.0',
    '1.10.0',
    'v2.0.0',
  ]
  const shuffled = ordered.toSorted((one, other) => one.length - other.length)
  const sorted = shuffled.toSorted((one, other) => {
    const [left, right] = [semVerOf(one), semVerOf(other)]
    return left && right ? compareSemVer(left, right) : Number.NaN
  })
  expect(sorted).toEqual(ordered)
})

test('build metadata has no say', () => {
  const [one, other] = [semVerOf('1.0.0+a'), semVerOf('1.0.0+b')]
  expect(one && other && compareSemVer(one, other)).toBe(0)
})

test.each(['latest', '1', '1.5', '1.5.0.1', '01.5.0', '1.5.0-', '1.5.0-01', '', 'v', '1.5.0 ', 'sha256:1'])(
  '«%s» is no SemVer',
  (text) => {
    expect(semVerOf(text)).toBeUndefined()
  },
)
