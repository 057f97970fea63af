import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureRedis, freePort } from '../../scripts/redis.ts'
import { findOnPath } from '../../scripts/system-package.ts'

/** A Redis that can be killed and comes back with everything that it ever acknowledged. */
export type DurableRedis = {
  port: number
  url: string
  /** SIGKILL, a while without any, and a new process on the same files. */
  restart(downMs: number): Promise<void>
  stop(): Promise<void>
}

export async function startDurableRedis(): Promise<DurableRedis> {
  ensureRedis({ ...process.env, REDIS_URL: '' })
  const binary = findOnPath(['redis-server', 'valkey-server'], process.env)
  if (!binary) throw new Error('The chaos suite kills Redis: it needs redis-server or valkey-server on PATH.')
  const command = binary
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-chaos-redis-'))
  const port = await freePort()
  const persistence = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--maxmemory-policy', 'noeviction']

  async function start(): Promise<ChildProcess> {
    const child = spawn(command, [...args, ...persistence], { stdio: 'ignore' })
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${command} ended with code ${child.exitCode}`)
      await delay(20)
    }
    return child
  }
  async function kill(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  let running = await start()
  process.once('exit', () => running.kill('SIGKILL'))
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async restart(downMs) {
      await kill(running)
      await delay(downMs)
      running = await start()
    },
    async stop() {
      await kill(running)
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** PONG, not LOADING. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
    socket.once('connect', () => socket.write('PING\r\n'))
  })
}
