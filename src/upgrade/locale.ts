/** The languages that messages exist in. */
export const locales = ['en', 'zh'] as const
export type Locale = (typeof locales)[number]

/**
 * The language for a locale as Slack names it (`en-US`, `zh-CN`), or `undefined` where there is none. Traditional Chinese
 * is not taken for simplified.
 */
export function localeOf(tag: string | undefined): Locale | undefined {
  if (!tag) return undefined
  try {
    const { language, script } = new Intl.Locale(tag).maximize()
    if (language === 'zh' && script !== 'Hans') return undefined
    return locales.find((locale) => locale === language)
  } catch {
    return undefined
  }
}
