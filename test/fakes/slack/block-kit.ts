/**
 * What Slack's Block Kit accepts: required fields, types and limits of blocks, elements and views.
 * https://docs.slack.dev/reference/block-kit
 *
 * Stricter than Slack on purpose: an `action_id` is unique in the whole message or modal (Slack, and a Home tab: in its
 * block), characters are counted as UTF-16 units, and block types that are not listed here are unknown.
 */

/** A violation in Slack's words, with the place it was found at. */
export type Finding = { message: string; pointer: string }

export type Surface = 'message' | 'modal' | 'home'

export type JsonObject = Record<string, unknown>

/** Longest `blocks` of one message, as JSON. Slack does not document it; about 13,000 was measured. */
export const MAX_BLOCKS_LENGTH = 13_000

const MAX_BLOCKS: Record<Surface, number> = { message: 50, modal: 100, home: 100 }
const MAX_MARKDOWN = 12_000
const MAX_ID = 255

/** `no more than 10 items allowed [json-pointer:/blocks/0/fields]`: how Slack words it in `errors`. */
export function describeFinding(finding: Finding): string {
  return `${finding.message} [json-pointer:${finding.pointer}]`
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every violation in the blocks of a message or view; an empty list when Slack would take them. */
export function validateBlocks(blocks: unknown, surface: Surface = 'message', pointer = '/blocks'): Finding[] {
  const found: Finding[] = []
  const minimum = surface === 'message' ? 0 : 1
  list(block(surface), { min: minimum, max: MAX_BLOCKS[surface] })(blocks, pointer, found)
  if (Array.isArray(blocks)) {
    refuseDuplicates(blocks, pointer, found, surface)
    refuseLongMarkdown(blocks, pointer, found)
  }
  return found
}

/** Every violation in the `view` argument of views.open, views.push, views.update and views.publish. */
export function validateView(view: unknown): Finding[] {
  const found: Finding[] = []
  if (!isObject(view)) return [{ message: 'must provide an object', pointer: '/view' }]
  if (view.type !== 'modal' && view.type !== 'home') {
    return [
      view.type === undefined
        ? { message: 'missing required field: type', pointer: '/view' }
        : { message: `unsupported type: ${String(view.type)}`, pointer: '/view/type' },
    ]
  }
  const { blocks, ...rest } = view
  const shared = {
    type: required(anything),
    private_metadata: optional(text({ min: 0, max: 3000 })),
    callback_id: optional(text({ min: 0, max: MAX_ID })),
    external_id: optional(text({ min: 0, max: MAX_ID })),
  }
  const shape =
    view.type === 'home'
      ? shared
      : {
          ...shared,
          title: required(plainText(24)),
          submit: optional(plainText(24)),
          close: optional(plainText(24)),
          clear_on_close: optional(boolean),
          notify_on_close: optional(boolean),
          submit_disabled: optional(boolean),
        }
  object(shape)(rest, '/view', found)
  if (blocks === undefined) {
    found.push({ message: 'missing required field: blocks', pointer: '/view' })
    return found
  }
  found.push(...validateBlocks(blocks, view.type, '/view/blocks'))
  const hasInput = Array.isArray(blocks) && blocks.some((one) => isObject(one) && one.type === 'input')
  if (view.type === 'modal' && hasInput && view.submit === undefined) {
    found.push({ message: 'missing required field: submit', pointer: '/view' })
  }
  return found
}

/** Every violation in the answer to a `block_suggestion`; there is nothing wrong with offering nothing. */
export function validateSuggestions(answer: JsonObject): Finding[] {
  const found: Finding[] = []
  const options = list(option('select'), { min: 0, max: 100 })
  object({ options: optional(options), option_groups: optional(list(optionGroup, { max: 100 })) })(answer, '', found)
  exactlyOneOf('options', 'option_groups')(answer, '/', found)
  return found
}

// ---------------------------------------------------------------- the grammar

/** Looks at a value and adds what is wrong with it to `found`. */
type Check = (value: unknown, pointer: string, found: Finding[]) => void
type Field = { check: Check; required: boolean }
type Shape = Record<string, Field>

function required(check: Check): Field {
  return { check, required: true }
}

function optional(check: Check): Field {
  return { check, required: false }
}

const anything: Check = () => undefined

const boolean: Check = (value, pointer, found) => {
  if (typeof value !== 'boolean') found.push({ message: 'must be a boolean', pointer })
}

function text({ min = 1, max }: { min?: number; max: number }): Check {
  return (value, pointer, found) => {
    if (typeof value !== 'string') found.push({ message: 'must be a string', pointer })
    else if (value.length < min) found.push({ message: `must be more than ${min - 1} characters`, pointer })
    else if (value.length > max) found.push({ message: `must be less than ${max + 1} characters`, pointer })
  }
}

function integer(min: number, max: number): Check {
  return (value, pointer, found) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) found.push({ message: 'must be an integer', pointer })
    else if (value < min || value > max) found.push({ message: `must be between ${min} and ${max}`, pointer })
  }
}

