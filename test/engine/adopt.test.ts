/** What an upgrade is taken over by: a record that lies where others can write too. */
import { beforeEach, describe, expect, it } from 'vitest'
import { adopt } from '../../src/engine/adopt.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Marked } from '../../src/engine/ports.ts'
import type { Request } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, aPolicy, noon, someFacts } from '../an-upgrade.ts'
import { MemoryUpgrades } from './memory-upgrades.ts'

const { id, request } = anUpgrade()
const policy = aPolicy()

let upgrades: MemoryUpgrades
let told: { id: string; hasRecord: boolean }[]
let logged: string[]
let again: number

beforeEach(() => {
  upgrades = new MemoryUpgrades(() => noon)
  told = []
  logged = []
  again = 0
})

function parts(marked: Marked | undefined): Parts {
  const ignored = async () => {}
  const parts = {
    upgrades,
    targets: () => ({ marked: async () => marked, tell: ignored }),
    queue: { reconcile: ignored, reconcileAt: async () => void again++, show: ignored },
    display: { orphaned: async (id: string, _: unknown, hasRecord: boolean) => void told.push({ id, hasRecord }) },
    config: () => ({
      services: () => [{ name: policy.service, environments: [policy.environment] }],
      policyFor: () => policy,
      hash: 'one',
    }),
    goesBy: async () => true,
    log: {
      info() {},
      warn: (_: object, text: string) => logged.push(text),
      error: (_: object, text: string) => logged.push(text),
    },
  }
  return parts as unknown as Parts
}

/** A workload with 3 of 10 new pods, and what its record says was asked for. */
function aWorkload(changes: Partial<Request> = {}): Marked {
  const record = { facts: someFacts(), strategy: 'rolling' as const, request: { ...request, ...changes } }
  const { mark, uid } = { mark: { id, sequence: 8 }, uid: 'd1' }
  return { mark, uid, clusterUid: 'c1', found: { updated: 3, ready: 10, total: 10 }, seen: [id], record }
}

const image = (name: string): Partial<Request> => ({ image: request.image.replace(policy.image, name) })

describe('an upgrade that the store has lost', () => {
  it('is taken over by a record that fits its service, environment and image', async () => {
    await adopt(parts(aWorkload()), id, 'r')
    expect(upgrades.stored(id)).toMatchObject({ sequence: 9, hold: { code: 'ADOPTED' }, approvals: [], request })
    expect(told).toEqual([])
  })

  it.each<[string, Partial<Request>]>([
    ['another service', { service: 'api' }],
    ['another environment', { environment: 'staging' }],
    ['an image from elsewhere', image('evil.example.com/web')],
    ['an image whose name only begins like it', image(`${policy.image}-evil`)],
  ])('is not taken over by a record of %s, and the admins are told', async (_, changes) => {
    await adopt(parts(aWorkload(changes)), id, 'r')
    expect(upgrades.stored(id)).toBeUndefined()
    expect(told).toEqual([{ id, hasRecord: true }])
    expect(logged).toHaveLength(1)
  })

  it('is not taken over without a record, or with one that does not say what was asked for', async () => {
    const { record, ...bare } = aWorkload()
    await adopt(parts(bare), id, 'r')
    await adopt(parts({ ...bare, record: { facts: someFacts(), strategy: 'rolling' } }), id, 'r')
    expect(upgrades.stored(id)).toBeUndefined()
    expect(told).toEqual([
      { id, hasRecord: false },
      { id, hasRecord: true },
    ])
  })

  it('is left alone where the workload is another upgrade’s by now, or nobody’s', async () => {
    await adopt(parts({ ...aWorkload(), mark: { id: 'web-production-15', sequence: 2 } }), id, 'r')
    await adopt(parts(undefined), id, 'r')
    expect(upgrades.stored(id)).toBeUndefined()
    expect(told).toEqual([])
  })

  it('waits until another one that is under way there has ended', async () => {
    const target = { clusterUid: 'c1', uid: 'd1' }
    upgrades.open = async () => ({ now: noon, count: 14, head: 'head', active: 'web-production-13' })
    await adopt(parts({ ...aWorkload(), ...target }), id, 'r')
    expect(upgrades.stored(id)).toBeUndefined()
    expect(again).toBe(1)
  })
})
