import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { createInterface } from 'node:readline'

/** How to reach an API server: its address, the PEM of the CA that signed its certificate, and a bearer token. */
export type Connection = { url: string; ca: string; token: string }

/** An answer of the API server, whatever its status. `body` is the parsed JSON. */
export type Answer = { status: number; body: KubernetesObject }

/** As much of an object as the tests look at; `spec` and `status` are narrowed by whoever reads them. */
export type KubernetesObject = {
  apiVersion?: string
  kind?: string
  metadata: {
    name: string
    namespace?: string
    uid?: string
    resourceVersion?: string
    generation?: number
    deletionTimestamp?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  spec?: Record<string, unknown>
  status?: Record<string, unknown>
  [field: string]: unknown
}

/** `application/strategic-merge-patch+json` and its like; `json` is an RFC 6902 patch. */
export type PatchType = 'json' | 'merge' | 'strategic-merge'

export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: T }

export type ApiClient = {
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
  patch(path: string, body: unknown, type: PatchType): Promise<Answer>
  delete(path: string, options?: unknown): Promise<Answer>
  /** Yields the events of one watch request, and returns when the server ends it. Throws when `signal` is aborted. */
  watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>>
  /** Closes idle connections. */
  close(): void
}

/**
 * A client of the Kubernetes API that does nothing by itself: no retries, no cache, no error for a refusal. Tests look
 * through it at what Rollcall does, so it must share nothing with the client that Rollcall uses.
 */
export function apiClient({ url, ca, token }: Connection): ApiClient {
  // Hundreds of pods change at once; beyond this many connections the API server only gets slower.
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 24 })
  const watchAgent = new Agent({ ca })
  const authorization = `Bearer ${token}`

  const send = (method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? '' : JSON.stringify(body)
      // Node leaves the length out for DELETE, and the body would be read as the next request.
      const length = { 'content-length': Buffer.byteLength(payload) }
      const outgoing = httpsRequest(
        new URL(path, url),
        { method, agent, timeout: 30_000, headers: { authorization, 'content-type': contentType, ...length } },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            const isJson = response.headers['content-type']?.startsWith('application/json')
            resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : { message: text } })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 30 s`)))
      outgoing.end(payload)
    })

  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    patch: (path, body, type) => send('PATCH', path, body, `application/${type}-patch+json`),
    delete: (path, options) => send('DELETE', path, options),
    async *watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        httpsRequest(new URL(path, url), { agent: watchAgent, signal, headers: { authorization } }, resolve)
          .on('error', reject)
          .end()
      })
      try {
        for await (const line of createInterface({ input: response })) yield JSON.parse(line)
      } finally {
        response.destroy()
      }
      signal.throwIfAborted()
    },
    close: () => {
      agent.destroy()
      watchAgent.destroy()
    },
  }
}

/** The body of a successful answer; throws with the API server's own sentence otherwise. */
export function succeeded(answer: Answer, what: string): KubernetesObject {
  if (answer.status < 300) return answer.body
  throw new Error(`${what}: ${answer.status} ${answer.body.message ?? JSON.stringify(answer.body)}`)
}
