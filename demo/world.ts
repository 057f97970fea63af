/**
 * Everything that Rollcall needs around it, on this machine: Redis, Slack's double with the shop's people, the
 * simulated cluster with the shop in it, and Rollcall itself as the process its users run.
 */
import { randomBytes } from 'node:crypto'
import { ensureRedis, freePort, startRedis } from '../scripts/redis.ts'
import type { Locale } from '../src/upgrade/locale.ts'
import { type Delay, type FakeCluster, startCluster } from '../test/fakes/cluster/cluster.ts'
import { anImage } from '../test/fakes/registry/image.ts'
import { type FakeRegistry, startRegistry } from '../test/fakes/registry/registry.ts'
import type { FakeSlack, InjectedFault } from '../test/fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../test/rollcall.ts'
import { startMetrics } from './metrics.ts'
import {
  channel,
  type Pace,
  type People,
  type Place,
  people,
  pipeline,
  type Service,
  type ShopConfig,
  services,
  shopConfig,
  shopManifests,
  shopSlack,
  simulatedPlace,
} from './shop.ts'
import { startValve } from './valve.ts'

/** Slack, Redis and Rollcall beside some cluster; what is written here can be made to fail, one part at a time. */
export type Stage = {
  slack: FakeSlack
  /** Where Rollcall reaches Redis; nobody answers there after `stopRedis`. */
  redisUrl: string
  /** The process that runs now; undefined after `killRollcall`. */
  readonly rollcall: Rollcall | undefined
  config: ShopConfig
  /** Its ID; #releases. */
  channel: string
  people: People
  services: Service[]
  place: Place
  kubeconfig: string
  /** Starts Rollcall, after ending it in good order where it still runs. */
  restartRollcall(): Promise<void>
  /** `kill -9`. */
  killRollcall(): Promise<void>
  /** Redis is no longer reached; it keeps what it has. */
  stopRedis(): Promise<void>
  startRedis(): Promise<void>
  /** Neither side reaches the other any more. */
  disconnectSlack(): void
  connectSlack(): void
  /** What its pipeline and its Alertmanager prove themselves to Rollcall with. */
  tokens: { pipeline: string; alertmanager: string }
  /**
   * Sets the language of the channel, and that of people in Slack. A Rollcall that runs is started anew: it reads the one
   * at its start, and remembers the other.
   */
  speak(locale: Locale, to: { channel: boolean; people: readonly string[] }): Promise<void>
  stop(): Promise<void>
}

/** As Slack names them. */
const slackLocales: Record<Locale, string> = { en: 'en-US', zh: 'zh-CN' }

export type World = Stage & { cluster: FakeCluster }

export type WorldOptions = {
  /** From a pod's start to Ready, milliseconds. The default is slow enough to watch. */
  readyDelayMs?: Delay
  pace?: Partial<Pace>
}

const watchable: Pace = { soak: '2s', readyTimeout: '12s', grace: '3s', remindAfter: '2m' }

/** Starts the shop on the simulated cluster, with Rollcall ready to take its first command. */
export async function startWorld({ readyDelayMs = [500, 1_400], pace }: WorldOptions = {}): Promise<World> {
  await using started = new AsyncDisposableStack()
  const registry = await shopRegistry()
  started.defer(() => registry.stop())
  const cluster = await startCluster({ readyDelayMs: 1, terminateDelayMs: 300 })
  started.defer(() => cluster.stop())
  const metrics = await startMetrics(cluster)
  started.defer(() => metrics.stop())
  const place: Place = {
    ...simulatedPlace,
    ...ofRegistry(registry.host),
    pace: { ...watchable, ...pace },
    prometheus: metrics.url,
  }
  cluster.seed(shopManifests(place, services))
  await allReady(cluster)
  cluster.setReadyDelay(readyDelayMs)
  const surroundings = started.move()
  const cleanUp = () => surroundings.disposeAsync()
  const stage = await startStage({ place, services, kubeconfig: cluster.kubeconfig, cleanUp })
  return Object.assign(stage, { cluster })
}

/** A registry with an image of each version; the older ones are there to be chosen by mistake. */
async function shopRegistry(): Promise<FakeRegistry> {
  const registry = await startRegistry()
  for (const { name, runs, versions } of services) {
    for (const tag of [...olderThan(runs), runs, ...versions.map((version) => version.tag)]) {
      registry.push(`shop/${name}`, tag, anImage({ content: `${name} ${tag}` }))
    }
  }
  return registry
}

