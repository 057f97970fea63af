import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SlackApp } from '../../src/slack/app.ts'
import type { Replies } from '../../src/slack/listeners/replies.ts'
import { phaseOf } from '../../src/upgrade/phase.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, carol, noon } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Message, startSlack } from '../fakes/slack/slack.ts'
import { show as showIn, startApp } from './an-app.ts'
import { inMemoryDeliveries } from './in-memory-deliveries.ts'
import { InMemoryShown } from './in-memory-shown.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const inPrivate = 'C0PRIVATE'

let slack: FakeSlack
let surface: InMemorySurface
let app: SlackApp
let stop: () => Promise<void>
let deliveries: ReturnType<typeof inMemoryDeliveries>
let shown: InMemoryShown
let replies: Replies
let logged: unknown[]

async function start(socketMode: boolean): Promise<void> {
  slack = await startSlack({ teamId: 'T0SHOP', socketMode, eventRetryDelaysMs: [20, 20, 20] })
  for (const name of ['dana', 'alice', 'bob', 'carol']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addUser({ id: 'U0EVE', name: 'eve', isStranger: true, teamId: 'T0OTHER' })
  slack.addUser({ id: 'U0ROBOT', name: 'robot', isBot: true })
  const members = ['U0DANA', 'U0ALICE', 'U0BOB', 'U0CAROL', 'U0EVE', 'U0ROBOT']
  slack.addChannel({ id: channel, name: 'releases', members })
  slack.addChannel({ id: inPrivate, name: 'secret', kind: 'private', members })
  surface = new InMemorySurface()
  shown = new InMemoryShown()
  deliveries = inMemoryDeliveries()
  replies = 'any'
  logged = []
  const note = (fields: object) => void logged.push(fields)
  const log = { info: note, warn: note, error: note }
  ;({ app, stop } = await startApp(slack, { surface, shown, replies: () => replies, deliveries, log }))
}

afterEach(async () => {
  await stop()
  await slack.stop()
  expect(slack.socketMode?.problems ?? []).toEqual([])
})

/** Shows an upgrade in its channel; its live message. */
async function show(upgrade: Upgrade): Promise<Message> {
  await showIn(app, { surface, shown }, upgrade)
  const live = slack.messages(upgrade.policy.channel).findLast(({ threadTs, deleted }) => !threadTs && !deleted)
  if (!live) throw new Error(slack.describe())
  return live
}

function reply(live: Message, text: string, user = 'U0CAROL') {
  return slack.say({ user, channel: live.channel, text, threadTs: live.ts })
}

const phase = () => {
  const upgrade = surface.upgrades.get(id)
  return upgrade && phaseOf(upgrade)
}
const marked = ({ ts, channel: where }: Message) =>
  slack.waitFor(() => slack.message(where, ts)?.reactions.some(({ name }) => name === 'white_check_mark'))
const outcomes = (events: { attempts: { outcome: string; status?: number }[] }[]) =>
  events.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))

describe.each([
  ['over HTTP', false],
  ['over Socket Mode', true],
])('%s', (_, socketMode) => {
  beforeEach(() => start(socketMode))

  test('rollback in the thread rolls back, with its reason, and the reply is marked', async () => {
    const live = await show(anUpgradeIn('progressing'))
    const { message, events } = await reply(live, 'Rollback: error rate &gt; 5 %')
    expect(outcomes(events)).toEqual(['acknowledged'])
    expect(surface.decisions).toMatchObject([
      {
        upgrade: id,
        action: 'rollback',
        by: { kind: 'slack', team: 'T0SHOP', user: 'U0CAROL' },
        via: 'reply',
        reason: 'error rate > 5 %',
        requestId: `${channel}-${message.ts.replace('.', '-')}`,
      },
    ])
    expect(phase()).toBe('rollingBack')
    await marked(message)
    expect(slack.replies(channel, live.ts).filter(({ user }) => user === slack.botUserId)).toEqual([])
    expect(slack.ephemerals()).toEqual([])
  })

  test('it is acknowledged once it is stored, and what is not stored comes again and is done once', async () => {
    const live = await show(anUpgradeIn('progressing'))
    let attempts = 0
    surface.beforeStoring = async () => {
      attempts += 1
      if (attempts === 1) throw new Error('redis away')
    }
    const { events } = await reply(live, 'hold')
    const last = outcomes(events).at(-1)
    expect(outcomes(events).length).toBeGreaterThan(1)
    expect(last).toBe('acknowledged')
    expect(surface.upgrades.get(id)?.hold?.by).toEqual(carol)
    const told = await slack.waitForEphemeral(({ user }) => user === 'U0CAROL')
    expect(told).toMatchObject({ threadTs: live.ts, text: expect.stringContaining('not stored in time') })
  })

  test('a mention is delivered twice and carried out once', async () => {
    const live = await show(anUpgradeIn('progressing'))
    const { message, events } = await reply(live, `<@${slack.botUserId}> rollback`)
    expect(events).toHaveLength(2)
    await marked(message)
    expect(surface.decisions).toHaveLength(1)
    expect([...deliveries.states.values()]).toEqual(['done'])
  })

  test('a private channel is a channel', async () => {
    const upgrade = anUpgradeIn('progressing')
    const live = await show({ ...upgrade, policy: { ...upgrade.policy, channel: inPrivate } })
    await reply(live, 'pause please')
    expect(phase()).toBe('paused')
  })
})

