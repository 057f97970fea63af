/** What a person enters in an element, as Slack reports it in `actions` and in a view's `state`. */
import { type Interactive, isObject, type JsonObject, offeredOptions } from './block-kit.ts'

/**
 * The text typed, the value of the option, the user ID, the values of several options, or the epoch seconds of a
 * date and time. An empty text empties a field; nothing for a button.
 */
export type Choice = string | number | string[]

/** The fields that tell this choice. @throws when a person could not choose that */
export function describeChoice(
  target: Interactive,
  choice: Choice | undefined,
  suggested: JsonObject[] = [],
): JsonObject {
  const { element, actionId } = target
  switch (element.type) {
    case 'button':
      if (choice !== undefined) throw new Error(`the button ${actionId} takes no choice`)
      return { text: element.text, ...(element.value === undefined ? {} : { value: element.value }) }
    case 'static_select':
    case 'radio_buttons':
    case 'overflow':
      return { selected_option: optionFor(actionId, offeredOptions(element), choice) }
    case 'external_select':
      return { selected_option: optionFor(actionId, suggested, choice) }
    case 'checkboxes': {
      const values = Array.isArray(choice) ? choice : []
      return { selected_options: values.map((value) => optionFor(actionId, offeredOptions(element), value)) }
    }
    case 'users_select':
      return { selected_user: textOf(actionId, choice) }
    case 'datetimepicker':
      if (choice === '') return { selected_date_time: null }
      if (typeof choice !== 'number') throw new Error(`${actionId} takes a date and time in epoch seconds`)
      return { selected_date_time: choice }
    case 'plain_text_input':
      return { value: choice === '' ? null : typed(target, textOf(actionId, choice)) }
    default:
      throw new Error(`nobody can use an element of type ${String(element.type)}`)
  }
}

/** What an element that nobody touched reports: its initial value, or null. */
export function untouched({ element }: Interactive): JsonObject {
  switch (element.type) {
    case 'plain_text_input':
      return { value: element.initial_value || null }
    case 'checkboxes':
      return { selected_options: element.initial_options ?? [] }
    case 'users_select':
      return { selected_user: element.initial_user ?? null }
    case 'datetimepicker':
      return { selected_date_time: element.initial_date_time ?? null }
    default:
      return { selected_option: element.initial_option ?? null }
  }
}

export function isEmptyAnswer(answer: JsonObject): boolean {
  return Object.values(answer).every(
    (value) => value === null || value === '' || (Array.isArray(value) && !value.length),
  )
}

function typed({ element, actionId }: Interactive, text: string): string {
  const least = typeof element.min_length === 'number' ? element.min_length : 0
  const most = typeof element.max_length === 'number' ? element.max_length : 3000
  if (text.length < least || text.length > most) {
    throw new Error(`${actionId} takes ${least} to ${most} characters, not ${text.length}`)
  }
  return text
}

function textOf(actionId: string, choice: Choice | undefined): string {
  if (typeof choice !== 'string') throw new Error(`${actionId} takes a text`)
  return choice
}

function optionFor(actionId: string, offered: JsonObject[], choice: Choice | undefined): JsonObject {
  const found = offered.find((one) => one.value === choice)
  if (found) return found
  const values = offered.filter(isObject).map((one) => String(one.value))
  throw new Error(`${actionId} does not offer ${String(choice)}, only ${values.join(', ') || 'nothing'}`)
}
