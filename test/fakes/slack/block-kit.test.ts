import { describe, expect, test } from 'vitest'
import { interactiveElements, validateBlocks, validateView, visibleText } from './block-kit.ts'

const long = (length: number) => 'x'.repeat(length)
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))

const plain = (text: string) => ({ type: 'plain_text', text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })
const section = (fields: object = {}) => ({ type: 'section', text: mrkdwn('hello'), ...fields })
const actions = (...elements: object[]) => ({ type: 'actions', elements })
const button = (fields: object = {}) => ({ type: 'button', text: plain('Go'), ...fields })
const option = (fields: object = {}) => ({ text: plain('one'), value: '1', ...fields })
const select = (fields: object = {}) => ({ type: 'static_select', options: [option()], ...fields })
const confirm = (fields: object = {}) => ({
  title: plain('Sure?'),
  text: plain('Really'),
  confirm: plain('Yes'),
  deny: plain('No'),
  ...fields,
})
const input = (element: object, fields: object = {}) => ({ type: 'input', label: plain('Label'), element, ...fields })
const textInput = (fields: object = {}) => ({ type: 'plain_text_input', ...fields })
const modal = (fields: object = {}) => ({ type: 'modal', title: plain('Title'), blocks: [section()], ...fields })

type Case = [rule: string, atTheLimit: object[], beyond: object[], message: string, pointer: string]

