import { withoutUnseen } from '../upgrade/printable.ts'

/**
 * Text from people, labels and pods, made harmless. Whatever a stranger typed may neither mention anybody, nor link,
 * nor reorder or hide what stands around it.
 */

/** How much of one piece of foreign text is shown, in characters. */
export const shownLength = 300

const blanks = /[\s\p{Cc}\u2800]+/gu

/** More than this on one letter and they reach into the lines above and below. */
const stackedMarks = /(\p{M}{3})\p{M}+/gu

/** One line of visible characters, at most `limit` of them; for Slack's `plain_text`, where nothing is parsed. */
export function clean(text: string, limit = shownLength): string {
  // Nobody sees more, and what nobody sees need not be read.
  const start = text.slice(0, limit * 8)
  if (/^[!-~]*$/.test(start)) return clip(start, limit)
  const seen = withoutUnseen(start.replace(blanks, ' ')).replace(/ +/g, ' ')
  return clip(seen.replace(stackedMarks, '$1').trim(), limit)
}

/**
 * The same for `mrkdwn`: `&`, `<` and `>` are what mentions, links and dates are made of. Marks of bold, italics, struck
 * and code become their look-alikes, or two of them would change how everything between them is shown.
 */
export function escapeMrkdwn(text: string, limit = shownLength): string {
  return entities(clean(text, limit))
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('`', "'")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ')
}

/** Between backticks, where a backtick would end the code. */
export function escapeCode(text: string, limit = shownLength): string {
  return entities(clean(text, limit).replaceAll('`', "'"))
}

/**
 * At most `limit` characters, the last one … when something was cut. Never cuts a character in half.
 *
 * @param limit in UTF-16 code units, to be on the safe side of how Slack counts
 */
export function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${withoutHalf(text.slice(0, limit - 1)).trimEnd()}…`
}

/**
 * Cuts finished `mrkdwn` without leaving half a mention or half an entity behind.
 *
 * @param limit in UTF-16 code units
 */
export function clipMarkup(mrkdwn: string, limit: number): string {
  if (mrkdwn.length <= limit) return mrkdwn
  const cut = mrkdwn.slice(0, limit - 1).replace(/<[^>]*$|&[a-z]{0,4}$/u, '')
  return `${withoutHalf(cut).trimEnd()}…`
}

/** What a cut leaves of a character: half of a pair, or the joiner in front of the next part of an emoji. */
function withoutHalf(text: string): string {
  return text.replace(/\u200d?[\ud800-\udbff]?$/u, '')
}

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
