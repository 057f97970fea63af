/** What the surfaces (Slack, commands, HTTP, CLI) may ask of the engine. `engine.ts` implements it. */
import type { Action, ForwardAction, OtherAction } from '../upgrade/actions.ts'
import type { AuditEntry } from '../upgrade/audit-chain.ts'
import type { Evidence } from '../upgrade/evidence.ts'
import type { Freeze, FreezeScope } from '../upgrade/freezes.ts'
import type { Batch, Grant, OwnRight, Policy, Strategy } from '../upgrade/policy.ts'
import type { Place } from '../upgrade/proposals.ts'
import type { Refusal, Refused } from '../upgrade/refusal.ts'
import type { GateReport, PipelineActor, Plan, Request, SlackActor, Upgrade } from '../upgrade/upgrade.ts'
import type { AlertState, ApiCall, EndedQuery, Observation } from './ports.ts'
import type { Standing } from './standing.ts'

/** The question that somebody had before their eyes. Without it no action leads forward. */
export type Seen = {
  step: number
  planHash: string
  /** Stands for the change from outside that was shown with it. */
  change?: string
}

export { type Action, actions, type ForwardAction, isForward, type OtherAction } from '../upgrade/actions.ts'

/** What a person wants of an upgrade, from whatever surface. */
export type Decision = {
  upgrade: string
  by: SlackActor
  via: 'button' | 'command' | 'modal' | 'reply'
  reason?: string
  /** One per delivery; the audit entry and the log lines bear it. */
  requestId: string
  /** `performance.now()` when it arrived; two seconds later it counts no more. Absent: it arrives with the call. */
  arrivedAt?: number
} & ({ action: ForwardAction; seen: Seen } | { action: OtherAction; seen?: Seen })

export type RequestInput = {
  service: string
  environment: string
  /** A tag or `sha256:…`. */
  version: string
  overrides: { strategy?: Strategy['type']; batches?: Batch[] }
  reason?: string
  /** Why it cannot simply be undone. */
  irreversible?: string
  /** It is known to be an older version, or one with another major number. */
  downgrade?: true
  major?: true
  /** Not before this time, ISO 8601. */
  startAt?: string
  /** Without approvals and soaks, by an administrator who answers for it. */
  breakGlass?: true
  by: SlackActor | PipelineActor
  /** Absent: by command. */
  via?: 'modal' | 'api'
  /** Of a pipeline's: by which it is recognised when it comes again, and a hash of what it says. */
  call?: Pick<ApiCall, 'key' | 'hash'>
  requestId: string
}

export type FreezeInput = {
  scope: FreezeScope
  reason: string
  /** ISO 8601; absent: until somebody lifts it. */
  until?: string
  by: SlackActor
  requestId: string
  /** As of a decision. */
  arrivedAt?: number
}
export type UnfreezeInput = Omit<FreezeInput, 'reason' | 'until'> & { reason?: string }

/** Of a version that is proposed. */
export type DismissInput = Place & { version: string; by: SlackActor; requestId: string }

/** `over`: it is not proposed any more. */
export type Dismissal = 'dismissed' | 'over' | { refused: RequestRefusal }

/** Why a request was not taken up, beside what authorization says. */
export type RequestRefusal =
  | Refusal
  | { code: 'UNKNOWN_SERVICE'; service: string; environment: string }
  | { code: 'OVERRIDE_NOT_ALLOWED'; option: string; allowed: string[] }
  /** A pipeline used the key of an earlier request for another one. */
  | { code: 'KEY_REUSED' }
  /** Fewer people can approve than the quorum asks for. */
  | { code: 'QUORUM_UNREACHABLE'; quorum: number; people: number }
  /** The target is missing or the cluster does not answer; `error` is a RollcallError's code. */
  | { code: 'TARGET_UNAVAILABLE'; error: string; message: string; hint: string }

export type Surface = {
  /** Queues an upgrade; its pre-flight and plan follow in the channel. */
  request(input: RequestInput): Promise<{ upgrade: Upgrade } | { refused: RequestRefusal }>
  /** What would refuse it now; a refusal is recorded like that of a request. */
  refusalOf(input: RequestInput): Promise<RequestRefusal | undefined>
  /** Everything but the doing: checks and plan of an upgrade that is never stored. Anyone may ask. */
  plan(input: RequestInput): Promise<{ request: Request; policy: Policy; plan: Plan } | { refused: RequestRefusal }>
  /**
   * The only way in which a person changes an upgrade.
   * @throws RollcallError NOT_STORED: it was not stored in time, and will not be
   */
  decide(decision: Decision): Promise<{ upgrade: Upgrade } | Refused>
  /**
   * No upgrade goes forward there, by an administrator's word.
   * @throws RollcallError NOT_STORED
   */
  freeze(input: FreezeInput): Promise<{ freeze: Freeze } | Refused>
  /** @throws RollcallError NOT_STORED */
  unfreeze(input: UnfreezeInput): Promise<{ freeze: Freeze } | Refused>
  /** In force now, oldest first. */
  freezes(): Promise<Freeze[]>
  /**
   * A version that is proposed is not wanted.
   * @throws RollcallError NOT_STORED
   */
  dismiss(input: DismissInput): Promise<Dismissal>
  find(id: string): Promise<Upgrade | undefined>
  /** Under way, oldest first. */
  active(): Promise<Upgrade[]>
  /** Ended, newest first. */
  ended(options: EndedQuery): Promise<Upgrade[]>
  audit(id: string): Promise<AuditEntry[]>
  /** From the watch; `undefined` while the cluster is out of sight. */
  observe(upgrade: Upgrade): Observation | undefined
  /** What the gates that ask somebody else said last, in the order of the configuration. */
  reports(upgrade: Upgrade): Promise<GateReport[]>
  /** Its alerts, and who was called because of them; absent: nobody sends any. */
  alerts(upgrade: Upgrade): Promise<AlertState | undefined>
  /**
   * Tags of a service's image, the newest first. `undefined` when nobody can tell within a second or so, when the
   * configuration does not have its registry asked, and for whoever may not ask for an upgrade of it.
   */
  versions(service: string, actor: SlackActor): Promise<string[] | undefined>
  /** What was measured in its course: gates and their figures, and how many pods were Ready. */
  evidence(upgrade: Upgrade): Promise<Evidence>
  services(): { name: string; environments: string[] }[]
  policyFor(service: string, environment: string): Policy | undefined
  /** What somebody may do where, by today's configuration and membership. */
  permissionsOf(actor: SlackActor): Promise<{ service: string; environment: string; permissions: OwnRight[] }[]>
  /** Who somebody is by Slack's word. */
  standingOf(actor: SlackActor): Promise<Standing>
  /** Those of some actions that somebody has the right to, whatever the phase. Nothing is recorded. */
  allowed(actor: SlackActor, upgrade: Upgrade, actions: readonly Action[]): Promise<Action[]>
  /** Whom to ask for a role; `undefined` when the configuration names nobody. */
  admins(): Grant | undefined
  /** Redis's clock, ISO 8601. */
  now(): Promise<string>
}
