import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import type { PermissionChange } from '../../src/config/permissions-diff.ts'
import { type ConfigKeeper, keepConfig } from '../../src/engine/config-keeper.ts'
import { redisConfigStore } from '../../src/store/config-in-force.ts'
import { keys } from '../../src/store/keys.ts'
import { ownRedis } from '../own-redis.ts'
import { alice, bob, nina, shopConfig } from '../shop.ts'

let redis: Redis

ownRedis((connection) => {
  redis = connection
})

/** The text of a configuration in which these may approve. */
function approvedBy(...users: string[]): string {
  const config = shopConfig()
  config.roles['release-managers'] = { users }
  return stringify(config)
}

const older = approvedBy(alice, bob)
const newer = approvedBy(alice, bob, nina)

/** A process of Rollcall as far as its configuration goes, and its file. */
async function startProcess(text: string) {
  const file = { text }
  const told: string[] = []
  const changes: PermissionChange[] = []
  const read = async () => ({ ...parseConfig(file.text, { file: 'rollcall.yaml' }), text: file.text })
  const note = (_: unknown, message: string) => void told.push(message)
  const keeper: ConfigKeeper = await keepConfig(await read(), {
    file: 'rollcall.yaml',
    read,
    store: redisConfigStore(redis),
    log: { info: note, warn: note, error: note },
    onPutInForce: (_, diff) => void changes.push(...diff),
  })
  const approvers = () => keeper.active().policyFor('web', 'production')?.permissions.approve[0]?.users
  return { file, told, changes, keeper, approvers }
}

const admin = async () =>
  (await redis.lrange(keys.audit('admin'), 0, -1)).map((text) => {
    const { action, actor, detail } = JSON.parse(text)
    return [action, actor.reason, detail.permissions.length]
  })

describe('which configuration is in force', () => {
  it('is that of the first process, and one after the other when they change it; each time with one audit entry', async () => {
    const one = await startProcess(older)
    const two = await startProcess(older)
    expect([one.keeper.inForce(), two.keeper.inForce()]).toEqual([true, true])
    const three = await startProcess(newer)
    expect(three.keeper.inForce()).toBe(true)
    expect(three.changes).toMatchObject([{ permission: 'approve', added: [nina] }])
    expect(await admin()).toEqual([
      ['configured', 'START', 0],
      ['configured', 'START', 1],
    ])
  })

  it('is taken up by the others once their own file has become it, and until then they hold back', async () => {
    const one = await startProcess(older)
    const two = await startProcess(older)
    one.file.text = newer
    await one.keeper.reload()
    const hash = one.keeper.active().hash
    expect(await two.keeper.goesBy(hash)).toBe(false)
    expect(two.keeper.inForce()).toBe(false)
    expect(two.told.at(-1)).toContain('leads nothing forward')
    expect(two.approvers()).toEqual([alice, bob])

    two.file.text = newer
    expect(await two.keeper.goesBy(hash)).toBe(true)
    expect(two.keeper.inForce()).toBe(true)
    expect(two.approvers()).toEqual([alice, bob, nina])
    expect(await admin()).toHaveLength(2)
  })

  it('is not taken back by a process that was left behind, unless somebody says so', async () => {
    await startProcess(older)
    const two = await startProcess(newer)
    const left = await startProcess(older)
    expect(left.keeper.inForce()).toBe(false)
    await two.keeper.look()
    expect(two.keeper.inForce()).toBe(true)

    await left.keeper.reload()
    expect(left.keeper.inForce()).toBe(true)
    expect(left.changes).toMatchObject([{ permission: 'approve', removed: [nina] }])
    await two.keeper.look()
    expect(two.keeper.inForce()).toBe(false)
  })

  it('is an earlier one again after a start where nobody else is left', async () => {
    const one = await startProcess(older)
    const two = await startProcess(newer)
    for (const gone of [one, two]) await gone.keeper.leave()
    expect((await startProcess(older)).keeper.inForce()).toBe(true)
  })

  it('is that of a process left behind once the others have not been heard of for long enough', async () => {
    await startProcess(older)
    await startProcess(newer)
    const left = await startProcess(older)
    // The others are killed: nothing is heard of them any more.
    await expect
      .poll(
        async () => {
          await left.keeper.look()
          return left.keeper.inForce()
        },
        { timeout: 14_000, interval: 500 },
      )
      .toBe(true)
    expect(left.told).toContain('configuration taken up')
  })

  it('stays in force when the new file is not valid', async () => {
    const one = await startProcess(older)
    one.file.text = 'version: 2'
    await one.keeper.reload()
    expect(one.keeper.inForce()).toBe(true)
    expect(one.told.at(-1)).toContain('refused')
    expect(await admin()).toHaveLength(1)
  })

  it('is put into a store that was emptied or went back in time', async () => {
    const one = await startProcess(older)
    const snapshot = (await redis.dumpBuffer(keys.config)) as Buffer
    one.file.text = newer
    await one.keeper.reload()
    await redis.restore(keys.config, 0, snapshot, 'REPLACE')
    await one.keeper.look()
    expect(one.keeper.inForce()).toBe(true)
    expect((await admin()).at(-1)).toEqual(['configured', 'REWOUND', 1])
    await redis.flushdb()
    await one.keeper.look()
    expect(one.keeper.inForce()).toBe(true)
    expect(one.approvers()).toEqual([alice, bob, nina])
  })

  it('comes into force once when several processes start with it at the same time', async () => {
    const processes = await Promise.all([newer, newer, newer].map(startProcess))
    expect(processes.every(({ keeper }) => keeper.inForce())).toBe(true)
    expect(await admin()).toHaveLength(1)
  })
})
