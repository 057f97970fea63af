import type { KnownBlock } from '@slack/types'
import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/engine/ports.ts'
import { actions } from '../../src/engine/surface.ts'
import { en } from '../../src/messages/en.ts'
import { progressOf } from '../../src/messages/progress.ts'
import { readButtonValue } from '../../src/slack/button-value.ts'
import { controlsOf } from '../../src/slack/views/controls.ts'
import { type Desired, messagesOf } from '../../src/slack/views/messages.ts'
import { rejectModal } from '../../src/slack/views/reject-modal.ts'
import { renderReply } from '../../src/slack/views/reply.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { waitingFor } from '../../src/upgrade/reminders.ts'
import { transition } from '../../src/upgrade/transition.ts'
import { type Finding, Upgrade } from '../../src/upgrade/upgrade.ts'
import { rolledBackEvidence, rolledBackStory } from '../a-story.ts'
import {
  after,
  alice,
  anUpgrade,
  anUpgradeIn,
  aPolicy,
  awaitingAcceptance,
  bob,
  carol,
  noon,
  someFacts,
  tina,
} from '../an-upgrade.ts'
import { interactiveElements, validateBlocks, validateView, visibleText } from '../fakes/slack/slack.ts'

function observed(updated: number, changes: Partial<Observation> = {}): Observation {
  const pods = Array.from({ length: updated }, (_, index) => ({
    name: `web-${index}`,
    ready: true,
    createdAt: noon,
    restarts: 0,
    displaced: false,
  }))
  return { updated, ready: 10, total: 10, pods, stable: [], ...changes }
}

const told = { entries: rolledBackStory().entries, evidence: rolledBackEvidence() }

function rendered(upgrade: Upgrade, observation?: Observation): Desired[] {
  return messagesOf(upgrade, { messages: en, observation, told })
}

function messageOf(upgrade: Upgrade, key: string, observation?: Observation): Desired {
  const found = rendered(upgrade, observation).find((one) => one.key === key)
  if (!found) throw new Error(`no ${key}`)
  return found
}

function buttonsOf({ blocks }: Desired): string[] {
  return interactiveElements(blocks).map(({ actionId }) => actionId)
}

function buttonOf(message: Desired, actionId: string) {
  const found = interactiveElements(message.blocks).find((one) => one.actionId === actionId)
  if (!found) throw new Error(`no ${actionId}`)
  return found.element as { value?: string; confirm?: { title: { text: string }; text: { text: string } } }
}

/** Lets events happen one after the other, ten seconds apart. */
function happened(upgrade: Upgrade, ...events: Event[]): Upgrade {
  return events.reduce((before, event) => {
    const next = transition(before, event, after(before.sequence * 10_000))
    if (isRefusal(next)) throw new Error(`${event.type}: ${next.refused.code}`)
    return next
  }, upgrade)
}

const findings: Finding[] = [
  { severity: 'warn', code: 'MANAGED_BY_HELM', detail: { release: 'web' } },
  { severity: 'note', code: 'DISRUPTION_BUDGET', detail: { budget: 'web', allowed: 2 } },
]

