import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Choice, View } from '../server/protocol.ts'
import { Blocks } from './blocks.tsx'
import { Dialog } from './dialog.tsx'
import { FormContext, type Interaction, InteractionContext, list, textOf } from './elements.tsx'
import type { Perform } from './message.tsx'

/** A modal that the app has opened for the person. */
export function Modal({ view, perform }: { view: View; perform: Perform }): JSX.Element {
  const [values, setValues] = useState<Record<string, Choice>>({})
  const [busy, setBusy] = useState(false)
  const form = { values, set: (actionId: string, choice: Choice) => setValues({ ...values, [actionId]: choice }) }
  const interact: Interaction = ({ blockId: _, ...input }) =>
    void perform({ do: 'viewAction', view: view.id, values, ...input })
  const close = () => void perform({ do: 'close', view: view.id })
  const submit = async () => {
    setBusy(true)
    await perform({ do: 'submit', view: view.id, values })
    setBusy(false)
  }
  return (
    <Dialog title={textOf(view.view.title)} kind="modal" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <FormContext.Provider value={form}>
          <InteractionContext.Provider value={interact}>
            <Blocks blocks={list(view.view.blocks)} errors={view.errors} />
          </InteractionContext.Provider>
        </FormContext.Provider>
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={close}>
            {textOf(view.view.close) || 'Close'}
          </button>
          {view.view.submit !== undefined && (
            <button type="submit" class="button button-primary" disabled={busy}>
              {textOf(view.view.submit)}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
