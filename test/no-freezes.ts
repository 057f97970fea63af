import type { Freezes } from '../src/engine/ports.ts'

/** Nobody froze anything. */
export const noFreezes: Freezes = { all: async () => [], replace: async () => 'committed' }
