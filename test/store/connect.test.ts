import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { freePort, startRedis } from '../../scripts/redis.ts'
import { findOnPath } from '../../scripts/system-package.ts'
import { connectRedis } from '../../src/store/connect.ts'
import { redisAddress } from '../../src/store/redis-address.ts'

let sentinel: ChildProcess | undefined

afterEach(async () => {
  if (sentinel?.exitCode !== null) return
  const exited = once(sentinel, 'exit')
  sentinel.kill('SIGKILL')
  await exited
})

it('knows one server by its URL, and a group by what Sentinel calls it', () => {
  expect(redisAddress('rediss://user:pass@redis:6380/1')).toBe('rediss://user:pass@redis:6380/1')
  expect(redisAddress('redis+sentinel://:p%40ss@one,two:26380/main')).toEqual({
    name: 'main',
    password: 'p@ss',
    sentinels: [
      { host: 'one', port: 26379 },
      { host: 'two', port: 26380 },
    ],
  })
})

it('finds the master that Sentinel names', async () => {
  const master = await startRedis()
  onTestFinished(() => master.stop())
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-sentinel-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const port = await freePort()
  const file = join(dir, 'sentinel.conf')
  const { hostname, port: masterPort } = new URL(master.url)
  await writeFile(
    file,
    [`port ${port}`, 'bind 127.0.0.1', `sentinel monitor main ${hostname} ${masterPort} 1`, ''].join('\n'),
  )
  const server = findOnPath(['redis-server', 'valkey-server'], process.env)
  if (!server) throw new Error('Sentinel is part of redis-server: apt-get install redis-server, brew install redis')
  sentinel = spawn(server, [file, '--sentinel'], { stdio: 'ignore', cwd: dir })
  const probe = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: null, retryStrategy: () => 50 })
  probe.on('error', () => {})
  await probe.ping()
  probe.disconnect()

  const redis = await connectRedis(`redis+sentinel://127.0.0.1:${port}/main`)
  onTestFinished(() => redis.close())
  await redis.store.set('greeting', 'hello')
  const direct = new Redis(master.url)
  onTestFinished(() => direct.disconnect())
  expect(await direct.get('greeting')).toBe('hello')
})
