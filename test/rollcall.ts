/** Rollcall as its users run it: the real process, told by its environment where everything is. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freePort } from '../scripts/redis.ts'

const source = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export type RollcallOptions = {
  /** Node's own options and the file to run; the source when absent. */
  node?: string[]
  /** The content of rollcall.yaml. */
  config: unknown
  redisUrl: string
  kubeconfig: string
  slack: {
    apiUrl: string
    botToken: string
    signingSecret: string
    /** Reached by Socket Mode when it is there. */
    socketMode?: { appToken: string } | undefined
    connect(to: { requestUrl: string }): void
  }
  env?: Record<string, string>
}

export type Rollcall = {
  url: string
  pid: number
  /** Log lines so far, parsed. */
  log(): Record<string, unknown>[]
  /** Everything it printed. */
  output(): string
  /** Writes a new rollcall.yaml and sends SIGHUP. */
  reconfigure(config: unknown): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts Rollcall, waits until it is ready and points Slack at it. */
export async function startRollcall(options: RollcallOptions): Promise<Rollcall> {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-'))
  const file = join(dir, 'rollcall.yaml')
  await writeFile(file, stringify(options.config))
  const port = Number(options.env?.PORT ?? (await freePort()))
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [...(options.node ?? [source]), 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      SLACK_BOT_TOKEN: options.slack.botToken,
      ...(options.slack.socketMode
        ? { SLACK_APP_TOKEN: options.slack.socketMode.appToken }
        : { SLACK_SIGNING_SECRET: options.slack.signingSecret }),
      SLACK_API_URL: options.slack.apiUrl,
      REDIS_URL: options.redisUrl,
      KUBECONFIG: options.kubeconfig,
      ROLLCALL_CONFIG: file,
      PORT: String(port),
      LOG_LEVEL: 'info',
      ...options.env,
    },
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  await ready(url, child, () => output)
  options.slack.connect({ requestUrl: `${url}/slack/events` })
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    log: () => output.split('\n').flatMap(parseLine),
    async reconfigure(config) {
      await writeFile(file, stringify(config))
      child.kill('SIGHUP')
    },
    async stop(signal = 'SIGTERM') {
      process.removeListener('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill(signal)
        await exited
      }
      await rm(dir, { recursive: true, force: true })
      return child.exitCode
    },
  }
}

async function ready(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`Rollcall ended with code ${child.exitCode}:\n${output()}`)
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  child.kill('SIGKILL')
  throw new Error(`Rollcall was not ready within 60 seconds:\n${output()}`)
}

function parseLine(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>]
  } catch {
    return []
  }
}
