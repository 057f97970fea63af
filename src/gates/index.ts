import type { Gate } from '../engine/ports.ts'
import { rollout } from './rollout.ts'

/** Adding a gate: one file, one line here. */
export const gates: Record<string, Gate> = { rollout }
