import type { ComponentChildren, JSX, TargetedKeyboardEvent } from 'preact'
import { useContext, useId, useRef, useState } from 'preact/hooks'
import type { Choice, Json } from '../server/protocol.ts'
import { DateTimeElement } from './date-time.tsx'
import { Dialog } from './dialog.tsx'
import { ExternalSelectElement } from './external-select.tsx'
import { FormContext, InteractionContext, list, textOf } from './interaction.ts'
import { useReader } from './store.ts'

/** An interactive element of an actions block, a section or an input. */
export function Element({ element, blockId, label }: { element: Json; blockId?: string | undefined; label?: string }) {
  switch (element.type) {
    case 'button':
      return <ButtonElement element={element} blockId={blockId} />
    case 'overflow':
      return <OverflowElement element={element} blockId={blockId} />
    case 'external_select':
      return <ExternalSelectElement element={element} blockId={blockId} label={label} />
    case 'datetimepicker':
      return <DateTimeElement element={element} blockId={blockId} label={label} />
    case 'static_select':
    case 'users_select':
    case 'radio_buttons':
      return <SelectElement element={element} blockId={blockId} label={label} />
    case 'plain_text_input':
      return <TextElement element={element} blockId={blockId} label={label} />
    case 'checkboxes':
      return <CheckboxesElement element={element} blockId={blockId} label={label} />
    case 'image':
      return <ImageElement image={element} />
    default:
      return <span class="unknown">{String(element.type)}</span>
  }
}

/** Asks first where the element has a confirm dialog. */
function useConfirmation(element: Json, blockId: string | undefined): [(choice?: Choice) => void, ComponentChildren] {
  const interact = useContext(InteractionContext)
  const [asking, setAsking] = useState<{ choice: Choice | undefined }>()
  const actionId = String(element.action_id)
  const send = (choice: Choice | undefined, confirm?: boolean) =>
    interact?.({
      actionId,
      blockId,
      ...(confirm !== undefined && { confirm }),
      ...(choice !== undefined && { choice }),
    })
  const confirm = element.confirm as Json | undefined
  const start = (choice?: Choice) => (confirm ? setAsking({ choice }) : send(choice))
  const dialog = asking && confirm && (
    <ConfirmDialog
      confirm={confirm}
      onAnswer={(yes) => {
        setAsking(undefined)
        send(asking.choice, yes)
      }}
    />
  )
  return [start, dialog]
}

function ConfirmDialog({ confirm, onAnswer }: { confirm: Json; onAnswer(yes: boolean): void }): JSX.Element {
  return (
    <Dialog title={textOf(confirm.title)} onClose={() => onAnswer(false)} kind="confirm">
      <p class="dialog-text">{textOf(confirm.text)}</p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={() => onAnswer(false)}>
          {textOf(confirm.deny)}
        </button>
        <button
          type="button"
          class={`button ${confirm.style === 'danger' ? 'button-danger' : 'button-primary'}`}
          autofocus
          onClick={() => onAnswer(true)}
        >
          {textOf(confirm.confirm)}
        </button>
      </div>
    </Dialog>
  )
}

function ButtonElement({ element, blockId }: { element: Json; blockId: string | undefined }): JSX.Element {
  const [start, dialog] = useConfirmation(element, blockId)
  const style = element.style === 'primary' || element.style === 'danger' ? ` button-${element.style}` : ''
  return (
    <>
      <button
        type="button"
        class={`button${style}`}
        data-action={String(element.action_id)}
        onClick={() => start()}
        {...(typeof element.accessibility_label === 'string' && { 'aria-label': element.accessibility_label })}
      >
        {textOf(element.text)}
      </button>
      {dialog}
    </>
  )
}

