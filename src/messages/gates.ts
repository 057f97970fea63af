import { limitOf, ratings } from '../upgrade/gate.ts'
import { own } from '../upgrade/own.ts'
import type { GateReport } from '../upgrade/upgrade.ts'
import { codesIn, type Facts } from './facts.ts'
import { type Markup, mrkdwn, nothing, time, user } from './markup.ts'
import { quantity } from './quantity.ts'
import type { Id, Translator } from './translator.ts'
import { bare, duration, said, saying, text } from './wording.ts'

/** What the gates can say. */
export const gateCodes = codesIn('gate')

type Words = (t: Translator, facts: Facts) => Markup

/** What a gate measured against what it wants, as the rest of a sentence that begins with its name; nothing of an unknown code. */
export function gateWords(t: Translator, code: string, facts: Facts): Markup | undefined {
  if (!gateCodes.has(code)) return undefined
  return (own(prepared, code) ?? plainly(`gate.${code}` as Id))(t, facts)
}

/** What could be said of a gate: what it measured, or that it did not tell. */
export function measured(t: Translator, { code, detail }: Pick<GateReport, 'code' | 'detail'>): Markup {
  if (code === 'ACCEPTED') {
    return t.say('gate.accepted', { measured: measured(t, { code: text(detail.instead), detail }) })
  }
  return gateWords(t, code, detail) ?? bare(t, code, detail)
}

const marks = { passed: '✔', failed: '✖', inconclusive: '?' }

/** `✔ smoke: shop.example.com answered 200` */
export function gateLine(t: Translator, report: GateReport): Markup {
  return t.say('gate.line', { mark: marks[report.verdict], gate: report.gate, measured: measured(t, report) })
}

function plainly(id: Id): Words {
  return (t, facts) => t.fill(id, facts)
}

const logs = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { found: logLines(t, d), matching: t.fill('gate.matching', d) })
}
const compared = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { figures: figures(t, d) })
}
const vulnerabilities = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { scanned: scanned(t, d) })
}
const alerting = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { firing: d.more === undefined ? text(d.alerts) : t.fill('gate.moreAlerts', d) })
}
const answering = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { saying: saying(t, d.message) })
}
const lasting = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { duration: duration(t, Number(d.seconds) * 1_000) })
}
const ofImage = (id: Id): Words => {
  return (t, d) => t.fill(id, d, { digest: shortDigest(d.digest) })
}

/** Those whose words need more than their facts as they are. */
const prepared: Readonly<Record<string, Words>> = {
  SIGNED_OFF: (t, d) => t.say('gate.SIGNED_OFF', { by: user(text(d.by)) }),
  NOT_ACCEPTED: (t, d) => t.say('gate.NOT_ACCEPTED', { by: user(text(d.by)), said: said(t, d.reason) }),
  NOBODY_ACCEPTED: (t, d) => t.say('gate.NOBODY_ACCEPTED', { waited: duration(t, Number(d.waitedMs)) }),
  NO_ALERTS: (t, d) => t.fill(d.older === undefined ? 'gate.NO_ALERTS' : 'gate.NO_ALERTS.older', d),
  ALERTS_FIRING: alerting('gate.ALERTS_FIRING'),
  SEVERITY_UNKNOWN: alerting('gate.SEVERITY_UNKNOWN'),
  JOB_COMPLETE: lasting('gate.JOB_COMPLETE'),
  JOB_TIMEOUT: lasting('gate.JOB_TIMEOUT'),
  JOB_FAILED: (t, d) => t.fill(d.exitCode === undefined ? 'gate.JOB_FAILED' : 'gate.JOB_FAILED.exitCode', d),
  LOGS_WITHIN_LIMIT: logs('gate.LOGS_WITHIN_LIMIT'),
  LOGS_ABOVE_LIMIT: logs('gate.LOGS_ABOVE_LIMIT'),
  LOGS_NEW_LINES: logs('gate.LOGS_NEW_LINES'),
  LOGS_CUT: logs('gate.LOGS_CUT'),
  LOGS_UNREADABLE: logs('gate.LOGS_UNREADABLE'),
  LOGS_NO_REFERENCE: logs('gate.LOGS_NO_REFERENCE'),
  WITHIN_LIMIT: compared('gate.WITHIN_LIMIT'),
  ABOVE_LIMIT: compared('gate.ABOVE_LIMIT'),
  BELOW_LIMIT: compared('gate.BELOW_LIMIT'),
  NO_RATIO: compared('gate.NO_RATIO'),
  BASELINE: (t, d) => t.say('gate.BASELINE', { value: quantity(d.value, d.unit) }),
  TOO_FEW_SAMPLES: (t, d) => t.say('gate.TOO_FEW_SAMPLES', { samples: quantity(d.samples), min: quantity(d.min) }),
  SCAN_WITHIN_LIMITS: vulnerabilities('gate.SCAN_WITHIN_LIMITS'),
  SCAN_ABOVE_LIMITS: vulnerabilities('gate.SCAN_ABOVE_LIMITS'),
  REPORT_OF_ANOTHER: (t, d) =>
    d.digest === undefined
      ? t.say('gate.REPORT_OF_ANOTHER')
      : t.say('gate.REPORT_OF_ANOTHER.digest', { digest: shortDigest(d.digest) }),
  REPORT_FROM_FUTURE: (t, d) => t.say('gate.REPORT_FROM_FUTURE', { at: time(text(d.at)) }),
  REPORT_TOO_OLD: (t, d) =>
    t.say('gate.REPORT_TOO_OLD', { at: time(text(d.at)), maxAge: duration(t, Number(d.maxAgeMs)) }),
  SIGNED_FOR_ANOTHER: ofImage('gate.SIGNED_FOR_ANOTHER'),
  ATTACHMENTS_UNKNOWN: answering('gate.ATTACHMENTS_UNKNOWN'),
  WEBHOOK_PASSED: answering('gate.WEBHOOK_PASSED'),
  WEBHOOK_FAILED: answering('gate.WEBHOOK_FAILED'),
  WEBHOOK_INCONCLUSIVE: answering('gate.WEBHOOK_INCONCLUSIVE'),
}

