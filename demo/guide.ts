/** The hands of the tour: what people do in Slack and in a cluster, and how one makes sure of what came of it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { V1Deployment } from '@kubernetes/client-node'
import { Redis } from 'ioredis'
import { interactiveElements, type Message } from '../test/fakes/slack/slack.ts'
import { type ClusterView, type PodsView, viewCluster } from './cluster-view.ts'
import type { PersonName, Service } from './shop.ts'
import type { Stage } from './world.ts'

/** The upgrade that the tour tells of now. */
export type Current = {
  id: string
  service: Service
  version: string
  image: string
  /** The Deployment as it was before. */
  before: V1Deployment
  pods: PodsView
}

export type Tampered = { chain: string; index: number; original: string }

export type Tour = {
  stage: Stage
  cluster: ClusterView
  /** How long anything may take to come about, milliseconds. */
  patienceMs: number
  /** @throws before the first request */
  current(): Current
  begin(current: Current): Promise<void>
  /** What a person's screen still shows although it was decided since. */
  stale: Message | undefined
  /** The entry of the audit trail that was tampered with. */
  tampered: Tampered | undefined
  /** Called back whenever a pod of the current upgrade's service changes. */
  onPods: () => void
  stop(): Promise<void>
}

export function startTour(stage: Stage, patienceMs: number): Tour {
  let current: Current | undefined
  return {
    stage,
    cluster: viewCluster(stage.kubeconfig, stage.place.namespaces.production),
    patienceMs,
    current() {
      if (!current) throw new Error('nobody has asked for an upgrade yet')
      return current
    },
    async begin(next) {
      await current?.pods.stop()
      current = next
    },
    stale: undefined,
    tampered: undefined,
    onPods: () => {},
    async stop() {
      await current?.pods.stop()
    },
  }
}

/** Something that somebody does. Whoever drives the tour says the words, then runs it. */
export type Action = {
  /** Nobody in Slack when absent: somebody at a terminal, or Rollcall by itself. */
  who?: PersonName
  kind: 'types' | 'presses' | 'runs' | 'watches'
  /** What is typed or run, the button's label, what one sees. */
  words(tour: Tour): string
  /** What Slack's confirm dialog asks, where the button has one. */
  dialog?(tour: Tour): string | undefined
  /** Returns what a terminal printed. @throws when it cannot be done, or nothing came of it */
  run(tour: Tour): Promise<string | undefined>
}

// ---------------------------------------------------------------- in Slack

/** `/upgrade <service> <version>`: from here on the tour tells of this upgrade. */
export function requests(who: PersonName, service: Service, version: string, reason: string): Action {
  const text = `${service.name} ${version} in production --reason "${reason}"`
  return {
    who,
    kind: 'types',
    words: () => `/upgrade ${text}`,
    async run(tour) {
      const { cluster, stage, patienceMs } = tour
      const image = `${stage.place.image(service.name)}:${version}`
      const before = await cluster.deployment(service.name)
      const pods = await cluster.watchPods(service.name, image, () => tour.onPods())
      const asked = await stage.slack.command({ ...from(tour, who), command: '/upgrade', text })
      const answer = await asked.reply(patienceMs)
      const id = new RegExp(`${service.name}-production-\\d+`).exec(answer.text)?.[0]
      if (!id) throw new Error(`Rollcall answered: ${answer.text}`)
      await tour.begin({ id, service, version, image, before, pods })
      return undefined
    },
  }
}

export type Button = 'approve' | 'continue' | 'pause' | 'rollback'

/** Presses a button of the live message, or of the open question that has one, and confirms the dialog it may open. */
export function presses(who: PersonName, button: Button, on: 'live' | 'question'): Action {
  const shown = (tour: Tour) => (on === 'live' ? liveNow(tour) : openQuestion(tour))
  return {
    who,
    kind: 'presses',
    words: (tour) => labelOf(shown(tour), button),
    dialog: (tour) => dialogOf(shown(tour), button),
    async run(tour) {
      const message = shown(tour)
      if (!message) throw new Error(`no message shows ${button}`)
      const asks = elementOf(message, button)?.confirm !== undefined
      const { slack } = tour.stage
      const pressed = await slack.click({
        ...from(tour, who),
        ts: message.ts,
        actionId: button,
        ...(asks && { confirm: true }),
      })
      if (pressed.outcome !== 'acknowledged') throw new Error(`the click was not acknowledged: ${pressed.outcome}`)
      // Why, is asked afterwards; the dialog must not stand before what comes next.
      if (button === 'rollback') await slack.closeView({ view: (await pressed.modal(tour.patienceMs)).id })
      if (on === 'question') tour.stale = message
      return undefined
    },
  }
}

