import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Chart } from '../../src/messages/chart.ts'
import { en } from '../../src/messages/en.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createSync } from '../../src/slack/sync.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { errorRate, rolledBackEvidence, rolledBackStory, succeededStory } from '../a-story.ts'
import { after, anUpgradeIn } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Message, type SharedFile, startSlack } from '../fakes/slack/slack.ts'
import { InMemoryShown } from './in-memory-shown.ts'
import { smallFiles } from './small-files.ts'

const channel = 'C0RELEASES'
const id = 'web-production-14'

let slack: FakeSlack
let surface: InMemorySurface
let shown: InMemoryShown
let nowMs: number
let drawn: Chart[]
let draw: (chart: Chart) => Promise<Uint8Array>
let notAllowed: number
/** For how long the budget has it wait, by kind. */
let waits: Record<string, number>

beforeEach(async () => {
  nowMs = Date.parse(after(400_000))
  slack = await startSlack({ clock: () => nowMs })
  slack.addChannel({ id: channel, name: 'releases', members: [] })
  surface = new InMemorySurface()
  surface.clock = after(400_000)
  shown = new InMemoryShown()
  drawn = []
  draw = smallFiles.draw
  notAllowed = 0
  waits = { look: 60_000 }
})

afterEach(() => slack.stop())

/** It was rolled back since one of its gates failed. */
function rolledBack(): Upgrade {
  const { upgrade, entries } = rolledBackStory()
  surface.put(upgrade)
  surface.chain.push(...entries)
  surface.evidence = async () => rolledBackEvidence()
  return upgrade
}

function sync() {
  const files = {
    ...smallFiles,
    notAllowed: () => void notAllowed++,
    draw: (chart: Chart) => {
      drawn.push(chart)
      return draw(chart)
    },
  }
  const log = { info() {}, warn() {}, error() {} }
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log })
  const budget = { take: async ({ kind }: { kind: string }) => waits[kind] ?? 0, pause: async () => {} }
  const parts = { client, surface, shown, budget, messages: en, log, files, background() {}, suspect() {} }
  return createSync(parts)(id)
}

function later(ms: number): void {
  nowMs += ms
  surface.clock = new Date(nowMs).toISOString()
}

function withFiles(): Message[] {
  return slack.messages(channel).filter(({ files, deleted }) => files && !deleted)
}

function file(ending: string): SharedFile {
  const found = withFiles()
    .flatMap(({ files = [] }) => files)
    .find(({ name }) => name.endsWith(ending))
  if (!found) throw new Error(`no ${ending}`)
  return found
}

function calls(method: string): number {
  return slack.calls.filter((call) => call.method === method).length
}

test('a report has its files in one message under the result, once', async () => {
  rolledBack()
  expect(await sync()).toEqual({ state: 'shown', isOver: true })
  await sync()

  const [shared, ...others] = withFiles()
  expect(others).toEqual([])
  expect(shared?.files?.map(({ name }) => name)).toEqual([`${id}.png`, `${id}.diff`, `${id}.csv`])
  expect(slack.messages(channel).at(-1)).toBe(shared)
  expect(shared?.threadTs).toBe(slack.messages(channel)[0]?.ts)
  expect(shared?.text).toBe('web-production-14: how it went, in full')
})

test('the chart has the figures, the limit, the batches and the way back, in words too', async () => {
  rolledBack()
  await sync()

  expect(drawn).toMatchObject([
    {
      panels: [{ name: 'error-rate', unit: 'ratio', limit: 'limit 1 % · before 0.2 %' }],
      marks: [
        { label: '1 of 10', kind: 'batch', at: Date.parse(after(63_000)) },
        { label: '3 of 10', kind: 'batch', at: Date.parse(after(244_000)) },
        { label: '◀ rolled back', kind: 'back', at: Date.parse(after(360_000)) },
      ],
    },
  ])
  expect(drawn[0]?.panels[0]?.points.filter(({ failed }) => failed)).toHaveLength(7)
  expect(file('.png').alt).toBe(
    'web 1.4.2 → 1.5.0 in production: error-rate from 0.2 % to 12 % (limit 1 % · before 0.2 %). It was rolled back.',
  )
})

test('of the pod template only images have values', async () => {
  const upgrade = rolledBack()
  const env = 'containers[web].env[PASSWORD]'
  const changes = [...(upgrade.plan?.prospect?.changes ?? []), { path: env, change: 'changed' as const }]
  const { plan } = upgrade
  if (!plan?.prospect) throw new Error('no plan')
  surface.put({ ...upgrade, plan: { ...plan, prospect: { ...plan.prospect, changes } } })
  await sync()

  expect(file('.diff').bytes.toString()).toBe(
    [
      '# web-production-14: pod template of Deployment shop/web on eu',
      '# Rolled back: what is marked with - is in force again.',
      '# Values are shown of images only.',
      '--- before',
      '+++ after',
      '-containers[web].image: registry.example.com/shop/web:1.4.2',
      '+containers[web].image: registry.example.com/shop/web:1.5.0',
      `!${env}: changed`,
      '',
    ].join('\n'),
  )
})

test('every step is a line of CSV with who and when', async () => {
  rolledBack()
  await sync()

  const lines = file('.csv').bytes.toString().split('\r\n')
  expect(lines).toContain('2026-07-01T12:04:04.000Z,continued,U0CAROL,progressing,3,,')
  expect(lines).toContain('2026-07-01T12:06:00.000Z,gate failed,rollcall,rollingBack,0,ABOVE_LIMIT,')
  expect(lines).toHaveLength(rolledBackStory().entries.length + 2)
})

