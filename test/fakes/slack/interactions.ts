/** What a command or click entitles the app to: one modal within 3 seconds, five answers within 30 minutes. */
import type { Clock } from './workspace.ts'

const TRIGGER_LIFETIME_MS = 3_000
const RESPONSE_LIFETIME_MS = 30 * 60_000
const RESPONSE_USES = 5

/** The message a click came from. */
export type Source = { channel: string; ts: string; ephemeral: boolean }

export type Interaction = {
  id: string
  user: string
  channel?: string
  source?: Source
  /** The modal in which the click or submission happened. */
  view?: string
  triggerId: string
  /** A message timestamp: what it led to has a later one. */
  beganAt: string
}

export type Interactions = ReturnType<typeof createInteractions>

export function createInteractions(clock: Clock, nextId: (prefix: string) => string, nextTs: () => string) {
  type Entry = { interaction: Interaction; at: number; exchanged: boolean; uses: number }
  const entries = new Map<string, Entry>()

  return {
    begin(about: Pick<Interaction, 'user' | 'channel' | 'source' | 'view'>): Interaction {
      const id = nextId('I')
      const interaction = { ...about, id, triggerId: `${nextId('')}.${id}`, beganAt: nextTs() }
      entries.set(id, { interaction, at: clock(), exchanged: false, uses: 0 })
      return interaction
    },

    /** Uses a trigger up. It is good for one view, for three seconds. */
    exchange(triggerId: string): Interaction | 'invalid' | 'expired_trigger_id' | 'exchanged_trigger_id' {
      const entry = entries.get(triggerId.split('.')[1] ?? '')
      if (entry?.interaction.triggerId !== triggerId) return 'invalid'
      if (entry.exchanged) return 'exchanged_trigger_id'
      if (clock() - entry.at > TRIGGER_LIFETIME_MS) return 'expired_trigger_id'
      entry.exchanged = true
      return entry.interaction
    },

    /** Counts a use of a response URL. */
    respond(id: string): Interaction | 'no_such_url' | 'expired_url' | 'used_url' {
      const entry = entries.get(id)
      if (!entry?.interaction.channel) return 'no_such_url'
      if (clock() - entry.at > RESPONSE_LIFETIME_MS) return 'expired_url'
      if (entry.uses >= RESPONSE_USES) return 'used_url'
      entry.uses += 1
      return entry.interaction
    },
  }
}
