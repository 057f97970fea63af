import { z } from 'zod'
import type { Policy } from './policy.ts'

/** When a gate measures: before the first change, from the first batch on until all is new, once all is new. */
export const Moment = z.enum(['before', 'soak', 'after'])
export type Moment = z.infer<typeof Moment>

const gate = {
  /** Unique among the gates of a service in an environment. */
  name: z.string(),
  during: z.array(Moment).min(1),
  /** What has not answered by then has not told, milliseconds. */
  timeoutMs: z.int().min(1),
  /** How long a measurement counts while the upgrade is watched, milliseconds. */
  intervalMs: z.int().min(1),
}

/** How a figure is shown: 0.12 as 12 %, 0.12 as 120 ms, 2048 as 2 KiB. */
export const Unit = z.enum(['ratio', 'seconds', 'bytes'])
export type Unit = z.infer<typeof Unit>

/** How bad an alert is, by its label `severity`, mildest first. */
export const Severity = z.enum(['info', 'warning', 'critical'])
export type Severity = z.infer<typeof Severity>

/** What an Alertmanager says of the target. */
export const AlertsGate = z.strictObject({
  type: z.literal('alerts'),
  ...gate,
  /** Of the Alertmanager itself; the API is below it. */
  url: z.string(),
  /** The environment variable that holds a bearer token. */
  tokenEnv: z.exactOptional(z.string()),
  /** What the labels of the target's alerts are. */
  labels: z.record(z.string(), z.string()),
  /** Milder ones do not count. */
  minSeverity: Severity,
  /** Names of alerts that count although they fired before the first change. */
  always: z.array(z.string()),
})
export type AlertsGate = z.infer<typeof AlertsGate>

/** A smoke test: an answer with one of these statuses, and with that text in its body. */
export const HttpGate = z.strictObject({
  type: z.literal('http'),
  ...gate,
  url: z.string(),
  status: z.array(z.int()).min(1),
  contains: z.exactOptional(z.string()),
})
export type HttpGate = z.infer<typeof HttpGate>

/** Lines in the logs of the new pods that match a pattern (`line-pattern.ts`), held against limits. */
export const LogsGate = z.strictObject({
  type: z.literal('logs'),
  ...gate,
  pattern: z.string(),
  /** Lines that may match in all. */
  max: z.exactOptional(z.int().min(0)),
  /** Lines of a kind that no old pod logs at the same time. */
  maxNew: z.exactOptional(z.int().min(0)),
  /** How far back is looked, milliseconds; without it: all that the new pods have logged. */
  windowMs: z.exactOptional(z.int().min(1)),
})
export type LogsGate = z.infer<typeof LogsGate>

/**
 * One value of a Prometheus, held against limits. Its queries are templates (`query-template.ts`).
 */
export const PrometheusGate = z.strictObject({
  type: z.literal('prometheus'),
  ...gate,
  /** Of the Prometheus itself; the API is below it. */
  url: z.string(),
  /** The environment variable that holds a bearer token. */
  tokenEnv: z.exactOptional(z.string()),
  query: z.string(),
  unit: z.exactOptional(Unit),
  min: z.exactOptional(z.number()),
  max: z.exactOptional(z.number()),
  /** How much more or less than the reference it may be, as a share of that: 0.2 for a fifth. */
  maxIncrease: z.exactOptional(z.number().min(0)),
  maxDecrease: z.exactOptional(z.number().min(0).max(1)),
  /** Asked at the same time for what is compared with; without it: what `query` gave before the first change. */
  stable: z.exactOptional(z.string()),
  /** A value that rests on less than this tells nothing. */
  samples: z.exactOptional(z.strictObject({ query: z.string(), min: z.number() })),
})
export type PrometheusGate = z.infer<typeof PrometheusGate>

/** Asks somebody's own service, which says in so many words whether to go on. */
export const WebhookGate = z.strictObject({
  type: z.literal('webhook'),
  ...gate,
  url: z.string(),
  /** The environment variable that holds the secret which requests are signed with. */
  secretEnv: z.string(),
})
export type WebhookGate = z.infer<typeof WebhookGate>

/**
 * A gate that has to ask somebody else, unlike `rollout`, which the watch answers. What it says is kept beside the
 * upgrade, for the state that it was said of.
 */
export const MeasuredGate = z.discriminatedUnion('type', [AlertsGate, HttpGate, LogsGate, PrometheusGate, WebhookGate])
export type MeasuredGate = z.infer<typeof MeasuredGate>

/** The gates that measure at a moment, by name. */
export function gatesAt({ gates }: Pick<Policy, 'gates'>, moment: Moment): string[] {
  return gates.measured
    .filter((gate) => gate.during.includes(moment) || (moment === 'before' && needsBaseline(gate)))
    .map(({ name }) => name)
}

/** Whether its failure before the first change is for people to decide on: an alert may be the reason for the upgrade. */
export function holdsStart({ gates }: Pick<Policy, 'gates'>, name: string): boolean {
  return gates.measured.some((gate) => gate.name === name && gate.type === 'alerts')
}

/** Whether it is compared with what it measured before the first change, and so has to measure then too. */
export function needsBaseline(gate: MeasuredGate): boolean {
  if (gate.type !== 'prometheus' || gate.stable !== undefined) return false
  return gate.maxIncrease !== undefined || gate.maxDecrease !== undefined
}
