import { own } from './own.ts'

/** What may stand in a query between `{{` and `}}`. */
export const queryTemplates = ['namespace', 'workload', 'container', 'service', 'environment', 'pods'] as const
export type QueryTemplate = (typeof queryTemplates)[number]

const template = /\{\{\s*([^{}]*?)\s*\}\}/g

/** The names of templates in a query, known or not. */
export function templatesIn(query: string): string[] {
  return [...query.matchAll(template)].map(([, name = '']) => name)
}

/** The query with its templates filled in; one that is not known stays as it is. */
export function filledQuery(query: string, values: Readonly<Record<QueryTemplate, string>>): string {
  return query.replace(template, (whole, name: string) => own(values, name) ?? whole)
}

/**
 * A regular expression of RE2 that matches these pods and no other. Their names are made of letters, digits, `-` and `.`
 * (RFC 1123); a class instead of a backslash means the same in each of PromQL's three kinds of string.
 */
export function podsPattern(names: readonly string[]): string {
  return names.map((name) => name.replaceAll('.', '[.]')).join('|')
}
