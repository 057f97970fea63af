import { z } from 'zod'
import type { RequestForm } from '../commands/index.ts'

/** As long as the fields of the form let it become; a reason is the longest. */
const EnteredForm = z.strictObject({
  service: z.exactOptional(z.string().max(75)),
  environment: z.exactOptional(z.string().max(75)),
  version: z.exactOptional(z.string().max(128)),
  strategy: z.exactOptional(z.string().max(75)),
  batches: z.exactOptional(z.string().max(200)),
  reason: z.exactOptional(z.string().max(500)),
  startAt: z.exactOptional(z.string().max(40)),
})

/** What a form carries with it as `private_metadata`: Slack's ID of whom it was opened for, and what was entered. */
const RequestToken = z.strictObject({ u: z.string().min(1).max(64), f: EnteredForm })

export type RequestToken = { user: string; form: RequestForm }

export function requestToken({ user, form }: RequestToken): string {
  return JSON.stringify({ u: user, f: form } satisfies z.infer<typeof RequestToken>)
}

/** `undefined` for whatever Rollcall did not write, and for what it wrote for somebody else. */
export function readRequestToken(text: string, user: string): RequestForm | undefined {
  const parsed = RequestToken.safeParse(jsonOf(text))
  return parsed.success && parsed.data.u === user ? parsed.data.f : undefined
}

/** What was entered; `undefined` for what nobody can have entered there. */
export function enteredForm(form: RequestForm): RequestForm | undefined {
  return EnteredForm.safeParse(form).data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
