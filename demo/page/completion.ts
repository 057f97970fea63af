import type { Workspace } from '../server/protocol.ts'

export type Suggestion = {
  /** What the line becomes. */
  line: string
  label: string
  hint: string
}

const withId = ['approve', 'reject', 'continue', 'resume', 'pause', 'rollback', 'cancel', 'audit', 'status']
const withService = ['plan', 'status', 'history', 'freeze', 'unfreeze']

/**
 * What could come next in the line that somebody types: commands, services, versions, environments, options, and the
 * IDs of upgrades.
 */
export function suggest(line: string, workspace: Workspace, upgrades: readonly string[]): Suggestion[] {
  if (!line.startsWith('/')) return []
  if (!line.startsWith('/upgrade ')) {
    return '/upgrade'.startsWith(line) ? [{ line: '/upgrade ', label: '/upgrade', hint: 'Rollcall' }] : []
  }
  const words = line.slice('/upgrade '.length).split(/ +/)
  const typed = words.pop() ?? ''
  const start = line.slice(0, line.length - typed.length)
  return nextWords(words, workspace, upgrades)
    .filter(({ word }) => word.startsWith(typed) && word !== typed)
    .slice(0, 12)
    .map(({ word, hint }) => ({ line: `${start}${word}${word.endsWith('"') ? '' : ' '}`, label: word, hint }))
}

type Word = { word: string; hint: string }

function nextWords(before: string[], workspace: Workspace, upgrades: readonly string[]): Word[] {
  const [first, ...rest] = before
  const services = workspace.services.map(({ name, runs }) => ({ word: name, hint: `runs ${runs}` }))
  const ids = upgrades.map((word) => ({ word, hint: 'upgrade' }))
  if (first === undefined) return [...services, ...commandWords(workspace)]
  if (workspace.services.some(({ name }) => name === first)) return afterService(before, workspace)
  if (first === 'plan' && rest.length > 0) return afterService(rest, workspace)
  if (first === 'help') return rest.length === 0 ? commandWords(workspace) : []
  if (first === 'freeze' && rest.length > 0) return [{ word: '--reason "', hint: 'why' }]
  if (rest.length > 0) return withId.includes(first) ? [{ word: '--reason "', hint: 'why' }] : []
  return [...(withId.includes(first) ? ids : []), ...(withService.includes(first) ? services : [])]
}

/** `usage` begins with the command's name; that of the request itself begins with `<service>`. */
function commandWords({ commands }: Workspace): Word[] {
  return commands.flatMap(({ usage, what }) => {
    const word = usage.split(' ')[0] ?? ''
    return word.startsWith('<') ? [] : [{ word, hint: what }]
  })
}

function afterService([service, version, in_, environment, ...options]: string[], workspace: Workspace): Word[] {
  const known = workspace.services.find(({ name }) => name === service)
  if (!known) return workspace.services.map(({ name, runs }) => ({ word: name, hint: `runs ${runs}` }))
  if (version === undefined) return known.versions.map(({ tag, story }) => ({ word: tag, hint: story }))
  if (in_ === undefined) return known.environments.map((name) => ({ word: `in ${name}`, hint: 'environment' }))
  if (in_ === 'in' && environment === undefined) {
    return known.environments.map((name) => ({ word: name, hint: 'environment' }))
  }
  const given = [in_, environment, ...options].join(' ')
  return [
    { word: '--reason "', hint: 'why; everybody sees it' },
    { word: '--batches', hint: 'for example 1,25%,100%' },
  ].filter(({ word }) => !given.includes(word.split(' ', 1).join()))
}
