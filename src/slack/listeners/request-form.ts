import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  BlockSuggestion,
  GlobalShortcut,
  SlackActionMiddlewareArgs,
  SlackOptionsMiddlewareArgs,
  SlackShortcutMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewOutput,
  ViewSubmitAction,
} from '@slack/bolt'
import type { ModalView } from '@slack/types'
import {
  type FormField,
  fieldOf,
  type RequestForm,
  requestOfForm,
  suggestServices,
  suggestVersions,
} from '../../commands/index.ts'
import type { RequestInput, RequestRefusal, Surface } from '../../engine/surface.ts'
import { clean } from '../../messages/escape.ts'
import { lines, type Markup, nothing } from '../../messages/markup.ts'
import { plainText } from '../../messages/plain-text.ts'
import type { SlackActor } from '../../upgrade/upgrade.ts'
import { platformError } from '../failure.ts'
import { inTheirLanguage } from '../language.ts'
import { enteredForm, readRequestToken } from '../request-token.ts'
import { textModal } from '../views/input-modal.ts'
import {
  askedModal,
  blockOf,
  choice,
  type FormPlace,
  formFields,
  longest,
  planModal,
  requestCallback,
  requestModal,
  waitingModal,
} from '../views/request-modal.ts'
import { byThen } from './by-then.ts'
import { failureText } from './failure-text.ts'
import { actorOf, arrivalOf, type ListenerParts, requestIdOf } from './parts.ts'
import { acknowledgeStored } from './stored-in-time.ts'

/** Slack waits three seconds for choices, and for the answer to a form; less the way there and back, milliseconds. */
const withinMs = { choices: 2_400, answer: 1_800 }

/** A view that an answer has just brought is not there at once, milliseconds. */
const appears = { attempts: 8, everyMs: 250 }

/** As much of an error as anybody reads below a field, in characters. */
const longestError = 500

type Submission = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

export function register(app: App, parts: ListenerParts): void {
  const shortcut = { type: 'shortcut', callback_id: requestCallback } as const
  app.shortcut<GlobalShortcut>(shortcut, inTheirLanguage(parts, shortcutListener))
  app.options<'block_suggestion'>({ type: 'block_suggestion' }, suggestionListener(parts))
}

/**
 * Opens the form, before anything slow is asked: Slack gives three seconds. `false` when it could not be shown.
 *
 * @param form what stands in it already
 */
export async function openRequestForm(
  parts: ListenerParts,
  triggerId: string,
  user: string,
  form: RequestForm = {},
): Promise<boolean> {
  const { client, surface, messages, log } = parts
  try {
    const place = placeOf(surface, form.service, form.environment)
    const view = requestModal(place, { user, form: place.service === undefined ? {} : form }, messages)
    await client.views.open({ trigger_id: triggerId, view })
    return true
  } catch (error) {
    log.warn({ part: 'slack', user, err: error }, 'the form for a request could not be shown')
    return false
  }
}

function shortcutListener(parts: ListenerParts) {
  return async ({ body, ack }: SlackShortcutMiddlewareArgs<GlobalShortcut>): Promise<void> => {
    await ack()
    const { user } = actorOf(body)
    if (await openRequestForm(parts, body.trigger_id, user)) return
    const { mrkdwn: text } = parts.messages.requestForm.notShown
    await parts.client.chat.postMessage({ channel: user, text, unfurl_links: false, unfurl_media: false })
  }
}

/** Somebody types into a field, or has opened its list. */
function suggestionListener({ surface, log, onRefused }: ListenerParts) {
  return async ({ body, ack, context }: SlackOptionsMiddlewareArgs<'block_suggestion'> & AllMiddlewareArgs) => {
    const by = actorOf(body)
    const form = formIn(body.view, by.user)
    if (!form) {
      onRefused(body.view?.callback_id === requestCallback ? 'unreadable' : 'unknown')
      await ack({ options: [] })
      return
    }
    const suggested = suggestionsFor(body, form, { surface, by }).catch((error: unknown) => {
      log.warn({ part: 'slack', err: error }, 'nothing is suggested')
      return []
    })
    const words = (await byThen(suggested, arrivalOf(context) + withinMs.choices)) ?? []
    await ack({ options: words.map(choice) })
  }
}

async function suggestionsFor(
  { action_id, value }: Pick<BlockSuggestion, 'action_id' | 'value'>,
  { service = '' }: RequestForm,
  asker: { surface: Surface; by: SlackActor },
): Promise<string[]> {
  if (action_id === 'service') return suggestServices(value, asker)
  return action_id === 'version' ? suggestVersions(value, service, asker) : []
}

