import { z } from 'zod'
import type { Schedule } from '../engine/ports.ts'
import { boundedFetch, type Fetched, jsonOf } from '../gates/bounded-fetch.ts'

/** Everybody in a large rotation is some kilobytes. */
const mostBytes = 500_000

/** https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls */
const PagerDuty = z.object({
  oncalls: z.array(
    z.object({
      escalation_level: z.int().catch(1),
      user: z.object({ email: z.string().optional() }),
    }),
  ),
})

/** https://docs.opsgenie.com/docs/who-is-on-call-api */
const Opsgenie = z.object({ data: z.object({ onCallRecipients: z.array(z.string()).default([]) }) })

type Api = {
  url: string
  path(id: string): string
  headers(token: string): Record<string, string>
  /** E-mail addresses, whoever is called first in front; `undefined` for what is no answer of this API. */
  emails(answer: unknown): string[] | undefined
}

const apis: Record<Schedule['type'], Api> = {
  pagerduty: {
    url: 'https://api.pagerduty.com',
    path: (id) => `/oncalls?${new URLSearchParams({ 'schedule_ids[]': id, 'include[]': 'users', limit: '100' })}`,
    headers: (token) => ({
      accept: 'application/vnd.pagerduty+json;version=2',
      authorization: `Token token=${token}`,
    }),
    emails: (answer) =>
      PagerDuty.safeParse(answer)
        .data?.oncalls.toSorted((one, other) => one.escalation_level - other.escalation_level)
        .flatMap(({ user }) => user.email ?? []),
  },
  opsgenie: {
    url: 'https://api.opsgenie.com',
    path: (id) => `/v2/schedules/${encodeURIComponent(id)}/on-calls?flat=true`,
    headers: (token) => ({ authorization: `GenieKey ${token}` }),
    emails: (answer) => Opsgenie.safeParse(answer).data?.data.onCallRecipients,
  },
}

/**
 * The e-mail addresses of those who are on call by a schedule now, each once; `undefined` when the answer cannot be read.
 *
 * @throws RollcallError GATE_UNREACHABLE, GATE_ANSWER_TOO_LONG; the signal's reason
 */
export async function onSchedule(
  { type, url, id }: Schedule,
  token: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const api = apis[type]
  const address = `${(url ?? api.url).replace(/\/+$/, '')}${api.path(id)}`
  const fetched: Fetched = await boundedFetch(address, { headers: api.headers(token), signal, mostBytes, whole: true })
  const emails = fetched.status === 200 ? api.emails(jsonOf(fetched)) : undefined
  return emails && [...new Set(emails.map((email) => email.toLowerCase()))]
}
