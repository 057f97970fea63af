import { expect } from 'vitest'

/** An argument that was not filled in, or three English words in a row. */
const wrong = /\{\w*\}|undefined|\[object|\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b/

/** Nothing is left in another language, but what is typed, what Slack writes out itself, and what the requester said. */
export function expectNoEnglish(text: string): void {
  expect(text.replaceAll(/`[^`]*`|<!date[^>]*>|fix checkout rounding/g, '')).not.toMatch(wrong)
}

export function expectChinese(text: string): void {
  expect(text).toMatch(/\p{Script=Han}/u)
  expectNoEnglish(text)
}
