/**
 * Text from people, labels and pods, made harmless. Whatever a stranger typed may neither mention anybody, nor link,
 * nor reorder or hide what stands around it.
 */

/** How much of one piece of foreign text is shown, in characters. */
export const shownLength = 300

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const blanks = /[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu
/** Marks that reorder or hide text: bidirectional controls, zero-width characters (not the joiner, emoji need it), tags. */
const invisible = /[\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu

/** One line of visible characters, at most `limit` of them; for Slack's `plain_text`, where nothing is parsed. */
export function clean(text: string, limit = shownLength): string {
  return clip(text.toWellFormed().replace(blanks, ' ').replace(invisible, '').trim(), limit)
}

/** The same for `mrkdwn`: `&`, `<` and `>` are what mentions, links and dates are made of. */
export function escapeMrkdwn(text: string, limit = shownLength): string {
  return entities(clean(text, limit))
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

function withoutHalf(text: string): string {
  return text.replace(/[\ud800-\udbff]$/u, '')
}

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
