/** https://semver.org, with or without a `v` in front; build metadata has no say. */
export type SemVer = { major: number; minor: number; patch: number; prerelease: string[] }

const number = '(0|[1-9][0-9]{0,14})'
const identifier = '(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)'
const pattern = new RegExp(
  `^v?${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9a-zA-Z.-]+)?$`,
)

export function semVerOf(text: string): SemVer | undefined {
  const [, major, minor, patch, prerelease] = pattern.exec(text) ?? []
  if (major === undefined) return undefined
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: prerelease?.split('.') ?? [],
  }
}

/** Below 0 when `one` comes before `other`. */
export function compareSemVer(one: SemVer, other: SemVer): number {
  const release = one.major - other.major || one.minor - other.minor || one.patch - other.patch
  if (release !== 0) return release
  // A prerelease comes before its release.
  if (one.prerelease.length === 0 || other.prerelease.length === 0)
    return other.prerelease.length - one.prerelease.length
  for (const [index, left] of one.prerelease.entries()) {
    const right = other.prerelease[index]
    if (right === undefined) return 1
    const difference = compareIdentifiers(left, right)
    if (difference !== 0) return difference
  }
  return one.prerelease.length - other.prerelease.length
}

/** Numbers come before words, and among themselves by their value. */
function compareIdentifiers(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => /^[0-9]+$/.test(text))
  if (left && right) return Number(one) - Number(other)
  if (left !== right) return left ? -1 : 1
  return one < other ? -1 : one > other ? 1 : 0
}
