import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { freePort, type RedisServer, startRedis } from '../../scripts/redis.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { keys } from '../../src/store/keys.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { auditKey } from '../../src/upgrade/audit-chain.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, channel, dana, desk, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

// Processes start in a second or two, and much more slowly on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let rollcall: Rollcall | undefined

beforeAll(async () => {
  ;[cluster, slack, redis] = await Promise.all([startCluster(), shopSlack(), startRedis()])
  cluster.seed([shopDeployment('web'), shopDeployment('api')])
})
afterEach(async () => {
  await rollcall?.stop()
  rollcall = undefined
})
afterAll(async () => {
  await Promise.all([cluster.stop(), slack.stop(), redis.stop()])
})

const start = (config: unknown = shopConfig()) =>
  startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })

/** Runs `rollcall serve` where it cannot start. */
async function failsToStart(env: Record<string, string>, config: unknown = shopConfig()) {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-'))
  const file = join(dir, 'rollcall.yaml')
  await writeFile(file, typeof config === 'string' ? config : stringify(config))
  const began = performance.now()
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: {
      PATH: process.env.PATH,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      REDIS_URL: redis.url,
      KUBECONFIG: cluster.kubeconfig,
      ROLLCALL_CONFIG: file,
      PORT: '0',
      ...env,
    },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code] = await once(child, 'exit')
  await rm(dir, { recursive: true })
  return { code, said, seconds: (performance.now() - began) / 1000 }
}

describe('a start that cannot succeed', () => {
  it('names everything that does not answer, where it looked and what to do, within 10 seconds', async () => {
    const redisUrl = `redis://:hunter2@127.0.0.1:${await freePort()}`
    const kubeconfig = join(tmpdir(), `nowhere-${process.pid}.kubeconfig`)
    const server = `http://127.0.0.1:${await freePort()}`
    await writeFile(kubeconfig, cluster.kubeconfigYaml.replaceAll(cluster.url, server))
    const env = { REDIS_URL: redisUrl, SLACK_BOT_TOKEN: 'xoxb-not-the-one', KUBECONFIG: kubeconfig }
    const { code, said, seconds } = await failsToStart(env)
    await rm(kubeconfig)
    expect(code).toBe(1)
    expect(seconds).toBeLessThan(10)
    expect(said).toContain(`No Redis answers at redis://…@${redisUrl.split('@')[1]}`)
    expect(said).toContain('set REDIS_URL')
    expect(said).toContain(server.slice('http://'.length))
    expect(said).toContain('invalid_auth')
    expect(said).not.toContain('hunter2')
    expect(said).not.toContain('xoxb-not-the-one')
  })

  it('lists every problem of the configuration, with exit code 2', async () => {
    const config = 'version: 1\nslack: { chanel: C0RELEASES }\nclusters: { eu: {} }\nservices: {}\nroels: {}\n'
    const { code, said } = await failsToStart({}, config)
    expect(code).toBe(2)
    expect(said).toContain('chanel')
    expect(said).toContain('did you mean "channel"')
    expect(said).toContain('roels')
  })

  it('lists every variable that is missing, with exit code 2', async () => {
    const { code, said } = await failsToStart({ SLACK_BOT_TOKEN: '', SLACK_SIGNING_SECRET: '' })
    expect(code).toBe(2)
    expect(said).toContain('SLACK_BOT_TOKEN is not set')
    expect(said).toContain('SLACK_SIGNING_SECRET is not set')
  })
})

describe('a start without the audit key', () => {
  it('is refused once there was one', async () => {
    const own = await startRedis()
    const store = new Redis(own.url)
    const entry = { actor: { kind: 'system', reason: 'START' }, action: 'configured', target: 'rollcall.yaml' } as const
    const more = { outcome: 'done', from: {}, to: {}, requestId: 'r' } as const
    const auditKeys = [auditKey('k'.repeat(32))]
    await redisUpgrades(store, { auditKeys }).recordAdmin({ ...entry, ...more })
    const { code, said } = await failsToStart({ REDIS_URL: own.url })
    expect(code).toBe(2)
    expect(said).toContain('ROLLCALL_AUDIT_KEY is not set')
    store.disconnect()
    await own.stop()
  }, 60_000)
})

describe('a changed configuration', () => {
  it('is taken up on SIGHUP, audited and posted when it changes who may do what', async () => {
    rollcall = await start()
    const config = shopConfig()
    config.roles['release-managers'] = { users: [alice, bob, nina] }
    await rollcall.reconfigure(config)
    const posted = await slack.waitForMessage((message) => message.text.includes('Who may do what has changed'))
    expect(posted.text).toContain(`<@${nina}>`)
    const store = new Redis(redis.url)
    const [entry] = await store.lrange('{rollcall}:audit:admin', -1, -1)
    store.disconnect()
    expect(JSON.parse(entry ?? '{}')).toMatchObject({
      action: 'configured',
      detail: { permissions: [{ service: 'web', permission: 'approve', added: [nina], removed: [] }] },
    })
  })

  it('is refused when it is not valid, and the old one stays', async () => {
    rollcall = await start()
    const { log } = rollcall
    await rollcall.reconfigure({ version: 2 })
    await expect.poll(() => log().some(({ level }) => level === 50), { timeout: 5_000 }).toBe(true)
    const answer = await (await desk(slack).type(dana, 'whoami')).reply()
    expect(JSON.stringify(answer)).toContain('web')
  })
})

