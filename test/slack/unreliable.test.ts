import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createSync } from '../../src/slack/sync.ts'
import { messagesOf } from '../../src/slack/views/messages.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { waitingFor } from '../../src/upgrade/reminders.ts'
import { transition } from '../../src/upgrade/transition.ts'
import { hasStarted, type Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, bob, carol, noon, oscar, someFacts } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import {
  type FakeSlack,
  type Fault,
  type InjectedFault,
  interactiveElements,
  type Message,
  startSlack,
} from '../fakes/slack/slack.ts'
import { doomed } from './crash.ts'
import { InMemoryShown } from './in-memory-shown.ts'
import { smallFiles } from './small-files.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const silent = { info() {}, warn() {}, error() {} }

const open: FakeSlack[] = []

afterEach(async () => {
  for (const slack of open.splice(0)) await slack.stop()
})

/** A Slack, an upgrade and what is noted of it; every `sync` is a process of its own. */
async function aPlace(upgrade: Upgrade) {
  const slack = await startSlack({ clock: () => Date.parse(noon) })
  open.push(slack)
  const members = ['dana', 'alice', 'bob', 'carol', 'oscar'].map((name) => `U0${name.toUpperCase()}`)
  for (const user of members) slack.addUser({ id: user, name: user.slice(2).toLowerCase() })
  slack.addChannel({ id: channel, name: 'releases', members })
  const surface = new InMemorySurface().put(upgrade)
  const shown = new InMemoryShown()

  async function sync({ process = doomed(), timeoutMs = 10_000, mayLook = false } = {}) {
    const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, timeoutMs, log: silent })
    const { chat, conversations, files } = process.outside({
      chat: client.chat,
      conversations: client.conversations,
      files: client.files,
    })
    const parts = {
      client: Object.assign(client, { chat, conversations, files }),
      surface,
      shown: process.outside(shown),
      budget: {
        take: async ({ kind }: { kind: string }) => (kind === 'look' && !mayLook ? Number.POSITIVE_INFINITY : 0),
        pause: async () => {},
      },
      messages: en,
      log: silent,
      files: process.outside(smallFiles),
      background: () => {},
      suspect: () => {},
    }
    return Promise.race([createSync(parts)(id), process.died])
  }

  return { slack, surface, shown, sync, trouble: [] as InjectedFault[] }
}

type Place = Awaited<ReturnType<typeof aPlace>>

function there({ slack }: Place): Message[] {
  return slack.messages(channel).filter(({ deleted }) => !deleted)
}

function nameOf({ blocks }: Pick<Message, 'blocks'>): string {
  return blocks?.[0]?.block_id ?? ''
}

function looks({ slack }: Place): number {
  return slack.calls.filter(({ method }) => method === 'conversations.history' || method === 'conversations.replies')
    .length
}

/** Exactly one message for each that should be there, saying what the newest state says, all in one thread. */
async function expectNewest(place: Place): Promise<void> {
  const { surface } = place
  const upgrade = surface.upgrades.get(id)
  if (!upgrade) throw new Error(`no ${id}`)
  const told = { entries: await surface.audit(id), evidence: await surface.evidence(upgrade) }
  const observation = upgrade.result ? undefined : surface.observation
  const wanted = messagesOf(upgrade, { messages: en, observation, told })
  const isOpen = (one: Pick<Message, 'metadata'>) => one.metadata?.event_payload.open !== false
  const byName = (one: Pick<Message, 'blocks' | 'text'>) => [nameOf(one), one.text] as const
  const found = there(place).filter(({ files }) => !files)
  expect(place.slack.messages(channel).filter(({ files }) => files).length).toBeLessThanOrEqual(1)
  expect(found.filter(isOpen).map(byName).sort()).toEqual(wanted.filter(isOpen).map(byName).sort())
  // What is over stays away when somebody deleted it, and in its thread.
  const over = new Map(wanted.filter((one) => !isOpen(one)).map(byName))
  for (const one of found.filter((message) => !isOpen(message))) expect(one.text).toBe(over.get(nameOf(one)))
  expect(new Set(found.map(nameOf)).size).toBe(found.length)
  const live = found.find(({ threadTs }) => !threadTs)
  for (const one of found.filter((message) => message !== live && isOpen(message))) expect(one.threadTs).toBe(live?.ts)
}

function approve(by: typeof alice): Event {
  return { type: 'approved', by, planHash: anUpgrade().plan?.hash ?? '' }
}

const reached: Event = { type: 'reached', updated: 1, ready: 10, total: 10, generation: 7 }
const started: Event = { type: 'started', approvers: [alice, bob] }
const gone: Event = { type: 'targetGone', recreated: false }

