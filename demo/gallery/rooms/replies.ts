import { answerReply, readReply } from '../../../src/commands/index.ts'
import type { Messages } from '../../../src/messages/en.ts'
import { textModal } from '../../../src/slack/views/input-modal.ts'
import { rollbackReasonModal } from '../../../src/slack/views/rollback-reason-modal.ts'
import { type Phase, phaseOf } from '../../../src/upgrade/phase.ts'
import type { Incident, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { after, alice, anUpgrade, anUpgradeIn, awaitingAcceptance, carol, noon } from '../../../test/an-upgrade.ts'
import { InMemorySurface } from '../../../test/commands/in-memory-surface.ts'
import type { Exhibit } from '../../server/protocol.ts'
import { exhibitsIn, modal, observed, type Room, said } from '../exhibit.ts'

const crash: Incident = { at: noon, code: 'CRASH_LOOP', detail: { pod: 'web-7c9f8b6d4-x2v9k' } }
const by = { kind: 'system', reason: 'CRASH_LOOP' } as const
const crashed: Upgrade = {
  ...anUpgradeIn('paused'),
  hold: { by, code: 'CRASH_LOOP', since: noon },
  incidents: [crash],
}
const asked = anUpgrade()
const oneYes = { ...asked, approvals: [{ by: alice, at: after(60_000), planHash: asked.plan?.hash ?? '' }] }

/** What is said in the thread, and in which state of the upgrade. */
const conversation: readonly (readonly [string, Upgrade])[] = [
  ['rollback: error rate rose', anUpgradeIn('progressing')],
  ['hold', anUpgradeIn('progressing')],
  ['ack', crashed],
  ['rollback?', anUpgradeIn('progressing')],
  ['please hold', anUpgradeIn('progressing')],
  ['continue', anUpgradeIn('awaitingContinue')],
  ['continue', anUpgradeIn('verifying')],
  ['approve', asked],
  ['resume', crashed],
  ['status', anUpgradeIn('awaitingContinue')],
  ['why', crashed],
  ['why', anUpgradeIn('awaitingContinue')],
]

const phases: readonly Phase[] = ['scheduled', 'progressing', 'awaitingContinue', 'paused', 'succeeded']

/** Replies in the thread, the reason of a rollback, and who can decide. */
export async function repliesRoom(messages: Messages): Promise<Room> {
  return {
    id: 'replies',
    title: 'Replies in the thread',
    exhibits: [
      ...(await Promise.all(conversation.map(([text, upgrade]) => answered(messages, text, upgrade)))),
      said('@Rollcall make it better', messages.replyHelp()),
      modal('Why roll back?', rollbackReasonModal(anUpgradeIn('rollingBack'), messages)),
      modal('Who can approve this?', textModal(messages.whoCan(oneYes), messages.whoCanDialog())),
      modal('Who can approve this? On another message', textModal(messages.noUpgradeHere(), messages.whoCanDialog())),
      ...phases.map((phase) => said(`/upgrade who, ${phase}`, messages.whoCan(anUpgradeIn(phase)))),
      said('/upgrade who, while somebody is asked to accept', messages.whoCan(awaitingAcceptance())),
    ],
  }
}

async function answered(messages: Messages, text: string, upgrade: Upgrade): Promise<Exhibit> {
  const reply = readReply(text)
  if (!reply) throw new Error(`«${text}» is no command`)
  const surface = new InMemorySurface().put(upgrade)
  surface.observation = observed(1)
  const linkTo = async () => undefined
  const outcome = await answerReply(reply, upgrade, { surface, messages, by: carol, requestId: 'r1', linkTo })
  return exhibitsIn(messages).replied(
    `«${text}» while ${phaseOf(upgrade)}`,
    'done' in outcome ? outcome.done : outcome.answer,
  )
}
