import { type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { getCACertificates } from 'node:tls'
import { isLoopback } from './reference.ts'

export type Request = {
  url: URL
  headers: Readonly<Record<string, string>>
  /** Sent by POST. */
  form?: URLSearchParams
  /** Longest body that is read, bytes. */
  limit: number
  signal: AbortSignal
}

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/** What a registry may do, as far as HTTP goes. */
export type Trust = {
  /** PEM certificates beside the usual ones. */
  ca?: string
  /** Whether plain HTTP on the loopback interface will do. */
  insecure: boolean
}

/** What stands in the way of an answer, whoever was asked. */
export class TransportError extends Error {
  /** Whether it is the answer itself that nobody should act upon; else there was none. */
  readonly hostile: boolean

  constructor(message: string, options: { hostile: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'TransportError'
    this.hostile = options.hostile
  }
}

const mostRedirects = 5

/**
 * Sends a request and reads its answer, whatever the status. A redirect is followed by hand: not onto plain HTTP, and
 * whoever is at another origin is told nothing of who asks.
 *
 * @throws TransportError; after `signal` as one that is not hostile
 */
export async function send(request: Request, trust: Trust): Promise<Answer> {
  let { url, headers } = request
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    assertAllowed(url, trust)
    const response = await open({ ...request, url, headers }, trust)
    const location = isRedirect(response) ? response.headers.location : undefined
    if (location === undefined) {
      const body = await bodyOf(response, request)
      return { status: response.statusCode ?? 0, headers: response.headers, body }
    }
    response.destroy()
    if (request.form) throw new TransportError(`${url.host} redirects a token request`, { hostile: true })
    const next = urlOf(location, url)
    if (next.origin !== url.origin) headers = withoutCredentials(headers)
    url = next
  }
  throw new TransportError(`${request.url.host} redirects more than ${mostRedirects} times`, { hostile: true })
}

function withoutCredentials(headers: Request['headers']): Request['headers'] {
  const { authorization: _, ...rest } = headers
  return rest
}

function assertAllowed(url: URL, { insecure }: Trust): void {
  if (url.protocol === 'https:') return
  if (url.protocol === 'http:' && insecure && isLoopback(url.hostname)) return
  throw new TransportError(`${url.protocol}//${url.host} is not HTTPS`, { hostile: true })
}

function urlOf(location: string, base: URL): URL {
  const url = URL.parse(location, base.href)
  if (!url) throw new TransportError(`${base.host} redirects to something that is no URL`, { hostile: true })
  // What stands there would be sent as credentials.
  url.username = ''
  url.password = ''
  return url
}

function isRedirect({ statusCode }: IncomingMessage): boolean {
  return statusCode !== undefined && [301, 302, 303, 307, 308].includes(statusCode)
}

function open({ url, headers, form, signal }: Request, { ca }: Trust): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:'
    const body = form?.toString()
    const request = (isSecure ? overHttps : overHttp)(url, {
      method: form ? 'POST' : 'GET',
      headers: {
        // What is compressed could become larger than what was read.
        'accept-encoding': 'identity',
        'user-agent': 'rollcall',
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      agent: false,
      signal,
      ...(isSecure && ca !== undefined && { ca: [...getCACertificates('default'), ca] }),
    })
    request.on('response', resolve)
    request.on('error', (cause) => reject(unanswered(url, signal, cause)))
    request.end(body)
  })
}

async function bodyOf(response: IncomingMessage, { url, limit, signal }: Request): Promise<Buffer> {
  const tooLarge = () => {
    response.destroy()
    return new TransportError(`${url.host} sends more than ${limit} bytes`, { hostile: true })
  }
  if (Number(response.headers['content-length'] ?? 0) > limit) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limit) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof TransportError ? cause : unanswered(url, signal, cause)
  }
  return Buffer.concat(chunks)
}

function unanswered(url: URL, signal: AbortSignal, cause: unknown): TransportError {
  const said = cause instanceof Error ? cause.message || cause.name : String(cause)
  const why = signal.aborted ? 'did not answer in time' : `does not answer: ${said}`
  return new TransportError(`${url.host} ${why}`, { hostile: false, cause })
}
