import { z } from 'zod'
import { ImageFacts } from './image.ts'
import { Batch, Policy, Strategy } from './policy.ts'
import { isRestriction, Restriction } from './restrictions.ts'
import { Waived } from './waivers.ts'

/** ISO 8601 in UTC. */
const Time = z.iso.datetime()

export const SlackActor = z.strictObject({ kind: z.literal('slack'), team: z.string(), user: z.string() })
export type SlackActor = z.infer<typeof SlackActor>

/**
 * Somebody who wrote on the workload itself, which the API server let them do. Both names are claims: `user` is what the
 * annotation says, as `rollcall pause` writes it there, and `manager` is what their client calls itself.
 */
export const KubernetesActor = z.strictObject({
  kind: z.literal('kubernetes'),
  user: z.exactOptional(z.string()),
  manager: z.exactOptional(z.string()),
})
export type KubernetesActor = z.infer<typeof KubernetesActor>

/**
 * A program that asked with a token of that name. `onBehalfOf` is whom a verified claim of its CI stands for: the request
 * is theirs. Without it there is nobody whose own yes would not count, so it takes one more.
 */
export const PipelineActor = z.strictObject({
  kind: z.literal('pipeline'),
  name: z.string(),
  onBehalfOf: z.exactOptional(SlackActor),
})
export type PipelineActor = z.infer<typeof PipelineActor>

/** Who did something. `system` is Rollcall itself; its reason is a code such as `GATE_FAILED`. */
export const Actor = z.discriminatedUnion('kind', [
  SlackActor,
  KubernetesActor,
  PipelineActor,
  z.strictObject({ kind: z.literal('system'), reason: z.string() }),
])
export type Actor = z.infer<typeof Actor>

export const Request = z.strictObject({
  service: z.string(),
  environment: z.string(),
  /** As the requester wrote it: a tag, or `sha256:…`. */
  version: z.string(),
  /** The whole image reference that the workload gets; with a digest once the plan has resolved it. */
  image: z.string(),
  by: Actor,
  at: Time,
  reason: z.exactOptional(z.string()),
  /** Why it cannot simply be undone, such as a migration: then only an operator takes it back, never Rollcall. */
  irreversible: z.exactOptional(z.string()),
  /** It is known to be an older version, or one with another major number: where a policy forbids those otherwise. */
  downgrade: z.exactOptional(z.literal(true)),
  major: z.exactOptional(z.literal(true)),
  /** Not before this time, which whoever asked for it named. */
  startAt: z.exactOptional(Time),
  /** Asked for without approvals, by an administrator who answers for it; `reason` says why. */
  breakGlass: z.exactOptional(z.literal(true)),
  overrides: z.strictObject({
    strategy: z.exactOptional(Strategy.shape.type),
    batches: z.exactOptional(z.array(Batch).min(1)),
  }),
})
export type Request = z.infer<typeof Request>

/**
 * Where the cluster is to get. `pods` counts replicas on the new revision, of `of` in all.
 * - `batch`: exactly `pods` new ones, then rest
 * - `finish`: all are new and verified; the workload's own fields come back
 * - `original`: the old template on every replica and the workload's own fields
 */
export const Goal = z.strictObject({
  on: z.literal('target'),
  to: z.enum(['batch', 'finish', 'original']),
  pods: z.int().min(0),
  of: z.int().min(0),
  /** How a batch was written: with another number of replicas a percentage means another number of pods. */
  written: z.exactOptional(Batch),
  /**
   * Others changed the workload, and this brings it to `pods` whatever it looks like; the sequence of the decision or
   * finding that allows so. Without it a goal is pursued only from where Rollcall left the workload.
   */
  restore: z.exactOptional(z.int().min(1)),
})
export type Goal = z.infer<typeof Goal>

/** The four kinds of step of which every strategy is made. */
export const Step = z.discriminatedUnion('kind', [
  /**
   * People decide: whether to start, or whether to go on to `next` of `of` replicas; or whether the `next` that are new
   * are as they should be, which an acceptance gate of that name asks.
   */
  z.strictObject({
    kind: z.literal('ask'),
    question: z.enum(['start', 'accept', 'continue']),
    next: z.int(),
    of: z.int(),
    gate: z.exactOptional(z.string()),
  }),
  /** The cluster gets to a goal. */
  z.strictObject({ kind: z.literal('reach'), goal: Goal }),
  /** Time passes while every new pod stays Ready. */
  z.strictObject({ kind: z.literal('soak'), durationMs: z.int().min(0) }),
  /** Gates measure. */
  z.strictObject({ kind: z.literal('check'), gates: z.array(z.string()) }),
])
export type Step = z.infer<typeof Step>