function oneOf(...allowed: unknown[]): Check {
  return (value, pointer, found) => {
    if (!allowed.includes(value)) found.push({ message: 'must be a valid enum value', pointer })
  }
}

function list(check: Check, { min = 1, max }: { min?: number; max: number }): Check {
  return (value, pointer, found) => {
    if (!Array.isArray(value)) {
      found.push({ message: 'must be an array', pointer })
      return
    }
    if (value.length < min) found.push({ message: `no fewer than ${min} items allowed`, pointer })
    if (value.length > max) found.push({ message: `no more than ${max} items allowed`, pointer })
    for (const [index, item] of value.entries()) check(item, `${pointer}/${index}`, found)
  }
}

function object(shape: Shape): Check {
  return (value, pointer, found) => {
    if (!isObject(value)) {
      found.push({ message: 'must provide an object', pointer })
      return
    }
    for (const [name, field] of Object.entries(shape)) {
      if (value[name] !== undefined) field.check(value[name], `${pointer}/${name}`, found)
      else if (field.required) found.push({ message: `missing required field: ${name}`, pointer })
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(shape, name)) found.push({ message: `invalid additional property: ${name}`, pointer })
    }
  }
}

/** An object whose `type` says which of the checks applies. */
function byType(checks: Record<string, Check>): Check {
  return (value, pointer, found) => {
    if (!isObject(value)) {
      found.push({ message: 'must provide an object', pointer })
      return
    }
    if (value.type === undefined) {
      found.push({ message: 'missing required field: type', pointer })
      return
    }
    const check = typeof value.type === 'string' && Object.hasOwn(checks, value.type) ? checks[value.type] : undefined
    if (check) check(value, pointer, found)
    else found.push({ message: `unsupported type: ${String(value.type)}`, pointer: `${pointer}/type` })
  }
}

function both(...checks: Check[]): Check {
  return (value, pointer, found) => {
    for (const check of checks) check(value, pointer, found)
  }
}

function exactlyOneOf(...names: string[]): Check {
  return (value, pointer, found) => {
    if (!isObject(value)) return
    const given = names.filter((name) => value[name] !== undefined)
    if (given.length !== 1) found.push({ message: `must provide exactly one of: ${names.join(', ')}`, pointer })
  }
}

function pick(checks: Record<string, Check>, names: readonly string[]): Record<string, Check> {
  return Object.fromEntries(Object.entries(checks).filter(([name]) => names.includes(name)))
}

// ---------------------------------------------------------------- composition objects

const TYPE = required(anything)

function plainText(max: number): Check {
  return byType({
    plain_text: object({ type: TYPE, text: required(text({ max })), emoji: optional(boolean) }),
  })
}

function richText(max: number): Check {
  return byType({
    plain_text: object({ type: TYPE, text: required(text({ max })), emoji: optional(boolean) }),
    mrkdwn: object({ type: TYPE, text: required(text({ max })), verbatim: optional(boolean) }),
  })
}

const colorScheme = oneOf('primary', 'danger')

const confirmDialog = object({
  title: required(plainText(100)),
  text: required(richText(300)),
  confirm: required(plainText(30)),
  deny: required(plainText(30)),
  style: optional(colorScheme),
})

function option(kind: 'select' | 'choice' | 'overflow'): Check {
  return object({
    text: required(kind === 'choice' ? richText(75) : plainText(75)),
    value: required(text({ max: 75 })),
    description: optional(kind === 'choice' ? richText(75) : plainText(75)),
    ...(kind === 'overflow' ? { url: optional(text({ max: 3000 })) } : {}),
  })
}

