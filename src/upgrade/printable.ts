/**
 * What stands in a text without being seen, or moves what is seen: control characters, marks of direction, zero-width
 * and other ignorable characters. A joiner or a variation selector within an emoji is part of it.
 */
const unseen = new RegExp(
  String.raw`(?!(?<=\p{Emoji})\ufe0f|(?<=[\p{ExtPict}\p{EMod}\ufe0f])\u200d(?=\p{ExtPict}))` +
    String.raw`[\p{Cc}\p{DI}\u2028\u2029\ufff9-\ufffb]`,
  'gu',
)

/** A text without anything that is not seen; `instead` gives what is put in its place. */
export function withoutUnseen(text: string, instead: (character: string) => string = () => ''): string {
  return text.toWellFormed().replace(unseen, instead)
}

/**
 * For terminals and log files, where a control character is a command and a mark of direction a disguise: they become
 * `\u001b`, which is the same text wherever the whole is JSON. Lines and tabs stay.
 */
export function printable(text: string): string {
  return withoutUnseen(text, (character) => (character === '\n' || character === '\t' ? character : escaped(character)))
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}

/** Longest piece of foreign text that is kept, in UTF-16 code units; a reason, an image, a message of the cluster. */
const longestKept = 4_096

/** Every text in a value made well-formed and no longer than that: whatever the world says, state stays small. */
export function bounded<T>(value: T): T {
  return mapped(value) as T
}

function mapped(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length <= longestKept ? value.toWellFormed() : `${value.slice(0, longestKept - 1).toWellFormed()}…`
  }
  if (Array.isArray(value)) return value.map(mapped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one)]))
}
