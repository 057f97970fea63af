import type { JSX } from 'preact'
import { type Reader, useReader } from './store.ts'

const hues = 7

/** Initials, in a colour of their own; Rollcall has its mark. */
export function Avatar({ id }: { id: string }): JSX.Element {
  const reader = useReader()
  if (id === reader.workspace.bot) {
    return (
      <span class="avatar avatar-bot" aria-hidden="true">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect x="7" y="7" width="5" height="5" rx="1.5" />
          <rect x="7" y="14" width="5" height="5" rx="1.5" />
          <rect x="7" y="21" width="5" height="5" rx="1.5" opacity=".55" />
          <rect x="15" y="8.5" width="11" height="2.4" rx="1.2" />
          <rect x="15" y="15.5" width="11" height="2.4" rx="1.2" />
          <rect x="15" y="22.5" width="7" height="2.4" rx="1.2" opacity=".55" />
        </svg>
      </span>
    )
  }
  const index = reader.workspace.people.findIndex((person) => person.id === id)
  return (
    <span class={`avatar hue-${Math.max(index, 0) % hues}`} aria-hidden="true">
      {initials(reader, id)}
    </span>
  )
}

function initials({ workspace }: Reader, id: string): string {
  const name = workspace.people.find((person) => person.id === id)?.realName ?? '?'
  return name
    .split(' ')
    .map((word) => word.charAt(0))
    .join('')
    .slice(0, 2)
}
