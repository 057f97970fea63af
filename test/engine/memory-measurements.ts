import type { Measurement, Measurements } from '../../src/engine/ports.ts'

/** What gates said last, in memory. */
export class MemoryMeasurements implements Measurements {
  readonly noted = new Map<string, Record<string, Measurement>>()

  async latest(id: string) {
    return this.noted.get(id) ?? {}
  }

  async note(id: string, measurement: Measurement) {
    this.noted.set(id, { ...this.noted.get(id), [measurement.report.gate]: measurement })
  }
}
