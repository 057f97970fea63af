import type { JSX, TargetedKeyboardEvent } from 'preact'
import { useContext, useId, useRef, useState } from 'preact/hooks'
import type { Json, Option } from '../server/protocol.ts'
import { FormContext, textOf } from './interaction.ts'

/**
 * A field whose choices the app gives while one types. Arrow keys choose among them, Enter takes one, Escape closes the
 * list; what is typed and not taken is gone when the field is left.
 */
export function ExternalSelectElement({
  element,
  blockId,
  label,
}: {
  element: Json
  blockId: string | undefined
  label: string | undefined
}): JSX.Element {
  const form = useContext(FormContext)
  const id = useId()
  const actionId = String(element.action_id)
  const initial = element.initial_option as Json | undefined
  const [chosen, setChosen] = useState(initial && { text: textOf(initial.text), value: String(initial.value) })
  /** What is typed now; nothing while what was chosen is shown. */
  const [typed, setTyped] = useState<string>()
  const [options, setOptions] = useState<Option[]>()
  const [active, setActive] = useState(0)
  /** Answers may overtake each other. */
  const asked = useRef(0)
  const open = typed !== undefined

  const ask = async (text: string) => {
    setTyped(text)
    if (text.length < Number(element.min_query_length ?? 3)) return
    asked.current += 1
    const mine = asked.current
    const found = (await form?.suggest(actionId, text)) ?? []
    if (mine !== asked.current) return
    setOptions(found)
    setActive(0)
  }
  const close = () => {
    asked.current += 1
    setTyped(undefined)
    setOptions(undefined)
  }
  const take = (option: Option | undefined) => {
    if (!option) return
    setChosen(option)
    close()
    form?.set(blockId ?? '', actionId, option.value)
  }
  const press = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const count = options?.length ?? 0
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (!open && step !== 0) void ask('')
    else if (open && step !== 0 && count > 0) setActive((active + step + count) % count)
    else if (open && event.key === 'Enter') take(options?.[active])
    else if (open && event.key === 'Escape') close()
    else return
    event.preventDefault()
  }

  return (
    <div class="choices">
      <input
        class="field"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        data-action={actionId}
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(open && options?.[active] && { 'aria-activedescendant': `${id}-${active}` })}
        placeholder={textOf(element.placeholder)}
        value={typed ?? chosen?.text ?? ''}
        onInput={({ currentTarget }) => void ask(currentTarget.value)}
        onClick={() => open || void ask('')}
        onKeyDown={press}
        onBlur={close}
      />
      {open && (
        <div id={`${id}-list`} class="choices-list" role="listbox" aria-label={label}>
          {(options ?? []).map((option, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above it has the keys
            <div
              key={option.value}
              id={`${id}-${index}`}
              class="completion-option"
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              ref={(node) => void (index === active && node?.scrollIntoView({ block: 'nearest' }))}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(option)}
            >
              {option.text}
            </div>
          ))}
          {options?.length === 0 && <p class="choices-none">No results</p>}
          {options === undefined && <p class="choices-none">Loading …</p>}
        </div>
      )}
    </div>
  )
}
