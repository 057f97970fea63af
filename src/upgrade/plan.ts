import { createHash } from 'node:crypto'
import { canonicalJson } from './audit-chain.ts'
import type { Policy } from './policy.ts'
import { strategies } from './strategies/index.ts'
import type { Finding, Plan, Request, Upgrade, WorkloadFacts } from './upgrade.ts'
import { waivedBy, withoutWaived } from './waivers.ts'

/** The policy of a request: the configured one with what the requester was allowed to override. */
export function withOverrides(policy: Policy, overrides: Request['overrides']): Policy {
  const { strategy: type = policy.strategy.type, batches = policy.strategy.batches } = overrides
  return { ...policy, strategy: { ...policy.strategy, type, batches } }
}

/** The whole image reference of a version: a tag, or `sha256:…`; what a tag was resolved to goes with it. */
export function imageOf({ image }: Pick<Policy, 'image'>, version: string, digest?: string): string {
  if (version.startsWith('sha256:')) return `${image}@${version}`
  return digest === undefined ? `${image}:${version}` : `${image}:${version}@${digest}`
}

/** The upgrade with the image that its version stands for now; without facts, with the bare tag. */
export function withImage<U extends Pick<Upgrade, 'request' | 'policy'>>(upgrade: U, image: Plan['image']): U {
  const { request, policy } = upgrade
  return { ...upgrade, request: { ...request, image: imageOf(policy, request.version, image?.digest) } }
}

/**
 * Compiles the plan that people approve: fixed steps, bound together by a hash.
 *
 * @param over of an upgrade that is taken over half-way: what is left to do, and since when
 */
export function compilePlan(
  upgrade: Pick<Upgrade, 'request' | 'policy' | 'target'>,
  facts: WorkloadFacts,
  findings: Finding[],
  over?: { steps: Plan['steps']; takenOverAt: number },
): Plan {
  const { policy, request } = upgrade
  const strategy = request.breakGlass ? withoutWaived(policy.strategy) : policy.strategy
  const steps = over?.steps ?? strategies[strategy.type]({ ...policy, strategy }, facts)
  const of = facts.replicas
  const back: Plan['back'] = [{ kind: 'reach', goal: { on: 'target', to: 'original', pods: 0, of } }]
  const waived = request.breakGlass ? { waived: waivedBy(policy, findings) } : {}
  return { hash: planHash(upgrade, facts, steps, over?.takenOverAt), from: facts, steps, back, findings, ...waived }
}

/** Covers everything an approval stands for: the image, the live template, the steps, the target and the policy. */
export function planHash(
  upgrade: Pick<Upgrade, 'request' | 'policy' | 'target'>,
  facts: WorkloadFacts,
  steps: Plan['steps'],
  takenOverAt?: number,
): string {
  const { request, policy, target } = upgrade
  const { image, irreversible, downgrade, major, breakGlass, startAt } = request
  const covered = {
    ...{ image, facts, steps, target, policy },
    ...(irreversible !== undefined && { irreversible }),
    ...(downgrade && { downgrade }),
    ...(major && { major }),
    ...(breakGlass && { breakGlass }),
    ...(startAt !== undefined && { startAt }),
    ...(takenOverAt !== undefined && { takenOverAt }),
  }
  return createHash('sha256').update(canonicalJson(covered)).digest('hex')
}
