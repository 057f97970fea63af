import { z } from 'zod'
import type { Seen } from '../engine/surface.ts'
import { heldChange } from '../upgrade/held-change.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'

/** What a button carries: the upgrade, and the step and plan that stood beside it. Opaque to everybody else. */
const ButtonValue = z.strictObject({
  u: z.string().min(1).max(200),
  s: z.int().min(0),
  /** Absent before there is a plan. */
  p: z.exactOptional(z.string().max(128)),
  /** While a change from outside holds the upgrade: which one. */
  c: z.exactOptional(z.string().max(64)),
})

export type Pressed = { upgrade: string; seen?: Seen }

export function buttonValue(upgrade: Upgrade): string {
  const { id, at, plan } = upgrade
  const change = heldChange(upgrade)
  const value = { u: id, s: at.step, ...(plan && { p: plan.hash }), ...(change !== undefined && { c: change }) }
  return JSON.stringify(value satisfies z.infer<typeof ButtonValue>)
}

/** `undefined` for whatever Rollcall did not write. */
export function readButtonValue(value: string | undefined): Pressed | undefined {
  const parsed = ButtonValue.safeParse(jsonOf(value))
  if (!parsed.success) return undefined
  const { u, s, p, c } = parsed.data
  return {
    upgrade: u,
    ...(p !== undefined && { seen: { step: s, planHash: p, ...(c !== undefined && { change: c }) } }),
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
