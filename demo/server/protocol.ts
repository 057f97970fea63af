/** What the playground's page and its server tell each other, as JSON. The page imports these types and nothing else. */

import type { Locale } from '../../src/upgrade/locale.ts'

export type { Locale }

/** A Block Kit block, element or view as the app sent it; the page looks at what it knows and shows the rest as text. */
export type Json = { [key: string]: unknown }

export type Person = {
  id: string
  name: string
  realName: string
  role: string
  /** What they have set in Slack. */
  locale: Locale
}

export type Workspace = {
  name: string
  channel: { id: string; name: string; locale: Locale }
  bot: string
  people: Person[]
  groups: { id: string; handle: string; members: string[] }[]
  services: {
    name: string
    environments: string[]
    /** What runs at first. */
    runs: string
    versions: { tag: string; story: string }[]
  }[]
  commands: { usage: string; what: string }[]
}

export type Message = {
  kind: 'message'
  channel: string
  ts: string
  user: string
  text: string
  blocks: Json[]
  threadTs?: string
  edited: boolean
  /** Shared with it; pictures are shown. */
  files?: SharedFile[]
  /** By their names in Slack. */
  reactions?: string[]
  /** The person with whom the app speaks here alone. */
  direct?: string
  /** The upgrade that it belongs to. */
  upgrade?: string
}

export type SharedFile = { name: string; title: string; alt?: string; url: string; isPicture: boolean }

/** Only this person sees it. */
export type Ephemeral = {
  kind: 'ephemeral'
  channel: string
  ts: string
  user: string
  text: string
  blocks: Json[]
  threadTs?: string
}

export type View = { id: string; user: string; type: 'modal' | 'home'; view: Json; errors: Record<string, string> }

export type PodState = 'ready' | 'starting' | 'failing' | 'terminating'

export type Pod = {
  name: string
  /** Of its ReplicaSet; pods of one revision share it. */
  revision: string
  state: PodState
  /** `Running`, `CrashLoopBackOff`, `Terminating` … */
  reason: string
  restarts: number
}

export type ReplicaSet = {
  name: string
  revision: string
  image: string
  wanted: number
  ready: number
  /** The last that appeared, whichever the Deployment wants now. */
  newest: boolean
}

/** The fields of a Deployment that Rollcall sets for a while. */
export type Fields = {
  paused: boolean
  maxSurge: string
  maxUnavailable: string
  minReadySeconds: number
  progressDeadlineSeconds: number
}

export type Deployment = {
  namespace: string
  name: string
  environment: string
  replicas: number
  image: string
  fields: Fields
  /** As its manifest has them. */
  original: Fields
  /** `rollcall.dev/upgrade`, while it is under one. */
  mark?: string
  changeCause?: string
  replicaSets: ReplicaSet[]
  pods: Pod[]
}

export type AuditLine = {
  sequence: number
  at: string
  /** A user's ID, or Rollcall itself. */
  actor: string
  action: string
  outcome: 'done' | 'refused'
  code?: string
  reason?: string
  fromPhase?: string
  toPhase?: string
  replicas?: number
  previousHash: string
  hash: string
}

export type Chain = { name: string; entries: AuditLine[]; intact: boolean }

export type Health = {
  rollcall: boolean
  redis: boolean
  slack: boolean
  /** Workloads, `namespace/name`, for which an alert fires. */
  firing: string[]
}

/** What the pipeline ran last, and what that printed so far; with an exit code once it has ended. */
export type PipelineRun = { command: string; output: string; exitCode?: number }

/**
 * The state is a map of values by key, and a change names only what is new and what is gone. Keys are `workspace`,
 * `health`, `pipeline`, `message/…`, `ephemeral/…`, `view/…`, `deployment/…` and `audit/…`.
 */
export type Delta = { set: { [key: string]: unknown }; drop: string[] }

export type Choice = string | number | string[]

/** One of the choices that the app gives while somebody types. */
export type Option = { value: string; text: string }

/** What somebody does on the page. */
export type Act =
  | { do: 'command'; user: string; channel: string; text: string }
  | { do: 'say'; user: string; channel: string; text: string; threadTs?: string | undefined }
  | {
      do: 'click'
      user: string
      channel: string
      ts: string
      actionId: string
      blockId?: string | undefined
      confirm?: boolean | undefined
      choice?: Choice | undefined
    }
  | { do: 'submit'; view: string; values: Record<string, Choice> }
  | { do: 'close'; view: string }
  | {
      do: 'viewAction'
      view: string
      actionId: string
      blockId?: string | undefined
      choice?: Choice | undefined
      confirm?: boolean | undefined
      values?: Record<string, Choice> | undefined
    }
  | { do: 'suggest'; view: string; actionId: string; text: string }
  | { do: 'openHome'; user: string }
  /** «Who can approve this?» in the menu of a message. */
  | { do: 'whoCan'; user: string; channel: string; ts: string }
  | { do: 'trouble'; trouble: Trouble }
  /** The pipeline asks for a version, and waits for the result. */
  | { do: 'pipeline'; service: string; environment: string; version: string }
  /** The language that the channel reads, and these people. */
  | { do: 'speak'; locale: Locale; channel: boolean; people: string[] }

export type Workload = { namespace: string; name: string }

/** What can happen to a cluster, a bot and its surroundings. */
export type Trouble =
  | ({ what: 'crashPod'; pod?: string | undefined } & Workload)
  | ({ what: 'scale'; replicas: number } & Workload)
  | ({ what: 'undo' } & Workload)
  | ({ what: 'setImage'; image: string } & Workload)
  | ({ what: 'fireAlert' } & Workload)
  | ({ what: 'resolveAlert' } & Workload)
  | { what: 'killWorker' }
  | { what: 'startWorker' }
  | { what: 'disconnectSlack' }
  | { what: 'connectSlack' }
  | { what: 'stopRedis' }
  | { what: 'startRedis' }

/** `problem` is what the person would be told: by Slack, or by kubectl. `done` says what came of it where nothing shows. */
export type ActResult = { problem?: string; done?: string; options?: Option[] }

/** A message of the gallery. */
export type Exhibit = {
  id: string
  title: string
  /** Where it stands: in the channel, in a thread, before one person's eyes, in a modal, or on a Home tab. */
  as: 'live' | 'thread' | 'ephemeral' | 'modal' | 'home'
  text: string
  blocks: Json[]
  view?: Json
}

export type Gallery = {
  workspace: Workspace
  /** The language of what is shown. */
  locale: Locale
  rooms: { id: string; title: string; exhibits: Exhibit[] }[]
}

/** Where the guided tour is: in which step, and before which of its actions; past the last one comes the check. */
export type TourState = {
  step: number
  steps: number
  title: string
  told: string
  /** What happens in this step: `alice presses Approve`. */
  actions: string[]
  /** What is true afterwards. */
  claim: string
  at: number
  /** Who acted last: what only they are told is worth seeing. */
  actor?: string
  /** Whether somebody at the page can do the next action too. */
  isYours: boolean
  /** What a terminal printed. */
  output?: string
  problem?: string
}
