import { z } from 'zod'
import type { Policy, Strategy } from './policy.ts'
import type { Finding } from './upgrade.ts'

/** What break-glass passed over, each by name. Exactness is never waived, nor is what is known of the image. */
export const Waived = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('quorum'), quorum: z.int() }),
  z.strictObject({ what: z.literal('soak'), durationMs: z.int() }),
  z.strictObject({ what: z.literal('window') }),
  z.strictObject({ what: z.literal('freeze'), scope: z.string(), by: z.string(), reason: z.string() }),
  z.strictObject({ what: z.literal('promotion'), environment: z.string() }),
])
export type Waived = z.infer<typeof Waived>

type Waiver<W> = (policy: Policy, findings: readonly Finding[]) => W[]

/** One for each kind; whatever else may stand in the way of a start joins here. */
const waivers: { [What in Waived['what']]: Waiver<Extract<Waived, { what: What }>> } = {
  quorum: ({ approval }) => [{ what: 'quorum', quorum: approval.quorum }],
  soak: ({ strategy }) => (strategy.soakMs > 0 ? [{ what: 'soak', durationMs: strategy.soakMs }] : []),
  promotion: ({ promoteFrom }) => (promoteFrom ? [{ what: 'promotion', environment: promoteFrom.environment }] : []),
  window: ({ windows }) => (windows ? [{ what: 'window' }] : []),
  freeze: (_, findings) =>
    findings.flatMap(({ code, detail: { scope, by, reason } }) =>
      code === 'FROZEN' ? [{ what: 'freeze', scope: `${scope}`, by: `${by}`, reason: `${reason}` }] : [],
    ),
}

/** Everything that stands in the way of a start, and that a break-glass upgrade does without. */
export function waivedBy(policy: Policy, findings: readonly Finding[]): Waived[] {
  return Object.values<Waiver<Waived>>(waivers).flatMap((waiver) => waiver(policy, findings))
}

/** The strategy without what is waived. */
export function withoutWaived(strategy: Strategy): Strategy {
  return { ...strategy, soakMs: 0 }
}
