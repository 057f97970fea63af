import { dockerHub, hubNames } from '../upgrade/image-reference.ts'
import { own } from '../upgrade/own.ts'

/** The host that serves a registry's API. */
export function apiHost(host: string): string {
  return host === dockerHub ? 'registry-1.docker.io' : host
}

/** Names under which Docker configuration files keep the credentials of a registry. */
export function credentialNames(host: string): readonly string[] {
  return host === dockerHub ? ['https://index.docker.io/v1/', ...hubNames] : [host]
}

/** Hosts that are known to give out tokens for another one's credentials. */
const tokenServers: Readonly<Record<string, string>> = {
  [dockerHub]: 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
}

export function knownTokenServer(host: string): string | undefined {
  return own(tokenServers, host)
}

const digests = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** `sha256:…` or `sha512:…` with as many digits as it has to have. */
export function isDigest(text: string): boolean {
  return digests.test(text)
}

/** Whether an address is this machine's own: the only place where plain HTTP may carry anything. */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare)
}
