/** `/upgrade`'s text as words and options. What the words mean is each command's affair. */
export type Parsed = {
  words: string[]
  /** By name without dashes, in the order written. `undefined` where no value stood. */
  options: { name: string; value: string | undefined }[]
}

/** How much of a command is read, in characters. */
export const longestCommand = 2_000

/** Options that stand alone; every other one takes the next word as its value. */
const flags: ReadonlySet<string> = new Set(['csv', 'stats', 'break-glass', 'downgrade', 'major'])

/** Options whose value is a sentence. */
const prose: ReadonlySet<string> = new Set(['reason', 'irreversible'])

type Token = { text: string; quoted: boolean }

/**
 * Never throws, whatever was typed. Phones write curly quotes and turn `--` into a dash; Slack writes `&`, `<` and `>`
 * as entities. A quote that is never closed reaches to the end.
 */
export function parse(text: string): Parsed {
  const tokens = tokenize(plainQuotes(text))
  const words: string[] = []
  const options: Parsed['options'] = []
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]
    if (!token) break
    if (!isOption(token)) {
      words.push(token.text)
      continue
    }
    const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(token.text) ?? []
    const end = value !== undefined || flags.has(name) ? index + 1 : endOfValue(tokens, index + 1, name)
    const taken = tokens.slice(index + 1, end).map((one) => one.text)
    options.push({ name, value: value ?? (taken.length > 0 ? taken.join(' ') : undefined) })
    index = end - 1
  }
  return { words, options }
}

function isOption({ text, quoted }: Token): boolean {
  return !quoted && /^--[^=]/.test(text)
}

/** Further words of a time: `tomorrow 02:00 Asia/Shanghai`. */
const timeWord = /^(\d{1,2}:\d{2}|UTC|[A-Za-z]+\/[A-Za-z_/+-]+)$/

/** One word or one quotation; a reason without quotes reaches to the next option, and a time as far as it goes. */
function endOfValue(tokens: readonly Token[], start: number, name: string): number {
  const isValue = (token: Token | undefined) => token !== undefined && !isOption(token)
  if (!isValue(tokens[start])) return start
  let end = start + 1
  if (prose.has(name) && !tokens[start]?.quoted) while (isValue(tokens[end])) end++
  const goesOn = (token: Token | undefined) => isValue(token) && timeWord.test(token?.text ?? '')
  if (name === 'at' && !tokens[start]?.quoted) while (goesOn(tokens[end])) end++
  return end
}

/** A word as it has to be typed to be read back as itself. */
export function typed(word: string): string {
  return /^[^\s"'«»]+$/.test(word) && !word.startsWith('--') ? word : `"${word.replaceAll('"', "'")}"`
}

function plainQuotes(text: string): string {
  return text
    .replace(/[“”„‟«»″]/g, '"')
    .replace(/[‘’‚‛]/g, "'")
    .replace(/(^|\s)[—–](?=\p{L})/gu, '$1--')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** Quotes count at the beginning of a word or right after `=`; elsewhere they are letters, as in «don't». */
function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const pattern = /(--[^\s="']+=)?(?:"([^"]*)(?:"|$)|'([\s\S]*?)(?:'(?=\s|$)|$))|(\S+)/g
  for (const [, option, double, single, bare] of text.matchAll(pattern)) {
    const inside = double ?? single
    if (inside === undefined) tokens.push({ text: bare ?? '', quoted: false })
    else if (option) tokens.push({ text: `${option}${inside}`, quoted: false })
    else tokens.push({ text: inside, quoted: true })
  }
  return tokens
}
