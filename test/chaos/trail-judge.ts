/** Judges what is left in Redis and in Slack, by the bytes: nothing of Rollcall's own reading of them is used. */
import type { Redis } from 'ioredis'
import type { FakeSlack, Message } from '../fakes/slack/slack.ts'
import { dana } from '../shop.ts'
import { payloadOf } from './board.ts'
import type { Oracle } from './oracle.ts'
import type { Told } from './people.ts'
import { erin, type Service } from './service.ts'
import type { Rise } from './witness.ts'

export type Evidence = {
  redis: Redis
  slack: FakeSlack
  oracle: Oracle
  services: readonly Service[]
  told: readonly Told[]
  rises: readonly Rise[]
  violated(invariant: string, what: string, upgrade?: string): void
}

type Entry = {
  at: string
  actor: { kind: string; user?: string }
  action: string
  outcome: string
  code?: string
  to: { phase?: string; image?: string; replicas?: number }
  detail?: { upgrade?: string; version?: string }
  chain: string
  sequence: number
  previousHash: string
  hash: string
}

const eventOf: Record<string, string> = {
  approve: 'approved',
  withdraw: 'withdrawn',
  reject: 'rejected',
  cancel: 'cancelled',
  continue: 'continued',
  pause: 'paused',
  resume: 'resumed',
  rollback: 'turnedBack',
}

/** Reads every chain and compares it with what people did and saw. */
export async function judgeTrail(evidence: Evidence): Promise<{ entries: number; decisions: number }> {
  const { redis, services, violated } = evidence
  const chains = new Map<string, Entry[]>()
  for (const key of await redis.keys('{rollcall}:audit:*')) {
    const entries = (await redis.lrange(key, 0, -1)).map((text) => JSON.parse(text) as Entry)
    chains.set(key.slice('{rollcall}:audit:'.length), entries)
  }
  for (const [name, entries] of chains) judgeChain(name, entries, violated)
  for (const service of services) await judgeNumbers(evidence, service, chains)
  const decisions = judgeDecisions(evidence, chains)
  judgeApprovedPods(evidence, chains)
  for (const one of evidence.told) await judgeEnd(evidence, one, chains.get(one.id) ?? [])
  judgeMessages(evidence)
  judgeDirectMessages(evidence)
  return { entries: [...chains.values()].flat().length, decisions }
}

/** One entry for each sequence, in order, each on the hash of the one before, and time never goes back. */
function judgeChain(name: string, entries: readonly Entry[], violated: Evidence['violated']): void {
  entries.forEach((entry, index) => {
    const before = entries[index - 1]
    const off =
      entry.sequence !== index + 1 ||
      (before && (entry.previousHash !== before.hash || entry.at < before.at || entry.chain !== name))
    if (off)
      violated('one audit entry for each sequence', `${name}, entry ${index + 1}: ${JSON.stringify(entry)}`, name)
  })
}

/** 1, 2, 3 … without a gap, and each version that was asked for only once. */
async function judgeNumbers(
  { redis, told, violated }: Evidence,
  { name }: Service,
  chains: ReadonlyMap<string, Entry[]>,
) {
  const prefix = `${name}-production-`
  const numbers = [...chains.keys()].filter((id) => id.startsWith(prefix)).map((id) => Number(id.slice(prefix.length)))
  const sorted = numbers.toSorted((one, other) => one - other)
  const count = Number(await redis.get(`{rollcall}:count:${name}:production`))
  if (sorted.some((number, index) => number !== index + 1) || count !== numbers.length) {
    violated('IDs have no gap and are used once', `${name}: ${sorted.join(', ')}; counted ${count}`)
  }
  const versions = sorted.map((number) => chains.get(prefix + number)?.[0]?.detail?.version)
  const known = told.filter(({ id }) => id.startsWith(prefix)).length
  if (new Set(versions).size !== versions.length || known !== versions.length) {
    violated('one request leads to one upgrade', `${name}: ${versions.join(', ')}; ${known} were played`)
  }
}

/**
 * Every decision that Slack saw acknowledged is stored, as done or as refused; and nothing is stored that nobody did.
 * What was not acknowledged may be stored, once.
 */
function judgeDecisions({ oracle, violated }: Evidence, chains: ReadonlyMap<string, Entry[]>): number {
  type Tally = { acknowledged: number; unknown: number; done: number; refused: number; upgrade: string }
  const tallies = new Map<string, Tally>()
  const tally = (upgrade: string, user: string, action: string) => {
    const key = `${upgrade}: ${action} by ${user}`
    const found = tallies.get(key) ?? { acknowledged: 0, unknown: 0, done: 0, refused: 0, upgrade }
    tallies.set(key, found)
    return found
  }
  for (const { upgrade, user, action, acknowledged } of oracle.clicks) {
    tally(upgrade, user, action)[acknowledged ? 'acknowledged' : 'unknown']++
  }
  const actionOf = new Map(Object.entries(eventOf).map(([action, event]) => [event, action]))
  for (const [chain, entries] of chains) {
    for (const { actor, action, detail } of entries) {
      if (actor.kind !== 'slack' || !actor.user) continue
      if (chain === 'refusals') {
        if (detail?.upgrade) tally(detail.upgrade, actor.user, action).refused++
      } else {
        const decided = actionOf.get(action)
        if (decided) tally(chain, actor.user, decided).done++
      }
    }
  }
  for (const [what, { acknowledged, unknown, done, refused, upgrade }] of tallies) {
    const figures = `${what}: acknowledged ${acknowledged}, unknown ${unknown}, done ${done}, refused ${refused}`
    if (done + refused < acknowledged) violated('no decision is lost', figures, upgrade)
    if (done + refused > acknowledged + unknown) violated('no decision counts twice', figures, upgrade)
  }
  const refusals = chains.get('refusals') ?? []
  const requests = refusals.filter(({ action, actor }) => action === 'request' && actor.user === dana).length
  if (requests > oracle.asked.length) violated('no decision counts twice', `${requests} requests were refused`)
  return oracle.clicks.filter(({ acknowledged }) => acknowledged).length
}