/** `12 lines match (limit 5), 3 of a new kind (limit 0)` */
function logLines(t: Translator, facts: Facts): Markup {
  const { max, fresh, maxNew } = facts
  const words = { matching: t.fill('gate.matching', facts), limit: limited(t, max) }
  return fresh === undefined
    ? t.say('gate.logLines', words)
    : t.say('gate.logLines.fresh', { ...words, fresh, freshLimit: limited(t, maxNew) })
}

function limited(t: Translator, limit: Facts[string]): Markup {
  return limit === undefined ? nothing : t.say('gate.limit', { limit })
}

/** `0 critical, 7 high (limit 5), 12 medium; CVE-2026-1234, CVE-2026-5678; 2 accepted; by trivy, Jul 1 2026` */
function scanned(t: Translator, facts: Facts): Markup {
  const { at, worst, ignored, expired } = facts
  const counts = ratings.flatMap((severity) => {
    const limit = facts[limitOf(severity)]
    const count = facts[severity]
    if (limit === undefined && !count) return []
    return [t.say('gate.severity', { count: text(count), severity, limit: limited(t, limit) })]
  })
  const scanner = text(facts.scanner)
  return t.clauses([
    t.list(counts),
    worst === undefined ? nothing : mrkdwn`${worst}`,
    ignored === undefined ? nothing : t.say('gate.ignored', { count: ignored }),
    expired === undefined ? nothing : t.say('gate.expired', { expired }),
    at === undefined ? t.say('gate.scanner', { scanner }) : t.say('gate.scanner.at', { scanner, at: time(text(at)) }),
  ])
}

function shortDigest(digest: string | number | undefined): string {
  return text(digest)
    .replace(/^sha256:/, '')
    .slice(0, 12)
}

/** `12 % (limit 1 %, before 0.3 %)` */
function figures(t: Translator, facts: Facts): Markup {
  const { value, unit, atLeast, atMost, before, stable } = facts
  // What is too much has to look so.
  const crossed = [atLeast, atMost].filter((limit) => limit !== undefined && limit !== value)
  const digits = [3, 6, 17].find((one) =>
    crossed.every((limit) => quantity(limit, unit, one) !== quantity(value, unit, one)),
  )
  const shown = (one: string | number | undefined) => quantity(one, unit, digits)
  const limits = limitWords(t, facts, digits)
  const parts = [
    limits === undefined ? nothing : mrkdwn`${limits}`,
    before === undefined ? nothing : t.say('gate.figure.before', { before: shown(before) }),
    stable === undefined ? nothing : t.say('gate.figure.stable', { stable: shown(stable) }),
  ]
  return t.say('gate.figures', { value: shown(value), compared: t.phrases(parts) })
}

/** `limit 1 %`; nothing where there is none. */
export function limitWords(t: Translator, { atLeast, atMost, unit }: Facts, digits?: number): string | undefined {
  const shown = (one: string | number) => quantity(one, unit, digits)
  if (atLeast !== undefined && atMost !== undefined) {
    return t.plain('gate.figure.limits', { atLeast: shown(atLeast), atMost: shown(atMost) })
  }
  const limit = atLeast ?? atMost
  return limit === undefined ? undefined : t.plain('gate.figure.limit', { limit: shown(limit) })
}
