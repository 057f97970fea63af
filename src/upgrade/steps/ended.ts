import { type Handlers, notNow, turnBack } from '../step-handlers.ts'

/** What still means something once an upgrade has ended; everything else is refused. */
export const ended: Handlers<undefined> = {
  /** A success is taken back within its window: the upgrade is under way again. */
  turnedBack({ upgrade, event: { by, reason }, now }) {
    const { result, ...rest } = upgrade
    if (result?.rollbackUntil === undefined || now >= result.rollbackUntil) return notNow(upgrade, 'turnedBack')
    const { rollbackUntil: _, ...undone } = result
    return { ...turnBack(rest, now, { by, code: 'REQUESTED', ...(reason && { reason }) }), undone }
  },

  windowClosed({ upgrade, now }) {
    const { result } = upgrade
    if (result?.rollbackUntil === undefined || now < result.rollbackUntil) return notNow(upgrade, 'windowClosed')
    const { rollbackUntil: _, ...closed } = result
    return { ...upgrade, result: closed }
  },
}
