import { type JSX, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Exhibit, Gallery } from '../server/protocol.ts'
import { Avatar } from './avatar.tsx'
import { Blocks } from './blocks.tsx'
import { list, textOf } from './interaction.ts'
import { ReaderContext } from './store.ts'
import './styles/index.css'
import './styles/gallery.css'
import { Mrkdwn } from './text.tsx'
import { useTheme } from './theme.ts'

function GalleryPage(): JSX.Element {
  const [gallery, setGallery] = useState<Gallery>()
  const [theme, toggleTheme] = useTheme()
  useEffect(() => {
    fetch('/gallery.json')
      .then((response) => response.json())
      .then((told: Gallery) => setGallery(told))
  }, [])
  if (!gallery) return <p class="loading">Starting …</p>
  const count = gallery.rooms.reduce((sum, { exhibits }) => sum + exhibits.length, 0)
  return (
    <ReaderContext.Provider value={{ workspace: gallery.workspace, me: gallery.workspace.people[0]?.id ?? '' }}>
      <div class="gallery">
        <header class="gallery-head">
          <h1>Every message</h1>
          <p class="quiet">{`${count} of them, made by Rollcall’s own views`}</p>
          <nav aria-label="Rooms">
            {gallery.rooms.map(({ id, title, exhibits }) => (
              <a key={id} href={`#${id}`}>
                {title} <span class="quiet">{exhibits.length}</span>
              </a>
            ))}
            <a href="/">Playground</a>
            <button type="button" class="link" onClick={toggleTheme}>
              {theme === 'dark' ? 'Light theme' : 'Dark theme'}
            </button>
          </nav>
        </header>
        <main>
          {gallery.rooms.map(({ id, title, exhibits }) => (
            <section key={id} id={id} class="room" aria-labelledby={`${id}-title`}>
              <h2 id={`${id}-title`}>{title}</h2>
              <div class="exhibits">
                {exhibits.map((exhibit, index) => (
                  <ExhibitView key={index} exhibit={exhibit} />
                ))}
              </div>
            </section>
          ))}
        </main>
      </div>
    </ReaderContext.Provider>
  )
}

const places: Record<Exhibit['as'], string> = {
  live: 'in the channel',
  thread: 'in the thread',
  ephemeral: 'only for the asker',
  modal: 'modal',
  home: 'Home tab',
}

function ExhibitView({ exhibit }: { exhibit: Exhibit }): JSX.Element {
  const { title, as, text, blocks, view } = exhibit
  return (
    <article class={`exhibit exhibit-${as}`} data-exhibit={exhibit.id} data-blocks={blocks.length}>
      <h3 class="exhibit-title">
        {title} <span class="quiet">{places[as]}</span>
      </h3>
      {view && as === 'home' ? (
        <div class="exhibit-modal home">
          <Blocks blocks={list(view.blocks)} />
        </div>
      ) : view ? (
        <div class="exhibit-modal">
          <p class="exhibit-modal-title">{textOf(view.title)}</p>
          <Blocks blocks={list(view.blocks)} />
          <div class="dialog-buttons">
            <button type="button" class="button">
              {textOf(view.close)}
            </button>
            {view.submit !== undefined && (
              <button type="button" class="button button-primary">
                {textOf(view.submit)}
              </button>
            )}
          </div>
        </div>
      ) : (
        <div class={as === 'ephemeral' ? 'message is-ephemeral' : 'message'}>
          <Avatar id="U0BOT" />
          <div class="message-main">
            <p class="message-head">
              <strong>Rollcall</strong>
              <span class="badge">APP</span>
              {as === 'ephemeral' && <span class="only-you">Only visible to you</span>}
            </p>
            {blocks.length > 0 ? (
              <Blocks blocks={blocks} />
            ) : (
              <div class="blocks">
                <div class="block">
                  <Mrkdwn text={text} />
                </div>
              </div>
            )}
          </div>
        </div>
      )}
    </article>
  )
}

const root = document.getElementById('app')
if (root) render(<GalleryPage />, root)
