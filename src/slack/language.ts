import type { Messages } from '../messages/en.ts'
import { messagesIn } from '../messages/languages.ts'
import type { Locale } from '../upgrade/locale.ts'
import type { SlackActor } from '../upgrade/upgrade.ts'
import { byThen } from './listeners/by-then.ts'

/** In which languages Rollcall speaks in a workspace. */
export type Languages = {
  /** In channels, and to whose language is not known. */
  messages: Messages
  /** The language that somebody has set in Slack; never throws. Without it everybody reads the workspace's. */
  localeOf?: (person: SlackActor) => Promise<Locale | undefined>
}

/** Whoever presses or types waits for the answer, and would rather have it than have it translated, milliseconds. */
const withinMs = 500

/** Everything that is said to somebody alone. */
export async function messagesFor({ messages, localeOf }: Languages, person: SlackActor): Promise<Messages> {
  if (!localeOf) return messages
  const locale = await byThen(localeOf(person), performance.now() + withinMs)
  return locale ? messagesIn(locale) : messages
}

type Person = { id?: string; team_id?: string }
type Body = { user?: Person; user_id?: string; team_id?: string; team?: { id?: string } | null }

/** The same listener, in the language of whoever it answers. */
export function inTheirLanguage<Parts extends Languages, Delivery extends { body: unknown }>(
  parts: Parts,
  listener: (parts: Parts) => (delivery: Delivery) => Promise<void>,
): (delivery: Delivery) => Promise<void> {
  return async (delivery) => {
    const person = personIn(delivery.body)
    const messages = person ? await messagesFor(parts, person) : parts.messages
    return listener({ ...parts, messages })(delivery)
  }
}

/** Who has pressed or typed what was delivered. */
export function personIn(body: unknown): SlackActor | undefined {
  const { user, user_id, team_id, team } = body as Body
  const id = user?.id ?? user_id
  return id === undefined ? undefined : { kind: 'slack', team: user?.team_id ?? team?.id ?? team_id ?? '', user: id }
}
