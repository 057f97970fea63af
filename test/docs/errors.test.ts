import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RequestRefusal } from '../../src/engine/surface.ts'
import { refusedCalls } from '../../src/http/answer.ts'
import { refusedConnections } from '../../src/http/server.ts'
import { gateCodes } from '../../src/messages/gates.ts'
import { incidentCodes } from '../../src/messages/incidents.ts'
import { refusedDeliveries } from '../../src/slack/listeners/parts.ts'
import { findingCodes, waitingCodes } from '../../src/targets/workload/finding-codes.ts'
import { dependencyFindingCodes } from '../../src/upgrade/dependencies.ts'
import { errorCodes } from '../../src/upgrade/error.ts'
import { imageFindingCodes } from '../../src/upgrade/image-findings.ts'
import { promotionFindingCodes } from '../../src/upgrade/promotion.ts'
import { restrictionFindings } from '../../src/upgrade/restrictions.ts'

/** Refusals are types only; the compiler keeps this list equal to them. */
const refusals: Record<RequestRefusal['code'], true> = {
  NOT_NOW: true,
  ALREADY_DECIDED: true,
  PAUSED: true,
  NOT_AS_APPROVED: true,
  SOAKING: true,
  ALREADY_APPROVED: true,
  NO_APPROVAL: true,
  EXPIRED: true,
  STARTED: true,
  NOT_STARTED: true,
  NOT_ALLOWED: true,
  PIPELINE_NOT_ALLOWED: true,
  BREAK_GLASS_FORBIDDEN: true,
  IRREVERSIBLE: true,
  OWN_REQUEST: true,
  NOT_A_MEMBER: true,
  MEMBERSHIP_UNKNOWN: true,
  WINDOW_CLOSED: true,
  FROZEN: true,
  NOT_FROZEN: true,
  ADMINS_ONLY: true,
  SERVICE_REMOVED: true,
  NOT_FOUND: true,
  CONFIG_OUTDATED: true,
  BUSY: true,
  TARGET_CHANGED: true,
  OLD_REVISION_GONE: true,
  ACTIVE: true,
  UNKNOWN_SERVICE: true,
  OVERRIDE_NOT_ALLOWED: true,
  KEY_REUSED: true,
  QUORUM_UNREACHABLE: true,
  TARGET_UNAVAILABLE: true,
}

const findings = (severity: string) =>
  Object.entries({
    ...findingCodes,
    ...imageFindingCodes,
    ...promotionFindingCodes,
    ...restrictionFindings,
    ...dependencyFindingCodes,
  }).flatMap(([code, its]) => (its === severity ? [code] : []))

test.each([
  ['Errors', [...errorCodes]],
  ['Refusals', Object.keys(refusals)],
  [
    'Deliveries',
    [...new Set([...refusedDeliveries, ...refusedConnections, ...refusedCalls])].map((reason) => reason.toUpperCase()),
  ],
  ['Blocks', findings('block')],
  ['Warnings', findings('warn')],
  ['Notes', findings('note')],
  ['Incidents', [...incidentCodes]],
  ['Gates', [...gateCodes]],
])('the page of codes lists under %s what the code can say, and nothing else', (heading, codes) => {
  expect(codesUnder(heading).sort()).toEqual([...new Set(codes)].sort())
})

test('what a batch can wait for has a row among the incidents', () => {
  expect(codesUnder('Incidents')).toEqual(expect.arrayContaining([...waitingCodes]))
})

test('every row says what the code means and what to do', () => {
  const empty = rows(page()).filter(([, ...cells]) => cells.some((cell) => cell.length < 5))
  expect(empty).toEqual([])
})

function page(): string {
  return readFileSync(join(import.meta.dirname, '../../docs/reference/errors.md'), 'utf8')
}

/** The first column of the tables between a heading and the next one, whatever its level. */
function codesUnder(heading: string): string[] {
  const section = page()
    .split(/^#+ /m)
    .find((text) => text.startsWith(`${heading}\n`))
  return rows(section ?? '').map(([code = '']) => code)
}

/** The cells of every row that begins with a code. */
function rows(markdown: string): string[][] {
  return [...markdown.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code = '', rest = '']) => [
    code,
    ...rest.split(' | ').map((cell) => cell.trim()),
  ])
}
