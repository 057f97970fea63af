import { z } from 'zod'
import type { Io } from './io.ts'

const GitHubAnswer = z.object({ value: z.string().min(1) })

const answerWithinMs = 10_000

/**
 * A token of the CI that says whose pipeline this is and who started it. GitLab and Jenkins put it into a variable; GitHub
 * Actions gives it to a job that has the permission `id-token: write`.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @returns `undefined` where there is none: then one more has to approve
 */
export async function identityToken({ env, err }: Io): Promise<string | undefined> {
  const given = env.ROLLCALL_OIDC_TOKEN?.trim()
  if (given) return given
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env
  if (!url || !token) return undefined
  try {
    const asked = new URL(url)
    asked.searchParams.set('audience', env.ROLLCALL_OIDC_AUDIENCE?.trim() || 'rollcall')
    const signal = AbortSignal.timeout(answerWithinMs)
    const response = await fetch(asked, { headers: { authorization: `Bearer ${token}` }, signal })
    return GitHubAnswer.parse(await response.json()).value
  } catch {
    err('GitHub gives no identity token, so nobody is known to have asked, and one more has to approve.')
    return undefined
  }
}
