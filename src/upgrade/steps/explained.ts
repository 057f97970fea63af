import { type Given, notNow } from '../step-handlers.ts'
import type { Upgrade } from '../upgrade.ts'

/**
 * The reason of a way back that was asked for before anybody had time to type. It is theirs who asked, and it is given
 * once; it stands wherever it would have stood from the beginning.
 */
export function explained({ upgrade, event: { by, reason } }: Given<'explained'>): Upgrade | ReturnType<typeof notNow> {
  const { turnedBack, result, answers } = upgrade
  const own = turnedBack?.by.kind === 'slack' && turnedBack.by.user === by.user && turnedBack.by.team === by.team
  if (!turnedBack || !own || turnedBack.reason !== undefined || reason === '') return notNow(upgrade, 'explained')
  return {
    ...upgrade,
    turnedBack: { ...turnedBack, reason },
    answers: answers.map((one) => (one.action === 'rolledBack' && one.at === turnedBack.at ? { ...one, reason } : one)),
    ...(result?.outcome === 'rolledBack' && { result: { ...result, reason } }),
  }
}
