import type { Redis } from 'ioredis'
import type { Environment } from '../config/environment.ts'
import { alertReceiver } from '../engine/alerts.ts'
import type { Parts } from '../engine/parts.ts'
import type { Surface } from '../engine/surface.ts'
import { alertWebhooks } from '../http/alert-webhooks.ts'
import { apiRoutes } from '../http/api/routes.ts'
import { bearerTokens } from '../http/bearer-tokens.ts'
import type { CallParts } from '../http/call-route.ts'
import { identityTokens } from '../http/identity-token.ts'
import { jsonReader } from '../http/json-body.ts'
import { probes, type Readiness } from '../http/probes.ts'
import { type RegistryParts, registryWebhooks } from '../http/registry-webhooks.ts'
import type { Route } from '../http/server.ts'
import type { WaitingRoom } from '../http/waiting-room.ts'
import { messagesIn } from '../messages/languages.ts'
import { plainText } from '../messages/plain-text.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { SlackApp } from '../slack/app.ts'
import { redisDeliveries, redisWindows } from '../store/slack-state.ts'
import type { Proposing } from './proposals.ts'

export type RouteParts = {
  environment: Environment
  parts: Parts
  surface: Surface
  store: Redis
  app: SlackApp
  /** ID of our own Slack workspace. */
  workspace(): Promise<string | undefined>
  /** Where pipelines wait for a result. */
  room: WaitingRoom
  metrics: Metrics
  ready(): Promise<Readiness>
  receivePushes: Proposing['receive']
  onRefused: RegistryParts['onRefused']
}

/** Everything that this process answers over HTTP. */
export function routesOf(using: RouteParts): Route[] {
  const { environment, parts, surface, metrics, app, onRefused } = using
  const { log, config, upgrades } = parts
  const figures = async () => ({ contentType: metrics.registry.contentType, body: await metrics.registry.metrics() })
  const calls: CallParts = { readJson: jsonReader(), onRefused, log }
  const alerts = alertWebhooks({
    ...calls,
    whose: bearerTokens(environment.ROLLCALL_WEBHOOK_TOKEN ?? []),
    mapping: (source) => config().alertMapping(source),
    receive: alertReceiver(parts),
    onReceived: metrics.countAlerts,
  })
  const registries = registryWebhooks({
    ...calls,
    onRefused,
    secrets: environment.ROLLCALL_REGISTRY_SECRET ?? [],
    deliveries: redisDeliveries(using.store),
    receive: using.receivePushes,
    onLeftOut: metrics.countPush,
  })
  const api = apiRoutes({
    ...calls,
    log,
    surface,
    whose: bearerTokens(environment.ROLLCALL_API_TOKEN ?? []),
    identityOf: (pipeline) => config().identityOf(pipeline),
    verify: identityTokens(),
    workspace: using.workspace,
    take: redisWindows(using.store).take,
    room: using.room,
    lengthsOf: upgrades.lengths,
    linkTo: app.linkTo,
    explain: (refused, about) => plainText(messagesIn('en').refusal(refused, about)),
  })
  // A path of its own goes before those of all sources.
  return [...probes({ ready: using.ready, metrics: figures }), ...api, registries, alerts, ...app.routes]
}
