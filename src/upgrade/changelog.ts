import type { ImageFacts } from './image.ts'

/** One side of a comparison, as far as it is known. */
export type Side = { version?: string | undefined } & Pick<ImageFacts, 'revision' | 'source'>

/** Where to read what changed between two versions; `undefined` where that cannot be said. */
export function changesBetween(from: Side, to: Side, template: string | undefined): string | undefined {
  return template === undefined ? compared(from, to) : filled(template, from, to)
}

function filled(template: string, from: Side, to: Side): string | undefined {
  const values: Record<string, string | undefined> = {
    from: from.version,
    to: to.version,
    fromRevision: from.revision,
    toRevision: to.revision,
  }
  let isComplete = true
  const url = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    isComplete &&= value !== undefined
    return encodeURIComponent(value ?? '')
  })
  return isComplete ? url : undefined
}

/** Forges whose addresses of comparisons are known. What a label says beside them leads nowhere. */
const forges: Readonly<Record<string, string>> = { 'github.com': '/compare/', 'gitlab.com': '/-/compare/' }

/** By the revisions that the labels name; both images have to come from the same source. */
function compared(from: Side, to: Side): string | undefined {
  const source = URL.parse(to.source?.replace(/\.git$/, '') ?? '')
  if (source?.protocol !== 'https:' || source.username !== '' || source.port !== '' || from.source !== to.source) {
    return undefined
  }
  const compare = Object.hasOwn(forges, source.host) ? forges[source.host] : undefined
  const project = source.pathname.replace(/\/$/, '')
  const revisions = [from.revision ?? '', to.revision ?? '']
  const isKnown = /^(?:\/[\w.-]+){2,6}$/.test(project) && revisions.every((one) => /^[0-9a-f]{7,64}$/.test(one))
  return compare !== undefined && isKnown ? `${source.origin}${project}${compare}${revisions.join('...')}` : undefined
}
