import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Alert } from './alerts.ts'
import { own } from './own.ts'

/** Where the alerts of a sender with a format of its own are in what it sends; paths are names with dots between them. */
export type AlertMapping = {
  /** Of the list; absent: the whole body is one alert. The other paths start at an alert. */
  alerts?: string
  status: { field: string; firing: string[]; resolved: string[] }
  /** Of an object with all labels, or of each of them. */
  labels: string | Record<string, string>
  startsAt?: string
  fingerprint?: string
}

/** `unreadable`: how many were left out because they are not what the format says. */
export type ReadAlerts = { alerts: Alert[]; unreadable: number }

/** More in one body is no message but an attempt. */
const mostAlerts = 10_000

const Body = z.object({ alerts: z.array(z.unknown()).max(mostAlerts) })

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const AlertmanagerBody = Body.extend({ version: z.literal('4') })

/** Grafana's alerts have the fields of Alertmanager's, and more beside them. */
const SentAlert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  startsAt: z.unknown().optional(),
  fingerprint: z.string().optional().catch(undefined),
})

/** @returns `undefined` for what is not of this format at all */
export function alertmanagerAlerts(source: string, body: unknown): ReadAlerts | undefined {
  return listed(AlertmanagerBody.safeParse(body).data, (one) => sentAlert(source, one))
}

/** As Grafana's contact point `webhook` sends them. */
export function grafanaAlerts(source: string, body: unknown): ReadAlerts | undefined {
  return listed(Body.safeParse(body).data, (one) => sentAlert(source, one))
}

export function mappedAlerts(source: string, mapping: AlertMapping, body: unknown): ReadAlerts | undefined {
  const found = mapping.alerts === undefined ? [body] : at(body, mapping.alerts)
  const parsed = Body.safeParse({ alerts: found }).data
  return listed(parsed, (one) => mappedAlert(source, mapping, one))
}

/** One that cannot be read must not hide the others; `ignored` is none. */
function listed(
  body: { alerts: unknown[] } | undefined,
  read: (one: unknown) => Alert | 'ignored' | undefined,
): ReadAlerts | undefined {
  if (!body) return undefined
  const all = body.alerts.map(read)
  return {
    alerts: all.filter((one) => typeof one === 'object'),
    unreadable: all.filter((one) => one === undefined).length,
  }
}

function sentAlert(source: string, given: unknown): Alert | undefined {
  const alert = SentAlert.safeParse(given).data
  if (!alert) return undefined
  const { status: state, labels, startsAt, fingerprint } = alert
  return withTime({ source, fingerprint: nameOf(fingerprint, labels), state, labels }, startsAt)
}

function mappedAlert(source: string, mapping: AlertMapping, given: unknown): Alert | 'ignored' | undefined {
  const { status, startsAt, fingerprint } = mapping
  const said = word(at(given, status.field))
  const labels = labelsOf(given, mapping.labels)
  if (said === undefined || !labels) return undefined
  const state = status.firing.includes(said) ? 'firing' : status.resolved.includes(said) ? 'resolved' : undefined
  if (!state) return 'ignored'
  const name = fingerprint === undefined ? undefined : word(at(given, fingerprint))
  const alert: Alert = { source, fingerprint: nameOf(name, labels), state, labels }
  return withTime(alert, startsAt === undefined ? undefined : at(given, startsAt))
}

function labelsOf(given: unknown, where: AlertMapping['labels']): Record<string, string> | undefined {
  const found =
    typeof where === 'string'
      ? at(given, where)
      : Object.fromEntries(Object.entries(where).map(([name, path]) => [name, at(given, path)]))
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => {
      const text = word(value)
      return text === undefined ? [] : [[name, text]]
    }),
  )
}

function word(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((found: unknown, name) => {
    return typeof found === 'object' && found !== null ? own(found as Record<string, unknown>, name) : undefined
  }, value)
}

/** Go writes its zero time for none. */
function withTime(alert: Alert, given: unknown): Alert {
  const ms =
    typeof given === 'number' ? sinceEpochMs(given) : typeof given === 'string' ? Date.parse(given) : Number.NaN
  return ms > 0 && ms < latestMs ? { ...alert, startsAt: new Date(ms).toISOString() } : alert
}

/** What a Date can be, and an ISO 8601 time without a sign. */
const latestMs = Date.parse('9999-12-31T23:59:59Z')

/** Seconds, as most systems count; a number of so many digits is of milliseconds. */
function sinceEpochMs(value: number): number {
  return value < 1e11 ? value * 1_000 : value
}

/** Without a fingerprint an alert is what its labels say. */
function nameOf(fingerprint: string | undefined, labels: Record<string, string>): string {
  if (fingerprint && fingerprint.length <= longestName) return fingerprint
  const sorted = Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(fingerprint || JSON.stringify(sorted))
    .digest('hex')
    .slice(0, 32)
}

/** Those of Alertmanager have 16 characters. */
const longestName = 100
