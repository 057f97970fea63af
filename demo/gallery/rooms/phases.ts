import { phases } from '../../../src/upgrade/phase.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import { alice, anUpgrade, anUpgradeIn, aPolicy, bob, carol, noon, someFacts } from '../../../test/an-upgrade.ts'
import { messageNow, messagesNow, observedIn, type Room } from '../exhibit.ts'

/** An upgrade in every phase of its life, with all that its thread shows then. */
export const phasesRoom: Room = {
  id: 'phases',
  title: 'Every phase',
  exhibits: [
    ...phases.flatMap((phase) => messagesNow(anUpgradeIn(phase), phase, observedIn(phase))),
    ...messagesNow(halfApproved(), 'one of two has approved', observedIn('awaitingApproval')),
    ...messageNow(answered('rejected'), 'question:0', 'a question that was answered: rejected'),
    ...messageNow(answered('expired'), 'question:0', 'a question that was answered: expired'),
    ...messageNow(answered('cancelled'), 'question:0', 'a question that was answered: cancelled'),
    ...messageNow(answered('void'), 'question:0', 'a question that was answered: void'),
    ...messagesNow(recreated(), 'recreate', observedIn('awaitingApproval')),
    ...messageNow(anUpgradeIn('progressing'), 'live', 'the cluster is out of sight'),
  ],
}

function halfApproved(): Upgrade {
  const upgrade = anUpgrade()
  return { ...upgrade, approvals: [{ by: alice, at: noon, planHash: upgrade.plan?.hash ?? '' }] }
}

function answered(action: Upgrade['answers'][number]['action']): Upgrade {
  const by = action === 'expired' ? ({ kind: 'system', reason: 'EXPIRED' } as const) : bob
  return { ...anUpgradeIn('progressing'), answers: [{ step: 0, action, by, at: noon, reason: 'not on a Friday' }] }
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