/** Everything here happens at noon, and both reminders are due by then. */
const reminding = anUpgrade({
  policy: aPolicy({ reminders: { afterMs: 1, escalateAfterMs: 2 } }),
  at: { path: 'steps', step: 0, since: after(-3_600_000) },
})

function remind(to: 'people' | 'groups'): Event {
  return { type: 'reminded', of: waitingFor(reminding)?.name ?? '', to }
}

function pagedAgain(upgrade: Upgrade | undefined): Upgrade {
  if (!upgrade) throw new Error(`no ${id}`)
  return { ...upgrade, pages: [{ of: 0, at: noon, users: [], groups: ['S0ONCALL'] }] }
}

/** Whether it was under way, so that there is more to show of it than its messages. */
function hasFiles({ surface }: Place): boolean {
  const upgrade = surface.upgrades.get(id)
  return upgrade?.result !== undefined && hasStarted(upgrade)
}

const scenes: [name: string, at: () => Promise<Place>][] = [
  ['posting for the first time', () => aPlace(anUpgrade())],
  [
    'editing, and asking the next question',
    async () => {
      const place = await aPlace(anUpgradeIn('verifying'))
      await place.sync()
      place.surface.happen(id, { type: 'soaked' })
      place.surface.happen(id, { type: 'checked', reports: [] })
      return place
    },
  ],
  [
    'closing a question and telling the result',
    async () => {
      const place = await aPlace(anUpgrade())
      await place.sync()
      place.surface.happen(id, { type: 'rejected', by: alice })
      return place
    },
  ],
  [
    'reminding those who have not decided',
    async () => {
      const place = await aPlace(reminding)
      await place.sync()
      place.surface.happen(id, remind('people'))
      return place
    },
  ],
  [
    'taking a reminder back',
    async () => {
      const place = await aPlace(reminding)
      place.surface.happen(id, remind('people'))
      await place.sync()
      place.surface.happen(id, { type: 'rejected', by: alice })
      return place
    },
  ],
  [
    'paging again',
    async () => {
      const place = await aPlace(anUpgradeIn('rollingBack', { policy: aPolicy({ paging: { everyMs: 1, times: 3 } }) }))
      place.surface.happen(id, { type: 'stuck', code: 'NOT_READY', detail: { ready: 0, wanted: 1 } })
      await place.sync()
      place.surface.upgrades.set(id, pagedAgain(place.surface.upgrades.get(id)))
      return place
    },
  ],
  [
    'sharing the files of a report',
    async () => {
      const place = await aPlace(anUpgradeIn('verifying'))
      await place.sync()
      place.surface.happen(id, { type: 'turnedBack', by: carol })
      place.surface.happen(id, { ...reached, updated: 0 })
      return place
    },
  ],
  [
    'posting again what somebody deleted',
    async () => {
      const place = await aPlace(anUpgrade())
      await place.sync()
      const live = there(place).find(({ threadTs }) => !threadTs)
      place.slack.deleteMessage(channel, live?.ts ?? '')
      place.surface.happen(id, approve(alice))
      return place
    },
  ],
  [
    'an answer that was lost before',
    async () => {
      const place = await aPlace(anUpgrade())
      place.slack.fault({ kind: 'connection_reset', method: 'chat.postMessage', applyFirst: true })
      await place.sync()
      return place
    },
  ],
]

test.each(scenes)('dying at any moment of %s leaves one message of each', async (_, scene) => {
  const whole = await scene()
  const process = doomed()
  expect(await whole.sync({ process })).toMatchObject({ state: 'shown' })
  await expectNewest(whole)
  const moments = process.moments()
  expect(moments).toBeGreaterThan(8)
  for (let at = 1; at <= moments; at++) {
    const place = await scene()
    expect(await place.sync({ process: doomed(at) })).toBe('died')
    const before = looks(place)
    expect(await place.sync(), `died at ${at} of ${moments}`).toMatchObject({ state: 'shown' })
    await expectNewest(place)
    if (hasFiles(place)) expect(there(place).filter(({ files }) => files)).toHaveLength(1)
    // At most one post was under way, so one look is enough.
    expect(looks(place) - before).toBeLessThanOrEqual(1)
    const calls = place.slack.calls.length
    expect(await place.sync()).toMatchObject({ state: 'shown' })
    expect(place.slack.calls.length).toBe(calls)
  }
})

test('while nothing goes wrong, no channel and no thread is read', async () => {
  const place = await aPlace(anUpgrade())
  await place.sync()
  for (const event of [approve(alice), approve(bob), started, reached, gone]) {
    place.surface.happen(id, event)
    await place.sync()
  }
  await expectNewest(place)
  expect(looks(place)).toBe(0)
})

// ---------------------------------------------------------------- anything, in any order

