import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Workload } from '../conformance/workbench.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { carol, dana, shopConfig, shopDeployment } from '../shop.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

let cluster: FakeCluster
let shop: Shop
let dir: string
let env: Record<string, string | undefined>

const auditKey = 'known-to-whoever-verifies-and-not-to-redis'

beforeAll(async () => {
  cluster = await startCluster()
  const { kubeconfig } = cluster
  const started = { kubeconfig, adminKubeconfig: kubeconfig, stop: () => cluster.stop() }
  shop = await openShop(async () => started, { web: {} }, 10_000, { env: { ROLLCALL_AUDIT_KEY: auditKey } })
  dir = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
  const file = join(dir, 'rollcall.yaml')
  await writeFile(file, stringify(shopConfig()))
  env = {
    PATH: process.env.PATH,
    ROLLCALL_CONFIG: file,
    KUBECONFIG: kubeconfig,
    REDIS_URL: shop.redisServer.url,
    ROLLCALL_AUDIT_KEY: auditKey,
  }
})
afterAll(async () => {
  await shop.close()
  await rm(dir, { recursive: true })
})

/** Runs a command as a user does, with nothing of this process. */
function rollcall(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return rollcallWith({}, ...args)
}

function rollcallWith(changes: Record<string, string>, ...args: string[]): ReturnType<typeof rollcall> {
  const options = { env: { ...env, ...changes }, timeout: 15_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/main.ts', ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err })
    })
  })
}

it('`plan` shows checks and steps without doing anything, and fails where the upgrade could not start', async () => {
  cluster.seed([shopDeployment('web')])
  const live = new Workload(shop.bench, 'web')
  const { metadata, spec } = await live.get()
  const good = await rollcall('plan', 'web', '1.5.0')
  expect(good).toMatchObject({ code: 0, err: '' })
  expect(good.out).toContain('1. 1 of 10 pods')
  expect(good.out).toMatch(
    /^Pod template: containers\[app\]\.image from \S+:1\.4\.2 to \S+:1\.5\.0, and nothing else\.$/m,
  )
  expect(good.out).toContain('kubectl patch deployment web --namespace shop --type json --patch')
  expect(good.out).not.toMatch(/[*`<]/)
  const same = await rollcall('plan', 'web', '1.4.2')
  expect(same.code).toBe(1)
  const after = await live.get()
  expect(after.spec).toEqual(spec)
  expect(after.metadata?.generation).toBe(metadata?.generation)
  const redis = new Redis(shop.redisServer.url)
  const freeze = { scope: 'service:web', by: 'U0ROOT', reason: 'the sale', since: '2026-07-01T12:00:00.000Z' }
  await redis.hset('{rollcall}:freezes', freeze.scope, JSON.stringify(freeze))
  const frozen = await rollcall('plan', 'web', '1.5.0')
  await redis.del('{rollcall}:freezes')
  redis.disconnect()
  expect(frozen.code).toBe(1)
  expect(frozen.out).toContain('«the sale»')

  const unknown = await rollcall('plan', 'wbe', '1.5.0')
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('did you mean web?')
}, 60_000)

it('`history` and `audit` tell what happened, and name what was tampered with', async () => {
  const { people } = shop
  await people.type(dana, 'web 1.5.0')
  const id = 'web-production-1'
  await people.approve(id)
  await people.press(carol, await people.question(id, 'continue'), 'rollback')
  await people.live(id, 'rolledBack')

  const history = await rollcall('history', '--csv')
  expect(history.out.split('\n')[0]).toBe('date,version,environment,operator,result,note')
  expect(history.out).toMatch(/1\.5\.0,production,U0DANA,rolledBack,.*web-production-1/)
  expect((await rollcall('audit', 'verify')).out).toContain('The audit trail is intact')

  // The next plan of the same workload knows from it how long a batch and the way back take.
  const asked = await people.type(dana, 'plan web 1.5.1')
  const { text = '' } = await asked.reply()
  expect(text).toContain(`The last one, ${id}, was rolled back.`)
  expect(text).toMatch(/take about .* going by one batch before/)
  expect(text).toMatch(/never below 10 Ready\. It took .* last time \(web-production-1\)\./)

  const exported = await rollcall('audit', 'export', '--upgrade', id)
  const actions = exported.out.trim().split('\n')
  expect(actions.map((line) => JSON.parse(line).action)).toEqual([
    'requested',
    'prepared',
    'approved',
    'approved',
    'started',
    'reached',
    'checked',
    'turnedBack',
    'reached',
  ])

  const file = join(dir, 'audit.jsonl')
  await writeFile(file, exported.out)
  const compared = await rollcall('audit', 'verify', '--upgrade', id, '--against', file)
  expect(compared.out).toContain(`Compared with ${actions.length} exported entries; 0 are newer`)
  expect(compared.code).toBe(0)
  for (const ROLLCALL_AUDIT_KEY of ['', 'x'.repeat(32)]) {
    const without = await rollcallWith({ ROLLCALL_AUDIT_KEY }, 'audit', 'verify', '--against', file)
    expect(without.code).toBe(2)
    expect(without.out + without.err).toContain('Cannot verify')
    expect(without.out + without.err).not.toMatch(/intact|tampered/)
  }
  expect(shop.rollcall.output()).not.toContain(auditKey)
  expect((await rollcall('audit', 'verify', '--against', join(dir, 'nowhere'))).code).toBe(2)

  const redis = new Redis(shop.redisServer.url)
  await redis.ltrim(`{rollcall}:audit:${id}`, 0, -2)
  const cut = await rollcall('audit', 'verify', '--against', file)
  expect(cut).toMatchObject({ code: 1, err: expect.stringContaining(`${id}: entry ${actions.length} was removed`) })
  await redis.rpush(`{rollcall}:audit:${id}`, actions.at(-1) ?? '')
  await redis.lset(`{rollcall}:audit:${id}`, 2, (actions[2] ?? '').replace('U0ALICE', 'U0DANA'))
  redis.disconnect()
  const tampered = await rollcall('audit', 'verify')
  expect(tampered.code).toBe(1)
  expect(tampered.err).toContain(`${id}: entry 3 was edited`)
}, 60_000)
