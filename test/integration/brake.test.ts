import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { eventually, type Workload } from '../conformance/workbench.ts'
import { carol, channel, dana } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { lasting, openShop, type Requested, type Shop, withImage } from '../upgrade-suite.ts'

const stop = 'rollcall.dev/stop'

const services = {
  rests: {},
  again: {},
  other: {},
  moves: {},
  soaks: { strategy: { soak: '10m' } },
  waits: {},
  ends: {},
  back: {},
  typo: {},
  success: { strategy: { batches: ['100%'] } },
  ended: { strategy: { batches: ['100%'] } },
  built: { strategy: { batches: ['100%'] } },
}

let shop: Shop
let people: Shop['people']

beforeAll(async () => {
  shop = await openShop(simulatedCluster, services, 60_000)
  people = shop.people
}, 120_000)

afterAll(() => shop?.close())

describe('what somebody writes on the workload', { timeout: 120_000 }, () => {
  it('holds at rest, is taken off again, and says who it was', async () => {
    const { workload, id } = await atRest('rests')

    await annotate(workload, { [stop]: 'hold', [`${stop}-reason`]: 'error <@U0CAROL> rate', [`${stop}-by`]: 'jane' })

    expect((await people.live(id, 'paused')).text).toContain('Paused by jane (through the cluster)')
    await cleared(workload)
    const told = await shop.slack.waitForMessage(({ text }) => text.includes('jane paused it in the cluster'))
    expect(told.text).toContain('error &lt;@U0CAROL&gt; rate')
    expect((await trail(id)).at(-1)).toMatchObject({
      action: 'paused',
      actor: { kind: 'kubernetes', user: 'jane' },
      reason: 'error <@U0CAROL> rate',
    })
    await shop.trailIsIntact()
  })

  it('can be resumed in Slack, and stops again when it is written again', async () => {
    const { workload, id } = await atRest('again')
    for (const _ of ['once', 'again']) {
      await annotate(workload, { [stop]: 'hold' })
      await people.live(id, 'paused')
      await cleared(workload)
      await resume(id)
      await people.live(id, 'awaitingContinue')
    }
    expect((await trail(id)).map(({ action }) => action).slice(-4)).toEqual(['paused', 'resumed', 'paused', 'resumed'])
  })

  it('stops a move where it is', async () => {
    const { workload, id, image } = await requested('moves', '1.5.0-slow')
    await people.approve(id)
    await eventually('the first batch has begun', async () => {
      return (await workload.get()).metadata?.annotations?.['rollcall.dev/upgrade']
    })

    await annotate(workload, { [stop]: 'hold' })

    await people.live(id, 'paused')
    await eventually('paused in the cluster', async () => ((await workload.get()).spec?.paused ? true : undefined))
    await cleared(workload)
    expect((await workload.counts(image)).new).toBeLessThanOrEqual(1)
  })

  it('rolls back out of a soak, and leaves nothing behind', async () => {
    const { workload, before, image, id } = await requested('soaks', '1.5.0')
    await people.approve(id)
    await people.live(id, 'verifying')

    await annotate(workload, { [stop]: 'rollback' })

    await people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    expect(lasting(await workload.get())).toEqual(lasting(before))
    await withoutCopies(workload)
  })

  it('holds before the start, when nothing on the workload says yet whose it is', async () => {
    const { workload, id } = await requested('waits', '1.5.0')

    await annotate(workload, { [stop]: 'hold' })

    await people.live(id, 'paused')
    await cleared(workload)
    await withoutCopies(workload)
    await resume(id)
    await people.live(id, 'awaitingApproval')
  })

  it('cancels before the start where it says rollback', async () => {
    const { workload, before, id } = await requested('ends', '1.5.0')

    await annotate(workload, { [stop]: 'rollback', [`${stop}-by`]: 'jane' })

    expect((await people.live(id, 'cancelled')).text).toContain('Cancelled by jane')
    await cleared(workload)
    await withoutCopies(workload)
    expect(lasting(await workload.get())).toEqual(lasting(before))
  })

  it('is taken off where no upgrade is under way, so that it does not hit the next one', async () => {
    const { workload, image, id } = await requested('back', '1.5.0')
    await people.type(dana, `cancel ${id}`)
    await people.live(id, 'cancelled')

    await annotate(workload, { [stop]: 'rollback' })

    await cleared(workload)
    await withoutCopies(workload)
    expect(await workload.counts(image)).toMatchObject({ new: 0 })
  })

  it('takes a success back within its window', async () => {
    const { workload, before, image, id } = await succeeded('success')

    await annotate(workload, { [stop]: 'rollback', [`${stop}-by`]: 'jane', [`${stop}-reason`]: 'errors' })

    expect((await people.live(id, 'rolledBack')).text).toContain('by jane (through the cluster)')
    await workload.restsAt(image, { old: 10, new: 0 })
    await cleared(workload)
    await withoutCopies(workload)
    expect(lasting(await workload.get())).toEqual(lasting(before))
    expect((await trail(id)).at(-2)).toMatchObject({ action: 'turnedBack', actor: { user: 'jane' }, reason: 'errors' })
    await shop.slack.waitForMessage(({ text }) => text.includes(id) && text.includes('jane asked in the cluster'))
    await shop.trailIsIntact()
  })

  it('that says hold where all is done is answered on the workload, and changes nothing', async () => {
    const { workload, before, image, id } = await succeeded('ended')
    const entries = await trail(id)

    await annotate(workload, { [stop]: 'hold' })

    await cleared(workload)
    await answered(
      'ended',
      new RegExp(`${id} is succeeded: hold changes nothing now \\(NOT_NOW\\); rollback takes it back`),
    )
    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
    expect(await trail(id)).toEqual(entries)
  })

  it('takes no success back that somebody built upon', async () => {
    const { workload, id } = await succeeded('built')
    const path = '/spec/template/spec/containers/0/image'
    await workload.patch({ op: 'replace', path, value: 'registry.example.com/shop/built:1.6.0' })

    await annotate(workload, { [stop]: 'rollback' })

    await cleared(workload)
    await answered('built', /rollback changes nothing now \(TARGET_CHANGED\)/)
    expect((await trail(id)).at(-1)).not.toMatchObject({ action: 'turnedBack' })
    expect((await workload.get()).spec?.template.spec?.containers[0]?.image).toContain(':1.6.0')
  })

  it('does nothing when it names another upgrade', async () => {
    const { workload, id } = await atRest('other')
    const before = await trail(id)

    await annotate(workload, { [stop]: 'rollback', [`${stop}-upgrade`]: 'rests-production-0' })

    await cleared(workload)
    expect(await trail(id)).toEqual(before)
  })

  it('that means nothing is told once, stops nothing, and is gone at the end', async () => {
    const { workload, before, image, id } = await requested('typo', '1.5.0')
    await annotate(workload, { [stop]: 'pause' })
    const told = await shop.slack.waitForMessage(({ text }) => text.includes('`rollcall.dev/stop=pause`'))
    expect(told.text).toContain('Nothing was stopped')

    await people.approve(id)
    for (const wanted of [1, 3, 5]) {
      await workload.restsAt(image, { old: 10 - wanted, new: wanted })
      await people.continue(id)
    }
    await people.live(id, 'succeeded')

    expect(lasting(await workload.get())).toEqual(lasting(withImage(before, image)))
    expect((await trail(id)).filter(({ action }) => action === 'stopUnknown')).toHaveLength(1)
    await withoutCopies(workload)
  })
})

