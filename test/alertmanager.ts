/** A real Alertmanager for tests, and what they tell it. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { findOnPath, installWithApt } from '../scripts/system-package.ts'
import { startWebServer } from './web-server.ts'

type Labels = Record<string, string>

export type Alertmanager = {
  url: string
  /** Has an alert fire, or with `endsAt` in the past be over; as a Prometheus would say so. */
  post(labels: Labels, times?: { startsAt?: Date; endsAt?: Date }): Promise<void>
  /** Silences what has all of these labels, for an hour. */
  silence(labels: Labels): Promise<void>
  stop(): Promise<void>
}

const names = ['prometheus-alertmanager', 'alertmanager']

/** An alert `Outage` inhibits every other one of its namespace. Installs Alertmanager where that needs no password. */
export function startAlertmanager(): Promise<Alertmanager> {
  return start(async (file) => {
    await writeFile(
      file,
      stringify({
        route: { receiver: 'nobody' },
        receivers: [{ name: 'nobody' }],
        inhibit_rules: [
          { source_matchers: ['alertname="Outage"'], target_matchers: ['alertname!="Outage"'], equal: ['namespace'] },
        ],
      }),
    )
  })
}

/** Starts one that tells a Rollcall, as deploy/alertmanager.yaml has it. */
export function startAlertmanagerTelling(url: string, token: string): Promise<Alertmanager> {
  return start(async (file) => {
    const shipped = await readFile(join(import.meta.dirname, '../deploy/alertmanager.yaml'), 'utf8')
    const secret = `${file}.token`
    await writeFile(secret, token)
    const own = shipped.replace('http://rollcall.rollcall:3000', url)
    await writeFile(file, own.replace('/etc/alertmanager/rollcall-token', secret))
  })
}

async function start(configure: (file: string) => Promise<void>): Promise<Alertmanager> {
  const known = findOnPath(names, process.env)
  const binary = known ?? (installWithApt('prometheus-alertmanager') && findOnPath(names, process.env))
  if (!binary) throw new Error('No Alertmanager: install one (Debian: apt-get install prometheus-alertmanager).')
  const { url, stop } = await startWebServer('Alertmanager', binary, async (dir) => {
    const file = join(dir, 'alertmanager.yaml')
    await configure(file)
    return [`--config.file=${file}`, `--storage.path=${join(dir, 'data')}`, '--cluster.listen-address=']
  })

  async function send(path: string, body: unknown) {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/api/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`)
  }

  return {
    url,
    post: (labels, { startsAt, endsAt } = {}) =>
      send('alerts', [{ labels, startsAt: startsAt?.toISOString(), endsAt: endsAt?.toISOString() }]),
    silence: (labels) =>
      send('silences', {
        matchers: Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        ...{ createdBy: 'test', comment: 'known' },
      }),
    stop,
  }
}
