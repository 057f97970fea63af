import { RollcallError } from '../upgrade/error.ts'
import { type EndedUpgrade, pastOf } from '../upgrade/past.ts'
import type { Past, Prospect, Upgrade } from '../upgrade/upgrade.ts'
import type { Prepared, Upgrades } from './ports.ts'

/** How many of the numbers before are looked at, and of how many upgrades the times are read. */
const looked = { numbers: 20, times: 5 }

type Store = Pick<Upgrades, 'load' | 'audit'>

/** @param store absent where there is none to look into: then nothing is said of the past */
export async function prospectOf(
  store: Store | undefined,
  upgrade: Pick<Upgrade, 'id' | 'target'>,
  { changes, back }: Prepared,
): Promise<Prospect> {
  const past = store && (await lookBack(store, upgrade))
  return { changes, back, ...(past && { past }) }
}

/** The upgrades of the same service and environment before this one; their numbers say where they are. */
async function lookBack(store: Store, { id, target }: Pick<Upgrade, 'id' | 'target'>): Promise<Past> {
  const [, place = '', number = '0'] = /^(.+-)(\d+)$/.exec(id) ?? []
  const before = Array.from({ length: Math.min(looked.numbers, Number(number) - 1) }, (_, index) => {
    return `${place}${Number(number) - 1 - index}`
  })
  const found = await Promise.all(before.map((one) => readable(store, one)))
  const ended = found.flatMap((upgrade) => (upgrade?.result ? [upgrade] : []))
  const own = ended.filter(({ target: { uid } }) => uid === target.uid)
  const timed = new Set(own.slice(0, looked.times))
  return pastOf(
    target,
    await Promise.all(
      own.map(
        async (upgrade): Promise<EndedUpgrade> =>
          timed.has(upgrade) ? { upgrade, entries: await store.audit(upgrade.id) } : { upgrade },
      ),
    ),
  )
}

/** An old one that this release cannot read any more is not worth failing over. */
async function readable(store: Store, id: string): Promise<Upgrade | undefined> {
  try {
    return (await store.load(id))?.upgrade
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'STATE_UNREADABLE') return undefined
    throw error
  }
}