const events: Event[] = [
  approve(alice),
  approve(bob),
  { type: 'withdrawn', by: alice },
  { type: 'prepared', plan: compilePlan(anUpgrade(), someFacts(), []) },
  started,
  reached,
  { type: 'soaked' },
  { type: 'checked', reports: [] },
  { type: 'continued', by: carol },
  { type: 'paused', by: oscar },
  { type: 'resumed', by: carol },
  { type: 'acknowledged', by: oscar },
  remind('people'),
  remind('groups'),
  { type: 'approvalsVoided', approvals: [{ by: bob, code: 'ROLE_LOST' }] },
  { type: 'outdated', code: 'TEMPLATE_CHANGED' },
  { type: 'changedOutside', change: { kind: 'scaled', from: 10, to: 12, updated: 1, surge: 2, unavailable: 0 } },
  { type: 'stuck', code: 'NOT_READY', detail: { ready: 0, wanted: 1 } },
  { type: 'turnedBack', by: oscar },
  gone,
]

const faults: fc.Arbitrary<Fault> = fc
  .record({
    kind: fc.constantFrom('rate_limited', 'server_error', 'connection_reset', 'timeout', 'platform_error'),
    applyFirst: fc.boolean(),
    times: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ kind, ...rest }): Fault => {
    // What Slack limits it does not do; what it calls half done it may have done.
    if (kind === 'rate_limited') return { kind, times: rest.times }
    return kind === 'platform_error' ? { kind, error: 'internal_error', ...rest } : { kind, ...rest }
  })

type Act =
  | { do: 'happen'; event: Event }
  | { do: 'tick'; updated: number }
  | { do: 'fault'; fault: Fault }
  | { do: 'delete'; nth: number }
  | { do: 'sync' }
  | { do: 'die'; at: number }
  | { do: 'both' }

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...events).map((event): Act => ({ do: 'happen', event })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 10 }).map((updated): Act => ({ do: 'tick', updated })) },
  { weight: 3, arbitrary: faults.map((fault): Act => ({ do: 'fault', fault })) },
  { weight: 1, arbitrary: fc.nat(10).map((nth): Act => ({ do: 'delete', nth })) },
  { weight: 5, arbitrary: fc.constant<Act>({ do: 'sync' }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 30 }).map((at): Act => ({ do: 'die', at })) },
  { weight: 1, arbitrary: fc.constant<Act>({ do: 'both' }) },
)

async function act(place: Place, next: Act): Promise<void> {
  const { slack, surface } = place
  // Short, since the double answers at once or never.
  const timeoutMs = 250
  switch (next.do) {
    case 'happen': {
      const upgrade = surface.upgrades.get(id)
      const after = upgrade && transition(upgrade, next.event, surface.clock)
      if (after && !isRefusal(after)) surface.put(after)
      return
    }
    case 'tick':
      surface.observation = { updated: next.updated, ready: 10, total: 10, pods: [], stable: [] }
      return
    case 'fault':
      place.trouble.push(slack.fault(next.fault))
      return
    case 'delete': {
      // Nobody looks after what has ended.
      if (surface.upgrades.get(id)?.result) return
      const messages = there(place)
      const gone = messages[next.nth % Math.max(1, messages.length)]
      if (gone) slack.deleteMessage(channel, gone.ts)
      return
    }
    case 'sync':
      await place.sync({ timeoutMs })
      return
    case 'die':
      await place.sync({ process: doomed(next.at), timeoutMs })
      return
    case 'both':
      await Promise.all([place.sync({ timeoutMs }), place.sync({ timeoutMs })])
      return
  }
}

test('whatever goes wrong, the newest state arrives, once', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 5, maxLength: 25 }), async (run) => {
      const place = await aPlace(anUpgrade())
      for (const next of run) await act(place, next)
      await settled(place)
      await expectNewest(place)
      expectButtonsOnlyWhereOpen(place)
      await place.slack.stop()
    }),
    { numRuns: 40 },
  )
})

/** Slack is well again, and somebody looks for what was deleted. */
async function settled(place: Place): Promise<void> {
  for (const fault of place.trouble) fault.clear()
  for (let tries = 0; tries < 10; tries++) {
    const synced = await place.sync({ mayLook: true })
    if (synced !== 'died' && synced.state === 'shown') return
  }
  throw new Error('it never came to rest')
}

function expectButtonsOnlyWhereOpen(place: Place): void {
  const upgrade = place.surface.upgrades.get(id)
  for (const message of there(place)) {
    const isOpen = message.metadata?.event_payload.open !== false && !upgrade?.result
    if (!isOpen && message.threadTs) expect(pressable(message)).toEqual([])
  }
}

/** Buttons that decide; whoever takes care of an incident may still say so. */
function pressable({ blocks = [] }: Message): unknown[] {
  return interactiveElements(blocks).filter(({ actionId }) => actionId !== 'acknowledge')
}