/** Every rise in pods that the watch saw has an entry before it that allows it. */
function judgeApprovedPods({ rises, violated }: Evidence, chains: ReadonlyMap<string, Entry[]>): void {
  const byImage = new Map(
    [...chains.values()].flatMap((entries) => {
      const [first] = entries
      return first?.action === 'requested' && first.to.image ? [[first.to.image, entries] as const] : []
    }),
  )
  for (const { image, wanted, at } of rises) {
    const entries = byImage.get(image)
    if (!entries) continue
    const before = entries.filter((entry) => entry.to.image === image && Date.parse(entry.at) <= at)
    const allowed = Math.max(0, ...before.map(({ to }) => to.replicas ?? 0))
    if (wanted > allowed) {
      violated(
        'no pod is new beyond what was approved',
        `${image}: ${wanted}, the trail allows ${allowed}`,
        entries[0]?.chain,
      )
    }
  }
}

/** State, trail and live message end alike, and nothing of it is due or claimed any more. */
async function judgeEnd({ redis, slack, violated }: Evidence, { id, script }: Told, entries: readonly Entry[]) {
  const wrong = (what: string) => violated('every upgrade ends as was wanted', `${id}: ${what}`, id)
  const state = JSON.parse((await redis.get(`{rollcall}:upgrade:${id}`)) ?? '{}') as {
    sequence?: number
    result?: { outcome?: string; rollbackUntil?: string }
    target?: { clusterUid?: string; uid?: string }
  }
  if (state.result?.outcome !== script.outcome) wrong(`its state says ${state.result?.outcome}, not ${script.outcome}`)
  if (state.sequence !== entries.length) wrong(`its state is at ${state.sequence}, its trail at ${entries.length}`)
  if (entries.at(-1)?.to.phase !== script.outcome) wrong(`its trail ends in ${entries.at(-1)?.to.phase}`)
  const due = await redis.zscore('{rollcall}:due', id)
  if (due !== null && !(Number(due) > Date.now())) wrong('it is still due')
  if (due !== null && state.result?.rollbackUntil === undefined) wrong('it is still due, and cannot be rolled back')
  if ((await redis.zscore('{rollcall}:ended', id)) === null) wrong('it is not in the history')
  const active = await redis.hget(`{rollcall}:target:${state.target?.clusterUid}:${state.target?.uid}`, 'active')
  if (active === id) wrong('its target is still claimed')
  const live = shown(slack).filter((one) => one.metadata?.event_type === 'rollcall_upgrade' && payloadOf(one).id === id)
  if (payloadOf(live[0]).phase !== script.outcome) wrong(`its live message says ${String(payloadOf(live[0]).phase)}`)
  const open = shown(slack).filter((one) => payloadOf(one).id === id && payloadOf(one).open === true)
  if (open.length > 0) wrong(`a question is still open: ${open[0]?.text}`)
  const result = shown(slack).filter(
    (one) => one.metadata?.event_type === 'rollcall_result' && payloadOf(one).id === id,
  )
  const head = entries.at(-1)?.hash
  if (result.length === 0) wrong('the thread has no result')
  else if (head && !JSON.stringify(result[0]?.blocks).includes(head)) wrong('its result does not bear the last hash')
}

/** At most one message for each thing that Rollcall has to say. */
function judgeMessages({ slack, violated }: Evidence): void {
  const seen = new Map<string, Message>()
  for (const message of shown(slack)) {
    const ours = message.metadata && message.blocks?.[0]?.block_id
    const name = ours ?? message.files?.map((file) => file.name).join(' ')
    if (name === undefined) continue
    const other = seen.get(name)
    if (other) violated('no message is doubled', `${name}: ${other.ts} and ${message.ts}`, name.split('/')[0])
    seen.set(name, message)
  }
}

/** At most one for each question, which it links to. */
function judgeDirectMessages({ slack, violated }: Evidence): void {
  const seen = new Set<string>()
  for (const { text } of slack.directMessages(erin)) {
    const link = /<(https:[^|>]+)/.exec(text)?.[1]
    if (link === undefined) continue
    if (seen.has(link)) violated('no message is doubled', `erin was told twice: ${text}`)
    seen.add(link)
  }
}

function shown(slack: FakeSlack): Message[] {
  return slack.messages().filter(({ deleted }) => !deleted)
}
