import { assertNever } from '../upgrade/assert-never.ts'
import { failuresOf, type Notice } from '../upgrade/notices.ts'
import { countApprovals } from '../upgrade/quorum.ts'
import { type Answer, startedAt, type Upgrade } from '../upgrade/upgrade.ts'
import { incident as incidentSentence } from './incidents.ts'
import { channel, code, lines, link, type Markup, mrkdwn, nothing, time, user } from './markup.ts'
import { isBatch } from './progress.ts'
import { fromTo } from './refusals.ts'
import type { Translator } from './translator.ts'
import { recordNote, resultTitle } from './upgrade.ts'
import { duration, pods, said } from './wording.ts'

/** So many failures are named; of more, the newest. */
const mostFailures = 5

/**
 * What somebody is told who only wants to know. It mentions nobody: whoever decides is called elsewhere.
 *
 * @param url of the upgrade's own message
 */
export function notice(t: Translator, upgrade: Upgrade, one: Notice, url: string | undefined): Markup {
  const { service, environment } = upgrade.request
  const open = link(url, upgrade.id)
  const what = { service, environment, fromTo: fromTo(upgrade), open }
  switch (one.on) {
    case 'start':
      return t.say('notice.start', { ...what, course: course(t, upgrade), at: time(startedAt(upgrade)) })
    case 'decision':
      return lines(t.say('notice.decisions', what), ...decisions(t, upgrade))
    case 'result':
      return result(t, upgrade, one, open)
    case 'failure':
      return lines(
        t.say('notice.failures', what),
        ...failuresOf(upgrade)
          .slice(-mostFailures)
          .map((failed) => t.say('notice.failure', { sentence: incidentSentence(t, failed), at: time(failed.at) })),
      )
    default:
      return assertNever(one.on)
  }
}

function course(t: Translator, { plan }: Upgrade): Markup {
  const batches = plan?.steps.flatMap((step) => (step.kind === 'reach' && isBatch(step) ? [step.goal.pods] : [])) ?? []
  const all = pods(t, plan?.from.replicas ?? 0)
  return batches.length > 1
    ? t.say('notice.batches', { batches: t.list(batches.map((count) => mrkdwn`${count}`)), pods: all })
    : t.say('notice.atOnce', { pods: all })
}

function decisions(t: Translator, upgrade: Upgrade): Markup[] {
  const { approvals, policy, request, plan, answers, turnedBack } = upgrade
  const given = countApprovals(policy, approvals, request.by, plan?.hash ?? '')
  const last = approvals.at(-1)
  return [
    last ? t.say('notice.approvals', { given, quorum: policy.approval.quorum, at: time(last.at) }) : nothing,
    ...answers.flatMap((answer) => (answer.by.kind === 'system' ? [] : answered(t, upgrade, answer))),
    turnedBack && turnedBack.by.kind !== 'system'
      ? t.say('notice.rolledBack', { said: said(t, turnedBack.reason), at: time(turnedBack.at) })
      : nothing,
  ]
}

/** A way back is told with who turned back, whatever question that answered. */
function answered(t: Translator, { plan }: Upgrade, { action, step, at, reason }: Answer): Markup {
  const words = { said: said(t, reason), at: time(at) }
  switch (action) {
    case 'approved':
    case 'rejected':
    case 'accepted':
    case 'declined':
    case 'cancelled':
      return t.say(`notice.${action}`, words)
    case 'continued': {
      const asked = plan?.steps[step]
      return asked?.kind === 'ask' ? t.say('notice.continued', { ...words, next: asked.next, of: asked.of }) : nothing
    }
    case 'rolledBack':
    case 'expired':
    case 'void':
      return nothing
    default:
      return assertNever(action)
  }
}

/** A success that was taken back has two results, one after the other. */
function result(t: Translator, upgrade: Upgrade, { again }: Notice, open: Markup): Markup {
  const { result: _, undone, request, ...rest } = upgrade
  const { reason: __, ...asked } = request
  const ended = again ? upgrade.result : (undone ?? upgrade.result)
  if (!ended) return nothing
  const then = { ...rest, request: asked, result: ended }
  const took = duration(t, Date.parse(ended.at) - Date.parse(request.at))
  const why = ended.outcome === 'succeeded' ? nothing : mrkdwn`${recordNote(t, then)}`
  return lines(t.say('notice.result', { title: resultTitle(t, then), took, open }), why)
}

/**
 * To the admins: somebody does not get what they are to be told.
 *
 * @param why a trouble of a channel, or Slack's own word
 */
export function noticesLost(t: Translator, to: string, why: string): Markup {
  return t.say('notice.lost', { whom: /^[UW]/.test(to) ? user(to) : channel(to), why: whyLost(t, why) })
}

function whyLost(t: Translator, why: string): Markup {
  switch (why) {
    case 'CHANNEL_ARCHIVED':
      return t.say('notice.lost.archived')
    case 'CHANNEL_LEFT':
      return t.say('notice.lost.left')
    case 'CHANNEL_SHARED':
      return t.say('notice.lost.shared')
    case 'missing_scope':
      return t.say('notice.lost.scope')
    default:
      return code(why)
  }
}