const optionGroup = object({
  label: required(plainText(75)),
  options: required(list(option('select'), { max: 100 })),
})

/** Slack answers `invalid_arguments` when an initial option is not among those offered. */
const initialOptionIsOffered: Check = (value, pointer, found) => {
  if (!isObject(value)) return
  const offered = offeredOptions(value).map((one) => JSON.stringify(one))
  const wanted: [string, unknown][] = Array.isArray(value.initial_options)
    ? value.initial_options.map((one, index) => [`initial_options/${index}`, one])
    : value.initial_option === undefined
      ? []
      : [['initial_option', value.initial_option]]
  for (const [name, one] of wanted) {
    if (!offered.includes(JSON.stringify(one))) {
      found.push({ message: 'must exactly match one of the provided options', pointer: `${pointer}/${name}` })
    }
  }
}

/** The options of a select, radio, checkboxes or overflow element, groups flattened. */
export function offeredOptions(element: JsonObject): JsonObject[] {
  const groups = Array.isArray(element.option_groups) ? element.option_groups : []
  const lists = [element.options, ...groups.map((group) => (isObject(group) ? group.options : []))]
  return lists.flatMap((one) => (Array.isArray(one) ? one.filter(isObject) : []))
}

// ---------------------------------------------------------------- elements

const ACTION = { type: TYPE, action_id: optional(text({ max: MAX_ID })) }
const CONFIRM = { confirm: optional(confirmDialog) }
const PLACEHOLDER = { placeholder: optional(plainText(150)) }
const FOCUS = { focus_on_load: optional(boolean) }

const imageFields: Shape = {
  type: TYPE,
  image_url: optional(text({ max: 3000 })),
  slack_file: optional(both(object({ id: optional(text({ max: 100 })), url: optional(text({ max: 3000 })) }))),
  alt_text: required(text({ max: 2000 })),
}

const ELEMENTS: Record<string, Check> = {
  button: object({
    ...ACTION,
    ...CONFIRM,
    text: required(plainText(75)),
    value: optional(text({ max: 2000 })),
    url: optional(text({ max: 3000 })),
    style: optional(colorScheme),
    accessibility_label: optional(text({ max: 75 })),
  }),
  static_select: both(
    object({
      ...ACTION,
      ...CONFIRM,
      ...PLACEHOLDER,
      ...FOCUS,
      options: optional(list(option('select'), { max: 100 })),
      option_groups: optional(list(optionGroup, { max: 100 })),
      initial_option: optional(option('select')),
    }),
    exactlyOneOf('options', 'option_groups'),
    initialOptionIsOffered,
  ),
  external_select: object({
    ...ACTION,
    ...CONFIRM,
    ...PLACEHOLDER,
    ...FOCUS,
    initial_option: optional(option('select')),
    min_query_length: optional(integer(0, 1000)),
  }),
  users_select: object({
    ...ACTION,
    ...CONFIRM,
    ...PLACEHOLDER,
    ...FOCUS,
    initial_user: optional(text({ max: MAX_ID })),
  }),
  overflow: object({ ...ACTION, ...CONFIRM, options: required(list(option('overflow'), { max: 5 })) }),
  radio_buttons: both(
    object({
      ...ACTION,
      ...CONFIRM,
      ...FOCUS,
      options: required(list(option('choice'), { max: 10 })),
      initial_option: optional(option('choice')),
    }),
    initialOptionIsOffered,
  ),
  checkboxes: both(
    object({
      ...ACTION,
      ...CONFIRM,
      ...FOCUS,
      options: required(list(option('choice'), { max: 10 })),
      initial_options: optional(list(option('choice'), { max: 10 })),
    }),
    initialOptionIsOffered,
  ),
  datetimepicker: object({
    ...ACTION,
    ...CONFIRM,
    ...FOCUS,
    // Slack: a UNIX timestamp in seconds, exactly ten digits.
    initial_date_time: optional(integer(1_000_000_000, 9_999_999_999)),
  }),
  plain_text_input: object({
    ...ACTION,
    ...PLACEHOLDER,
    ...FOCUS,
    initial_value: optional(text({ min: 0, max: 3000 })),
    multiline: optional(boolean),
    min_length: optional(integer(0, 3000)),
    max_length: optional(integer(1, 3000)),
    dispatch_action_config: optional(
      object({
        trigger_actions_on: optional(list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 })),
      }),
    ),
  }),
  image: both(object(imageFields), exactlyOneOf('image_url', 'slack_file')),
}

