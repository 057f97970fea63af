import { IntlMessageFormat } from 'intl-messageformat'
import type { Locale } from '../upgrade/locale.ts'
import * as en from './catalogue/en.ts'
import * as zh from './catalogue/zh.ts'
import { clean, escapeCode, escapeMrkdwn } from './escape.ts'
import { join, type Markup, nothing } from './markup.ts'
import type { ArgumentsOf, Value } from './message-arguments.ts'

/** English says which messages there are, and which arguments each takes. */
export type Catalogue = typeof en.catalogue
export type Id = keyof Catalogue

/** One object that has the arguments of every message it may be. */
type Arguments<I extends Id> = (I extends Id ? (given: ArgumentsOf<Catalogue[I]>) => void : never) extends (
  given: infer All,
) => void
  ? All
  : never

type Given<I extends Id> = keyof Arguments<I> extends never ? [] : [Arguments<I>]

/** For `plain_text` there is no markup. */
type PlainGiven<I extends Id> = keyof Arguments<I> extends never
  ? []
  : [{ [Name in keyof Arguments<I>]: Exclude<Arguments<I>[Name], Markup> }]

/** Says things in one language. */
export type Translator = {
  locale: Locale
  /** For `mrkdwn`. What is no `Markup` is escaped; between backticks as code. */
  say: <I extends Id>(id: I, ...given: Given<I>) => Markup
  /** For `plain_text` (headers, buttons, dialogs): arguments are made one clean line, nothing is parsed there. */
  plain: <I extends Id>(id: I, ...given: PlainGiven<I>) => string
  /** A message that takes what it needs from the facts of a finding or a gate, or as it was prepared; else it shows `?`. */
  fill: (
    id: Id,
    facts: Readonly<Record<string, Value | undefined>>,
    prepared?: Readonly<Record<string, Value>>,
  ) => Markup
  /** Whole sentences, one after the other. */
  sentences: (...parts: readonly Markup[]) => Markup
  /** Parts of a sentence: `a, b, c`. */
  list: (parts: readonly Markup[]) => Markup
  /** The same for `plain_text`. */
  plainList: (parts: readonly (string | number)[]) => string
  /** What happens one after the other, or stands beside each other: `soaked 2 min, gates 3 s`. */
  phrases: (parts: readonly Markup[]) => Markup
  /** Longer parts, which may have commas in them: `a, b; c`. */
  clauses: (parts: readonly Markup[]) => Markup
  /** What somebody said, or nothing. Nobody ends the quotation before its end. */
  quoted: (text: string | undefined) => Markup
}

const catalogues: Record<Locale, Readonly<Record<Id, string>>> = { en: en.catalogue, zh: zh.catalogue }
const marks: Record<Locale, Marks> = { en: en.marks, zh: zh.marks }

/** How a language sets its sentences. */
export type Marks = {
  betweenSentences: string
  betweenParts: string
  betweenPhrases: string
  betweenClauses: string
  /** Letters beside which no space stands. Of a space between one of these and an argument the argument decides. */
  unspaced?: RegExp
  /** Opening and closing, and what stands in their place within a quotation. */
  quotes: readonly [string, string, string, string]
}

const plurals = Object.fromEntries(Object.keys(catalogues).map((locale) => [locale, new Intl.PluralRules(locale)]))

/** One for each language, so that a process parses a message once. */
const formatters = {
  getPluralRules: (locale: string | string[] | undefined) => plurals[String(locale)] ?? new Intl.PluralRules(locale),
  // Numbers are written as they are: nobody compares 1,000 pods with a manifest that says 1000.
  getNumberFormat: () => new Intl.NumberFormat('en', { useGrouping: false }),
  getDateTimeFormat: (...given: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...given),
}

