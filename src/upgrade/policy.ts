import { z } from 'zod'
import { MeasuredGate } from './gate.ts'
import { ImagePolicy } from './image.ts'
import { Window } from './windows.ts'

/** A batch as written: a number of pods, or a share of the replicas such as `25%`. Always cumulative. */
export const Batch = z.union([z.int().min(1), z.string().regex(/^(100|[1-9]?[0-9])%$/)])
export type Batch = z.infer<typeof Batch>

/** Who a permission names: a role with the Slack users and user groups that it stands for. */
export const Grant = z.strictObject({
  role: z.string(),
  users: z.array(z.string()),
  groups: z.array(z.string()),
})
export type Grant = z.infer<typeof Grant>

/** What stakeholders want to hear of. */
export const NoticeLevel = z.enum(['start', 'decision', 'result', 'failure'])
export type NoticeLevel = z.infer<typeof NoticeLevel>

export const Permission = z.enum(['request', 'approve', 'operate', 'respond'])
export type Permission = z.infer<typeof Permission>

/** Somebody who signs off what is new, asked in Slack before the gates of a batch measure. */
export const AcceptanceGate = z.strictObject({
  /** Unique among the gates of a service in an environment. */
  name: z.string(),
  /** At each batch, or when all is new. */
  during: z.array(z.enum(['soak', 'after'])).min(1),
  by: z.array(Grant).min(1),
  /** Nobody has said anything by then, milliseconds. */
  timeoutMs: z.int().min(1),
})
export type AcceptanceGate = z.infer<typeof AcceptanceGate>

/** What somebody may have the right to at a service: a permission, or to sign off. */
export type OwnRight = Permission | 'accept'

/** The same, or to look after Rollcall itself. */
export type Right = OwnRight | 'admin'

export const Strategy = z.strictObject({
  type: z.enum(['rolling', 'recreate']),
  batches: z.array(Batch).min(1),
  /** The least time at each batch, the last one included. */
  soakMs: z.int().min(0),
  continue: z.enum(['approval', 'auto']),
  /** This long without a newly Ready pod and the batch has failed. */
  readyTimeoutMs: z.int().min(1),
  /** A question that waits longer than this is answered by `onFailure`. */
  maxHoldMs: z.int().min(1),
  /** Pods above the replicas, as Kubernetes writes it; absent: the Deployment's own. */
  maxSurge: z.exactOptional(z.union([z.int().min(0), z.string()])),
  /** How firmly the workload rests between batches; see docs/adr/0002. */
  hold: z.enum(['quiet', 'strict']),
})
export type Strategy = z.infer<typeof Strategy>

export const TargetRef = z.strictObject({
  cluster: z.string(),
  kind: z.enum(['Deployment']),
  namespace: z.string(),
  name: z.string(),
  container: z.string(),
})
export type TargetRef = z.infer<typeof TargetRef>

/** A query of a Prometheus for what a target serves; a template, as those of gates are (`query-template.ts`). */
export const TrafficSource = z.strictObject({
  query: z.string(),
  /** How far back it is looked, milliseconds. */
  lookbackMs: z.int().min(1),
  url: z.string(),
  /** The environment variable that holds a bearer token. */
  tokenEnv: z.exactOptional(z.string()),
})
export type TrafficSource = z.infer<typeof TrafficSource>

/**
 * Everything that the configuration says about one service in one environment, with roles resolved.
 * An upgrade pins the policy of its request: a later edit of the file cannot loosen a running upgrade.
 */
export const Policy = z.strictObject({
  service: z.string(),
  environment: z.string(),
  /** Slack channel ID. */
  channel: z.string(),
  /** Image repository without tag or digest. */
  image: z.string(),
  target: TargetRef,
  /** Where this very image has to have succeeded before, and within which time. */
  promoteFrom: z.exactOptional(z.strictObject({ environment: z.string(), withinMs: z.int().min(1) })),
  /** Services that have to run their wanted version in this environment before the start. */
  dependsOn: z.array(z.string()),
  permissions: z.strictObject({
    request: z.array(Grant),
    approve: z.array(Grant),
    operate: z.array(Grant),
    respond: z.array(Grant),
  }),
  /** Pipelines that may request, by the name of their token; never more than that. */
  pipelines: z.exactOptional(z.array(z.string()).min(1)),
  /** Those who look after Rollcall itself. */
  admins: z.array(Grant),
  /** Whether an administrator may start without approvals, and answer for it. */
  breakGlass: z.boolean(),
  /** Slack accounts that belong to one human, who counts once. */
  people: z.array(z.array(z.string())),
  approval: z.strictObject({
    quorum: z.int().min(1),
    separateRequester: z.boolean(),
    expiresAfterMs: z.int().min(1),
  }),
  /** When people who do not decide are reminded, milliseconds; absent: never. */
  reminders: z.exactOptional(z.strictObject({ afterMs: z.int().min(1), escalateAfterMs: z.int().min(1) })),
  /** When they are not. */
  quietHours: z.exactOptional(z.array(Window).min(1)),
  /** How often on-call is paged again, and after which time first, milliseconds; absent: never. */
  paging: z.exactOptional(
    z.strictObject({
      everyMs: z.int().min(1),
      times: z.int().min(1),
      /** Whom to call when nobody answers, in the configuration's words. */
      contact: z.exactOptional(z.string()),
    }),
  ),
  /** Who is told of it and decides nothing: Slack IDs of channels and people. */
  notify: z.exactOptional(z.array(z.strictObject({ to: z.string(), on: z.array(NoticeLevel).min(1) })).min(1)),
  strategy: Strategy,
  /** What a requester may set by option. */
  overrides: z.array(z.enum(['strategy', 'batches'])),
  onFailure: z.enum(['rollback', 'hold']),
  /** What follows on an alert of the target; an older release told nobody and did nothing. */
  onAlert: z.enum(['hold', 'rollback', 'notify']).default('notify'),
  /** How long after its success an upgrade can still be rolled back; 0: not at all. */
  rollbackWindowMs: z.int().min(0),
  gitops: z.enum(['refuse', 'warn']),
  imagePolicy: z.exactOptional(ImagePolicy),
  /** When it may go forward; absent: at any time. */
  windows: z.exactOptional(z.array(Window).min(1)),
  /** Where to look for how much it serves at which time, to propose a quiet one. */
  traffic: z.exactOptional(TrafficSource),
  gates: z.strictObject({
    rollout: z.strictObject({ graceMs: z.int().min(0) }),
    measured: z.array(MeasuredGate).default([]),
    acceptance: z.exactOptional(z.array(AcceptanceGate).min(1)),
  }),
})
export type Policy = z.infer<typeof Policy>

/**
 * Whom a policy names for something.
 *
 * @param gate of those who sign off, only whom this one asks
 */
export function grantsOf(
  { permissions, admins, gates }: Pick<Policy, 'permissions' | 'admins' | 'gates'>,
  right: Right,
  gate?: string,
): Grant[] {
  switch (right) {
    case 'admin':
      return admins
    case 'accept':
      return (gates.acceptance ?? []).flatMap(({ name, by }) => (gate === undefined || name === gate ? by : []))
    default:
      return permissions[right]
  }
}
