import { own } from '../upgrade/own.ts'

/** Values of the environment variables that gates may use, by name. */
export type GateSecrets = Readonly<Record<string, string>>

/** The headers that prove who asks, if anybody wants to know; or the variable that is not set. */
export function bearerHeaders(
  secrets: GateSecrets,
  tokenEnv: string | undefined,
): { headers: Record<string, string> } | { missing: string } {
  if (tokenEnv === undefined) return { headers: {} }
  const token = own(secrets, tokenEnv)
  return token === undefined ? { missing: tokenEnv } : { headers: { authorization: `Bearer ${token}` } }
}
