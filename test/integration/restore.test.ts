/** `rollcall restore` on a workload whose upgrade a Rollcall still knows. */
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { eventually, type Workload } from '../conformance/workbench.ts'
import type { FakeCluster } from '../fakes/cluster/cluster.ts'
import { startRollcall } from '../rollcall.ts'
import { carol, oscar, shopConfig } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { lasting, openShop, type Requested, type Shop } from '../upgrade-suite.ts'

const services = { moves: {}, rests: {}, first: {}, later: {}, again: {} }
const user = 'simulated-user'

let cluster: FakeCluster
let shop: Shop
let people: Shop['people']
let running: Shop['rollcall']

beforeAll(async () => {
  const started = await simulatedCluster()
  cluster = started.simulation
  shop = await openShop(async () => started, services, 60_000)
  people = shop.people
  running = shop.rollcall
}, 120_000)

afterAll(async () => {
  await running.stop()
  await shop.close()
})

describe('while Rollcall runs', { timeout: 180_000 }, () => {
  it.each([
    ['in the first move', 'moves', inTheFirstMove],
    ['at rest', 'rests', atRest],
  ] as const)(
    '%s it ends the upgrade as rolled back, and says who put the workload back with what',
    async (...given) => {
      const [, service, getThere] = given
      const { id, workload, before, image } = await getThere(service)

      const restored = await restore(service)

      expect(restored).toMatchObject({ code: 0, err: '' })
      expect(restored.out).toContain(`Restored: everything is as it was before ${id}.`)
      expect((await people.live(id, 'rolledBack')).text).toContain(`Rolled back by ${user} (through the cluster)`)
      const told = await shop.slack.waitForMessage(
        ({ text }) => text.includes(id) && text.includes('put the workload back'),
      )
      expect(told.text).toContain(`${user} put the workload back with \`rollcall restore\``)
      const actions = await actionsOf(id)
      expect(actions).toContain('turnedBack')
      expect(actions).not.toContain('rewound')
      expect(actions).not.toContain('changedOutside')
      await putBack(workload, image)
      await eventually('nothing of Rollcall is left', async () => {
        const annotations = Object.keys((await workload.get()).metadata?.annotations ?? {})
        return annotations.some((key) => key.startsWith('rollcall.dev/')) ? undefined : true
      })
      expect(lasting(await workload.get())).toEqual(lasting(before))
      await shop.trailIsIntact()
    },
  )
})

describe('while Rollcall is gone', { timeout: 180_000 }, () => {
  it('in the first move it leaves nothing behind, and Rollcall does not begin again by itself', async () => {
    const { id, workload, before, image } = await inTheFirstMove('first')
    await running.stop('SIGKILL')

    expect(await restore('first')).toMatchObject({ code: 0, err: '' })
    expect(lasting(await workload.get())).toEqual(lasting(before))

    await rollcallIsBack()
    const question = await people.question(id, 'alert')
    expect(question.text).toContain('undid the rollout')
    await people.live(id, 'paused')
    await putBack(workload, image)
    expect(lasting(await workload.get())).toEqual(lasting(before))

    await people.press(oscar, question, 'rollback')
    await people.live(id, 'rolledBack')
    await putBack(workload, image)
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it.each([
    ['in the first move', 'again', inTheFirstMove],
    ['at rest', 'later', atRest],
  ] as const)('%s an operator can have the approved share restored all the same', async (...given) => {
    const [, service, getThere] = given
    const { id, workload, image } = await getThere(service)
    await running.stop('SIGKILL')
    expect(await restore(service)).toMatchObject({ code: 0, err: '' })
    await putBack(workload, image)

    await rollcallIsBack()
    await people.press(carol, await people.question(id, 'alert'), 'restore')

    await people.live(id, 'awaitingContinue')
    await workload.restsAt(image, { old: 9, new: 1 })
    await shop.trailIsIntact()
  })
})

async function inTheFirstMove(service: keyof typeof services): Promise<Requested> {
  onTestFailed(() => console.error(running.output().split('\n').slice(-30).join('\n')))
  const requested = await shop.request(service, '1.5.0-slow')
  await people.approve(requested.id)
  await eventually('the first move has begun', async () => {
    return (await requested.workload.get()).metadata?.annotations?.['rollcall.dev/upgrade']
  })
  return requested
}

async function atRest(service: keyof typeof services): Promise<Requested> {
  onTestFailed(() => console.error(running.output().split('\n').slice(-30).join('\n')))
  const requested = await shop.request(service, '1.5.0')
  await people.approve(requested.id)
  await people.live(requested.id, 'awaitingContinue')
  await requested.workload.restsAt(requested.image, { old: 9, new: 1 })
  return requested
}

function restore(service: string): Promise<{ code: number; out: string; err: string }> {
  const words = ['src/main.ts', 'restore', `deployment/${service}`, '--namespace', 'shop']
  const env = { PATH: process.env.PATH, KUBECONFIG: cluster.kubeconfig }
  return new Promise((resolve) => {
    execFile(process.execPath, words, { env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err })
    })
  })
}

async function rollcallIsBack(): Promise<void> {
  const { kubeconfig } = cluster
  const config = shopConfig(services)
  running = await startRollcall({ config, redisUrl: shop.redisServer.url, kubeconfig, slack: shop.slack })
}

async function putBack(workload: Workload, image: string): Promise<void> {
  await workload.restsAt(image, { old: 10, new: 0 })
  await workload.staysQuiet()
}

async function actionsOf(id: string): Promise<string[]> {
  return (await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)).map((text) => JSON.parse(text).action)
}
