import type { Measure } from '../engine/ports.ts'
import type { HttpGate } from '../upgrade/gate.ts'
import { boundedFetch } from './bounded-fetch.ts'

/** Of an answer no more is read than this, bytes. */
const mostBytes = 1_000_000

/** A smoke test. An answer that is not the wanted one fails; none at all tells nothing. */
export const http: Measure<HttpGate> = async ({ url, status: wanted, contains }, _about, signal) => {
  const { status, body } = await boundedFetch(url, { signal, mostBytes })
  const { host } = new URL(url)
  if (!wanted.includes(status)) {
    return { verdict: 'failed', code: 'HTTP_STATUS', detail: { host, status, wanted: wanted.join(', ') } }
  }
  if (contains !== undefined && !body.includes(contains)) {
    return { verdict: 'failed', code: 'HTTP_BODY', detail: { host, wanted: contains } }
  }
  return { verdict: 'passed', code: 'HTTP_OK', detail: { host, status } }
}
