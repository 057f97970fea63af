import { type Api, ApiError } from '../kubernetes/api.ts'
import { RollcallError } from '../upgrade/error.ts'

export type PodLog = {
  namespace: string
  pod: string
  container: string
  /** Of a log no more is read than this, and no line is longer. */
  mostBytes: number
  /** `sinceSeconds` or `sinceTime`, and `timestamps`, as the API takes them. */
  query: { sinceSeconds?: number; sinceTime?: string; timestamps?: boolean }
}

/** Whether all of it was read; or why none of it could be: a reason of Kubernetes, or a code. */
export type LogRead = { state: 'whole' | 'cut' } | { state: 'unreadable'; why: string }

/**
 * Hands the lines of a container's log over, some at a time: of what a pod logs, however much, only a piece is ever held.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#read-log-pod-v1-core
 *
 * @throws when `signal` is aborted
 */
export async function readPodLog(
  api: Api,
  { namespace, pod, container, mostBytes, query }: PodLog,
  take: (lines: string[]) => void,
  signal: AbortSignal,
): Promise<LogRead> {
  const decoder = new TextDecoder()
  let bytes = 0
  let begun = ''
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`
    // One more than is wanted tells whether there is more.
    for await (const chunk of api.bytes(path, { container, limitBytes: mostBytes + 1, ...query }, signal)) {
      bytes += chunk.length
      const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n')
      begun += first
      const last = others.pop()
      if (last !== undefined) {
        take([begun, ...others])
        begun = last
      }
      if (bytes > mostBytes) break
    }
  } catch (error) {
    signal.throwIfAborted()
    return { state: 'unreadable', why: reasonOf(error) }
  }
  if (begun !== '') take([begun])
  return { state: bytes > mostBytes ? 'cut' : 'whole' }
}

/** Never the message, which may quote what the node says. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {}
  for (const one of [cause, error]) if (one instanceof ApiError && one.reason !== '') return one.reason
  return error instanceof RollcallError ? error.code : 'Unknown'
}
