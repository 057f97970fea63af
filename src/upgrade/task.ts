import type { Goal } from './upgrade.ts'

/** What an upgrade still owes. Derived from its state whenever somebody looks, never stored. */
export type Task =
  /** The pre-flight, which ends in a plan or in findings that block. */
  | { do: 'prepare' }
  /** Bring the cluster to the goal. */
  | { do: 'pursue'; goal: Goal }
  /** Stop a move where it is, or keep what was reached, no pod more and no pod less, until somebody decides. */
  | { do: 'halt'; goal: Goal; until?: string }
  /** The goal holds until then; `since` is when the soak began at the earliest. */
  | { do: 'soak'; since: string; durationMs: number }
  | { do: 'measure'; gates: string[] }
  /** Enough people said yes: whether everything that they said it to still holds, before anything moves. */
  | { do: 'recheck'; until: string }
  /** People decide, until the deadline. */
  | { do: 'wait'; until?: string }
  /** It has ended, and this fact follows by itself at that time. */
  | { do: 'followUp'; event: 'windowClosed' | 'reviewOverdue' | 'paged'; at: string }
  | { do: 'nothing' }