const IN_ACTIONS = [
  'button',
  'static_select',
  'external_select',
  'users_select',
  'overflow',
  'radio_buttons',
  'checkboxes',
  'datetimepicker',
]
const IN_SECTION = [
  'button',
  'static_select',
  'external_select',
  'users_select',
  'overflow',
  'radio_buttons',
  'checkboxes',
  'image',
]
const IN_INPUT = [
  'plain_text_input',
  'static_select',
  'external_select',
  'users_select',
  'radio_buttons',
  'checkboxes',
  'datetimepicker',
]

// ---------------------------------------------------------------- rich text

const richTextStyle = object({
  bold: optional(boolean),
  italic: optional(boolean),
  strike: optional(boolean),
  code: optional(boolean),
  underline: optional(boolean),
})

function run(fields: Shape): Check {
  return object({ type: TYPE, style: optional(richTextStyle), ...fields })
}

const id = required(text({ max: MAX_ID }))

const RICH_TEXT_RUN = byType({
  text: run({ text: required(text({ max: 3000 })) }),
  link: run({ url: required(text({ max: 3000 })), text: optional(text({ max: 3000 })), unsafe: optional(boolean) }),
  emoji: run({ name: id, unicode: optional(text({ max: 100 })) }),
  user: run({ user_id: id }),
  usergroup: run({ usergroup_id: id }),
  channel: run({ channel_id: id }),
  broadcast: run({ range: required(oneOf('here', 'channel', 'everyone')) }),
  date: run({
    timestamp: required(integer(0, 9_999_999_999)),
    format: required(text({ max: 3000 })),
    url: optional(text({ max: 3000 })),
    fallback: optional(text({ max: 3000 })),
  }),
})

const border = optional(oneOf(0, 1))
const runs = required(list(RICH_TEXT_RUN, { min: 0, max: 1000 }))
const richTextSection = byType({ rich_text_section: object({ type: TYPE, elements: runs }) })

const RICH_TEXT_PART = byType({
  rich_text_section: richTextSection,
  rich_text_quote: object({ type: TYPE, elements: runs, border }),
  rich_text_preformatted: object({ type: TYPE, elements: runs, border }),
  rich_text_list: object({
    type: TYPE,
    elements: required(list(richTextSection, { max: 1000 })),
    style: required(oneOf('bullet', 'ordered')),
    indent: optional(integer(0, 8)),
    offset: optional(integer(0, 1_000_000)),
    border,
  }),
})

// ---------------------------------------------------------------- blocks

const BLOCK = { type: TYPE, block_id: optional(text({ max: MAX_ID })) }

const sectionSaysSomething: Check = (value, pointer, found) => {
  if (isObject(value) && value.text === undefined && value.fields === undefined) {
    found.push({ message: 'missing required field: text or fields', pointer })
  }
}

const BLOCKS: Record<string, Check> = {
  section: both(
    object({
      ...BLOCK,
      text: optional(richText(3000)),
      fields: optional(list(richText(2000), { max: 10 })),
      accessory: optional(byType(pick(ELEMENTS, IN_SECTION))),
      expand: optional(boolean),
    }),
    sectionSaysSomething,
  ),
  header: object({ ...BLOCK, text: required(plainText(150)) }),
  context: object({
    ...BLOCK,
    elements: required(
      list(
        byType({
          image: both(object(imageFields), exactlyOneOf('image_url', 'slack_file')),
          plain_text: richText(3000),
          mrkdwn: richText(3000),
        }),
        { max: 10 },
      ),
    ),
  }),
  actions: object({ ...BLOCK, elements: required(list(byType(pick(ELEMENTS, IN_ACTIONS)), { max: 25 })) }),
  divider: object(BLOCK),
  image: both(
    object({ ...BLOCK, ...imageFields, title: optional(plainText(2000)) }),
    exactlyOneOf('image_url', 'slack_file'),
  ),
  input: object({
    ...BLOCK,
    label: required(plainText(2000)),
    hint: optional(plainText(2000)),
    optional: optional(boolean),
    dispatch_action: optional(boolean),
    element: required(byType(pick(ELEMENTS, IN_INPUT))),
  }),
  rich_text: object({ ...BLOCK, elements: required(list(RICH_TEXT_PART, { max: 1000 })) }),
  markdown: object({ ...BLOCK, text: required(text({ max: MAX_MARKDOWN })) }),
}