export function translator(locale: Locale): Translator {
  const catalogue = catalogues[locale]
  const { betweenSentences, betweenParts, betweenPhrases, betweenClauses, quotes, unspaced } = marks[locale]
  const known = new Map<Id, Message>()

  function message(id: Id): Message {
    const parsed = known.get(id) ?? tightened(messageOf(catalogue[id], locale), unspaced)
    known.set(id, parsed)
    return parsed
  }

  return {
    locale,
    say: (id, ...[given]) => ({ mrkdwn: message(id).format((place) => written(valueIn(given, place.name), place)) }),
    plain: (id, ...[given]) => message(id).format((place) => cleaned(valueIn(given, place.name), place)),
    fill: (id, facts, prepared = {}) => ({
      mrkdwn: message(id).format((place) => written(prepared[place.name] ?? facts[place.name] ?? '?', place)),
    }),
    sentences: (...parts) => join(parts, betweenSentences),
    list: (parts) => join(parts, betweenParts),
    plainList: (parts) => clean(parts.join(betweenParts)),
    phrases: (parts) => join(parts, betweenPhrases),
    clauses: (parts) => join(parts, betweenClauses),
    quoted: (text) => (text ? { mrkdwn: quotation(escapeMrkdwn(text), quotes) } : nothing),
  }
}

function valueIn(given: unknown, name: string): Value {
  return (given as Record<string, Value> | undefined)?.[name] ?? '?'
}

function cleaned(value: Value, { as }: Place): string | number {
  return as === 'choice' && typeof value === 'number' ? value : clean(String(value))
}

function quotation(text: string, [open, close, opening, closing]: Marks['quotes']): string {
  return `${open}${text.replaceAll(open, opening).replaceAll(close, closing)}${close}`
}

// ---------------------------------------------------------------- ICU MessageFormat

/** Where an argument stands, which decides how it is escaped. */
type Place = { key: string; name: string; as: 'text' | 'code' | 'choice' }

type Message = { format: (value: (place: Place) => string | number) => string }

type Elements = ReturnType<IntlMessageFormat['getAst']>

/** As the parser numbers them. */
const literal = 0
const argument = 1

function messageOf(text: string, locale: Locale): Message {
  const parsed = new IntlMessageFormat(text, locale, undefined, { ignoreTag: true }).getAst()
  const places = new Map<string, Place>()
  const message = new IntlMessageFormat(placed(parsed, places), locale, undefined, { formatters })
  if (places.size === 0) {
    const fixed = String(message.format())
    return { format: () => fixed }
  }
  return {
    format: (value) => {
      const values: Record<string, string | number> = {}
      for (const place of places.values()) values[place.key] = value(place)
      return String(message.format(values))
    },
  }
}

/** Around what is put into a message, where no space stands beside it. */
const [begin, end] = ['\u{e000}', '\u{e001}']

/** The same message, whose spaces between such letters and arguments that begin or end with one go. */
function tightened({ format }: Message, unspaced: RegExp | undefined): Message {
  if (!unspaced) return { format }
  const { source } = unspaced
  const begins = new RegExp(`^${source}`, 'u')
  const ends = new RegExp(`${source}$`, 'u')
  const gone = new RegExp(`(?<=${source}) ${begin}|${end} (?=${source})|${begin}|${end}`, 'gu')
  const marked = (shown: string | number) =>
    `${begins.test(String(shown)) ? begin : ''}${shown}${ends.test(String(shown)) ? end : ''}`
  return {
    format: (value) =>
      format((place) => (place.as === 'choice' ? value(place) : marked(value(place)))).replace(gone, ''),
  }
}

/** The same message with each argument named for where it stands, since that decides what is put there. */
function placed(elements: Elements, places: Map<string, Place>, within = false): Elements {
  let inCode = within
  return elements.map((element) => {
    if (element.type === literal && 'value' in element) {
      if (String(element.value).split('`').length % 2 === 0) inCode = !inCode
      return element
    }
    if ('options' in element) {
      const options = Object.entries(element.options).map(([name, branch]) => {
        return [name, { ...branch, value: placed(branch.value, places, inCode) }]
      })
      return { ...element, value: keyOf(element.value, 'choice', places), options: Object.fromEntries(options) }
    }
    if (element.type !== argument || !('value' in element)) return element
    return { ...element, value: keyOf(String(element.value), inCode ? 'code' : 'text', places) }
  }) as Elements
}

function keyOf(name: string, as: Place['as'], places: Map<string, Place>): string {
  const key = `${as} ${name}`
  places.set(key, { key, name, as })
  return key
}

function written(value: Value, { as }: Place): string | number {
  if (typeof value === 'object') return value.mrkdwn
  if (as === 'choice') return value
  return as === 'code' ? escapeCode(String(value), 500) : escapeMrkdwn(String(value))
}
