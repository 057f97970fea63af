import { setTimeout as delay } from 'node:timers/promises'
import { type FakeSlack, interactiveElements, type Message } from '../fakes/slack/slack.ts'
import { alice, bob, carol, channel, dana, nina, oscar } from '../shop.ts'
import { type Board, payloadOf } from './board.ts'
import type { Oracle } from './oracle.ts'
import type { Random } from './random.ts'
import { imageOf, type Script, type Service, type Turn } from './service.ts'

export type PeopleOptions = {
  slack: FakeSlack
  board: Board
  oracle: Oracle
  violated(invariant: string, what: string, upgrade?: string): void
  /** Nothing happens to an upgrade for so long: it has not ended. */
  stalledAfterMs: number
}

export type Told = { id: string; script: Script; outcome: string }

const ends = ['succeeded', 'rolledBack', 'rejected', 'expired', 'cancelled', 'failed']
/** Somebody who sees nothing come of what they did, does it again after this time. */
const impatienceMs = 4_000
const approvers = [alice, bob]

/** One upgrade, from the request to its end, by people who do what their script says on what they see. */
export async function play(options: PeopleOptions, random: Random, service: Service, script: Script): Promise<Told> {
  const { slack, board, oracle, violated } = options
  const image = imageOf(service, script.version)
  const id = await request(options, service, script)
  /** Who said yes to the start, as far as Slack has told them that it was taken. */
  const said = new Set<string>()
  const turns = [...script.turns]
  let intruder = script.intruder
  let wavers = script.wavers
  /** Pods that were granted last, and whether the answer was taken. */
  let granted = service.batches[0] ?? service.replicas
  let paused = false
  let changedAt = Date.now()
  let last = ''

  /** Presses a button as Slack lets them, and waits for what should come of it. */
  async function press(user: string, message: Message, action: string, seen: () => boolean): Promise<boolean> {
    await delay(random.int(20, 300))
    const decision = { upgrade: id, user, action, sentAt: Date.now() }
    const clicked = await click(slack, user, message, action)
    if (!clicked) return false
    const acknowledged = clicked.outcome === 'acknowledged'
    oracle.clicked(decision, acknowledged)
    // Without an acknowledgement Slack shows a warning at the button, and people press again soon.
    await board.until(seen, acknowledged ? impatienceMs : 500)
    return acknowledged
  }

  async function start(): Promise<void> {
    const question = board.question(id, 'start')
    const live = board.live(id)
    if (!question || !live) return
    const moved = () => board.phase(id) !== 'awaitingApproval'
    if (intruder) {
      intruder = !(await press(random.pick([nina, dana]), question, 'approve', () => true))
      return
    }
    if (script.outcome === 'cancelled') return void (await press(dana, live, 'cancel', moved))
    if (script.outcome === 'rejected') return reject(question)
    const next = approvers.find((user) => !said.has(user))
    if (!next) {
      if (!(await board.until(moved, impatienceMs))) said.clear()
      return
    }
    oracle.approves(service, image, next)
    if (await press(next, question, 'approve', () => true)) said.add(next)
    if (wavers && service.quorum === 2 && said.size === 1) {
      const withdrawn = board.question(id, 'start')
      if (!withdrawn || !(await press(next, withdrawn, 'withdraw', () => true))) return
      oracle.withdraws(image, next)
      wavers = false
      said.delete(next)
    }
  }

  async function reject(question: Message): Promise<void> {
    const clicked = await click(slack, bob, question, 'reject')
    // Where no dialog comes, people press again.
    const opened = await clicked?.modal(2_000).catch(() => undefined)
    if (!opened) return
    const decision = { upgrade: id, user: bob, action: 'reject', sentAt: Date.now() }
    const { outcome } = await slack.submitView({ view: opened.id, values: { reason: 'not today' } })
    oracle.clicked(decision, outcome === 'acknowledged')
    if (outcome === 'acknowledged') await board.until(() => board.phase(id) === 'rejected', impatienceMs)
    else await slack.closeView({ view: opened.id })
  }

  async function goOn(): Promise<void> {
    const question = board.question(id, 'continue')
    if (!question) return
    const pods = podsAsked(question)
    if (!service.batches.includes(pods)) violated('a question asks for a batch of the plan', question.text, id)
    oracle.continues(image, pods)
    const answered = () => payloadOf(slack.message(channel, question.ts)).open !== true
    if (await press(carol, question, 'continue', answered)) granted = pods
  }

  /** What the script has people do now, beside saying yes. A yes that nobody acknowledged may have been taken. */
  function due(phase: string): Turn | undefined {
    const [turn] = turns
    const asked = board.question(id, 'continue')
    const behind = asked ? service.batches.filter((pods) => pods < podsAsked(asked)) : []
    granted = Math.max(granted, ...behind)
    if (!turn || granted < (service.batches[turn.batch] ?? 0)) return undefined
    return turn.at === 'moving' || phase === 'awaitingContinue' ? turn : undefined
  }

  async function step(phase: string): Promise<void> {
    const live = board.live(id)
    if (!live) return
    switch (phase) {
      case 'awaitingApproval':
        return start()
      case 'progressing':
      case 'verifying':
      case 'awaitingContinue': {
        if (paused) {
          paused = false
          turns.shift()
        }
        const turn = due(phase)
        if (turn) {
          const wanted = turn.act === 'pause' ? 'paused' : 'rollingBack'
          const user = turn.act === 'rollback' ? random.pick([carol, oscar]) : carol
          return void (await press(user, live, turn.act, () => [wanted, ...ends].includes(board.phase(id))))
        }
        return phase === 'awaitingContinue' ? goOn() : undefined
      }
      case 'paused':
        if (turns[0]?.act === 'pause') paused = true
        else if (!paused) violated('nothing holds an upgrade that nobody paused', live.text, id)
        return void (await press(carol, live, 'resume', () => board.phase(id) !== 'paused'))
    }
  }

  for (;;) {
    const phase = board.phase(id)
    if (phase === 'succeeded' && script.undone) {
      const result = board.result(id)
      if (result) await press(carol, result, 'rollback', () => board.phase(id) !== 'succeeded')
    } else if (ends.includes(phase)) {
      if (phase !== script.outcome) violated('every upgrade ends as was wanted', `${phase}, not ${script.outcome}`, id)
      return { id, script, outcome: phase }
    }
    const now = `${phase} ${granted} ${turns.length} ${payloadOf(board.live(id)).sequence}`
    if (now !== last) {
      last = now
      changedAt = Date.now()
    }
    if (Date.now() - changedAt > options.stalledAfterMs) {
      violated('every upgrade ends', `${phase}: nothing has changed for ${options.stalledAfterMs / 1_000} s`, id)
      return { id, script, outcome: phase }
    }
    await step(phase)
    await board.until(() => board.phase(id) !== phase, 300)
  }
}

