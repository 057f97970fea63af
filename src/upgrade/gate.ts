import { z } from 'zod'
import type { Policy } from './policy.ts'

/** When a gate measures: before the first change, from the first batch on until all is new, once all is new. */
export const Moment = z.enum(['before', 'soak', 'after'])
export type Moment = z.infer<typeof Moment>

const gate = {
  /** Unique among the gates of a service in an environment. */
  name: z.string(),
  during: z.array(Moment).min(1),
  /** What has not answered by then has not told, milliseconds. */
  timeoutMs: z.int().min(1),
  /** How long a measurement counts while the upgrade is watched, milliseconds. */
  intervalMs: z.int().min(1),
}

/** A smoke test: an answer with one of these statuses, and with that text in its body. */
export const HttpGate = z.strictObject({
  type: z.literal('http'),
  ...gate,
  url: z.string(),
  status: z.array(z.int()).min(1),
  contains: z.exactOptional(z.string()),
})
export type HttpGate = z.infer<typeof HttpGate>

/**
 * A gate that has to ask somebody else, unlike `rollout`, which the watch answers. What it says is kept beside the
 * upgrade, for the state that it was said of.
 */
export const MeasuredGate = z.discriminatedUnion('type', [HttpGate])
export type MeasuredGate = z.infer<typeof MeasuredGate>

/** The gates that measure at a moment, by name. */
export function gatesAt({ gates }: Pick<Policy, 'gates'>, moment: Moment): string[] {
  return gates.measured.flatMap(({ name, during }) => (during.includes(moment) ? [name] : []))
}
