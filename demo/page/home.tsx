import type { JSX } from 'preact'
import type { View } from '../server/protocol.ts'
import { Blocks } from './blocks.tsx'
import { type Interaction, InteractionContext, list } from './interaction.ts'
import { langOf } from './language.ts'
import type { Perform } from './message.tsx'

/** The Home tab that the app has published for the person, or none yet. */
export function Home({ view, perform }: { view: View | undefined; perform: Perform }): JSX.Element {
  const interact: Interaction = (input) => view && void perform({ do: 'viewAction', view: view.id, ...input })
  return (
    <main class="channel" aria-label="Rollcall, Home" lang={view && langOf(JSON.stringify(view.view))}>
      <header class="pane-head">
        <h1>Rollcall</h1>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable */}
      <section class="scroll home" tabIndex={0} aria-label="Home">
        {view ? (
          <InteractionContext.Provider value={interact}>
            <Blocks blocks={list(view.view.blocks)} />
          </InteractionContext.Provider>
        ) : (
          <p class="quiet">Nothing is published here yet.</p>
        )}
      </section>
    </main>
  )
}
