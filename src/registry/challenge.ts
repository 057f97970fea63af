/** What a registry wants to see before it answers: RFC 9110, section 11.6.1, as far as registries use it. */
export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service?: string }

/** The challenge that is answered, of those in a `WWW-Authenticate` header: a token rather than a password. */
export function challengeOf(header: string | undefined): Challenge | undefined {
  const text = header?.slice(0, longest) ?? ''
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/i.exec(text)?.[1]
  if (bearer !== undefined) {
    const { realm, service } = parameters(bearer)
    if (realm !== undefined) return { scheme: 'bearer', realm, ...(service !== undefined && { service }) }
  }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(text) ? { scheme: 'basic' } : undefined
}

/** Longest header that is looked at, characters. */
const longest = 4_096

function parameters(text: string): { realm?: string; service?: string } {
  const found = new Map<string, string>()
  for (const [, name = '', quoted, bare] of text.matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,"]+))/gi)) {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, quoted ?? bare ?? '')
  }
  const realm = found.get('realm')
  const service = found.get('service')
  return { ...(realm !== undefined && { realm }), ...(service !== undefined && { service }) }
}
