import type { Attachments } from '../src/engine/ports.ts'

/** Images that nobody signed or scanned. */
export const nothingAttached: Attachments = {
  of: async () => ({ state: 'all' }),
  manifest: async () => ({ state: 'missing' }),
}