describe('a process that dies', () => {
  it('loses no decision and doubles no message: another goes on where it was', async () => {
    const people = desk(slack)
    rollcall = await start()
    await people.type(dana, 'web 1.5.0')
    const id = 'web-production-1'
    const question = await people.question(id, 'start')
    await people.press(alice, question, 'approve')
    await rollcall.stop('SIGKILL')
    rollcall = await start()
    await people.press(bob, question, 'approve')
    await rollcall.stop('SIGKILL')
    rollcall = await start()
    await people.live(id, 'awaitingContinue')
    await people.question(id, 'continue')
    await people.reply(carol, id, 'don’t roll back yet')
    await people.reply(dana, id, 'rollback: I asked for it')
    await slack.waitForEphemeral(({ user, text }) => user === dana && text.startsWith('You may not operate'))
    await people.reply(carol, id, 'rollback, users cannot pay')
    await people.live(id, 'rolledBack')
    const shown = slack
      .messages(channel)
      .filter(({ metadata, deleted }) => !deleted && metadata?.event_payload.id === id)
      .map(({ metadata }) => `${metadata?.event_type} ${metadata?.event_payload.step ?? ''}`)
    expect(shown).toEqual([...new Set(shown)])
    const store = new Redis(redis.url)
    expect((await verifyTrail(store)).faults).toEqual([])
    store.disconnect()
  }, 60_000)

  it('finishes what runs on SIGTERM and ends with exit code 0', async () => {
    rollcall = await start()
    expect(await rollcall.stop('SIGTERM')).toBe(0)
    rollcall = undefined
  })
})

describe('a look around', () => {
  it('logs what would not stop a start, once it is ready, and notes what Slack sends', async () => {
    rollcall = await start()
    const found = () => rollcall?.log().filter(({ doctor }) => doctor !== undefined) ?? []
    await expect
      .poll(
        () =>
          found()
            .map(({ doctor }) => doctor)
            .sort(),
        { timeout: 30_000 },
      )
      .toEqual(['AUDIT_KEY_NOT_SET', 'REDIS_NOT_PERSISTENT'])
    expect(found()).toContainEqual(
      expect.objectContaining({ level: 40, severity: 'problem', command: expect.stringContaining('appendonly yes') }),
    )
    expect(rollcall.log().findIndex(({ msg }) => msg === 'ready')).toBeLessThan(
      rollcall.log().findIndex(({ doctor }) => doctor !== undefined),
    )

    const store = new Redis(redis.url)
    await store.del(keys.arrived)
    await desk(slack).type(dana, 'whoami')

    await expect.poll(() => store.hkeys(keys.arrived), { timeout: 30_000 }).toEqual(['since', 'command'])
    store.disconnect()
  })
})

describe('probes', () => {
  it('tell that the process runs, what it needs, and its figures', async () => {
    rollcall = await start()
    const { url } = rollcall
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      redis: true,
      slack: true,
      'cluster:eu': true,
      config: true,
    })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('rollcall_dependency_up{dependency="redis"} 1')
    expect(metrics).toContain('process_resident_memory_bytes')
    await cluster.down('unavailable')
    const unready = await fetch(`${url}/readyz`)
    await cluster.up()
    expect(unready.status).toBe(503)
    expect(await unready.json()).toMatchObject({ redis: true, 'cluster:eu': false })
  })

  it('are beside a log that tells the story of one upgrade, without a secret', async () => {
    const people = desk(slack)
    rollcall = await start(shopConfig({ api: {} }))
    await people.type(dana, 'api 1.5.0 --reason "nightly"')
    const id = 'api-production-1'
    await people.approve(id)
    await people.live(id, 'awaitingContinue')
    await people.type(carol, `rollback ${id}`)
    await people.live(id, 'rolledBack')
    const story = rollcall.log().filter(({ upgrade }) => upgrade === id)
    const events = story.flatMap(({ event }) => (typeof event === 'string' ? [event] : []))
    expect(events.filter((event, index) => event !== events[index - 1])).toEqual([
      ...['requested', 'prepared', 'approved', 'started', 'reached', 'checked', 'turnedBack', 'reached'],
    ])
    expect(story.every(({ requestId, event }) => !event || typeof requestId === 'string')).toBe(true)
    for (const secret of [slack.botToken, slack.signingSecret, '/response/']) {
      expect(rollcall.output()).not.toContain(secret)
    }
  })
})