/** What is approved is what the question says in words. */
function podsAsked({ text }: Message): number {
  return Number(/continue to (\d+) of/.exec(text)?.[1])
}

/**
 * Presses a button of a message, and says yes where it asks once more.
 *
 * @returns undefined when the button went away meanwhile, so that nothing was sent
 */
async function click(slack: FakeSlack, user: string, { ts }: Message, actionId: string) {
  const shown = slack.message(channel, ts)
  const button = interactiveElements(shown?.blocks ?? []).find((one) => one.actionId === actionId)
  if (!button || shown?.deleted) return undefined
  const asks = button.element.confirm !== undefined
  return slack.click({ user, channel, ts, actionId, ...(asks && { confirm: true }) })
}

/** Asks until the upgrade is in the channel. */
async function request(
  { slack, board, oracle, violated, stalledAfterMs }: PeopleOptions,
  { name }: Service,
  script: Script,
) {
  const { version } = script
  const since = Date.now()
  for (;;) {
    const text = `${name} ${version} in production`
    const { outcome } = await slack.command({ user: dana, channel, command: '/upgrade', text })
    oracle.asks({ service: name, version, user: dana, acknowledged: outcome === 'acknowledged' })
    await board.until(
      () => board.upgradesOf(name, version).length > 0,
      outcome === 'acknowledged' ? 2 * impatienceMs : 500,
    )
    const [id] = board.upgradesOf(name, version)
    if (id) return id
    if (Date.now() - since > stalledAfterMs) {
      violated('a request leads to an upgrade', `${name} ${version} was asked for, over and over`)
      throw new Error(`nothing came of ${name} ${version}`)
    }
  }
}