/** The menu behind three dots. */
function OverflowElement({ element, blockId }: { element: Json; blockId: string | undefined }): JSX.Element {
  const [start, dialog] = useConfirmation(element, blockId)
  const [open, setOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const id = useId()
  const close = () => {
    setOpen(false)
    opener.current?.focus()
  }
  const move = (event: TargetedKeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape') return close()
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=menuitem]')]
    const at = items.indexOf(document.activeElement as HTMLElement)
    items.at((at + (event.key === 'ArrowDown' ? 1 : -1)) % items.length)?.focus()
  }
  return (
    <span class="overflow">
      <button
        ref={opener}
        type="button"
        class="button button-quiet"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        aria-label="More actions"
        data-action={String(element.action_id)}
        onClick={() => setOpen(!open)}
      >
        ⋯
      </button>
      {open && (
        <div id={id} class="menu" role="menu" tabIndex={-1} onKeyDown={move}>
          {list(element.options).map((option, index) => (
            <button
              key={String(option.value)}
              type="button"
              role="menuitem"
              ref={(node) =>
                void (index === 0 && node && !node.parentElement?.contains(document.activeElement) && node.focus())
              }
              onClick={() => {
                close()
                start(String(option.value))
              }}
            >
              {textOf(option.text)}
            </button>
          ))}
        </div>
      )}
      {dialog}
    </span>
  )
}

function optionsOf(element: Json): Json[] {
  return [...list(element.options), ...list(element.option_groups).flatMap((group) => list(group.options))]
}

function SelectElement({
  element,
  blockId,
  label,
}: {
  element: Json
  blockId: string | undefined
  label: string | undefined
}): JSX.Element {
  const { workspace } = useReader()
  const form = useContext(FormContext)
  const [start, dialog] = useConfirmation(element, blockId)
  const actionId = String(element.action_id)
  const options =
    element.type === 'users_select'
      ? workspace.people.map(({ id, name }) => ({ value: id, text: name }))
      : optionsOf(element).map((option) => ({ value: String(option.value), text: textOf(option.text) }))
  const initial = (element.initial_option as Json | undefined)?.value ?? element.initial_user
  const value = String(form?.value(blockId ?? '', actionId) ?? initial ?? '')
  return (
    <>
      <select
        class="field"
        aria-label={label ?? (textOf(element.placeholder) || 'Choose')}
        data-action={actionId}
        value={value}
        onChange={({ currentTarget }) => {
          if (form) form.set(blockId ?? '', actionId, currentTarget.value)
          else start(currentTarget.value)
        }}
      >
        <option value="" disabled>
          {textOf(element.placeholder) || 'Choose …'}
        </option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
      {dialog}
    </>
  )
}

type InputProps = { element: Json; blockId: string | undefined; label: string | undefined }

function TextElement({ element, blockId = '', label }: InputProps): JSX.Element {
  const form = useContext(FormContext)
  const actionId = String(element.action_id)
  const shared = {
    class: 'field',
    'aria-label': label,
    'data-action': actionId,
    placeholder: textOf(element.placeholder),
    value: String(form?.value(blockId, actionId) ?? element.initial_value ?? ''),
    ...(typeof element.max_length === 'number' && { maxLength: element.max_length }),
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      form?.set(blockId, actionId, currentTarget.value),
  }
  return element.multiline === true ? <textarea rows={4} {...shared} /> : <input type="text" {...shared} />
}

function CheckboxesElement({ element, blockId = '', label }: InputProps): JSX.Element {
  const form = useContext(FormContext)
  const actionId = String(element.action_id)
  const given = form?.value(blockId, actionId)
  const chosen = Array.isArray(given) ? given : list(element.initial_options).map(({ value }) => String(value))
  return (
    <fieldset class="checkboxes">
      {label && <legend class="visually-hidden">{label}</legend>}
      {optionsOf(element).map((option) => {
        const value = String(option.value)
        return (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ currentTarget }) =>
                form?.set(
                  blockId,
                  actionId,
                  currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value),
                )
              }
            />
            {textOf(option.text)}
          </label>
        )
      })}
    </fieldset>
  )
}

/** Only pictures that the page carries itself are loaded; of others the description is shown. */
export function ImageElement({ image }: { image: Json }): JSX.Element {
  const url = String(image.image_url ?? '')
  const alt = String(image.alt_text ?? '')
  return url.startsWith('data:') ? <img src={url} alt={alt} /> : <span class="unknown">{alt}</span>
}
