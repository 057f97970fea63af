import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import type { Budget, Spend } from '../../src/slack/budget.ts'
import { slackClient } from '../../src/slack/client.ts'
import type { Shown, ShownMessage } from '../../src/slack/shown.ts'
import { createSync } from '../../src/slack/sync.ts'
import { alice, anUpgrade, anUpgradeIn, bob, carol, noon } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Message, startSlack } from '../fakes/slack/slack.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const silent = { info() {}, warn() {}, error() {} }

let slack: FakeSlack
let surface: InMemorySurface
let shown: Shown & { stored: Map<string, ShownMessage>; loseNextSave?: boolean }
let spent: Spend[]
let wait: (spend: Spend) => number

beforeEach(async () => {
  slack = await startSlack({ clock: () => Date.parse(noon) })
  for (const name of ['dana', 'alice', 'bob', 'carol']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addChannel({ id: channel, name: 'releases', members: ['U0DANA', 'U0ALICE', 'U0BOB', 'U0CAROL'] })
  surface = new InMemorySurface()
  const stored = new Map<string, ShownMessage>()
  shown = {
    stored,
    load: async () => Object.fromEntries(stored),
    save: async (_, key, message) => {
      if (shown.loseNextSave) {
        shown.loseNextSave = false
        throw new Error('killed')
      }
      stored.set(key, message)
    },
  }
  spent = []
  wait = () => 0
})

afterEach(() => slack.stop())

function sync(options: { timeoutMs?: number } = {}) {
  const budget: Budget = {
    async take(spend) {
      const waitMs = wait(spend)
      if (waitMs === 0) spent.push(spend)
      return waitMs
    },
  }
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent, ...options })
  return createSync({ client, surface, shown, budget, messages: en, log: silent })(id)
}

function live(): Message {
  const [first] = slack.messages(channel).filter((one) => !one.threadTs && !one.deleted)
  if (!first) throw new Error('no live message')
  return first
}

function questions(): Message[] {
  return slack.replies(channel, live().ts)
}

describe('a first time', () => {
  test('posts the live message, then the question into its thread', async () => {
    surface.put(anUpgrade())
    expect(await sync()).toEqual({ state: 'shown' })
    expect(slack.messages(channel).map(({ metadata }) => metadata?.event_type)).toEqual([
      'rollcall_upgrade',
      'rollcall_question',
    ])
    expect(live().metadata?.event_payload).toMatchObject({ id, phase: 'awaitingApproval', sequence: 1 })
    expect(questions()[0]?.metadata?.event_payload).toEqual({ id, step: 0, kind: 'start', open: true })
    expect(questions()[0]?.notified).toEqual(expect.arrayContaining(['U0ALICE', 'U0BOB']))
    expect([live(), ...questions()].some((one) => one.unfurlLinks || one.unfurlMedia)).toBe(false)
  })

  test('writes to those who are called and have not joined the channel, once', async () => {
    slack.modifyChannel(channel, { members: ['U0DANA', 'U0ALICE', 'U0BOT'] })
    surface.put(anUpgrade())
    await sync()
    await sync()
    expect(slack.directMessages('U0ALICE')).toEqual([])
    const direct = slack.directMessages('U0BOB')
    expect(direct).toHaveLength(1)
    expect(direct[0]?.notified).toEqual(['U0BOB'])
    expect(direct[0]?.text).toContain(`You are asked in <#${channel}>, which you have not joined.`)
    expect(direct[0]?.text).toContain('Start web-production-14?')
    expect(direct[0]?.text).toContain(`|Open it there>`)
  })

  test('of an upgrade that is not there does nothing', async () => {
    expect(await sync()).toEqual({ state: 'shown' })
    expect(slack.calls).toEqual([])
  })
})

describe('afterwards', () => {
  test('nothing is sent while nothing has changed', async () => {
    surface.put(anUpgrade())
    await sync()
    const calls = slack.calls.length
    expect(await sync()).toEqual({ state: 'shown' })
    expect(slack.calls.length).toBe(calls)
  })

  test('what has changed is edited in place, and the sequence grows', async () => {
    const upgrade = anUpgrade()
    surface.put(upgrade)
    await sync()
    const planHash = upgrade.plan?.hash ?? ''
    surface.happen(id, { type: 'approved', by: alice, planHash })
    await sync()
    surface.happen(id, { type: 'approved', by: bob, planHash })
    surface.happen(id, { type: 'started', approvers: [alice, bob] })
    await sync()
    expect(slack.messages(channel)).toHaveLength(2)
    expect(live().metadata?.event_payload).toMatchObject({ phase: 'progressing', sequence: 3 })
    expect(questions()[0]?.text).toContain('Approved by <@U0ALICE>, <@U0BOB>')
    expect(questions()[0]?.metadata?.event_payload).toMatchObject({ open: false })
  })

  test('states that were never shown are left out: the newest one arrives', async () => {
    surface.put(anUpgradeIn('verifying'))
    await sync()
    surface.happen(id, { type: 'soaked' })
    surface.happen(id, { type: 'checked', reports: [] })
    surface.happen(id, { type: 'continued', by: carol })
    await sync()
    expect(live().edits).toHaveLength(1)
    expect(live().metadata?.event_payload).toMatchObject({ phase: 'progressing', batch: 2 })
    expect(questions().map(({ metadata }) => metadata?.event_payload)).toEqual([
      { id, step: 4, kind: 'continue', open: false },
    ])
  })

  test('a new question comes before a mere tick of the live message', async () => {
    surface.put(anUpgradeIn('progressing'))
    surface.observation = { updated: 0, ready: 10, total: 10, pods: [] }
    await sync()
    spent = []
    surface.observation = { updated: 1, ready: 10, total: 10, pods: [] }
    await sync()
    expect(spent).toEqual([{ kind: 'update', channel, progress: true }])
    surface.happen(id, { type: 'paused', by: carol })
    spent = []
    await sync()
    expect(spent).toEqual([{ kind: 'update', channel, progress: false }])
  })

  test('the result closes the thread with the audit head', async () => {
    surface.put(anUpgradeIn('succeeded'))
    await sync()
    expect(questions().at(-1)?.metadata).toEqual({ event_type: 'rollcall_result', event_payload: { id } })
  })
})

