import { own } from '../../upgrade/own.ts'
import type { GateReport } from '../../upgrade/upgrade.ts'
import { type Markup, mrkdwn } from '../markup.ts'
import { bare } from './wording.ts'

type Detail = GateReport['detail']

/** What a gate measured against what it wants, as the rest of a sentence that begins with its name. By code. */
export const gateWords: Record<string, (detail: Detail) => Markup> = {
  // http
  HTTP_OK: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}`,
  HTTP_STATUS: (d) => mrkdwn`${text(d.host)} answered ${text(d.status)}, not ${text(d.wanted)}`,
  HTTP_BODY: (d) => mrkdwn`the answer of ${text(d.host)} does not contain «${text(d.wanted)}»`,
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

function text(value: string | number | undefined): string {
  return String(value ?? '?')
}
