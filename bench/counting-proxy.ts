import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

export type CountingProxy = {
  url: string
  /** Requests since the last call, by method and kind; watches apart, since they are opened once and shared. */
  take(): { total: number; watches: number; byKind: Record<string, number> }
  stop(): void
}

/** Leads to an HTTP server, and counts the requests to the Kubernetes API that pass. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  let counts = { total: 0, watches: 0, byKind: {} as Record<string, number> }
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', headers } = incoming
    const url = new URL(incoming.url ?? '/', target)
    if (url.searchParams.get('watch') === 'true') counts.watches++
    else {
      counts.total++
      const kind = `${method} ${kindOf(url)}`
      counts.byKind[kind] = (counts.byKind[kind] ?? 0) + 1
    }
    const forwarded = httpRequest(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      // A watch has nothing to send at first, and its client waits for the headers.
      outgoing.flushHeaders()
      pipeline(answer, outgoing, () => {})
    })
    forwarded.on('error', () => outgoing.destroy())
    outgoing.on('close', () => forwarded.destroy())
    pipeline(incoming, forwarded, () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => {
      const taken = counts
      counts = { total: 0, watches: 0, byKind: {} }
      return taken
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** `deployments`, `configmaps`, `selfsubjectaccessreviews`: what is asked about, without whose; a dry run apart. */
function kindOf({ pathname, searchParams }: URL): string {
  const [, kind = pathname] = /^\/apis?\/(?:[^/]+\/)?v\w+\/(?:namespaces\/[^/]+\/)?([^/]+)/.exec(pathname) ?? []
  return searchParams.has('dryRun') ? `${kind} (dry run)` : kind
}
