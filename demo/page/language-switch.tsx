import type { JSX } from 'preact'
import type { Locale } from '../server/protocol.ts'
import { localeNames, localeTags } from './language.ts'
import { useReader } from './store.ts'

/** Sets the language that the channel reads, and some people. */
export type Speak = (locale: Locale, to: { channel: boolean; people: string[] }) => void

/** Every language under its own name. */
export function LanguageSwitch({
  label,
  locale,
  disabled = false,
  onLocale,
}: {
  /** Whose language it is. */
  label: string
  locale: Locale
  disabled?: boolean
  onLocale(locale: Locale): void
}): JSX.Element {
  return (
    <fieldset class="segments" aria-label={label}>
      {(Object.keys(localeNames) as Locale[]).map((one) => (
        <button
          key={one}
          type="button"
          lang={localeTags[one]}
          aria-pressed={one === locale}
          disabled={disabled}
          onClick={() => one !== locale && onLocale(one)}
        >
          {localeNames[one]}
        </button>
      ))}
    </fieldset>
  )
}

/** Where there is room for no more: to the other language, for the channel and for whoever looks. */
export function OtherLanguage({ class: name, onSpeak }: { class: string; onSpeak: Speak | undefined }): JSX.Element {
  const { me, locale } = useReader()
  const other: Locale = locale === 'en' ? 'zh' : 'en'
  return (
    <button
      type="button"
      class={name}
      lang={localeTags[other]}
      disabled={!onSpeak}
      onClick={() => onSpeak?.(other, { channel: true, people: [me] })}
    >
      {localeNames[other]}
    </button>
  )
}
