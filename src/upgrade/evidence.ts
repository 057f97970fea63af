import type { GateReport } from './upgrade.ts'

/** One figure that a gate measured, and the limits that held for it. */
export type Sample = {
  /** ISO 8601. */
  at: string
  value: number
  verdict: GateReport['verdict']
  atLeast?: number
  atMost?: number
}

/** How many pods were Ready from the first change to the end. Times are milliseconds, as far as anybody was looking. */
export type Capacity = {
  /** The fewest, and how many were wanted then. */
  least: number
  wanted: number
  /** For how long fewer were Ready than wanted, and for how long none. */
  belowMs: number
  downMs: number
}

/** What was measured in the course of an upgrade, beside what its audit chain tells. All of it may be lost. */
export type Evidence = {
  capacity?: Capacity
  /** By gate. */
  series: Readonly<Record<string, readonly Sample[]>>
  /** What each gate that asks somebody else said last, in the order of the configuration. */
  reports: readonly GateReport[]
}

/** A report as a figure; `undefined` of one that measured none. */
export function sampleOf({ verdict, detail }: GateReport, at: string): Sample | undefined {
  const { value, atLeast, atMost } = detail
  if (typeof value !== 'number') return undefined
  return {
    at,
    value,
    verdict,
    ...(typeof atLeast === 'number' && { atLeast }),
    ...(typeof atMost === 'number' && { atMost }),
  }
}
