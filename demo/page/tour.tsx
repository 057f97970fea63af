import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { TourState } from '../server/protocol.ts'

/** The guided tour as a card beside everything: it tells, does, and shows that it came true. */
export function Tour({ onActor }: { onActor(id: string): void }): JSX.Element | null {
  const [state, setState] = useState<TourState>()
  const [busy, setBusy] = useState(false)
  const [open, setOpen] = useState(true)
  const ask = async (what: 'look' | 'next' | 'done') => {
    setBusy(true)
    const response = await fetch('/tour', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ what }),
    })
    const next = (await response.json()) as TourState
    if (next.actor) onActor(next.actor)
    setState(next)
    setBusy(false)
  }
  useEffect(() => void ask('look'), [])
  if (!state || !open) return null
  const { step, steps, title, told, actions, claim, output, problem, at } = state
  const isOver = step >= steps
  return (
    <section class="tour" aria-label="Guided tour">
      <header>
        <h2>{isOver ? 'That was the tour' : title}</h2>
        <span class="quiet">
          {Math.min(step + 1, steps)} of {steps}
        </span>
        <button type="button" class="button-icon" aria-label="Leave the tour" onClick={() => setOpen(false)}>
          ✕
        </button>
      </header>
      <div class="tour-body" aria-live="polite">
        <p>{isOver ? 'Everything was as told. Now try it yourself; the trouble buttons are on the right.' : told}</p>
        {!isOver && (
          <ol class="tour-actions">
            {actions.map((words, index) => (
              <li key={`${step}-${words}`} class={index < at ? 'is-done' : index === at ? 'is-next' : ''}>
                {words}
              </li>
            ))}
            <li class={at === actions.length ? 'is-next' : ''}>{claim}</li>
          </ol>
        )}
        {output && <pre class="preformatted">{output}</pre>}
        {problem && <p class="error">{problem}</p>}
      </div>
      {!isOver && (
        <div class="tour-buttons">
          {state.isYours && (
            <button type="button" class="button" disabled={busy} onClick={() => void ask('done')}>
              I did it
            </button>
          )}
          <button type="button" class="button button-primary" disabled={busy} onClick={() => void ask('next')}>
            {busy ? 'Watch …' : at < actions.length ? 'Next' : 'Is it so?'}
          </button>
        </div>
      )}
    </section>
  )
}