/** What the pre-flight found. `detail` fills the sentence in the message catalogue. */
export const Finding = z.strictObject({
  severity: z.enum(['block', 'warn', 'note']),
  code: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type Finding = z.infer<typeof Finding>

/** What a gate measured, in words that fill the catalogue's sentence. */
export const GateReport = z.strictObject({
  gate: z.string(),
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  code: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type GateReport = z.infer<typeof GateReport>

/** What the plan is about: the workload as it was found. */
export const WorkloadFacts = z.strictObject({
  /** Replicas wanted. */
  replicas: z.int().min(0),
  /** Image of the upgraded container, whole. */
  image: z.string(),
  /** SHA-256 over the canonical JSON of the live pod template. */
  templateHash: z.string(),
  /** Surge budget in pods; 0 means drain first. */
  surge: z.int().min(0),
  /** Pods that may be missing; used where `surge` is 0. At least 1 then. */
  unavailable: z.int().min(0),
  strategyType: z.enum(['RollingUpdate', 'Recreate']),
})
export type WorkloadFacts = z.infer<typeof WorkloadFacts>

export const Outcome = z.enum(['succeeded', 'rolledBack', 'rejected', 'expired', 'cancelled', 'failed'])
export type Outcome = z.infer<typeof Outcome>

/** One thing of the pod template that is another one afterwards; of values only those of images are kept. */
export const TemplateChange = z.strictObject({
  /** As in `containers[web].image` or `containers[web].env[LOG_LEVEL]`. */
  path: z.string(),
  change: z.enum(['changed', 'added', 'removed']),
  from: z.exactOptional(z.string()),
  to: z.exactOptional(z.string()),
})
export type TemplateChange = z.infer<typeof TemplateChange>

/** What earlier upgrades of the same workload tell, as far back as was looked. */
export const Past = z.strictObject({
  /** How many of them came to an end after they had started. */
  upgrades: z.int().min(0),
  last: z.exactOptional(z.strictObject({ id: z.string(), outcome: Outcome })),
  /** The usual time, in milliseconds, of as many pods as are replaced at once, and of how many batches it was taken. */
  roundMs: z.exactOptional(z.int().min(0)),
  batches: z.exactOptional(z.int().min(1)),
  /** The newest way back, and how long it took. */
  back: z.exactOptional(z.strictObject({ id: z.string(), ms: z.int().min(0) })),
})
export type Past = z.infer<typeof Past>

/** When there will be the least traffic, or why that is not known: a code as gates have. */
export const QuietTimeLook = z.union([
  z.strictObject({
    at: Time,
    /** What is served then on average, and what was served when it was looked. */
    value: z.number(),
    now: z.number(),
  }),
  z.strictObject({ code: z.string(), detail: z.record(z.string(), z.union([z.string(), z.number()])) }),
])
export type QuietTimeLook = z.infer<typeof QuietTimeLook>

/** What people are told beside the steps before they approve. The hash of the plan does not cover it. */
export const Prospect = z.strictObject({
  changes: z.array(TemplateChange),
  /** What a person types to bring the old pod template back without Rollcall. */
  back: z.string(),
  /** Absent where there was nowhere to look. */
  past: z.exactOptional(Past),
  /** Absent where the configuration says nowhere to look, or the hour is chosen already. */
  quietTime: z.exactOptional(QuietTimeLook),
})
export type Prospect = z.infer<typeof Prospect>

export const Plan = z.strictObject({
  hash: z.string(),
  from: WorkloadFacts,
  steps: z.array(Step).min(1),
  back: z.array(Step).min(1),
  findings: z.array(Finding),
  /** What the registry said of the image, and where its changes can be read. Absent: its tag was not resolved. */
  image: z.exactOptional(ImageFacts.extend({ changes: z.exactOptional(z.string()) })),
  /** What break-glass does without. */
  waived: z.exactOptional(z.array(Waived)),
  /** Absent of a plan that was made of a workload under way. */
  prospect: z.exactOptional(Prospect),
})
export type Plan = z.infer<typeof Plan>

export const Approval = z.strictObject({ by: SlackActor, at: Time, planHash: z.string() })
export type Approval = z.infer<typeof Approval>

/** The field manager that made a change, where the cluster knows it. */
const by = z.exactOptional(z.string())

/** A workload that is not as Rollcall left it, and how. */
export const OutsideChange = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('scaled'),
    from: z.int(),
    to: z.int(),
    /** Replicas on the new revision before, where the workload rested, and now. */
    rested: z.exactOptional(z.int()),
    updated: z.int(),
    /** The budget of `WorkloadFacts` at the new number of replicas. */
    surge: z.int(),
    unavailable: z.int(),
    by,
  }),
  /** Another number of replicas on the new revision; their sum is the same. */
  z.strictObject({ kind: z.literal('share'), from: z.int(), to: z.int(), by }),
  z.strictObject({
    kind: z.literal('template'),
    /** The old template is back, a restart was asked for, another image, or something else of it. */
    how: z.enum(['undone', 'restarted', 'image', 'edited']),
    from: z.string(),
    to: z.string(),
    by,
  }),
  z.strictObject({
    kind: z.literal('fields'),
    fields: z.array(z.strictObject({ field: z.string(), from: z.exactOptional(z.string()), to: z.string() })),
    by,
  }),
  /** The workload bears the mark of a later state, or of another upgrade. */
  z.strictObject({ kind: z.literal('ahead'), stamp: z.string() }),
])
export type OutsideChange = z.infer<typeof OutsideChange>

