import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createNotices } from '../../src/slack/notices.ts'
import { createSync } from '../../src/slack/sync.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import { alice, anUpgrade, anUpgradeIn, aPolicy, bob, carol, noon } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type Channel, type FakeSlack, type Fault, type Message, startSlack } from '../fakes/slack/slack.ts'
import { doomed } from './crash.ts'
import { InMemoryShown } from './in-memory-shown.ts'
import { smallFiles } from './small-files.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const news = 'C0NEWS'
const silent = { info() {}, warn() {}, error() {} }

let slack: FakeSlack
let surface: InMemorySurface
let shown: InMemoryShown
let lost: string[]

beforeEach(async () => {
  slack = await aSlack()
  surface = new InMemorySurface()
  shown = new InMemoryShown()
  lost = []
})

afterEach(() => slack.stop())

async function aSlack() {
  const started = await startSlack({ clock: () => Date.parse(noon) })
  for (const name of ['dana', 'alice', 'bob', 'carol', 'mona']) {
    started.addUser({ id: `U0${name.toUpperCase()}`, name })
  }
  started.addChannel({ id: channel, name: 'releases', members: ['U0ALICE', 'U0BOB', 'U0CAROL'] })
  started.addChannel({ id: news, name: 'news', members: ['U0ALICE', 'U0MONA'] })
  return started
}

function policyWith(notify: Policy['notify']): Policy {
  return notify ? aPolicy({ notify }) : aPolicy()
}

function partsOf(process = doomed()) {
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
  const { chat, conversations, files } = process.outside({
    chat: client.chat,
    conversations: client.conversations,
    files: client.files,
  })
  return {
    client: Object.assign(client, { chat, conversations, files }),
    surface,
    shown: process.outside(shown),
    budget: {
      take: async ({ kind }: { kind: string }) => (kind === 'look' ? Number.POSITIVE_INFINITY : 0),
      pause: async () => {},
    },
    messages: en,
    log: silent,
    files: smallFiles,
    background: () => {},
    suspect: () => {},
    lost: async (to: string, why: string | undefined) => void (why && lost.push(`${to} ${why}`)),
  }
}

/** As a process shows an upgrade: what people decide on first. */
async function tell(process = doomed()) {
  await createSync(partsOf())(id)
  return Promise.race([createNotices(partsOf(process))(id), process.died])
}

function inNews(): Message[] {
  return slack.messages(news).filter(({ deleted }) => !deleted)
}

describe('stakeholders', () => {
  test('hear of start and result, each in a message of its own, with a link and without buttons', async () => {
    const policy = policyWith([{ to: news, on: ['start', 'result'] }])
    surface.put(anUpgrade({ policy }))
    await tell()
    expect(inNews()).toEqual([])
    surface.put(anUpgradeIn('progressing', { policy }))
    await tell()
    expect(inNews().map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^Started: web 1\.4\.2 → 1\.5\.0 in production · batches of 1, 3, 5, 10 of 10 pods · .* · <https:.*\|web-production-14>$/,
      ),
    ])
    surface.put(anUpgradeIn('rolledBack', { policy }))
    await tell()
    expect(inNews()).toHaveLength(2)
    expect(inNews()[1]?.text).toMatch(/^web-production-14 rolled back: web → 1\.5\.0 in production · after /)
    for (const { unfurlLinks, blocks, notified } of inNews()) {
      expect(unfurlLinks).toBe(false)
      expect(blocks?.some(({ type }) => type === 'actions')).toBe(false)
      expect(notified).toEqual([])
    }
  })

  test('hear of decisions in one message, which is edited', async () => {
    const policy = policyWith([{ to: news, on: ['decision'] }])
    const asked = anUpgrade({ policy })
    const planHash = asked.plan?.hash ?? ''
    surface.put({ ...asked, approvals: [{ by: alice, at: noon, planHash }] })
    await tell()
    expect(inNews()[0]?.text).toContain('1 of 2 approvals')
    surface.put({ ...asked, approvals: [alice, bob].map((by) => ({ by, at: noon, planHash })) })
    surface.happen(id, { type: 'rejected', by: bob, reason: 'not on a Friday' })
    await tell()
    expect(inNews()).toHaveLength(1)
    expect(inNews()[0]?.text).toMatch(/2 of 2 approvals .*\nRejected «not on a Friday»/s)
    expect(inNews()[0]?.text).not.toContain('<@')
  })

  test('hear of failures, and of nothing else, where that is what they chose', async () => {
    const policy = policyWith([{ to: 'U0MONA', on: ['failure'] }])
    surface.put(anUpgradeIn('progressing', { policy }))
    await tell()
    expect(slack.directMessages('U0MONA')).toEqual([])
    surface.happen(id, { type: 'stuck', code: 'NOT_READY', detail: { ready: 0, wanted: 1 } })
    await tell()
    expect(slack.directMessages('U0MONA').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Trouble: web .*\nNew pods run but are not Ready: 0 of 1 are\. /s),
    ])
  })

  test('hear of a success that was taken back once more', async () => {
    const policy = policyWith([{ to: news, on: ['result'] }])
    const done = anUpgradeIn('succeeded', { policy })
    const rollbackUntil = '2026-07-02T12:00:00.000Z'
    surface.put(done.result ? { ...done, result: { ...done.result, rollbackUntil } } : done)
    await tell()
    surface.happen(id, { type: 'turnedBack', by: carol })
    await tell()
    expect(inNews()).toHaveLength(1)
    surface.happen(id, { type: 'reached', updated: 0, ready: 10, total: 10, generation: 9 })
    await tell()
    expect(inNews().map(({ text }) => text.split(':')[0])).toEqual([
      'web-production-14 succeeded',
      'web-production-14 rolled back',
    ])
  })

  test('cost nothing while there is nothing new for them', async () => {
    surface.put(anUpgradeIn('progressing', { policy: policyWith([{ to: news, on: ['start'] }]) }))
    await tell()
    const calls = slack.calls.length
    expect(await createNotices(partsOf())(id)).toEqual({ state: 'shown', isOver: false })
    expect(slack.calls.length).toBe(calls)
  })
})

