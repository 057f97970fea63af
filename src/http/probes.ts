import type { ServerResponse } from 'node:http'
import type { Route } from './server.ts'

export type Readiness = Record<string, boolean>

/**
 * `/healthz`: the process runs. `/readyz`: what it needs answers; 503 names what does not. `/metrics`: Prometheus.
 *
 * @param ready asks Redis, every cluster and Slack; must answer within its own time-outs
 */
export function probes(sources: {
  ready(): Promise<Readiness>
  metrics(): Promise<{ contentType: string; body: string }>
}): Route[] {
  return [
    { path: '/healthz', method: 'GET', handler: (_, response) => send(response, 200, 'text/plain', 'ok\n') },
    {
      path: '/readyz',
      method: 'GET',
      handler: answer(async (response) => {
        const readiness = await sources.ready()
        const all = Object.values(readiness).every(Boolean)
        send(response, all ? 200 : 503, 'application/json', `${JSON.stringify(readiness)}\n`)
      }),
    },
    {
      path: '/metrics',
      method: 'GET',
      handler: answer(async (response) => {
        const { contentType, body } = await sources.metrics()
        send(response, 200, contentType, body)
      }),
    },
  ]
}

function answer(handle: (response: ServerResponse) => Promise<void>): Route['handler'] {
  return (_, response) => {
    handle(response).catch(() => send(response, 500, 'text/plain', 'error\n'))
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type })
  response.end(body)
}
