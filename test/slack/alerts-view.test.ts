import { describe, expect, test } from 'vitest'
import { type AlertState, type Called, onCallTroubles } from '../../src/engine/ports.ts'
import { en } from '../../src/messages/en.ts'
import { type Desired, messagesOf } from '../../src/slack/views/messages.ts'
import type { TargetAlert } from '../../src/upgrade/alerts.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anAlert } from '../an-alert.ts'
import { after, alice, anUpgradeIn, aPolicy, carol, oscar } from '../an-upgrade.ts'
import { interactiveElements, validateBlocks } from '../fakes/slack/slack.ts'

const called: Called = { users: ['U0OSCAR'], groups: ['S0ONCALL'], by: 'schedule', at: after(65_000) }
const started = { step: 0, action: 'approved' as const, by: alice, at: after(10_000) }

function state(alerts: TargetAlert[], changes: Partial<AlertState> = {}): AlertState {
  return { alerts, firing: alerts.filter(({ state }) => state === 'firing').length, called, ...changes }
}

function happened(upgrade: Upgrade, ...events: Event[]): Upgrade {
  return events.reduce((before, event) => {
    const next = transition(before, event, after(before.sequence * 10_000))
    if (isRefusal(next)) throw new Error(next.refused.code)
    return next
  }, upgrade)
}

const verifying = (onAlert: 'hold' | 'rollback' | 'notify' = 'hold') => ({
  ...anUpgradeIn('verifying', { policy: aPolicy({ onAlert }) }),
  answers: [started],
})
const alerted: Event = { type: 'alerted', alert: anAlert() }

function shown(upgrade: Upgrade, alerts: AlertState): Desired[] {
  return messagesOf(upgrade, { messages: en, alerts })
}

/** Those about alerts. */
function about(upgrade: Upgrade, alerts: AlertState): Desired[] {
  return shown(upgrade, alerts).filter(({ key }) => key === 'alerts' || key.startsWith('incident:'))
}

function only(upgrade: Upgrade, alerts: AlertState): Desired {
  const [one, ...more] = about(upgrade, alerts)
  if (!one || more.length > 0) throw new Error(`${more.length + 1} messages`)
  return one
}

const buttonsOf = ({ blocks }: Desired) => interactiveElements(blocks).map(({ actionId }) => actionId)

describe('an alert that something followed on', () => {
  const one = state([anAlert()])

  test.each([
    ['hold', 'It holds at', ['resume', 'rollback', 'acknowledge']],
    ['rollback', 'Rollcall rolls back to the old version', ['acknowledge']],
    ['notify', 'It goes on, because it is configured to only tell you', ['pause', 'rollback', 'acknowledge']],
  ] as const)('(%s) is one message that calls whoever is on call, with what can be done', (onAlert, says, buttons) => {
    const message = only(happened(verifying(onAlert), alerted), one)
    expect(message.text).toMatch(/^web-production-14: Alert HighErrorRate \(critical\) began to fire after the start\./)
    expect(message.text).toContain(says)
    expect(message.text).toContain('<@U0OSCAR> <!subteam^S0ONCALL>')
    expect(message.calls).toEqual(['U0OSCAR'])
    expect(buttonsOf(message)).toEqual(buttons)
    expect(message.metadata).toMatchObject({ event_payload: { kind: 'alert' } })
    expect(validateBlocks(message.blocks)).toEqual([])
  })

  test('says of a hold that was there before that it stays', () => {
    const held = happened(verifying(), { type: 'paused', by: carol }, alerted)
    const message = only(held, one)
    expect(message.text).toContain('It is on hold already, and stays so')
  })

  test('says that it is over, and that this resumes nothing', () => {
    const over = state([anAlert({ state: 'resolved', resolvedAt: after(80_000) })])
    const message = only(happened(verifying(), alerted), over)
    expect(message.text).toContain('None of its alerts fires any more. That does not resume it: somebody has to.')
    expect(message.text).toContain('resolved <!date')
    expect(message.moment).not.toBe(only(happened(verifying(), alerted), one).moment)
  })

  test('says who is on it, and calls nobody any more', () => {
    const seen = happened(verifying(), alerted, { type: 'acknowledged', by: oscar })
    const message = only(seen, one)
    expect(message.text).toContain('<@U0OSCAR> is on it')
    expect(buttonsOf(message)).not.toContain('acknowledge')
    expect(message.calls).toEqual([])
  })

  test('is one message among a thousand, by name and severity, what counts first', () => {
    const many = Array.from({ length: 40 }, (_, n) => anAlert({ fingerprint: `f${n}`, startsAt: after(60_000 + n) }))
    const mild = anAlert({ fingerprint: 'm', name: 'Slow', severity: 'warning', weight: 'milder' })
    const old = anAlert({ fingerprint: 'o', name: 'DiskFull', startsAt: after(0) })
    const { text, blocks } = only(happened(verifying(), alerted), state([mild, old, ...many], { firing: 1_002 }))
    const [, ...lines] = text.split('\n')
    expect(lines.map((line) => line.replace(/<!date[^>]*>/, 'T'))).toEqual([
      '• *HighErrorRate* (critical) · 40 fire since T',
      '• *DiskFull* (critical) · fires since T · began before the start',
      '• *Slow* (warning) · fires since T · milder than what counts',
      'and 960 more fire',
    ])
    expect(validateBlocks(blocks)).toEqual([])
  })

  test('with many names is cut to what Slack takes', () => {
    const names = Array.from({ length: 50 }, (_, n) => anAlert({ name: `${'x'.repeat(90)}${n}`, fingerprint: `f${n}` }))
    const { text, blocks } = only(happened(verifying(), alerted), state(names))
    expect(text).toContain('and 42 more fire')
    expect(validateBlocks(blocks)).toEqual([])
  })

  test.each(onCallTroubles)('says why others are called than those of the schedule: %s', (trouble) => {
    const other: Called = { ...called, by: 'role', trouble }
    const { text } = only(happened(verifying(), alerted), { ...one, called: other })
    expect(text).toMatch(/<!subteam\^S0ONCALL> \(.+ so you are called instead.*\.\)/)
  })
})