function requested(service: keyof typeof services, version: string): Promise<Requested> {
  onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
  return shop.request(service, version)
}

async function succeeded(service: keyof typeof services): Promise<Requested> {
  const one = await requested(service, '1.5.0')
  await people.approve(one.id)
  await people.live(one.id, 'succeeded')
  await one.workload.restsAt(one.image, { old: 0, new: 10 })
  return one
}

/** What `kubectl describe` shows of a stop that was not carried out. */
async function answered(service: string, message: RegExp): Promise<void> {
  const fieldSelector = `involvedObject.name=${service}`
  await eventually(`an answer like ${message}`, async () => {
    const { items } = await shop.bench.core.listNamespacedEvent({ namespace: 'shop', fieldSelector })
    return items.some((one) => message.test(one.message ?? '')) ? true : undefined
  })
}

/** An upgrade that rests at one of ten new pods. */
async function atRest(service: keyof typeof services): Promise<Requested> {
  const one = await requested(service, '1.5.0')
  await people.approve(one.id)
  await people.live(one.id, 'awaitingContinue')
  await one.workload.restsAt(one.image, { old: 9, new: 1 })
  return one
}

async function resume(id: string): Promise<void> {
  const asked = await people.type(carol, `resume ${id}`)
  const { ts } = await asked.reply()
  await shop.slack.click({ user: carol, channel, ts, actionId: 'resume', confirm: true })
}

function annotate(workload: Workload, annotations: Record<string, string>): Promise<unknown> {
  const operations = Object.entries(annotations).map(([key, value]) => ({
    op: 'add' as const,
    path: `/metadata/annotations/${key.replaceAll('/', '~1')}`,
    value,
  }))
  return workload.patch(...operations)
}

async function cleared(workload: Workload): Promise<void> {
  await eventually('the stop is taken off', async () => {
    const keys = Object.keys((await workload.get()).metadata?.annotations ?? {})
    return keys.some((key) => key.startsWith(stop)) ? undefined : true
  })
}

async function withoutCopies(workload: Workload): Promise<void> {
  await eventually('no ReplicaSet has a copy', async () => {
    const keys = (await workload.replicaSets()).flatMap(({ metadata }) => Object.keys(metadata?.annotations ?? {}))
    return keys.some((key) => key.startsWith(stop)) ? undefined : true
  })
}

async function trail(id: string): Promise<Record<string, unknown>[]> {
  return (await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)).map((text) => JSON.parse(text))
}
