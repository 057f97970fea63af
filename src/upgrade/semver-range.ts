import { satisfies, validRange } from 'semver'
import { semVerOf } from './semver.ts'

/** As npm has them: `^2`, `>=1.4 <3`, `1.x || 2.x`. https://github.com/npm/node-semver#ranges */
export function isSemVerRange(text: string): boolean {
  return validRange(text) !== null
}

/** Whether a version, with or without a `v` in front, is of a range; a pre-release only where those count as well. */
export function isInRange(version: string, range: string, prereleases: boolean): boolean {
  const { prerelease = [] } = semVerOf(version) ?? {}
  if (prerelease.length > 0 && !prereleases) return false
  return satisfies(version.replace(/^v/, ''), range, { includePrerelease: prereleases })
}
