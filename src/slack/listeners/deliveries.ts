import type { App, ReceiverEvent, RespondFn } from '@slack/bolt'
import { assertNever } from '../../upgrade/assert-never.ts'
import { messagesFor, personIn } from '../language.ts'
import { renderText } from '../views/reply.ts'
import type { ListenerParts } from './parts.ts'
import { NotStored } from './stored-in-time.ts'
import { kindOf } from './unheard.ts'

/** Which deliveries were here, shared by every process. */
export type Deliveries = {
  /** Remembers a signature for at least ten minutes, whatever comes of it; `true` the first time. */
  first(signature: string): Promise<boolean>
  /**
   * Takes up what Slack sends again under the same ID until it is acknowledged. `mine`: carry it out, then say whether
   * that is done. `underWay`: somebody is at it, or died a moment ago. `done`: it must not be done again.
   */
  claim(id: string): Promise<'mine' | 'underWay' | 'done'>
  /** It was carried out: remembered for an hour, and for some minutes what Slack was answered. */
  done(id: string, answer?: string): Promise<void>
  /** What Slack was answered to one that was carried out, if that was more than that it came. */
  answerTo(id: string): Promise<string | undefined>
  /** It was not: the next attempt may. */
  release(id: string): Promise<void>
  /** One of this kind arrived; nothing waits for the note. */
  note(kind: string): Promise<void>
}

/** A delivery that was here before, byte for byte: a replay, since Slack signs every attempt anew. */
export class Replayed extends Error {
  readonly code = 'REPLAYED'
}

/**
 * Notes when each delivery arrived, and lets it through once. Over HTTP a signature comes once; an event comes again, by
 * its `event_id`, until it is acknowledged, and over Socket Mode so does everything, by the ID of its envelope.
 */
export function register(app: App, deliveries: Deliveries, parts: ListenerParts): void {
  const { onRefused, log } = parts

  app.use(async (args) => {
    args.context.arrivedAt = performance.now()
    const kind = kindOf(args.body)
    if (kind !== undefined) void noted(deliveries.note(kind))
    const id = deliveryId(args.body, args.context)
    if (!id) return args.next()
    if (id.comesAgain) args.context.deliveryId = id.text
    const state = await look(id).catch(async (cause: unknown) => {
      // What cannot be looked up is not carried out: it might be done twice.
      if ('respond' in args && args.respond) await tellNotStored(args.respond, args.body)
      throw new NotStored(cause)
    })
    switch (state) {
      case 'mine':
        return carryOut(id, args.next, () => answerIn(args.context))
      case 'done':
        onRefused('repeated')
        if ('ack' in args && args.ack) await acknowledgeAgain(id, args.ack as Acknowledge)
        return
      case 'underWay':
        throw new NotStored(new Error('another attempt of this delivery is under way'))
      case 'replayed':
        onRefused('replayed')
        throw new Replayed('this delivery was here before')
      default:
        return assertNever(state)
    }
  })

  async function look({ text, comesAgain }: DeliveryId) {
    if (comesAgain) return deliveries.claim(text)
    return (await deliveries.first(text)) ? 'mine' : 'replayed'
  }

  /** With the answer that was lost on the way: without it Slack would close a dialog that says what was refused. */
  async function acknowledgeAgain({ text }: DeliveryId, acknowledge: Acknowledge): Promise<void> {
    const answer = await deliveries.answerTo(text).catch(() => undefined)
    await acknowledge(answer === undefined ? undefined : (JSON.parse(answer) as object))
  }

  async function carryOut(
    { text, comesAgain }: DeliveryId,
    next: () => Promise<void>,
    answered: () => string | undefined,
  ): Promise<void> {
    try {
      await next()
    } catch (error) {
      if (comesAgain) await noted(deliveries.release(text))
      throw error
    }
    if (comesAgain) await noted(deliveries.done(text, answered()))
  }

  /** A note that is not written must not turn what was decided into an error: a claim ends by itself. */
  function noted(writing: Promise<void>): Promise<void> {
    return writing.catch((error: unknown) => log.warn({ part: 'slack', err: error }, 'a delivery was not noted'))
  }

  async function tellNotStored(respond: RespondFn, body: unknown): Promise<void> {
    const person = personIn(body)
    const { answers } = person ? await messagesFor(parts, person) : parts.messages
    const text = renderText(answers.notStored)
    await respond({ response_type: 'ephemeral', replace_original: false, ...text }).catch(() => {})
  }
}

type Acknowledge = (answer?: object) => Promise<void>

/** Has the deliveries know what Slack is answered: a form's plan, choices, a refusal. */
export function keepAnswers(app: App): void {
  const processEvent = app.processEvent.bind(app)
  app.processEvent = async (delivery: ReceiverEvent) => {
    let answer: string | undefined
    const acknowledge: ReceiverEvent['ack'] = async (given) => {
      if (typeof given === 'object') answer = JSON.stringify(given)
      await delivery.ack(given)
    }
    const customProperties = { ...delivery.customProperties, answered: () => answer }
    await processEvent({ ...delivery, ack: acknowledge, customProperties })
  }
}

function answerIn({ answered }: { [name: string]: unknown }): string | undefined {
  return typeof answered === 'function' ? answered() : undefined
}

/** `comesAgain`: Slack sends it again with the same ID when it was not acknowledged. */
type DeliveryId = { text: string; comesAgain: boolean }

function deliveryId(body: object, context: Record<string, unknown>): DeliveryId | undefined {
  if (typeof context.onceId === 'string') return { text: context.onceId, comesAgain: true }
  if ('event_id' in body && typeof body.event_id === 'string') return { text: body.event_id, comesAgain: true }
  if (typeof context.envelope === 'string') return { text: context.envelope, comesAgain: true }
  if (typeof context.signature === 'string') return { text: context.signature, comesAgain: false }
  return undefined
}