function block(surface: Surface): Check {
  // Markdown blocks exist in messages only.
  return byType(
    surface === 'message'
      ? BLOCKS
      : pick(
          BLOCKS,
          Object.keys(BLOCKS).filter((name) => name !== 'markdown'),
        ),
  )
}

function refuseDuplicates(blocks: unknown[], pointer: string, found: Finding[], surface: Surface): void {
  const blockIds = new Set<unknown>()
  const actionIds = new Set<unknown>()
  for (const [index, one] of blocks.entries()) {
    if (!isObject(one)) continue
    if (one.block_id !== undefined && blockIds.has(one.block_id)) {
      found.push({
        message: `\`block_id\` ${String(one.block_id)} already exists`,
        pointer: `${pointer}/${index}/block_id`,
      })
    }
    blockIds.add(one.block_id)
    if (surface === 'home') actionIds.clear()
    for (const [element, at] of elementsWithPointer(one, `${pointer}/${index}`)) {
      if (element.action_id !== undefined && actionIds.has(element.action_id)) {
        const message = `\`action_id\` ${String(element.action_id)} already exists`
        found.push({ message, pointer: `${at}/action_id` })
      }
      actionIds.add(element.action_id)
    }
  }
}

/** The limit of markdown blocks is shared by all of one message. */
function refuseLongMarkdown(blocks: unknown[], pointer: string, found: Finding[]): void {
  const texts = blocks.filter(isObject).filter((one) => one.type === 'markdown' && typeof one.text === 'string')
  const length = texts.reduce((sum, one) => sum + String(one.text).length, 0)
  if (texts.length > 1 && length > MAX_MARKDOWN) {
    found.push({ message: `markdown text must be less than ${MAX_MARKDOWN + 1} characters in all`, pointer })
  }
}

function elementsWithPointer(one: JsonObject, pointer: string): [JsonObject, string][] {
  const candidates: [unknown, string][] = [
    [one.accessory, `${pointer}/accessory`],
    [one.element, `${pointer}/element`],
  ]
  if (one.type === 'actions' && Array.isArray(one.elements)) {
    candidates.push(
      ...one.elements.map((element, index): [unknown, string] => [element, `${pointer}/elements/${index}`]),
    )
  }
  return candidates.filter((entry): entry is [JsonObject, string] => isObject(entry[0]))
}

// ---------------------------------------------------------------- reading

export type Interactive = {
  blockId: string
  actionId: string
  /** The element as it stands in the blocks. */
  element: JsonObject
  /** The input block's own fields, when the element stands in one. */
  input?: { optional: boolean; dispatchAction: boolean }
}

/** The buttons, menus and inputs that these blocks show, in their order. */
export function interactiveElements(blocks: readonly unknown[]): Interactive[] {
  return blocks.filter(isObject).flatMap((one) =>
    elementsWithPointer(one, '')
      .filter(([element]) => element.type !== 'image')
      .map(([element]) => ({
        blockId: String(one.block_id ?? ''),
        actionId: String(element.action_id ?? ''),
        element,
        ...(one.type === 'input'
          ? { input: { optional: one.optional === true, dispatchAction: one.dispatch_action === true } }
          : {}),
      })),
  )
}

/** Gives each block and interactive element the ID that Slack makes up for those that have none. */
export function withIds(blocks: readonly unknown[], nextId: () => string): JsonObject[] {
  return structuredClone(blocks)
    .filter(isObject)
    .map((one) => {
      one.block_id ??= nextId()
      for (const [element] of elementsWithPointer(one, '')) {
        if (element.type !== 'image') element.action_id ??= nextId()
      }
      return one
    })
}

/** Everything these blocks say, one line a text, as a reader sees it from top to bottom (confirm dialogs left out). */
export function visibleText(blocks: readonly unknown[]): string {
  return blocks.flatMap((one) => texts(one)).join('\n')
}

function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts)
  if (!isObject(value)) return []
  // The runs of a rich text paragraph stand on one line.
  if (value.type === 'rich_text_section') return [texts(value.elements).join('')]
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'confirm') return []
    if (name === 'text' && typeof inner === 'string') return [inner]
    return texts(inner)
  })
}