const LIMITS: Case[] = [
  ['50 blocks', many(50, () => section()), many(51, () => section()), 'no more than 50 items allowed', '/blocks'],
  [
    'section text of 3,000',
    [section({ text: mrkdwn(long(3000)) })],
    [section({ text: mrkdwn(long(3001)) })],
    'must be less than 3001 characters',
    '/blocks/0/text/text',
  ],
  [
    'section text of at least one character',
    [section({ text: plain('x') })],
    [section({ text: plain('') })],
    'must be more than 0 characters',
    '/blocks/0/text/text',
  ],
  [
    '10 section fields',
    [section({ fields: many(10, () => plain('x')) })],
    [section({ fields: many(11, () => plain('x')) })],
    'no more than 10 items allowed',
    '/blocks/0/fields',
  ],
  [
    'section fields of 2,000',
    [section({ fields: [mrkdwn(long(2000))] })],
    [section({ fields: [mrkdwn(long(2001))] })],
    'must be less than 2001 characters',
    '/blocks/0/fields/0/text',
  ],
  [
    'header of 150',
    [{ type: 'header', text: plain(long(150)) }],
    [{ type: 'header', text: plain(long(151)) }],
    'must be less than 151 characters',
    '/blocks/0/text/text',
  ],
  [
    'markdown of 12,000',
    [{ type: 'markdown', text: long(12_000) }],
    [{ type: 'markdown', text: long(12_001) }],
    'must be less than 12001 characters',
    '/blocks/0/text',
  ],
  [
    'markdown of 12,000 in all',
    many(2, () => ({ type: 'markdown', text: long(6000) })),
    many(2, () => ({ type: 'markdown', text: long(6001) })),
    'markdown text must be less than 12001 characters in all',
    '/blocks',
  ],
  [
    '10 context elements',
    [{ type: 'context', elements: many(10, () => mrkdwn('x')) }],
    [{ type: 'context', elements: many(11, () => mrkdwn('x')) }],
    'no more than 10 items allowed',
    '/blocks/0/elements',
  ],
  [
    '25 actions',
    [actions(...many(25, () => button()))],
    [actions(...many(26, () => button()))],
    'no more than 25 items allowed',
    '/blocks/0/elements',
  ],
  ['one action at least', [actions(button())], [actions()], 'no fewer than 1 items allowed', '/blocks/0/elements'],
  [
    'button text of 75',
    [actions(button({ text: plain(long(75)) }))],
    [actions(button({ text: plain(long(76)) }))],
    'must be less than 76 characters',
    '/blocks/0/elements/0/text/text',
  ],
  [
    'button value of 2,000',
    [actions(button({ value: long(2000) }))],
    [actions(button({ value: long(2001) }))],
    'must be less than 2001 characters',
    '/blocks/0/elements/0/value',
  ],
  [
    'button url of 3,000',
    [actions(button({ url: long(3000) }))],
    [actions(button({ url: long(3001) }))],
    'must be less than 3001 characters',
    '/blocks/0/elements/0/url',
  ],
  [
    'action_id of 255',
    [actions(button({ action_id: long(255) }))],
    [actions(button({ action_id: long(256) }))],
    'must be less than 256 characters',
    '/blocks/0/elements/0/action_id',
  ],
  [
    'block_id of 255',
    [section({ block_id: long(255) })],
    [section({ block_id: long(256) })],
    'must be less than 256 characters',
    '/blocks/0/block_id',
  ],
  [
    'unique action_ids, across blocks too',
    [section({ accessory: button({ action_id: 'a' }) }), actions(button({ action_id: 'b' }))],
    [section({ accessory: button({ action_id: 'a' }) }), actions(button({ action_id: 'a' }))],
    '`action_id` a already exists',
    '/blocks/1/elements/0/action_id',
  ],
  [
    'unique block_ids',
    [section({ block_id: 'a' }), section({ block_id: 'b' })],
    [section({ block_id: 'a' }), section({ block_id: 'a' })],
    '`block_id` a already exists',
    '/blocks/1/block_id',
  ],
  [
    '100 options',
    [actions(select({ options: many(100, (n) => option({ value: `${n}` })) }))],
    [actions(select({ options: many(101, (n) => option({ value: `${n}` })) }))],
    'no more than 100 items allowed',
    '/blocks/0/elements/0/options',
  ],
  [
    'option text of 75',
    [actions(select({ options: [option({ text: plain(long(75)) })] }))],
    [actions(select({ options: [option({ text: plain(long(76)) })] }))],
    'must be less than 76 characters',
    '/blocks/0/elements/0/options/0/text/text',
  ],
  [
    'option value of 75',
    [actions(select({ options: [option({ value: long(75) })] }))],
    [actions(select({ options: [option({ value: long(76) })] }))],
    'must be less than 76 characters',
    '/blocks/0/elements/0/options/0/value',
  ],
  [
    'option groups or options',
    [actions(select({ options: undefined, option_groups: [{ label: plain('g'), options: [option()] }] }))],
    [actions(select({ option_groups: [{ label: plain('g'), options: [option()] }] }))],
    'must provide exactly one of: options, option_groups',
    '/blocks/0/elements/0',
  ],
  [
    'an initial option that is offered',
    [actions(select({ initial_option: option() }))],
    [actions(select({ initial_option: option({ value: '2' }) }))],
    'must exactly match one of the provided options',
    '/blocks/0/elements/0/initial_option',
  ],
  [
    'overflow of 5',
    [actions({ type: 'overflow', options: many(5, () => option()) })],
    [actions({ type: 'overflow', options: many(6, () => option()) })],
    'no more than 5 items allowed',
    '/blocks/0/elements/0/options',
  ],
  [
    '10 radio buttons',
    [actions({ type: 'radio_buttons', options: many(10, () => option()) })],
    [actions({ type: 'radio_buttons', options: many(11, () => option()) })],
    'no more than 10 items allowed',
    '/blocks/0/elements/0/options',
  ],
  [
    '10 checkboxes',
    [actions({ type: 'checkboxes', options: many(10, () => option()) })],
    [actions({ type: 'checkboxes', options: many(11, () => option()) })],
    'no more than 10 items allowed',
    '/blocks/0/elements/0/options',
  ],
  [
    'mrkdwn in checkboxes, plain text in selects',
    [actions({ type: 'checkboxes', options: [option({ text: mrkdwn('*a*') })] })],
    [actions(select({ options: [option({ text: mrkdwn('*a*') })] }))],
    'unsupported type: mrkdwn',
    '/blocks/0/elements/0/options/0/text/type',
  ],
  [
    'placeholder of 150',
    [actions(select({ placeholder: plain(long(150)) }))],
    [actions(select({ placeholder: plain(long(151)) }))],
    'must be less than 151 characters',
    '/blocks/0/elements/0/placeholder/text',
  ],
  [
    'input label of 2,000',
    [input(textInput(), { label: plain(long(2000)) })],
    [input(textInput(), { label: plain(long(2001)) })],
    'must be less than 2001 characters',
    '/blocks/0/label/text',
  ],
  [
    'input hint of 2,000',
    [input(textInput(), { hint: plain(long(2000)) })],
    [input(textInput(), { hint: plain(long(2001)) })],
    'must be less than 2001 characters',
    '/blocks/0/hint/text',
  ],
  [
    'confirm title of 100',
    [actions(button({ confirm: confirm({ title: plain(long(100)) }) }))],
    [actions(button({ confirm: confirm({ title: plain(long(101)) }) }))],
    'must be less than 101 characters',
    '/blocks/0/elements/0/confirm/title/text',
  ],
  [
    'confirm text of 300',
    [actions(button({ confirm: confirm({ text: mrkdwn(long(300)) }) }))],
    [actions(button({ confirm: confirm({ text: mrkdwn(long(301)) }) }))],
    'must be less than 301 characters',
    '/blocks/0/elements/0/confirm/text/text',
  ],
  [
    'confirm buttons of 30',
    [actions(button({ confirm: confirm({ confirm: plain(long(30)), deny: plain(long(30)) }) }))],
    [actions(button({ confirm: confirm({ deny: plain(long(31)) }) }))],
    'must be less than 31 characters',
    '/blocks/0/elements/0/confirm/deny/text',
  ],
  [
    'all four parts of a confirm dialog',
    [actions(button({ confirm: confirm() }))],
    [actions(button({ confirm: confirm({ deny: undefined }) }))],
    'missing required field: deny',
    '/blocks/0/elements/0/confirm',
  ],
  [
    'style primary or danger',
    [actions(button({ style: 'danger' }), button({ style: 'primary' }))],
    [actions(button({ style: 'default' }))],
    'must be a valid enum value',
    '/blocks/0/elements/0/style',
  ],
  [
    'plain text on buttons',
    [actions(button({ text: { ...plain('Go'), emoji: true } }))],
    [actions(button({ text: mrkdwn('*Go*') }))],
    'unsupported type: mrkdwn',
    '/blocks/0/elements/0/text/type',
  ],
  [
    'plain text in headers',
    [{ type: 'header', text: plain('x') }],
    [{ type: 'header', text: mrkdwn('x') }],
    'unsupported type: mrkdwn',
    '/blocks/0/text/type',
  ],
  [
    'emoji only of plain text',
    [section({ text: { ...mrkdwn('x'), verbatim: true } })],
    [section({ text: { ...mrkdwn('x'), emoji: true } })],
    'invalid additional property: emoji',
    '/blocks/0/text',
  ],
  ['no unknown fields', [section()], [section({ colour: 'red' })], 'invalid additional property: colour', '/blocks/0'],
  ['known blocks', [{ type: 'divider' }], [{ type: 'plan', title: 'x' }], 'unsupported type: plan', '/blocks/0/type'],
  [
    'elements in their places',
    [input(textInput())],
    [actions(textInput())],
    'unsupported type: plain_text_input',
    '/blocks/0/elements/0/type',
  ],
  [
    'a section that says something',
    [{ type: 'section', fields: [plain('x')] }],
    [{ type: 'section' }],
    'missing required field: text or fields',
    '/blocks/0',
  ],
  [
    'an image with its alternative text',
    [{ type: 'image', image_url: 'https://example.com/a.png', alt_text: 'a' }],
    [{ type: 'image', image_url: 'https://example.com/a.png' }],
    'missing required field: alt_text',
    '/blocks/0',
  ],
  [
    'a date and time of ten digits',
    [actions({ type: 'datetimepicker', initial_date_time: 1_700_000_000 })],
    [actions({ type: 'datetimepicker', initial_date_time: 1_700_000_000_000 })],
    'must be between 1000000000 and 9999999999',
    '/blocks/0/elements/0/initial_date_time',
  ],
  [
    'text inputs of 3,000',
    [input(textInput({ max_length: 3000 }))],
    [input(textInput({ max_length: 3001 }))],
    'must be between 1 and 3000',
    '/blocks/0/element/max_length',
  ],
  [
    'rich text of known parts',
    [
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'x', style: { bold: true } }] }],
      },
    ],
    [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'blink', text: 'x' }] }] }],
    'unsupported type: blink',
    '/blocks/0/elements/0/elements/0/type',
  ],
]

