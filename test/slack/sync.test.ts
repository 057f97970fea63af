import type { KnownBlock, MessageMetadata } from '@slack/types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import type { Budget, Spend } from '../../src/slack/budget.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createSync } from '../../src/slack/sync.ts'
import { alice, anUpgrade, anUpgradeIn, bob, carol, noon } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Fault, type Message, startSlack } from '../fakes/slack/slack.ts'
import { InMemoryShown } from './in-memory-shown.ts'
import { smallFiles } from './small-files.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const silent = { info() {}, warn() {}, error() {} }

let slack: FakeSlack
let surface: InMemorySurface
let shown: InMemoryShown
let spent: Spend[]
let wait: (spend: Spend) => number
/** When the budget lets it look for deleted messages, in milliseconds. */
let mayLookInMs: number
let suspected: string[]
/** How often Slack did not let it share files. */
let notAllowed: number
let paused: { spend: Spend; forMs: number }[]

beforeEach(async () => {
  slack = await startSlack({ clock: () => Date.parse(noon) })
  for (const name of ['dana', 'alice', 'bob', 'carol']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addChannel({ id: channel, name: 'releases', members: ['U0DANA', 'U0ALICE', 'U0BOB', 'U0CAROL'] })
  surface = new InMemorySurface()
  shown = new InMemoryShown()
  mayLookInMs = Number.POSITIVE_INFINITY
  suspected = []
  notAllowed = 0
  paused = []
  spent = []
  wait = () => 0
})

afterEach(() => slack.stop())

async function sync(options: { timeoutMs?: number } = {}) {
  const budget: Budget = {
    async pause(spend, forMs) {
      paused.push({ spend, forMs })
    },
    async take(spend) {
      if (spend.kind === 'look') return mayLookInMs
      const waitMs = wait(spend)
      if (waitMs === 0) spent.push(spend)
      return waitMs
    },
  }
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent, ...options })
  const aside: Promise<void>[] = []
  const suspect = (one: string) => suspected.push(one)
  const background = (work: Promise<void>) => void aside.push(work)
  const files = { ...smallFiles, notAllowed: () => void notAllowed++ }
  const parts = { client, surface, shown, budget, messages: en, log: silent, files, background, suspect }
  const synced = await createSync(parts)(id)
  await Promise.all(aside)
  return synced
}

function live(): Message {
  const [first] = slack.messages(channel).filter((one) => !one.threadTs && !one.deleted)
  if (!first) throw new Error('no live message')
  return first
}

function isLook({ method }: { method: string }): boolean {
  return method === 'conversations.history' || method === 'conversations.replies'
}

/** How often the channel or a thread was read. */
function looks(): number {
  return slack.calls.filter(isLook).length
}

function questions(): Message[] {
  return slack.replies(channel, live().ts)
}

describe('a first time', () => {
  test('posts the live message, then the question into its thread', async () => {
    surface.put(anUpgrade())
    expect(await sync()).toMatchObject({ state: 'shown' })
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

  test.each<[string, () => unknown]>([
    ['a deactivated account', () => slack.modifyUser('U0BOB', { deleted: true })],
    ['a bot', () => slack.modifyUser('U0BOB', { isBot: true })],
    [
      'an answer that is lost',
      () => slack.fault({ kind: 'connection_reset', method: 'chat.postMessage', channel: 'U0BOB' }),
    ],
  ])('does not write again to whom it could not: %s', async (_, trouble) => {
    slack.modifyChannel(channel, { members: ['U0DANA', 'U0BOT'] })
    trouble()
    surface.put(anUpgrade())
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(slack.directMessages('U0ALICE')).toHaveLength(1)
    const calls = slack.calls.length
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(slack.calls.length).toBe(calls)
  })

  test.each<[string, Fault]>([
    [
      'nobody says who has joined',
      { kind: 'platform_error', error: 'fetch_members_failed', method: 'conversations.members' },
    ],
    ['the question has no address', { kind: 'server_error', method: 'chat.getPermalink' }],
    ['there were too many messages', { kind: 'rate_limited', method: 'chat.postMessage', channel: 'U0BOB' }],
  ])('keeps no question back when %s, and writes later', async (_, fault) => {
    slack.modifyChannel(channel, { members: ['U0DANA', 'U0ALICE', 'U0BOT'] })
    slack.fault(fault)
    surface.put(anUpgrade())
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions()).toHaveLength(1)
    await sync()
    expect(slack.directMessages('U0BOB')).toHaveLength(1)
  })

  test('nothing waits for a direct message that Slack does not answer', async () => {
    slack.modifyChannel(channel, { members: ['U0DANA', 'U0ALICE', 'U0BOT'] })
    slack.fault({ kind: 'timeout', method: 'conversations.members' })
    surface.put(anUpgrade())
    const calling = sync()
    await slack.waitForMessage(({ metadata }) => metadata?.event_type === 'rollcall_question')
    surface.put(anUpgradeIn('awaitingContinue'))
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions().some(({ metadata }) => metadata?.event_payload.kind === 'continue')).toBe(true)
    await calling
  })

  test('of an upgrade that is not there does nothing', async () => {
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(slack.calls).toEqual([])
  })
})

