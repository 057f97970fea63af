import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { RollcallError } from '../upgrade/error.ts'

/** A refusal of the API server, as its Status says it. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
  }
}

/** RFC 6902, as far as it is used here. */
export type PatchOperation =
  | { op: 'test' | 'add' | 'replace'; path: string; value: unknown }
  | { op: 'remove'; path: string }

export type Query = Record<string, string | number | boolean>

/**
 * The Kubernetes API as plain JSON. The generated clients of @kubernetes/client-node drop fields that are newer than
 * they are, and whole pod templates must survive here; from that package come kubeconfig and credentials. Connections
 * are kept and used again.
 *
 * Every method throws a RollcallError CLUSTER_UNAVAILABLE (retryable) when nobody answers in time, CLUSTER_FORBIDDEN
 * for 401 and 403 (its `cause` is the ApiError), and an ApiError for any other refusal.
 */
export type Api = {
  get<T>(path: string, query?: Query): Promise<T>
  /**
   * The metadata of an object and nothing else of it: what a Secret holds does not even reach this process.
   * https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
   */
  metadata(path: string): Promise<{ metadata: { name: string } }>
  post<T>(path: string, body: unknown, query?: Query): Promise<T>
  patch<T>(path: string, operations: PatchOperation[], query?: Query): Promise<T>
  delete(path: string, body?: unknown): Promise<void>
  /** The events of one watch request, until the server ends it; throws as above, and when `signal` is aborted. */
  watch<T>(path: string, query: Query, signal: AbortSignal): AsyncGenerator<T>
  /**
   * An answer that is no JSON, as it comes; leaving the loop ends the request. Throws as above, and when `signal` is
   * aborted.
   */
  bytes(path: string, query: Query, signal: AbortSignal): AsyncGenerator<Uint8Array>
  close(): void
}

const timeoutMs = 10_000

/** With no other type after it: a server that could not answer so would refuse rather than send everything. */
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/**
 * @param name what the configuration calls the cluster, for error messages
 * @param kubeConfig with the wanted context as the current one
 */
export function connect(name: string, kubeConfig: KubeConfig): Api {
  const server = kubeConfig.getCurrentCluster()?.server ?? ''
  const secure = server.startsWith('https:')
  const agents = secure
    ? { short: new HttpsAgent({ keepAlive: true, maxSockets: 32 }), watch: new HttpsAgent({ keepAlive: true }) }
    : { short: new HttpAgent({ keepAlive: true, maxSockets: 32 }), watch: new HttpAgent({ keepAlive: true }) }

  async function open(options: {
    method: string
    path: string
    query: Query
    headers?: Record<string, string>
    body?: string
    signal: AbortSignal
    agent: HttpAgent
  }): Promise<IncomingMessage> {
    const url = new URL(server.replace(/\/$/, '') + options.path)
    for (const [key, value] of Object.entries(options.query)) url.searchParams.set(key, String(value))
    const credentials: RequestOptions = {}
    await kubeConfig.applyToHTTPSOptions(credentials)
    const proxied = kubeConfig.getCurrentCluster()?.proxyUrl !== undefined
    const send = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const request = (secure ? httpsRequest : httpRequest)(url, {
          ...credentials,
          ...(proxied ? {} : { agent: options.agent }),
          method: options.method,
          headers: { accept: 'application/json', ...credentials.headers, ...options.headers },
          signal: options.signal,
        })
        request.on('response', resolve)
        // A kept connection that the server closed in the same moment says nothing about the server.
        request.on('error', (error: NodeJS.ErrnoException) =>
          request.reusedSocket && error.code === 'ECONNRESET' ? resolve(send()) : reject(error),
        )
        request.end(options.body)
      })
    const response = await send()
    const status = response.statusCode ?? 0
    if (status >= 300) throw refusalOf(status, await textOf(response))
    return response
  }

  async function call<T>(
    method: string,
    path: string,
    query: Query = {},
    body?: unknown,
    headers: { contentType?: string; accept?: string } = {},
  ): Promise<T> {
    const { contentType = 'application/json', accept } = headers
    const text = body === undefined ? undefined : JSON.stringify(body)
    try {
      const response = await open({
        method,
        path,
        query,
        // Node sends the length by itself with some methods only, and DELETE is none of them.
        headers: { ...(accept && { accept }), ...(text !== undefined && headersOf(text, contentType)) },
        ...(text !== undefined && { body: text }),
        signal: AbortSignal.timeout(timeoutMs),
        agent: agents.short,
      })
      return JSON.parse(await textOf(response)) as T
    } catch (error) {
      throw forPeople(name, server, error)
    }
  }

  return {
    get: (path, query) => call('GET', path, query),
    metadata: (path) => call('GET', path, {}, undefined, { accept: metadataOnly }),
    post: (path, body, query) => call('POST', path, query, body),
    patch: (path, operations, query) =>
      call('PATCH', path, query, operations, { contentType: 'application/json-patch+json' }),
    delete: async (path, body) => {
      await call('DELETE', path, {}, body)
    },
    async *watch<T>(path: string, query: Query, signal: AbortSignal): AsyncGenerator<T> {
      try {
        const response = await open({ method: 'GET', path, query, signal, agent: agents.watch })
        response.setEncoding('utf8')
        let rest = ''
        for await (const chunk of response) {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) if (line) yield JSON.parse(line) as T
        }
      } catch (error) {
        throw forPeople(name, server, error)
      }
    },
    async *bytes(path: string, query: Query, signal: AbortSignal): AsyncGenerator<Uint8Array> {
      try {
        const response = await open({ method: 'GET', path, query, signal, agent: agents.watch })
        for await (const chunk of response) yield chunk
      } catch (error) {
        throw forPeople(name, server, error)
      }
    },
    close: () => {
      agents.short.destroy()
      agents.watch.destroy()
    },
  }
}

function headersOf(text: string, contentType: string): Record<string, string> {
  return { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

function refusalOf(status: number, text: string): ApiError {
  try {
    const { reason = '', message = text } = JSON.parse(text) as { reason?: string; message?: string }
    return new ApiError(status, reason, message)
  } catch {
    return new ApiError(status, '', text.slice(0, 500))
  }
}

function forPeople(name: string, server: string, error: unknown): unknown {
  if (error instanceof RollcallError) return error
  const status = error instanceof ApiError ? error.status : undefined
  const said = error instanceof Error ? error.message : String(error)
  if (status === 401 || status === 403) {
    return new RollcallError('CLUSTER_FORBIDDEN', `Cluster ${name} refuses: ${said}`, {
      hint: 'Give the account of this kubeconfig the rights in deploy/rbac.yaml.',
      cause: error,
    })
  }
  if (status !== undefined && status !== 429 && status < 500) return error
  return new RollcallError('CLUSTER_UNAVAILABLE', `Cluster ${name} at ${server} does not answer: ${said}`, {
    hint: 'Check that the API server runs and can be reached from here.',
    retryable: true,
    cause: error,
  })
}
