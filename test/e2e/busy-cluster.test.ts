import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { carol } from '../shop.ts'
import { during, lasting, openShop, type Shop, throughEveryBatch, withImage } from '../upgrade-suite.ts'

let shop: Shop
let kubectl: (args: string[], options?: { input?: string }) => Promise<string>

beforeAll(async () => {
  const start = async () => {
    const prepared = await controlPlaneForRollcall([100, 400])
    kubectl = (args, options) => prepared.controlPlane.kubectl(args, options)
    return prepared
  }
  shop = await openShop(start, { web: {}, back: {}, bad: { strategy: { readyTimeout: '5s' } } }, 120_000)
})
afterAll(() => shop?.close())

/** Adds and removes 150 pods next door, over and over, so that the controllers are late. */
function noisyNeighbour(): { stop(): Promise<number> } {
  let going = true
  let pods = 0
  const run = async () => {
    await kubectl([
      'create',
      'deployment',
      'neighbour',
      '-n',
      'default',
      '--image=registry.example.com/noise:1',
      '--replicas=0',
    ])
    while (going) {
      await kubectl(['scale', 'deployment', 'neighbour', '--replicas=150'])
      pods += 150
      await kubectl(['rollout', 'status', 'deployment', 'neighbour', '--timeout=5s']).catch(() => '')
      await kubectl(['scale', 'deployment', 'neighbour', '--replicas=0'])
    }
    await kubectl(['delete', 'deployment', 'neighbour'])
  }
  const running = run()
  return {
    async stop() {
      going = false
      await running
      return pods
    },
  }
}

describe('while a neighbour adds and removes 150 pods, so that the controllers lag', () => {
  it('every batch is exact, forward and back', async () => {
    const { people } = shop
    const web = await shop.request('web', '1.5.0')
    const back = await shop.request('back', '1.5.0')
    const bad = await shop.request('bad', '2.0.0-bad')
    const neighbour = noisyNeighbour()
    for (const seen of await throughEveryBatch(people, web)) {
      expect(seen.mostNew).toBe(seen.wanted)
      expect(seen.leastReady).toBeGreaterThanOrEqual(10)
      expect(seen.mostWanted).toBeLessThanOrEqual(12)
    }
    expect(lasting(await web.workload.get())).toEqual(lasting(withImage(web.before, web.image)))

    const forward = await during(back.workload, back.image, async () => {
      await people.approve(back.id)
      await people.live(back.id, 'awaitingContinue')
      await people.continue(back.id)
      await back.workload.restsAt(back.image, { old: 7, new: 3 })
      await people.press(carol, await people.question(back.id, 'continue'), 'rollback')
      await people.live(back.id, 'rolledBack')
      await back.workload.restsAt(back.image, { old: 10, new: 0 })
    })
    expect(forward.mostNew).toBeLessThanOrEqual(3)
    expect(forward.leastReady).toBeGreaterThanOrEqual(10)
    expect(forward.mostWanted).toBeLessThanOrEqual(12)
    expect(lasting(await back.workload.get())).toEqual(lasting(back.before))

    const failed = await during(bad.workload, bad.image, async () => {
      await people.approve(bad.id)
      await people.live(bad.id, 'rolledBack')
      await bad.workload.restsAt(bad.image, { old: 10, new: 0 })
    })
    expect(failed.mostNew).toBe(1)
    expect(failed.leastReady).toBeGreaterThanOrEqual(10)
    expect(lasting(await bad.workload.get())).toEqual(lasting(bad.before))

    expect(await neighbour.stop()).toBeGreaterThanOrEqual(300)
    await shop.trailIsIntact()
  })
})