test('the files do not wait for a figure in the live message that has to wait', async () => {
  rolledBack()
  slack.fault({ kind: 'server_error', method: 'upload' })
  await sync()
  surface.reports = async () => [{ ...errorRate, step: 1, at: after(0), detail: { ...errorRate.detail, value: 0.5 } }]
  waits = { look: 60_000, update: 45_000 }

  expect(await sync()).toMatchObject({ state: 'later', why: 'rate limit' })
  expect(withFiles()).toHaveLength(1)
})

test('the files wait for the result', async () => {
  rolledBack()
  slack.fault({
    kind: 'platform_error',
    error: 'msg_too_long',
    method: 'chat.postMessage',
    times: Number.POSITIVE_INFINITY,
  })
  expect(await sync()).toMatchObject({ state: 'later' })
  expect(calls('files.getUploadURLExternal')).toBe(0)
})

test('where no gate measured figures there is no chart', async () => {
  const { upgrade, entries } = succeededStory()
  surface.put(upgrade)
  surface.chain.push(...entries)
  await sync()

  expect(withFiles()[0]?.files?.map(({ name }) => name)).toEqual([`${id}.diff`, `${id}.csv`])
})

test('what never started has no files', async () => {
  surface.put(anUpgradeIn('rejected'))
  expect(await sync()).toEqual({ state: 'shown', isOver: true })

  expect(withFiles()).toEqual([])
})

test('without the scope the report goes alone, and that is told', async () => {
  rolledBack()
  slack.scopes.delete('files:write')
  expect(await sync()).toEqual({ state: 'shown', isOver: true })
  await sync()

  expect(slack.messages(channel).at(-1)?.text).toContain('rolled back')
  expect(notAllowed).toBe(1)
  expect(calls('files.getUploadURLExternal')).toBe(1)
})

test('what Slack refuses for another reason is not asked for again', async () => {
  rolledBack()
  slack.fault({ kind: 'platform_error', error: 'storage_limit_reached', method: 'files.getUploadURLExternal' })
  expect(await sync()).toEqual({ state: 'shown', isOver: true })
  await sync()

  expect(withFiles()).toEqual([])
  expect(notAllowed).toBe(0)
})

test('a chart that cannot be drawn keeps nothing else back', async () => {
  rolledBack()
  draw = async () => {
    throw new Error('no memory')
  }
  await sync()

  expect(withFiles()[0]?.files?.map(({ name }) => name)).toEqual([`${id}.diff`, `${id}.csv`])
})

test('an answer that was lost after the files were shared does not share them twice', async () => {
  rolledBack()
  slack.fault({ kind: 'connection_reset', method: 'files.completeUploadExternal', applyFirst: true })
  expect(await sync()).toMatchObject({ state: 'later' })
  expect(await sync()).toEqual({ state: 'shown', isOver: true })

  expect(withFiles()).toHaveLength(1)
  expect(calls('files.completeUploadExternal')).toBe(1)
})

test('a request that was lost before is made again for the same files', async () => {
  rolledBack()
  slack.fault({ kind: 'connection_reset', method: 'files.completeUploadExternal' })
  expect(await sync()).toMatchObject({ state: 'later' })
  expect(await sync()).toEqual({ state: 'shown', isOver: true })

  expect(withFiles()).toHaveLength(1)
  expect(calls('upload')).toBe(3)
})

test('files that Slack completed and does not show yet are waited for, and uploaded anew after two minutes', async () => {
  rolledBack()
  slack.fault({ kind: 'connection_reset', method: 'files.completeUploadExternal', applyFirst: true })
  await sync()
  slack.deleteMessage(channel, withFiles()[0]?.ts ?? '')

  expect(await sync()).toMatchObject({ state: 'later', why: 'Slack has yet to show the files' })
  expect(calls('upload')).toBe(3)
  later(121_000)
  expect(await sync()).toEqual({ state: 'shown', isOver: true })

  expect(withFiles()).toHaveLength(1)
  expect(calls('upload')).toBe(6)
})

test('who may not look takes it that lost files are there', async () => {
  rolledBack()
  slack.fault({ kind: 'connection_reset', method: 'files.completeUploadExternal', applyFirst: true })
  await sync()
  slack.scopes.delete('channels:history')
  slack.scopes.delete('groups:history')

  expect(await sync()).toEqual({ state: 'shown', isOver: true })
  expect(withFiles()).toHaveLength(1)
})

test.each(['files.getUploadURLExternal', 'files.completeUploadExternal'])(
  'when %s is too much for Slack, it comes later',
  async (method) => {
    rolledBack()
    slack.fault({ kind: 'rate_limited', retryAfterSeconds: 7, method })
    expect(await sync()).toMatchObject({ state: 'later', why: 'rate limit' })
    expect(await sync()).toEqual({ state: 'shown', isOver: true })

    expect(withFiles()).toHaveLength(1)
  },
)

test('an upload that breaks off is made again', async () => {
  rolledBack()
  slack.fault({ kind: 'server_error', method: 'upload' })
  expect(await sync()).toMatchObject({ state: 'later' })
  expect(await sync()).toEqual({ state: 'shown', isOver: true })

  expect(withFiles()).toHaveLength(1)
})
