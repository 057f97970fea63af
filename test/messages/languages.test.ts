import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, test } from 'vitest'
import * as en from '../../src/messages/catalogue/en.ts'
import * as zh from '../../src/messages/catalogue/zh.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import { user } from '../../src/messages/markup.ts'
import { type Id, translator } from '../../src/messages/translator.ts'
import { localeOf, locales } from '../../src/upgrade/locale.ts'

const folder = join(import.meta.dirname, '../../src/messages')
const catalogues = { en: en.catalogue as Record<Id, string>, zh: zh.catalogue }
const ids = Object.keys(en.catalogue) as Id[]

/** What programs are told, which are spoken to in English. Whatever people read belongs into the catalogues. */
const forPrograms = ['calls.ts', 'client.ts']

test('no space stands between Chinese and what is put in where that is Chinese too, or ends like it', () => {
  const t = translator('zh')
  const say = (person: string) => t.say('whoCan.approved', { person, time: '12:00' }).mrkdwn
  expect(say('@alice')).toBe('@alice 已批准 · 12:00')
  expect(say('流水线 ci（代 @alice）')).toBe('流水线 ci（代 @alice）已批准 · 12:00')
  expect(t.say('trouble.seen', { by: '某人', at: '12:00' }).mrkdwn).toBe('某人正在处理 · 12:00。')
  expect(t.plain('dialog.where', { service: '商城', environment: 'production' })).toBe('production 环境的商城')
})