describe('every message', () => {
  test.each(phases)('while it is %s is accepted by Slack, and says in words all that its blocks show', (phase) => {
    for (const observation of [undefined, observed(1)]) {
      for (const message of rendered(anUpgradeIn(phase, { findings }), observation)) {
        expect(validateBlocks(message.blocks), message.key).toEqual([])
        expect(message.text).not.toMatch(/undefined|\[object|NaN/)
        expect(JSON.stringify(message.blocks)).not.toMatch(/undefined|\[object|NaN/)
        expect(message.blocks[0]?.block_id).toBe(`web-production-14/${message.key}`)
      }
    }
  })

  test.each(phases)('while it is %s shows only buttons that mean something then', (phase) => {
    const upgrade = anUpgradeIn(phase)
    const shown = rendered(upgrade).flatMap((message) => buttonsOf(message))
    const { live, question, alert } = controlsOf(upgrade)
    for (const action of shown) {
      expect(actions).toContain(action)
      expect([...live, ...question, ...alert]).toContain(action)
    }
  })

  test('is the same for the same state, so that nothing is edited in vain', () => {
    const upgrade = anUpgradeIn('verifying')
    expect(rendered(upgrade, observed(1))).toEqual(rendered(structuredClone(upgrade), observed(1)))
  })
})

describe('hostile text', () => {
  const evil = `<!channel> <@U0BOB> *x* \`y\` \u202ereversed\n\n&lt;!here&gt; ${'A'.repeat(5_000)}`

  /** Everything that a person, a label or a pod can name is evil. */
  function hostile(phase: (typeof phases)[number]): Upgrade {
    const upgrade = anUpgradeIn(phase, {
      policy: aPolicy({ service: evil, environment: evil }),
      findings: [...Object.keys(en.findings)].map((code) => ({
        severity: 'warn' as const,
        code,
        detail: new Proxy({}, { get: (_, key) => (typeof key === 'string' ? evil : undefined) }),
      })),
      facts: someFacts({ image: `registry/${evil}:${evil}` }),
    })
    const by = upgrade.result?.by ?? carol
    return {
      ...upgrade,
      request: {
        ...upgrade.request,
        service: evil,
        environment: evil,
        version: evil,
        image: `r:${evil}`,
        reason: evil,
      },
      incidents: [
        { at: noon, code: 'CRASH_LOOP', detail: { pod: evil, reason: evil } },
        { at: noon, code: evil, detail: { [evil]: evil } },
      ],
      ...(upgrade.hold && { hold: { ...upgrade.hold, reason: evil, code: evil } }),
      ...(upgrade.turnedBack && { turnedBack: { ...upgrade.turnedBack, reason: evil, code: evil } }),
      ...(upgrade.result && { result: { ...upgrade.result, by, reason: evil, code: evil } }),
      answers: [{ step: 0, action: 'approved', by: alice, at: noon, reason: evil }],
    }
  }

  test.each(phases)('in every field does no harm while it is %s', (phase) => {
    const pods = [{ name: evil, ready: false, createdAt: noon, restarts: 1, displaced: false, waiting: evil }]
    for (const message of rendered(hostile(phase), observed(1, { pods }))) {
      expect(validateBlocks(message.blocks), message.key).toEqual([])
      for (const text of [message.text, ...mrkdwnOf(message.blocks)]) {
        expect(text).not.toMatch(/<!(channel|here|everyone)|\u202e/)
        // Whoever may decide is mentioned; what only looks like a mention is not.
        expect(text).not.toContain('<@U0BOB> *x*')
      }
    }
  })

  test('in a reply does no harm either', () => {
    const reply = renderReply({ kind: 'text', text: en.mistakes.unknownCommand(evil, evil, evil) }, en)
    expect(validateBlocks(reply.blocks)).toEqual([])
    expect(reply.text).not.toContain('<!channel>')
  })
})

function mrkdwnOf(blocks: KnownBlock[]): string[] {
  return [...JSON.stringify(blocks).matchAll(/"type":"mrkdwn","text":("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) =>
    JSON.parse(text),
  )
}

describe('the live message', () => {
  test('carries exactly the metadata that scripts rely on', () => {
    const { metadata } = messageOf(anUpgradeIn('awaitingContinue'), 'live', observed(1))
    expect(metadata).toEqual({
      event_type: 'rollcall_upgrade',
      event_payload: {
        id: 'web-production-14',
        service: 'web',
        environment: 'production',
        phase: 'awaitingContinue',
        version: '1.5.0',
        previousVersion: '1.4.2',
        batch: 1,
        batches: 4,
        updated: 1,
        ready: 10,
        total: 10,
      },
    })
  })

  test('shows pods in trouble by name', () => {
    const [pod] = observed(1).pods
    const pods = [
      {
        ...pod,
        name: 'web-x',
        ready: false,
        createdAt: noon,
        restarts: 3,
        displaced: false,
        waiting: 'ImagePullBackOff',
      },
    ]
    expect(visibleText(messageOf(anUpgradeIn('progressing'), 'live', observed(1, { pods })).blocks)).toContain(
      'restarts of new pods 3 · web-x ImagePullBackOff',
    )
  })

  test('warns of what the checks found, and names what blocked', () => {
    expect(visibleText(messageOf(anUpgrade({ findings }), 'live').blocks)).toContain('Warning: Helm release web')
    const { plan: _, ...unplanned } = anUpgrade()
    const blocked = happened(unplanned, {
      type: 'blocked',
      findings: [{ severity: 'block', code: 'ALREADY_ON_IMAGE', detail: { image: 'web:1.5.0' } }],
    })
    expect(visibleText(messageOf(blocked, 'live').blocks)).toContain('Blocks: It runs web:1.5.0 already')
    expect(messageOf(blocked, 'result').text).toContain('Blocks: It runs web:1.5.0 already')
  })
})

describe('a question', () => {
  test('calls those who can decide, carries their buttons, and is open', () => {
    const question = messageOf(anUpgradeIn('awaitingContinue'), 'question:4')
    expect(question.metadata).toEqual({
      event_type: 'rollcall_question',
      event_payload: { id: 'web-production-14', step: 4, kind: 'continue', open: true },
    })
    expect(buttonsOf(question)).toEqual(['continue', 'pause', 'rollback'])
    expect(question.text).toMatch(/^web-production-14: continue to 3 of 10\? <@U0CAROL>/)
  })

  test('whether what is new is accepted calls those who sign off, says what follows, and asks once more', () => {
    const question = messageOf(awaitingAcceptance(), 'question:3', observed(1))
    expect(question.metadata.event_payload).toMatchObject({ step: 3, kind: 'accept', open: true })
    expect(buttonsOf(question)).toEqual(['accept', 'decline'])
    expect(question.calls).toEqual(['U0TINA'])
    expect(question.text).toMatch(/^web-production-14: is 1 of 10 as it should be \(acceptance\)\? <@U0TINA>/)
    expect(question.text).toContain('When it is declined it is rolled back.')
    expect(buttonOf(question, 'accept').confirm?.text.text).toBe(
      'web in production: 1 of 10 pods run 1.5.0, and you have seen that they do as they should.',
    )
    expect(buttonOf(question, 'decline').confirm?.text.text).toBe(
      'web in production: all 10 pods go back from 1.5.0 to 1.4.2.',
    )
    expect(messageOf(awaitingAcceptance(), 'live', observed(1)).text).toContain(
      'Waiting for testers (<@U0TINA>) to accept',
    )
  })

  test.each([
    ['accepted', /Accepted by <@U0TINA> · <!date/],
    ['declined', /Declined by <@U0TINA> · <!date/],
    ['expired', /Nobody answered in time · <!date/],
  ] as const)('whether what is new is accepted says that it was %s', (type, words) => {
    const next = transition(awaitingAcceptance(), { type, by: tina }, after(4 * 3_600_000))
    if (isRefusal(next)) throw new Error(next.refused.code)
    const question = messageOf(next, 'question:3')
    expect(question.text).toMatch(words)
    expect(buttonsOf(question)).toEqual([])
    expect(rendered(next).filter(({ key }) => key === 'question:3')).toHaveLength(1)
  })

  test('asks before it leads on or back, with service, environment, versions and numbers; a pause is one tap', () => {
    const question = messageOf(anUpgradeIn('awaitingContinue'), 'question:4', observed(1))
    expect(buttonOf(question, 'continue').confirm).toMatchObject({
      title: { text: 'Continue to 3 of 10?' },
      text: { text: 'web in production: from 1 to 3 of 10 pods on 1.5.0.' },
    })
    expect(buttonOf(question, 'rollback').confirm?.text.text).toBe(
      'web in production: all 10 pods go back to 1.4.2; 1 of them runs 1.5.0 now.',
    )
    expect(buttonOf(question, 'pause').confirm).toBeUndefined()
    const start = messageOf(anUpgrade(), 'question:0')
    expect(buttonOf(start, 'approve').confirm?.text.text).toBe(
      'web in production: 1.4.2 → 1.5.0, 10 pods, batches 1, 3, 5, 10.',
    )
  })

  test('binds its buttons to upgrade, step and plan', () => {
    const upgrade = anUpgradeIn('awaitingContinue')
    for (const action of ['continue', 'rollback', 'pause']) {
      const { value } = buttonOf(messageOf(upgrade, 'question:4'), action)
      expect(readButtonValue(value)).toEqual({ upgrade: upgrade.id, seen: { step: 4, planHash: upgrade.plan?.hash } })
      expect(value?.length).toBeLessThanOrEqual(2_000)
    }
  })

  test('names at most five people, then the group', () => {
    const users = Array.from({ length: 9 }, (_, index) => `U0X${index}`)
    const permissions = { ...aPolicy().permissions, operate: [{ role: 'all', users, groups: ['S0ALL'] }] }
    const { text } = messageOf(anUpgradeIn('awaitingContinue', { policy: aPolicy({ permissions }) }), 'question:4')
    expect(text).toContain('? <@U0X0> <@U0X1> <@U0X2> <@U0X3> <@U0X4> <!subteam^S0ALL> ')
  })

  test('once decided says who, when and why, and has no buttons', () => {
    const upgrade = happened(anUpgradeIn('awaitingContinue'), { type: 'continued', by: carol, reason: 'looks fine' })
    const question = messageOf(upgrade, 'question:4')
    expect(buttonsOf(question)).toEqual([])
    expect(question.text).toMatch(/Continued by <@U0CAROL> · <!date\^.*> «looks fine»$/)
    expect(question.metadata.event_payload).toMatchObject({ open: false })
  })

  test('keeps what it says when the upgrade has moved on', () => {
    const decided = happened(anUpgradeIn('awaitingContinue'), { type: 'continued', by: carol })
    const later = happened(decided, { type: 'reached', updated: 3, ready: 10, total: 10, generation: 3 })
    expect(messageOf(later, 'question:4')).toEqual(messageOf(decided, 'question:4'))
  })

  test('that nobody needs to answer any more says so', () => {
    const gone = messageOf(
      happened(anUpgradeIn('awaitingContinue'), { type: 'targetGone', recreated: false }),
      'question:4',
    )
    expect(gone.text).toContain('Nobody needs to answer this any more')
    expect(buttonsOf(gone)).toEqual([])
  })

  test('offers to withdraw once somebody has approved, and then calls only those who can still approve', () => {
    const upgrade = anUpgrade()
    const planHash = upgrade.plan?.hash ?? ''
    expect(buttonsOf(messageOf(upgrade, 'question:0'))).toEqual(['approve', 'reject'])
    const question = messageOf(happened(upgrade, { type: 'approved', by: alice, planHash }), 'question:0')
    expect(buttonsOf(question)).toEqual(['approve', 'reject', 'withdraw'])
    expect(question.text).toMatch(/^Start web-production-14\? <@U0BOB> /)
  })

  test('cannot be answered during a hold; it can be resumed', () => {
    const question = messageOf(anUpgradeIn('paused'), 'question:4')
    expect(buttonsOf(question)).toEqual(['resume', 'rollback'])
    expect(question.text).toContain('Paused by <@U0CAROL>')
  })

  test('about a plan that became outdated is asked anew, in a message of its own', () => {
    const upgrade = anUpgradeIn('progressing')
    const outdated = happened(upgrade, { type: 'outdated', code: 'TEMPLATE_CHANGED' })
    const again = happened(outdated, { type: 'prepared', plan: compilePlan(outdated, someFacts(), []) })
    expect(rendered(again).map(({ key }) => key)).toEqual(['live', 'question:0', 'question:0:1', 'incident:0'])
    expect(buttonsOf(messageOf(again, 'question:0'))).toEqual([])
    expect(messageOf(again, 'question:0').text).toContain('Void, because the template changed before the start')
  })

  test('that has enough approvals is not asked for more while everything is checked again', () => {
    const upgrade = anUpgrade()
    const planHash = upgrade.plan?.hash ?? ''
    const complete = happened(
      upgrade,
      { type: 'approved', by: alice, planHash },
      { type: 'approved', by: bob, planHash },
    )
    expect(messageOf(complete, 'question:0').text).toContain('Everything is checked once more before the first change.')
    expect(messageOf(complete, 'live').text).toContain('Approved by <@U0ALICE> and <@U0BOB>.')
  })

  test('says what was declared irreversible, and the dialogs say it first', () => {
    const request = { ...anUpgrade().request, irreversible: 'drops a <column>' }
    const question = messageOf(anUpgrade({ request }), 'question:0')
    expect(question.text).toContain(
      '*Irreversible* «drops a &lt;column&gt;»: only platform (<@U0CAROL>) can roll it back',
    )
    expect(messageOf(anUpgrade({ request }), 'live').text).toContain('*Irreversible* «drops a &lt;column&gt;»')
    expect(
      en.confirmation('approve', anUpgrade({ request }), progressOf(anUpgrade({ request }), undefined))?.text,
    ).toMatch(/^Declared irreversible: «drops a <column>»\. web in production/)
  })

  test('says so when too few people are left who could answer it', () => {
    const lost = happened(anUpgrade(), { type: 'quorumLost', people: 1 })
    expect(messageOf(lost, 'question:0').text).toContain('Only 1 person can approve by now, and 2 are needed')
    expect(messageOf(lost, 'live').text).toContain('`/upgrade cancel web-production-14`')
  })

  test('is asked anew, of those who can still approve, when an approval does not count any more', () => {
    const upgrade = anUpgrade()
    const planHash = upgrade.plan?.hash ?? ''
    const voided = happened(
      upgrade,
      { type: 'approved', by: alice, planHash },
      { type: 'approved', by: bob, planHash },
      { type: 'approvalsVoided', approvals: [{ by: bob, code: 'DEACTIVATED' }] },
    )
    expect(buttonsOf(messageOf(voided, 'question:0:1'))).toEqual(['approve', 'reject', 'withdraw'])
    expect(messageOf(voided, 'incident:0').text).toContain('the yes of <@U0BOB> (deactivated)')
  })
})

describe('an incident', () => {
  const failed: Event = {
    type: 'gateFailed',
    report: {
      gate: 'rollout',
      verdict: 'failed',
      code: 'CRASH_LOOP',
      detail: { pod: 'web-1', reason: 'CrashLoopBackOff' },
    },
  }

  test('that holds the upgrade calls operators and on-call, with the ways out', () => {
    const held = happened(anUpgradeIn('verifying', { policy: aPolicy({ onFailure: 'hold' }) }), failed)
    const incident = messageOf(held, 'incident:0')
    expect(buttonsOf(incident)).toEqual(['resume', 'rollback', 'acknowledge'])
    expect(incident.metadata.event_payload).toMatchObject({ kind: 'alert', open: true })
    expect(incident.text).toContain('<@U0CAROL> <!subteam^S0ONCALL>')
    expect(incident.text).toContain('Pod web-1 of the new version crashes again and again (CrashLoopBackOff).')
  })

  test('that rolled back by itself has nothing to decide', () => {
    const incident = messageOf(happened(anUpgradeIn('verifying'), failed), 'incident:0')
    expect(buttonsOf(incident)).toEqual(['acknowledge'])
    expect(incident.text).toContain('Rollcall rolls back to the old version.')
  })

  test('says who is on it', () => {
    const seen = happened(anUpgradeIn('verifying'), failed, { type: 'acknowledged', by: bob })
    expect(messageOf(seen, 'incident:0').text).toContain('<@U0BOB> is on it')
    expect(buttonsOf(messageOf(seen, 'incident:0'))).toEqual([])
  })

  test('of a rollback that does not get on says who started it, and that it is done only once it is', () => {
    const goesWrong: Event = { type: 'stuck', code: 'NOT_READY', detail: { ready: 0, wanted: 1 } }
    const stuck = happened(anUpgradeIn('rollingBack'), goesWrong)
    expect(messageOf(stuck, 'incident:0').text).toContain('. The rollback was started by <@U0CAROL> · ')
    expect(messageOf(stuck, 'incident:0').text).toContain('(pods of the old version do not become Ready)')
    const failed = happened({ ...stuck, at: { ...stuck.at, since: after(-90_000_000) } }, goesWrong)
    expect(messageOf(failed, 'incident:0').text).not.toMatch(/Rolled back|went on/)
    const back: Event = { type: 'reached', updated: 0, ready: 10, total: 10, generation: 9 }
    expect(messageOf(happened(stuck, back), 'incident:0').text).toContain('Rolled back by <@U0CAROL>')
  })

  test('that an operator rolled back from says so, whatever else goes wrong on the way', () => {
    const held = happened(anUpgradeIn('verifying', { policy: aPolicy({ onFailure: 'hold' }) }), failed)
    const goesWrong: Event = { type: 'stuck', code: 'NOT_READY', detail: { ready: 0, wanted: 1 } }
    const stuck = happened(held, { type: 'turnedBack', by: carol }, goesWrong)
    expect(messageOf(stuck, 'incident:0').text).toContain('The rollback was started by <@U0CAROL> · ')
  })

  test('is not opened again by a later hold of another cause', () => {
    const upgrade = anUpgradeIn('awaitingContinue')
    const hold = { by: { kind: 'system' as const, reason: 'EXPIRED' }, code: 'HELD_TOO_LONG', since: after(9_000) }
    const incidents = [{ at: noon, code: 'OUTSIDE_SCALED', detail: { from: 10, to: 20 } }]
    expect(buttonsOf(messageOf({ ...upgrade, hold, incidents }, 'incident:0'))).toEqual([])
  })

  test('that is over loses its buttons', () => {
    const held = happened(anUpgradeIn('verifying', { policy: aPolicy({ onFailure: 'hold' }) }), failed, {
      type: 'resumed',
      by: carol,
    })
    expect(buttonsOf(messageOf(held, 'incident:0'))).toEqual([])
    expect(messageOf(held, 'incident:0').metadata.event_payload).toMatchObject({ open: false })
  })
})

describe('the result', () => {
  test('is the record, who decided what, how long it took, and the audit head', () => {
    const { text } = messageOf(anUpgradeIn('rolledBack'), 'result')
    expect(text).toMatchSnapshot()
  })
})

describe('other surfaces', () => {
  test('the dialog for a reason is accepted by Slack', () => {
    expect(validateView(rejectModal('web-production-14', '{}', en))).toEqual([])
  })

  test.each(phases)(
    'the question for somebody who typed a forward word is accepted by Slack while it is %s',
    (phase) => {
      expect(validateBlocks(renderReply({ kind: 'question', upgrade: anUpgradeIn(phase) }, en).blocks)).toEqual([])
    },
  )

  test('a listing of any length fits in one message', () => {
    const lines = Array.from({ length: 500 }, (_, index) => ({ mrkdwn: `${index} ${'x'.repeat(200)}` }))
    const { blocks } = renderReply({ kind: 'listing', title: { mrkdwn: 'Many' }, lines, tail: { mrkdwn: 'end' } }, en)
    expect(validateBlocks(blocks)).toEqual([])
    const table = renderReply({ kind: 'table', title: { mrkdwn: 'Many' }, rows: lines.map((one) => one.mrkdwn) }, en)
    expect(validateBlocks(table.blocks)).toEqual([])
    expect(validateBlocks(renderReply({ kind: 'text', text: en.overview() }, en).blocks)).toEqual([])
  })

  test.each(['', '{}', 'null', '[]', '{"u":"a","s":-1}', '{"u":"a","s":1,"p":1}', '{"u":"a","s":1,"x":1}'])(
    'a button that says %j is not ours',
    (value) => {
      expect(readButtonValue(value)).toBeUndefined()
    },
  )
})

describe('a success', () => {
  const succeeded = anUpgradeIn('succeeded')
  const result = { outcome: 'succeeded', at: noon, by: { kind: 'system', reason: 'DONE' } } as const
  const open: Upgrade = { ...succeeded, result: { ...result, rollbackUntil: after(86_400_000) } }

  test('offers the way back for as long as there is one, and says until when', () => {
    expect(buttonsOf(messageOf(open, 'result'))).toEqual(['rollback'])
    expect(messageOf(open, 'result').text).toContain('It can be rolled back until')
    expect(buttonsOf(messageOf(succeeded, 'result'))).toEqual([])
  })

  test('that was taken back stays as it was announced, and says by whom; the end has a message of its own', () => {
    const { result: _, ...rest } = open
    const back: Upgrade = { ...rest, undone: result, at: { path: 'back', step: 0, since: after(9) } }
    const turned: Upgrade = { ...back, turnedBack: { by: carol, at: after(9), code: 'REQUESTED' } }
    const announced = messageOf(turned, 'result')
    expect(announced.text).toContain('web-production-14 succeeded')
    expect(announced.text).toContain('Rolled back afterwards by <@U0CAROL>')
    expect(buttonsOf(announced)).toEqual([])
    const ended: Upgrade = { ...turned, at: { ...turned.at, step: 1 }, result: { ...result, outcome: 'rolledBack' } }
    expect(messageOf(ended, 'result')).toEqual(announced)
    expect(messageOf(ended, 'result:1').text).toContain('web-production-14 rolled back')
  })
})

describe('a whole upgrade, read aloud', () => {
  test('tells its story in the texts alone', () => {
    const told: string[] = []
    const before = new Map<string, string>()
    let upgrade = anUpgradeIn('checking')
    const tell = (what: string, updated: number) => {
      told.push(`# ${what}`)
      for (const { key, text } of rendered(upgrade, observed(updated))) {
        if (before.get(key) !== text) told.push(`${key}: ${text}`)
        before.set(key, text)
      }
    }
    const happens = (event: Event, updated: number) => {
      upgrade = happened(upgrade, event)
      expect(Upgrade.safeParse(upgrade).error).toBeUndefined()
      tell(event.type, updated)
    }
    tell('requested', 0)
    happens({ type: 'prepared', plan: compilePlan(upgrade, someFacts(), findings) }, 0)
    const planHash = upgrade.plan?.hash ?? ''
    happens({ type: 'approved', by: alice, planHash }, 0)
    happens({ type: 'approved', by: bob, planHash }, 0)
    happens({ type: 'started', approvers: [alice, bob] }, 0)
    happens({ type: 'reached', updated: 1, ready: 10, total: 10, generation: 2 }, 1)
    happens({ type: 'soaked' }, 1)
    happens({ type: 'checked', reports: [] }, 1)
    const change = { kind: 'scaled', from: 10, to: 20, updated: 4, surge: 2, unavailable: 0, by: 'kubectl' } as const
    happens({ type: 'continued', by: carol, reason: 'looks fine' }, 2)
    happens({ type: 'changedOutside', change }, 2)
    happens({ type: 'resumed', by: carol }, 2)
    happens({ type: 'paused', by: carol, reason: 'lunch' }, 2)
    happens({ type: 'turnedBack', by: carol, reason: 'checkout fails' }, 2)
    happens({ type: 'reached', updated: 0, ready: 10, total: 10, generation: 9 }, 0)
    expect(told.join('\n')).toMatchSnapshot()
  })
})

describe('a reminder', () => {
  const start = { of: 'start:0:0:0:0', to: 'people' as const, at: after(1_800_000) }
  const platform = { role: 'platform', users: ['U0CAROL', 'U0BOB'], groups: ['S0PLATFORM'] }
  const withGroup = aPolicy({ permissions: { ...aPolicy().permissions, operate: [platform] } })

  test('calls those who can still say yes, and bears the buttons of the question', () => {
    const asked = anUpgrade()
    const approvals = [{ by: alice, at: noon, planHash: asked.plan?.hash ?? '' }]
    const message = messageOf({ ...asked, approvals, reminders: [start] }, 'reminder:0')
    expect(message.text).toMatch(/^Start web-production-14\? <@U0BOB> web in production: 1\.4\.2 → 1\.5\.0\./)
    expect(message.text).toContain('Needs one more approval from')
    expect(message.text).toMatch(/Without an answer it expires <!date.*, and nothing is changed\.$/)
    expect(message.text).not.toContain('<@U0ALICE>')
    expect(message.calls).toEqual(['U0BOB'])
    expect(buttonsOf(message)).toEqual(['approve', 'reject', 'withdraw'])
    expect(message.metadata.event_payload).toEqual({ id: asked.id, step: 0, kind: 'reminder', open: true })
  })

  test('calls the named people first, and their group the second time', () => {
    const waiting = anUpgradeIn('awaitingContinue', { policy: withGroup })
    const of = waitingFor(waiting)?.name ?? ''
    const reminders = [
      { of, to: 'people' as const, at: after(1_000) },
      { of, to: 'groups' as const, at: after(2_000) },
    ]
    const [first, second] = [0, 1].map((nth) => messageOf({ ...waiting, reminders }, `reminder:${nth}`))
    expect(first?.text).toContain('<@U0CAROL> <@U0BOB>')
    expect(first?.text).not.toContain('S0PLATFORM')
    expect(second?.text).toContain('<!subteam^S0PLATFORM>')
    expect(second?.text).not.toContain('<@U0CAROL>')
    expect(second?.text).toMatch(/Without an answer it is rolled back <!date.*This is the last reminder\.$/)
    expect(second?.calls).toEqual([])
    expect(buttonsOf(second ?? fail())).toEqual(['continue', 'pause', 'rollback'])
  })

  test('calls the group where nobody is named, and those who are named where there is no group', () => {
    const onlyGroup = { role: 'platform', users: [], groups: ['S0PLATFORM'] }
    const policy = aPolicy({ permissions: { ...aPolicy().permissions, operate: [onlyGroup] } })
    const paused = anUpgradeIn('paused', { policy })
    const of = `hold:${noon}`
    const groupFirst = messageOf({ ...paused, reminders: [{ of, to: 'people', at: after(1_000) }] }, 'reminder:0')
    expect(groupFirst.text).toContain('<!subteam^S0PLATFORM>')
    expect(buttonsOf(groupFirst)).toEqual(['resume', 'rollback'])
    const named = { ...anUpgradeIn('paused'), reminders: [{ of, to: 'groups' as const, at: after(1_000) }] }
    expect(messageOf(named, 'reminder:0').calls).toEqual(['U0CAROL'])
  })

  test('says that nobody needs to answer any more, and has no buttons, once it is decided', () => {
    const rejected = happened({ ...anUpgrade(), reminders: [start] }, { type: 'rejected', by: alice })
    const message = messageOf(rejected, 'reminder:0')
    expect(message.text).toMatch(/Nobody needs to answer this any more\.$/)
    expect(message.calls).toEqual([])
    expect(buttonsOf(message)).toEqual([])
    expect(message.metadata.event_payload).toMatchObject({ open: false })
  })
})

describe('a page', () => {
  const policy = aPolicy({ paging: { everyMs: 300_000, times: 2, contact: 'the desk, +49 30 12345' } })
  const stuck = happened(anUpgradeIn('rollingBack', { policy }), {
    type: 'stuck',
    code: 'NOT_READY',
    detail: { ready: 0, wanted: 1 },
  })
  const page = { of: 0, at: after(300_000), users: ['U0OSCAR'], groups: ['S0ONCALL'] }

  test('calls on-call, says what happened and how often it still comes, and can be acknowledged', () => {
    const message = messageOf({ ...stuck, pages: [page] }, 'page:0')
    expect(message.text).toMatch(
      /^<@U0OSCAR> <!subteam\^S0ONCALL> web-production-14 still needs somebody: The rollback/,
    )
    expect(message.text).toMatch(/Nobody has been on it since <!date.* Page 1 of 2\.$/)
    expect(message.calls).toEqual(['U0OSCAR'])
    expect(buttonsOf(message)).toEqual(['acknowledge'])
    expect(message.metadata.event_payload).toMatchObject({ kind: 'page', open: true })
  })

  test('says that it is the last one, and whom to call', () => {
    const pages = [page, { ...page, at: after(900_000) }]
    const [first, last] = [0, 1].map((nth) => messageOf({ ...stuck, pages }, `page:${nth}`))
    expect(buttonsOf(first ?? fail())).toEqual([])
    expect(first?.metadata.event_payload).toMatchObject({ open: false })
    expect(last?.text).toMatch(/Rollcall stops paging\. If nobody answers, call the desk, \+49 30 12345\.$/)
    const { contact: _, ...nobody } = policy.paging ?? fail()
    const unnamed = messageOf({ ...stuck, policy: aPolicy({ paging: nobody }), pages }, 'page:1')
    expect(unnamed.text).toMatch(/call platform \(<@U0CAROL>\)\.$/)
  })

  test('says who is on it, once somebody is', () => {
    const taken = happened({ ...stuck, pages: [page] }, { type: 'acknowledged', by: bob })
    const message = messageOf(taken, 'page:0')
    expect(message.text).toMatch(/on-call was paged .* <@U0BOB> is on it/)
    expect(buttonsOf(message)).toEqual([])
    expect(message.calls).toEqual([])
  })

  test('of a rollback that has failed says how a human puts the old version back', () => {
    const failed = { ...stuck, at: { ...stuck.at, since: after(-90_000_000) } }
    const ended = happened(failed, { type: 'stuck', code: 'NOT_READY', detail: { ready: 0, wanted: 1 } })
    const message = messageOf({ ...ended, pages: [{ ...page, of: 1 }] }, 'page:0')
    expect(message.text).toContain('rollcall restore deployment/web --namespace shop')
    expect(buttonsOf(message)).toEqual(['acknowledge'])
    expect(buttonsOf(messageOf(ended, 'incident:1'))).toEqual(['acknowledge'])
  })
})

function fail(): never {
  throw new Error('it is not there')
}
