import type { App } from '@slack/bolt'
import { answerReply, type Reply, readReply, replyDecides, type ThreadReply } from '../../commands/index.ts'
import type { Action } from '../../engine/surface.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { platformError } from '../failure.ts'
import { messagesFor } from '../language.ts'
import type { Shown } from '../shown.ts'
import { type ThreadMessage, threadMessage } from '../thread-message.ts'
import { controlsOf, resultControls } from '../views/controls.ts'
import { renderReply } from '../views/reply.ts'
import { acknowledgementOf } from './acknowledge-later.ts'
import { failureText } from './failure-text.ts'
import { arrivalOf, type ListenerParts, requestIdOf } from './parts.ts'
import { acknowledgeStored, NotStored, storedInTime } from './stored-in-time.ts'

/** Which replies in an upgrade's thread are read: all, those that mention the app, or none. */
export type Replies = 'any' | 'mention' | 'off'

export type ReplyParts = ListenerParts & { shown: Pick<Shown, 'upgradeOf'>; replies: () => Replies }

/** Slack tries three times within six minutes, and has bad days: what comes later than this is asked about, milliseconds. */
const timelyMs = 120_000

/** Without it, whoever replied is told what everybody would see. */
export const reactionScope = 'reactions:write'

/** Shown on a reply that was carried out; the thread stays quiet. */
const done = 'white_check_mark'

/**
 * Replies in threads. Registered before everything else, so that what people say to each other is dropped at once: it is
 * not looked up, not stored and not logged. A mention is delivered twice, as a message and as a mention; what it stands
 * for is the message, so it is carried out once.
 */
export function register(app: App, parts: ReplyParts): void {
  app.use(async (args) => {
    if (!('event' in args) || !isReply(args.event)) return args.next()
    const message = threadMessage(args.event, args.context)
    const reply = message && readReply(message.said)
    const heard = message && isHeard(message, parts.replies()) && (reply || message.addressed)
    if (!heard) return
    args.context.onceId = `${message.thread.channel}-${message.ts.replace('.', '-')}`
    args.context.message = message
    args.context.reply = reply
    await args.next().catch(async (error: unknown) => {
      if (error instanceof NotStored && reply && replyDecides(reply) && !args.context.retryNum) {
        const messages = await messagesFor(parts, message.by)
        await tell({ ...parts, messages }, message, { kind: 'text', text: messages.answers.notStored })
      }
      throw error
    })
  })
  const listener = async (delivery: Delivery) => {
    const { by } = delivery.context.message as ThreadMessage
    return replyListener({ ...parts, messages: await messagesFor(parts, by) })(delivery)
  }
  app.event('message', listener)
  app.event('app_mention', listener)
}

/** Whether it is of the kind that replies are. */
export function isReply(event: unknown): boolean {
  const { type } = (event ?? {}) as { type?: unknown }
  return type === 'message' || type === 'app_mention'
}

function isHeard({ addressed }: ThreadMessage, replies: Replies): boolean {
  return replies === 'any' || (replies === 'mention' && addressed)
}

type Delivery = { context: { [name: string]: unknown } }

/** A reply that says something to Rollcall: what decides is stored first and acknowledged then. */
export function replyListener(parts: ReplyParts) {
  const { surface, messages, linkTo, log } = parts

  return async ({ context }: Delivery): Promise<void> => {
    const message = context.message as ThreadMessage
    const requestId = requestIdOf(context)
    const arrivedAt = arrivalOf(context)
    const acknowledge = acknowledgementOf(context)
    const upgrade = await storedInTime(upgradeOf(message, parts), arrivedAt)
    if (!upgrade) return
    const reply = stillMeant(message, context.reply as ThreadReply | undefined)
    if (!reply) {
      await acknowledge()
      return tell(parts, message, { kind: 'text', text: messages.replyHelp() })
    }
    // Nobody is asked whether they mean what cannot be done.
    if (reply.kind === 'unsure' && !canBeDone(reply.command, upgrade)) return
    const work = () => answerReply(reply, upgrade, { surface, messages, by: message.by, requestId, arrivedAt, linkTo })
    if (replyDecides(reply)) {
      const answered = await storedInTime(work(), arrivedAt)
      await acknowledgeStored(acknowledge(), log)
      return 'done' in answered ? confirm(parts, message, answered.done) : tell(parts, message, answered.answer)
    }
    await acknowledge()
    try {
      const answered = await work()
      await tell(parts, message, 'done' in answered ? answered.done : answered.answer)
    } catch (error) {
      log.error({ requestId, err: error }, 'a reply could not be answered')
      await tell(parts, message, { kind: 'text', text: failureText(error, requestId, messages) })
    }
  }
}

/** The upgrade in whose thread it was said. */
async function upgradeOf({ thread }: ThreadMessage, { shown, surface }: ReplyParts): Promise<Upgrade | undefined> {
  const id = await shown.upgradeOf(thread)
  return id === undefined ? undefined : surface.find(id)
}

/** What Slack brings late is asked about: whoever said it may have decided otherwise since. */
function stillMeant({ ts }: ThreadMessage, reply: ThreadReply | undefined): ThreadReply | undefined {
  if (reply?.kind !== 'command' || Date.now() - Number(ts) * 1_000 <= timelyMs) return reply
  const { command } = reply
  return command === 'rollback' || command === 'pause' ? { kind: 'unsure', command } : reply
}

function canBeDone(action: Action, upgrade: Upgrade): boolean {
  return [...controlsOf(upgrade).live, ...resultControls(upgrade)].includes(action)
}

/** Everybody sees that it was understood, and nobody is notified; without the scope for that, its author is told. */
async function confirm(parts: ReplyParts, message: ThreadMessage, said: Reply): Promise<void> {
  const { channel } = message.thread
  try {
    await parts.client.reactions.add({ channel, timestamp: message.ts, name: done })
  } catch (error) {
    if (platformError(error) !== 'already_reacted') await tell(parts, message, said)
  }
}

/** To its author alone, in the thread. What was decided stays so if Slack does not take the answer. */
async function tell({ client, messages, log }: ReplyParts, { thread, by }: ThreadMessage, reply: Reply): Promise<void> {
  const { channel, ts } = thread
  try {
    await client.chat.postEphemeral({ channel, user: by.user, thread_ts: ts, ...renderReply(reply, messages) })
  } catch (error) {
    log.warn({ part: 'slack', err: error }, 'the author of a reply was not answered')
  }
}
