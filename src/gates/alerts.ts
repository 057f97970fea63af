import { z } from 'zod'
import type { Measure } from '../engine/ports.ts'
import { rolloutWaits, type Weight, weigh } from '../upgrade/alerts.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { AlertsGate } from '../upgrade/gate.ts'
import { hasStarted, startedAt, type Upgrade } from '../upgrade/upgrade.ts'
import { boundedFetch, jsonOf } from './bounded-fetch.ts'
import { bearerHeaders, type GateSecrets } from './secrets.ts'

/** The alerts of one workload are a few kilobytes. */
const mostBytes = 1_000_000

/** How many alerts are named. */
const mostNamed = 5

/** https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
const Alerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    startsAt: z.iso.datetime({ offset: true }),
    status: z.object({ state: z.enum(['unprocessed', 'active', 'suppressed']) }),
  }),
)

/**
 * Asks an Alertmanager which alerts of the target fire, unsilenced and uninhibited. Before the first change every one
 * counts; from then on only those that began since, unless the gate says that they always do.
 */
export function alerts(secrets: GateSecrets): Measure<AlertsGate> {
  return async (gate, { upgrade }, signal) => {
    const proof = bearerHeaders(secrets, gate.tokenEnv)
    if ('missing' in proof) return unknown('NO_SECRET', { variable: proof.missing })
    const url = alertsUrl(gate)
    const fetched = await boundedFetch(url.href, {
      headers: { accept: 'application/json', ...proof.headers },
      signal,
      mostBytes,
      whole: true,
    })
    const { host } = url
    const found = fetched.status === 200 ? Alerts.safeParse(jsonOf(fetched)).data : undefined
    if (!found) return unknown('NOT_ALERTMANAGER', { host, status: fetched.status })
    const firing = found
      .filter(({ status }) => status.state !== 'suppressed')
      .map(({ labels, startsAt }) => ({
        name: labels.alertname ?? '?',
        severity: labels.severity ?? 'none given',
        weight: weigh(labels.severity, gate.minSeverity),
        startsAt,
      }))
      .filter(({ name }) => !rolloutWaits.includes(name))
    return judge(gate, firing, upgrade)
  }
}

function alertsUrl({ url, labels }: AlertsGate): URL {
  const asked = new URL(url)
  asked.pathname = `${asked.pathname.replace(/\/+$/, '')}/api/v2/alerts`
  asked.search = new URLSearchParams({ active: 'true', silenced: 'false', inhibited: 'false' }).toString()
  for (const [label, value] of Object.entries(labels)) {
    asked.searchParams.append('filter', `${label}=${JSON.stringify(value)}`)
  }
  return asked
}

type Firing = { name: string; severity: string; weight: Weight; startsAt: string }

/** An alert whose severity nobody knows may be one that counts, so it does not count as none. */
function judge(gate: AlertsGate, firing: Firing[], upgrade: Upgrade): Omit<GateReport, 'gate'> {
  const relevant = firing.filter(({ weight }) => weight !== 'milder')
  const since = hasStarted(upgrade) ? startedAt(upgrade) : undefined
  const counts = relevant.filter(
    ({ name, startsAt }) =>
      since === undefined || gate.always.includes(name) || Date.parse(startsAt) >= Date.parse(since),
  )
  const severe = counts.filter(({ weight }) => weight === 'counts')
  if (severe.length > 0) return { verdict: 'failed', code: 'ALERTS_FIRING', detail: named(severe) }
  if (counts.length > 0) return unknown('SEVERITY_UNKNOWN', named(counts))
  const older = relevant.length
  return { verdict: 'passed', code: 'NO_ALERTS', detail: older > 0 ? { older } : {} }
}

/** One alert has as many instances as it has labels besides; people know it by its name. */
function named(firing: readonly Firing[]): GateReport['detail'] {
  const names = [...new Set(firing.map(({ name, severity }) => `${name.slice(0, 100)} (${severity.slice(0, 30)})`))]
  const more = names.length - mostNamed
  return { alerts: names.slice(0, mostNamed).join(', '), ...(more > 0 && { more }) }
}

function unknown(code: string, detail: GateReport['detail']): Omit<GateReport, 'gate'> {
  return { verdict: 'inconclusive', code, detail }
}
