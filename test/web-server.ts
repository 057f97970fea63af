/** A server with a page that says when it is ready, as those of the Prometheus project are, for tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../scripts/redis.ts'

export type WebServer = { url: string; stop(): Promise<void> }

/**
 * Starts one in a folder of its own, and waits until it is ready.
 *
 * @param prepare writes what it needs into the folder, and returns its arguments
 */
export async function startWebServer(
  name: string,
  binary: string,
  prepare: (dir: string) => Promise<string[]>,
): Promise<WebServer> {
  const dir = await mkdtemp(join(tmpdir(), `rollcall-${name.toLowerCase()}-`))
  const settings = await prepare(dir)
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(binary, [...settings, '--log.level=error', `--web.listen-address=${address}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const url = `http://${address}`
  const deadline = Date.now() + 60_000
  while (!(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`${name} ended with code ${child.exitCode}:\n${complaint}`)
    if (Date.now() > deadline) throw new Error(`${name} was not ready within 60 seconds:\n${complaint}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url,
    async stop() {
      process.removeListener('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}
