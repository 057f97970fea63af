import { createHash } from 'node:crypto'

/** What of a line tells its kind; behind that come stack traces and payloads. */
const telling = 1_000

/**
 * A digest of what kind of line it is: the line without what differs each time, which is words with a digit in them
 * (numbers, times, IDs), words of hexadecimal letters, and how such words are strung together.
 */
export function shapeOf(line: string): string {
  const shape = line
    .slice(0, telling)
    .replace(/[\p{L}\p{N}_]+/gu, (word) => (/\p{N}/u.test(word) || /^[a-f]{8,}$/i.test(word) ? '#' : word))
    .replace(/#(?:[-:.,/+]*#)+/g, '#')
    .replace(/\s+/g, ' ')
  return createHash('sha256').update(shape).digest('base64').slice(0, 22)
}
