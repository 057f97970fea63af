import { setTimeout as delay } from 'node:timers/promises'
import type { Policy } from '../upgrade/policy.ts'
import { compareSemVer, semVerOf } from '../upgrade/semver.ts'
import type { Parts } from './parts.ts'

/** Somebody has a list of choices open before them and waits, milliseconds. */
const patienceMs = 1_200

/**
 * Tags of a service's image that its policies take, the newest first: SemVer by its rules, then whatever has no such
 * order, by name. `undefined` when the registry is not to be asked, or does not answer while somebody waits.
 */
export async function versions(
  parts: Pick<Parts, 'images' | 'config'>,
  service: string,
): Promise<string[] | undefined> {
  const config = parts.config()
  const { environments = [] } = config.services().find(({ name }) => name === service) ?? {}
  const policies = environments.flatMap((environment) => config.policyFor(service, environment) ?? [])
  const asked = policies.filter(({ imagePolicy }) => imagePolicy !== undefined && imagePolicy.resolve !== 'off')
  const [policy] = asked
  if (!policy) return undefined
  const waiting = new AbortController()
  try {
    const late = delay(patienceMs, undefined, { signal: waiting.signal })
    const look = await Promise.race([parts.images.tags(policy.image), late])
    if (look?.state !== 'found') return undefined
    return newestFirst(look.tags.filter((tag) => policies.some((one) => takes(one, tag))))
  } finally {
    waiting.abort()
  }
}

function takes({ imagePolicy }: Policy, tag: string): boolean {
  if (!imagePolicy) return true
  return !imagePolicy.forbidTags.includes(tag) && (!imagePolicy.requireSemver || semVerOf(tag) !== undefined)
}

const byName = new Intl.Collator('en', { numeric: true })

/** Each tag is read once: there may be thousands. */
function newestFirst(tags: readonly string[]): string[] {
  const read = tags.map((tag) => ({ tag, version: semVerOf(tag) }))
  const numbered = read.flatMap(({ tag, version }) => (version ? [{ tag, version }] : []))
  const others = read.flatMap(({ tag, version }) => (version ? [] : [tag]))
  return [
    ...numbered.sort((one, other) => compareSemVer(other.version, one.version)).map(({ tag }) => tag),
    ...others.sort((one, other) => byName.compare(other, one)),
  ]
}
