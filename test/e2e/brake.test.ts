/** Stopping an upgrade with nothing but the right to patch its workload, and with nobody there to ask. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type Workload, watchExtremes } from '../conformance/workbench.ts'
import { controlPlaneAssets } from '../control-plane/build.ts'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { startRollcall } from '../rollcall.ts'
import { carol, channel, shopConfig } from '../shop.ts'
import { lasting, openShop, type Shop } from '../upgrade-suite.ts'

const services = { noted: {}, held: {}, denied: {}, partly: {}, back: {}, killed: {}, kubectl: {}, restored: {} }
const waitMs = 60_000
const onCall = 'system:serviceaccount:people:on-call'

let controlPlane: ControlPlane
let shop: Shop
let people: Shop['people']
let running: Shop['rollcall'] | undefined
let redisUp: (() => Promise<void>) | undefined
/** By ServiceAccount. */
const kubeconfigs: Record<string, string> = {}

beforeAll(async () => {
  const cluster = await controlPlaneForRollcall([100, 300])
  controlPlane = cluster.controlPlane
  await controlPlane.kubectl(['create', 'namespace', 'people'])
  for (const name of ['on-call', 'reader', 'stranger']) {
    await controlPlane.kubectl(['create', 'serviceaccount', name, '-n', 'people'])
    kubeconfigs[name] = await controlPlane.kubeconfigFor({ serviceAccount: name, namespace: 'people' })
  }
  await grant('on-call', 'rollcall-brake')
  const readable = 'deployments.apps,replicasets.apps,pods,configmaps'
  await controlPlane.kubectl(['create', 'clusterrole', 'reader', '--verb=get,list,watch', `--resource=${readable}`])
  await grant('reader', 'reader')
  shop = await openShop(async () => cluster, services, waitMs, { durable: true })
  people = shop.people
  running = shop.rollcall
  // Redis is taken away on purpose; the connection comes back by itself.
  shop.redis.on('error', () => {})
}, 30 * 60_000)

afterEach(() => everythingIsBack())

afterAll(async () => {
  await running?.stop()
  await shop?.close()
})

