/** What the proxies tell about each write of a process, and what they are told to do about it. */

/** A write by kind: `redis commit approved`, `cluster patch deployment start`, `slack chat.postMessage question`. */
export type Write = string

/** Right before a write is forwarded, or right after it took effect and before the process hears of it. */
export type Side = 'before' | 'after'

export type Crossing = {
  /** @returns false when the write, or its answer, is to be lost together with the connection */
  passes(write: Write, side: Side): boolean
}

/** A proxy on loopback between one process and one thing that it writes to. */
export type Passage = {
  port: number
  /** Cuts every open connection; new ones are welcome. */
  cut(): void
  stop(): Promise<void>
}
