import type { JSX } from 'preact'
import type { Locale } from '../server/protocol.ts'
import { Avatar } from './avatar.tsx'
import { LanguageSwitch, OtherLanguage, type Speak } from './language-switch.tsx'
import { useReader } from './store.ts'
import type { Theme } from './theme.ts'

export type Place = 'channel' | 'direct' | 'home'

/** The workspace: its channel, who one is, and what else there is to see. */
export function Sidebar({
  waiting,
  hasDirect,
  place,
  onPlace,
  onPerson,
  theme,
  onTheme,
  onSpeak,
}: {
  /** People whom an open question calls. */
  waiting: ReadonlySet<string>
  /** Whether Rollcall has written to this person alone. */
  hasDirect: boolean
  place: Place
  onPlace(place: Place): void
  onPerson(id: string): void
  theme: Theme
  onTheme(): void
  /** Nothing can be chosen while it is absent. */
  onSpeak: Speak | undefined
}): JSX.Element {
  const { workspace, me, locale } = useReader()
  const name = workspace.people.find(({ id }) => id === me)?.name ?? ''
  const { channel } = workspace
  const languages: [whose: string, locale: Locale, to: Parameters<Speak>[1]][] = [
    [`#${channel.name}`, channel.locale, { channel: true, people: [] }],
    [name, locale, { channel: false, people: [me] }],
  ]
  return (
    <nav class="sidebar" aria-label="Workspace">
      <p class="workspace-name">
        <span class="workspace-mark" aria-hidden="true" />
        <span class="rail-hidden">{workspace.name}</span>
      </p>
      <h2 class="rail-hidden">Channels</h2>
      <ul>
        <li>
          <button
            type="button"
            class="side-item"
            aria-current={place === 'channel' ? 'page' : undefined}
            onClick={() => onPlace('channel')}
          >
            <span class="side-icon" aria-hidden="true">
              #
            </span>
            <span class="side-text">{workspace.channel.name}</span>
          </button>
        </li>
        {hasDirect && <AppItem label="Rollcall" isCurrent={place === 'direct'} onClick={() => onPlace('direct')} />}
        <AppItem label="Rollcall, Home" isCurrent={place === 'home'} onClick={() => onPlace('home')} />
      </ul>
      <h2 id="acting" class="rail-hidden">
        You are
      </h2>
      <ul aria-labelledby="acting" class="people">
        {workspace.people.map(({ id, name, role }) => (
          <li key={id}>
            <button
              type="button"
              class="side-item person"
              aria-pressed={id === me}
              title={`${name}, ${role}`}
              onClick={() => onPerson(id)}
            >
              <Avatar id={id} />
              <span class="side-text">
                <span class="person-name">{name}</span>
                <span class="person-role">{role}</span>
              </span>
              {waiting.has(id) && (
                <span class="dot">
                  <span class="visually-hidden">is asked to decide</span>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
      <section class="languages" aria-labelledby="languages">
        <h2 id="languages">Language</h2>
        <ul>
          {languages.map(([whose, current, to], index) => (
            <li key={index}>
              <span>{whose}</span>
              <LanguageSwitch
                label={`Language of ${whose}`}
                locale={current}
                disabled={!onSpeak}
                onLocale={(next) => onSpeak?.(next, to)}
              />
            </li>
          ))}
        </ul>
      </section>
      <div class="side-foot">
        <OtherLanguage class="side-item rail-only" onSpeak={onSpeak} />
        <a class="side-item" href="/?tour">
          <span class="side-icon" aria-hidden="true">
            ▸
          </span>
          <span class="side-text">Guided tour</span>
        </a>
        <a class="side-item" href="/gallery">
          <span class="side-icon" aria-hidden="true">
            ▦
          </span>
          <span class="side-text">Every message</span>
        </a>
        <button type="button" class="side-item" onClick={onTheme}>
          <span class="side-icon" aria-hidden="true">
            ◐
          </span>
          <span class="side-text">{theme === 'dark' ? 'Light theme' : 'Dark theme'}</span>
        </button>
      </div>
    </nav>
  )
}

function AppItem({ label, isCurrent, onClick }: { label: string; isCurrent: boolean; onClick(): void }): JSX.Element {
  const { workspace } = useReader()
  return (
    <li>
      <button type="button" class="side-item" aria-current={isCurrent ? 'page' : undefined} onClick={onClick}>
        <Avatar id={workspace.bot} />
        <span class="side-text">{label}</span>
      </button>
    </li>
  )
}
