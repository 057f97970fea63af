import { type JSX, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Exhibit, Gallery, Locale } from '../server/protocol.ts'
import { Avatar } from './avatar.tsx'
import { Blocks } from './blocks.tsx'
import { list, textOf } from './interaction.ts'
import { localeTags } from './language.ts'
import { LanguageSwitch } from './language-switch.tsx'
import { slackWords } from './slack-words.ts'
import { ReaderContext } from './store.ts'
import './styles/index.css'
import './styles/gallery.css'
import { Mrkdwn } from './text.tsx'
import { useTheme } from './theme.ts'

/** By the address, so that a room can be linked to in a language. */
const asked: Locale = new URLSearchParams(location.search).get('locale') === 'zh' ? 'zh' : 'en'

function GalleryPage(): JSX.Element {
  const [gallery, setGallery] = useState<Gallery>()
  const [theme, toggleTheme] = useTheme()
  const [locale, setLocale] = useState(asked)
  useEffect(() => {
    let isWanted = true
    fetch(`/gallery.json?locale=${locale}`)
      .then((response) => response.json())
      .then((told: Gallery) => isWanted && setGallery(told))
    return () => {
      isWanted = false
    }
  }, [locale])
  const speak = (next: Locale) => {
    history.replaceState(null, '', `?locale=${next}${location.hash}`)
    setLocale(next)
  }
  if (!gallery) return <p class="loading">Starting …</p>
  const { workspace } = gallery
  const count = gallery.rooms.reduce((sum, { exhibits }) => sum + exhibits.length, 0)
  return (
    <ReaderContext.Provider value={{ workspace, me: workspace.people[0]?.id ?? '', locale: gallery.locale }}>
      <div class="gallery">
        <header class="gallery-head">
          <h1>Every message</h1>
          <p class="quiet">{`${count} of them, made by Rollcall’s own views`}</p>
          <LanguageSwitch label="Language of the messages" locale={locale} onLocale={speak} />
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
                  <ExhibitView key={index} exhibit={exhibit} locale={gallery.locale} />
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

/** Its caption is the gallery's, in English; what it shows is in the language that was chosen. */
function ExhibitView({ exhibit, locale }: { exhibit: Exhibit; locale: Locale }): JSX.Element {
  const slack = slackWords[locale]
  const { title, as, text, blocks, view } = exhibit
  return (
    <article class={`exhibit exhibit-${as}`} data-exhibit={exhibit.id} data-blocks={blocks.length}>
      <h3 class="exhibit-title">
        {title} <span class="quiet">{places[as]}</span>
      </h3>
      {view && as === 'home' ? (
        <div class="exhibit-modal home" lang={localeTags[locale]}>
          <Blocks blocks={list(view.blocks)} />
        </div>
      ) : view ? (
        <div class="exhibit-modal" lang={localeTags[locale]}>
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
        <div class={as === 'ephemeral' ? 'message is-ephemeral' : 'message'} lang={localeTags[locale]}>
          <Avatar id="U0BOT" />
          <div class="message-main">
            <p class="message-head">
              <strong>Rollcall</strong>
              <span class="badge">APP</span>
              {as === 'ephemeral' && <span class="only-you">{slack.onlyYou}</span>}
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
