/** What Slack shows, as lines of text for a terminal: the block types and the mrkdwn that Rollcall sends. */
import type { KnownBlock } from '@slack/types'

export type Style = 'plain' | 'bold' | 'code' | 'dim' | 'mention' | 'button' | 'primary' | 'danger'

/** A stretch of text in one style. */
export type Span = { text: string; style: Style }

/** Names behind IDs, as Slack's own client looks them up. */
export type Names = {
  user(id: string): string
  group(id: string): string
  channel(id: string): string
}

/** One paragraph for each line of the message; a blank one is empty. */
export function linesOf(content: { text: string; blocks?: KnownBlock[] | undefined }, names: Names): Span[][] {
  return content.blocks?.flatMap((block) => blockLines(block, names)) ?? paragraphs(content.text, 'plain', names)
}

function blockLines(block: KnownBlock, names: Names): Span[][] {
  switch (block.type) {
    case 'header':
      return [[{ text: block.text.text, style: 'bold' }]]
    case 'section':
      return [block.text, ...(block.fields ?? [])].flatMap((text) => (text ? textLines(text, 'plain', names) : []))
    case 'context':
      return block.elements.flatMap((element) => ('text' in element ? textLines(element, 'dim', names) : []))
    case 'actions': {
      const buttons = block.elements.flatMap((element) => (element.type === 'button' ? [buttonSpan(element)] : []))
      return [[], buttons.flatMap((button) => [button, { text: '  ', style: 'plain' }])]
    }
    case 'divider':
      return [[]]
    default:
      return [[{ text: `(${block.type})`, style: 'dim' }]]
  }
}

function buttonSpan({ text, style }: { text: { text: string }; style?: string | undefined }): Span {
  // No-break spaces: a button is never split between lines.
  const label = `[ ${text.text} ]`.replaceAll(' ', '\u00a0')
  return { text: label, style: style === 'primary' || style === 'danger' ? style : 'button' }
}

function textLines(text: { type: string; text: string }, style: Style, names: Names): Span[][] {
  if (text.type !== 'mrkdwn') return text.text.split('\n').map((line) => [{ text: line, style }])
  return paragraphs(text.text, style, names)
}

function paragraphs(mrkdwn: string, style: Style, names: Names): Span[][] {
  return mrkdwn.split('\n').map((line) => spans(line, style, names))
}

const markup = /<([^>]+)>|\*([^*]+)\*|`([^`]+)`/g

function spans(line: string, style: Style, names: Names): Span[] {
  const found: Span[] = []
  let end = 0
  for (const match of line.matchAll(markup)) {
    const [all, reference, bold, code] = match
    found.push({ text: unescaped(line.slice(end, match.index)), style })
    if (reference !== undefined) found.push(refer(reference, style, names))
    if (bold !== undefined) found.push(...spans(bold, 'bold', names))
    if (code !== undefined) found.push({ text: unescaped(code), style: 'code' })
    end = match.index + all.length
  }
  found.push({ text: unescaped(line.slice(end)), style })
  return found.filter(({ text }) => text !== '')
}

/** https://docs.slack.dev/messaging/formatting-message-text#advanced */
function refer(reference: string, style: Style, names: Names): Span {
  const [target = '', label] = reference.split('|')
  const id = target.slice(1)
  if (target.startsWith('@')) return { text: `@${names.user(id)}`, style: 'mention' }
  if (target.startsWith('#')) return { text: `#${names.channel(id)}`, style: 'mention' }
  if (target.startsWith('!subteam^')) return { text: `@${names.group(target.split('^')[1] ?? '')}`, style: 'mention' }
  if (target.startsWith('!date^')) return { text: clock(Number(target.split('^')[1])), style }
  return { text: unescaped(label ?? target), style }
}

function clock(epochSeconds: number): string {
  const then = new Date(epochSeconds * 1000)
  const isToday = then.toDateString() === new Date().toDateString()
  const time = then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  return isToday ? time : `${then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${time}`
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** Breaks a paragraph at spaces so that no line is wider than `width`; a longer word stands alone. */
export function wrap(paragraph: Span[], width: number): Span[][] {
  const lines: Span[][] = []
  let line: Span[] = []
  let used = 0
  const words = paragraph.flatMap(({ text, style }) =>
    text
      .split(/(?<= )/)
      .filter((word) => word !== '')
      .map((word) => ({ text: word, style })),
  )
  for (const unit of glued(words)) {
    const size = columns(unit)
    if (used > 0 && used + columns(trimmed(unit)) > width) {
      lines.push(line)
      line = []
      used = 0
    }
    line = [...line, ...unit]
    used += size
  }
  return [...lines, line].map(trimmed)
}

/** Neighbours without a space between them stay on one line: a mention and its full stop. */
function glued(words: Span[]): Span[][] {
  const units: Span[][] = []
  let open: Span[] = []
  for (const word of words) {
    open.push(word)
    if (!word.text.endsWith(' ')) continue
    units.push(open)
    open = []
  }
  return open.length > 0 ? [...units, open] : units
}

function trimmed(line: Span[]): Span[] {
  const last = line.at(-1)
  if (!last) return line
  const text = last.text.trimEnd()
  return text === '' ? trimmed(line.slice(0, -1)) : [...line.slice(0, -1), { ...last, text }]
}

/** How many columns a line takes; every character that Rollcall sends takes one. */
export function columns(line: readonly { text: string }[]): number {
  return line.reduce((sum, { text }) => sum + [...text].length, 0)
}
