/** Judges what was shown to people, by rules of its own: nothing here is taken from the source. */
import { unseen } from './any-text.ts'

/** The markup that Rollcall itself writes. */
const ours = [
  /<@[UW][A-Z0-9]+>/g,
  /<!subteam\^S[A-Z0-9]+>/g,
  /<#[CG][A-Z0-9]+>/g,
  /<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d :-]+ UTC>/g,
  /<http:\/\/127\.0\.0\.1:\d+\/[^\s|<>]*\|[^<>]*>|<https:\/\/acme\.slack\.com\/[^\s|<>]*\|[^<>]*>/g,
]

/** Why a piece of `mrkdwn` could do harm; empty when it cannot. */
export function harmOfMarkup(text: string): string[] {
  const foreign = ours.reduce((rest, pattern) => rest.replaceAll(pattern, ''), text)
  return [
    ...harmOfText(text),
    ...(/[<>]/.test(foreign) ? [`markup that is not ours: ${JSON.stringify(foreign.slice(0, 200))}`] : []),
    ...(text.includes('<@U0VICTIM') || text.includes('<!subteam^S0VICTIM') ? ['mentions somebody'] : []),
  ]
}

/** The same for text in which nothing is parsed. */
export function harmOfText(text: string): string[] {
  const found = unseen.exec(text)
  const code = found?.[0].codePointAt(0)?.toString(16)
  return found ? [`U+${code} in ${JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 40))}`] : []
}

/** Not shown to anybody: they go back to whoever wrote them. */
const opaque = new Set(['value', 'private_metadata', 'trigger_id', 'cursor', 'block_id'])

/** Of everything in a Web API call, a response URL's body or an acknowledgement. */
export function harmOfPayload(payload: unknown, key = ''): string[] {
  if (typeof payload === 'string') return opaque.has(key) ? [] : harmOfMarkup(payload)
  if (Array.isArray(payload)) return payload.flatMap((one) => harmOfPayload(one, key))
  if (typeof payload !== 'object' || payload === null) return []
  const parsed = !('type' in payload && payload.type === 'plain_text') && key !== 'event_payload'
  return Object.entries(payload).flatMap(([name, value]) =>
    typeof value === 'string' && !parsed && !opaque.has(name) ? harmOfText(value) : harmOfPayload(value, name),
  )
}
