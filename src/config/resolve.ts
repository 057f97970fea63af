import { createHash } from 'node:crypto'
import type { AlertRules } from '../upgrade/alerts.ts'
import type { ImagePolicy } from '../upgrade/image.ts'
import { own } from '../upgrade/own.ts'
import type { Grant, NoticeLevel, Policy, Strategy } from '../upgrade/policy.ts'
import type { Wish } from '../upgrade/proposals.ts'
import { errorWords } from './gates.ts'
import type { Config, EnvironmentConfig } from './schema.ts'

/** The configuration as the engine asks for it; `hash` is SHA-256 over the file's text, hex. */
export function activeConfig(config: Config, text: string) {
  const rules = alertRules(config)
  const wishes = wishesOf(config)
  // Everybody's Home tab asks for every place.
  const resolved = new Map<string, Policy>()
  return {
    policyFor(service: string, environment: string) {
      const place = `${service} ${environment}`
      const policy = resolved.get(place) ?? policyFor(config, service, environment)
      if (policy) resolved.set(place, policy)
      return policy
    },
    services: () =>
      Object.entries(config.services).map(([name, { environments }]) => ({
        name,
        environments: Object.keys(environments),
      })),
    identityOf: (pipeline: string) => own(config.pipelines, pipeline)?.identity,
    admins: () => (config.admins === undefined ? undefined : grants(config, [config.admins])[0]),
    wishes: () => wishes,
    alertRules: () => rules,
    alertMapping: (source: string) => own(config.alerts.webhooks, source),
    onCall: (service: string) => own(config.services, service)?.onCall ?? config.onCall,
    hash: createHash('sha256').update(text).digest('hex'),
  }
}

/** Everything that holds for one service in one environment; `undefined` when the file knows no such place. */
export function policyFor(config: Config, service: string, environment: string): Policy | undefined {
  const known = own(config.services, service)
  const place = known && own(known.environments, environment)
  if (!known || !place) return undefined
  const imagePolicy = imagePolicyOf(config, place)
  const { quietHours = config.quietHours ?? [] } = place
  return {
    service,
    environment,
    channel: known.channel ?? config.slack.channel,
    image: known.image,
    target: { cluster: place.cluster, ...place.target },
    dependsOn: known.dependsOn,
    ...(place.promoteFrom && {
      promoteFrom: { environment: place.promoteFrom.environment, withinMs: place.promoteFrom.within },
    }),
    permissions: {
      request: grants(config, place.permissions.request),
      approve: grants(config, place.permissions.approve),
      operate: grants(config, place.permissions.operate),
      respond: grants(config, place.permissions.respond),
    },
    ...(place.permissions.pipelines.length > 0 && { pipelines: place.permissions.pipelines }),
    admins: config.admins === undefined ? [] : grants(config, [config.admins]),
    people: config.people,
    approval: {
      quorum: place.approval.quorum,
      separateRequester: place.approval.separateRequester,
      expiresAfterMs: place.approval.expiresAfter,
    },
    ...(place.reminders.enabled && {
      reminders: { afterMs: place.reminders.after, escalateAfterMs: place.reminders.escalateAfter },
    }),
    ...(quietHours.length > 0 && { quietHours }),
    ...pagingOf(place),
    ...notifyOf([...known.notify, ...place.notify]),
    strategy: strategyOf(place),
    overrides: place.overrides,
    onFailure: place.onFailure,
    onAlert: place.onAlert,
    breakGlass: place.breakGlass,
    rollbackWindowMs: place.rollbackWindow,
    gitops: place.gitops,
    ...(imagePolicy && { imagePolicy }),
    ...(place.windows && { windows: place.windows }),
    ...trafficOf(place, own(config.clusters, place.cluster)),
    gates: gatesOf(config, place),
  }
}

function pagingOf({ paging: { every, times, contact } }: EnvironmentConfig): Pick<Policy, 'paging'> {
  return times === 0 ? {} : { paging: { everyMs: every, times, ...(contact !== undefined && { contact }) } }
}

/** Whoever is named twice hears of all that is named, once. */
function notifyOf(all: EnvironmentConfig['notify']): Pick<Policy, 'notify'> {
  const levels = new Map<string, Set<NoticeLevel>>()
  for (const { channel, user, on } of all) {
    const to = channel ?? user ?? ''
    levels.set(to, new Set([...(levels.get(to) ?? []), ...on]))
  }
  return levels.size === 0 ? {} : { notify: [...levels].map(([to, on]) => ({ to, on: [...on] })) }
}

