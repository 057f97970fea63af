/** Shows the tour in a terminal: Slack's messages as boxes, pods as tiles, what people do in between. */
import { setTimeout as delay } from 'node:timers/promises'
import type { FakeSlack, Message } from '../test/fakes/slack/slack.ts'
import { columns, linesOf, type Names, type Span, type Style, wrap } from './block-text.ts'
import type { Tile } from './cluster-view.ts'
import type { Action, Tour } from './guide.ts'
import type { Screen } from './screen.ts'
import type { Step } from './tour.ts'

/** How long people need to read, on a terminal only. */
const readingMs = { word: 100, box: 1_000, claim: 1_400 }

/**
 * Goes through the tour, and tells it.
 *
 * @param aborted ends it early, without another word
 * @returns whether every step did what it says; the first that does not ends the tour
 */
export async function showTour(tour: Tour, steps: Step[], screen: Screen, aborted: AbortSignal): Promise<boolean> {
  const teller = createTeller(tour, screen, aborted)
  for (const [index, step] of steps.entries()) {
    try {
      await teller.open(step, index + 1, steps.length)
      for (const action of step.actions) await teller.act(action)
      await step.check.holds(tour)
      await teller.close(step.check.claim)
    } catch (error) {
      if (!aborted.aborted) teller.fail(step.check.claim, error)
      return false
    }
  }
  return true
}

function createTeller(tour: Tour, screen: Screen, aborted: AbortSignal) {
  const { slack, people } = tour.stage
  const { paint } = screen
  const names = namesIn(slack)
  const firstName = (id: string) =>
    slack
      .users()
      .find((one) => one.id === id)
      ?.realName.split(' ')[0] ?? id
  const margin = '  '
  /** What was printed of each message, by its timestamp. */
  const told = new Map<string, string>()
  let newPods = ''
  /** Whether messages stand between the last action and the next one. */
  let airNeeded = false
  let keptLine = ''

  async function readFor(milliseconds: number): Promise<void> {
    if (screen.isTerminal) await delay(milliseconds, undefined, { signal: aborted })
  }

  // ---- pods

  function podsLine(): string {
    const { tiles, counts } = tour.current().pods
    const { new: fresh, old, ready } = counts()
    const numbers = `${fresh} new · ${old} old · ${ready} ready`
    const row = tiles().map((tile) => paintTile(tile, screen))
    // A line that is drawn in place must not be broken.
    const gap = 2 * row.length + numbers.length + 12 > screen.width ? '' : ' '
    return `${margin}${paint('dim', 'pods')}  ${row.join(gap)}   ${paint('dim', numbers)}`
  }

  /** On a terminal the tiles move in place; elsewhere the first new pod and each that becomes Ready get a line. */
  function drawPods(): void {
    screen.status(podsLine())
    const fresh = tour
      .current()
      .pods.tiles()
      .filter(({ isNew }) => isNew)
    const now = `${fresh.length > 0} ${fresh.filter(({ state }) => state === 'ready').length}`
    if (screen.isTerminal || now === newPods) return
    newPods = now
    keepPods()
  }

  /** Leaves the tiles in the scrollback. */
  function keepPods(): void {
    const line = podsLine()
    if (line !== keptLine) screen.print(line)
    keptLine = line
  }

  // ---- messages

  /** Prints what is new in Slack: private answers, the live message once it rests, its thread. */
  async function tellSlack(): Promise<void> {
    const inChannel = slack.messages(tour.stage.channel).filter(({ deleted }) => !deleted)
    for (const one of slack.ephemerals()) {
      if (!isNews(one.ts, one.text)) continue
      await box(`rollcall · only ${firstName(one.user)} sees this`, one, { dashed: true })
    }
    for (const one of inChannel.filter(({ threadTs }) => !threadTs)) {
      const { phase = '', id, batch } = one.metadata?.event_payload ?? {}
      if (moving.has(String(phase)) || !isNews(one.ts, `${id} ${phase} ${batch}`)) continue
      const edits = one.edits.length > 0 ? ' · edited in place' : ''
      await box(`rollcall · #releases${edits}`, one, {})
    }
    for (const one of inChannel.filter(({ threadTs }) => threadTs)) {
      const isClosed = one.metadata?.event_payload.open === false
      if (!told.has(one.ts) && !isClosed) {
        const notified = one.notified.map(firstName)
        await box('rollcall · in the thread', one, { indent: 4, ...(notified.length > 0 && { notified }) })
      } else if (isClosed && told.get(one.ts) !== 'closed') {
        screen.print(...paragraphs(linesOf({ text: `╰ ${one.text}` }, names), `${margin}    `, 'dim'))
      }
      told.set(one.ts, isClosed ? 'closed' : 'open')
    }
  }

  function isNews(ts: string, content: string): boolean {
    if (told.get(ts) === content) return false
    told.set(ts, content)
    return true
  }

  type Box = { indent?: number; dashed?: boolean; notified?: string[] }

  async function box(
    title: string,
    content: Pick<Message, 'text' | 'blocks'>,
    { indent = 0, dashed = false, notified = [] }: Box,
  ): Promise<void> {
    const left = margin + ' '.repeat(indent)
    const inner = screen.width - left.length - 4
    const [line, wall] = dashed ? ['┄', '┊'] : ['─', '│']
    const edge = (text: string) => paint('dim', text)
    const rule = (start: string, label: string, end: string) => {
      const shown = label ? ` ${label} ` : ''
      return left + edge(`${start}${line}${shown}${line.repeat(Math.max(0, inner - shown.length + 1))}${end}`)
    }
    const body = linesOf(content, names).flatMap((paragraph) => wrap(paragraph, inner))
    airNeeded = true
    screen.print(
      rule('╭', title, '╮'),
      ...body.map((one) => {
        const padding = ' '.repeat(Math.max(0, inner - columns(one)))
        return `${left}${edge(wall)} ${paintSpans(one, screen)}${padding} ${edge(wall)}`
      }),
      rule('╰', notified.length > 0 ? `notifies ${notified.join(', ')}` : '', '╯'),
    )
    await readFor(readingMs.box)
  }

  function paragraphs(lines: Span[][], indent: string, style: Style = 'plain'): string[] {
    return lines
      .flatMap((line) => wrap(line, screen.width - indent.length))
      .map(
        (line) =>
          indent +
          paintSpans(
            line.map((span) => (span.style === 'plain' ? { ...span, style } : span)),
            screen,
          ),
      )
  }

  const text = (words: string, style: Style = 'plain'): Span[][] => [[{ text: words, style }]]

  // ---- people

  function announce(action: Action): void {
    const actor = action.who ? firstName(people[action.who].id) : ''
    const words = action.words(tour)
    const lines: Record<Action['kind'], string> = {
      types: `${paint('bold', actor)} types ${paint('cyan', words)}`,
      presses: `${paint('bold', actor)} presses ${paint(['bold', 'inverse'], ` ${words} `)}`,
      runs: `${paint('green', '$')} ${paint('cyan', words)}`,
      watches: paint('dim', `… ${words}`),
    }
    if (airNeeded) screen.print('')
    airNeeded = false
    screen.print(margin + lines[action.kind])
    const question = action.dialog?.(tour)
    if (question) screen.print(...paragraphs(text(`↳ ${question}`, 'dim'), `${margin}    `))
  }

  return {
    async open({ title, told: words }: Step, number: number, of: number): Promise<void> {
      airNeeded = false
      const label = `${number} of ${of} · ${title}`
      const rule = '━'.repeat(Math.max(2, screen.width - label.length - 4))
      screen.print('', `${paint('cyan', '━━')} ${paint('bold', label)} ${paint('cyan', rule)}`, '')
      screen.print(...paragraphs(text(words), margin), '')
      await readFor(words.split(' ').length * readingMs.word)
    },

    async act(action: Action): Promise<void> {
      announce(action)
      tour.onPods = action.kind === 'watches' ? drawPods : () => {}
      const output = await action.run(tour)
      tour.onPods = () => {}
      screen.status(undefined)
      if (output) screen.print(...output.split('\n').map((line) => `${margin}  ${line}`))
      if (action.kind === 'watches') keepPods()
      await tellSlack()
    },

    async close(claim: string): Promise<void> {
      await tellSlack()
      screen.print('', ...paragraphs(text(`✔ ${claim}`, 'primary'), margin))
      await readFor(readingMs.claim)
    },

    fail(claim: string, error: unknown): void {
      screen.status(undefined)
      const why = error instanceof Error ? error.message : String(error)
      screen.print('', ...paragraphs(text(`✘ This does not hold: ${claim}`, 'danger'), margin), '', why)
    },
  }
}

