/**
 * Buckets of calls that fill up again evenly, each with the line of those who wait for it; shared by every process. The
 * Slack budget says how large they are, the store keeps them.
 */
export type CallLines = {
  /** @returns milliseconds to wait before asking again under the same name; 0 means go, and it is spent */
  take(turn: Turn): Promise<number>
  /** Empties a bucket for so many milliseconds; from then on whoever comes goes by it for a while. */
  pause(line: string, forMs: number): Promise<void>
}

export type Turn = {
  line: string
  /** Of whoever waits. */
  name: string
  /** 0 goes before 1, and so on; among equals whoever has waited longest. */
  rank: number
  /** Calls that the bucket holds, and how long it takes to fill, milliseconds. */
  capacity: number
  fillMs: number
  /** Calls that are left to those of a lower rank. */
  leave: number
  /** Goes at once, whatever the bucket holds, unless Slack asked for patience a while ago. */
  isTrusting: boolean
}