/** A service or an environment was chosen: what is asked next depends on it. */
export async function formChanged(
  { surface, messages, client, log, onRefused }: ListenerParts,
  { body, ack }: SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs,
): Promise<void> {
  await ack()
  const { view } = body
  const { user } = actorOf(body)
  if (!view || !formIn(view, user)) {
    onRefused(view?.callback_id === requestCallback ? 'unreadable' : 'unknown')
    return
  }
  const { service, environment, version } = enteredIn(view)
  const place = placeOf(surface, service, environment)
  // What was there from the beginning has not been entered, and Slack would forget it.
  const chosen = { ...(environment !== undefined && { environment }), ...(version !== undefined && { version }) }
  const form = place.service === undefined ? {} : { service: place.service }
  const next = requestModal(place, { user, form: { ...form, ...(place.service && enteredForm(chosen)) } }, messages)
  // Only in place of what was seen: of two choices in a row the later one counts.
  await client.views.update({ view_id: view.id, hash: view.hash, view: next }).catch((error: unknown) => {
    log.warn({ part: 'slack', err: error }, 'the form could not be brought up to date')
  })
}

/** The form was filled in: what is wrong is said at each field, else the plan is shown on top of it. */
export async function formSubmitted(parts: ListenerParts, delivery: Submission): Promise<void> {
  const { surface, messages } = parts
  const { view, body, ack, context } = delivery
  const by = actorOf(body)
  const form = formIn(view, by.user) && enteredForm(enteredIn(view))
  if (!form) return unreadable(parts, delivery)
  const requestId = requestIdOf(context)
  const asked = await requestOfForm(form, { surface, messages, by, requestId, linkTo: parts.linkTo })
  if ('mistakes' in asked) {
    await ack({ response_action: 'errors', errors: errorsAt(asked.mistakes, view) })
    return
  }
  const { plan: words } = messages.requestForm
  const viewOf = (planned: Planned): ModalView => {
    if ('failed' in planned) return textModal(planned.failed, words)
    if ('refused' in planned) return textModal(messages.refusal(planned.refused, asked.found), words)
    return planModal(planned.listing, { isBlocked: planned.isBlocked, token: { user: by.user, form } }, messages)
  }
  const work = planOf(parts, asked.found)
  const planned = await byThen(work, arrivalOf(context) + withinMs.answer)
  if (!planned) {
    const name = randomUUID()
    await ack({ response_action: 'push', view: waitingModal(name, words.checking, messages) })
    await follow(parts, name, viewOf(await work))
  } else if ('refused' in planned) {
    const said = messages.refusal(withoutNames(planned.refused), asked.found)
    await ack({ response_action: 'errors', errors: errorsAt({ [fieldOf(planned.refused)]: said }, view) })
  } else await ack({ response_action: 'push', view: viewOf(planned) })
}

/** The plan was seen, and somebody wants it: what `/upgrade <service> <version>` does. */
export async function planSubmitted(parts: ListenerParts, delivery: Submission): Promise<void> {
  const { surface, messages, linkTo, log } = parts
  const { view, body, ack, context } = delivery
  const words = messages.requestForm
  const by = actorOf(body)
  const form = readRequestToken(view.private_metadata, by.user)
  if (!form) return unreadable(parts, delivery)
  const requestId = requestIdOf(context)
  const asked = await requestOfForm(form, { surface, messages, by, requestId, linkTo })
  if ('mistakes' in asked) {
    // The configuration has changed meanwhile.
    const said = lines(...Object.values(asked.mistakes))
    await ack({ response_action: 'update', view: textModal(said, words.refused) })
    return
  }
  const shown = requestOutcome(parts, asked.found)
  const soon = await byThen(shown, arrivalOf(context) + withinMs.answer)
  // It is asked for by now, and an attempt that comes again would be told that somebody else was quicker.
  if (soon) return acknowledgeStored(ack({ response_action: 'update', view: soon }), log)
  const name = randomUUID()
  await acknowledgeStored(ack({ response_action: 'update', view: waitingModal(name, words.asking, messages) }), log)
  await follow(parts, name, await shown)
}

type Planned =
  | { refused: RequestRefusal }
  | { listing: { title: Markup; lines: Markup[] }; isBlocked: boolean }
  | { failed: Markup }

