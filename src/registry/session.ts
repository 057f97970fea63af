import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RollcallError } from '../upgrade/error.ts'
import { jsonOf } from '../upgrade/modest-json.ts'
import { challengeOf } from './challenge.ts'
import { type Credentials, credentialsFor } from './credentials.ts'
import { apiHost, isLoopback, knownTokenServer } from './reference.ts'
import type { RegistrySettings } from './settings.ts'
import { type Answer, send, TransportError, type Trust } from './transport.ts'

export type SessionOptions = {
  /** As it stands in image references. */
  host: string
  settings: RegistrySettings
  /** A Docker configuration file for registries that have none of their own. */
  credentials?: string
  tokens: Tokens
  /** Ends every request that is under way. */
  signal: AbortSignal
}

/** Tokens that are not used up yet, by registry and scope. */
export type Tokens = Map<string, { token: string; until: number }>

/** Authorized requests to one registry for one repository. */
export type Session = {
  /** @throws RollcallError REGISTRY_UNAVAILABLE, REGISTRY_FORBIDDEN, REGISTRY_INVALID, REGISTRY_CREDENTIALS */
  get(path: string, options: { accept?: string; limit: number }): Promise<Answer>
  host: string
  origin: string
}

const Token = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().min(0).optional(),
})

/** Largest answer of a token server, bytes. */
const largestToken = 65_536
/** How long a token is used at least, as the protocol says, and at most; milliseconds. */
const tokenLife = { least: 60_000, most: 300_000 }
/** Used up before it expires, so that it does not on its way, milliseconds. */
const marginMs = 10_000
const mostTokens = 200

/** @param path of the repository: tokens are asked for this one alone, and for pulling alone, whatever is suggested */
export async function openSession(path: string, options: SessionOptions): Promise<Session> {
  const { host, settings, tokens, signal } = options
  const server = apiHost(host)
  const insecure = settings.insecure === true && isLoopback(URL.parse(`http://${server}`)?.hostname ?? '')
  const origin = `${insecure ? 'http' : 'https'}://${server}`
  const trust: Trust = { insecure, ...(settings.ca !== undefined && { ca: await certificates(settings.ca) }) }
  const scope = `repository:${path}:pull`
  const key = `${host} ${scope}`

  const ask = (url: URL, accept: string | undefined, limit: number, authorization: string | undefined) =>
    send({ url, headers: { ...(accept && { accept }), ...(authorization && { authorization }) }, limit, signal }, trust)

  const credentials = async () => {
    const file = settings.credentials ?? options.credentials
    return file === undefined ? undefined : credentialsFor(host, file)
  }

  /** What answers a challenge; `undefined` when there is nothing to answer with. */
  async function authorization(header: string | undefined): Promise<string | undefined> {
    const challenge = challengeOf(header)
    if (!challenge) return undefined
    const known = await credentials()
    if (challenge.scheme === 'basic') return known && 'password' in known ? basic(known) : undefined
    const { token, lifeMs } = await tokenFrom(challenge.realm, challenge.service, known)
    for (const [one, { until }] of tokens) if (until <= Date.now() || tokens.size >= mostTokens) tokens.delete(one)
    tokens.set(key, { token, until: Date.now() + lifeMs - marginMs })
    return `Bearer ${token}`
  }

  async function tokenFrom(realm: string, service: string | undefined, known: Credentials | undefined) {
    const url = URL.parse(realm)
    if (!url) throw invalid(host, 'names a token server that is no URL')
    if (known) assertMayKnow(url, host, new URL(origin), settings)
    const asked = { ...(service !== undefined && { service }), scope }
    const refresh = known && 'refreshToken' in known ? known.refreshToken : undefined
    const form =
      refresh === undefined
        ? undefined
        : new URLSearchParams({
            ...asked,
            grant_type: 'refresh_token',
            refresh_token: refresh,
            client_id: 'rollcall',
          })
    if (!form) for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
    const headers = known && 'password' in known ? { authorization: basic(known) } : {}
    const answer = await send({ url, headers, limit: largestToken, signal, ...(form && { form }) }, trust)
    if (answer.status === 401 || answer.status === 403) throw forbidden(host, path, answer.status)
    if (answer.status !== 200) throw unavailable(host, `its token server answers with ${answer.status}`)
    const parsed = Token.safeParse(jsonOf(answer.body))
    const token = parsed.data?.token ?? parsed.data?.access_token
    if (!token || !/^[\x21-\x7e]+$/.test(token)) throw invalid(host, 'its token server gives no token')
    const lifeMs = Math.min(Math.max((parsed.data?.expires_in ?? 0) * 1_000, tokenLife.least), tokenLife.most)
    return { token, lifeMs }
  }

  return {
    host,
    origin,
    async get(pathOf, { accept, limit }) {
      const url = new URL(pathOf, origin)
      if (url.origin !== origin) throw invalid(host, 'leads to another host')
      try {
        const kept = tokens.get(key)
        const first = await ask(
          url,
          accept,
          limit,
          kept && kept.until > Date.now() ? `Bearer ${kept.token}` : undefined,
        )
        if (first.status !== 401) return checked(first, host, path)
        tokens.delete(key)
        const answer = await authorization(first.headers['www-authenticate'])
        if (answer === undefined) throw forbidden(host, path, 401)
        return checked(await ask(url, accept, limit, answer), host, path)
      } catch (error) {
        throw forPeople(host, error)
      }
    },
  }
}