describe('whoever may patch the workload', () => {
  it('writes what they want on it, and Rollcall does it', async () => {
    const { id, workload } = await atRest('noted')
    await kubectl('annotate', 'deployment/noted', 'rollcall.dev/stop=hold', 'rollcall.dev/stop-reason=error rate')
    await people.live(id, 'paused')
    await cleared(workload)
    expect((await trail(id)).at(-1)).toMatchObject({
      action: 'paused',
      actor: { kind: 'kubernetes', manager: 'kubectl-annotate' },
      reason: 'error rate',
    })

    const back = await rollcall('on-call', 'rollback', id, '-n', 'shop')
    expect(back).toMatchObject({ code: 0, err: '' })
    expect(back.out).toContain(`Rollcall has taken it: ${id} rolls back.`)
    await people.live(id, 'rolledBack')
    expect((await trail(id)).at(-2)).toMatchObject({
      action: 'turnedBack',
      actor: { kind: 'kubernetes', user: onCall },
    })
    await shop.trailIsIntact()
  })

  it('stops a move with Redis gone, and goes on from there when it is back', async () => {
    const { id, workload, image } = await inTheFirstMove('held')
    await redisIsGone()

    const paused = await rollcall('on-call', 'pause', id, '-n', 'shop', '--wait', '1', '--reason', 'error rate')
    expect(paused).toMatchObject({ code: 0, err: '' })
    expect(paused.out).toContain('Held: ')
    expect((await workload.get()).spec?.paused).toBe(true)
    await workload.staysQuiet()
    const { new: held } = await workload.counts(image)
    expect(held).toBeLessThanOrEqual(1)

    await everythingIsBack()
    expect((await people.live(id, 'paused')).text).toContain(`Paused by ${onCall} (through the cluster)`)
    await cleared(workload)
    expect(await actionsOf(id)).toEqual(['requested', 'prepared', 'approved', 'approved', 'started', 'paused'])
    expect(await workload.counts(image)).toMatchObject({ new: held })
    await resume(id)
    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
  })

  it('takes an upgrade back with Redis and Rollcall gone, and it ends as what it was', async () => {
    const { id, workload, before, image } = await inTheFirstMove('back')
    await rollcallIsGone()
    await redisIsGone()

    const watch = await watchExtremes(workload, image)
    const back = await rollcall('on-call', 'rollback', id, '-n', 'shop', '--wait', '1', '--reason', 'error rate')
    expect(back).toMatchObject({ code: 0, err: '' })
    expect(back.out).toContain('10 of 10 replicas are on the old revision, 10 are Ready')
    expect((await watch.stop()).mostNew).toBeLessThanOrEqual(1)
    expect((await workload.get()).spec).toEqual(before.spec)

    await everythingIsBack()
    const { text } = await people.live(id, 'rolledBack')
    expect(text).toContain(`Rolled back by ${onCall} (through the cluster) «error rate»`)
    expect((await trail(id)).slice(-2)).toMatchObject([
      { action: 'turnedBack', reason: 'error rate', detail: { carriedOutAt: expect.any(String) } },
      { action: 'reached', detail: { updated: 0, ready: 10, total: 10 } },
    ])
    expect(await actionsOf(id)).not.toContain('changedOutside')
    await untouched(workload, before)
    await shop.trailIsIntact()
  })

  it('is killed half-way back, and a Rollcall that comes back goes on with it', async () => {
    const { id, workload, before, image } = await atRest('killed')
    await rollcallIsGone()
    controlPlane.pauseControllers()
    const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfigs['on-call'] }
    const child = spawn(process.execPath, ['src/main.ts', 'rollback', id, '-n', 'shop', '--wait', '0'], {
      env,
      stdio: 'ignore',
    })
    await eventually('the way back has begun', async () => {
      return (await workload.get()).spec?.template.spec?.containers[0]?.image !== image ? true : undefined
    })
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    controlPlane.resumeControllers()

    await everythingIsBack()
    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(await actionsOf(id)).not.toContain('changedOutside')
    await untouched(workload, before)
  })

  it('brings the old version back with kubectl alone, and it ends as what it was', async () => {
    const { id, workload, before, image } = await inTheFirstMove('kubectl')
    await rollcallIsGone()
    await kubectl('annotate', 'deployment/kubectl', 'rollcall.dev/stop=rollback')
    for (const step of ['back', 'restore']) {
      const patch = await kubectl('get', 'configmap', 'rollcall-kubectl', '-o', `jsonpath={.data.${step}\\.json}`)
      await kubectl('patch', 'deployment', 'kubectl', '--type=json', '-p', patch)
      await kubectl('rollout', 'status', 'deployment/kubectl', '--timeout=60s')
    }

    await everythingIsBack()
    expect((await people.live(id, 'rolledBack')).text).toContain('by kubectl-annotate (through the cluster)')
    expect(await actionsOf(id)).not.toContain('changedOutside')
    await workload.restsAt(image, { old: 10, new: 0 })
    await untouched(workload, before)
  })

  it('restores a workload, and is told what they may not tidy up', async () => {
    const { id, workload, image } = await atRest('restored')
    await rollcallIsGone()
    const { code, out, err } = await rollcall('on-call', 'restore', 'deployment/restored', '--namespace', 'shop')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('your account may not')
    await workload.restsAt(image, { old: 10, new: 0 })

    await everythingIsBack()
    expect((await people.live(id, 'rolledBack')).text).toContain('by rollcall-restore (through the cluster)')
    expect(await actionsOf(id)).not.toContain('changedOutside')
  })
})

describe('nobody else', () => {
  it.each([
    ['while Rollcall runs', async () => {}],
    ['with Rollcall and Redis gone', () => Promise.all([rollcallIsGone(), redisIsGone()])],
  ])('stops anything, %s', async (_, disaster) => {
    const { id, workload } = await known()
    const { metadata } = await workload.get()
    await disaster()
    const inShop = ['--wait', '0', '--namespace', 'shop']
    const commands = [
      ['pause', id, ...inShop],
      ['rollback', id, ...inShop],
      ['pause', id, '--wait', '0', '--deployment', 'shop/denied'],
      ['restore', 'deployment/denied', '--namespace', 'shop'],
    ]
    for (const who of ['reader', 'stranger']) {
      for (const command of commands) {
        const { code, out, err } = await rollcall(who, ...command)
        expect({ code, who, command }).toEqual({ code: 1, who, command })
        expect(out).not.toMatch(/stop=|Restored|Held|Rolled back/)
        expect(err).toMatch(/forbidden|may not patch/i)
      }
      const annotate = ['annotate', 'deployment/denied', '-n', 'shop', 'rollcall.dev/stop=rollback']
      await expect(controlPlane.kubectl(annotate, { kubeconfig: kubeconfigs[who] ?? '' })).rejects.toThrow(/forbidden/i)
    }
    expect((await workload.get()).metadata?.generation).toBe(metadata?.generation)
    await everythingIsBack()
    expect((await people.live(id)).metadata?.event_payload).toMatchObject({ phase: 'awaitingContinue' })
  })

  it('is told who they are and what they lack', async () => {
    const { id } = await known()
    const { err } = await rollcall('reader', 'pause', id, '--namespace', 'shop')
    expect(err).toContain(
      'system:serviceaccount:people:reader may not patch Deployment shop/denied. Nothing was changed.',
    )
    expect(err).toContain('rollcall-brake')
    const nowhere = await rollcall('on-call', 'pause', id)
    expect(nowhere.err).toContain('neither everywhere nor in the namespace default')
  })
})