/** Why the upgrade holds. It stands beside the cursor: to resume is just to remove it. */
export const Hold = z.strictObject({
  by: Actor,
  code: z.string(),
  reason: z.exactOptional(z.string()),
  since: Time,
  /** What others changed, as long as the workload is so: to go on means to go on from that. */
  change: z.exactOptional(OutsideChange),
  /** What keeps the next batch from beginning; the hold ends by itself with it. */
  restriction: z.exactOptional(Restriction),
})
export type Hold = z.infer<typeof Hold>

/** How a question was answered, by step; its message in the thread is edited to say so. */
export const Answer = z.strictObject({
  step: z.int(),
  action: z.enum([
    'approved',
    'rejected',
    'accepted',
    'declined',
    'continued',
    'rolledBack',
    'expired',
    'cancelled',
    'void',
  ]),
  by: Actor,
  at: Time,
  reason: z.exactOptional(z.string()),
})
export type Answer = z.infer<typeof Answer>

/** Something that the thread must hear of: a failure, a change from outside. Kept in order. */
export const Incident = z.strictObject({
  at: Time,
  code: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  acknowledged: z.exactOptional(z.strictObject({ by: Actor, at: Time })),
  /** Who ended the hold that it led to, and so accepted what was reported. */
  ended: z.exactOptional(z.strictObject({ by: Actor, at: Time, action: z.enum(['resumed', 'restored']) })),
})
export type Incident = z.infer<typeof Incident>

/** That people were told once more of a question that waits for them. */
export const Reminder = z.strictObject({
  /** Which question, as `waitingFor` names it. */
  of: z.string(),
  /** Those who are named, or their groups, for the last time. */
  to: z.enum(['people', 'groups']),
  at: Time,
})
export type Reminder = z.infer<typeof Reminder>

/** That on-call was paged again, and who that was. */
export const Page = z.strictObject({
  /** Because of which incident, by its place among them. */
  of: z.int().min(0),
  at: Time,
  users: z.array(z.string()),
  groups: z.array(z.string()),
})
export type Page = z.infer<typeof Page>

export const Result = z.strictObject({
  outcome: Outcome,
  at: Time,
  /** For `failed`, and for an automatic `rolledBack`: what made it so. */
  code: z.exactOptional(z.string()),
  by: Actor,
  reason: z.exactOptional(z.string()),
  /** Until then a success can be taken back; gone once that is over. */
  rollbackUntil: z.exactOptional(Time),
  /** What the pre-flight found, when that is why nothing started. */
  findings: z.exactOptional(z.array(Finding)),
})
export type Result = z.infer<typeof Result>

/** One run: a target from one image to another. Only `transition` makes a new one of it. */
export const Upgrade = z.strictObject({
  schema: z.literal(2),
  id: z.string(),
  /** Grows by one with every change; the audit chain has one entry for each. */
  sequence: z.int().min(1),
  request: Request,
  policy: Policy,
  /** Which object, whatever it is called: the kube-system UID of its cluster and its own. */
  target: z.strictObject({ clusterUid: z.string(), uid: z.string() }),
  /** Absent until the pre-flight is done. */
  plan: z.exactOptional(Plan),
  at: z.strictObject({ path: z.enum(['steps', 'back']), step: z.int().min(0), since: Time }),
  hold: z.exactOptional(Hold),
  /**
   * Taken over half-way, since the store had lost what led there: the plan starts over, `pods` are new already, and this
   * is the sequence of that moment.
   */
  takenOver: z.exactOptional(z.strictObject({ at: Time, sequence: z.int().min(1), pods: z.int().min(0) })),
  /** Replicas as they were found when the last goal was reached. */
  found: z.exactOptional(
    z.strictObject({
      updated: z.int(),
      ready: z.int(),
      total: z.int(),
      /** SHA-256 of the pod template then. */
      templateHash: z.exactOptional(z.string()),
    }),
  ),
  /** What the gates said at each check that was passed, oldest first; `step` is the check's. */
  measured: z.array(GateReport.extend({ step: z.int().min(0), at: Time })).default([]),
  approvals: z.array(Approval),
  /** Of break-glass: who typed the ID and meant this plan. */
  confirmed: z.exactOptional(Approval),
  /** Of break-glass, once it has ended: when another administrator is reminded to sign it off. */
  reviewDue: z.exactOptional(Time),
  reviewed: z.exactOptional(z.strictObject({ by: SlackActor, at: Time })),
  /** Whoever has to has said yes, and it starts later: at a time that was asked for, or once nothing is in the way. */
  scheduled: z.exactOptional(
    z.strictObject({
      since: Time,
      until: z.exactOptional(Time),
      restriction: z.exactOptional(Restriction),
      /** What of a service that it depends on is waited for. */
      dependency: z.exactOptional(Finding),
    }),
  ),
  /** How many people could approve, while those are fewer than the quorum. */
  reachable: z.exactOptional(z.int().min(0)),
  answers: z.array(Answer),
  incidents: z.array(Incident),
  reminders: z.exactOptional(z.array(Reminder)),
  pages: z.exactOptional(z.array(Page)),
  /** Who turned back and why; present once the path is `back`. */
  turnedBack: z.exactOptional(
    z.strictObject({ by: Actor, at: Time, code: z.string(), reason: z.exactOptional(z.string()) }),
  ),
  result: z.exactOptional(Result),
  /** The success that was taken back afterwards. */
  undone: z.exactOptional(Result),
})
export type Upgrade = z.infer<typeof Upgrade>

