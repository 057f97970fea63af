/**
 * What the engine needs of the world. Adapters implement these: store/ (Redis), targets/ (Kubernetes),
 * jobs/ (BullMQ), slack/ (members). Every call has a time-out and may run twice.
 */
import type { AlertMapping } from '../upgrade/alert-formats.ts'
import type { AlertRules, TargetAlert } from '../upgrade/alerts.ts'
import type { AuditEntry, UnsealedEntry } from '../upgrade/audit-chain.ts'
import type { Replicas } from '../upgrade/dependencies.ts'
import type { ChannelTrouble, GateReport } from '../upgrade/events.ts'
import type { Capacity, Sample } from '../upgrade/evidence.ts'
import type { Freeze, FreezeScope } from '../upgrade/freezes.ts'
import type { MeasuredGate } from '../upgrade/gate.ts'
import type { ImageLook } from '../upgrade/image.ts'
import type { Membership } from '../upgrade/people.ts'
import type { Grant, Policy, Strategy, TargetRef, TrafficSource } from '../upgrade/policy.ts'
import type { Offers, Place, Wish } from '../upgrade/proposals.ts'
import type { TrafficPoint } from '../upgrade/quiet-time.ts'
import type { Stop } from '../upgrade/stop.ts'
import type {
  Finding,
  Goal,
  OutsideChange,
  Request,
  SlackActor,
  TemplateChange,
  Upgrade,
  WorkloadFacts,
} from '../upgrade/upgrade.ts'

// ---------------------------------------------------------------- store

export type Loaded = {
  upgrade: Upgrade
  /** Redis's clock, ISO 8601: the only clock that decisions use. */
  now: string
  /** Last entry of the upgrade's audit chain. */
  head: { hash: string; at: string; sequence: number }
  /** Hash of the configuration in force; absent in a Redis that is empty. */
  config?: string
}

export type Commit = {
  upgrade: Upgrade
  entry: UnsealedEntry
  /** Sequence of the stored state that it takes the place of, 0 for none; one less than the new one unless it is given. */
  before?: number
  /** Of a first commit: the count that the ID's number was made from, which must still be so. */
  count?: number
  /** When to look again, epoch milliseconds; absent for a terminal upgrade. */
  due?: number
  /** By Redis's clock, epoch milliseconds: what comes later must not be written any more. */
  deadline: number
  /** Hash of the configuration that this was decided by, which must be in force; absent where it does not matter. */
  config?: string
  /** Request ID of which the chain must not have an entry yet: of somebody's decision, which may be delivered again. */
  once?: string
  /** Of a first commit: the call of a pipeline that led to it, and must not have led to another one. */
  call?: ApiCall
}

/** A call of a pipeline, kept for a day; `key` is its own word for it, `hash` stands for what it said. */
export type ApiCall = { pipeline: string; key: string; hash: string }

/**
 * `conflict`: somebody committed first; load again. `late`: the deadline has passed. `otherConfig`: another
 * configuration is in force. `repeated`: its request ID has an entry already, or its call an upgrade. Nothing was written then. What was written
 * before, by the same commit, is `committed`.
 */
export type Committed = 'committed' | 'conflict' | 'occupied' | 'late' | 'otherConfig' | 'repeated'

/** What a new upgrade is built upon. */
export type Opening = {
  now: string
  /** Number of the last upgrade of this service and environment; 0 when there was none. */
  count: number
  /** The upgrade that is under way on this target. */
  active?: string
  /** Last audit hash of the target's previous upgrade: the new chain starts from it. */
  head: string
}

/** Which of the upgrades that ended; `since` is ISO 8601. */
export type EndedQuery = { service?: string; environment?: string; since?: string; limit: number }

