import type { AlertState, EndedQuery, Observation } from '../../src/engine/ports.ts'
import type { Standing } from '../../src/engine/standing.ts'
import type {
  Action,
  Decision,
  Dismissal,
  DismissInput,
  FreezeInput,
  RequestInput,
  RequestRefusal,
  Surface,
  UnfreezeInput,
} from '../../src/engine/surface.ts'
import type { AuditEntry } from '../../src/upgrade/audit-chain.ts'
import type { Event } from '../../src/upgrade/events.ts'
import type { Evidence } from '../../src/upgrade/evidence.ts'
import type { Freeze } from '../../src/upgrade/freezes.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import type { Permission, Policy } from '../../src/upgrade/policy.ts'
import { isRefusal, type Refusal } from '../../src/upgrade/refusal.ts'
import { opened, transition } from '../../src/upgrade/transition.ts'
import type { SlackActor, Upgrade } from '../../src/upgrade/upgrade.ts'
import { aPolicy, aProspect, noon, someFacts } from '../an-upgrade.ts'

/** The engine as surfaces see it, on the real transitions, without cluster, store or authorization. */
export class InMemorySurface implements Surface {
  readonly upgrades = new Map<string, Upgrade>()
  readonly requests: RequestInput[] = []
  readonly decisions: Decision[] = []
  readonly chain: AuditEntry[] = []
  readonly dismissals: DismissInput[] = []
  isProposed = true
  policies: Policy[] = [aPolicy()]
  observation: Observation | undefined
  clock = noon
  permissions: Permission[] = []
  frozen: Freeze[] = []
  alerted: AlertState | undefined
  /** What Slack says of people, by user; everybody else is a member. */
  readonly kinds = new Map<string, Standing['kind']>()
  /** The actions that are open to people, by user. */
  readonly rights = new Map<string, readonly Action[]>()
  /** Refuses the next requests and decisions. */
  refusal: Refusal | undefined
  requestRefusal: RequestRefusal | undefined
  /** What the registry lists; nothing: it is not asked. */
  tags: string[] | undefined
  /** What a plan waits for. */
  beforePlanning: () => Promise<unknown> = async () => {}
  /** What a decision waits for before it is stored. */
  beforeStoring: () => Promise<unknown> = async () => {}

  put(...upgrades: Upgrade[]): this {
    for (const upgrade of upgrades) this.upgrades.set(upgrade.id, upgrade)
    return this
  }

  /** Lets something happen to an upgrade. */
  happen(id: string, event: Event): Upgrade {
    const upgrade = this.upgrades.get(id)
    if (!upgrade) throw new Error(`no upgrade ${id}`)
    const next = transition(upgrade, event, this.clock)
    if (isRefusal(next)) throw new Error(`${event.type} refused: ${next.refused.code}`)
    this.upgrades.set(id, next)
    return next
  }

