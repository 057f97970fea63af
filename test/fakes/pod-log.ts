/** What the containers of a cluster without containers have logged, as a kubelet hands it out. */

export type LogLine = {
  /** Epoch milliseconds. */
  at: number
  text: string
}

/** A container whose log is asked for. */
export type Logger = {
  namespace: string
  pod: string
  container: string
  image: string
  /** When the container started, epoch milliseconds. */
  startedAt: number
}

export type PodLogs = (logger: Logger) => readonly LogLine[]

/** One line, as most servers log it when they start. */
export const quietLogs: PodLogs = ({ startedAt }) => [{ at: startedAt, text: 'listening on :8080' }]

/**
 * The log as `GET …/log` answers it. https://pkg.go.dev/k8s.io/api/core/v1#PodLogOptions: of `limitBytes` and `tailLines`
 * the first cuts what the second leaves.
 */
export function renderLog(lines: readonly LogLine[], query: URLSearchParams, now = Date.now()): Buffer {
  const number = (key: string) => (query.has(key) ? Number(query.get(key)) : undefined)
  const seconds = number('sinceSeconds')
  const time = query.get('sinceTime')
  const since = seconds === undefined ? Date.parse(time ?? new Date(0).toISOString()) : now - seconds * 1_000
  const tail = number('tailLines')
  const recent = lines.filter(({ at }) => at >= since)
  const wanted = tail === undefined ? recent : recent.slice(Math.max(0, recent.length - tail))
  const stamp = (at: number) => (query.get('timestamps') === 'true' ? `${new Date(at).toISOString()} ` : '')
  const text = Buffer.from(wanted.map((line) => `${stamp(line.at)}${line.text}\n`).join(''))
  return text.subarray(0, number('limitBytes') ?? text.length)
}