export type Upgrades = {
  load(id: string): Promise<Loaded | undefined>
  open(service: string, environment: string, target: Upgrade['target']): Promise<Opening>
  /** State, audit entry and what is due next, all or nothing. A first commit also claims the target. */
  commit(change: Commit): Promise<Committed>
  /** What a pipeline's call has led to. */
  called(call: Omit<ApiCall, 'hash'>): Promise<{ id: string; hash: string } | undefined>
  /** Bookkeeping without an event: when to look again. Refused (false) when the sequence has moved. */
  settle(id: string, sequence: number, due: number): Promise<boolean>
  /**
   * Notes for which generation of the workload its first change was, once for each `round` of decisions that lead to one.
   *
   * @returns the generation that was noted first; `undefined` when the sequence has moved
   */
  begin(upgrade: Upgrade, round: string, generation: number): Promise<number | undefined>
  /**
   * Slack has been told all there is to tell of an upgrade, or will be at `again` (epoch milliseconds). Nothing unless it
   * has ended: until then it is due, and a process that dies over its last messages is made up for.
   */
  told(id: string, again?: number): Promise<void>
  /** IDs whose `due` is `lateMs` past; each is handed out to one caller and moved `lateMs` on. */
  overdue(lateMs: number, limit: number): Promise<string[]>
  /** Upgrades under way, oldest first. */
  active(): Promise<Upgrade[]>
  /** Upgrades that ended, newest first. */
  ended(options: EndedQuery): Promise<Upgrade[]>
  /** Redis's clock, ISO 8601. */
  now(): Promise<string>
  /** Those of these IDs that nothing is stored of. */
  unknown(ids: string[]): Promise<string[]>
  /** Hash of the configuration in force; `undefined` in a Redis that is empty. */
  configInForce(): Promise<string | undefined>
  /** How many entries the chains of these have: another number means that an upgrade has changed. */
  lengths(ids: string[]): Promise<number[]>
  /** The chain of one upgrade, oldest first. */
  audit(id: string): Promise<AuditEntry[]>
  /** Appends to the chain of refused requests and clicks. */
  recordRefusal(entry: ChainEntry): Promise<void>
  /** Appends to the chain of configuration changes. */
  recordAdmin(entry: ChainEntry): Promise<void>
}

/** An audit entry before its place in a chain is known. */
export type ChainEntry = Omit<UnsealedEntry, 'at' | 'chain' | 'sequence' | 'previousHash'>

// ---------------------------------------------------------------- cluster

export type PodReport = {
  name: string
  ready: boolean
  /** Since when it is Ready without a break, ISO 8601. */
  readySince?: string
  createdAt: string
  restarts: number
  /** Waiting reason of a container, such as `CrashLoopBackOff` or `ImagePullBackOff`. */
  waiting?: string
  /** Termination reason of a container's last run, such as `OOMKilled`, and when the last one ended, ISO 8601. */
  terminated?: string
  terminatedAt?: string
  /** The scheduler's message while no node takes the pod. */
  unschedulable?: string
  /** Was Ready, and is not any more, since then. */
  lostReadyAt?: string
  /** Evicted, or its node was lost: not the new revision's fault. */
  displaced: boolean
}

/** A target as the watch shows it now. */
export type Observation = {
  /** Replicas wanted. */
  total: number
  /** Replicas that run the new revision. */
  updated: number
  /** Ready pods of any revision. */
  ready: number
  /** Pods of the new revision only. */
  pods: PodReport[]
  /** Names of the pods of any other revision. */
  stable: string[]
}

export type Pursuit =
  /** The goal is reached and rests. */
  | { state: 'reached'; observation: Observation; generation: number; templateHash: string }
  /** On its way; `patched` when this call sent something. Only time is missing until `againAt`, ISO 8601. */
  | { state: 'moving'; patched: boolean; againAt?: string }
  /** No newly Ready pod since `since`; `code` says what stands in the way. */
  | { state: 'waiting'; since: string; code: string; detail: Record<string, string | number> }
  /** Not as approved: the live template or the replica count is not the plan's, and nothing was touched yet. */
  | { state: 'outdated'; code: 'TEMPLATE_CHANGED' | 'REPLICAS_CHANGED' }
  | Changed
  | Gone
  /** The workload bears a higher stamp: somebody else went further. */
  | { state: 'superseded'; stamp: string }

/** Not as it was left. `autoscaler` is the workload's own, when it was that which scaled. */
export type Changed = { state: 'changed'; change: OutsideChange; autoscaler?: string }
/** Deleted, or another object of the same name is there. */
export type Gone = { state: 'gone'; recreated: boolean }

