/** What a Prometheus would know of the simulated pods: their image's tag says how well they serve. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FakeCluster } from '../test/fakes/cluster/cluster.ts'

const selector = 'pod=~"{{pods}}"'
const requests = (labels = '') => `sum(rate(http_requests_total{${selector}${labels}}[1m]))`

/** The queries of the demo's gates. */
export const queries = {
  errors: `${requests(', code=~"5.."')} / ${requests()}`,
  latency: `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{${selector}}[1m])))`,
}

type Pod = { metadata: { name: string }; spec?: { containers?: { image?: string }[] } }

/** Answers the gates' queries, and no others; its URL. */
export async function startMetrics(cluster: FakeCluster): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      const query = new URLSearchParams(body).get('query') ?? ''
      const pods = new Set(/pod=~"([^"]*)"/.exec(query)?.[1]?.split('|'))
      const asked = (cluster.store.list('pods') as Pod[]).filter(({ metadata }) => pods.has(metadata.name))
      const value = asked.length === 0 ? undefined : measured(query, asked)
      const at = Date.now() / 1_000
      const result = value === undefined ? [] : [{ metric: {}, value: [at, String(value)] }]
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A little up and down, so that it looks like traffic. */
function measured(query: string, pods: readonly Pod[]): number {
  const wave = 1 + 0.2 * Math.sin(Date.now() / 2_500)
  const bad = pods.some(({ spec }) => spec?.containers?.[0]?.image?.split('@')[0]?.endsWith('-errors'))
  if (query.startsWith('histogram_quantile')) return (bad ? 0.16 : 0.12) * wave
  return bad ? 0.12 : 0.002 * wave
}
