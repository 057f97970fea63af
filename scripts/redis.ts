/**
 * A real Redis for tests, benchmarks and the demo. In this order: REDIS_URL, a server on PATH, Docker, the system's
 * package manager where it needs no password; else an error that says what to install.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOnPath, installWithApt } from './system-package.ts'

export type RedisServer = {
  url: string
  stop(): Promise<void>
  /** Of a server that was started here as a process of its own: it dies where it stands and starts with its files. */
  crash?(): Promise<void>
  /** The same with a while in between: what it returns starts the server again. */
  down?(): Promise<() => Promise<void>>
}

const names = ['redis-server', 'valkey-server']

/** Makes sure that `startRedis` will work; may install. Call it once before the tests. */
export function ensureRedis(env: NodeJS.ProcessEnv = process.env): void {
  if (env.REDIS_URL || findOnPath(names, env) || dockerWorks()) return
  if (installs()) return
  throw new Error(
    'No Redis: set REDIS_URL, or install one (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis).',
  )
}

/** Starts a private server with nothing in it. With REDIS_URL it is that server. */
export async function startRedis(options: { appendOnly?: boolean } = {}): Promise<RedisServer> {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, stop: async () => {} }
  const binary = findOnPath(names, process.env)
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const persistence = options.appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const settings = ['--save', '', ...persistence, '--maxmemory-policy', 'noeviction']
  if (!binary) return startInDocker(port, url, settings)
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-redis-'))
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, ...settings]
  let child = spawn(binary, args, { stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await answers(port, child)
  async function down() {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    return async () => {
      child = spawn(binary ?? '', args, { stdio: 'ignore' })
      await answers(port, child)
    }
  }
  return {
    url,
    down,
    crash: async () => (await down())(),
    async stop() {
      process.removeListener('exit', kill)
      await ended(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (!address || typeof address === 'string') throw new Error('no free port')
  return address.port
}

function dockerWorks(): boolean {
  return spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 5_000 }).status === 0
}

async function startInDocker(port: number, url: string, settings: string[]): Promise<RedisServer> {
  const name = `rollcall-redis-${port}`
  const publish = `127.0.0.1:${port}:6379`
  execFileSync(
    'docker',
    ['run', '-d', '--rm', '--name', name, '-p', publish, 'redis:8-alpine', 'redis-server', ...settings],
    {
      stdio: 'ignore',
    },
  )
  await answers(port)
  return { url, stop: async () => void spawnSync('docker', ['rm', '-f', name], { stdio: 'ignore' }) }
}

function installs(): boolean {
  if (installWithApt('redis-server')) return true
  if (!findOnPath(['brew'], process.env)) return false
  console.error('Installing redis with brew …')
  return spawnSync('brew', ['install', 'redis'], { stdio: 'inherit' }).status === 0
}

async function answers(port: number, child?: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    if (child && child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`)
    if (await accepts(port)) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`no Redis answered on port ${port} within 10 seconds`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('connect', () => socket.write('PING\r\n'))
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 3_000).unref()
  })
}