/** Phases in which the live message changes too often to be printed each time. */
const moving = new Set(['checking', 'progressing', 'verifying', 'rollingBack'])

const formats: Record<Exclude<Style, 'plain'>, Parameters<Screen['paint']>[0]> = {
  bold: 'bold',
  code: 'cyan',
  dim: 'dim',
  mention: 'blue',
  button: 'bold',
  primary: 'green',
  danger: 'red',
}

function paintSpans(line: Span[], { paint }: Screen): string {
  return line.map(({ text, style }) => (style === 'plain' ? text : paint(formats[style], text))).join('')
}

/** New ones are filled, old ones are hollow; what is not Ready is drawn fainter. It reads without colour too. */
function paintTile({ isNew, state }: Tile, { paint }: Screen): string {
  if (state === 'leaving') return paint('dim', '·')
  if (state === 'starting') return paint('yellow', isNew ? '▣' : '◫')
  return isNew ? paint('green', '■') : '□'
}

export const legend = '■ new and ready  ▣ new, starting  □ old and ready  ◫ old, not ready  · leaving'

function namesIn(slack: FakeSlack): Names {
  const named = (list: { id: string; name: string }[], id: string) => list.find((one) => one.id === id)?.name ?? id
  return {
    user: (id) => named(slack.users(), id),
    group: (id) => slack.groups().find((one) => one.id === id)?.handle ?? id,
    channel: (id) => named(slack.channels(), id),
  }
}
