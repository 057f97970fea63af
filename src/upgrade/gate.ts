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

/**
 * A Kubernetes Job, made from a CronJob in the target's namespace once for each check. Its time-out is how long the Job
 * may take.
 */
export const JobGate = z.strictObject({ type: z.literal('job'), ...gate, cronJob: z.string() })
export type JobGate = z.infer<typeof JobGate>

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

/** How bad a vulnerability is, worst first; scanners agree on the names but for `negligible`, which is Grype's. */
export const ratings = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const
export const Rating = z.enum(ratings)
export type Rating = z.infer<typeof Rating>

/** What the limit of a severity is called in a report: `mostHigh`. */
export function limitOf(severity: Rating): string {
  return `most${severity.replace(/^./, (letter) => letter.toUpperCase())}`
}

/** What a scanner found in the image, held against limits. */
export const ScanGate = z.strictObject({
  type: z.literal('scan'),
  ...gate,
  /** Where the report is served, with `{{digest}}` in it. Without it and a CronJob: attached to the image in its registry. */
  url: z.exactOptional(z.string()),
  /** The CronJob whose Job prints it. */
  cronJob: z.exactOptional(z.string()),
  /** The environment variable that holds a bearer token for that. */
  tokenEnv: z.exactOptional(z.string()),
  /** Of reports that are attached as they are. */
  artifactTypes: z.array(z.string()),
  /** With keys, only attestations that one of them signed count; as in `SignatureGate`. */
  keys: z.array(z.string()),
  /** How many of a severity are allowed; any number of those that are not named. */
  limits: z.partialRecord(Rating, z.int().min(0)),
  /** Whether only those count that an update would mend. */
  fixableOnly: z.boolean(),
  /** How old a report may be. */
  maxAgeMs: z.int().min(1),
  /** Vulnerabilities that are known and accepted, until then (ISO 8601). */
  ignore: z.array(z.strictObject({ id: z.string(), reason: z.string(), until: z.string() })),
})
export type ScanGate = z.infer<typeof ScanGate>

/** Signatures over the image's digest, as cosign makes them. */
export const SignatureGate = z.strictObject({
  type: z.literal('signature'),
  ...gate,
  /** Public keys: PEM text, or the absolute path of a file that holds it. */
  keys: z.array(z.string()).min(1),
  /** By so many different ones of them it has to be signed. */
  least: z.int().min(1),
})
export type SignatureGate = z.infer<typeof SignatureGate>

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
export const MeasuredGate = z.discriminatedUnion('type', [
  AlertsGate,
  HttpGate,
  JobGate,
  LogsGate,
  PrometheusGate,
  ScanGate,
  SignatureGate,
  WebhookGate,
])
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

/** The CronJob from which a gate makes a Job of its own. */
export function cronJobOf(gate: MeasuredGate): string | undefined {
  return gate.type === 'job' || gate.type === 'scan' ? gate.cronJob : undefined
}

/** Whether it judges the image alone. Nobody goes on without its word: neither break-glass nor whoever resumes. */
export function judgesImage({ type }: Pick<MeasuredGate, 'type'>): boolean {
  return type === 'signature' || type === 'scan'
}

/** Whether it can be asked in the pre-flight already: whoever only looks at a plan starts nothing. */
export function isForeseen(gate: MeasuredGate): boolean {
  return judgesImage(gate) && cronJobOf(gate) === undefined
}

/** Whether it measures again and again, and not only where its word is needed. */
export function isWatched(gate: MeasuredGate): boolean {
  return cronJobOf(gate) === undefined
}
