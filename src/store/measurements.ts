import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Measurement, Measurements } from '../engine/ports.ts'
import { GateReport } from '../upgrade/upgrade.ts'
import { keys } from './keys.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/** As long as the notes of what is shown. */
const keptForMs = 30 * 24 * 3_600_000

const Stored = z.strictObject({ report: GateReport, sequence: z.int(), at: z.string() })

/** What gates said last. Outside the sequence: a measurement never conflicts with a decision, and may be lost. */
export function redisMeasurements(redis: Redis): Measurements {
  const note = script<number>(redis, 'rollcallMeasured', 1, scripts.measured)
  return {
    async latest(id) {
      const stored = await redis.hgetall(keys.measured(id))
      return Object.fromEntries(
        Object.entries(stored).flatMap(([gate, text]): [string, Measurement][] => {
          const { data } = Stored.safeParse(JSON.parse(text))
          // Of another release: it is asked again.
          return data ? [[gate, data]] : []
        }),
      )
    },
    async note(id, measurement) {
      const { report, sequence, at } = measurement
      await note(keys.measured(id), report.gate, JSON.stringify(measurement), sequence, at, keptForMs)
    },
  }
}