export type Standing = { state: 'holds' } | Changed | Gone

/** Whether a success can still be taken back; `lost`: the old template is not there any more. */
export type WayBack = { state: 'holds' | 'changed' | 'gone' | 'lost' }

export type Identity = {
  clusterUid: string
  uid: string
  /** Image of the container now. */
  image: string
  /** As the workload's own status counts them; of an older status nothing is updated. */
  replicas: Replicas
  /** IDs of upgrades that the cluster shows to have been there: numbers that are not given out again. */
  seen: string[]
}

/** Which upgrade a workload bears the mark of, and the sequence that allowed the last change. */
export type Mark = { id: string; sequence: number }

/** A workload under way, as it is in the cluster: enough to go on from with nothing else. */
export type Marked = {
  mark: Mark
  clusterUid: string
  uid: string
  found: { updated: number; ready: number; total: number }
  seen: string[]
  /** From the record of its originals; absent when that is gone. */
  record?: { facts: WorkloadFacts; strategy: Strategy['type']; request?: Request }
}

/**
 * Notes the generation of an untouched workload that is about to be changed.
 *
 * @returns the one that was noted first; `undefined` when the upgrade is in another state by now
 */
export type Begin = (generation: number) => Promise<number | undefined>

export type Prepared = {
  findings: Finding[]
  facts: WorkloadFacts
  /**
   * `linux/amd64` …, of the nodes that its pods may be put on; absent where nodes may not be listed. Looked for only when
   * the image is.
   */
  platforms?: string[]
  /** What the first patch makes of the pod template, with whatever admission adds to it. */
  changes: TemplateChange[]
  /** What a person types to bring the old pod template back without Rollcall. */
  back: string
}

/**
 * A kind of workload on one cluster. `pursue` and `halt` read the watch's cache and send at most one patch, which
 * tests uid and generation and stamps the workload with `<id>@<sequence>`.
 */
