import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { eventually, type Workload } from '../conformance/workbench.ts'
import type { FakeCluster } from '../fakes/cluster/cluster.ts'
import { startRollcall } from '../rollcall.ts'
import { carol, channel, shopConfig } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { lasting, openShop, type Shop } from '../upgrade-suite.ts'

const services = {
  held: {},
  back: {},
  waits: {},
  alone: {},
  gone: {},
  first: {},
  going: {},
  denied: {},
  done: { strategy: { batches: ['100%'] } },
}
const user = 'simulated-user'

let cluster: FakeCluster
let shop: Shop
let people: Shop['people']
let dir: string
let running: Shop['rollcall']

beforeAll(async () => {
  const started = await simulatedCluster()
  cluster = started.simulation
  shop = await openShop(async () => started, services, 60_000)
  people = shop.people
  running = shop.rollcall
  dir = await mkdtemp(join(tmpdir(), 'rollcall-brake-'))
  await writeFile(join(dir, 'rollcall.yaml'), stringify(shopConfig(services)))
}, 120_000)

afterAll(async () => {
  await running.stop()
  await shop.close()
  await rm(dir, { recursive: true })
})

/** Runs a command as somebody does who has a kubeconfig and nothing else. */
function rollcall(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, KUBECONFIG: cluster.kubeconfig, ROLLCALL_CONFIG: join(dir, 'none.yaml') }
  return withEnvironment(env, args)
}

function withEnvironment(env: Record<string, string | undefined>, args: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, ['src/main.ts', ...args], { env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err })
    })
  })
}

async function atRest(service: keyof typeof services) {
  const requested = await shop.request(service, '1.5.0')
  await people.approve(requested.id)
  await people.live(requested.id, 'awaitingContinue')
  await requested.workload.restsAt(requested.image, { old: 9, new: 1 })
  return requested
}

function stopsOf(workload: Workload): Promise<string[]> {
  return workload
    .get()
    .then(({ metadata }) => Object.keys(metadata?.annotations ?? {}).filter((key) => /stop/.test(key)))
}

async function trail(id: string): Promise<Record<string, unknown>[]> {
  return (await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)).map((text) => JSON.parse(text))
}

async function actionsOf(id: string): Promise<unknown[]> {
  return (await trail(id)).map(({ action }) => action)
}

async function rollcallIsGone(): Promise<void> {
  await running.stop('SIGKILL')
}

async function rollcallIsBack(): Promise<void> {
  const { kubeconfig } = cluster
  const config = shopConfig(services)
  running = await startRollcall({ config, redisUrl: shop.redisServer.url, kubeconfig, slack: shop.slack })
}