describe('a reply', () => {
  beforeEach(() => start(false))

  test('that only talks is not looked up, not noted and not logged', async () => {
    const live = await show(anUpgradeIn('progressing'))
    let lookedUp = 0
    shown.upgradeOf = async () => {
      lookedUp += 1
      return id
    }
    for (const text of ['don’t roll back yet', 'hold on', 'rollback looks fine to me', 'lgtm']) {
      expect(outcomes((await reply(live, text)).events)).toEqual(['acknowledged'])
    }
    expect(surface.decisions).toEqual([])
    expect(slack.ephemerals()).toEqual([])
    expect({ lookedUp, noted: deliveries.states.size, logged }).toEqual({ lookedUp: 0, noted: 0, logged: [] })
  })

  test.each(['continue', 'approve', 'reject', 'resume'])(
    'with %s decides nothing: it shows the question',
    async (word) => {
      const phases = {
        continue: 'awaitingContinue',
        approve: 'awaitingApproval',
        reject: 'awaitingApproval',
        resume: 'paused',
      }
      const live = await show(anUpgradeIn(phases[word as keyof typeof phases] as 'paused'))
      await reply(live, word)
      const asked = await slack.waitForEphemeral(({ user }) => user === 'U0CAROL')
      expect(asked).toMatchObject({ channel, threadTs: live.ts })
      expect(surface.decisions).toEqual([])
      if (word === 'reject') return
      await slack.click({ user: 'U0CAROL', channel, ts: asked.ts, actionId: word, confirm: true })
      expect(surface.decisions).toMatchObject([{ action: word, via: 'button', seen: { planHash: expect.any(String) } }])
    },
  )

  test('with continue where nothing is asked says why', async () => {
    const live = await show(anUpgradeIn('verifying'))
    await reply(live, 'continue')
    expect((await slack.waitForEphemeral(() => true)).text).toContain('soaks for another')
  })

  test.each([
    ['status', 'Waiting for platform'],
    ['why?', 'Waiting for platform'],
  ])('with %s is answered in the thread, to its author alone', async (text, said) => {
    const live = await show(anUpgradeIn('awaitingContinue'))
    await reply(live, text, 'U0DANA')
    const answer = await slack.waitForEphemeral(({ user }) => user === 'U0DANA')
    expect(answer).toMatchObject({ threadTs: live.ts, text: expect.stringContaining(said) })
    expect(surface.decisions).toEqual([])
  })

  test('with why tells what made it stop', async () => {
    const by = { kind: 'system', reason: 'CRASH_LOOP' } as const
    const incidents = [{ at: noon, code: 'CRASH_LOOP', detail: { pod: 'web-1' } }]
    const held = { ...anUpgradeIn('paused'), hold: { by, code: 'CRASH_LOOP', since: noon }, incidents }
    const live = await show(held)
    await reply(live, 'why')
    const { text } = await slack.waitForEphemeral(() => true)
    expect(text).toContain('Pod web-1 of the new version crashes again and again')
    expect(text).toContain('Resume it when the cause is gone, or roll back.')
  })

  test('with ack takes note of what was reported', async () => {
    const incidents = [{ at: noon, code: 'CRASH_LOOP', detail: { pod: 'web-1' } }]
    const live = await show({ ...anUpgradeIn('paused'), incidents })
    const { message } = await reply(live, 'ack, looking')
    await marked(message)
    expect(surface.upgrades.get(id)?.incidents[0]?.acknowledged?.by).toEqual(carol)
  })

  test('of somebody who may not is answered with who can', async () => {
    const live = await show(anUpgradeIn('progressing'))
    surface.refusal = {
      code: 'NOT_ALLOWED',
      permission: 'operate',
      users: ['U0CAROL'],
      groups: [],
      roles: ['platform'],
    }
    const { message } = await reply(live, 'rollback', 'U0DANA')
    const answer = await slack.waitForEphemeral(({ user }) => user === 'U0DANA')
    expect(answer.text).toContain('platform (<@U0CAROL>) can.')
    expect(answer.threadTs).toBe(live.ts)
    expect(slack.message(channel, message.ts)?.reactions).toEqual([])
  })

  test('of another workspace says so to the engine', async () => {
    slack.modifyChannel(channel, { isShared: true })
    const live = await show(anUpgradeIn('progressing'))
    await reply(live, 'rollback', 'U0EVE')
    expect(surface.decisions[0]?.by).toEqual({ kind: 'slack', team: 'T0OTHER', user: 'U0EVE' })
  })

  test.each([
    ['rollback?', 'rollback', true],
    ['please hold', 'pause', undefined],
  ])('that may be meant, «%s», is asked about, with a button', async (text, actionId, confirm) => {
    const live = await show(anUpgradeIn('progressing'))
    await reply(live, text)
    const asked = await slack.waitForEphemeral(({ user }) => user === 'U0CAROL')
    expect(asked.text).toContain('Nothing was done')
    expect(surface.decisions).toEqual([])
    await slack.click({ user: 'U0CAROL', channel, ts: asked.ts, actionId, ...(confirm && { confirm }) })
    expect(surface.decisions).toMatchObject([{ action: actionId, via: 'button' }])
    await slack.waitFor(() => slack.ephemerals('U0CAROL').length === 0)
  })

  test('that may be meant is left alone where it cannot be done', async () => {
    const live = await show(anUpgradeIn('rolledBack'))
    await reply(live, 'rollback?')
    expect(slack.ephemerals()).toEqual([])
  })

  test('that Slack brings two minutes later is asked about', async () => {
    const live = await show(anUpgradeIn('progressing'))
    const ts = `${Math.floor(Date.now() / 1000) - 121}.000100`
    const late = { type: 'message', channel_type: 'channel', channel, user: 'U0CAROL', thread_ts: live.ts, ts }
    await slack.event({ ...late, text: 'rollback' })
    expect((await slack.waitForEphemeral(() => true)).text).toContain('Do you want to roll')
    expect(surface.decisions).toEqual([])
  })

  test('to the app itself in words that it does not know is told which it knows', async () => {
    const live = await show(anUpgradeIn('progressing'))
    await reply(live, `<@${slack.botUserId}> make it better`)
    expect((await slack.waitForEphemeral(() => true)).text).toContain('`rollback`, `hold` and `ack`')
  })

  test('is told to its author where the app may not mark it', async () => {
    slack.scopes.delete('reactions:write')
    const live = await show(anUpgradeIn('progressing'))
    await reply(live, 'rollback')
    const told = await slack.waitForEphemeral(({ user }) => user === 'U0CAROL')
    expect(told).toMatchObject({ threadTs: live.ts, text: expect.stringContaining('is rolling back to 1.4.2') })
  })

  test('stays decided when Slack takes no answer', async () => {
    const live = await show(anUpgradeIn('progressing'))
    slack.fault({ method: 'reactions.add', kind: 'server_error', times: 10 })
    slack.fault({ method: 'chat.postEphemeral', kind: 'server_error', times: 10 })
    const { events } = await reply(live, 'rollback')
    expect(outcomes(events)).toEqual(['acknowledged'])
    expect(phase()).toBe('rollingBack')
  })

  test('in the thread of a live message that was posted again counts, in the old thread too', async () => {
    const first = await show(anUpgradeIn('progressing'))
    await reply(first, 'lgtm')
    slack.deleteMessage(channel, first.ts)
    surface.happen(id, { type: 'paused', by: carol })
    const second = await show(surface.upgrades.get(id) ?? anUpgrade())
    expect(second.ts).not.toBe(first.ts)
    await reply(first, 'rollback')
    expect(phase()).toBe('rollingBack')
    await reply(second, 'status')
    await slack.waitForEphemeral(({ threadTs }) => threadTs === second.ts)
  })

  test('that is broadcast to the channel, or has a file, is one', async () => {
    const live = await show(anUpgradeIn('progressing'))
    const given = { user: 'U0CAROL', channel, threadTs: live.ts }
    await slack.say({ ...given, text: 'hold', as: 'thread_broadcast' })
    expect(phase()).toBe('paused')
    await slack.say({ ...given, text: 'rollback: see graph', as: 'file_share' })
    expect(phase()).toBe('rollingBack')
  })
})

