import type { JSX, TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Ephemeral, Message } from '../server/protocol.ts'
import { Composer } from './composer.tsx'
import { localeTags } from './language.ts'
import { MessageView, type Perform, useDismissed } from './message.tsx'
import { slackWords } from './slack-words.ts'
import { useReader } from './store.ts'

/** A message with its replies. */
export function Thread({
  parent,
  replies,
  asText,
  perform,
  onClose,
}: {
  parent: Message
  replies: (Message | Ephemeral)[]
  asText: boolean
  perform: Perform
  onClose(): void
}): JSX.Element {
  const { workspace, me, locale } = useReader()
  const slack = slackWords[locale]
  const [text, setText] = useState('')
  const [isDismissed, dismiss] = useDismissed()
  const end = useRef<HTMLDivElement>(null)
  const count = replies.length
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [count, parent.ts])
  const closeOnEscape = (event: TargetedKeyboardEvent<HTMLElement>) => {
    // A dialog that a button in here has opened closes first.
    if (event.key === 'Escape' && !(event.target as Element).closest('dialog')) onClose()
  }
  return (
    <section
      class="thread"
      aria-label={slack.thread}
      lang={localeTags[locale]}
      data-upgrade={parent.upgrade}
      onKeyDown={closeOnEscape}
    >
      <header class="pane-head">
        <h2>
          {slack.thread} <span class="quiet">#{workspace.channel.name}</span>
        </h2>
        <button type="button" class="button-icon" aria-label={slack.closeThread} onClick={onClose}>
          ✕
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable */}
      <div class="scroll" role="log" aria-label={slack.threadMessages} tabIndex={0}>
        <MessageView message={parent} asText={asText} perform={perform} />
        <p class="reply-count">
          <span>{slack.replies(count)}</span>
        </p>
        {replies
          .filter(({ ts }) => !isDismissed(ts))
          .map((reply) => (
            <MessageView
              key={reply.ts}
              message={reply}
              asText={asText}
              perform={perform}
              footer={reply.kind === 'ephemeral' && <Dismiss onDismiss={() => dismiss(reply.ts)} />}
            />
          ))}
        <div ref={end} />
      </div>
      <Composer
        label={slack.reply}
        text={text}
        onText={setText}
        onSend={(said) =>
          void perform({ do: 'say', user: me, channel: parent.channel, text: said, threadTs: parent.ts })
        }
      />
    </section>
  )
}

export function Dismiss({ onDismiss }: { onDismiss(): void }): JSX.Element {
  const { locale } = useReader()
  return (
    <button type="button" class="link" onClick={onDismiss}>
      {slackWords[locale].dismiss}
    </button>
  )
}
