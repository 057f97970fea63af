import type { JSX, TargetedKeyboardEvent } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { type Suggestion, suggest } from './completion.ts'
import { slackWords } from './slack-words.ts'
import { useReader } from './store.ts'

/**
 * Where one writes. Arrow keys choose among what could come next, Tab takes it, Enter sends; Escape closes the list.
 */
export function Composer({
  label,
  upgrades,
  text,
  onText,
  onSend,
}: {
  label: string
  /** IDs to complete; without them the line is not completed at all, as Slack has no commands in threads. */
  upgrades?: readonly string[]
  text: string
  onText(text: string): void
  onSend(text: string): void
}): JSX.Element {
  const { workspace, locale } = useReader()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [active, setActive] = useState(-1)
  const [closed, setClosed] = useState(false)
  const suggestions = closed || !upgrades ? [] : suggest(text, workspace, upgrades)
  const open = suggestions.length > 0

  const write = (next: string) => {
    setClosed(false)
    setActive(-1)
    onText(next)
  }
  const take = (suggestion: Suggestion | undefined) => {
    if (!suggestion) return
    write(suggestion.line)
    input.current?.focus()
  }
  const send = () => {
    if (text.trim() === '') return
    onSend(text.trim())
    write('')
  }
  const press = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (open && step !== 0)
      setActive((active + step + suggestions.length + (active < 0 && step < 0 ? 1 : 0)) % suggestions.length)
    else if (open && event.key === 'Tab' && !event.shiftKey) take(suggestions[Math.max(active, 0)])
    else if (open && event.key === 'Enter' && active >= 0) take(suggestions[active])
    else if (open && event.key === 'Escape') setClosed(true)
    else if (event.key === 'Enter') send()
    else return
    event.preventDefault()
  }

  return (
    <div class="composer">
      {open && (
        <div id={`${id}-list`} class="completion" role="listbox" aria-label="What could come next">
          {suggestions.map((suggestion, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above it has the keys
            <div
              key={suggestion.label}
              id={`${id}-${index}`}
              class="completion-option"
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(suggestion)}
            >
              <span class="completion-label">{suggestion.label}</span>
              <span class="completion-hint">{suggestion.hint}</span>
            </div>
          ))}
        </div>
      )}
      <div class="composer-row">
        <input
          ref={input}
          class="composer-input"
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder={label}
          aria-label={label}
          value={text}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={press}
          {...(upgrades && {
            role: 'combobox',
            'aria-expanded': open,
            'aria-controls': `${id}-list`,
            'aria-autocomplete': 'list',
            ...(active >= 0 && open && { 'aria-activedescendant': `${id}-${active}` }),
          })}
        />
        <button
          type="button"
          class="send"
          aria-label={slackWords[locale].send}
          disabled={text.trim() === ''}
          onClick={send}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M3 3.5 17.5 10 3 16.5l2-6.5zM5 10h6" />
          </svg>
        </button>
      </div>
    </div>
  )
}
