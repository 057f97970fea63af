import { refuse } from '../refusal.ts'
import {
  advance,
  type Handlers,
  holdAt,
  later,
  notNow,
  planAnew,
  system,
  turnBack,
  withIncident,
} from '../step-handlers.ts'
import { lastGoal, onFailureOf, type Step } from '../upgrade.ts'

type Reach = Extract<Step, { kind: 'reach' }>

/** The cluster gets to a goal. */
export const reach: Handlers<Reach> = {
  reached({ upgrade, event: { updated, ready, total, templateHash }, now }) {
    return advance({ ...upgrade, found: { updated, ready, total, ...(templateHash && { templateHash }) } }, now)
  },

  /** No newly Ready pod for too long: the batch has failed. On the way back there is nothing better to turn to. */
  stuck({ upgrade, event: { code, detail }, now }) {
    const by = system(code)
    if (upgrade.at.path === 'back') {
      const told = upgrade.incidents.at(-1)?.code === 'ROLLBACK_STUCK'
      if (!told) return withIncident(upgrade, now, 'ROLLBACK_STUCK', { ...detail, cause: code })
      if (now < later(upgrade.at.since, upgrade.policy.strategy.maxHoldMs)) return refuse({ code: 'ALREADY_DECIDED' })
      const given = withIncident(upgrade, now, 'ROLLBACK_FAILED', { cause: code })
      return { ...given, result: { outcome: 'failed', at: now, code: 'ROLLBACK_STUCK', by } }
    }
    const told = withIncident(upgrade, now, code, detail)
    return onFailureOf(upgrade) === 'rollback' ? turnBack(told, now, { by, code }) : holdAt(told, now, { by, code })
  },

  /** The workload is not the approved one any more and nothing was touched yet: every approval is void. */
  outdated({ upgrade, event: { code }, now }) {
    if (upgrade.at.path === 'back' || lastGoal(upgrade)) return notNow(upgrade, 'outdated')
    // Somebody brought the workload back meanwhile: to plan anew is for another upgrade.
    if (upgrade.takenOver) return holdAt(withIncident(upgrade, now, code, {}), now, { by: system(code), code })
    return planAnew(upgrade, now, code, {})
  },
}
