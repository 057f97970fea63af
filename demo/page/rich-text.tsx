import type { ComponentChildren, JSX } from 'preact'
import type { Json } from '../server/protocol.ts'
import { list } from './interaction.ts'
import { InlineMrkdwn } from './text.tsx'

/** A `rich_text` block: sections, lists, quotes and preformatted text. */
export function RichText({ elements }: { elements: Json[] }): JSX.Element {
  return (
    <div class="block">
      {elements.map((element, index) => (
        <Part key={index} element={element} />
      ))}
    </div>
  )
}

function Part({ element }: { element: Json }): JSX.Element {
  const inside = list(element.elements)
  switch (element.type) {
    case 'rich_text_list': {
      const items = inside.map((item, index) => (
        <li key={index}>
          <Runs runs={list(item.elements)} />
        </li>
      ))
      return element.style === 'ordered' ? <ol>{items}</ol> : <ul>{items}</ul>
    }
    case 'rich_text_quote':
      return (
        <blockquote>
          <Runs runs={inside} />
        </blockquote>
      )
    case 'rich_text_preformatted':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable
        <pre class="preformatted" tabIndex={0}>
          <Runs runs={inside} />
        </pre>
      )
    default:
      return (
        <p>
          <Runs runs={inside} />
        </p>
      )
  }
}

function Runs({ runs }: { runs: Json[] }): JSX.Element {
  return (
    <>
      {runs.map((run, index) => (
        <Run key={index} run={run} />
      ))}
    </>
  )
}

function Run({ run }: { run: Json }): JSX.Element {
  switch (run.type) {
    case 'user':
      return <InlineMrkdwn text={`<@${String(run.user_id)}>`} />
    case 'usergroup':
      return <InlineMrkdwn text={`<!subteam^${String(run.usergroup_id)}>`} />
    case 'link':
      return <a href={String(run.url)}>{String(run.text ?? run.url)}</a>
    case 'emoji':
      return <span>{emojiOf(run)}</span>
    default:
      return <Styled style={(run.style ?? {}) as Json}>{String(run.text ?? '')}</Styled>
  }
}

function Styled({ style, children }: { style: Json; children: ComponentChildren }): JSX.Element {
  if (style.code === true) return <code>{children}</code>
  if (style.bold === true) return <strong>{children}</strong>
  if (style.italic === true) return <em>{children}</em>
  if (style.strike === true) return <s>{children}</s>
  return <>{children}</>
}

/** Slack sends the code points beside the name. */
function emojiOf(run: Json): string {
  if (typeof run.unicode !== 'string') return `:${String(run.name)}:`
  return String.fromCodePoint(...run.unicode.split('-').map((point) => Number.parseInt(point, 16)))
}
