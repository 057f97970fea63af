import { describe, expect, test } from 'vitest'
import {
  dismissed,
  dropped,
  isNewer,
  isOf,
  type Offer,
  type Offers,
  opened,
  requested,
  type Wish,
  wanted,
  withPush,
} from '../../src/upgrade/proposals.ts'
import { isSemVerRange } from '../../src/upgrade/semver-range.ts'
import { after, dana, noon } from '../an-upgrade.ts'
import { aDigest } from '../pushes.ts'

const otherDigest = `sha256:${'b'.repeat(64)}`

function aWish(changes: Partial<Wish> = {}): Wish {
  const image = 'registry.example.com/shop/web'
  return { service: 'web', environment: 'staging', image, range: '*', prereleases: false, forbidTags: [], ...changes }
}

function aPush(version: string, digest = aDigest): Omit<Offer, 'state'> {
  return { version, digest, source: 'distribution', at: noon }
}

function pushed(...versions: string[]): Offers {
  return versions.reduce((offers: Offers, version) => withPush(offers, aPush(version)).offers, [])
}

function states(offers: Offers): string[] {
  return offers.map(({ version, state }) => `${version} ${state.is}`)
}

describe('what a place wants to hear of', () => {
  test.each([
    ['^2', '2.4.0', 'noted'],
    ['^2', 'v2.4.0', 'noted'],
    ['^2', '3.0.0', 'outOfRange'],
    ['^2', '1.9.9', 'outOfRange'],
    ['>=1.4 <2 || 3.x', '3.1.0', 'noted'],
    ['*', 'latest', 'notSemver'],
    ['*', '2', 'notSemver'],
    ['*', '2.4', 'notSemver'],
    ['*', 'sha256-abc.sig', 'notSemver'],
    ['*', '2.4.0-rc.1', 'prerelease'],
    ['*', '2.0.0-<!here>', 'notSemver'],
  ])('of %s the tag %s is %s', (range, tag, outcome) => {
    expect(wanted(aWish({ range }), tag)).toBe(outcome)
  })

  test('pre-releases are in a range where they are wanted, and only in their own', () => {
    const wish = aWish({ range: '^2', prereleases: true })
    expect(wanted(wish, '2.4.0-rc.1')).toBe('noted')
    expect(wanted(wish, '3.0.0-rc.1')).toBe('outOfRange')
  })

  test('a tag that is forbidden is not proposed', () => {
    expect(wanted(aWish({ forbidTags: ['2.4.0'] }), '2.4.0')).toBe('forbidden')
  })

  test('its own image, however its name is written', () => {
    expect(isOf(aWish(), { image: 'Registry.example.com/shop/web', tag: '1.0.0' })).toBe(true)
    expect(isOf(aWish(), { image: 'registry.example.com/shop/api', tag: '1.0.0' })).toBe(false)
    expect(isOf(aWish(), { image: 'registry.example.org/shop/web', tag: '1.0.0' })).toBe(false)
    expect(isOf(aWish({ image: 'nginx' }), { image: 'docker.io/library/nginx', tag: '1.0.0' })).toBe(true)
  })

  test.each(['^2', '>=1.4 <3', '1.x || 2.x', '*', '~2.4'])('%s is a range', (range) => {
    expect(isSemVerRange(range)).toBe(true)
  })

  test.each(['newest', '^^2', '>=a'])('%s is none', (range) => expect(isSemVerRange(range)).toBe(false))
})

describe('what is offered', () => {
  test('is offered once, however often it is pushed and told', () => {
    const once = pushed('2.4.0')
    expect(states(once)).toEqual(['2.4.0 waiting'])
    for (const again of ['2.4.0', 'v2.4.0']) {
      expect(withPush(once, aPush(again))).toEqual({ offers: once, outcome: 'repeated' })
    }
    const shown = opened(once, { since: noon })
    expect(withPush(shown, aPush('2.4.0'))).toEqual({ offers: shown, outcome: 'repeated' })
  })

  test('is what the tag points to now, once it has moved', () => {
    const shown = opened(pushed('2.4.0'), { since: noon })
    const moved = withPush(shown, aPush('2.4.0', otherDigest))
    expect(moved.outcome).toBe('noted')
    expect(moved.offers).toMatchObject([{ version: '2.4.0', digest: otherDigest, state: { is: 'open' } }])
  })

  test('is the newest of what was pushed, in whatever order', () => {
    expect(states(pushed('2.4.0', '2.10.0', '2.9.0', '2.4.1'))).toEqual(['2.10.0 waiting'])
    expect(withPush(pushed('2.10.0'), aPush('2.9.0')).outcome).toBe('older')
  })

  test('supersedes what was offered before', () => {
    const first = opened(pushed('2.4.0'), { since: noon })
    const second = opened(withPush(first, aPush('2.5.0')).offers, { since: after(60_000), runs: '2.3.0' })
    expect(second.map(({ state }) => state)).toEqual([
      { is: 'superseded', by: '2.5.0' },
      { is: 'open', since: after(60_000), runs: '2.3.0' },
    ])
  })

  test('can be dismissed and requested while it is open, and is not offered again then', () => {
    const shown = opened(pushed('2.4.0'), { since: noon })
    const gone = dismissed(shown, '2.4.0', dana) ?? []
    expect(gone).toMatchObject([{ state: { is: 'dismissed', by: dana } }])
    expect(dismissed(gone, '2.4.0', dana)).toBeUndefined()
    expect(dismissed(shown, '2.5.0', dana)).toBeUndefined()
    expect(withPush(gone, aPush('2.4.0', otherDigest)).outcome).toBe('repeated')
    const asked = requested(shown, '2.4.0', { id: 'web-staging-1', by: dana })
    expect(states(asked)).toEqual(['2.4.0 requested'])
    expect(requested(gone, '2.4.0', { id: 'web-staging-1', by: dana })).toEqual(gone)
  })

  test('is looked at again when what was not there is pushed once more', () => {
    const gone = dropped(pushed('2.4.0'))
    expect(gone).toEqual([])
    expect(withPush(gone, aPush('2.4.0')).outcome).toBe('noted')
  })

  test('is remembered for the last few versions only', () => {
    let offers: Offers = []
    for (let patch = 0; patch < 30; patch++) {
      offers = opened(withPush(offers, aPush(`2.4.${patch}`)).offers, { since: noon })
    }
    expect(offers).toHaveLength(10)
    expect(states(offers).at(-1)).toBe('2.4.29 open')
  })
})

test('versions without an order are not older and not newer', () => {
  expect(isNewer('2.4.0', '2.3.9')).toBe(true)
  expect(isNewer('2.4.0', 'v2.4.0')).toBe(false)
  expect(isNewer('2.4.0', 'latest')).toBeUndefined()
})