describe('afterwards', () => {
  test('nothing is sent while nothing has changed', async () => {
    surface.put(anUpgrade())
    await sync()
    const calls = slack.calls.length
    expect(await sync()).toMatchObject({ state: 'shown' })
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
    surface.observation = { updated: 0, ready: 10, total: 10, pods: [], stable: [] }
    await sync()
    spent = []
    surface.observation = { updated: 1, ready: 10, total: 10, pods: [], stable: [] }
    await sync()
    expect(spent).toEqual([{ kind: 'update', channel, message: `${id}/live`, urgency: 'progress' }])
    surface.happen(id, { type: 'paused', by: carol })
    spent = []
    await sync()
    expect(spent).toEqual([{ kind: 'update', channel, message: `${id}/live`, urgency: 'changed' }])
  })

  test('the result closes the thread with the audit head', async () => {
    surface.put(anUpgradeIn('succeeded'))
    await sync()
    expect(questions().findLast(({ files }) => !files)?.metadata).toEqual({
      event_type: 'rollcall_result',
      event_payload: { id },
    })
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
    expect(paused).toEqual([
      { spend: { kind: 'post', channel, message: `${id}/live`, urgency: 'asked' }, forMs: 7_000 },
    ])
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(slack.messages(channel)).toHaveLength(2)
  })

  test('a look whose turn is near is waited for, and one that is far away is not', async () => {
    surface.put(anUpgrade())
    mayLookInMs = 700
    const synced = await sync()
    expect(synced).toMatchObject({ state: 'later', why: 'the look waits' })
    mayLookInMs = 60_000
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(looks()).toBe(0)
    mayLookInMs = 0
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(looks()).toBe(1)
  })

  test('a spent budget asks to wait, and the live message comes first', async () => {
    surface.put(anUpgrade())
    let posts = 0
    wait = ({ kind }) => (kind === 'post' && posts++ > 0 ? 400 : 0)
    const synced = await sync()
    expect(synced).toMatchObject({ state: 'later' })
    expect(slack.messages(channel)).toHaveLength(1)
    wait = () => 0
    expect(await sync()).toMatchObject({ state: 'shown' })
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
      expect(await sync()).toMatchObject({ state: 'shown' })
      expect(slack.messages(channel)).toHaveLength(2)
    },
  )

  test('what is not known to be posted is looked for first, and only that', async () => {
    surface.put(anUpgrade())
    await sync()
    expect(looks()).toBe(0)
    surface.put(anUpgradeIn('awaitingContinue'))
    slack.fault({ kind: 'connection_reset', method: 'chat.postMessage', applyFirst: true })
    await sync()
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(looks()).toBe(1)
    const { method, args } = slack.calls.find(isLook) ?? {}
    expect(method).toBe('conversations.replies')
    expect(Number(args?.oldest)).toBe(Date.parse(noon) / 1_000 - 300)
  })

  test('what Slack says it did not post is not looked for', async () => {
    surface.put(anUpgrade())
    for (const fault of [{ kind: 'rate_limited' }, { kind: 'platform_error', error: 'invalid_blocks' }] as const) {
      slack.fault({ ...fault, method: 'chat.postMessage' })
      expect(await sync()).toMatchObject({ state: 'later' })
    }
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(looks()).toBe(0)
    expect(live().metadata?.event_payload.sequence).toBe(1)
  })

  test.each(['internal_error', 'fatal_error', 'service_unavailable'])(
    '%s says nothing about the post',
    async (error) => {
      surface.put(anUpgrade())
      slack.fault({ kind: 'platform_error', error, method: 'chat.postMessage', applyFirst: true })
      const before = Date.now()
      const synced = await sync()
      expect(synced.state === 'later' && synced.at - before).toBeLessThan(60_000)
      expect(await sync()).toMatchObject({ state: 'shown' })
      expect(slack.messages(channel)).toHaveLength(2)
    },
  )

  test('an app that may not look posts all the same', async () => {
    surface.put(anUpgrade())
    slack.fault({ kind: 'connection_reset', method: 'chat.postMessage' })
    await sync()
    slack.scopes.delete('channels:history')
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(slack.messages(channel)).toHaveLength(2)
  })

  test('two processes that show at once leave one of each message', async () => {
    surface.put(anUpgrade())
    await Promise.all([sync(), sync(), sync()])
    expect(await sync()).toMatchObject({ state: 'shown' })
    const left = slack.messages(channel).filter(({ deleted }) => !deleted)
    expect(left.map(({ metadata }) => metadata?.event_type).sort()).toEqual(['rollcall_question', 'rollcall_upgrade'])
    expect(questions()).toHaveLength(1)
  })
})

