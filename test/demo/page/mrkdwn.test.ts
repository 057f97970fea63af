import { describe, expect, test } from 'vitest'
import { formatDate, parseInline, parseMrkdwn } from '../../../demo/page/mrkdwn.ts'

const text = (value: string) => ({ is: 'text', text: value })

describe('mrkdwn on the page', () => {
  test.each([
    ['*bold* text', [{ is: 'bold', inside: [text('bold')] }, text(' text')]],
    [
      '_it_ and ~gone~',
      [{ is: 'italic', inside: [text('it')] }, text(' and '), { is: 'strike', inside: [text('gone')] }],
    ],
    ['*a _b_*', [{ is: 'bold', inside: [text('a '), { is: 'italic', inside: [text('b')] }] }]],
    ['`x*y*` 2*3*4', [{ is: 'code', text: 'x*y*' }, text(' 2*3*4')]],
    ['snake_case_name', [text('snake_case_name')]],
    ['*no\nbold*', [text('*no'), { is: 'break' }, text('bold*')]],
    ['<@U1>, <!subteam^S1>', [{ is: 'user', id: 'U1' }, text(', '), { is: 'group', id: 'S1' }]],
    ['<#C1> <!here>', [{ is: 'channel', id: 'C1' }, text(' '), { is: 'broadcast', id: 'here' }]],
    [
      '<https://a.example|*b*>',
      [{ is: 'link', url: 'https://a.example', inside: [{ is: 'bold', inside: [text('b')] }] }],
    ],
    ['&lt;!channel&gt; &amp;lt;', [text('<!channel> &lt;')]],
    [
      '<!date^1700000000^{time}|noon UTC>',
      [{ is: 'date', seconds: 1_700_000_000, format: '{time}', fallback: 'noon UTC' }],
    ],
  ])('%j', (source, expected) => {
    expect(parseInline(source)).toEqual(expected)
  })

  test('keeps what is preformatted as it is, and tells quotes from the rest', () => {
    expect(parseMrkdwn('before\n```\na  *b*\n&lt;c\n```\n&gt; said\nafter')).toEqual([
      { is: 'paragraph', inside: [text('before')] },
      { is: 'pre', text: 'a  *b*\n<c' },
      { is: 'quote', inside: [text('said')] },
      { is: 'paragraph', inside: [text('after')] },
    ])
  })

  test('a time of today is told as such, and one of another year in full', () => {
    const noon = new Date(2026, 10, 21, 12, 0)
    const seconds = noon.getTime() / 1000
    expect(formatDate(seconds, '{date_short_pretty} {time}', 'en', noon)).toBe('today 12:00 PM')
    expect(formatDate(seconds, '{date_short_pretty} {time}', 'zh', noon)).toBe('今天 12:00')
    expect(formatDate(seconds - 86_400, '{date_short_pretty}', 'en', noon)).toBe('yesterday')
    expect(formatDate(seconds, '{date_short_pretty}', 'en', new Date(2027, 1, 1))).toBe('Nov 21, 2026')
  })
})
