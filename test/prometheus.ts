/** A real Prometheus for tests, and the traffic that it sees. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { findOnPath, installWithApt } from '../scripts/system-package.ts'
import { startWebServer } from './web-server.ts'

/** Requests per second of a pod, by the status that they are answered with. */
export type Rates = Record<string, Record<string, number>>

export type Traffic = { host: string; stop(): Promise<void> }

/**
 * Serves `http_requests_total{pod,code}` as a service with these rates would. They are asked for at every scrape, and hold
 * from then on; a pod that is not named any more loses its series.
 */
export async function startTraffic(rates: () => Promise<Rates>): Promise<Traffic> {
  const counted = new Map<string, number>()
  let current: Rates = {}
  let at = Date.now()
  const server = createServer(async (_, response) => {
    const now = Date.now()
    const seconds = (now - at) / 1_000
    for (const { series, perSecond } of seriesOf(current)) {
      counted.set(series, (counted.get(series) ?? 0) + perSecond * seconds)
    }
    at = now
    current = await rates().catch(() => current)
    const lines = seriesOf(current).map(({ series }) => `http_requests_total{${series}} ${counted.get(series) ?? 0}\n`)
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(`# TYPE http_requests_total counter\n${lines.join('')}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function seriesOf(rates: Rates): { series: string; perSecond: number }[] {
  return Object.entries(rates).flatMap(([pod, byCode]) =>
    Object.entries(byCode).map(([code, perSecond]) => ({ series: `pod="${pod}",code="${code}"`, perSecond })),
  )
}

export type Prometheus = {
  url: string
  /** The first value of an instant query; `undefined` when there is none. */
  value(query: string): Promise<number | undefined>
  stop(): Promise<void>
}

/** Starts one that scrapes these hosts every second. Installs it where that needs no password. */
export function startPrometheus(...hosts: string[]): Promise<Prometheus> {
  return start(hosts)
}

/** Starts one that scrapes nothing, and knows a past. */
export function startPrometheusKnowing(openMetrics: string): Promise<Prometheus> {
  return start([], { history: openMetrics })
}

/** Starts one that looks at these alerting rules every second, too, and tells an Alertmanager at `host:port`. */
export function startPrometheusAlerting(host: string, rules: object[], alertmanager: string): Promise<Prometheus> {
  return start([host], { alerting: { rules, alertmanager } })
}

type Options = { history?: string; alerting?: { rules: object[]; alertmanager: string } }

async function start(hosts: string[], { history, alerting }: Options = {}): Promise<Prometheus> {
  const binary = findOnPath(['prometheus'], process.env) ?? (installWithApt('prometheus') && 'prometheus')
  if (!binary) throw new Error('No Prometheus: install one (Debian and Ubuntu: apt-get install prometheus).')
  const { url, stop } = await startWebServer('Prometheus', binary, async (dir) => {
    const [file, data] = [join(dir, 'prometheus.yaml'), join(dir, 'data')]
    await writeFile(
      file,
      stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
        scrape_configs: [{ job_name: 'traffic', static_configs: [{ targets: hosts }] }],
        ...(alerting && {
          rule_files: [join(dir, 'rules.yaml')],
          alerting: { alertmanagers: [{ static_configs: [{ targets: [alerting.alertmanager] }] }] },
        }),
      }),
    )
    const groups = [{ name: 'service', rules: alerting?.rules ?? [] }]
    if (alerting) await writeFile(join(dir, 'rules.yaml'), stringify({ groups }))
    if (history !== undefined) {
      await writeFile(join(dir, 'history'), history)
      const blocks = ['tsdb', 'create-blocks-from', 'openmetrics', join(dir, 'history'), data]
      await promisify(execFile)(findOnPath(['promtool'], process.env) ?? 'promtool', blocks)
    }
    return [`--config.file=${file}`, `--storage.tsdb.path=${data}`, '--storage.tsdb.retention.time=100d']
  })
  return {
    url,
    async value(query) {
      const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) })
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } }
      const [first] = data.result
      return first && Number(first.value[1])
    },
    stop,
  }
}