describe('alerts on which nothing follows', () => {
  test.each([
    ['began before the start', anAlert({ startsAt: after(0) })],
    ['may be of another workload', anAlert({ sole: false })],
  ])('that %s call on-call too, with the brakes', (why, alert) => {
    const message = only(verifying(), state([alert]))
    expect(message.key).toBe('alerts')
    expect(message.text).toContain('web-production-14: an alert fires, and it goes on. <@U0OSCAR>')
    expect(message.text).toContain(why)
    expect(buttonsOf(message)).toEqual(['pause', 'rollback'])
    expect(validateBlocks(message.blocks)).toEqual([])
  })

  test('that are mild are a line of the live message and nothing else', () => {
    const mild = state([anAlert({ weight: 'milder', severity: 'warning' })])
    const { called: _, ...uncalled } = mild
    expect(about(verifying(), uncalled)).toEqual([])
    const [live] = shown(verifying(), uncalled)
    expect(JSON.stringify(live?.blocks)).toContain('1 alert fires: HighErrorRate (warning)')
    const resolved = state([anAlert({ weight: 'milder', state: 'resolved' })])
    expect(JSON.stringify(shown(verifying(), resolved)[0]?.blocks)).not.toContain('HighErrorRate')
  })

  test('are none that is just about to be acted on', () => {
    const { called: _, ...uncalled } = state([anAlert()])
    for (const alerts of [uncalled, state([anAlert()])]) expect(about(verifying(), alerts)).toEqual([])
  })

  test('go on in a message of their own when one follows on which something does: an edit would call nobody', () => {
    const before = { ...called, at: after(1) }
    const both = state([anAlert({ startsAt: after(0), fingerprint: 'old' }), anAlert()], { called: before })
    const [first, second, ...more] = about(happened(verifying(), alerted), both)
    expect([first?.key, second?.key, more]).toEqual(['alerts', 'incident:0', []])
    expect(first?.text).toMatch(/^web-production-14: alerts are shown below/)
    expect(second?.calls).toEqual(['U0OSCAR'])
  })

  test('have no buttons once it has ended', () => {
    const ended = { ...anUpgradeIn('succeeded'), answers: [started] }
    expect(buttonsOf(only(ended, state([anAlert({ startsAt: after(0) })])))).toEqual([])
  })
})

test('whatever stands in a label calls nobody, links nowhere and hides nothing', () => {
  const evil = '<!channel> <@U0EVE> *x* `y` \u202ereversed\n&lt;!here&gt; <https://evil|ok>'
  const alert = anAlert({ name: evil, severity: evil, source: evil, fingerprint: evil, labels: { [evil]: evil } })
  const upgrade = happened(verifying(), { type: 'alerted', alert })
  for (const { text, blocks, key } of shown(upgrade, state([alert]))) {
    expect(validateBlocks(blocks), key).toEqual([])
    for (const said of [text, JSON.stringify(blocks)]) {
      expect(said).not.toMatch(/<!(channel|here|everyone)|<@U0EVE>|<https:..evil|\u202e/)
    }
  }
})