describe('when Slack is in trouble', () => {
  test('a 429 is honoured, and nothing is lost', async () => {
    surface.put(anUpgrade())
    slack.fault({ kind: 'rate_limited', retryAfterSeconds: 7, method: 'chat.postMessage' })
    const before = Date.now()
    const synced = await sync()
    expect(synced).toMatchObject({ state: 'later', why: 'rate limit' })
    expect(synced.state === 'later' && synced.at - before).toBeGreaterThanOrEqual(7_000)
    expect(await sync()).toEqual({ state: 'shown' })
    expect(slack.messages(channel)).toHaveLength(2)
  })

  test('a spent budget asks to wait, and the live message comes first', async () => {
    surface.put(anUpgrade())
    let posts = 0
    wait = ({ kind }) => (kind === 'post' && posts++ > 0 ? 400 : 0)
    const synced = await sync()
    expect(synced).toMatchObject({ state: 'later' })
    expect(slack.messages(channel)).toHaveLength(1)
    wait = () => 0
    expect(await sync()).toEqual({ state: 'shown' })
    expect(questions()).toHaveLength(1)
  })

  test('nothing is written into a thread that does not exist yet', async () => {
    surface.put(anUpgrade())
    let asked = 0
    wait = () => (asked++ === 0 ? 400 : 0)
    expect(await sync()).toMatchObject({ state: 'later' })
    expect(slack.messages(channel)).toEqual([])
  })

  test.each(['connection_reset', 'timeout', 'server_error'] as const)(
    'an answer lost by %s does not double the message',
    async (kind) => {
      surface.put(anUpgrade())
      slack.fault({ kind, method: 'chat.postMessage', applyFirst: true })
      expect(await sync({ timeoutMs: 1_500 })).toMatchObject({ state: 'later' })
      expect(await sync()).toEqual({ state: 'shown' })
      expect(slack.messages(channel)).toHaveLength(2)
    },
  )

  test.each([0, 1])('a process that dies after post %i, before it notes it, does not double it', async (posts) => {
    surface.put(anUpgrade())
    if (posts === 1) {
      wait = ({ kind }) => (kind === 'post' && spent.length > 0 ? 1 : 0)
      await sync()
      wait = () => 0
    }
    shown.loseNextSave = true
    expect(await sync()).toMatchObject({ state: 'later' })
    expect(await sync()).toEqual({ state: 'shown' })
    expect(slack.messages(channel)).toHaveLength(2)
    expect(live().metadata?.event_payload.sequence).toBe(posts === 0 ? 2 : 1)
  })

  test('a deleted live message is posted again, once', async () => {
    surface.put(anUpgrade())
    await sync()
    const first = live()
    slack.deleteMessage(channel, first.ts)
    surface.happen(id, { type: 'approved', by: alice, planHash: anUpgrade().plan?.hash ?? '' })
    shown.loseNextSave = true
    await sync()
    expect(await sync()).toEqual({ state: 'shown' })
    expect(slack.messages(channel).filter((one) => !one.deleted && !one.threadTs)).toHaveLength(1)
    expect(live().ts).not.toBe(first.ts)
    expect(live().metadata?.event_payload.sequence).toBeGreaterThan(1)
  })

  test('a closed question that somebody deleted stays away', async () => {
    surface.put(anUpgradeIn('awaitingContinue'))
    await sync()
    const [question] = questions()
    slack.deleteMessage(channel, question?.ts ?? '')
    surface.happen(id, { type: 'continued', by: carol })
    expect(await sync()).toEqual({ state: 'shown' })
    expect(questions()).toEqual([])
  })

  test('a message that Slack refuses does not keep the others back', async () => {
    surface.put(anUpgrade())
    await sync()
    surface.happen(id, { type: 'approved', by: alice, planHash: anUpgrade().plan?.hash ?? '' })
    slack.fault({ kind: 'platform_error', error: 'invalid_blocks', method: 'chat.update' })
    expect(await sync()).toMatchObject({ state: 'later', why: 'invalid_blocks' })
    expect(questions()[0]?.text).toContain('Approved by <@U0ALICE>')
  })

  test('an archived channel is told, not hammered', async () => {
    surface.put(anUpgrade())
    slack.modifyChannel(channel, { isArchived: true })
    const before = Date.now()
    const synced = await sync()
    expect(synced).toMatchObject({ state: 'later', why: 'is_archived' })
    expect(synced.state === 'later' && synced.at - before).toBeGreaterThanOrEqual(60_000)
  })
})
