import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clean, clip, clipMarkup, escapeCode, escapeMrkdwn } from '../../src/messages/escape.ts'
import { bold, code, link, mrkdwn, plain, quoted, time, user } from '../../src/messages/markup.ts'
import { anyText } from '../any-text.ts'

describe('text of people', () => {
  test.each([
    ['<!channel> wake up', '&lt;!channel&gt; wake up'],
    ['<@U0BOB>', '&lt;@U0BOB&gt;'],
    ['a && b', 'a &amp;&amp; b'],
    ['&lt;!here&gt;', '&amp;lt;!here&amp;gt;'],
    ['one\ntwo\r\n\tthree', 'one two three'],
    ['abc\u202edcba\u2066x\u2069', 'abcdcbax'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['bell\u0007 null\u0000', 'bell null'],
    ['\ud800 lone', '\ufffd lone'],
    ['👩‍🚀 flies', '👩‍🚀 flies'],
    ['❤️ and 👩🏽‍🚒 and 1️⃣', '❤️ and 👩🏽‍🚒 and 1️⃣'],
    ['jo\u200din\ufe0fed', 'joined'],
    ['soft\u00adhyphen fil\u3164ler \u{e0041}tag \u2800 braille', 'softhyphen filler tag braille'],
    [`z${'\u0301'.repeat(50)}algo`, `z${'\u0301'.repeat(3)}algo`],
    ['*loud* ~gone~ _slanted_ `code` 2*3 my_name', "∗loud∗ ∼gone∼ ˍslantedˍ 'code' 2∗3 my_name"],
    ['\u001b[31mred\u009b0m', '[31mred 0m'],
  ])('%j can do no harm', (text, safe) => {
    expect(escapeMrkdwn(text)).toBe(safe)
  })

  test('never brings an angle bracket, a control character or a bidirectional override through', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
        expect(escapeMrkdwn(text)).not.toMatch(/[<>\u0000-\u001f\u202a-\u202e\u2066-\u2069]/)
        expect(escapeCode(text)).not.toMatch(/[`<>]/)
      }),
    )
  })

  test('is cut with … at the limit, never within a character', () => {
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip('🚀🚀🚀', 4)).toBe('🚀…')
    expect(clip('🚀🚀', 4)).toBe('🚀🚀')
    expect(clip('abc', 3)).toBe('abc')
    expect(clean('x'.repeat(1_000))).toHaveLength(300)
  })
})

describe('finished markup', () => {
  test('is cut without half a mention, half an entity or half a character', () => {
    expect(clipMarkup('hello <@U0BOB> there', 12)).toBe('hello…')
    expect(clipMarkup('a &amp; b', 6)).toBe('a…')
    expect(clipMarkup('ab🚀', 4)).toBe('ab🚀')
    expect(clipMarkup('ab🚀c', 4)).toBe('ab…')
  })

  test('never grows beyond the limit', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (text, limit) => {
        expect(clipMarkup(escapeMrkdwn(text), limit).length).toBeLessThanOrEqual(limit)
      }),
    )
  })
})

describe('the markup template', () => {
  test('escapes what is interpolated, unless it is markup already', () => {
    expect(mrkdwn`${'<!here>'} by ${user('U0BOB')}`).toEqual({ mrkdwn: '&lt;!here&gt; by <@U0BOB>' })
  })

  test('cleans what goes into plain text, and leaves what only mrkdwn would parse', () => {
    expect(plain`a ${'<b>\n&'} c`).toBe('a <b> & c')
  })

  test('mentions only what is a Slack ID', () => {
    expect(user('U0BOB|<!channel>').mrkdwn).toBe('U0BOB|&lt;!channel&gt;')
  })

  test('cannot be broken out of', () => {
    expect(bold('a*b').mrkdwn).toBe('*a∗b*')
    expect(code('a`b').mrkdwn).toBe("`a'b`")
    expect(quoted('<a>').mrkdwn).toBe('«&lt;a&gt;»')
    expect(quoted('ok» approved by @alice «').mrkdwn).toBe('«ok› approved by @alice ‹»')
    expect(quoted(undefined).mrkdwn).toBe('')
    expect(link('https://x.test/|<!here>', 'label').mrkdwn).toBe('label')
  })

  test('writes times for the reader’s own zone, with UTC as the fallback', () => {
    expect(time('2026-07-01T12:00:00.000Z').mrkdwn).toBe(
      '<!date^1782907200^{date_short_pretty} {time}|2026-07-01 12:00 UTC>',
    )
    expect(time('soon').mrkdwn).toBe('soon')
  })
})
