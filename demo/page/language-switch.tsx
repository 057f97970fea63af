import type { JSX } from 'preact'
import type { Locale } from '../server/protocol.ts'
import { localeNames, localeTags } from './language.ts'

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
