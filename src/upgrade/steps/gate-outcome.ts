import type { GateReport } from '../events.ts'
import { holdsStart } from '../gate.ts'
import { holdAt, system, turnBack, withIncident } from '../step-handlers.ts'
import { hasStarted, type Incident, onFailureOf, type Upgrade } from '../upgrade.ts'
import { isOfImage } from '../watched-gates.ts'

/** What follows on a gate that failed, unless it is on its way back already. */
export function afterFailure(upgrade: Upgrade, report: GateReport, now: string): Upgrade {
  const why = { by: system('GATE_FAILED'), code: report.code }
  const told = withIncident(upgrade, now, report.code, aboutGate(upgrade, report))
  if (!hasStarted(upgrade)) {
    return holdsStart(upgrade.policy, report.gate)
      ? holdAt(told, now, why)
      : { ...told, result: { outcome: 'failed', at: now, ...why } }
  }
  return onFailureOf(upgrade) === 'rollback' ? turnBack(told, now, why) : holdAt(told, now, why)
}

/** What follows on a gate that could not tell. */
export function afterNoWord(upgrade: Upgrade, report: GateReport, now: string): Upgrade {
  const about = { ...aboutGate(upgrade, report), cause: report.code }
  const told = withIncident(upgrade, now, 'GATE_INCONCLUSIVE', about)
  return holdAt(told, now, { by: system('GATE_INCONCLUSIVE'), code: 'GATE_INCONCLUSIVE' })
}

/** `step` is the one that it was measured at: whoever resumes accepts it there, and nowhere else. */
function aboutGate({ at, policy }: Upgrade, { gate, detail }: GateReport): Incident['detail'] {
  return { ...detail, gate, step: at.step, ...(isOfImage(policy, gate) && { waivable: 'never' }) }
}
