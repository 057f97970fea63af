import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Capacities, Measurement, Measurements } from '../engine/ports.ts'
import { type Capacity, type Sample, sampleOf } from '../upgrade/evidence.ts'
import { GateReport } from '../upgrade/upgrade.ts'
import { keys } from './keys.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/** As long as the notes of what is shown. */
const keptForMs = 30 * 24 * 3_600_000

const Stored = z.strictObject({ report: GateReport, sequence: z.int(), at: z.string() })

/** As many points as a chart has room for. */
const mostFigures = 500

/** What gates said last, and their figures. Outside the sequence: a measurement never conflicts with a decision, and may be lost. */
export function redisMeasurements(redis: Redis): Measurements {
  const note = script<number>(redis, 'rollcallMeasured', 2, scripts.measured)
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
      const figure = sampleOf(report, at)
      await note(
        keys.measured(id),
        keys.series(id, report.gate),
        report.gate,
        JSON.stringify(measurement),
        sequence,
        at,
        keptForMs,
        figure ? JSON.stringify(figure) : '',
        mostFigures,
      )
    },
    async series(id, gates) {
      const stored = await Promise.all(gates.map((gate) => redis.lrange(keys.series(id, gate), 0, -1)))
      return Object.fromEntries(gates.map((gate, index) => [gate, (stored[index] ?? []).flatMap(sampleIn)]))
    },
  }
}

const StoredSample = z.strictObject({
  at: z.iso.datetime(),
  value: z.number(),
  verdict: GateReport.shape.verdict,
  atLeast: z.exactOptional(z.number()),
  atMost: z.exactOptional(z.number()),
})

/** What another release wrote is left out. */
function sampleIn(text: string): Sample[] {
  const { data } = StoredSample.safeParse(JSON.parse(text))
  return data ? [data] : []
}

const StoredCapacity = z.object({
  least: z.coerce.number(),
  wanted: z.coerce.number(),
  belowMs: z.coerce.number().default(0),
  downMs: z.coerce.number().default(0),
})

/** So many upgrades' last figures are remembered, so that nothing is written while nothing changes. */
const remembered = 2_000

/** How many pods were Ready. Outside the sequence, as measurements are. */
export function redisCapacities(redis: Redis): Capacities {
  const note = script<number>(redis, 'rollcallCapacity', 1, scripts.capacity)
  const noted = new Map<string, string>()
  return {
    async note(id, { ready, total }) {
      const now = `${ready}/${total}`
      if (noted.get(id) === now) return
      if (noted.size >= remembered) noted.clear()
      noted.set(id, now)
      try {
        await note(keys.capacity(id), ready, total, keptForMs)
      } catch (error) {
        noted.delete(id)
        throw error
      }
    },
    async of(id): Promise<Capacity | undefined> {
      return StoredCapacity.safeParse(await redis.hgetall(keys.capacity(id))).data
    },
  }
}