describe('blocks of a message', () => {
  test.each(LIMITS)('%s', (_rule, atTheLimit, beyond, message, pointer) => {
    expect(validateBlocks(JSON.parse(JSON.stringify(atTheLimit)))).toEqual([])
    expect(validateBlocks(JSON.parse(JSON.stringify(beyond)))).toContainEqual({ message, pointer })
  })

  test('every violation is reported, not only the first', () => {
    const found = validateBlocks([section({ text: plain('') }), { type: 'header' }, 'text'])
    expect(found.map((one) => one.pointer)).toEqual(['/blocks/0/text/text', '/blocks/1', '/blocks/2'])
  })

  test('what is no array is refused', () => {
    expect(validateBlocks({ type: 'section' })).toEqual([{ message: 'must be an array', pointer: '/blocks' }])
  })
})

const VIEW_LIMITS: [string, object, object, string, string][] = [
  [
    '100 blocks',
    modal({ blocks: many(100, () => section()) }),
    modal({ blocks: many(101, () => section()) }),
    'no more than 100 items allowed',
    '/view/blocks',
  ],
  [
    'title of 24',
    modal({ title: plain(long(24)) }),
    modal({ title: plain(long(25)) }),
    'must be less than 25 characters',
    '/view/title/text',
  ],
  [
    'submit of 24',
    modal({ submit: plain(long(24)) }),
    modal({ submit: plain(long(25)) }),
    'must be less than 25 characters',
    '/view/submit/text',
  ],
  [
    'close of 24',
    modal({ close: plain(long(24)) }),
    modal({ close: plain(long(25)) }),
    'must be less than 25 characters',
    '/view/close/text',
  ],
  [
    'private_metadata of 3,000',
    modal({ private_metadata: long(3000) }),
    modal({ private_metadata: long(3001) }),
    'must be less than 3001 characters',
    '/view/private_metadata',
  ],
  [
    'callback_id of 255',
    modal({ callback_id: long(255) }),
    modal({ callback_id: long(256) }),
    'must be less than 256 characters',
    '/view/callback_id',
  ],
  [
    'submit where there is an input',
    modal({ blocks: [input(textInput())], submit: plain('Send') }),
    modal({ blocks: [input(textInput())] }),
    'missing required field: submit',
    '/view',
  ],
  ['a title', modal(), modal({ title: undefined }), 'missing required field: title', '/view'],
  [
    'no markdown blocks',
    modal(),
    modal({ blocks: [{ type: 'markdown', text: 'x' }] }),
    'unsupported type: markdown',
    '/view/blocks/0/type',
  ],
  [
    'no title of a home tab',
    { type: 'home', blocks: [section()] },
    { type: 'home', title: plain('x'), blocks: [section()] },
    'invalid additional property: title',
    '/view',
  ],
]

