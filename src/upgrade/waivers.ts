import { z } from 'zod'
import type { Policy, Strategy } from './policy.ts'

/** What break-glass passed over, each by name. Exactness is never waived, nor is what is known of the image. */
export const Waived = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('quorum'), quorum: z.int() }),
  z.strictObject({ what: z.literal('soak'), durationMs: z.int() }),
])
export type Waived = z.infer<typeof Waived>

type Waiver<W> = (policy: Policy) => W | undefined

/** One for each kind; whatever else may stand in the way of a start joins here. */
const waivers: { [What in Waived['what']]: Waiver<Extract<Waived, { what: What }>> } = {
  quorum: ({ approval }) => ({ what: 'quorum', quorum: approval.quorum }),
  soak: ({ strategy }) => (strategy.soakMs > 0 ? { what: 'soak', durationMs: strategy.soakMs } : undefined),
}

/** Everything that the policy asks for and a break-glass upgrade does without. */
export function waivedBy(policy: Policy): Waived[] {
  return Object.values<Waiver<Waived>>(waivers).flatMap((waiver) => waiver(policy) ?? [])
}

/** The strategy without what is waived. */
export function withoutWaived(strategy: Strategy): Strategy {
  return { ...strategy, soakMs: 0 }
}
