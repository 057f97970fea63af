import type {
  InputBlock,
  InputBlockElement,
  KnownBlock,
  ModalView,
  PlainTextElement,
  PlainTextOption,
} from '@slack/types'
import { type FormField, longestSuggestion, strategies } from '../../commands/index.ts'
import type { Messages } from '../../messages/en.ts'
import { clean } from '../../messages/escape.ts'
import type { Markup } from '../../messages/markup.ts'
import type { Policy } from '../../upgrade/policy.ts'
import { type RequestToken, requestToken } from '../request-token.ts'
import { context, section } from './blocks.ts'
import { textModal } from './input-modal.ts'
import { listingParts } from './reply.ts'

export const requestCallback = 'request_upgrade'
export const planCallback = 'request_upgrade_plan'

/** In the order in which they stand there; also their action IDs. */
export const formFields = [
  'service',
  'environment',
  'version',
  'strategy',
  'batches',
  'reason',
  'startAt',
] as const satisfies readonly FormField[]

/** What is asked next depends on the service and its environment. */
export type FormPlace = {
  service?: string
  environments: readonly string[]
  /** Of the environment that was chosen. */
  policy?: Pick<Policy, 'overrides' | 'strategy'> | undefined
}

/** Longest texts that people write there, in characters. */
export const longest = { batches: 200, reason: 500 }

/**
 * The form. Slack keeps what is entered in a block as long as its ID stays, so what belongs to a service stands in blocks
 * that are named for it: https://docs.slack.dev/surfaces/modals#preserving_input
 */
export function requestModal(place: FormPlace, token: RequestToken, messages: Messages): ModalView {
  const { requestForm: words } = messages
  const { service, environments, policy } = place
  const overrides: readonly string[] = policy?.overrides ?? []
  const shell = { ...modal(words, token, requestCallback), submit: plain(words.submit) }
  const first: KnownBlock[] = [
    ...context(words.intro),
    {
      ...field('service', words.service, {
        type: 'external_select',
        action_id: 'service',
        placeholder: plain(words.service.placeholder),
        min_query_length: 0,
        ...(token.form.service !== undefined && { initial_option: choice(token.form.service) }),
      }),
      dispatch_action: true,
    },
  ]
  if (service === undefined) return { ...shell, blocks: first }
  const rest: KnownBlock[] = [
    environmentField(service, environments, token.form.environment, words),
    field(
      'version',
      words.version,
      {
        type: 'external_select',
        action_id: 'version',
        placeholder: plain(words.version.placeholder),
        min_query_length: 0,
        ...(token.form.version !== undefined && { initial_option: choice(token.form.version) }),
      },
      service,
    ),
    ...(policy && overrides.includes('strategy') ? [strategyField(policy, words)] : []),
    ...(policy && overrides.includes('batches') ? [batchesField(policy, words)] : []),
    optional('reason', words.reason, {
      type: 'plain_text_input',
      action_id: 'reason',
      placeholder: plain(words.reason.placeholder),
      multiline: true,
      max_length: longest.reason,
    }),
    optional('startAt', words.startAt, { type: 'datetimepicker', action_id: 'startAt' }),
  ]
  return { ...shell, blocks: [...first, ...rest] }
}

type Words = Messages['requestForm']

function environmentField(
  service: string,
  environments: readonly string[],
  chosen: string | undefined,
  words: Words,
): InputBlock {
  const options = environments.slice(0, 100).map(choice)
  const [first, second] = options
  const initial = options.find(({ value }) => value === chosen) ?? (second ? undefined : first)
  return {
    ...field(
      'environment',
      words.environment,
      {
        type: 'static_select',
        action_id: 'environment',
        placeholder: plain(words.environment.placeholder),
        options,
        ...(initial && { initial_option: initial }),
      },
      service,
    ),
    dispatch_action: true,
  }
}

function strategyField({ strategy }: Pick<Policy, 'strategy'>, { strategy: words }: Words): InputBlock {
  return optional('strategy', words, {
    type: 'static_select',
    action_id: 'strategy',
    placeholder: plain(words.placeholder(strategy.type)),
    options: strategies.map(choice),
  })
}

function batchesField({ strategy }: Pick<Policy, 'strategy'>, { batches: words }: Words): InputBlock {
  return optional('batches', words, {
    type: 'plain_text_input',
    action_id: 'batches',
    placeholder: plain(words.placeholder(strategy.batches), 150),
    max_length: longest.batches,
  })
}

/** The block in which a field stands. What is entered for one service must not count for another. */
export function blockOf(name: FormField, service?: string): string {
  return service !== undefined && (name === 'environment' || name === 'version') ? `${name}:${service}` : name
}

function field(
  name: FormField,
  { label, hint }: { label: string; hint?: string },
  element: InputBlockElement,
  service?: string,
): InputBlock {
  return {
    type: 'input',
    block_id: blockOf(name, service),
    label: plain(label),
    ...(hint !== undefined && { hint: plain(hint, 2_000) }),
    element,
  }
}

function optional(...parts: Parameters<typeof field>): InputBlock {
  return { ...field(...parts), optional: true }
}

/** A choice whose value is what it says. */
export function choice(text: string): PlainTextOption {
  return { text: plain(text, longestSuggestion), value: text }
}

/** The plan, with the button that asks for it unless something stands in the way. */
export function planModal(
  listing: { title: Markup; lines: Markup[] },
  { isBlocked, token }: { isBlocked: boolean; token: RequestToken },
  messages: Messages,
): ModalView {
  const { plan } = messages.requestForm
  const text = listingParts(listing).flatMap((part) => section(part))
  return {
    ...modal(plan, token, planCallback),
    ...(!isBlocked && { submit: plain(plan.submit) }),
    blocks: [...text, ...context(isBlocked ? plan.blocked : plan.unasked)],
  }
}

/** What stands there until something slow is done; it is found again by its name. */
export function waitingModal(name: string, text: Markup, messages: Messages): ModalView {
  return { ...textModal(text, messages.requestForm.plan), external_id: name }
}

/** It was asked for: closing this closes the form below it as well. */
export function askedModal(text: Markup, messages: Messages): ModalView {
  return { ...textModal(text, messages.requestForm.asked), clear_on_close: true }
}

function modal(
  words: { title: string; close: string },
  token: RequestToken,
  callback: string,
): Omit<ModalView, 'blocks'> {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: requestToken(token),
    title: plain(words.title, 24),
    close: plain(words.close, 24),
  }
}

function plain(text: string, limit = 150): PlainTextElement {
  return { type: 'plain_text', text: clean(text, limit), emoji: false }
}
