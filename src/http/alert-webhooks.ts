import { randomUUID } from 'node:crypto'
import type { AlertInput, Received } from '../engine/alerts.ts'
import {
  type AlertMapping,
  alertmanagerAlerts,
  grafanaAlerts,
  mappedAlerts,
  type ReadAlerts,
} from '../upgrade/alert-formats.ts'
import type { WhoseToken } from './bearer-tokens.ts'
import { type Call, type CallParts, callRoute, refused, withJson, withToken } from './call-route.ts'
import type { BodyLimits } from './json-body.ts'
import type { Route } from './server.ts'

/** A storm comes in one body, and Alertmanager does not send again what was refused. */
const limits: BodyLimits = { bytes: 4_000_000, depth: 16, values: 200_000 }

export type AlertParts = CallParts & {
  /** A token is good for the source of its own name, and for no other. */
  whose: WhoseToken
  mapping(source: string): AlertMapping | undefined
  receive(input: AlertInput): Promise<Received>
  /** Hears what became of the alerts of a source, for metrics. */
  onReceived(source: string, received: Received & { unreadable: number }): void
}

/**
 * `POST /webhooks/<source>`: Alertmanager's webhook, Grafana's, and those that the configuration describes. Nothing is
 * acknowledged that is not stored.
 */
export function alertWebhooks(parts: AlertParts): Route {
  const heard = withJson<Call & { source: string }>(parts, { limits }, async ({ source, json }) => {
    const read = readAs(source, parts.mapping(source), json)
    if (!read) return refused(parts, 'malformed')
    const received = await parts.receive({ source, alerts: read.alerts, requestId: `webhook.${randomUUID()}` })
    parts.onReceived(source, { ...received, unreadable: read.unreadable })
    return { status: 200, body: { ...received, unreadable: read.unreadable } }
  })
  return callRoute(parts, {
    method: 'POST',
    path: '/webhooks/:source',
    handle: withToken(parts, parts.whose, async (call) => {
      const { source = '' } = call.parameters
      if (source !== call.name) return refused(parts, 'unauthenticated')
      return heard({ ...call, source })
    }),
  })
}

function readAs(source: string, mapping: AlertMapping | undefined, json: unknown): ReadAlerts | undefined {
  if (source === 'alertmanager') return alertmanagerAlerts(source, json)
  if (source === 'grafana') return grafanaAlerts(source, json)
  return mapping && mappedAlerts(source, mapping, json)
}
