import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { freePort } from '../scripts/redis.ts'

/** Starts a TypeScript file of this folder on the Node that runs now; it ends with this process. */
export function startFile(file: string, env: Record<string, string> = {}): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))
  return child
}

/** Gives a file its order on stdin, and returns what it prints; both are JSON. */
export async function askFile<Answer>(file: string, order: unknown): Promise<Answer> {
  const child = startFile(file)
  child.stdin?.end(JSON.stringify(order))
  const [printed] = await Promise.all([child.stdout ? text(child.stdout) : '', once(child, 'exit')])
  if (child.exitCode !== 0) throw new Error(`${file} ended with ${child.exitCode ?? child.signalCode}`)
  return JSON.parse(printed) as Answer
}

/** Starts `bare-bolt.ts` and waits until it serves. */
export async function startBareBolt(signingSecret: string): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = startFile('bare-bolt.ts', { PORT: String(port), SLACK_SIGNING_SECRET: signingSecret })
  child.stdout?.resume()
  for (let deadline = Date.now() + 15_000; ; ) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) break
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('the bare Bolt app did not start')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
