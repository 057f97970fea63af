import type { Proposals } from '../src/engine/ports.ts'
import type { Offers, Place } from '../src/upgrade/proposals.ts'

/** What is proposed, without Redis. */
export class InMemoryProposals implements Proposals {
  readonly stored = new Map<string, string>()
  /** Runs before every write. */
  beforeWrite: () => void = () => {}

  async of({ service, environment }: Place) {
    const mark = this.stored.get(`${service}/${environment}`) ?? ''
    return { mark, offers: mark === '' ? [] : (JSON.parse(mark) as Offers) }
  }

  async replace({ service, environment }: Place, mark: string, offers: Offers) {
    this.beforeWrite()
    const key = `${service}/${environment}`
    if ((this.stored.get(key) ?? '') !== mark) return false
    this.stored.set(key, JSON.stringify(offers))
    return true
  }
}
