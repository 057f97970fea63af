import { RollcallError } from '../upgrade/error.ts'

export type Fetched = { status: number; headers: Headers; body: string }

/**
 * One HTTP request to something that may be broken or hostile: no redirect is followed, and of the body no more is read
 * than is asked for.
 *
 * @param mostBytes the rest of a longer body is left; `whole` refuses such a body instead
 * @throws RollcallError GATE_UNREACHABLE, GATE_ANSWER_TOO_LONG
 */
export async function boundedFetch(
  url: string,
  options: RequestInit & { signal: AbortSignal; mostBytes: number; whole?: boolean },
): Promise<Fetched> {
  const { mostBytes, whole, ...init } = options
  const response = await fetch(url, { ...init, redirect: 'manual' }).catch((error: unknown) => {
    if (options.signal.aborted) throw error
    throw new RollcallError('GATE_UNREACHABLE', `${new URL(url).host} does not answer (${causeOf(error)})`, {
      hint: 'Check the URL of the gate, and whether Rollcall may reach it.',
      retryable: true,
      cause: error,
    })
  })
  const { bytes, isCut } = await firstBytes(response, mostBytes)
  if (isCut && whole) {
    throw new RollcallError('GATE_ANSWER_TOO_LONG', `${new URL(url).host} answers with more than ${mostBytes} bytes`, {
      hint: 'Ask for less: a query that leads to one value.',
      retryable: false,
    })
  }
  return { status: response.status, headers: response.headers, body: new TextDecoder().decode(bytes) }
}

async function firstBytes({ body }: Response, most: number): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels the body.
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > most) break
  }
  return { bytes: new Uint8Array(Buffer.concat(chunks).subarray(0, most)), isCut: length > most }
}

/** Node hides what went wrong behind «fetch failed». */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined
  return typeof code === 'string' ? code : 'no connection'
}