/** The step that the cursor is on; `undefined` before the plan and past its end. */
export function currentStep(upgrade: Upgrade): Step | undefined {
  return upgrade.plan?.[upgrade.at.path][upgrade.at.step]
}

/** Whether the question under the cursor has its answer, and yet nothing followed: a no that holds, or none in time. */
export function isAnswered({ answers, at }: Upgrade): boolean {
  return answers.some(({ step }) => step === at.step)
}

/** The gate that waits for somebody's word, if that is what is waited for. */
export function openAcceptance(upgrade: Upgrade): string | undefined {
  const step = upgrade.at.path === 'steps' && !upgrade.result ? currentStep(upgrade) : undefined
  return step?.kind === 'ask' && step.question === 'accept' && !isAnswered(upgrade) ? step.gate : undefined
}

/** The goal that the cluster should rest at now: the last one behind the cursor on its path, if any. */
export function lastGoal(upgrade: Upgrade): Goal | undefined {
  const behind = upgrade.plan?.[upgrade.at.path].slice(0, upgrade.at.step) ?? []
  for (const step of behind.reverse()) if (step.kind === 'reach') return step.goal
  return undefined
}

/** The goal that comes next on the path. */
export function goalAhead(upgrade: Upgrade): Goal | undefined {
  const ahead = upgrade.plan?.[upgrade.at.path].slice(upgrade.at.step) ?? []
  for (const step of ahead) if (step.kind === 'reach') return step.goal
  return undefined
}

/** Whether the cluster may have been touched: the cursor has been on a `reach` step. */
export function hasStarted(upgrade: Upgrade): boolean {
  if (upgrade.at.path === 'back' || upgrade.takenOver) return true
  const steps = upgrade.plan?.steps.slice(0, upgrade.at.step + 1) ?? []
  return steps.some((step) => step.kind === 'reach')
}

/** When it was decided to start, ISO 8601. One that was taken over may have changed pods ever since it was asked for. */
export function startedAt({ answers, request, takenOver }: Upgrade): string {
  const started = answers.findLast(({ action }) => action === 'approved')
  return takenOver ? request.at : (started?.at ?? request.at)
}

/** Incidents after which the start is asked for anew. */
const voiding = ['TEMPLATE_CHANGED', 'REPLICAS_CHANGED', 'IMAGE_MOVED', 'POLICY_CHANGED', 'APPROVALS_VOIDED'] as const
export type VoidingCode = (typeof voiding)[number]

/** How often the start was asked for in vain, and why each time. */
export function voidedRounds({ incidents, takenOver }: Upgrade): Incident[] {
  return incidents.filter(({ code, at }) => voiding.some((one) => one === code) && at >= (takenOver?.at ?? ''))
}

/** Questions that a window or a freeze closed before anybody decided, and that were asked anew afterwards. */
export function askedAnew({ incidents, takenOver }: Upgrade): { step: number; incident: Incident }[] {
  return incidents.flatMap((incident) => {
    const { step } = incident.detail
    const isOver = isRestriction(incident.code) && incident.ended !== undefined && incident.at >= (takenOver?.at ?? '')
    return isOver && typeof step === 'number' ? [{ step, incident }] : []
  })
}

/** What follows on a failure. What was declared irreversible is held instead: taking it back needs somebody's word. */
export function onFailureOf({ policy, request }: Pick<Upgrade, 'policy' | 'request'>): Policy['onFailure'] {
  return request.irreversible === undefined ? policy.onFailure : 'hold'
}
