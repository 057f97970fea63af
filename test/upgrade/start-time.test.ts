import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { readTime } from '../../src/upgrade/start-time.ts'
import { fuzzRuns } from '../fuzz-runs.ts'

/** A Saturday: 20:00 in Shanghai, 13:00 in Berlin. */
const now = '2026-11-21T12:00:00.000Z'
const zone = 'Asia/Shanghai'

function at(text: string, given: { now?: string; zone?: string } = { zone }) {
  const read = readTime(text, { now, ...given })
  return 'at' in read ? read.at.replace(':00.000Z', 'Z') : read
}

describe('a time', () => {
  test.each([
    ['2026-11-22T02:00+08:00', '2026-11-21T18:00Z'],
    ['2026-11-22T02:00:00+08:00', '2026-11-21T18:00Z'],
    ['2026-11-22T02:00Z', '2026-11-22T02:00Z'],
    ['2026-11-22T02:00', '2026-11-21T18:00Z'],
    ['2026-11-22 02:00', '2026-11-21T18:00Z'],
    ['2026-11-22 02:00 Europe/Berlin', '2026-11-22T01:00Z'],
    ['02:00', '2026-11-21T18:00Z'],
    ['2:00', '2026-11-21T18:00Z'],
    ['23:30', '2026-11-21T15:30Z'],
    ['19:59', '2026-11-22T11:59Z'],
    ['20:00', '2026-11-22T12:00Z'],
    ['02:00 UTC', '2026-11-22T02:00Z'],
    ['02:00 America/Toronto', '2026-11-22T07:00Z'],
    ['today 21:00', '2026-11-21T13:00Z'],
    ['tomorrow 02:00', '2026-11-21T18:00Z'],
    ['Tomorrow 02:00 Europe/Berlin', '2026-11-22T01:00Z'],
    ['sat 21:00', '2026-11-21T13:00Z'],
    ['sat 02:00', '2026-11-27T18:00Z'],
    ['Tuesday 02:00', '2026-11-23T18:00Z'],
    ['mon 02:00 UTC', '2026-11-23T02:00Z'],
  ])('%s is %s', (text, expected) => {
    expect(at(text)).toBe(expected)
  })

  test.each([
    ['', 'form'],
    ['soon', 'form'],
    ['25:00', 'form'],
    ['02:60', 'form'],
    ['2', 'form'],
    ['2026-02-30 02:00', 'form'],
    ['2026-11-22', 'form'],
    ['tomorrow', 'form'],
    ['sunday morning 02:00', 'form'],
    ['02:00 +08:00', 'unknownZone'],
    ['02:00 Asia/Shangai', 'unknownZone'],
    ['today 02:00', 'past'],
    ['2026-11-21T12:00Z', 'past'],
    ['2025-11-22 02:00', 'past'],
  ])('%j is none: %s', (text, wrong) => {
    expect(at(text)).toMatchObject({ wrong })
  })

  it('of a misspelt zone is answered with the one that is meant', () => {
    expect(at('02:00 Asia/Shangai')).toEqual({ wrong: 'unknownZone', word: 'Asia/Shangai', meant: 'Asia/Shanghai' })
  })

  it('is at most so many days ahead', () => {
    expect(readTime('2026-12-21T12:00Z', { now, days: 30 })).toHaveProperty('at')
    expect(readTime('2026-12-21T12:01Z', { now, days: 30 })).toEqual({ wrong: 'far', days: 30 })
    expect(readTime('2036-12-21T12:01Z', { now })).toHaveProperty('at')
  })

  it('without a zone is not guessed', () => {
    expect(at('tomorrow 02:00', {})).toEqual({ wrong: 'zoneNeeded' })
    expect(at('02:00 Europe/Berlin', {})).toBe('2026-11-22T01:00Z')
  })
})

describe('where clocks change', () => {
  const berlin = 'Europe/Berlin'

  it('a time that is left out is not guessed', () => {
    expect(at('2026-03-29 02:30', { now: '2026-03-28T12:00:00.000Z', zone: berlin })).toEqual({
      ...{ wrong: 'skipped', zone: berlin, instead: '2026-03-29T03:00+02:00' },
    })
  })

  it('the next one passes over the day that leaves it out', () => {
    expect(at('02:30', { now: '2026-03-28T12:00:00.000Z', zone: berlin })).toBe('2026-03-30T00:30Z')
  })

  it('a time that is shown twice is not guessed', () => {
    expect(at('2026-10-25 02:30', { now: '2026-10-24T12:00:00.000Z', zone: berlin })).toEqual({
      ...{ wrong: 'twice', zone: berlin, both: ['2026-10-25T02:30+02:00', '2026-10-25T02:30+01:00'] },
    })
  })

  it('what is offered instead is understood', () => {
    const given = { now: '2026-03-28T12:00:00.000Z', zone: berlin }
    expect(at('2026-03-29T03:00+02:00', given)).toBe('2026-03-29T01:00Z')
  })
})

describe('whatever is typed', () => {
  it('is a time to come, or none', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('02:00', 'today', 'sat', 'UTC', 'T', '2026-11-22', '+08:00', 'monday'),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), fc.constantFrom(undefined, zone), (words, known) => {
        const read = readTime(words.join(' '), { now, zone: known })
        if ('at' in read) expect(read.at > now).toBe(true)
        else expect(read.wrong).toBeDefined()
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})
