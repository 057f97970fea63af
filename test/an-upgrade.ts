/** Builders of policies and upgrades for tests: valid as they come, and changed where a test says so. */
import type { ImagePolicy } from '../src/upgrade/image.ts'
import type { Membership } from '../src/upgrade/people.ts'
import type { Phase } from '../src/upgrade/phase.ts'
import { compilePlan } from '../src/upgrade/plan.ts'
import type { AcceptanceGate, Policy } from '../src/upgrade/policy.ts'
import type { KubernetesActor, Prospect, Result, SlackActor, Upgrade, WorkloadFacts } from '../src/upgrade/upgrade.ts'

/** The moment of everything in these upgrades; later ones come from `after`. */
export const noon = '2026-07-01T12:00:00.000Z'

/** ISO 8601, so many milliseconds after noon. */
export function after(ms: number): string {
  return new Date(Date.parse(noon) + ms).toISOString()
}

export function slackUser(user: string, team = 'T0SHOP'): SlackActor {
  return { kind: 'slack', team, user }
}

/** Has tags resolved, and forbids nothing. */
export const onlyResolved: ImagePolicy = {
  resolve: 'required',
  forbidTags: [],
  requireSemver: false,
  forbidDowngrade: false,
  forbidMajorJump: false,
  allowedRegistries: [],
}

/** Requests: in the group `developers`. */
export const dana = slackUser('U0DANA')
/** Approve: listed as `release-managers`. */
export const alice = slackUser('U0ALICE')
export const bob = slackUser('U0BOB')
/** Operates: listed as `platform`. */
export const carol = slackUser('U0CAROL')
/** Responds: in the group `on-call`. */
export const oscar = slackUser('U0OSCAR')
/** Look after Rollcall itself. */
export const root = slackUser('U0ROOT')
export const rhea = slackUser('U0RHEA')
/** Signs off where an acceptance gate asks: listed as `testers`. */
export const tina = slackUser('U0TINA')
/** Holds no role. */
export const nobody = slackUser('U0NOBODY')

/** Wrote on the workload, with `rollcall pause`. */
export const jane: KubernetesActor = { kind: 'kubernetes', user: 'jane@example.com', manager: 'rollcall' }

/** The user groups that `aPolicy` names, and who is in them. */
export const groupMembers = new Map([
  ['S0DEVS', ['U0DANA', 'U0DREW']],
  ['S0ONCALL', ['U0OSCAR']],
])

/** What Slack says of a full member right now. */
export function aMember(actor: SlackActor, changes: Partial<Membership> = {}): Membership {
  const groups = [...groupMembers].filter(([, users]) => users.includes(actor.user)).map(([group]) => group)
  return { kind: 'member', groups, ageMs: 0, ...changes }
}

/** web in production: ten replicas in batches of 1, 25%, 50% and 100%, two approvals by others than the requester. */
export function aPolicy(changes: Partial<Policy> = {}): Policy {
  return {
    service: 'web',
    environment: 'production',
    channel: 'C0RELEASES',
    image: 'registry.example.com/shop/web',
    target: { cluster: 'eu', kind: 'Deployment', namespace: 'shop', name: 'web', container: 'web' },
    dependsOn: [],
    permissions: {
      request: [{ role: 'developers', users: [], groups: ['S0DEVS'] }],
      approve: [{ role: 'release-managers', users: ['U0ALICE', 'U0BOB'], groups: [] }],
      operate: [{ role: 'platform', users: ['U0CAROL'], groups: [] }],
      respond: [{ role: 'on-call', users: [], groups: ['S0ONCALL'] }],
    },
    admins: [{ role: 'admins', users: ['U0ROOT', 'U0RHEA'], groups: [] }],
    breakGlass: false,
    people: [],
    approval: { quorum: 2, separateRequester: true, expiresAfterMs: 4 * 3_600_000 },
    strategy: {
      type: 'rolling',
      batches: [1, '25%', '50%', '100%'],
      soakMs: 120_000,
      continue: 'approval',
      readyTimeoutMs: 600_000,
      maxHoldMs: 24 * 3_600_000,
      maxSurge: 2,
      hold: 'quiet',
    },
    overrides: [],
    onFailure: 'rollback',
    onAlert: 'hold',
    rollbackWindowMs: 24 * 3_600_000,
    gitops: 'refuse',
    gates: { rollout: { graceMs: 300_000 }, measured: [] },
    ...changes,
  }
}

export function someFacts(changes: Partial<WorkloadFacts> = {}): WorkloadFacts {
  return {
    replicas: 10,
    image: 'registry.example.com/shop/web:1.4.2',
    templateHash: 'a'.repeat(64),
    surge: 2,
    unavailable: 0,
    strategyType: 'RollingUpdate',
    ...changes,
  }
}

/** What people are told beside the steps: only the image changes, and four batches were timed before. */
export function aProspect(changes: Partial<Prospect> = {}): Prospect {
  const image = 'registry.example.com/shop/web'
  const record = "kubectl get configmap rollcall-web --namespace shop --output 'jsonpath={.data.back\\.json}'"
  return {
    changes: [{ path: 'containers[web].image', change: 'changed', from: `${image}:1.4.2`, to: `${image}:1.5.0` }],
    back: `kubectl patch deployment web --namespace shop --type json --patch "$(${record})"`,
    past: {
      upgrades: 3,
      last: { id: 'web-production-13', outcome: 'succeeded' },
      roundMs: 24_000,
      batches: 9,
      back: { id: 'web-production-11', ms: 95_000 },
    },
    ...changes,
  }
}