describe('left alone', () => {
  beforeEach(() => start(false))

  /** Nothing was decided, and nobody was told anything. */
  function nothing(): void {
    expect(surface.decisions).toEqual([])
    expect(slack.ephemerals()).toEqual([])
    expect(slack.deliveries.every(({ outcome }) => outcome === 'acknowledged')).toBe(true)
  }

  test('is an edit that makes a command of it, with a mention too, and taking it back', async () => {
    const live = await show(anUpgradeIn('progressing'))
    const { message } = await reply(live, 'rolling along')
    const where = { user: 'U0CAROL', channel, ts: message.ts }
    expect((await slack.rewrite({ ...where, text: 'rollback' })).length).toBe(1)
    expect((await slack.rewrite({ ...where, text: `<@${slack.botUserId}> rollback` })).length).toBe(2)
    expect((await slack.unsay(where)).length).toBe(1)
    nothing()
  })

  test('is a bot, an app in the name of a person, and the app itself', async () => {
    const live = await show(anUpgradeIn('progressing'))
    await reply(live, 'rollback', 'U0ROBOT')
    const said = { type: 'message', channel_type: 'channel', channel, thread_ts: live.ts, ts: `${Date.now()}.000100` }
    await slack.event({ ...said, user: 'U0CAROL', text: 'rollback', app_id: 'A0OTHER' })
    await slack.event({ ...said, user: 'U0CAROL', text: 'rollback', bot_profile: { id: 'B0OTHER' } })
    await slack.event({ ...said, subtype: 'bot_message', bot_id: 'B0OTHER', text: 'rollback' })
    await slack.event({ ...said, user: slack.botUserId, text: 'rollback' })
    await slack.event({ ...said, subtype: 'me_message', user: 'U0CAROL', text: 'rollback' })
    nothing()
  })

  test('is what is said in the channel, in another thread, and in another channel’s thread of the same time', async () => {
    const live = await show(anUpgradeIn('progressing'))
    const { message: other } = await slack.say({ user: 'U0CAROL', channel, text: 'rollback' })
    await reply(other, 'rollback')
    const said = {
      type: 'message',
      channel_type: 'channel',
      user: 'U0CAROL',
      text: 'rollback',
      ts: `${Date.now()}.0001`,
    }
    await slack.event({ ...said, channel: 'C0OTHER', thread_ts: live.ts })
    await slack.event({ ...said, channel, channel_type: 'im', thread_ts: live.ts })
    nothing()
  })

  test.each(['message', 'app_mention'])('is a %s that is no message', async (type) => {
    await show(anUpgradeIn('progressing'))
    for (const odd of [
      {},
      { text: 1 },
      { thread_ts: 'x', ts: null, user: {}, text: [] },
      { text: 'x', thread_ts: '1.1' },
    ]) {
      await slack.event({ type, channel, ...odd })
    }
    nothing()
  })

  test('is everything where replies are off, and without a mention where one is needed', async () => {
    const live = await show(anUpgradeIn('progressing'))
    replies = 'off'
    await reply(live, `<@${slack.botUserId}> rollback`)
    replies = 'mention'
    await reply(live, 'rollback')
    nothing()
    await reply(live, `<@${slack.botUserId}> rollback`)
    expect(surface.decisions).toHaveLength(1)
  })
})

test('without the channel’s history a mention is heard, and a start that counts on mentions needs their scope', async () => {
  await start(false)
  slack.scopes.delete('channels:history')
  replies = 'mention'
  const live = await show(anUpgradeIn('progressing'))
  const { message, events } = await reply(live, `<@${slack.botUserId}>: rollback, users cannot pay`)
  expect(events).toHaveLength(1)
  await marked(message)
  expect(surface.decisions).toMatchObject([{ action: 'rollback', reason: 'users cannot pay' }])
  slack.scopes.delete('app_mentions:read')
  await expect(app.start()).rejects.toMatchObject({
    code: 'SLACK_SCOPE_MISSING',
    message: expect.stringContaining('app_mentions:read'),
  })
})