function trafficOf(
  { traffic }: EnvironmentConfig,
  cluster: Config['clusters'][string] | undefined,
): Pick<Policy, 'traffic'> {
  if (!traffic) return {}
  const { lookback, ...rest } = traffic
  return { traffic: { ...ofPrometheus(rest, cluster), lookbackMs: lookback } }
}

/** With the Prometheus that is asked: its own or the cluster's, each with its own token only. */
function ofPrometheus<T extends { url?: string }>(
  { url, ...rest }: T,
  cluster: Config['clusters'][string] | undefined,
): Omit<T, 'url'> & { url: string; tokenEnv?: string } {
  return { ...rest, ...(url === undefined ? { url: '', ...cluster?.prometheus } : { url }) }
}

function gatesOf(config: Config, place: EnvironmentConfig): Policy['gates'] {
  const cluster = own(config.clusters, place.cluster)
  const { rollout, measured, acceptance } = place.gates
  const signedOff = acceptance.map(({ type: _, timeout, by, ...gate }) => ({
    ...gate,
    by: grants(config, by),
    timeoutMs: timeout,
  }))
  return {
    rollout: { graceMs: rollout.grace },
    ...(signedOff.length > 0 && { acceptance: signedOff }),
    measured: measured.map((configured) => {
      // What measures only where its word is needed has no interval.
      const { interval, timeout, ...gate } = { interval: configured.timeout, ...configured }
      const times = { intervalMs: interval, timeoutMs: timeout }
      switch (gate.type) {
        case 'alerts': {
          const { minSeverity } = config.alerts
          return {
            ...gate,
            url: '',
            ...cluster?.alertmanager,
            labels: alertLabels(config, place),
            minSeverity,
            ...times,
          }
        }
        case 'logs': {
          const { window, pattern = errorWords, ...rest } = gate
          return { ...rest, pattern, ...(window !== undefined && { windowMs: window }), ...times }
        }
        case 'prometheus':
          return { ...ofPrometheus(gate, cluster), ...times }
        case 'scan': {
          const { maxAge, ...rest } = gate
          return { ...rest, maxAgeMs: maxAge, ...times }
        }
        default:
          return { ...gate, ...times }
      }
    }),
  }
}

function alertLabels({ alerts, clusters }: Config, { cluster, target }: EnvironmentConfig): Record<string, string> {
  const { namespace, workload } = alerts.match
  return { ...own(clusters, cluster)?.alertLabels, [namespace]: target.namespace, [workload]: target.name }
}

/** How alerts are told to be of a target; the gate asks for the very same labels. */
function alertRules(config: Config): AlertRules {
  const { match, minSeverity } = config.alerts
  const places = Object.values(config.services).flatMap(({ environments }) => Object.values(environments))
  const targets = places.map((place) => ({
    target: { cluster: place.cluster, ...place.target },
    labels: alertLabels(config, place),
  }))
  return { match, minSeverity, targets }
}

/** Where versions are proposed once they are pushed. */
function wishesOf({ services }: Config): Wish[] {
  return Object.entries(services).flatMap(([service, { image, environments }]) =>
    Object.entries(environments).flatMap(([environment, { propose, imagePolicy }]) =>
      propose ? [{ service, environment, image, ...propose, forbidTags: imagePolicy?.forbidTags ?? [] }] : [],
    ),
  )
}

function grants({ roles }: Config, names: string[]): Grant[] {
  return names.map((role) => ({ role, ...(own(roles, role) ?? { users: [], groups: [] }) }))
}

function strategyOf({ strategy }: EnvironmentConfig): Strategy {
  const { soak, readyTimeout, maxHold, ...rest } = strategy
  return { ...rest, soakMs: soak, readyTimeoutMs: readyTimeout, maxHoldMs: maxHold }
}

/** Whoever lists registries, has their images resolved. */
function imagePolicyOf({ registries }: Config, { imagePolicy }: EnvironmentConfig): ImagePolicy | undefined {
  const resolve = imagePolicy?.resolve ?? (registries ? 'required' : 'off')
  if (!imagePolicy) return resolve === 'off' ? undefined : { ...nothingAsked, resolve }
  const { maxAge, ...rules } = imagePolicy
  return { ...rules, resolve, ...(maxAge !== undefined && { maxAgeMs: maxAge }) }
}

const nothingAsked = {
  forbidTags: [],
  requireSemver: false,
  forbidDowngrade: false,
  forbidMajorJump: false,
  allowedRegistries: [],
}
