import { RollcallError } from '../upgrade/error.ts'
import { type DoctorCode, doctorCodes } from './codes.ts'
import { type Area, areas, type Finding, type Report, type Skipped, severities } from './report.ts'

/** One small look at one thing. */
export type Check = {
  area: Area
  /** Completes «It could not be checked whether …». */
  whether: string
  /** @throws whatever went wrong: then it says so; and `Unmet` where another check says it already */
  run(): Promise<readonly Finding[]>
}

/** What a check needs is not there, which the check of that very thing reports. */
export class Unmet extends Error {
  readonly because: DoctorCode

  constructor(because: DoctorCode, cause?: unknown) {
    super(because, { cause })
    this.name = 'Unmet'
    this.because = because
  }
}

/** What another check reports when it is not there. */
export function needed<T>(asked: Promise<T>, because: DoctorCode | ((error: unknown) => DoctorCode)): Promise<T> {
  return asked.catch((error: unknown) => {
    if (error instanceof Unmet) throw error
    throw new Unmet(typeof because === 'string' ? because : because(error), error)
  })
}

type Words = { where?: string; found: string; remedy: string; command?: string }

export function finding(code: DoctorCode, { where, found, remedy, command }: Words): Finding {
  return {
    ...doctorCodes[code],
    code,
    found,
    remedy,
    ...(where !== undefined && { where }),
    ...(command !== undefined && { command }),
  }
}

/** What could not be found out, and why: unknown does not count as good. */
export function notChecked(area: Area, whether: string, error: unknown): Finding {
  const why = error instanceof Error ? error.message : String(error)
  const remedy = error instanceof RollcallError ? error.hint : 'Put that right, and run it again.'
  return { ...finding('NOT_CHECKED', { found: `It could not be checked whether ${whether}: ${why}`, remedy }), area }
}

/** A check has so long, milliseconds; what it asks has shorter time-outs of its own. */
const checkTimeoutMs = 15_000

/**
 * Makes all checks at once. One that throws, or does not end in time, becomes a finding that says so: silence never
 * stands for a yes.
 */
export async function examine(
  checks: readonly Check[],
  { now = Date.now, timeoutMs = checkTimeoutMs }: { now?: () => number; timeoutMs?: number } = {},
): Promise<Report> {
  const at = new Date(now()).toISOString()
  const results = await Promise.all(checks.map((check) => carryOut(check, timeoutMs)))
  const findings = results
    .flatMap(({ found }) => found)
    .toSorted((one, other) => rank(one) - rank(other) || textOf(one).localeCompare(textOf(other)))
  const count = (wanted: Finding['severity']) => findings.filter(({ severity }) => severity === wanted).length
  const skipped = results.flatMap((result) => result.skipped)
  return {
    version: 1,
    at,
    checks: checks.length - skipped.length,
    problems: count('problem'),
    warnings: count('warning'),
    notes: count('note'),
    findings,
    skipped,
  }
}

async function carryOut(check: Check, timeoutMs: number): Promise<{ found: readonly Finding[]; skipped: Skipped[] }> {
  const { area, whether } = check
  try {
    return { found: await inTime(check.run(), timeoutMs), skipped: [] }
  } catch (error) {
    if (error instanceof Unmet) return { found: [], skipped: [{ area, whether, because: error.because }] }
    return { found: [notChecked(area, whether, error)], skipped: [] }
  }
}

function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} seconds`)), timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function rank({ area, severity }: Finding): number {
  return areas.indexOf(area) * severities.length + severities.indexOf(severity)
}

function textOf({ where = '', code, found }: Finding): string {
  return `${where} ${code} ${found}`
}
