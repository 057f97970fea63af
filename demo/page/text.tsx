import type { JSX } from 'preact'
import { formatDate, type Inline, type Paragraph, parseInline, parseMrkdwn } from './mrkdwn.ts'
import { calls, personName, type Reader, useReader } from './store.ts'

/** Slack's `mrkdwn`, as a reader sees it. */
export function Mrkdwn({ text }: { text: string }): JSX.Element {
  return (
    <>
      {parseMrkdwn(text).map((paragraph, index) => (
        <ParagraphOf key={index} paragraph={paragraph} />
      ))}
    </>
  )
}

/** The same within a line. */
export function InlineMrkdwn({ text }: { text: string }): JSX.Element {
  return <Inlines parts={parseInline(text)} />
}

function ParagraphOf({ paragraph }: { paragraph: Paragraph }): JSX.Element {
  switch (paragraph.is) {
    case 'pre':
      // Keyboard users can scroll what is wider than its box.
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable
        <pre class="preformatted" tabIndex={0}>
          {paragraph.text}
        </pre>
      )
    case 'quote':
      return (
        <blockquote>
          <Inlines parts={paragraph.inside} />
        </blockquote>
      )
    case 'paragraph':
      return (
        <p>
          <Inlines parts={paragraph.inside} />
        </p>
      )
  }
}

function Inlines({ parts }: { parts: Inline[] }): JSX.Element {
  return (
    <>
      {parts.map((part, index) => (
        <InlineOf key={index} part={part} />
      ))}
    </>
  )
}

function InlineOf({ part }: { part: Inline }): JSX.Element {
  const reader = useReader()
  switch (part.is) {
    case 'text':
      return <>{part.text}</>
    case 'code':
      return <code>{part.text}</code>
    case 'bold':
      return (
        <strong>
          <Inlines parts={part.inside} />
        </strong>
      )
    case 'italic':
      return (
        <em>
          <Inlines parts={part.inside} />
        </em>
      )
    case 'strike':
      return (
        <s>
          <Inlines parts={part.inside} />
        </s>
      )
    case 'link':
      return <LinkOf part={part} />
    case 'break':
      return <br />
    case 'user':
    case 'group': {
      const me = calls(reader, part.is === 'user' ? `<@${part.id}>` : `<!subteam^${part.id}>`)
      return <span class={me ? 'mention mention-me' : 'mention'}>{plainPart(part, reader)}</span>
    }
    case 'channel':
    case 'broadcast':
      return <span class="mention">{plainPart(part, reader)}</span>
    case 'date':
      return (
        <time dateTime={new Date(part.seconds * 1000).toISOString()} title={part.fallback}>
          {plainPart(part, reader)}
        </time>
      )
  }
}

/** A permalink of this workspace leads to the message on this page; every other link leaves it alone. */
function LinkOf({ part }: { part: Extract<Inline, { is: 'link' }> }): JSX.Element {
  const permalink = /\/archives\/\w+\/p(\d{10})(\d{6})/.exec(part.url)
  if (permalink) {
    return (
      <a href={`#message-${permalink[1]}.${permalink[2]}`}>
        <Inlines parts={part.inside} />
      </a>
    )
  }
  return (
    <a href={part.url} target="_blank" rel="noreferrer">
      <Inlines parts={part.inside} />
    </a>
  )
}

/** What a phone's notification shows and a screen reader says. */
export function plainText(text: string, reader: Reader): string {
  return parseMrkdwn(text)
    .map((paragraph) =>
      paragraph.is === 'pre' ? paragraph.text : paragraph.inside.map((part) => plainPart(part, reader)).join(''),
    )
    .join('\n')
}

function plainPart(part: Inline, reader: Reader): string {
  switch (part.is) {
    case 'text':
    case 'code':
      return part.text
    case 'bold':
    case 'italic':
    case 'strike':
    case 'link':
      return part.inside.map((one) => plainPart(one, reader)).join('')
    case 'break':
      return '\n'
    case 'user':
      return `@${personName(reader, part.id)}`
    case 'group':
      return `@${reader.workspace.groups.find(({ id }) => id === part.id)?.handle ?? part.id}`
    case 'channel':
      return `#${part.id === reader.workspace.channel.id ? reader.workspace.channel.name : part.id}`
    case 'broadcast':
      return `@${part.id}`
    case 'date':
      return Number.isNaN(part.seconds) ? part.fallback : formatDate(part.seconds, part.format, reader.locale)
  }
}
