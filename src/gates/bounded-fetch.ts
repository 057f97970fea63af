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
  const { host } = new URL(url)
  const { status, headers, bytes, isCut } = await read(url, init, mostBytes).catch((error: unknown) => {
    if (options.signal.aborted) throw error
    throw new RollcallError('GATE_UNREACHABLE', `${host} does not answer (${causeOf(error)})`, {
      hint: 'Check the URL of the gate, and whether Rollcall may reach it.',
      retryable: true,
      cause: error,
    })
  })
  if (isCut && whole) {
    throw new RollcallError('GATE_ANSWER_TOO_LONG', `${host} answers with more than ${mostBytes} bytes`, {
      hint: 'Answer with less; a gate needs one value, or one verdict.',
      retryable: false,
    })
  }
  return { status, headers, body: new TextDecoder().decode(bytes) }
}

async function read(url: string, init: RequestInit, mostBytes: number) {
  const response = await fetch(url, { ...init, redirect: 'manual' })
  return { status: response.status, headers: response.headers, ...(await firstBytes(response, mostBytes)) }
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

/** What the body says; `undefined` when it is no JSON. */
export function jsonOf({ body }: Fetched): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Node hides what went wrong behind «fetch failed». */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined
  return typeof code === 'string' ? code : 'no connection'
}
