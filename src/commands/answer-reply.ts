import { lines, type Markup } from '../messages/markup.ts'
import { progressOf } from '../messages/progress.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { type Context, type Reply, say } from './command.ts'
import { questionOr } from './open-question.ts'
import { standing } from './status.ts'
import type { ThreadReply } from './thread-reply.ts'

/** It was decided and stored, in these words; or this is the answer, for its asker only. */
export type Answered = { done: Reply } | { answer: Reply }

/** What is decided at once. Going on is decided on what is seen, so a word for it only shows the question. */
const stopping = ['rollback', 'pause', 'acknowledge'] as const
type Stopping = (typeof stopping)[number]

/** Whether the reply changes the upgrade, and so is stored before it is acknowledged. */
export function replyDecides(reply: ThreadReply): boolean {
  return reply.kind === 'command' && stopping.some((one) => one === reply.command)
}

/** Carries out what was said in an upgrade's thread. */
export async function answerReply(reply: ThreadReply, upgrade: Upgrade, context: Context): Promise<Answered> {
  if (reply.kind === 'unsure') return { answer: { kind: 'meant', upgrade, action: reply.command } }
  const { command, reason } = reply
  switch (command) {
    case 'rollback':
    case 'pause':
    case 'acknowledge':
      return decided(command, upgrade, reason, context)
    case 'continue':
    case 'resume':
    case 'approve':
    case 'reject':
      return { answer: await questionOr(command, upgrade, context) }
    case 'status':
      return { answer: say(await standing(upgrade, context)) }
    case 'why':
      return { answer: say(await reasonsOf(upgrade, context)) }
    default:
      return assertNever(command)
  }
}

async function decided(
  action: Stopping,
  upgrade: Upgrade,
  reason: string | undefined,
  { surface, messages, by, requestId, arrivedAt }: Context,
): Promise<Answered> {
  const outcome = await surface.decide({
    upgrade: upgrade.id,
    action,
    by,
    via: 'reply',
    ...(reason !== undefined && { reason }),
    requestId,
    ...(arrivedAt !== undefined && { arrivedAt }),
  })
  if ('refused' in outcome) return { answer: say(messages.refusal(outcome.refused, { upgrade })) }
  const said = { rollback: messages.answers.rolledBack, pause: messages.answers.paused, acknowledge: messages.noted }
  return { done: say(said[action](outcome.upgrade)) }
}

/** What it waits for, or what was reported and made it stop; and which gates are not content. */
async function reasonsOf(upgrade: Upgrade, { surface, messages }: Context): Promise<Markup> {
  const { hold, turnedBack } = upgrade
  const observation = upgrade.result ? undefined : surface.observe(upgrade)
  const made = upgrade.incidents.findLast(({ at }) => at === (hold?.since ?? turnedBack?.at))
  const discontent = (await surface.reports(upgrade)).filter(({ verdict }) => verdict !== 'passed')
  const why = made
    ? messages.sentences(messages.incident(made), messages.incidentState(upgrade, made))
    : messages.state(upgrade, progressOf(upgrade, observation))
  return lines(messages.ofUpgrade(upgrade, why), ...discontent.map(messages.gateLine))
}
