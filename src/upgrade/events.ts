import type { TargetAlert } from './alerts.ts'
import type { Policy } from './policy.ts'
import type { Restriction } from './restrictions.ts'
import type {
  Actor,
  Finding,
  GateReport,
  KubernetesActor,
  OutsideChange,
  Page,
  Plan,
  Reminder,
  Request,
  SlackActor,
  Upgrade,
} from './upgrade.ts'

export type { GateReport } from './upgrade.ts'

/** A yes that does not count any more, and why. */
export type VoidApproval = { by: SlackActor; code: VoidCode }
export type VoidCode = 'ROLE_LOST' | 'OWN_REQUEST' | 'SAME_PERSON' | 'BOT' | 'GUEST' | 'DEACTIVATED' | 'STRANGER'

/** What of a policy an approval stands for; people and permissions are looked up for each approver instead. */
export type PolicyPart =
  | 'strategy'
  | 'quorum'
  | 'separateRequester'
  | 'onFailure'
  | 'onAlert'
  | 'gitops'
  | 'imagePolicy'
  | 'gates'
  | 'windows'
  | 'dependsOn'
/** Without these the request itself means something else. */
export type RequestPart = 'promotion' | 'target' | 'image' | 'overrides' | 'breakGlass'

/** Why the channel of an upgrade cannot be relied on any more. */
export type ChannelTrouble = (typeof channelTroubles)[number]
export const channelTroubles = ['CHANNEL_ARCHIVED', 'CHANNEL_LEFT', 'CHANNEL_SHARED'] as const

/** What a workload shows of an upgrade: the sequence in its mark, its replicas, and the plan made of that. */
type TakenOver = { mark: number; found: { updated: number; ready: number; total: number }; plan: Plan }

/** Numbers that the store had not given out, and that the cluster shows as used. */
type Skipping = { skipped?: { from: number; to: number } }

type By = { by: Actor; reason?: string }

/** `carriedOutAt`, ISO 8601: when the command line had done it by itself, no Rollcall having answered. */
type Braked = By & { carriedOutAt?: string }

/**
 * Facts in the past tense. Each becomes exactly one audit entry under its own name.
 * The first group is what people decide, the second what Rollcall found.
 */
export type Event =
  | ({
      type: 'requested'
      request: Request
      policy: Policy
      target: Upgrade['target']
      id: string
      /** Absent: by command. */
      via?: 'modal' | 'api'
    } & Skipping)
  | { type: 'approved'; by: SlackActor; planHash: string }
  /** The requester of a break-glass upgrade has typed its ID. */
  | { type: 'breakGlassConfirmed'; by: SlackActor; planHash: string }
  /** Another administrator has looked at it and signed it off. */
  | { type: 'reviewed'; by: SlackActor }
  | { type: 'withdrawn'; by: SlackActor }
  | ({ type: 'rejected' } & By)
  /** What is new is as it should be, says somebody who was asked; or it is not. */
  | { type: 'accepted'; by: SlackActor; reason?: string }
  | { type: 'declined'; by: SlackActor; reason?: string }
  | ({ type: 'continued' } & By)
  | ({ type: 'paused' } & Braked)
  /** The hold ends; one that a change of replicas led to is gone on from. */
  | ({ type: 'resumed' } & By)
  /** The hold ends, and the workload is brought back to the share that was approved last. */
  | ({ type: 'restored' } & By)
  | ({ type: 'turnedBack' } & Braked)
  /** Whoever turned back says why afterwards. */
  | { type: 'explained'; by: SlackActor; reason: string }
  | ({ type: 'cancelled' } & By)
  | ({ type: 'acknowledged' } & By)
  //
  | { type: 'prepared'; plan: Plan }
  | { type: 'blocked'; findings: Finding[] }
  /** The quorum was complete, and everything it stood on still held: this is the start. */
  | { type: 'started'; approvers: SlackActor[] }
  /** What was found when everything was checked again at the start. */
  | { type: 'approvalsVoided'; approvals: VoidApproval[] }
  | { type: 'policyChanged'; changed: PolicyPart[]; policy: Policy }
  | { type: 'requestVoided'; changed: RequestPart }
  | { type: 'serviceRemoved' }
  | { type: 'channelLost'; code: ChannelTrouble; channel: string }
  /** Fewer people than the quorum are left who could approve; and enough are there again. */
  | { type: 'quorumLost'; people: number }
  | { type: 'quorumRegained' }
  /** Its tag stands for something else than what was approved, or for nothing any more. Digests. */
  | { type: 'imageMoved'; from: string; to?: string }
  /** It may start, but not yet: it was asked for a later time, no window is open, it is frozen, or it depends on more. */
  | { type: 'scheduled'; until?: string; restriction?: Restriction; dependency?: Finding }
  /** The next batch may not begin now; and it may again. */
  | { type: 'restricted'; restriction: Restriction }
  | { type: 'unrestricted' }
  | { type: 'outdated'; code: 'TEMPLATE_CHANGED' | 'REPLICAS_CHANGED' }
  | { type: 'reached'; updated: number; ready: number; total: number; generation: number; templateHash?: string }
  | { type: 'soaked' }
  | { type: 'checked'; reports: GateReport[] }
  | { type: 'gateFailed'; report: GateReport }
  | { type: 'gateInconclusive'; report: GateReport }
  /** An alert of the target fires that began after the start. */
  | { type: 'alerted'; alert: TargetAlert }
  | { type: 'stuck'; code: string; detail: Record<string, string | number> }
  | { type: 'changedOutside'; change: OutsideChange }
  /** The store knows nothing of an upgrade that the workload is in the middle of. */
  | ({ type: 'adopted'; request: Request; policy: Policy; target: Upgrade['target']; id: string } & TakenOver &
      Skipping)
  /** The store is behind the workload: what people decided since is lost. */
  | ({ type: 'rewound' } & TakenOver)
  | { type: 'stopUnknown'; by: KubernetesActor; value: string }
  /** What others changed is as it was again. */
  | { type: 'changedBack' }
  /** The workload's own autoscaler changed the replicas, which is not a reason to stop. */
  | { type: 'rescaled'; change: Extract<OutsideChange, { kind: 'scaled' }>; autoscaler: string }
  | { type: 'expired' }
  /** People who could decide, and have not, are told once more. */
  | ({ type: 'reminded' } & Pick<Reminder, 'of' | 'to'>)
  /** Nobody has acknowledged a failure, and on-call is told once more. */
  | ({ type: 'paged' } & Omit<Page, 'at'>)
  /** A success is for good now. */
  | { type: 'windowClosed' }
  | { type: 'reviewOverdue' }
  | { type: 'targetGone'; recreated: boolean }

export type EventType = Event['type']