export type Target = {
  /** @throws RollcallError TARGET_NOT_FOUND, CONTAINER_NOT_FOUND, CLUSTER_UNAVAILABLE, CLUSTER_FORBIDDEN */
  identify(ref: TargetRef): Promise<Identity>
  /** The pre-flight: all findings at once. Changes nothing. */
  prepare(upgrade: Upgrade): Promise<Prepared>
  /** @param begin asked right before a first change, so that what was put back since is not begun anew */
  pursue(upgrade: Upgrade, goal: Goal, begin?: Begin): Promise<Pursuit>
  /** Stops a move to the goal, or keeps what was reached; `reached` while all is as approved. */
  halt(upgrade: Upgrade, goal: Goal): Promise<Pursuit>
  /** After a way back has ended: takes marks off that came late, from a process that looked before the end. */
  tidy(upgrade: Upgrade): Promise<void>
  /** Whether what was reached still stands. Changes nothing. */
  verify(upgrade: Upgrade, goal: Goal): Promise<Standing>
  /** Whether the workload is still as this upgrade finished it, and the old template is kept. Changes nothing. */
  wayBack(upgrade: Upgrade): Promise<WayBack>
  /** Whether a pod is or was of this workload, from the watch's cache; `undefined` while that is not filled. */
  ownsPod(ref: TargetRef, pod: string): boolean | undefined
  /** From the watch's cache; `undefined` while it is not filled, or when the target is gone. */
  observe(upgrade: Upgrade): Observation | undefined
  /** What somebody wrote on the workload to stop it. Costs a request only when the watch's cache shows something. */
  stop(upgrade: Upgrade): Promise<Stop | undefined>
  /** Takes it off the workload again, unless it is another one by now. */
  removeStop(upgrade: Upgrade, stop: Stop): Promise<void>
  /** Its mark, from the watch's cache; `undefined` without one, or while the cache is not filled. */
  mark(ref: TargetRef): Mark | undefined
  /** The workload itself, read past every cache; `undefined` when it bears no mark, or is not there. */
  marked(ref: TargetRef): Promise<Marked | undefined>
  /** Tells a step of the upgrade as a Kubernetes Event on the workload. Best effort, never throws. */
  tell(upgrade: Upgrade, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>
}

/** By the target's kind. */
export type Targets = (ref: TargetRef) => Target

/** A gate that the watch answers, at once. */
export type Gate = (upgrade: Upgrade, observation: Observation, now: string) => GateReport

/** What a gate that asks somebody else is told about what it judges. */
export type About = {
  upgrade: Upgrade
  observation: Observation | undefined
  /** Redis's time, ISO 8601. */
  now: string
  /** What the same gate said before the first change, if it was asked then. */
  before?: GateReport
  /** Names this measurement: the same one, asked for twice, has the same. */
  key: string
}

/**
 * Asks somebody else. What cannot be told is `inconclusive`, thrown or returned. REGISTRY_BUSY is no answer: the gate is
 * asked again.
 *
 * @param signal ends what takes longer than the gate's time-out
 */
export type Measure<G extends MeasuredGate = MeasuredGate, Said = Omit<GateReport, 'gate'>> = (
  gate: G,
  about: About,
  signal: AbortSignal,
) => Promise<Said>

/** By the gate's type. `later`: what it has begun takes its time, and it is to be asked again. */
export type Measures = {
  [T in MeasuredGate['type']]: Measure<Extract<MeasuredGate, { type: T }>, Omit<GateReport, 'gate'> | 'later'>
}

/** What a gate said last, of which state of the upgrade, and when it was asked (Redis's time, ISO 8601). */
export type Measurement = { report: GateReport; sequence: number; at: string }

/**
 * What gates said last, beside the upgrade: each new measurement takes the place of the last one. Of figures a series is
 * kept, too.
 */
export type Measurements = {
  /** By the gate's name. */
  latest(id: string): Promise<Record<string, Measurement>>
  /** Nothing when a later one is there already. */
  note(id: string, measurement: Measurement): Promise<void>
  /** What these gates measured as a figure, oldest first; thinned out where it would be too much. */
  series(id: string, gates: readonly string[]): Promise<Record<string, Sample[]>>
}

/** How many pods were Ready in the course of upgrades, of those that were wanted. May be lost. */
export type Capacities = {
  /** As they are now: until the next note they count as being so. */
  note(id: string, now: { ready: number; total: number }): Promise<void>
  of(id: string): Promise<Capacity | undefined>
}

// ---------------------------------------------------------------- alerts

/** The alerts of an upgrade, as many as are kept, and how many fire in all. */
export type AlertState = { alerts: TargetAlert[]; firing: number; called?: Called }

/** Whom the configuration names to be called. */
export type OnCallSettings = { users: string[]; groups: string[]; schedule?: Schedule }

/** Where to ask who is on call now. */
export type Schedule = {
  type: 'pagerduty' | 'opsgenie'
  /** Of the API; absent: the service's own. */
  url?: string
  id: string
  /** The environment variable that holds the API key. */
  tokenEnv: string
}

/** Who is called because of an alert. */
export type OnCall = {
  users: string[]
  groups: string[]
  /** Who said so: a schedule, the configuration, or, where it says nothing, whoever may respond. */
  by: 'schedule' | 'configuration' | 'role'
  /** Why the schedule was not gone by. */
  trouble?: OnCallTrouble
}

/**
 * It does not answer, its answer cannot be read, nobody is on call by it, none of those was found in Slack, or the app
 * may not look for them.
 */
export const onCallTroubles = [
  'SCHEDULE_UNREACHABLE',
  'SCHEDULE_UNREADABLE',
  'SCHEDULE_EMPTY',
  'NOT_IN_SLACK',
  'EMAIL_SCOPE_MISSING',
] as const
export type OnCallTrouble = (typeof onCallTroubles)[number]

/** `at`: when, ISO 8601. */
export type Called = OnCall & { at: string }

/** Beside the upgrade and outside its sequence, so that a storm of alerts never conflicts with a decision. */
export type Alerts = {
  /**
   * Notes alerts, and that the upgrade is to be looked at now. What is known already is not news, nor is that an alert
   * fires which has ended since.
   *
   * @returns whether anything was news
   */
  note(id: string, alerts: readonly TargetAlert[]): Promise<boolean>
  of(id: string): Promise<AlertState>
  /** Notes who is called; the first note stays, and is returned. */
  call(id: string, called: Called): Promise<Called>
}

// ---------------------------------------------------------------- proposals

/** What was pushed and is proposed, by place. It may be lost: whoever wants an upgrade asks for it without a proposal, too. */
export type Proposals = {
  /** `mark` stands for what was read. */
  of(place: Place): Promise<{ offers: Offers; mark: string }>
  /** Puts offers in the place of those with this mark; `false` and nothing done when others stand there by now. */
  replace(place: Place, mark: string, offers: Offers): Promise<boolean>
}

// ---------------------------------------------------------------- registries

export type Images = {
  /**
   * What a version of an image is; `busy` when so many are looked at already that the next one has to come again. Never
   * throws: what stands in the way is an answer, too.
   *
   * @param image repository without tag or digest
   * @param version a tag or a digest
   */
  look(image: string, version: string): Promise<ImageLook | { state: 'busy' }>
  /**
   * The tags of an image, in no order, as many as are worth looking through; up to a minute old. Never throws.
   *
   * @param image repository without tag or digest
   */
  tags(image: string): Promise<TagsLook>
}

export type TagsLook =
  | { state: 'found'; tags: readonly string[] }
  | Unanswered
  /** So much is looked at already that this has to be asked again. */
  | { state: 'busy' }

/** What somebody attached to an image. Whoever may push there may attach anything. */
export type Attachment = {
  /** Of a referrer; absent of what lies under a tag that is made of the digest. */
  artifactType?: string
  mediaType: string
  annotations: Readonly<Record<string, string>>
  /** With the digest that the registry gave for it; absent when it is too large, or gone. */
  bytes?: Buffer
}

export type Wanted = {
  /** Tags that are made of the digest: `sig` for `sha256-….sig`. */
  suffixes: readonly string[]
  /** Of referrers. */
  artifactTypes: readonly string[]
  /** By its annotations, before it is read. */
  isWanted?: (annotations: Attachment['annotations']) => boolean
  /** Bytes. */
  largest: number
}

export type Attachments = {
  /**
   * Hands over what is attached to a digest, one after the other, until `take` says that it is enough. A mirror that has
   * something stands for the registry. `unknown` means that there may be more.
   *
   * @throws RollcallError REGISTRY_BUSY while so many images are looked at that this one has to come again
   */
  of(
    image: { name: string; digest: string },
    wanted: Wanted,
    take: (attachment: Attachment) => boolean,
    signal: AbortSignal,
  ): Promise<{ state: 'all' } | Unanswered>
  /**
   * The very bytes that hash to a digest; `missing` where it is not there.
   *
   * @throws RollcallError REGISTRY_BUSY
   */
  manifest(
    image: { name: string; digest: string },
    signal: AbortSignal,
  ): Promise<{ state: 'found'; bytes: Buffer } | { state: 'missing' } | Unanswered>
}

/** Nobody can tell; `code` and `message` are those of the error. */
export type Unanswered = { state: 'unknown'; code: string; message: string }

// ---------------------------------------------------------------- traffic

/**
 * What a target served at each half hour, as far back as is asked for; or why nobody can tell, by a code as gates have.
 *
 * @param now ISO 8601
 * @throws RollcallError GATE_UNREACHABLE, GATE_ANSWER_TOO_LONG; anything at all after its time-out
 */
export type TrafficHistory = (
  policy: Policy,
  traffic: TrafficSource,
  now: string,
) => Promise<{ points: TrafficPoint[] } | Pick<GateReport, 'code' | 'detail'>>

// ---------------------------------------------------------------- triggers

/** Triggers carry no facts, only an ID. */
export type Queue = {
  reconcile(id: string): Promise<void>
  /** Look again in so many milliseconds; `at` is that moment by Redis's clock and makes equal timers one. */
  reconcileAt(id: string, at: number, delayMs: number): Promise<void>
  /**
   * Ask a gate. `round` tells the measurements of one state apart; one that is under way already is not asked for twice.
   */
  measure(id: string, gate: string, sequence: number, round: number): Promise<void>
  /** Bring Slack into line: at once, or later when it is only a tick of progress or Slack asked for patience. */
  show(id: string, delayMs?: number): Promise<void>
}

// ---------------------------------------------------------------- people

export type { MemberKind, Membership } from '../upgrade/people.ts'

export type Members = {
  /** Cached for at most a minute; with Slack away the last answer, whatever its age. */
  lookup(actor: SlackActor, groups: string[]): Promise<Membership>
  /** The people in a group; nobody when there is no such group, `undefined` while Slack does not say. */
  inGroup(group: string): Promise<string[] | undefined>
  /** ID of our own workspace; `undefined` while Slack has never said. */
  workspace(): Promise<string | undefined>
}

// ---------------------------------------------------------------- Slack, as far as going on depends on it

export type Display = {
  /** Whether Slack answered any process within the last minute. */
  isReached(): Promise<boolean>
  /**
   * Tells the admins, once, of a workload that bears the mark of an upgrade of which nothing else is known.
   *
   * @param hasRecord whether its original settings are still beside it
   */
  orphaned(id: string, ref: TargetRef, hasRecord: boolean): Promise<void>
  /** What is wrong with a Slack channel, as far as it is known. While nothing is, the answer comes at once. */
  trouble(channel: string): Promise<ChannelTrouble | undefined>
  /** Somebody acted on what an upgrade's messages cannot say: they are looked at before those of others. */
  doubted(upgrade: string): Promise<void>
}

// ---------------------------------------------------------------- freezes

export type Freezes = {
  /** Every one that was declared and not lifted, those that are over by now included. */
  all(): Promise<Freeze[]>
  /**
   * Puts a freeze in the place of the one with its scope, or takes that away, with its entry in the chain of
   * administration, all or nothing.
   *
   * @param before the one with this scope, as it was read; absent: none
   * @returns `conflict`: another one stands there by now
   */
  replace(change: {
    scope: FreezeScope
    before: Freeze | undefined
    after: Freeze | undefined
    entry: ChainEntry
    deadline: number
  }): Promise<'committed' | 'conflict' | 'late'>
}

// ---------------------------------------------------------------- configuration

/** Which configuration all processes go by. */
export type ConfigStore = {
  /** `number` counts the configurations that came into force. */
  inForce(): Promise<{ hash: string; number: number } | undefined>
  /** The text of a configuration that is or was in force. */
  textOf(hash: string): Promise<string | undefined>
  /** How many other processes go by the one in force; notes whether this one does, for some seconds. */
  others(current: boolean): Promise<number>
  /** Puts a configuration in the place of number `instead` (0: of none), with its entry; `false`: somebody was first. */
  takeUp(config: { hash: string; text: string }, instead: number, entry: ChainEntry): Promise<boolean>
}

/** How a pipeline proves who it runs for: what a token of its CI has to say, where `*` stands for anything. */
export type PipelineIdentity = {
  issuer: string
  /** URL of the issuer's public keys. */
  keys: string
  audience: string
  subjects: string[]
  claims: Record<string, string>
  algorithms: string[]
  /** Slack user IDs by what a claim says. */
  person?: { claim: string; people: Record<string, string> }
}

/** The configuration in force. A new one replaces it as a whole. */
export type ActiveConfig = {
  policyFor(service: string, environment: string): Policy | undefined
  services(): { name: string; environments: string[] }[]
  identityOf(pipeline: string): PipelineIdentity | undefined
  /** Those who look after Rollcall itself; `undefined` when the file names no role for it. */
  admins(): Grant | undefined
  alertRules(): AlertRules
  /** Where versions are proposed once they are pushed. */
  wishes(): readonly Wish[]
  /** How the alerts of a sender with a format of its own are read. */
  alertMapping(source: string): AlertMapping | undefined
  /** Whom alerts of a service call; `undefined` when the file does not say. */
  onCall(service: string): OnCallSettings | undefined
  hash: string
}
