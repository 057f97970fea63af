/** An image registry over HTTP, as far as reading goes; and what one does that nobody should trust. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Blob, Pushable } from './image.ts'

export type Seen = { method: string; path: string; authorization: string | undefined; body: string }

export type Login = { user: string; password: string }

export type RegistryOptions = {
  /** `basic`: the password with every request. `token`: in exchange for a token, at `realm` or here. */
  auth?: { kind: 'basic' | 'token'; login?: Login; realm?: string; refreshToken?: string }
  /** Tags in one page. */
  pageSize?: number
  referrersApi?: boolean
}

export type FakeRegistry = {
  /** `127.0.0.1:port`, as it stands in image names. */
  host: string
  url: string
  /** Every request so far. */
  seen: Seen[]
  push(repository: string, tag: string | undefined, image: Pushable): void
  /** Answers instead of the registry; `false` leaves the request to it. */
  misbehave(answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined): void
  stop(): Promise<void>
}

const token = 'token-for-pulling'

export async function startRegistry(options: RegistryOptions = {}): Promise<FakeRegistry> {
  const { auth, pageSize = 1_000, referrersApi = true } = options
  const repositories = new Map<
    string,
    { tags: Map<string, string>; content: Map<string, Blob>; blobs: Map<string, Blob> }
  >()
  const seen: Seen[] = []
  let misbehaviour: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined

  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url: path = '/', headers } = request
    seen.push({ method, path, authorization: headers.authorization, body })
    if (misbehaviour?.(request, response)) return
    const url = new URL(path, base())
    if (url.pathname === '/token') giveToken(url, headers.authorization, body, response)
    else if (!isAuthorized(headers.authorization)) challenge(response)
    else serve(url, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const host = `127.0.0.1:${port}`
  const base = () => `http://${host}`

  function isAuthorized(authorization: string | undefined): boolean {
    if (!auth) return true
    return authorization === (auth.kind === 'token' ? `Bearer ${token}` : basic(auth.login))
  }

  function challenge(response: ServerResponse): void {
    const realm = auth?.realm ?? `${base()}/token`
    const wanted =
      auth?.kind === 'token'
        ? `Bearer realm="${realm}",service="double",scope="repository:any:pull,push,delete"`
        : 'Basic realm="double"'
    response.writeHead(401, { 'www-authenticate': wanted }).end('{"errors":[{"code":"UNAUTHORIZED"}]}')
  }

  function giveToken(url: URL, authorization: string | undefined, body: string, response: ServerResponse): void {
    const form = new URLSearchParams(body)
    const known =
      auth?.refreshToken === undefined
        ? auth?.login === undefined || authorization === basic(auth.login)
        : form.get('refresh_token') === auth.refreshToken
    const scope = form.get('scope') ?? url.searchParams.get('scope')
    if (!known || !scope) return void response.writeHead(401).end()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }))
  }

  function serve(url: URL, response: ServerResponse) {
    const [, name = '', what = '', which = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/([^/]+)$/.exec(decodeURIComponent(url.pathname)) ?? []
    const repository = repositories.get(name)
    if (!repository) return notFound(response)
    switch (what) {
      case 'manifests':
        return send(response, repository.content.get(repository.tags.get(which) ?? which))
      case 'blobs':
        return send(response, repository.blobs.get(which))
      case 'tags':
        return listTags(name, [...repository.tags.keys()].sort(), url, response)
      default:
        return referrersApi ? listReferrers(repository.content, which, response) : notFound(response)
    }
  }

  function listTags(name: string, tags: string[], url: URL, response: ServerResponse) {
    const after = url.searchParams.get('last')
    const from = after === null ? 0 : tags.indexOf(after) + 1
    const page = tags.slice(from, from + pageSize)
    const last = page.at(-1)
    const more = from + pageSize < tags.length && last !== undefined
    const link = `</v2/${name}/tags/list?last=${last}&n=${pageSize}>; rel="next"`
    response.writeHead(200, { 'content-type': 'application/json', ...(more && { link }) })
    response.end(JSON.stringify({ name, tags: page }))
  }

  return {
    host,
    url: base(),
    seen,
    push(name, tag, { content, blobs, manifests }) {
      const known = repositories.get(name) ?? { tags: new Map(), content: new Map(), blobs: new Map() }
      repositories.set(name, known)
      for (const one of [content, ...manifests]) known.content.set(one.digest, one)
      for (const one of blobs) known.blobs.set(one.digest, one)
      if (tag !== undefined) known.tags.set(tag, content.digest)
    },
    misbehave(answer) {
      misbehaviour = answer
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listReferrers(content: ReadonlyMap<string, Blob>, digest: string, response: ServerResponse) {
  const manifests = [...content.values()].flatMap(({ mediaType, bytes, digest: its }) => {
    const { subject, artifactType } = JSON.parse(bytes.toString()) as {
      subject?: { digest: string }
      artifactType?: string
    }
    return subject?.digest === digest ? [{ mediaType, digest: its, size: bytes.length, artifactType }] : []
  })
  response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' })
  response.end(JSON.stringify({ schemaVersion: 2, manifests }))
}

function send(response: ServerResponse, blob: Blob | undefined) {
  if (!blob) return notFound(response)
  const headers = { 'content-type': blob.mediaType, 'docker-content-digest': blob.digest }
  response.writeHead(200, { ...headers, 'content-length': blob.bytes.length }).end(blob.bytes)
}

function notFound(response: ServerResponse) {
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"NAME_UNKNOWN"}]}')
}

function basic(login: Login | undefined): string {
  return login ? `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` : ''
}