  async request(input: RequestInput) {
    this.requests.push(input)
    const refused = this.requestRefusal ?? this.refusal
    if (refused) return { refused }
    const upgrade = opened(this.#requested(input), this.clock)
    this.put(upgrade)
    return { upgrade }
  }

  async alerts() {
    return this.alerted
  }

  async refusalOf(_input: RequestInput) {
    return this.requestRefusal ?? this.refusal
  }

  async plan(input: RequestInput) {
    this.requests.push(input)
    await this.beforePlanning()
    if (this.requestRefusal) return { refused: this.requestRefusal }
    const draft = opened(this.#requested(input), this.clock)
    const plan = { ...compilePlan(draft, someFacts(), []), prospect: aProspect() }
    return { request: draft.request, policy: draft.policy, plan }
  }

  async decide(decision: Decision) {
    this.decisions.push(decision)
    await this.beforeStoring()
    if (this.refusal) return { refused: this.refusal }
    const upgrade = this.upgrades.get(decision.upgrade)
    if (!upgrade) return { refused: { code: 'NOT_FOUND', id: decision.upgrade } as const }
    const next = transition(upgrade, eventOf(decision), this.clock)
    if (isRefusal(next)) return next
    this.put(next)
    return { upgrade: next }
  }

  async reports({ measured }: Upgrade) {
    return measured
  }

  async evidence({ measured }: Upgrade): Promise<Evidence> {
    return { series: {}, reports: measured }
  }

  async freeze({ requestId: _, arrivedAt: __, by, ...input }: FreezeInput) {
    if (this.refusal) return { refused: this.refusal }
    const freeze: Freeze = { ...input, by: by.user, since: this.clock }
    this.frozen = [...this.frozen.filter(({ scope }) => scope !== freeze.scope), freeze]
    return { freeze }
  }

  async unfreeze({ scope }: UnfreezeInput) {
    const freeze = this.frozen.find((one) => one.scope === scope)
    if (!freeze) return { refused: this.refusal ?? ({ code: 'NOT_FROZEN', scope } as const) }
    this.frozen = this.frozen.filter((one) => one !== freeze)
    return { freeze }
  }

  async dismiss(input: DismissInput): Promise<Dismissal> {
    this.dismissals.push(input)
    if (this.requestRefusal) return { refused: this.requestRefusal }
    return this.isProposed ? 'dismissed' : 'over'
  }

  async freezes() {
    return this.frozen
  }

  async find(id: string) {
    return this.upgrades.get(id)
  }

  async active() {
    return [...this.upgrades.values()].filter(({ result }) => !result)
  }

  async ended({ service, environment, since = '', limit }: EndedQuery) {
    const ended = [...this.upgrades.values()].filter(
      ({ result, request }) =>
        result &&
        result.at >= since &&
        (service === undefined || request.service === service) &&
        (environment === undefined || request.environment === environment),
    )
    return ended.slice(0, limit)
  }

  async audit(id: string) {
    return this.chain.filter(({ chain }) => chain === id)
  }

  observe() {
    return this.observation
  }

  async versions() {
    return this.tags
  }

  services() {
    const names = [...new Set(this.policies.map(({ service }) => service))]
    return names.map((name) => ({
      name,
      environments: this.policies.filter(({ service }) => service === name).map(({ environment }) => environment),
    }))
  }

  policyFor(service: string, environment: string) {
    return this.policies.find((policy) => policy.service === service && policy.environment === environment)
  }

  async permissionsOf() {
    return this.policies.map(({ service, environment }) => ({ service, environment, permissions: this.permissions }))
  }

  async standingOf({ user }: SlackActor) {
    const isAdmin = this.admins()?.users.includes(user) ?? false
    return { kind: this.kinds.get(user) ?? ('member' as const), isAdmin }
  }

  async allowed({ user }: SlackActor, { approvals }: Upgrade, actions: readonly Action[]) {
    const mine = actions.filter((action) => this.rights.get(user)?.includes(action))
    const approved = approvals.some(({ by }) => by.user === user)
    return mine.filter((action) => action !== (approved ? 'approve' : 'withdraw'))
  }

  admins() {
    return this.policies[0]?.admins[0]
  }

  async now() {
    return this.clock
  }

  #requested({ requestId: _, via: __, ...input }: RequestInput): Extract<Event, { type: 'requested' }> {
    const policy = this.policyFor(input.service, input.environment)
    if (!policy) throw new Error(`no policy for ${input.service} in ${input.environment}`)
    const request = { ...input, image: `${policy.image}:${input.version}`, at: this.clock }
    const id = `${input.service}-${input.environment}-${this.upgrades.size + 1}`
    return { type: 'requested', id, request, policy, target: { clusterUid: 'c1', uid: 'd1' } }
  }
}

function eventOf(decision: Decision): Event {
  const { by, action } = decision
  const given = { by, ...(decision.reason && { reason: decision.reason }) }
  const types = {
    withdraw: 'withdrawn',
    reject: 'rejected',
    cancel: 'cancelled',
    accept: 'accepted',
    decline: 'declined',
    continue: 'continued',
    pause: 'paused',
    resume: 'resumed',
    restore: 'restored',
    rollback: 'turnedBack',
    acknowledge: 'acknowledged',
    review: 'reviewed',
  } as const
  if (action === 'explain') return { type: 'explained', by, reason: decision.reason ?? '' }
  if (action === 'confirm') return { type: 'breakGlassConfirmed', by, planHash: decision.seen.planHash }
  return action === 'approve'
    ? { type: 'approved', by, planHash: decision.seen.planHash }
    : { type: types[action], ...given }
}
