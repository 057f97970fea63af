import type { Locale } from '../server/protocol.ts'
import { localeTags } from './language.ts'

/** Slack's `mrkdwn` as a tree. https://docs.slack.dev/messaging/formatting-message-text */

export type Inline =
  | { is: 'text'; text: string }
  | { is: 'code'; text: string }
  | { is: 'bold' | 'italic' | 'strike'; inside: Inline[] }
  | { is: 'link'; url: string; inside: Inline[] }
  | { is: 'user' | 'group' | 'channel' | 'broadcast'; id: string }
  | { is: 'date'; seconds: number; format: string; fallback: string }
  | { is: 'break' }

export type Paragraph =
  | { is: 'pre'; text: string }
  | { is: 'quote'; inside: Inline[] }
  | { is: 'paragraph'; inside: Inline[] }

export function parseMrkdwn(source: string): Paragraph[] {
  return source.split(/```\n?([\s\S]*?)\n?```/).flatMap((part, index): Paragraph[] => {
    if (index % 2 === 1) return [{ is: 'pre', text: decoded(part) }]
    const text = part.replace(/^\n|\n$/g, '')
    return text === '' ? [] : quotesAndText(text)
  })
}

function quotesAndText(text: string): Paragraph[] {
  const paragraphs: { quote: boolean; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    const quote = line.startsWith('&gt;')
    const content = quote ? line.slice(4).replace(/^ /, '') : line
    const last = paragraphs.at(-1)
    if (last?.quote === quote) last.lines.push(content)
    else paragraphs.push({ quote, lines: [content] })
  }
  return paragraphs.map(({ quote, lines }) => ({
    is: quote ? 'quote' : 'paragraph',
    inside: parseInline(lines.join('\n')),
  }))
}

const styles = { '*': 'bold', _: 'italic', '~': 'strike' } as const

/** What stands between blanks or punctuation only: `2*3*4` is not bold. */
const marked = /<(?<marked>[^>]*)>/
const code = /`(?<code>[^`\n]+)`/
const lineEnd = /\n/
/** Within one line, and between blanks or punctuation only: `2*3*4` is not bold. */
const styled =
  /(?<![\p{L}\p{N}*_~])(?<mark>[*_~])(?=\S)(?<inside>(?:<[^>]*>|`[^`\n]*`|(?!\k<mark>)[^\n])*?(?<=\S))\k<mark>(?![\p{L}\p{N}*_~])/u
const pattern = new RegExp([marked, code, lineEnd, styled].map(({ source }) => source).join('|'), 'gu')

export function parseInline(source: string): Inline[] {
  const found: Inline[] = []
  let end = 0
  const plain = (text: string) => {
    if (text !== '') found.push({ is: 'text', text: decoded(text) })
  }
  for (const match of source.matchAll(pattern)) {
    plain(source.slice(end, match.index))
    end = match.index + match[0].length
    const { marked, code, mark, inside } = match.groups ?? {}
    if (marked !== undefined) found.push(parseMarked(marked))
    else if (code !== undefined)
      found.push({ is: 'code', text: decoded(code.replace(/<(?:[^|>]*\|)?([^>]*)>/g, '$1')) })
    else if (mark === '*' || mark === '_' || mark === '~') {
      found.push({ is: styles[mark], inside: parseInline(inside ?? '') })
    } else found.push({ is: 'break' })
  }
  plain(source.slice(end))
  return found
}

/** What stands between `<` and `>`. */
function parseMarked(content: string): Inline {
  const bar = content.indexOf('|')
  const [target, label] = bar < 0 ? [content, undefined] : [content.slice(0, bar), content.slice(bar + 1)]
  if (target.startsWith('@')) return { is: 'user', id: target.slice(1) }
  if (target.startsWith('#')) return { is: 'channel', id: target.slice(1) }
  if (target.startsWith('!subteam^')) return { is: 'group', id: target.slice('!subteam^'.length) }
  if (target.startsWith('!date^')) {
    const [, seconds = '', format = ''] = target.split('^')
    return { is: 'date', seconds: Number(seconds), format, fallback: decoded(label ?? '') }
  }
  if (target.startsWith('!')) return { is: 'broadcast', id: target.slice(1) }
  return { is: 'link', url: decoded(target), inside: parseInline(label ?? target) }
}

function decoded(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

const nearby = {
  en: { today: 'today', yesterday: 'yesterday', tomorrow: 'tomorrow' },
  zh: { today: '今天', yesterday: '昨天', tomorrow: '明天' },
}

/** `{date_short_pretty} {time}` and Slack's other tokens, in the reader's zone and language. */
export function formatDate(seconds: number, format: string, locale: Locale, now = new Date()): string {
  const tag = localeTags[locale]
  const { today, yesterday, tomorrow } = nearby[locale]
  const date = new Date(seconds * 1000)
  const day = (options: Intl.DateTimeFormatOptions) => date.toLocaleDateString(tag, options)
  const clock = (options: Intl.DateTimeFormatOptions) => date.toLocaleTimeString(tag, options)
  const daysAgo = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000)
  const near = daysAgo === 0 ? today : daysAgo === 1 ? yesterday : daysAgo === -1 ? tomorrow : undefined
  const tokens: Record<string, string> = {
    date_num: date.toISOString().slice(0, 10),
    date: day({ year: 'numeric', month: 'long', day: 'numeric' }),
    date_short: day({ year: 'numeric', month: 'short', day: 'numeric' }),
    date_long: day({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
    time: clock({ hour: 'numeric', minute: '2-digit' }),
    time_secs: clock({ hour: 'numeric', minute: '2-digit', second: '2-digit' }),
  }
  for (const name of ['date', 'date_short', 'date_long']) tokens[`${name}_pretty`] = near ?? tokens[name] ?? ''
  return format.replace(/\{(\w+)\}/g, (whole, name: string) => tokens[name] ?? whole)
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}
