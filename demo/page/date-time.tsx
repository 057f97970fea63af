import type { JSX } from 'preact'
import { useContext } from 'preact/hooks'
import type { Json } from '../server/protocol.ts'
import { FormContext } from './interaction.ts'

/** A day and a time by the clock of whoever enters it; Slack reports it in epoch seconds. */
export function DateTimeElement({
  element,
  blockId,
  label,
}: {
  element: Json
  blockId: string | undefined
  label: string | undefined
}): JSX.Element {
  const form = useContext(FormContext)
  const actionId = String(element.action_id)
  const held = form?.value(blockId ?? '', actionId) ?? element.initial_date_time
  return (
    <input
      class="field"
      type="datetime-local"
      aria-label={label}
      data-action={actionId}
      value={typeof held === 'number' ? localTime(held) : ''}
      onChange={({ currentTarget }) => {
        const at = new Date(currentTarget.value).getTime()
        form?.set(blockId ?? '', actionId, Number.isNaN(at) ? '' : Math.floor(at / 1_000))
      }}
    />
  )
}

/** `2026-11-22T02:00`, as the browser's field takes it. */
function localTime(seconds: number): string {
  const at = new Date(seconds * 1_000)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