describe('what somebody deleted', () => {
  test('is posted again at the next change, and the open question moves to its thread', async () => {
    const upgrade = anUpgrade()
    surface.put(upgrade)
    await sync()
    const [first, [question]] = [live(), questions()]
    slack.deleteMessage(channel, first.ts)
    surface.happen(id, { type: 'approved', by: alice, planHash: upgrade.plan?.hash ?? '' })
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(live().ts).not.toBe(first.ts)
    expect(live().metadata?.event_payload.sequence).toBe(2)
    expect(questions().map(({ metadata }) => metadata?.event_payload.open)).toEqual([true])
    expect(questions()[0]?.text).toContain('one more approval')
    expect(slack.replies(channel, first.ts)).toEqual([])
    expect(questions()[0]?.ts).not.toBe(question?.ts)
  })

  test('is found out although nothing changes', async () => {
    surface.put(anUpgrade())
    await sync()
    slack.deleteMessage(channel, questions()[0]?.ts ?? '')
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions()).toEqual([])
    mayLookInMs = 0
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions()).toHaveLength(1)
    for (const message of [...questions(), live()]) slack.deleteMessage(channel, message.ts)
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions()).toHaveLength(1)
    expect(slack.messages(channel).filter(({ deleted }) => !deleted)).toHaveLength(2)
  })

  test('brings a new question to a live message of its own', async () => {
    surface.put(anUpgrade())
    await sync()
    for (const message of [...questions(), live()]) slack.deleteMessage(channel, message.ts)
    surface.put(anUpgradeIn('awaitingContinue'))
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions().map(({ metadata }) => metadata?.event_payload)).toEqual([
      { id, step: expect.any(Number), kind: 'continue', open: true },
    ])
  })

  test('leaves a closed question where it was', async () => {
    surface.put(anUpgradeIn('awaitingContinue'))
    await sync()
    surface.happen(id, { type: 'continued', by: carol })
    await sync()
    const first = live()
    slack.deleteMessage(channel, first.ts)
    surface.happen(id, { type: 'paused', by: carol })
    await sync()
    expect(live().ts).not.toBe(first.ts)
    expect(slack.replies(channel, first.ts)).toHaveLength(1)
    expect(questions()).toEqual([])
  })

  test('a closed question that somebody deleted stays away', async () => {
    surface.put(anUpgradeIn('awaitingContinue'))
    await sync()
    const [question] = questions()
    slack.deleteMessage(channel, question?.ts ?? '')
    surface.happen(id, { type: 'continued', by: carol })
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(questions()).toEqual([])
  })
})

describe('what a process that died had sent', () => {
  test('and comes after a newer edit is found out and put right', async () => {
    surface.put(anUpgradeIn('paused'))
    await sync()
    const { ts, text, blocks, metadata } = live()
    surface.happen(id, { type: 'resumed', by: carol })
    await sync()
    const resumed = live().text
    expect(resumed).not.toBe(text)
    const late = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
    await late.chat.update({ channel, ts, text, blocks: blocks as KnownBlock[], metadata: metadata as MessageMetadata })
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(live().text).toBe(text)
    mayLookInMs = 0
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(live().text).toBe(resumed)
    const edits = slack.calls.filter(({ method }) => method === 'chat.update').length
    expect(await sync()).toMatchObject({ state: 'shown' })
    expect(slack.calls.filter(({ method }) => method === 'chat.update')).toHaveLength(edits)
  })

  test('is put right after the end too', async () => {
    surface.put(anUpgradeIn('paused'))
    await sync()
    const { ts, text, blocks, metadata } = live()
    surface.put(anUpgradeIn('succeeded'))
    await sync()
    const late = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
    await late.chat.update({ channel, ts, text, blocks: blocks as KnownBlock[], metadata: metadata as MessageMetadata })
    mayLookInMs = 0
    await sync()
    expect(live().text).toContain('Succeeded')
  })
})

describe('what Slack refuses', () => {
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
    expect(suspected).toEqual([channel])
    expect(synced.state === 'later' && synced.at - before).toBeGreaterThanOrEqual(60_000)
  })
})
