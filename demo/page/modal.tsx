import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Choice, Json, View } from '../server/protocol.ts'
import { Blocks } from './blocks.tsx'
import { Dialog } from './dialog.tsx'
import { type Form, FormContext, type Interaction, InteractionContext, list, textOf } from './interaction.ts'
import { langOf } from './language.ts'
import type { Perform } from './message.tsx'
import { slackWords } from './slack-words.ts'
import { act, useReader } from './store.ts'

/**
 * A modal that the app has opened for the person. What is entered stays as long as its block does; one that another modal
 * lies on is not seen, but is still there when that is closed.
 */
export function Modal({ view, isCovered, perform }: { view: View; isCovered: boolean; perform: Perform }): JSX.Element {
  const { locale } = useReader()
  const [held, setHeld] = useState<Record<string, Choice>>({})
  const [busy, setBusy] = useState(false)
  const blocks = list(view.view.blocks)
  /** What the blocks that are there now hold, by action ID. */
  const valuesOf = (all: Record<string, Choice>) =>
    Object.fromEntries(
      blocks.flatMap((block) => {
        const actionId = String((block.element as Json | undefined)?.action_id)
        const value = all[keyOf(String(block.block_id), actionId)]
        return value === undefined ? [] : [[actionId, value]]
      }),
    )
  const form: Form = {
    value: (blockId, actionId) => held[keyOf(blockId, actionId)],
    set(blockId, actionId, choice) {
      const next = { ...held, [keyOf(blockId, actionId)]: choice }
      setHeld(next)
      const isDispatched = blocks.some((one) => one.block_id === blockId && one.dispatch_action === true)
      if (!isDispatched) return
      const { [actionId]: __, ...values } = valuesOf(next)
      void perform({ do: 'viewAction', view: view.id, actionId, choice, values })
    },
    suggest: async (actionId, text) => (await act({ do: 'suggest', view: view.id, actionId, text })).options ?? [],
  }
  const interact: Interaction = ({ blockId: _, ...input }) =>
    void perform({ do: 'viewAction', view: view.id, values: valuesOf(held), ...input })
  const close = () => void perform({ do: 'close', view: view.id })
  const submit = async () => {
    setBusy(true)
    await perform({ do: 'submit', view: view.id, values: valuesOf(held) })
    setBusy(false)
  }
  return (
    <Dialog
      title={textOf(view.view.title)}
      lang={langOf(textOf(view.view.title))}
      kind="modal"
      isCovered={isCovered}
      onClose={close}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <FormContext.Provider value={form}>
          <InteractionContext.Provider value={interact}>
            <Blocks blocks={blocks} errors={view.errors} />
          </InteractionContext.Provider>
        </FormContext.Provider>
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={close}>
            {textOf(view.view.close) || slackWords[locale].close}
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

function keyOf(blockId: string, actionId: string): string {
  return `${blockId} ${actionId}`
}
