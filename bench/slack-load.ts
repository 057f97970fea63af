/**
 * A process of its own that sends signed requests at a fixed rate, as Slack would if everybody were at it, and takes the
 * time until each is acknowledged. It never waits for an answer before it sends the next.
 */
import { randomUUID } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { signatureHeaders } from '../test/fakes/slack/signature.ts'

/** What to send, as JSON on stdin. */
export type Order = {
  url: string
  signingSecret: string
  /** Answers that are not in the acknowledgement go there. */
  responseUrl: string
  team: string
  channel: string
  perSecond: number
  warmUpMs: number
  durationMs: number
  /** Texts behind `/upgrade`, in turns. */
  commands: { user: string; texts: string[] }
  /** Open questions for the start; each is approved and that is withdrawn, by turns, one after the other. */
  questions: { user: string; ts: string; value: string }[]
}

/** What came of it, as JSON on stdout. Milliseconds until acknowledged, without the warm-up. */
export type Outcome = {
  commands: number[]
  clicks: number[]
  /** Everything that was sent, the warm-up included. */
  sent: { commands: number; clicks: number }
  /** By HTTP status or error code; empty when all is well. */
  failures: Record<string, number>
  /** How much later than planned a request went out, milliseconds: a busy machine disturbs whoever measures too. */
  late: number[]
}

type Kind = 'command' | 'click'

/** Of ten requests four decide something. */
const turns: readonly Kind[] = [
  'command',
  'click',
  'command',
  'click',
  'command',
  'click',
  'command',
  'click',
  'command',
  'command',
]

async function run(order: Order): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true })
  const outcome: Outcome = { commands: [], clicks: [], sent: { commands: 0, clicks: 0 }, failures: {}, late: [] }
  const approved = new Map(order.questions.map(({ ts }) => [ts, false]))
  const idle = [...order.questions]

  function post(form: Record<string, string>): Promise<number> {
    const body = new URLSearchParams(form).toString()
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
      ...signatureHeaders(order.signingSecret, body, Math.floor(Date.now() / 1000)),
    }
    const from = performance.now()
    return new Promise((resolve) => {
      const fail = (why: string | number) => {
        outcome.failures[why] = (outcome.failures[why] ?? 0) + 1
        resolve(performance.now() - from)
      }
      const sent = httpRequest(order.url, { method: 'POST', agent, headers }, (response) => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200 ? resolve(performance.now() - from) : fail(response.statusCode ?? 0),
        )
      })
      sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
      sent.end(body)
    })
  }

  async function command(counts: boolean): Promise<void> {
    const { user, texts } = order.commands
    const behind = texts[outcome.sent.commands++ % texts.length] ?? ''
    const ms = await post({
      team_id: order.team,
      channel_id: order.channel,
      user_id: user,
      command: '/upgrade',
      text: behind,
      response_url: order.responseUrl,
      trigger_id: randomUUID(),
    })
    if (counts) outcome.commands.push(ms)
  }

  async function click(question: Order['questions'][number], counts: boolean): Promise<void> {
    const { user, ts, value } = question
    const withdraws = approved.get(ts) ?? false
    approved.set(ts, !withdraws)
    outcome.sent.clicks++
    const payload = {
      type: 'block_actions',
      user: { id: user, team_id: order.team },
      team: { id: order.team },
      container: { type: 'message', message_ts: ts, channel_id: order.channel },
      channel: { id: order.channel },
      message: { ts },
      trigger_id: randomUUID(),
      response_url: order.responseUrl,
      actions: [{ type: 'button', action_id: withdraws ? 'withdraw' : 'approve', block_id: 'b', value, action_ts: ts }],
    }
    const ms = await post({ payload: JSON.stringify(payload) })
    if (counts) outcome.clicks.push(ms)
    idle.push(question)
  }

  const total = ((order.warmUpMs + order.durationMs) / 1000) * order.perSecond
  const from = performance.now()
  const open: Promise<void>[] = []
  for (let index = 0; index < total; ) {
    const elapsed = performance.now() - from
    const due = Math.min(total, Math.floor((elapsed / 1000) * order.perSecond) + 1)
    for (; index < due; index++) {
      const planned = (index / order.perSecond) * 1000
      const counts = planned >= order.warmUpMs
      if (counts) outcome.late.push(performance.now() - from - planned)
      // One who has not seen the answer yet does not click again: a command takes that turn.
      const question = turns[index % turns.length] === 'click' ? idle.shift() : undefined
      open.push(question ? click(question, counts) : command(counts))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(open)
  // The next run begins as this one did.
  await Promise.all(order.questions.filter(({ ts }) => approved.get(ts)).map((question) => click(question, false)))
  agent.destroy()
  return outcome
}

console.log(JSON.stringify(await run(JSON.parse(await text(process.stdin)) as Order)))
