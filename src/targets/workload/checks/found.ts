import { ApiError } from '../../../kubernetes/api.ts'
import { RollcallError } from '../../../upgrade/error.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { type FindingCode, findingCodes } from '../finding-codes.ts'

export function finding(code: FindingCode, detail: Finding['detail'] = {}): Finding {
  return { severity: findingCodes[code], code, detail }
}

/** What an answer of the API server comes to, as far as a check is concerned. */
export type Answer<T> = { state: 'there'; object: T } | { state: 'missing' } | { state: 'forbidden' }

/** @throws whatever else went wrong: then the checks are not done, and are tried again */
export async function answerOf<T>(asked: Promise<T>): Promise<Answer<T>> {
  try {
    return { state: 'there', object: await asked }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { state: 'missing' }
    if (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN') return { state: 'forbidden' }
    throw error
  }
}

/** `undefined` for what is not there or may not be seen. */
export async function orUnknown<T>(asked: Promise<T>): Promise<T | undefined> {
  const answer = await answerOf(asked)
  return answer.state === 'there' ? answer.object : undefined
}

/** What Rollcall was not allowed to look at, so that nobody takes silence for a yes. */
export type Unchecked = 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim' | 'LimitRange' | 'PodDisruptionBudget' | 'Node'

export function notChecked(what: Unchecked, names: readonly string[] = []): Finding {
  // A Secret is named only where it is missing: everybody in the channel reads this.
  return finding('NOT_CHECKED', { what, names: what === 'Secret' ? '' : [...names].sort().join(', ') })
}

export type Listed<T> = { items: (T & { metadata: { name: string; labels?: Record<string, string> } })[] }