/** 404 is an answer, too; who asks knows of what. */
function checked(answer: Answer, host: string, path: string): Answer {
  const { status } = answer
  if (status === 200 || status === 404) return answer
  if (status === 401 || status === 403) throw forbidden(host, path, status)
  if (status === 429) throw unavailable(host, 'it is asked too often (429)')
  if (status >= 500) throw unavailable(host, `it answers with ${status}`)
  throw invalid(host, `answers with ${status}`)
}

/** Whoever answers for a registry could name anybody as the token server, and would have the password sent there. */
function assertMayKnow(realm: URL, host: string, registry: URL, { tokenServer }: RegistrySettings): void {
  const known = tokenServer ?? knownTokenServer(host)
  if (realm.origin === registry.origin) return
  if (realm.protocol === 'https:' && realm.host === known) return
  if (realm.protocol === 'http:' && registry.protocol === 'http:' && realm.host === known) return
  throw new RollcallError(
    'REGISTRY_FORBIDDEN',
    `Registry ${host} wants its credentials to be sent to ${realm.host}, and nobody said that they may.`,
    { hint: `If that is right, name it: registries."${host}".tokenServer: ${realm.host}` },
  )
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function certificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new RollcallError('REGISTRY_CREDENTIALS', `The certificates ${file} cannot be read.`, {
      hint: 'It is a file of PEM certificates; `registries` in the configuration names it.',
      cause,
    })
  }
}

export function invalid(host: string, what: string): RollcallError {
  return new RollcallError('REGISTRY_INVALID', `Registry ${host} ${what}.`, {
    hint: 'What it says is not used. Check that this is the registry, and what stands between it and Rollcall.',
  })
}

function unavailable(host: string, why: string): RollcallError {
  return new RollcallError('REGISTRY_UNAVAILABLE', `Registry ${host} is not available: ${why}.`, {
    hint: 'Check that it runs and can be reached from where Rollcall runs.',
    retryable: true,
  })
}

function forbidden(host: string, path: string, status: number): RollcallError {
  const message = `Registry ${host} does not let Rollcall look at ${path} (${status}), or it is not there.`
  return new RollcallError('REGISTRY_FORBIDDEN', message, {
    hint: `Give it credentials that may pull: registries."${host}".credentials, or REGISTRY_AUTH_FILE.`,
  })
}

function forPeople(host: string, error: unknown): unknown {
  if (!(error instanceof TransportError)) return error
  if (error.hostile) return invalid(host, `cannot be trusted: ${error.message}`)
  return unavailable(host, error.message.replace(`${host} `, 'it '))
}