describe('views', () => {
  test('a Home tab may use an action_id again in another block', () => {
    const row = actions(button({ action_id: 'a' }))
    expect(validateView({ type: 'home', blocks: [row, row] })).toEqual([])
    expect(
      validateView({ type: 'home', blocks: [actions(button({ action_id: 'a' }), button({ action_id: 'a' }))] }),
    ).toEqual([{ message: '`action_id` a already exists', pointer: '/view/blocks/0/elements/1/action_id' }])
  })

  test.each(VIEW_LIMITS)('%s', (_rule, atTheLimit, beyond, message, pointer) => {
    expect(validateView(JSON.parse(JSON.stringify(atTheLimit)))).toEqual([])
    expect(validateView(JSON.parse(JSON.stringify(beyond)))).toContainEqual({ message, pointer })
  })

  test('a view without a type or of another type is refused', () => {
    expect(validateView({})).toEqual([{ message: 'missing required field: type', pointer: '/view' }])
    expect(validateView({ type: 'dialog' })).toEqual([{ message: 'unsupported type: dialog', pointer: '/view/type' }])
  })
})

test('what blocks say is read from top to bottom, without the confirm dialogs', () => {
  const blocks = [
    { type: 'header', text: plain('Head') },
    section({ text: mrkdwn('*Body*'), fields: [plain('field')], accessory: button({ confirm: confirm() }) }),
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'one ' },
            { type: 'text', text: 'line' },
          ],
        },
      ],
    },
  ]
  expect(visibleText(blocks)).toBe('Head\n*Body*\nfield\nGo\none line')
})

test('interactive elements are found in actions, sections and inputs', () => {
  const blocks = [
    section({ block_id: 's', accessory: button({ action_id: 'a' }) }),
    { ...actions(button({ action_id: 'b' }), select({ action_id: 'c' })), block_id: 'x' },
    input(textInput({ action_id: 'd' }), { block_id: 'i', optional: true }),
    { type: 'context', elements: [{ type: 'image', image_url: 'https://example.com', alt_text: 'x' }] },
  ]
  expect(interactiveElements(blocks).map((one) => `${one.blockId}.${one.actionId}`)).toEqual([
    's.a',
    'x.b',
    'x.c',
    'i.d',
  ])
  expect(interactiveElements(blocks).at(-1)?.input).toEqual({ optional: true, dispatchAction: false })
})
