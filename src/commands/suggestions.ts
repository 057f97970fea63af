import { clean } from '../messages/escape.ts'
import { nearest } from '../upgrade/nearest.ts'
import type { Context } from './command.ts'

/** What Slack shows of a list of choices, and the longest one that it takes, in characters. */
export const mostSuggestions = 100
export const longestSuggestion = 75

type Asker = Pick<Context, 'surface' | 'by'>

/** Services that the asker may request an upgrade of: those that begin so, those that have it within, or the nearest. */
export async function suggestServices(typed: string, { surface, by }: Asker): Promise<string[]> {
  const places = await surface.permissionsOf(by)
  const allowed = places.filter(({ permissions }) => permissions.includes('request')).map(({ service }) => service)
  const services = [...new Set(allowed)]
  const word = clean(typed, longestSuggestion + 1).toLowerCase()
  if (word === '') return services.slice(0, mostSuggestions)
  const found = matching(services, [word])
  const meant = found.length > 0 ? undefined : nearest(word, services)
  return [...found, ...(meant === undefined ? [] : [meant])].slice(0, mostSuggestions)
}

/**
 * Versions of a service, the newest first; and what was typed, since not every registry can be asked, and a digest is in
 * no list.
 */
export async function suggestVersions(typed: string, service: string, { surface, by }: Asker): Promise<string[]> {
  const word = clean(typed, longestSuggestion + 1)
  if (word.length > longestSuggestion) return []
  const known = (await surface.versions(service, by)) ?? []
  const fitting = known.filter((tag) => tag.length <= longestSuggestion)
  if (word === '') return fitting.slice(0, mostSuggestions)
  const found = matching(fitting, [word, `v${word}`])
  if (found.includes(word)) return [word, ...found.filter((tag) => tag !== word)].slice(0, mostSuggestions)
  return [...found.slice(0, mostSuggestions - 1), word]
}

/** In their order, but those that begin so first. */
function matching(candidates: readonly string[], beginnings: readonly string[]): string[] {
  const begins = (one: string) => beginnings.some((beginning) => one.startsWith(beginning))
  const [word = ''] = beginnings
  return [...candidates.filter(begins), ...candidates.filter((one) => !begins(one) && one.includes(word))]
}
