import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Ephemeral, Message, Workspace } from '../server/protocol.ts'
import { Avatar } from './avatar.tsx'
import { Composer } from './composer.tsx'
import { textOf } from './interaction.ts'
import { localeTags } from './language.ts'
import { MessageView, type Perform, timeOf, useDismissed } from './message.tsx'
import { slackWords } from './slack-words.ts'
import { calls, useReader } from './store.ts'
import { Dismiss } from './thread.tsx'

/** The channel: its messages, what only this person sees, and where one writes. */
export function Channel({
  title,
  messages,
  ephemerals,
  asText,
  onAsText,
  text,
  onText,
  onSend,
  onThread,
  perform,
}: {
  /** `#releases`, or who one speaks with. */
  title: string
  messages: Message[]
  ephemerals: Ephemeral[]
  asText: boolean
  onAsText(asText: boolean): void
  text: string
  onText(text: string): void
  onSend(text: string): void
  onThread(ts: string): void
  perform: Perform
}): JSX.Element {
  const { locale } = useReader()
  const slack = slackWords[locale]
  const [isDismissed, dismiss] = useDismissed()
  const shown = [
    ...messages.filter(({ threadTs }) => threadTs === undefined),
    ...ephemerals.filter(({ ts, threadTs }) => threadTs === undefined && !isDismissed(ts)),
  ].sort((a, b) => a.ts.localeCompare(b.ts))
  const end = useRef<HTMLDivElement>(null)
  const last = shown.at(-1)?.ts
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [last])
  return (
    <main class="channel" aria-label={title} lang={localeTags[locale]}>
      <header class="pane-head">
        <h1>{title}</h1>
        <label class="switch" title={slack.plainTextHint}>
          <input type="checkbox" checked={asText} onChange={({ currentTarget }) => onAsText(currentTarget.checked)} />
          {slack.plainText}
        </label>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable */}
      <div class="scroll" role="log" aria-label={slack.messages} tabIndex={0}>
        {shown.length === 0 && <Welcome onText={onText} />}
        {shown.map((message) => (
          <MessageView
            key={message.ts}
            message={message}
            asText={asText}
            perform={perform}
            footer={
              message.kind === 'ephemeral' ? (
                <Dismiss onDismiss={() => dismiss(message.ts)} />
              ) : (
                <ThreadLink
                  replies={messages.filter(({ threadTs }) => threadTs === message.ts)}
                  onOpen={() => onThread(message.ts)}
                />
              )
            }
          />
        ))}
        <div ref={end} />
      </div>
      <Composer
        label={slack.write(title)}
        upgrades={upgradesOf(messages)}
        text={text}
        onText={onText}
        onSend={onSend}
      />
    </main>
  )
}

function upgradesOf(messages: Message[]): string[] {
  return [...new Set(messages.flatMap(({ upgrade }) => upgrade ?? []))].reverse()
}

/** Whether a message is a question that can still be answered, and calls this person in its first block. */
export function asks(message: Message, workspace: Workspace, person: string): boolean {
  const open = message.threadTs !== undefined && message.blocks.some(({ type }) => type === 'actions')
  return open && calls({ workspace, me: person }, textOf(message.blocks[0]?.text))
}

function ThreadLink({ replies, onOpen }: { replies: Message[]; onOpen(): void }): JSX.Element | null {
  const { workspace, me, locale } = useReader()
  const slack = slackWords[locale]
  const last = replies.at(-1)
  if (!last) return null
  const authors = [...new Set(replies.map(({ user }) => user))].slice(0, 4)
  const waits = replies.some((reply) => asks(reply, workspace, me))
  return (
    <button type="button" class="thread-link" onClick={onOpen}>
      {authors.map((author) => (
        <Avatar key={author} id={author} />
      ))}
      <strong>{slack.replies(replies.length)}</strong>
      {waits ? (
        <span class="waits">{slack.waits}</span>
      ) : (
        <span class="quiet">{slack.lastAt(timeOf(last.ts, locale))}</span>
      )}
    </button>
  )
}

function Welcome({ onText }: { onText(text: string): void }): JSX.Element {
  const { workspace, me } = useReader()
  const [service] = workspace.services
  const name = workspace.people.find(({ id }) => id === me)?.name
  if (!service) return <p>There is no service.</p>
  const tries: [string, string][] = [
    ...service.versions.map(({ tag, story }): [string, string] => [
      `/upgrade ${service.name} ${tag} in production`,
      story,
    ]),
    ['/upgrade help', 'everything that it understands'],
  ]
  return (
    <div class="welcome" lang="en">
      <h2>Upgrade something</h2>
      <p>
        This is a working Rollcall with a pretended Slack and a simulated cluster. You are <strong>{name}</strong>; to
        approve, become somebody else on the left.
      </p>
      <ul>
        {tries.map(([line, hint]) => (
          <li key={line}>
            <button type="button" class="try" onClick={() => onText(line)}>
              <code>{line}</code>
              <span class="quiet">{hint}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="welcome-links">
        <a href="/?tour">Take the tour</a> <a href="/gallery">See every message</a>
      </p>
    </div>
  )
}
