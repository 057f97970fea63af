import type { GateReport } from '../upgrade/events.ts'
import { isForeseen } from '../upgrade/gate.ts'
import type { imageFindingCodes } from '../upgrade/image-findings.ts'
import type { Finding, Upgrade } from '../upgrade/upgrade.ts'
import { askGate, type GateParts } from './measure.ts'

/** In the pre-flight people wait, and so do others behind it; milliseconds. */
const mostMs = 10_000

/** What each verdict means before anybody is asked. */
const findings = {
  failed: { severity: 'block', code: 'IMAGE_GATE_FAILED' },
  inconclusive: { severity: 'warn', code: 'IMAGE_GATE_INCONCLUSIVE' },
  passed: { severity: 'note', code: 'IMAGE_GATE_PASSED' },
} as const satisfies Record<
  GateReport['verdict'],
  { severity: Finding['severity']; code: keyof typeof imageFindingCodes }
>

/**
 * What the gates that judge the image alone say of the one that the upgrade is to bring. They say it to the approvers, and
 * are asked once more at their own moment.
 */
export async function imageGateFindings(parts: GateParts, upgrade: Upgrade, now: string): Promise<Finding[] | 'busy'> {
  const found: Finding[] = []
  for (const gate of upgrade.policy.gates.measured.filter(isForeseen)) {
    const about = { upgrade, observation: undefined, now, key: `${upgrade.id}.plan.${gate.name}` }
    const said = await askGate(parts, gate, about, Math.min(gate.timeoutMs, mostMs))
    if (said === 'later') return 'busy'
    const { verdict, code, detail } = said
    found.push({ ...findings[verdict], detail: { ...detail, gate: gate.name, said: code } })
  }
  return found
}
