import type { z } from 'zod'
import { nearest } from '../../upgrade/nearest.ts'

/** A field that is wrong, and what would be right. */
export type Problem = { path: string; message: string }

/** @param known the fields that there are; a misspelt one is told which it may have been meant for */
export function problemsOf(error: z.ZodError, known: readonly string[]): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = issue.path.map(String).join('.')
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    return issue.keys.slice(0, mostUnknown).map((key) => {
      const meant = nearest(key.slice(0, longestKey), known)
      const question = meant === undefined ? '' : ` (did you mean ${JSON.stringify(meant)}?)`
      return { path: key.slice(0, longestKey), message: `unknown field${question}; there are: ${known.join(', ')}` }
    })
  })
}

const mostUnknown = 20
const longestKey = 100