describe('somebody who cannot be told', () => {
  const policy = policyWith([
    { to: 'C0GONE', on: ['start'] },
    { to: news, on: ['start'] },
  ])

  function left(changes: Partial<Channel>) {
    slack.addChannel({ id: 'C0GONE', name: 'gone', members: [] })
    slack.modifyChannel('C0GONE', { members: [], ...changes })
  }

  test.each<[string, () => unknown, string]>([
    ['a channel that the app is not in', () => left({}), 'CHANNEL_LEFT'],
    ['a channel that is not there', () => {}, 'CHANNEL_LEFT'],
    ['a channel that is shared with strangers', () => left({ isShared: true, members: ['U0BOT'] }), 'CHANNEL_SHARED'],
  ])('%s: the admins hear of it once, and everybody else is told', async (_, trouble, why) => {
    trouble()
    surface.put(anUpgradeIn('progressing', { policy }))
    expect(await tell()).toEqual({ state: 'shown', isOver: false })
    await tell()
    expect(inNews()).toHaveLength(1)
    expect(lost).toEqual([`C0GONE ${why}`])
    expect(slack.messages('C0GONE')).toEqual([])
  })

  test.each<[string, () => unknown, string]>([
    ['a deactivated person', () => slack.modifyUser('U0MONA', { deleted: true }), 'U0MONA '],
    ['a person who is not there', () => {}, 'U0NOBODY '],
  ])('%s keeps nobody back either', async (_, trouble, who) => {
    trouble()
    const to = who.trim()
    surface.put(
      anUpgradeIn('progressing', {
        policy: policyWith([
          { to, on: ['start'] },
          { to: news, on: ['start'] },
        ]),
      }),
    )
    await tell()
    expect(inNews()).toHaveLength(1)
    expect(lost).toEqual([expect.stringContaining(who)])
  })

  test('is tried again by the next upgrade, and by the same one when it was a matter of time', async () => {
    slack.fault({ kind: 'rate_limited', method: 'chat.postMessage', channel: news, times: 1 })
    surface.put(anUpgradeIn('progressing', { policy: policyWith([{ to: news, on: ['start'] }]) }))
    expect(await tell()).toMatchObject({ state: 'later' })
    expect(await tell()).toMatchObject({ state: 'shown' })
    expect(inNews()).toHaveLength(1)
    expect(lost).toEqual([])
  })
})

test('the admins are told what to do about it', () => {
  expect(en.noticesLost('C0GONE', 'CHANNEL_LEFT').mrkdwn).toBe(
    'Rollcall is to tell <#C0GONE> of upgrades (`notify` in rollcall.yaml), and cannot: it is not in that channel; invite it there. Upgrades go on all the same.',
  )
})

test('dying at any moment, and being two, tells everybody once', async () => {
  const policy = policyWith([
    { to: news, on: ['decision', 'result'] },
    { to: 'U0MONA', on: ['result'] },
  ])
  const told = () => [inNews().length, slack.directMessages('U0MONA').filter(({ deleted }) => !deleted).length]

  async function scene() {
    await slack.stop()
    slack = await aSlack()
    surface = new InMemorySurface().put(anUpgradeIn('progressing', { policy }))
    shown = new InMemoryShown()
    await tell()
    surface.put(anUpgradeIn('rolledBack', { policy }))
  }

  await scene()
  const whole = doomed()
  expect(await tell(whole)).toMatchObject({ state: 'shown' })
  expect(told()).toEqual([2, 1])
  const moments = whole.moments()
  expect(moments).toBeGreaterThan(15)
  for (let at = 1; at <= moments; at++) {
    await scene()
    expect(await tell(doomed(at))).toBe('died')
    expect(await tell(), `died at ${at} of ${moments}`).toMatchObject({ state: 'shown' })
    expect(told(), `died at ${at} of ${moments}`).toEqual([2, 1])
  }
  await scene()
  await Promise.all([tell(), tell()])
  expect(await tell()).toMatchObject({ state: 'shown' })
  expect(told()).toEqual([2, 1])
})

test.each<[string, Fault]>([
  [
    'an answer that was lost',
    { kind: 'connection_reset', method: 'chat.postMessage', channel: news, applyFirst: true },
  ],
  ['a server’s error', { kind: 'server_error', method: 'chat.postMessage', channel: news }],
])('%s is made up for', async (_, fault) => {
  slack.fault(fault)
  surface.put(anUpgradeIn('progressing', { policy: policyWith([{ to: news, on: ['start'] }]) }))
  expect(await tell()).toMatchObject({ state: 'later' })
  expect(await tell()).toMatchObject({ state: 'shown' })
  expect(inNews()).toHaveLength(1)
})
