import { Redis } from 'ioredis'
import { interactiveElements, type Message } from '../../test/fakes/slack/slack.ts'
import { alice, carol, dana } from '../../test/shop.ts'
import { type Ground, openGround, payloadOf, service } from '../ground.ts'
import type { Measure } from '../report.ts'

const channels = Array.from({ length: 8 }, (_, index) => `C0TEAM${index + 1}`)

/** Milliseconds between two requests, and between two decisions: a very busy afternoon. */
const requestEveryMs = 333
const decideEveryMs = 1_000

/**
 * Many upgrades under way in one workspace that keeps to Slack's limits: a post a second in a channel, 50 edits a minute
 * in all. People decide faster than Slack lets all messages be edited.
 */
export const slackAtScale: Measure = async ({ quick, progress }) => {
  const count = quick ? 40 : 200
  const names = Array.from({ length: count }, (_, index) => `scale-${index + 1}`)
  const channelOf = (index: number) => channels[index % channels.length] ?? ''
  const services = names.map(
    (name, index) => [name, { ...service({ batches: [1, '100%'] }), channel: channelOf(index) }] as const,
  )
  const ground = await openGround(Object.fromEntries(services), {
    replicas: 3,
    cluster: { readyDelayMs: [200, 2_000] },
    slack: { rateLimits: 'slack' },
  })
  try {
    const { slack } = ground
    for (const id of channels) {
      slack.addChannel({ id, name: id.toLowerCase(), members: slack.users().map((user) => user.id) })
    }
    progress(`${count} upgrades are asked for`)
    await everyMs(requestEveryMs, names, async (name, index) => {
      const text = `${name} 1.5.0 in production`
      await slack.command({ user: dana, channel: channelOf(index), command: '/upgrade', text })
    })
    const decided: number[] = []
    const pressed = new Set<string>()
    const rounds = Array.from({ length: quick ? 40 : 240 }, (_, index) => index)
    await everyMs(decideEveryMs, rounds, async (round) => {
      if (round % 30 === 0) progress(`a decision a second, ${round} of ${rounds.length}`)
      const question = oldestOpen(ground, pressed)
      if (!question) return
      const [user, actionId] =
        payloadOf(question).kind === 'start' ? ([alice, 'approve'] as const) : ([carol, 'continue'] as const)
      const pressedAt = performance.now()
      await slack.click({ user, channel: question.channel, ts: question.ts, actionId, confirm: true })
      decided.push(performance.now() - pressedAt)
    })
    progress('until Slack shows the newest state of each')
    const endedAt = Date.now()
    const quietAt = await untilQuiet(ground)
    const limited = slack.calls.filter(({ status }) => status === 429).length
    return [
      {
        id: 'slack-posts',
        what: `${count} upgrades within Slack’s limits: what is asked or has ended → its message`,
        unit: 'ms',
        limit: { of: 'median', atMost: 2_000 },
        runs: [await waits(ground)],
        detail: { refusedBySlack: limited, calls: slack.calls.length },
      },
      { id: 'slack-decisions', what: '… of a decision, until it is acknowledged', unit: 'ms', runs: [decided] },
      {
        id: 'slack-newest',
        what: '… after the last decision, until every live message shows the newest state',
        unit: 's',
        runs: [[Math.max(0, quietAt - endedAt) / 1_000]],
      },
    ]
  } finally {
    await ground.stop()
  }
}

/** At fixed times, whether or not the one before is done. */
async function everyMs<T>(
  ms: number,
  all: readonly T[],
  work: (one: T, index: number) => Promise<void>,
): Promise<void> {
  const working: Promise<void>[] = []
  for (const [index, one] of all.entries()) {
    working.push(work(one, index))
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  await Promise.all(working)
}

function all({ slack }: Ground): Message[] {
  return channels.flatMap((channel) => slack.messages(channel))
}

/** The question that has waited longest and was not answered here yet. */
function oldestOpen(ground: Ground, pressed: Set<string>): Message | undefined {
  const isOpen = (message: Message) => {
    const { open, kind } = payloadOf(message)
    const buttons = interactiveElements(message.blocks ?? []).map(({ actionId }) => actionId)
    return open === true && (kind === 'start' || kind === 'continue') && buttons.length > 0 && !pressed.has(message.ts)
  }
  const [oldest] = all(ground)
    .filter(isOpen)
    .toSorted((one, other) => (one.ts < other.ts ? -1 : 1))
  if (oldest) pressed.add(oldest.ts)
  return oldest
}

/** Milliseconds from the event that a question or a result is about to the message in Slack. */
async function waits(ground: Ground): Promise<number[]> {
  const redis = new Redis(ground.redisUrl)
  try {
    const posts = all(ground).filter(({ threadTs, metadata }) => threadTs !== undefined && metadata !== undefined)
    const found = await Promise.all(
      posts.map(async (message) => {
        const entries = await redis.lrange(`{rollcall}:audit:${String(payloadOf(message).id)}`, 0, -1)
        const at = Number(message.ts) * 1_000
        const times = entries.map((entry) => Date.parse((JSON.parse(entry) as { at: string }).at))
        return at - Math.max(...times.filter((time) => time <= at))
      }),
    )
    return found.filter(Number.isFinite)
  } finally {
    redis.disconnect()
  }
}

/** Waits until nothing was edited or posted for some seconds. → when the last such call was, epoch milliseconds */
async function untilQuiet({ slack }: Ground): Promise<number> {
  const last = () => slack.calls.findLast(({ method }) => method.startsWith('chat.'))?.at ?? 0
  while (Date.now() - last() < 5_000) await new Promise((resolve) => setTimeout(resolve, 100))
  return last()
}