/** What would refuse the request, else its plan; never throws. */
async function planOf({ surface, messages, log }: ListenerParts, input: RequestInput): Promise<Planned> {
  try {
    const refused = await surface.refusalOf(input)
    if (refused) return { refused }
    const outcome = await surface.plan(input)
    if ('refused' in outcome) return outcome
    const { request, plan, policy } = outcome
    const isBlocked = plan.findings.some(({ severity }) => severity === 'block')
    return { isBlocked, listing: messages.planned(request, plan, policy.strategy.type, nothing) }
  } catch (error) {
    log.error({ requestId: input.requestId, err: error }, 'a plan could not be shown')
    return { failed: failureText(error, input.requestId, messages) }
  }
}

/** Asks for the upgrade, and gives the view that says what came of it; never throws. */
async function requestOutcome(parts: ListenerParts, input: RequestInput): Promise<ModalView> {
  const { surface, messages, linkTo, log } = parts
  const { refused: words } = messages.requestForm
  try {
    const outcome = await surface.request(input)
    if ('refused' in outcome) return textModal(messages.refusal(outcome.refused, input), words)
    return askedModal(messages.answers.asked(outcome.upgrade, await linkTo(outcome.upgrade)), messages)
  } catch (error) {
    log.error({ requestId: input.requestId, err: error }, 'a request by form failed')
    return textModal(failureText(error, input.requestId, messages), words)
  }
}

/** Puts a view in place of the one that waits, as soon as that is there; whoever closed it wants no more of it. */
async function follow({ client, log }: ListenerParts, name: string, view: ModalView): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.views.update({ external_id: name, view })
      return
    } catch (error) {
      if (platformError(error) !== 'not_found' || attempt === appears.attempts) {
        log.warn({ part: 'slack', err: error }, 'the answer to a form could not be shown')
        return
      }
      await delay(appears.everyMs)
    }
  }
}

async function unreadable({ messages, onRefused }: ListenerParts, { ack }: Submission): Promise<void> {
  onRefused('unreadable')
  const { refused, unreadable: text } = messages.requestForm
  await ack({ response_action: 'update', view: textModal(text, refused) })
}

/** What the form was about, when it is ours and was opened for this person. */
function formIn(view: Pick<ViewOutput, 'callback_id' | 'private_metadata'> | undefined, user: string) {
  return view?.callback_id === requestCallback ? readRequestToken(view.private_metadata, user) : undefined
}

function placeOf(surface: Surface, service: string | undefined, environment: string | undefined): FormPlace {
  const environments = surface.services().find(({ name }) => name === service)?.environments
  if (service === undefined || !environments) return { environments: [] }
  const chosen = environment ?? (environments.length === 1 ? environments[0] : undefined)
  return { service, environments, policy: chosen === undefined ? undefined : surface.policyFor(service, chosen) }
}

/** What the fields hold; of those that belong to a service, what was entered for the one that is chosen now. */
function enteredIn(view: Pick<ViewOutput, 'state'>): RequestForm {
  const of = (field: FormField, service?: string) => {
    const block = view.state.values[blockOf(field, service)]
    const entry = block && Object.hasOwn(block, field) ? block[field] : undefined
    const { value, selected_option, selected_date_time } = entry ?? {}
    if (typeof selected_date_time === 'number') return isoOf(selected_date_time)
    const text = selected_option?.value ?? value
    return text === null || text === undefined || text.trim() === '' ? undefined : text.trim()
  }
  const service = of('service')
  const entered = formFields.map((field) => [field, of(field, service)] as const)
  const form: RequestForm = Object.fromEntries(entered.filter(([, text]) => text !== undefined))
  return { ...form, ...(form.reason !== undefined && { reason: clean(form.reason, longest.reason) }) }
}

/** As `--at` takes it; a number that is no time is no time there either. */
function isoOf(seconds: number): string {
  const at = new Date(seconds * 1_000)
  return Number.isNaN(at.getTime()) ? String(seconds) : at.toISOString().replace('.000Z', 'Z')
}

/** At the fields that the form shows; a mistake in one that it does not show is said at the service, which decides that. */
function errorsAt(mistakes: Partial<Record<FormField, Markup>>, view: ViewOutput): Record<string, string> {
  const shown = new Set(view.blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : [])))
  const { service } = enteredIn(view)
  const errors: Record<string, string> = {}
  for (const field of formFields) {
    const said = mistakes[field]
    if (!said) continue
    const block = blockOf(field, service)
    errors[shown.has(block) ? block : blockOf('service')] ??= clean(plainText(said), longestError)
  }
  return errors
}

/** Below a field Slack shows plain text, in which nobody's ID becomes a name; the roles say enough. */
function withoutNames(refused: RequestRefusal): RequestRefusal {
  return refused.code === 'NOT_ALLOWED' ? { ...refused, users: [], groups: [] } : refused
}
