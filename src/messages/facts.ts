import { catalogue } from './catalogue/en.ts'

/** What was found or measured, by name. */
export type Facts = Readonly<Record<string, string | number | undefined>>

/** The codes that have words of their own in a part of the catalogue: `finding.FROZEN` is FROZEN of `finding`. */
export function codesIn(area: string): ReadonlySet<string> {
  const own = new RegExp(`^${area}\\.([A-Z][A-Z_]*)$`)
  return new Set(Object.keys(catalogue).flatMap((id) => own.exec(id)?.[1] ?? []))
}