describe('the catalogues', () => {
  test('have the same messages', () => {
    expect(Object.keys(zh.catalogue).sort()).toEqual(ids.toSorted())
  })

  test('take the same arguments in every language', () => {
    for (const id of ids)
      expect([...argumentsOf(zh.catalogue[id])].sort(), id).toEqual([...argumentsOf(en.catalogue[id])].sort())
  })

  test.each(locales)('are simple ICU messages in %s: names, plurals and choices', (locale) => {
    for (const id of ids) expect(kindsIn(catalogues[locale][id]), id).toEqual([])
  })

  test('have no message that no code says', () => {
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'))
    const text = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
    const said = new Set([...text.matchAll(/'([a-z]\w*\.[\w.]+)'/gi)].map(([, id]) => id))
    // `phase.${phase}` says all of them, and `finding.${code}` those of codes.
    const families = [...text.matchAll(/`([a-z]\w*\.[^`]*\$\{[^`]*)`/gi)].map(
      ([, template = '']) => new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '\\w+')}$`),
    )
    const ofCodes = /^(finding|gate|incident|cause|dependency)\.[a-z]\w*$/
    const unsaid = ids.filter((id) => {
      return !said.has(id) && (ofCodes.test(id) || !families.some((family) => family.test(id)))
    })
    expect(unsaid).toEqual([])
  })

  test('hold every sentence that people read', () => {
    expect(readdirSync(join(folder, 'en'))).toEqual(forPrograms)
  })

  test('have no English word in Chinese that is no name', () => {
    const english = ids.filter(
      (id) => !/\p{Script=Han}/u.test(zh.catalogue[id]) && /[a-z]{2,}/.test(bare(zh.catalogue[id])),
    )
    expect(english).toEqual([])
  })

  test('are set as Chinese is: full-width marks, and a space between Han and Latin', () => {
    const halfWidth = ids.filter((id) => /\p{Script=Han}[,;:!?()]|[,;!?]\p{Script=Han}/u.test(bare(zh.catalogue[id])))
    expect(halfWidth).toEqual([])
    const glued = ids.filter((id) =>
      /\p{Script=Han}[A-Za-z0-9`]|[A-Za-z0-9`]\p{Script=Han}/u.test(flat(zh.catalogue[id])),
    )
    expect(glued).toEqual([])
  })
})

describe.each(locales)('what people wrote, in %s', (locale) => {
  const t = translator(locale)
  const hostile = "<!channel> {count} '{' *b* `c` \u202e{x, plural, other {#}} & </a> 'quoted'"

  test('comes out escaped, and is never read as a message', () => {
    for (const id of ids) {
      const { mrkdwn } = t.fill(id, new Proxy({}, { get: () => hostile }))
      expect(mrkdwn, id).not.toMatch(/[<>\u202e]/)
      expect(mrkdwn.match(/`/g)?.length, id).toBe(catalogues[locale][id].match(/`/g)?.length)
      expect(mrkdwn.match(/&lt;!channel&gt; \{count\} '\{'/g)?.length, id).toBe(shownIn(catalogues[locale][id]))
    }
  })

  test('is one clean line in plain text', () => {
    for (const id of ids) {
      const text = t.fill(id, new Proxy({}, { get: () => 'a\nb' })).mrkdwn
      expect(text, id).not.toContain('\n')
    }
  })
})

describe('a translator', () => {
  const t = translator('en')

  test('leaves markup as it is and escapes everything else', () => {
    const by = t.say('word.listed.and', { before: user('U0BOB'), last: '<!here> & *co*' })
    expect(by.mrkdwn).toBe('<@U0BOB> and &lt;!here&gt; &amp; ∗co∗')
  })

  test('escapes between backticks as code, where only backticks and entities matter', () => {
    expect(t.say('lead.try', { command: '/upgrade a_b *`<' }).mrkdwn).toBe("Try `/upgrade a_b *'&lt;`.")
  })

  test('makes one clean line of what goes into plain text', () => {
    expect(t.plain('word.throughCluster', { name: '<b>\n{&}' })).toBe('<b> {&} (through the cluster)')
  })

  test('writes a number as it is', () => {
    expect(t.plain('word.pods', { count: 1_000 })).toBe('1000 pods')
  })

  test('ends a quotation only at its end', () => {
    expect(t.quoted('ok» by @alice «').mrkdwn).toBe('«ok› by @alice ‹»')
    expect(translator('zh').quoted('ok” by @alice “').mrkdwn).toBe('“ok’ by @alice ‘”')
    expect(t.quoted(undefined).mrkdwn).toBe('')
  })
})

describe('the language of a locale of Slack', () => {
  test.each([
    ['en-US', 'en'],
    ['en-GB', 'en'],
    ['zh-CN', 'zh'],
    ['zh-Hans-SG', 'zh'],
    ['zh-TW', undefined],
    ['de-DE', undefined],
    ['', undefined],
    ['<!here>', undefined],
    [undefined, undefined],
  ])('%s is %s', (tag, locale) => {
    expect(localeOf(tag)).toBe(locale)
  })

  test('messages are made once for each', () => {
    expect(messagesIn('zh')).toBe(messagesIn('zh'))
    expect(messagesIn('zh').phases.paused).toBe('已暂停')
    expect(messagesIn('en').phases.paused).toBe('paused')
  })
})

type Elements = ReturnType<IntlMessageFormat['getAst']>

function astOf(message: string): Elements {
  return new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst()
}

function walk(elements: Elements, see: (element: Elements[number]) => void): void {
  for (const element of elements) {
    see(element)
    if ('options' in element) for (const branch of Object.values(element.options)) walk(branch.value, see)
  }
}

/** `name` and `name, 6` (a plural): what has to be given. */
function argumentsOf(message: string): Set<string> {
  const found = new Set<string>()
  walk(astOf(message), (element) => {
    if (element.type !== 0 && 'value' in element) found.add(String(element.value))
  })
  return found
}

/** What goes beyond names, plurals and choices: the runtime would write those as no other number is written. */
function kindsIn(message: string): number[] {
  const found: number[] = []
  walk(astOf(message), (element) => {
    if (![0, 1, 5, 6].includes(element.type)) found.push(element.type)
  })
  return found
}

/** Without arguments and code. */
function bare(message: string): string {
  return message
    .replaceAll(/`[^`]*`/g, '')
    .replaceAll(/\{\w+\}/g, '')
    .replaceAll(/\{\w+, (plural|select),/g, '')
}

function flat(message: string): string {
  return message.replaceAll(/\{\w+, (plural|select),|\b(one|other|\w+) \{|\{\w+\}|\}/g, '|')
}

/** How many arguments are written into the message; of a choice, into its last branch. */
function shownIn(message: string): number | undefined {
  const count = (elements: Elements): number =>
    elements.reduce((sum, element) => {
      if ('options' in element) return sum + count(element.options.other?.value ?? [])
      return sum + (element.type === 1 ? 1 : 0)
    }, 0)
  return count(astOf(message)) || undefined
}