/** An upgrade of web to 1.5.0, asked for by dana, that waits for its start; the plan fits the policy and the facts. */
export function anUpgrade(
  changes: Partial<Upgrade> & {
    facts?: WorkloadFacts
    findings?: Parameters<typeof compilePlan>[2]
    prospect?: Prospect
  } = {},
): Upgrade {
  const { facts = someFacts(), findings = [], prospect, ...given } = changes
  const draft = {
    request: {
      service: 'web',
      environment: 'production',
      version: '1.5.0',
      image: 'registry.example.com/shop/web:1.5.0',
      by: dana,
      at: noon,
      reason: 'fix checkout rounding',
      overrides: {},
    },
    policy: aPolicy(),
    target: { clusterUid: 'c1', uid: 'd1' },
    ...given,
  }
  return {
    schema: 2,
    id: 'web-production-14',
    sequence: 2,
    at: { path: 'steps', step: 0, since: noon },
    measured: [],
    approvals: [],
    answers: [],
    incidents: [],
    plan: { ...compilePlan(draft, facts, findings), ...(prospect && { prospect }) },
    ...draft,
  }
}

/** tina is asked at every batch, for four hours. */
export function anAcceptance(changes: Partial<AcceptanceGate> = {}): AcceptanceGate {
  const by = [{ role: 'testers', users: ['U0TINA'], groups: [] }]
  return { name: 'acceptance', during: ['soak'], by, timeoutMs: 4 * 3_600_000, ...changes }
}

/** One pod is new and has soaked, and tina is asked. */
export function awaitingAcceptance(changes: Parameters<typeof anUpgrade>[0] = {}): Upgrade {
  const policy = aPolicy({ gates: { ...aPolicy().gates, acceptance: [anAcceptance()] } })
  const upgrade = anUpgradeIn('verifying', { policy, ...changes })
  return { ...upgrade, at: { ...upgrade.at, step: stepOf(upgrade, 'accept') } }
}

/** The upgrade in a given phase: in its first batch, or, where it waits to continue or is paused, behind it. */
export function anUpgradeIn(phase: Phase, changes: Parameters<typeof anUpgrade>[0] = {}): Upgrade {
  const upgrade = anUpgrade(changes)
  const planHash = upgrade.plan?.hash ?? ''
  const approvals = [alice, bob].map((by) => ({ by, at: noon, planHash }))
  const started: Upgrade = { ...upgrade, sequence: 4, approvals, found: { updated: 1, ready: 10, total: 10 } }
  switch (phase) {
    case 'checking': {
      const { plan: _, ...unplanned } = upgrade
      return { ...unplanned, sequence: 1 }
    }
    case 'awaitingApproval':
      return upgrade
    case 'scheduled':
      return { ...upgrade, approvals, sequence: 5, scheduled: { since: noon, until: after(12 * 3_600_000) } }
    case 'progressing': {
      const { found: _, ...moving } = started
      return { ...moving, at: { path: 'steps', step: 1, since: noon } }
    }
    case 'verifying':
      return { ...started, at: { path: 'steps', step: 2, since: noon } }
    case 'awaitingContinue':
      return { ...started, at: { path: 'steps', step: stepOf(started, 'continue'), since: noon } }
    case 'paused': {
      const held = { by: carol, code: 'PAUSED', since: noon }
      return { ...started, at: { path: 'steps', step: stepOf(started, 'continue'), since: noon }, hold: held }
    }
    case 'rollingBack':
      return turnedBack(started, 0)
    case 'rolledBack':
      return ended(
        { ...turnedBack(started, started.plan?.back.length ?? 0), found: { updated: 0, ready: 10, total: 10 } },
        { outcome: phase, at: noon, by: carol },
      )
    case 'succeeded': {
      const past = { path: 'steps' as const, step: started.plan?.steps.length ?? 0, since: noon }
      return ended(
        { ...started, at: past, found: { updated: 10, ready: 10, total: 10 } },
        { outcome: phase, at: noon, by: { kind: 'system', reason: 'DONE' } },
      )
    }
    case 'failed': {
      const by = { kind: 'system' as const, reason: 'TARGET_GONE' }
      const inBatch: Upgrade = { ...started, at: { path: 'steps', step: 1, since: noon } }
      return ended(inBatch, { outcome: phase, at: noon, code: 'TARGET_GONE', by })
    }
    case 'rejected':
    case 'cancelled':
      return ended(upgrade, { outcome: phase, at: noon, by: alice })
    case 'expired':
      return ended(upgrade, { outcome: phase, at: noon, by: { kind: 'system', reason: 'EXPIRED' } })
  }
}

function stepOf(upgrade: Upgrade, question: 'accept' | 'continue'): number {
  const step = upgrade.plan?.steps.findIndex((one) => one.kind === 'ask' && one.question === question) ?? -1
  if (step < 0) throw new Error(`this policy never asks to ${question}`)
  return step
}

function turnedBack(upgrade: Upgrade, step: number): Upgrade {
  return { ...upgrade, at: { path: 'back', step, since: noon }, turnedBack: { by: carol, at: noon, code: 'REQUESTED' } }
}

function ended(upgrade: Upgrade, result: Result): Upgrade {
  return { ...upgrade, sequence: upgrade.sequence + 1, result }
}
