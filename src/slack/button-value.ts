import { z } from 'zod'
import type { Seen } from '../engine/surface.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'

/** What a button carries: the upgrade, and the step and plan that stood beside it. Opaque to everybody else. */
const ButtonValue = z.strictObject({
  u: z.string().min(1).max(200),
  s: z.int().min(0),
  /** Absent before there is a plan. */
  p: z.exactOptional(z.string().max(128)),
})

export type Pressed = { upgrade: string; seen?: Seen }

export function buttonValue({ id, at, plan }: Upgrade): string {
  return JSON.stringify({ u: id, s: at.step, ...(plan && { p: plan.hash }) } satisfies z.infer<typeof ButtonValue>)
}

/** `undefined` for whatever Rollcall did not write. */
export function readButtonValue(value: string | undefined): Pressed | undefined {
  const parsed = ButtonValue.safeParse(jsonOf(value))
  if (!parsed.success) return undefined
  const { u, s, p } = parsed.data
  return { upgrade: u, ...(p !== undefined && { seen: { step: s, planHash: p } }) }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
