/** The playground: a page that looks like Slack, with the cluster beside it. On loopback only, and no production path. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Redis } from 'ioredis'
import { localeOf } from '../../src/upgrade/locale.ts'
import { gallery } from '../gallery/gallery.ts'
import type { World } from '../world.ts'
import { ActInput, TourInput } from './acts.ts'
import { readAudit } from './audit-view.ts'
import { type Asset, buildPage } from './page.ts'
import { performer } from './perform.ts'
import { createPipeline } from './pipeline.ts'
import type { ActResult, Chain, Health } from './protocol.ts'
import { createPublisher } from './publisher.ts'
import { sharedFile, slackEntries } from './slack-view.ts'
import { createTourGuide } from './tour-guide.ts'
import { createTroubleMaker } from './trouble.ts'
import { createWorkloadsView } from './workloads.ts'
import { describeWorkspace } from './workspace.ts'

export type Playground = { url: string; stop(): Promise<void> }

/** What is looked at when nobody says that it has changed: the audit trail, and whether Rollcall and Redis are there. */
const lookMs = 400
const portsToTry = 20
const longestBody = 64 * 1024

/** Nothing but the page's own files, and nothing inline. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/**
 * Serves the playground of a world.
 *
 * @param options.port taken ones are passed over, twenty at the most; 0 takes any free one
 */
export async function startPlayground(world: World, { port }: { port: number }): Promise<Playground> {
  const assets = await buildPage()
  const trouble = createTroubleMaker(world)
  const pipeline = createPipeline(world, () => publisher.touch())
  const perform = performer(world, { cause: trouble.cause, runPipeline: pipeline.run })
  const guide = createTourGuide(world)
  const workspace = () => describeWorkspace(world)
  const workloads = createWorkloadsView(world.cluster, world.place.namespaces)
  let audit: Chain[] = []

  const redis = new Redis(world.redisUrl, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => lookMs,
  })
  // Its absence is shown on the page.
  redis.on('error', () => {})

  const health = (): Health => ({
    rollcall: world.rollcall !== undefined,
    redis: redis.status === 'ready',
    slack: trouble.isSlackConnected(),
    firing: trouble.firing(),
  })
  const publisher = createPublisher(() => [
    ['workspace', workspace()],
    ['health', health()],
    ...pipeline.entries(),
    ...slackEntries(world.slack),
    ...workloads().map((one) => [`deployment/${one.namespace}/${one.name}`, one] as const),
    ...audit.map((one) => [`audit/${one.name}`, one] as const),
  ])
  const unsubscribe = [world.slack.onChange(publisher.touch), world.cluster.onChange(publisher.touch)]

  let looking = false
  const look = async () => {
    if (looking) return
    looking = true
    // Without Redis the last known trail stays on the page.
    if (redis.status === 'ready') audit = await readAudit(redis).catch(() => audit)
    publisher.touch()
    looking = false
  }
  const timer = setInterval(look, lookMs)

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      send(response, 500, problemOf(error))
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://playground')
    if (!isOurs(request, server)) return send(response, 403, { problem: 'This server talks to its own page only.' })
    if (request.method === 'POST') {
      if (request.headers['content-type'] !== 'application/json')
        return send(response, 415, { problem: 'JSON, please.' })
      const input = parseJson(await bodyOf(request))
      if (pathname === '/act') {
        const parsed = ActInput.safeParse(input)
        if (!parsed.success) return send(response, 400, { problem: parsed.error.message })
        return send(response, 200, await perform(parsed.data).catch(problemOf))
      }
      const parsed = TourInput.safeParse(input)
      if (pathname !== '/tour' || !parsed.success) return send(response, 400, { problem: 'POST /act or /tour.' })
      return send(response, 200, await guide[parsed.data.what]())
    }
    if (request.method !== 'GET') return send(response, 405, { problem: 'GET or POST.' })
    if (pathname === '/state') return publisher.subscribe(response)
    if (pathname === '/gallery.json') {
      const locale = localeOf(searchParams.get('locale') ?? undefined) ?? 'en'
      return send(response, 200, await gallery(workspace(), locale))
    }
    const [, file] = /^\/files\/(\w+)$/.exec(pathname) ?? []
    const asset = file ? sharedFile(world.slack, file) : assets.get(pages[pathname] ?? pathname)
    if (!asset) return send(response, 404, { problem: `There is no ${pathname}.` })
    sendAsset(response, asset)
  }

  const url = await listen(server, port)
  return {
    url,
    async stop() {
      clearInterval(timer)
      for (const end of unsubscribe) end()
      publisher.stop()
      await guide.stop()
      pipeline.stop()
      redis.disconnect()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const pages: Record<string, string> = { '/': '/index.html', '/gallery': '/gallery.html' }

/**
 * Another site in the same browser can reach loopback too: a foreign Host (DNS rebinding) or Origin, or a request that
 * the browser says is cross-site, is refused.
 */
function isOurs(request: IncomingMessage, server: Server): boolean {
  const port = portOf(server)
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  const { host = '', origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const typedOrOwn = site === undefined || site === 'same-origin' || (site === 'none' && request.method === 'GET')
  const isLink = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate'
  return hosts.includes(host) && (origin === undefined || origin === `http://${host}`) && (typedOrOwn || isLink)
}

async function listen(server: Server, wanted: number): Promise<string> {
  for (let port = wanted; ; port++) {
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return `http://127.0.0.1:${portOf(server)}`
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken || port >= wanted + portsToTry) throw error
    }
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk
    if (body.length > longestBody) throw new Error('That is too much for one request.')
  }
  return body
}

function problemOf(error: unknown): ActResult {
  return { problem: error instanceof Error ? error.message : String(error) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function send(response: ServerResponse, status: number, content: ActResult | object): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(content))
}

function sendAsset(response: ServerResponse, { type, body }: Asset): void {
  response.writeHead(200, { ...headers, 'content-type': type, 'cache-control': 'no-cache' })
  response.end(body)
}