/** Presses a button of a question that was decided since: a telephone in a tunnel still showed it. */
export function pressesAgain(who: PersonName, button: Button): Action {
  return {
    who,
    kind: 'presses',
    words: (tour) => labelOf(tour.stale, button),
    async run(tour) {
      const message = tour.stale
      const element = message && elementOf(message, button)
      if (!message || !element) throw new Error(`no stale ${button}`)
      const action = { action_id: button, value: element.value }
      const pressed = await tour.stage.slack.rawAction({ ...from(tour, who), ts: message.ts, action })
      await pressed.reply(tour.patienceMs)
      return undefined
    },
  }
}

/** `/upgrade resume` answers with what is to be decided; the button below it decides. */
export function resumes(who: PersonName): Action[] {
  const answerTo = (tour: Tour) =>
    tour.stage.slack
      .ephemerals(from(tour, who).user)
      .findLast(({ blocks = [] }) => interactiveElements(blocks).some(({ actionId }) => actionId === 'resume'))
  return [
    {
      who,
      kind: 'types',
      words: (tour) => `/upgrade resume ${tour.current().id}`,
      async run(tour) {
        const text = `resume ${tour.current().id}`
        const asked = await tour.stage.slack.command({ ...from(tour, who), command: '/upgrade', text })
        await asked.reply(tour.patienceMs)
        return undefined
      },
    },
    {
      who,
      kind: 'presses',
      words: (tour) => labelOf(answerTo(tour), 'resume'),
      dialog: (tour) => dialogOf(answerTo(tour), 'resume'),
      async run(tour) {
        const answer = answerTo(tour)
        if (!answer) throw new Error('the answer shows no resume')
        await tour.stage.slack.click({ ...from(tour, who), ts: answer.ts, actionId: 'resume', confirm: true })
        return undefined
      },
    },
  ]
}

/** Nobody does anything: one watches until it has come to this. */
export function watches(words: string, phase: string, updated?: number): Action {
  return {
    kind: 'watches',
    words: () => words,
    async run(tour) {
      await reaches(tour, phase, updated)
      return undefined
    },
  }
}

/** One watches until a move is under way: there are more new pods than before. */
export function watchesMove(words: string, from: number): Action {
  return {
    kind: 'watches',
    words: () => words,
    async run(tour) {
      await tour.current().pods.until((now) => now.new > from, tour.patienceMs, `more than ${from} new pods`)
      return undefined
    },
  }
}

function from(tour: Tour, who: PersonName) {
  return { user: tour.stage.people[who].id, channel: tour.stage.channel }
}

function labelOf(message: Pick<Message, 'blocks'> | undefined, button: string): string {
  return textOf(message && elementOf(message, button)?.text) ?? button
}

function dialogOf(message: Pick<Message, 'blocks'> | undefined, button: string): string | undefined {
  const confirm = message && elementOf(message, button)?.confirm
  return isObject(confirm) ? [textOf(confirm.title), textOf(confirm.text)].join(' ') : undefined
}

/** The text of a text object. */
function textOf(value: unknown): string | undefined {
  return isObject(value) && typeof value.text === 'string' ? value.text : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function elementOf({ blocks = [] }: Pick<Message, 'blocks'>, button: string) {
  return interactiveElements(blocks).find(({ actionId }) => actionId === button)?.element
}

// ---------------------------------------------------------------- at a terminal

/** `kubectl scale`, past Rollcall. */
export function scales(replicas: number): Action {
  return {
    kind: 'runs',
    words: (tour) => `kubectl scale deployment/${tour.current().service.name} --replicas=${replicas}`,
    async run(tour) {
      await tour.cluster.scale(tour.current().service.name, replicas)
      return undefined
    },
  }
}

/** Rewrites an approval in Redis: somebody else gave it, it now says. */
export function tampers(by: PersonName, instead: PersonName): Action {
  return {
    kind: 'runs',
    words: (tour) => `redis-cli lset ${auditKey(tour.current().id)} … # ${by} approved → ${instead} approved`,
    async run(tour) {
      const { people } = tour.stage
      const chain = tour.current().id
      await withRedis(tour, async (redis) => {
        const entries = await redis.lrange(auditKey(chain), 0, -1)
        const index = entries.findIndex((entry) => entry.includes('"approved"') && entry.includes(people[by].id))
        const original = entries[index]
        if (!original) throw new Error(`no approval by ${by} is in ${chain}`)
        await redis.lset(auditKey(chain), index, original.replaceAll(people[by].id, people[instead].id))
        tour.tampered = { chain, index, original }
      })
      return undefined
    },
  }
}

/** Puts the entry back as it was. */
export function mends(): Action {
  return {
    kind: 'runs',
    words: (tour) => `redis-cli lset ${auditKey(tour.current().id)} … # as it was`,
    async run(tour) {
      const { tampered } = tour
      if (!tampered) throw new Error('nothing was tampered with')
      const { chain, index, original } = tampered
      await withRedis(tour, (redis) => redis.lset(auditKey(chain), index, original))
      tour.tampered = undefined
      return undefined
    },
  }
}

/** The entries of one chain of the audit trail. */
export function trail(tour: Tour, chain: string): Promise<Record<string, unknown>[]> {
  return withRedis(tour, async (redis) => {
    const entries = await redis.lrange(auditKey(chain), 0, -1)
    return entries.map((entry) => JSON.parse(entry) as Record<string, unknown>)
  })
}

const auditKey = (chain: string) => `{rollcall}:audit:${chain}`

async function withRedis<T>(tour: Tour, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(tour.stage.redisUrl)
  try {
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

/**
 * `rollcall audit verify`, the real command.
 *
 * @throws when it finds anything else than what is expected, or does not name the entry that was tampered with
 */
export function verifies(expected: 'intact' | 'tampered'): Action {
  return {
    kind: 'runs',
    words: () => 'rollcall audit verify',
    async run(tour) {
      const { exitCode, output } = await rollcall(['audit', 'verify'], { REDIS_URL: tour.stage.redisUrl })
      const { tampered } = tour
      const named = tampered ? output.includes(`${tampered.chain}: entry ${tampered.index + 1} was edited`) : true
      if (exitCode !== (expected === 'intact' ? 0 : 1) || !named) throw new Error(`exit code ${exitCode}: ${output}`)
      return output
    },
  }
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function rollcall(args: string[], env: Record<string, string>): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { env: { PATH: process.env.PATH, ...env } },
      (_, ...out) => resolve({ exitCode: child.exitCode, output: out.join('').trim() }),
    )
  })
}