describe('while Rollcall runs', { timeout: 180_000 }, () => {
  it('`pause` has it hold within the second, by the name that the API server knows the caller by', async () => {
    const { id, workload } = await atRest('held')

    const paused = await rollcall('pause', id, '--reason', 'error rate')

    expect(paused).toMatchObject({ code: 0, err: '' })
    expect(paused.out).toContain(`shop/held: rollcall.dev/stop=hold is on it, as ${user}`)
    expect(paused.out).toContain(`Rollcall has taken it: ${id} is held.`)
    expect((await people.live(id, 'paused')).text).toContain(`Paused by ${user} (through the cluster) «error rate»`)
    expect(await stopsOf(workload)).toEqual([])
    expect((await trail(id)).at(-1)).toMatchObject({ action: 'paused', actor: { kind: 'kubernetes', user } })
  })

  it('`rollback` has it roll back', async () => {
    const { id, workload, before, image } = await atRest('back')

    expect((await rollcall('rollback', id)).out).toContain(`Rollcall has taken it: ${id} rolls back.`)

    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('finds an upgrade that has not started by rollcall.yaml, or by the workload’s name', async () => {
    const { id } = await shop.request('waits', '1.5.0')
    const nowhere = await rollcall('pause', id)
    expect(nowhere.code).toBe(1)
    expect(nowhere.err).toContain('--deployment NAMESPACE/NAME')

    const env = { PATH: process.env.PATH, KUBECONFIG: cluster.kubeconfig, ROLLCALL_CONFIG: join(dir, 'rollcall.yaml') }
    expect((await withEnvironment(env, ['pause', id])).out).toContain('it is held')
    await people.live(id, 'paused')
    expect((await rollcall('rollback', id, '--deployment', 'shop/waits')).out).toContain('it is cancelled')
    await people.live(id, 'cancelled')
  })

  it('says what a stop comes to after the end: nothing to pause, and a success that is taken back', async () => {
    const { id, workload, before, image } = await shop.request('done', '1.5.0')
    await people.approve(id)
    await people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })

    const paused = await rollcall('pause', id, '--deployment', 'shop/done')
    expect(paused.code).toBe(1)
    expect(paused.err).toContain(`${id} is succeeded: hold changes nothing now`)

    const back = await rollcall('rollback', id, '--deployment', 'shop/done')
    expect(back).toMatchObject({ code: 0, err: '' })
    expect(back.out).toContain('if it has just succeeded there, it rolls back')
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('says which upgrades there are when it does not find the one that is meant', async () => {
    const misspelt = await rollcall('pause', 'held-production-11')
    expect(misspelt).toMatchObject({ code: 1, out: '' })
    expect(misspelt.err).toContain('is under held-production-11; did you mean held-production-1?')
    expect(misspelt.err).toContain('Under way there: held-production-1 (shop/held)')

    const other = await rollcall('pause', 'web-production-1', '--deployment', 'shop/held')
    expect(other.err).toContain('Deployment shop/held is under held-production-1, not web-production-1')
    expect((await rollcall('pause', 'web-production-1', '--deployment', 'shop/nothing')).err).toContain('There is no')
    expect((await rollcall('pause', 'held-production-1', '--namespace', 'default')).err).toContain('namespace default')
  })

  it('tells whoever may not patch the workload so, and changes nothing', async () => {
    const { id, workload } = await atRest('denied')
    const { metadata } = await workload.get()
    // Rollcall itself has nothing to patch while it waits for somebody to continue.
    const allow = cluster.forbid('patch', 'deployments')
    try {
      const { code, out, err } = await rollcall('rollback', id)
      expect(code).toBe(1)
      expect(out).toBe('')
      expect(err).toContain(`${user} may not patch Deployment shop/denied. Nothing was changed.`)
    } finally {
      allow()
    }
    expect((await workload.get()).metadata?.generation).toBe(metadata?.generation)
    expect((await trail(id)).at(-1)).not.toMatchObject({ action: 'turnedBack' })
  })
})

describe('while Rollcall is gone', { timeout: 180_000 }, () => {
  beforeEach(() => {
    return async () => {
      await rollcallIsGone()
      await rollcallIsBack()
    }
  })

  it('`pause` stops a move by itself, and Rollcall accounts for it when it is back', async () => {
    const { id, workload, image } = await shop.request('alone', '1.5.0-slow')
    await people.approve(id)
    await eventually(
      'a move has begun',
      async () => (await workload.get()).metadata?.annotations?.['rollcall.dev/upgrade'],
    )
    await rollcallIsGone()

    const paused = await rollcall('pause', id, '--wait', '0')

    expect(paused).toMatchObject({ code: 0, err: '' })
    expect(paused.out).toMatch(/Held: [01] of 10 replicas are on the new revision, and nothing moves/)
    expect((await workload.get()).spec?.paused).toBe(true)
    await workload.staysQuiet()
    expect((await workload.counts(image)).new).toBeLessThanOrEqual(1)

    await rollcallIsBack()
    await people.live(id, 'paused')
    await eventually('the stop is taken off', async () => ((await stopsOf(workload)).length === 0 ? true : undefined))
    expect((await trail(id)).at(-1)).toMatchObject({
      action: 'paused',
      actor: { kind: 'kubernetes', user },
      detail: { carriedOutAt: expect.any(String) },
    })
    await shop.slack.waitForMessage(({ text }) => text.includes(id) && text.includes('it was done without it'))

    expect(await actionsOf(id)).not.toContain('changedOutside')

    const asked = await people.type(carol, `resume ${id}`)
    const { ts } = await asked.reply()
    await shop.slack.click({ user: carol, channel, ts, actionId: 'resume', confirm: true })
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
  })

  it.each([
    ['at rest', 'gone', '1.5.0'],
    ['in the first move', 'first', '1.5.0-slow'],
  ] as const)(
    '`rollback` brings everything back by itself %s, and the upgrade ends as rolled back',
    async (_, service, version) => {
      const { id, workload, before, image } =
        service === 'gone' ? await atRest(service) : await shop.request(service, version)
      if (service === 'first') {
        await people.approve(id)
        await eventually('a move has begun', async () => {
          return (await workload.get()).metadata?.annotations?.['rollcall.dev/upgrade']
        })
      }
      await rollcallIsGone()

      const back = await rollcall('rollback', id, '--wait', '0', '--reason', 'errors')

      expect(back).toMatchObject({ code: 0, err: '' })
      expect(back.out).toContain('no Rollcall answers; it is done from here')
      expect(back.out).toContain('10 of 10 replicas are on the old revision, 10 are Ready')
      expect(back.out).toContain(`Rolled back: everything is as it was before ${id}.`)
      await workload.restsAt(image, { old: 10, new: 0 })
      const left = await workload.get()
      expect(left.spec).toEqual(before.spec)
      expect(left.metadata?.annotations).toMatchObject({
        'rollcall.dev/stop': 'rollback',
        'rollcall.dev/stop-by': user,
      })
      expect(left.metadata?.annotations).not.toHaveProperty(['rollcall.dev/upgrade'])

      await rollcallIsBack()
      expect((await people.live(id, 'rolledBack')).text).toContain(
        `Rolled back by ${user} (through the cluster) «errors»`,
      )
      expect((await trail(id)).slice(-2)).toMatchObject([
        { action: 'turnedBack', actor: { kind: 'kubernetes', user }, reason: 'errors' },
        { action: 'reached' },
      ])
      expect(lasting(await workload.get())).toEqual(lasting(before))
      expect(await actionsOf(id)).not.toContain('changedOutside')
      await eventually('no trace is left', async () => {
        const copies = (await workload.replicaSets()).flatMap(({ metadata }) =>
          Object.keys(metadata?.annotations ?? {}),
        )
        return copies.some((key) => key.startsWith('rollcall.dev/')) ? undefined : true
      })
      await workload.restsAt(image, { old: 10, new: 0 })
    },
  )

  it('a rollback is not paused', async () => {
    const { id, workload } = await atRest('going')
    await rollcallIsGone()
    cluster.freezeControllers()
    try {
      const rollback = rollcall('rollback', id, '--wait', '0')
      await eventually('the old template is back', async () => {
        const { spec } = await workload.get()
        return spec?.template.spec?.containers[0]?.image?.endsWith(':1.4.2') ? true : undefined
      })
      const pause = await rollcall('pause', id, '--wait', '0')
      expect(pause.code).toBe(1)
      expect(pause.err).toContain('is on its way back, and that is not paused')
      cluster.thawControllers()
      expect((await rollback).code).toBe(0)
    } finally {
      cluster.thawControllers()
    }
  })
})
