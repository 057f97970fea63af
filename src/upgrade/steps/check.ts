import { advance, type Handlers } from '../step-handlers.ts'
import type { Step } from '../upgrade.ts'

type Check = Extract<Step, { kind: 'check' }>

/** Gates measure; what fails or cannot be known is taken by `any-step`. */
export const check: Handlers<Check> = {
  checked({ upgrade, event: { reports }, now }) {
    const { step } = upgrade.at
    const measured = reports.flatMap((report) => (report.gate === 'rollout' ? [] : [{ ...report, step, at: now }]))
    return advance({ ...upgrade, measured: [...upgrade.measured, ...measured] }, now)
  },
}