/** `1.4.2` → `1.4.1`, `1.4.0` */
function olderThan(version: string): string[] {
  const [major, minor, patch] = version.split('.')
  return Array.from({ length: Number(patch) }, (_, index) => `${major}.${minor}.${index}`)
}

function ofRegistry(host: string): Pick<Place, 'image' | 'registries'> {
  return { image: (service) => `${host}/shop/${service}`, registries: { [host]: { insecure: true } } }
}

export type StageOptions = {
  place: Place
  services: Service[]
  kubeconfig: string
  /** Of the kubeconfig; its current one when absent. */
  context?: string
  /** Environment variables for Rollcall. */
  env?: Record<string, string>
  /** Called when everything else has ended, or did not start. */
  cleanUp(): Promise<void>
}

/** Starts everything but the cluster. What was started is ended again when a later part fails. */
export async function startStage({ place, services, kubeconfig, context, env, cleanUp }: StageOptions): Promise<Stage> {
  await using started = new AsyncDisposableStack()
  started.defer(cleanUp)
  ensureRedis()
  const redis = await startRedis()
  started.defer(() => redis.stop())
  const { hostname, port } = new URL(redis.url)
  const valve = await startValve({ host: hostname, port: Number(port || 6379) })
  started.defer(() => valve.close())
  const redisUrl = throughValve(redis.url, valve.port)
  const slack = await shopSlack()
  started.defer(() => slack.stop())
  const config = shopConfig(place, services, context)

  const tokens = { pipeline: randomBytes(32).toString('hex'), alertmanager: randomBytes(32).toString('hex') }
  const settings = {
    ...env,
    // Whoever waits for it finds it where it was.
    PORT: String(await freePort()),
    ROLLCALL_API_TOKEN: `${pipeline}=${tokens.pipeline}`,
    ROLLCALL_WEBHOOK_TOKEN: `alertmanager=${tokens.alertmanager}`,
  }
  const launch = () => startRollcall({ config, redisUrl, kubeconfig, slack, env: settings })
  let rollcall: Rollcall | undefined = await launch()
  // Nothing of it is kept, so nobody waits for it to finish what it does.
  started.defer(() => end('SIGKILL'))
  let outage: InjectedFault | undefined

  async function end(signal: NodeJS.Signals) {
    const running = rollcall
    rollcall = undefined
    await running?.stop(signal)
  }

  function connectSlack() {
    outage?.clear()
    outage = undefined
    if (rollcall) slack.connect({ requestUrl: `${rollcall.url}/slack/events` })
  }

  async function restartRollcall() {
    await end('SIGTERM')
    rollcall = await launch()
  }

  const running = started.move()
  return {
    slack,
    redisUrl,
    get rollcall() {
      return rollcall
    },
    config,
    channel,
    people,
    services,
    place,
    kubeconfig,
    restartRollcall,
    killRollcall: () => end('SIGKILL'),
    stopRedis: () => valve.close(),
    startRedis: () => valve.open(),
    disconnectSlack() {
      outage ??= slack.fault({ kind: 'connection_reset', times: Number.POSITIVE_INFINITY })
      // Port 9 discards: nothing listens there.
      slack.connect({ requestUrl: 'http://127.0.0.1:9/slack/events' })
    },
    connectSlack,
    tokens,
    async speak(locale, to) {
      if (to.channel) config.slack.locale = locale
      for (const person of to.people) slack.modifyUser(person, { locale: slackLocales[locale] })
      if (rollcall) await restartRollcall()
    },
    stop: () => running.disposeAsync(),
  }
}

function throughValve(url: string, port: number): string {
  const through = new URL(url)
  if (through.protocol !== 'redis:') throw new Error('The demo needs a plain REDIS_URL (redis://), or none.')
  through.hostname = '127.0.0.1'
  through.port = String(port)
  return through.href
}

async function allReady(cluster: FakeCluster): Promise<void> {
  const available = () =>
    cluster.store.list('deployments').every((one) => {
      const { spec, status } = one as { spec?: { replicas?: number }; status?: { availableReplicas?: number } }
      return status?.availableReplicas === spec?.replicas
    })
  await new Promise<void>((resolve) => {
    const unsubscribe = cluster.onChange(() => {
      if (!available()) return
      unsubscribe()
      resolve()
    })
  })
}
