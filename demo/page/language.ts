import type { Locale } from '../server/protocol.ts'

/** As `lang` and `Intl` want them. */
export const localeTags: Record<Locale, string> = { en: 'en-US', zh: 'zh-CN' }

/** In their own words. */
export const localeNames: Record<Locale, string> = { en: 'English', zh: '中文' }

/** Slack does not say in which language a text is; its letters do. */
export function langOf(text: string): string {
  return /\p{Script=Han}/u.test(text) ? localeTags.zh : localeTags.en
}