let denied: ReturnType<typeof atRest> | undefined

function known() {
  denied ??= atRest('denied')
  return denied
}

async function grant(account: string, role: string): Promise<void> {
  const whom = ['--clusterrole', role, '--serviceaccount', `people:${account}`]
  await controlPlane.kubectl(['create', 'rolebinding', account, '-n', 'shop', ...whom])
}

/** With the rights of somebody on call. */
function kubectl(...args: string[]): Promise<string> {
  return controlPlane.kubectl([...args, '-n', 'shop'], { kubeconfig: kubeconfigs['on-call'] ?? '' })
}

async function rollcall(who: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const path = [await controlPlaneAssets(), process.env.PATH].join(delimiter)
  const env = { PATH: path, KUBECONFIG: kubeconfigs[who], ROLLCALL_CONFIG: join(controlPlane.dir, 'none.yaml') }
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['src/main.ts', ...args], { env })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}

async function atRest(service: keyof typeof services) {
  const requested = await shop.request(service, '1.5.0')
  await people.approve(requested.id)
  await people.live(requested.id, 'awaitingContinue')
  await requested.workload.restsAt(requested.image, { old: 9, new: 1 })
  return requested
}

async function inTheFirstMove(service: keyof typeof services) {
  const requested = await shop.request(service, '1.5.0-slow')
  await people.approve(requested.id)
  await eventually('the first move has begun', async () => {
    return (await requested.workload.get()).metadata?.annotations?.['rollcall.dev/upgrade']
  })
  return requested
}

async function rollcallIsGone(): Promise<void> {
  await running?.stop('SIGKILL')
  running = undefined
}

async function redisIsGone(): Promise<void> {
  redisUp = await shop.redisServer.down?.()
}

async function everythingIsBack(): Promise<void> {
  await redisUp?.()
  redisUp = undefined
  const { kubeconfig } = shop.cluster
  const { url } = shop.redisServer
  running ??= await startRollcall({ config: shopConfig(services), redisUrl: url, kubeconfig, slack: shop.slack })
}

async function resume(id: string): Promise<void> {
  const asked = await people.type(carol, `resume ${id}`)
  const { ts } = await asked.reply()
  await shop.slack.click({ user: carol, channel, ts, actionId: 'resume', confirm: true })
}

async function trail(id: string): Promise<Record<string, unknown>[]> {
  return (await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)).map((text) => JSON.parse(text))
}

async function actionsOf(id: string): Promise<unknown[]> {
  return (await trail(id)).map(({ action }) => action)
}

async function cleared(workload: Workload): Promise<void> {
  await eventually('the stop is taken off', async () => {
    const keys = Object.keys((await workload.get()).metadata?.annotations ?? {})
    return keys.some((key) => key.startsWith('rollcall.dev/stop')) ? undefined : true
  })
}

/** Nothing of the upgrade is left, neither on the Deployment nor on its ReplicaSets. */
async function untouched(workload: Workload, before: Awaited<ReturnType<Workload['get']>>): Promise<void> {
  await cleared(workload)
  expect(lasting(await workload.get())).toEqual(lasting(before))
  await eventually('no ReplicaSet has a mark', async () => {
    const keys = (await workload.replicaSets()).flatMap(({ metadata }) => Object.keys(metadata?.annotations ?? {}))
    return keys.some((key) => key.startsWith('rollcall.dev/')) ? undefined : true
  })
}
