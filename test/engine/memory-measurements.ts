import type { Capacities, Measurement, Measurements } from '../../src/engine/ports.ts'
import { type Sample, sampleOf } from '../../src/upgrade/evidence.ts'

/** What gates said, in memory. */
export class MemoryMeasurements implements Measurements {
  readonly noted = new Map<string, Record<string, Measurement>>()
  readonly figures = new Map<string, Sample[]>()

  async latest(id: string) {
    return this.noted.get(id) ?? {}
  }

  async note(id: string, measurement: Measurement) {
    const { report, at } = measurement
    this.noted.set(id, { ...this.noted.get(id), [report.gate]: measurement })
    const figure = sampleOf(report, at)
    if (figure) this.figures.set(`${id} ${report.gate}`, [...(this.figures.get(`${id} ${report.gate}`) ?? []), figure])
  }

  async series(id: string, gates: readonly string[]) {
    return Object.fromEntries(gates.map((gate) => [gate, this.figures.get(`${id} ${gate}`) ?? []]))
  }
}

/** Nobody counts. */
export const noCapacities: Capacities = { note: async () => {}, of: async () => undefined }
