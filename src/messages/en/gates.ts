import { limitOf, ratings } from '../../upgrade/gate.ts'
import { own } from '../../upgrade/own.ts'
import type { GateReport } from '../../upgrade/upgrade.ts'
import { join, type Markup, mrkdwn, nothing, quoted, sentences, time, user } from '../markup.ts'
import { bare, duration, text } from './wording.ts'

type Detail = GateReport['detail']

/** What a gate measured against what it wants, as the rest of a sentence that begins with its name. By code. */
export const gateWords: Record<string, (detail: Detail) => Markup> = {
  // acceptance
  SIGNED_OFF: (d) => mrkdwn`${user(text(d.by))} accepts it`,
  NOT_ACCEPTED: (d) =>
    sentences(
      mrkdwn`${user(text(d.by))} does not accept it`,
      quoted(d.reason === undefined ? undefined : String(d.reason)),
    ),
  NOBODY_ACCEPTED: (d) => mrkdwn`nobody has said within ${duration(Number(d.waitedMs))} whether it is as it should be`,
  // alerts
  NO_ALERTS: (d) =>
    d.older === undefined
      ? mrkdwn`no alert fires`
      : mrkdwn`no alert has begun to fire since the start (before: ${text(d.older)})`,
  ALERTS_FIRING: (d) => mrkdwn`firing: ${firing(d)}`,
  SEVERITY_UNKNOWN: (d) =>
    mrkdwn`whether ${firing(d)} counts is not known, because its severity is none of info, warning and critical`,
  NOT_ALERTMANAGER: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}, and not as Alertmanager does`,
  // http
  HTTP_OK: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}`,
  HTTP_STATUS: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}, not ${text(d.wanted)}`,
  HTTP_BODY: (d) => mrkdwn`the answer of ${text(d.host)} does not contain «${text(d.wanted)}»`,
  // job
  JOB_COMPLETE: (d) => mrkdwn`Job ${text(d.job)} completed in ${duration(Number(d.seconds) * 1_000)}`,
  JOB_FAILED: (d) =>
    mrkdwn`Job ${text(d.job)} failed (${text(d.reason)}${d.exitCode === undefined ? '' : `, exit code ${text(d.exitCode)}`})`,
  JOB_TIMEOUT: (d) => mrkdwn`Job ${text(d.job)} has not ended within ${duration(Number(d.seconds) * 1_000)}`,
  JOB_FOREIGN: (d) => mrkdwn`there is a Job ${text(d.job)} that is not of this upgrade`,
  JOB_REFUSED: (d) => mrkdwn`the cluster refuses the Job (${text(d.message)})`,
  CRON_JOB_NOT_FOUND: (d) => mrkdwn`there is no CronJob ${text(d.cronJob)} in ${text(d.namespace)}`,
  // logs
  LOGS_WITHIN_LIMIT: (d) => logLines(d),
  LOGS_ABOVE_LIMIT: (d) => logLines(d),
  LOGS_NEW_LINES: (d) => logLines(d),
  LOGS_CUT: (d) => mrkdwn`the pods log more than it reads; ${logLines(d)} until then`,
  LOGS_UNREADABLE: (d) =>
    mrkdwn`the logs of ${text(d.unread)} of ${text(d.of)} pods cannot be read (${text(d.why)}); ${logLines(d)} in the others`,
  LOGS_NO_REFERENCE: (d) =>
    mrkdwn`${matching(d.lines)} (limit ${text(d.maxNew)} of a new kind), and there is no old pod to compare with`,
  NO_LOGS: (d) =>
    d.pods === 1
      ? mrkdwn`the new pod has not logged anything`
      : mrkdwn`none of the ${text(d.pods)} new pods has logged anything`,
  // prometheus
  WITHIN_LIMIT: (d) => figures(d),
  ABOVE_LIMIT: (d) => figures(d),
  BELOW_LIMIT: (d) => figures(d),
  BASELINE: (d) => mrkdwn`${quantity(d.value, d.unit)} before`,
  TOO_FEW_SAMPLES: (d) => mrkdwn`too little to tell from: ${quantity(d.samples)} of at least ${quantity(d.min)}`,
  NO_BASELINE: () => mrkdwn`it was not measured before the first change, so there is nothing to compare with`,
  NO_RATIO: (d) => mrkdwn`${figures(d)} cannot be compared by a share`,
  NO_DATA: () => mrkdwn`the query gives no data`,
  NO_PODS: () => mrkdwn`it asks about new pods, and there are none to be seen`,
  NO_SECRET: (d) => mrkdwn`the environment variable ${text(d.variable)} is not set`,
  NOT_A_NUMBER: (d) => mrkdwn`the query gives ${text(d.found)} instead of a number`,
  SEVERAL_VALUES: (d) => mrkdwn`the query gives ${text(d.count)} values instead of one`,
  NOT_A_VECTOR: (d) => mrkdwn`the query gives a ${text(d.found)} instead of one value`,
  QUERY_REFUSED: (d) => mrkdwn`${text(d.host)} refuses the query (${text(d.message)})`,
  QUERY_WARNED: (d) => mrkdwn`${text(d.host)} warns about its own answer (${text(d.message)})`,
  NO_QUIET_TIME: () => mrkdwn`there is less than a day to go by, or no open hour of the coming week that it tells of`,
  NOT_PROMETHEUS: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}, and not as Prometheus does`,
  // scan
  SCAN_WITHIN_LIMITS: (d) => scanned(d),
  SCAN_ABOVE_LIMITS: (d) => scanned(d),
  NO_REPORT: () => mrkdwn`there is no vulnerability report about this image`,
  REPORT_LOG_UNREADABLE: (d) => mrkdwn`what Job ${text(d.job)} printed cannot be read (${text(d.why)})`,
  REPORT_UNREADABLE: () => mrkdwn`a report cannot be read: it is too large, or neither Trivy's nor Grype's of an image`,
  REPORT_OF_ANOTHER: (d) =>
    d.digest === undefined
      ? mrkdwn`the report does not say about which image it is`
      : mrkdwn`the report is about another image (${shortDigest(d.digest)})`,
  REPORT_EMPTY: (d) => mrkdwn`${text(d.scanner)} found nothing in the image that it could look at`,
  REPORT_FROM_FUTURE: (d) => mrkdwn`the report says to be of ${time(text(d.at))}, which is yet to come`,
  REPORT_UNDATED: (d) => mrkdwn`the report of ${text(d.scanner)} does not say when it was made`,
  REPORT_TOO_OLD: (d) => mrkdwn`the report is of ${time(text(d.at))}, and may be ${duration(Number(d.maxAgeMs))} old`,
  REPORT_STATUS: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}`,
  // signature
  SIGNED: (d) => mrkdwn`signed by ${text(d.keys)}`,
  UNSIGNED: () => mrkdwn`nobody has signed this image`,
  SIGNED_BY_OTHERS: (d) =>
    d.signatures === 1
      ? mrkdwn`its signature is by no key that counts, or was tampered with`
      : mrkdwn`none of its ${text(d.signatures)} signatures is by a key that counts`,
  SIGNED_FOR_ANOTHER: (d) => mrkdwn`its signature is for another image (${shortDigest(d.digest)})`,
  TOO_FEW_SIGNATURES: (d) => mrkdwn`signed by ${text(d.keys)} alone, and it takes ${text(d.least)} keys`,
  // scan and signature
  NO_DIGEST: () => mrkdwn`which image the version stands for is not known`,
  KEY_UNREADABLE: (d) => mrkdwn`there is no public key in ${text(d.file)}`,
  ATTACHMENTS_UNKNOWN: (d) =>
    mrkdwn`what is attached to the image is not known (${text(d.error)}): ${quoted(text(d.message))}`,
  // webhook
  WEBHOOK_PASSED: (d) => verdictOf('says to go on', d),
  WEBHOOK_FAILED: (d) => verdictOf('says not to go on', d),
  WEBHOOK_INCONCLUSIVE: (d) => verdictOf('cannot tell', d),
  WEBHOOK_STATUS: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}`,
  WEBHOOK_NO_VERDICT: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)} without a verdict`,
  // any
  GATE_TIMEOUT: (d) => mrkdwn`no answer within ${text(d.seconds)} s`,
  GATE_UNREACHABLE: (d) => mrkdwn`${text(d.message)}`,
  GATE_ANSWER_TOO_LONG: (d) => mrkdwn`${text(d.message)}`,
}

/** What could be said of a gate: what it measured, or that it did not tell. */
export function measured({ code, detail }: Pick<GateReport, 'code' | 'detail'>): Markup {
  const { instead } = detail
  if (code === 'ACCEPTED') return mrkdwn`${measured({ code: text(instead), detail })}; somebody goes on all the same`
  return own(gateWords, code)?.(detail) ?? bare(code, detail)
}

const marks = { passed: '✔', failed: '✖', inconclusive: '?' }

/** `✔ smoke: shop.example.com answered 200` */
export function gateLine(report: GateReport): Markup {
  return mrkdwn`${marks[report.verdict]} ${report.gate}: ${measured(report)}`
}

function firing({ alerts, more }: Detail): Markup {
  return mrkdwn`${text(alerts)}${more === undefined ? nothing : mrkdwn` and ${more} more`}`
}

/** `12 lines match (limit 5), 3 of a new kind (limit 0)` */
function logLines({ lines, max, fresh, maxNew }: Detail): Markup {
  const limit = (most: Detail[string] | undefined) => (most === undefined ? '' : ` (limit ${text(most)})`)
  const ofNewKind = fresh === undefined ? '' : `, ${text(fresh)} of a new kind${limit(maxNew)}`
  return mrkdwn`${`${matching(lines)}${limit(max)}${ofNewKind}`}`
}

function matching(lines: Detail[string] | undefined): string {
  return lines === 1 ? '1 line matches' : `${text(lines)} lines match`
}

/** In the words of whoever answers, where there are any. */
function verdictOf(what: string, { host, message }: Detail): Markup {
  return mrkdwn`${text(host)} ${what}${message === undefined ? nothing : mrkdwn`: ${quoted(String(message))}`}`
}

/** `0 critical, 7 high (limit 5), 12 medium; CVE-2026-1234, CVE-2026-5678; 2 accepted; by trivy, Jul 1 2026` */
function scanned(detail: Detail): Markup {
  const { scanner, at, worst, ignored, expired } = detail
  const counts = ratings.flatMap((severity) => {
    const limit = detail[limitOf(severity)]
    const found = detail[severity]
    if (limit === undefined && !found) return []
    return [mrkdwn`${text(found)} ${severity}${limit === undefined ? nothing : mrkdwn` (limit ${limit})`}`]
  })
  const parts = [
    join(counts, ', '),
    worst === undefined ? nothing : mrkdwn`${worst}`,
    ignored === undefined ? nothing : mrkdwn`${ignored} accepted until later`,
    expired === undefined ? nothing : mrkdwn`accepted no longer: ${expired}`,
    mrkdwn`by ${text(scanner)}${at === undefined ? nothing : mrkdwn`, ${time(text(at))}`}`,
  ]
  return join(parts, '; ')
}

function shortDigest(digest: string | number | undefined): string {
  return text(digest)
    .replace(/^sha256:/, '')
    .slice(0, 12)
}

/** `12 % (limit 1 %, before 0.3 %)` */
function figures(detail: Detail): Markup {
  const { value, unit, atLeast, atMost, before, stable } = detail
  // What is too much has to look so.
  const crossed = [atLeast, atMost].filter((limit) => limit !== undefined && limit !== value)
  const digits = [3, 6, 17].find((one) =>
    crossed.every((limit) => quantity(limit, unit, one) !== quantity(value, unit, one)),
  )
  const shown = (one: string | number | undefined) => quantity(one, unit, digits)
  const limits = limitWords(detail, digits)
  const compared = [
    ...(before === undefined ? [] : [`before ${shown(before)}`]),
    ...(stable === undefined ? [] : [`stable ${shown(stable)}`]),
  ]
  return mrkdwn`${shown(value)} (${[...(limits ? [limits] : []), ...compared].join(', ')})`
}

/** `limit 1 %`; nothing where there is none. */
export function limitWords({ atLeast, atMost, unit }: Detail, digits?: number): string | undefined {
  const shown = (one: string | number) => quantity(one, unit, digits)
  if (atLeast !== undefined && atMost !== undefined) return `limits ${shown(atLeast)} and ${shown(atMost)}`
  const limit = atLeast ?? atMost
  return limit === undefined ? undefined : `limit ${shown(limit)}`
}

/** With as many significant digits as people compare by, and all of them before the point: `12 %`, `120 ms`, `1.5 GiB`. */
export function quantity(value: string | number | undefined, unit?: string | number, digits = 3): string {
  if (typeof value !== 'number') return text(value)
  switch (unit) {
    case 'ratio':
      return `${rounded(value * 100, digits)} %`
    case 'seconds':
      return Math.abs(value) < 1 ? `${rounded(value * 1_000, digits)} ms` : `${rounded(value, digits)} s`
    case 'bytes': {
      const power = Math.min(binary.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)))
      return `${rounded(value / 1_024 ** power, digits)} ${binary[power]}`
    }
    default:
      return rounded(value, digits)
  }
}

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

function rounded(value: number, digits: number): string {
  return `${Math.abs(value) < 10 ** digits ? Number(value.toPrecision(digits)) : Math.round(value)}`
}
