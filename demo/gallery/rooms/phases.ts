import type { Messages } from '../../../src/messages/en.ts'
import type { Freeze } from '../../../src/upgrade/freezes.ts'
import { phases } from '../../../src/upgrade/phase.ts'
import { isRefusal } from '../../../src/upgrade/refusal.ts'
import type { Restriction } from '../../../src/upgrade/restrictions.ts'
import { transition } from '../../../src/upgrade/transition.ts'
import type { PipelineActor, Upgrade } from '../../../src/upgrade/upgrade.ts'
import {
  after,
  alice,
  anUpgrade,
  anUpgradeIn,
  aPolicy,
  awaitingAcceptance,
  bob,
  carol,
  dana,
  noon,
  root,
  someFacts,
  tina,
} from '../../../test/an-upgrade.ts'
import { exhibitsIn, observedIn, type Room } from '../exhibit.ts'

const closed: Restriction = { what: 'window', opensAt: after(13 * 3_600_000) }
const freeze: Freeze = {
  scope: 'environment:production',
  by: 'U0ROOT',
  reason: 'the summer sale',
  since: noon,
  until: after(20 * 3_600_000),
}
const frozen: Restriction = { what: 'freeze', ...freeze }

/** An upgrade in every phase of its life, with all that its thread shows then. */
export function phasesRoom(messages: Messages): Room {
  const { messageNow, messagesNow } = exhibitsIn(messages)
  return {
    id: 'phases',
    title: 'Every phase',
    exhibits: [
      ...phases.flatMap((phase) => messagesNow(anUpgradeIn(phase), phase, observedIn(phase))),
      ...messagesNow(halfApproved(), 'one of two has approved', observedIn('awaitingApproval')),
      ...messageNow(answered('rejected'), 'question:0', 'a question that was answered: rejected'),
      ...messageNow(answered('expired'), 'question:0', 'a question that was answered: expired'),
      ...messageNow(answered('cancelled'), 'question:0', 'a question that was answered: cancelled'),
      ...messageNow(answered('void'), 'question:0', 'a question that was answered: void'),
      ...messagesNow(resolved(), 'with what its registry says', observedIn('awaitingApproval')),
      ...messagesNow(
        piped({ kind: 'pipeline', name: 'github' }),
        'asked for by a pipeline',
        observedIn('awaitingApproval'),
      ),
      ...messageNow(
        piped({ kind: 'pipeline', name: 'github', onBehalfOf: dana }),
        'live',
        'asked for by a pipeline, for somebody',
        observedIn('awaitingApproval'),
      ),
      ...messagesNow(recreated(), 'recreate', observedIn('awaitingApproval')),
      ...messagesNow(laterStart(), 'to start later', observedIn('awaitingApproval')),
      ...messagesNow(waitingFor(closed), 'scheduled for the next window', observedIn('awaitingApproval')),
      ...messagesNow(waitingFor(frozen), 'scheduled behind a freeze', observedIn('awaitingApproval')),
      ...messagesNow(heldFor(closed), 'held for the next window', observedIn('awaitingContinue')),
      ...messagesNow(heldFor(frozen), 'held behind a freeze', observedIn('awaitingContinue')),
      ...messagesNow(freed(), 'free to go on', observedIn('awaitingContinue')),
      ...messagesNow(awaitingAcceptance(), 'somebody is asked to accept', observedIn('verifying')),
      ...messagesNow(word('accepted'), 'accepted', observedIn('verifying')),
      ...messagesNow(word('declined'), 'declined', observedIn('rollingBack')),
      ...messagesNow(
        happened(awaitingAcceptance(), { type: 'expired' }, after(5 * 3_600_000)),
        'nobody accepted',
        observedIn('paused'),
      ),
      ...messagesNow(throughAll(), 'break-glass through a window and a freeze', observedIn('awaitingApproval')),
      ...messageNow(anUpgradeIn('progressing'), 'live', 'the cluster is out of sight'),
    ],
  }
}

function word(type: 'accepted' | 'declined'): Upgrade {
  return happened(awaitingAcceptance(), { type, by: tina })
}

function halfApproved(): Upgrade {
  const upgrade = anUpgrade()
  return { ...upgrade, approvals: [{ by: alice, at: noon, planHash: upgrade.plan?.hash ?? '' }] }
}

function answered(action: Upgrade['answers'][number]['action']): Upgrade {
  const by = action === 'expired' ? ({ kind: 'system', reason: 'EXPIRED' } as const) : bob
  return { ...anUpgradeIn('progressing'), answers: [{ step: 0, action, by, at: noon, reason: 'not on a Friday' }] }
}

function laterStart(): Upgrade {
  return anUpgrade({ request: { ...anUpgrade().request, startAt: after(14 * 3_600_000) } })
}

function waitingFor(restriction: Restriction): Upgrade {
  return { ...anUpgradeIn('scheduled'), scheduled: { since: noon, restriction } }
}

function heldFor(restriction: Restriction): Upgrade {
  return happened(anUpgradeIn('awaitingContinue'), { type: 'restricted', restriction })
}

function freed(): Upgrade {
  return happened(heldFor(closed), { type: 'unrestricted' })
}

function throughAll(): Upgrade {
  const policy = aPolicy({ windows: [{ days: ['sun'], from: '01:00', to: '05:00', timezone: 'Asia/Shanghai' }] })
  const request = { ...anUpgrade().request, by: root, breakGlass: true as const }
  return anUpgrade({ policy, request, findings: [{ severity: 'warn', code: 'FROZEN', detail: { ...freeze } }] })
}

function happened(upgrade: Upgrade, event: Parameters<typeof transition>[1], now = after(60_000)): Upgrade {
  const next = transition(upgrade, event, now)
  if (isRefusal(next)) throw new Error(`${event.type} is refused`)
  return next
}

/** Its tag was resolved, and its labels say where it comes from. */
function resolved(): Upgrade {
  const upgrade = anUpgrade()
  const digest = '9f3c07ab51d24e6f'.repeat(4)
  const changes = 'https://github.com/shop/web/compare/0f9e8d7c6b5a...1a2b3c4d5e6f'
  const labels = { version: '1.5.0', revision: '1a2b3c4d5e6f', created: noon, changes }
  const image = { digest: `sha256:${digest}`, platforms: ['linux/amd64'], ...labels }
  const request = { ...upgrade.request, image: `${upgrade.request.image}@sha256:${digest}` }
  return upgrade.plan ? { ...upgrade, request, plan: { ...upgrade.plan, image } } : upgrade
}

function piped(by: PipelineActor): Upgrade {
  return anUpgrade({ request: { ...anUpgrade().request, by } })
}

function recreated(): Upgrade {
  const policy = aPolicy()
  return anUpgrade({
    policy: { ...policy, strategy: { ...policy.strategy, type: 'recreate', continue: 'auto' } },
    facts: someFacts({ strategyType: 'Recreate', surge: 0, unavailable: 10 }),
    findings: [{ severity: 'warn', code: 'DOWNTIME', detail: {} }],
    request: { ...anUpgrade().request, by: carol },
  })
}
