import type { Upgrades } from '../../src/engine/ports.ts'
import { type AuditEntry, genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { Upgrade } from '../../src/upgrade/upgrade.ts'

/**
 * The store in memory, for tests that make a hundred thousand stores. Each method is atomic, as the scripts on Redis
 * are, and what is stored is JSON.
 */
export class MemoryUpgrades implements Upgrades {
  readonly states = new Map<string, string>()
  readonly chains = new Map<string, AuditEntry[]>()
  readonly dues = new Map<string, number>()
  private readonly counts = new Map<string, number>()
  private readonly begun = new Map<string, number>()
  private readonly targets = new Map<string, { active?: string; head: string }>()
  private readonly clock: () => string
  /** The last one that was read: parsing is most of the work. */
  private parsed?: { text: string; upgrade: Upgrade }

  constructor(clock: () => string) {
    this.clock = clock
  }

  stored(id: string): Upgrade | undefined {
    const text = this.states.get(id)
    if (text === undefined) return undefined
    if (this.parsed?.text !== text) this.parsed = { text, upgrade: Upgrade.parse(JSON.parse(text)) }
    return this.parsed.upgrade
  }

  async load(id: string) {
    const upgrade = this.stored(id)
    const head = this.chains.get(id)?.at(-1)
    return upgrade && head ? { upgrade, now: this.clock(), head } : undefined
  }

  async open(service: string, environment: string, target: Upgrade['target']) {
    const { active, head = genesis } = this.targets.get(target.uid) ?? {}
    const count = this.counts.get(`${service}/${environment}`) ?? 0
    return { now: this.clock(), count, head, ...(active !== undefined && { active }) }
  }

  async commit({ upgrade, entry, before = upgrade.sequence - 1, due, once }: Parameters<Upgrades['commit']>[0]) {
    const { id, sequence, request, target } = upgrade
    const place = `${request.service}/${request.environment}`
    if (once !== undefined && this.chains.get(id)?.some(({ requestId }) => requestId === once)) return 'repeated'
    if ((this.stored(id)?.sequence ?? 0) !== before) return 'conflict'
    if (sequence === 1) {
      const number = (this.counts.get(place) ?? 0) + 1
      if (this.targets.get(target.uid)?.active !== undefined || !id.endsWith(`-${number}`)) return 'conflict'
      this.counts.set(place, number)
    }
    const { active } = this.targets.get(target.uid) ?? {}
    if (!upgrade.result && active !== undefined && active !== id) return 'occupied'
    const sealed = seal(entry)
    this.states.set(id, JSON.stringify(upgrade))
    this.chains.set(id, [...(this.chains.get(id) ?? []), sealed])
    const holder = upgrade.result ? (active === id ? undefined : active) : id
    this.targets.set(target.uid, { head: sealed.hash, ...(holder !== undefined && { active: holder }) })
    this.dues.set(id, due ?? 0)
    return 'committed'
  }

  async lengths(ids: string[]) {
    return ids.map((id) => this.chains.get(id)?.length ?? 0)
  }

  async called() {
    return undefined
  }

  async settle(id: string, sequence: number, due: number) {
    if (this.stored(id)?.sequence !== sequence || !this.dues.has(id)) return false
    this.dues.set(id, due)
    return true
  }

  async begin({ id, sequence }: Upgrade, round: string, generation: number) {
    if (this.stored(id)?.sequence !== sequence) return undefined
    const key = `${id} ${round}`
    const first = this.begun.get(key) ?? generation
    this.begun.set(key, first)
    return first
  }

  async told(id: string, again?: number) {
    if (!this.stored(id)?.result) return
    if (again === undefined) this.dues.delete(id)
    else this.dues.set(id, again)
  }

  async overdue(lateMs: number) {
    const now = Date.parse(this.clock())
    const late = [...this.dues].filter(([, due]) => due <= now - lateMs).map(([id]) => id)
    for (const id of late) this.dues.set(id, now)
    return late
  }

  async active() {
    return [...this.dues.keys()].flatMap((id) => this.stored(id) ?? []).filter(({ result }) => !result)
  }

  async ended() {
    return []
  }

  async now() {
    return this.clock()
  }

  async unknown() {
    return []
  }

  async configInForce() {
    return undefined
  }

  async audit(id: string) {
    return this.chains.get(id) ?? []
  }

  async recordRefusal() {}

  async recordAdmin() {}
}
