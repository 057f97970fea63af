import { refuse } from '../refusal.ts'
import { advance, type Handlers } from '../step-handlers.ts'
import type { Step } from '../upgrade.ts'

type Soak = Extract<Step, { kind: 'soak' }>

/** Time passes while every new pod stays Ready. */
export const soak: Handlers<Soak> = {
  soaked({ upgrade, now }) {
    return advance(upgrade, now)
  },

  continued({ upgrade, step, now }) {
    const elapsed = Date.parse(now) - Date.parse(upgrade.at.since)
    return refuse({ code: 'SOAKING', remainingMs: Math.max(0, step.durationMs - elapsed) })
  },
}