// ---------------------------------------------------------------- what came of it

type Wanted = { new: number; old: number }

/** The live message as it is now. */
export function liveNow(tour: Tour): Message | undefined {
  return messagesOf(tour, 'rollcall_upgrade')[0]
}

export function openQuestion(tour: Tour): Message | undefined {
  return messagesOf(tour, 'rollcall_question').findLast(
    ({ metadata }) => metadata?.event_payload.open === true && metadata.event_payload.kind !== 'reminder',
  )
}

function messagesOf(tour: Tour, type: string): Message[] {
  const { id } = tour.current()
  return tour.stage.slack
    .messages(tour.stage.channel)
    .filter(({ deleted, metadata }) => !deleted && metadata?.event_type === type && metadata.event_payload.id === id)
}

const kinds: Record<string, string> = { awaitingApproval: 'start', awaitingContinue: 'continue' }
const ends = new Set(['succeeded', 'rolledBack'])

/**
 * Waits until the live message says this phase, and how many pods are new where that is given, and for what comes with
 * it in the thread: the question, or the result.
 */
export function reaches(tour: Tour, phase: string, updated?: number): Promise<Message> {
  return tour.stage.slack.waitFor(
    () => {
      const live = liveNow(tour)
      const now = live?.metadata?.event_payload
      if (now?.phase !== phase || (updated !== undefined && now.updated !== updated)) return undefined
      const kind = kinds[phase]
      const question = openQuestion(tour)
      const isAsked = question?.metadata?.event_payload.kind === kind && question?.ts !== tour.stale?.ts
      const isTold = !ends.has(phase) || thread(tour).some(({ text }) => text.startsWith(`${tour.current().id} `))
      return isTold && (kind === undefined || isAsked) && live
    },
    { timeoutMs: tour.patienceMs, what: `${phase} ${updated ?? ''}` },
  )
}

/** Makes sure that this many pods are new and this many old, that all of them are Ready, and that nobody moves them. */
export async function rests(tour: Tour, wanted: Wanted): Promise<void> {
  const all = wanted.new + wanted.old
  await tour
    .current()
    .pods.until(
      (now) => now.new === wanted.new && now.old === wanted.old && now.ready === all,
      tour.patienceMs,
      `${wanted.new} new and ${wanted.old} old pods`,
    )
}

/** Makes sure that the last private answer to somebody says this. */
export function answered(tour: Tour, who: PersonName, words: RegExp): Promise<unknown> {
  const { user } = from(tour, who)
  return tour.stage.slack.waitFor(() => words.test(tour.stage.slack.ephemerals(user).at(-1)?.text ?? ''), {
    timeoutMs: tour.patienceMs,
    what: `the answer ${words} to ${who}`,
  })
}

/** Makes sure that the thread of the current upgrade says this. */
export function threadSays(tour: Tour, words: RegExp): Promise<unknown> {
  return tour.stage.slack.waitFor(() => thread(tour).some(({ text }) => words.test(text)), {
    timeoutMs: tour.patienceMs,
    what: `${words} in the thread`,
  })
}

function thread(tour: Tour): Message[] {
  return tour.stage.slack.replies(tour.stage.channel, liveNow(tour)?.ts ?? '')
}
