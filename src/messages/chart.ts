import type { Unit } from '../upgrade/gate.ts'

/** What gates measured in the course of an upgrade, one panel each, over one time axis. Times are epoch milliseconds. */
export type Chart = {
  title: string
  subtitle: string
  from: number
  to: number
  panels: Panel[]
  marks: Mark[]
}

export type Panel = {
  name: string
  /** The limit in words, as it was last. */
  limit?: string
  unit?: Unit
  /** In order of time. */
  points: Point[]
}

export type Point = {
  at: number
  value: number
  /** Outside the limits that held for it. */
  failed: boolean
  atLeast?: number
  atMost?: number
}

/** A moment of the upgrade itself: a batch began, or the way back. */
export type Mark = { at: number; label: string; kind: 'batch' | 'back' }
