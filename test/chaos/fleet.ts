import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freePort } from '../../scripts/redis.ts'
import type { Connection } from '../control-plane/api-client.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import type { Passage, Side, Write } from './crossing.ts'
import { startHttpProxy } from './http-proxy.ts'
import { startRedisProxy } from './redis-proxy.ts'
import { clusterWrite, redisWrite, slackWrite } from './writes.ts'

const source = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** One process from its start to its end. */
export type Life = {
  slot: number
  pid: number
  bornAt: number
  /** Listens for Slack: the last thing that a start does. */
  ready: boolean
  /** Why it is no more; asked for by us, or not. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  over: boolean
  /** Its end was asked for. */
  asked: boolean
  kill(signal?: NodeJS.Signals): void
}

/** Where one process after the other runs: its port, and its own ways to everything that it writes to. */
export type Slot = {
  index: number
  port: number
  logFile: string
  /** The newest process; may be over. */
  life?: Life
  start(): Life
  /** Cuts what leads to the cluster, watches too. */
  cutCluster(): void
}

export type FleetOptions = {
  slots: number
  dir: string
  /** The content of rollcall.yaml. */
  config: unknown
  redis: { port: number }
  /** The API server, and the token of Rollcall's own account. */
  cluster: Connection
  slack: FakeSlack
  /** @returns false: the write, or its answer, is lost with its connection */
  onWrite(slot: Slot, write: Write, side: Side): boolean
}

export type Fleet = { slots: Slot[]; stop(): Promise<void> }

/** The slots of a fleet; nothing runs in them yet. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const file = join(options.dir, 'rollcall.yaml')
  await writeFile(file, stringify(options.config))
  const opened = await Promise.all(Array.from({ length: options.slots }, (_, index) => openSlot(options, index, file)))
  const slots = opened.map(({ slot }) => slot)
  const killAll = () => {
    for (const { life } of slots) if (life && !life.over) life.kill()
  }
  process.once('exit', killAll)
  return {
    slots,
    async stop() {
      process.removeListener('exit', killAll)
      killAll()
      await Promise.all(slots.map(({ life }) => life?.ended))
      await Promise.all(opened.flatMap(({ proxies }) => proxies.map((proxy) => proxy.stop())))
    },
  }
}

async function openSlot(options: FleetOptions, index: number, config: string) {
  const { dir, redis, cluster, slack } = options
  const crossing = { passes: (write: Write, side: Side): boolean => options.onWrite(slot, write, side) }
  const proxies = await Promise.all([
    startRedisProxy(redis, redisWrite, crossing),
    startHttpProxy(
      { url: cluster.url, ca: cluster.ca, classify: clusterWrite, tookEffect: (status) => status < 300 },
      crossing,
    ),
    startHttpProxy(
      {
        url: `http://127.0.0.1:${slack.port}`,
        classify: slackWrite,
        tookEffect: (status, body) => status === 200 && body.includes('"ok":true'),
      },
      crossing,
    ),
  ])
  const [toRedis, toCluster, toSlack]: [Passage, Passage, Passage] = proxies
  const kubeconfig = join(dir, `slot-${index}.kubeconfig`)
  await writeFile(kubeconfig, kubeconfigOf(`http://127.0.0.1:${toCluster.port}`, cluster.token), { mode: 0o600 })
  const port = await freePort()
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    // A start from the cache takes half as long.
    NODE_COMPILE_CACHE: join(dir, 'compile-cache'),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: `http://127.0.0.1:${toSlack.port}/api/`,
    REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
    KUBECONFIG: kubeconfig,
    ROLLCALL_CONFIG: config,
    PORT: String(port),
    LOG_LEVEL: 'info',
  }
  const slot: Slot = {
    index,
    port,
    logFile: join(dir, `slot-${index}.log`),
    start() {
      slot.life = begin(slot, env)
      return slot.life
    },
    cutCluster: () => toCluster.cut(),
  }
  return { slot, proxies }
}

function begin({ index, port, logFile }: Slot, env: NodeJS.ProcessEnv): Life {
  const log = openSync(logFile, 'a')
  const child: ChildProcess = spawn(process.execPath, [source, 'serve'], { stdio: ['ignore', log, log], env })
  closeSync(log)
  const life: Life = {
    slot: index,
    pid: child.pid ?? 0,
    bornAt: Date.now(),
    ready: false,
    over: false,
    asked: false,
    ended: once(child, 'exit').then(([code, signal]) => {
      life.over = true
      life.ready = false
      return { code, signal }
    }),
    kill(signal = 'SIGKILL') {
      life.asked = true
      child.kill(signal)
    },
  }
  void untilListening(port, life)
  return life
}

async function untilListening(port: number, life: Life): Promise<void> {
  while (!life.over && !life.ready) {
    if (await listens(port)) life.ready = !life.over
    else await delay(25)
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** A kubeconfig as JSON, which is YAML as well. */
function kubeconfigOf(server: string, token: string): string {
  const name = 'chaos'
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    // client-node wants to be told that it is meant to be without TLS, on loopback.
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}
