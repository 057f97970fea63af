/**
 * A real image registry for tests: the one on PATH, the system's package where that needs no password, else an error
 * that says what to install.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from './redis.ts'
import { findOnPath, installWithApt } from './system-package.ts'

export type RegistryServer = {
  /** `127.0.0.1:port`, as it stands in image names. */
  host: string
  url: string
  stop(): Promise<void>
}

/** Parts of its own configuration: https://distribution.github.io/distribution/about/configuration/ */
export type RegistryConfig = {
  http?: Record<string, unknown>
  auth?: Record<string, unknown>
  notifications?: Record<string, unknown>
}

/** As Debian calls it, and as its authors do. */
const names = ['docker-registry', 'registry']

/** Makes sure that `startRegistry` will work; may install. Call it once before the tests. */
export function ensureRegistry(env: NodeJS.ProcessEnv = process.env): void {
  if (findOnPath(names, env) || installWithApt('docker-registry', env)) return
  throw new Error('No image registry: install one (Debian and Ubuntu: apt-get install docker-registry).')
}

/** Starts a private registry with nothing in it, on the loopback interface. */
export async function startRegistry({ http, auth, notifications }: RegistryConfig = {}): Promise<RegistryServer> {
  const binary = findOnPath(names, process.env)
  if (!binary) throw new Error('no image registry on PATH; ensureRegistry comes first')
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const url = `${http && 'tls' in http ? 'https' : 'http'}://${host}`
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, 'data') } },
    http: { addr: host, ...http },
    ...(auth && { auth }),
    ...(notifications && { notifications }),
  }
  const file = join(dir, 'config.yml')
  await writeFile(file, stringify(config))
  const child = spawn(binary, ['serve', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await answers(host, child, () => said)
  return {
    host,
    url,
    async stop() {
      process.removeListener('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function answers(host: string, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the registry ended with code ${child.exitCode}:\n${said()}`)
    // Plain HTTP at a port with TLS is answered, too.
    const answer = await fetch(`http://${host}/v2/`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (answer) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no registry answered at ${host} within 30 seconds:\n${said()}`)
}
