import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Act, Ephemeral, Locale, Message, SharedFile } from '../server/protocol.ts'
import { Avatar } from './avatar.tsx'
import { Blocks } from './blocks.tsx'
import { type Interaction, InteractionContext } from './interaction.ts'
import { langOf, localeTags } from './language.ts'
import { slackWords } from './slack-words.ts'
import { personName, useReader } from './store.ts'
import { Mrkdwn, plainText } from './text.tsx'

export type Perform = (act: Act) => Promise<void>

/** A message as it looks in Slack, or with `asText` as a notification and a screen reader have it. */
export function MessageView({
  message,
  asText,
  perform,
  footer,
}: {
  message: Message | Ephemeral
  asText: boolean
  /** Nothing can be pressed where it is absent. */
  perform?: Perform | undefined
  footer?: ComponentChildren
}): JSX.Element {
  const reader = useReader()
  const slack = slackWords[reader.locale]
  const at = timeOf(message.ts, reader.locale)
  const isEphemeral = message.kind === 'ephemeral'
  const author = isEphemeral ? reader.workspace.bot : message.user
  const isBot = author === reader.workspace.bot
  const interact: Interaction = (input) =>
    void perform?.({ do: 'click', user: reader.me, channel: message.channel, ts: message.ts, ...input })
  return (
    <article
      id={`message-${message.ts}`}
      class={isEphemeral ? 'message is-ephemeral' : 'message'}
      aria-label={`${personName(reader, author)}, ${at}`}
      {...(!isEphemeral && message.upgrade && { 'data-upgrade': message.upgrade })}
    >
      <Avatar id={author} />
      <div class="message-main">
        <p class="message-head">
          <strong>{personName(reader, author)}</strong>
          {isBot && <span class="badge">APP</span>}
          <time dateTime={new Date(Number(message.ts) * 1000).toISOString()}>{at}</time>
          {isEphemeral && <span class="only-you">{slack.onlyYou}</span>}
          {!isEphemeral && message.edited && <span class="edited">{slack.edited}</span>}
          {!isEphemeral && message.upgrade && perform && (
            <button
              type="button"
              class="more-actions"
              aria-label={slack.moreActions}
              title="Who can approve this?"
              onClick={() => void perform({ do: 'whoCan', user: reader.me, channel: message.channel, ts: message.ts })}
            >
              ⋯
            </button>
          )}
        </p>
        {asText ? (
          <p class="as-text" lang={langOf(message.text)}>
            {plainText(message.text, reader)}
          </p>
        ) : (
          <InteractionContext.Provider value={perform && interact}>
            <div lang={langOf(message.text)}>
              {message.blocks.length > 0 ? (
                <Blocks blocks={message.blocks} />
              ) : (
                <div class="blocks">
                  <div class="block">
                    <Mrkdwn text={message.text} />
                  </div>
                </div>
              )}
            </div>
          </InteractionContext.Provider>
        )}
        {!isEphemeral && message.files && <Files files={message.files} />}
        {!isEphemeral && message.reactions && <Reactions names={message.reactions} />}
        {footer}
      </div>
    </article>
  )
}

/** Those that Rollcall gives, as marks that every font has. */
const marks: Record<string, string> = { white_check_mark: '✔' }

function Reactions({ names }: { names: readonly string[] }): JSX.Element {
  return (
    <p class="reactions">
      {names.map((name) => (
        <span key={name} class="reaction" role="img" aria-label={name.replaceAll('_', ' ')}>
          {marks[name] ?? `:${name}:`}
        </span>
      ))}
    </p>
  )
}

/** Pictures as they are, and the rest by name. */
function Files({ files }: { files: readonly SharedFile[] }): JSX.Element {
  return (
    <ul class="files">
      {files.map(({ name, title, alt, url, isPicture }) => (
        <li key={url}>
          <a href={url} target="_blank" rel="noreferrer">
            {isPicture ? <img src={url} alt={alt ?? title} /> : <strong>{title}</strong>}
            <span class="file-name">{name}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

export function timeOf(ts: string, locale: Locale): string {
  return new Date(Number(ts) * 1000).toLocaleTimeString(localeTags[locale], { hour: 'numeric', minute: '2-digit' })
}

/** Lets a person take an ephemeral message out of their sight, as Slack does. */
export function useDismissed(): [(ts: string) => boolean, (ts: string) => void] {
  const [dismissed, setDismissed] = useState<readonly string[]>([])
  return [(ts) => dismissed.includes(ts), (ts) => setDismissed((before) => [...before, ts])]
}
