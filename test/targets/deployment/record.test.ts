import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Pursuit } from '../../../src/engine/ports.ts'
import { noon } from '../../an-upgrade.ts'
import { startHttpProxy } from '../../chaos/http-proxy.ts'
import { clusterWrite } from '../../chaos/writes.ts'
import { asMergePatch } from '../../conformance/workbench.ts'
import { startCluster } from '../../fakes/cluster/cluster.ts'
import { openSite, openTarget, Run, type Site } from './site.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function open(): Promise<Site> {
  const cluster = await startCluster()
  closing.push(() => cluster.stop())
  const site = await openSite({ kubeconfig: cluster.kubeconfig, stop: cluster.stop })
  closing.push(() => site.close())
  return site
}

/** Rollcall's view of the same cluster, through a connection that breaks at every write of one kind. */
async function breakingAt(site: Site, write: string) {
  const url = site.bench.config.getCurrentCluster()?.server ?? ''
  const proxy = await startHttpProxy(
    { url, classify: clusterWrite, tookEffect: (status) => status < 300 },
    { passes: (one) => one !== write },
  )
  closing.push(() => proxy.stop())
  const kubeconfig = join(tmpdir(), `rollcall-record-${process.pid}.kubeconfig`)
  const text = await readFile(site.kubeconfig, 'utf8')
  await writeFile(kubeconfig, text.replaceAll(url, `http://127.0.0.1:${proxy.port}`))
  const { clusters, target } = openTarget(kubeconfig)
  closing.push(() => clusters.close())
  return target
}

async function records({ bench }: Site): Promise<string[]> {
  const { items } = await bench.core.listNamespacedConfigMap({ namespace: bench.namespace })
  return items.flatMap(({ data }) => data?.upgrade ?? [])
}

test('nobody says that an upgrade is finished while its record is there, not even the second of two at once', async () => {
  const site = await open()
  const run = await Run.plan(site)
  await run.upTo(10)
  const target = await breakingAt(site, 'cluster DELETE configmaps')
  const goal = run.moveTo('steps', ({ to }) => to === 'finish')
  const finished = await run.until(
    async () => {
      const looks = await Promise.allSettled([target.pursue(run.upgrade, goal), target.pursue(run.upgrade, goal)])
      const failed = looks.find((one) => one.status === 'rejected')
      const said = looks.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      // Everything else is done once the record is all that is left.
      if (failed) return said.find(({ state }) => state === 'reached') ?? { state: 'gone', recreated: false }
      return said[0] ?? { state: 'moving', patched: false }
    },
    ({ state }) => state === 'reached' || state === 'gone',
  )
  expect(finished.state).toBe('gone')
  expect(await records(site)).toEqual([run.upgrade.id])
  expect((await run.finish()).state).toBe('reached')
  expect(await records(site)).toEqual([])
})

test('whoever comes late does not take the record of the next upgrade away', async () => {
  const site = await open()
  const run = await Run.plan(site)
  await run.upTo(10)
  const { namespace } = site.bench
  const next = { data: { upgrade: 'web-production-15' } }
  await site.bench.core.patchNamespacedConfigMap({ namespace, name: 'rollcall-web', body: next }, asMergePatch)
  expect((await run.finish()).state).toBe('reached')
  expect(await records(site)).toEqual(['web-production-15'])
})

const original = { on: 'target', to: 'original', pods: 0, of: 10 } as const

/** The state of an upgrade whose success is taken back. */
function takenBack({ upgrade }: Run, finished: Pursuit): Run['upgrade'] {
  if (finished.state !== 'reached') throw new Error(`not finished but ${finished.state}`)
  const undone = { outcome: 'succeeded', at: noon, by: { kind: 'system', reason: 'DONE' } } as const
  const at = { path: 'back', step: 0, since: noon } as const
  const found = { updated: 10, ready: 10, total: 10, templateHash: finished.templateHash }
  return { ...upgrade, sequence: upgrade.sequence + 2, found, undone, at }
}

test('whoever finishes late does not take the record away that the way back of a success relies on', async () => {
  const site = await open()
  const before = await site.workload.get()
  const run = await Run.plan(site)
  await run.upTo(10)
  const finished = await run.finish()
  const finishing = run.upgrade
  run.upgrade = takenBack(run, finished)
  const target = await breakingAt(site, 'cluster PATCH deployments back')
  await expect(target.pursue(run.upgrade, original)).rejects.toThrow()
  expect(await records(site)).toEqual([run.upgrade.id])
  const finish = { on: 'target', to: 'finish', pods: 10, of: 10 } as const
  const late = openTarget(site.kubeconfig)
  closing.push(() => late.clusters.close())
  expect((await late.target.pursue(finishing, finish)).state).toBe('reached')
  expect(await records(site)).toEqual([run.upgrade.id])
  expect((await run.back()).state).toBe('reached')
  expect((await site.workload.get()).spec).toEqual(before.spec)
  expect(await records(site)).toEqual([])
})

test('a process that remembers what it finished with keeps a record of it anew before it takes the success back', async () => {
  const site = await open()
  const before = await site.workload.get()
  const run = await Run.plan(site)
  await run.upTo(10)
  const other = openTarget(site.kubeconfig)
  closing.push(() => other.clusters.close())
  const goal = run.moveTo('steps', ({ to }) => to === 'finish')
  const finished = await run.until(
    () => other.target.pursue(run.upgrade, goal),
    ({ state }) => state === 'reached',
  )
  expect(await records(site)).toEqual([])
  run.upgrade = takenBack(run, finished)
  const gone = await run.until(
    () => site.target.pursue(run.upgrade, original),
    (pursuit) => pursuit.state === 'moving' && pursuit.patched,
  )
  expect(gone.state).toBe('moving')
  const heir = openTarget(site.kubeconfig)
  closing.push(() => heir.clusters.close())
  const back = await run.until(
    () => heir.target.pursue(run.upgrade, original),
    ({ state }) => state === 'reached',
  )
  expect(back.state).toBe('reached')
  expect((await site.workload.get()).spec).toEqual(before.spec)
  expect(await records(site)).toEqual([])
})

test('a way back that was decided on while it was finished keeps its record, whoever finishes late', async () => {
  const site = await open()
  const before = await site.workload.get()
  const run = await Run.plan(site)
  await run.upTo(10)
  const late = openTarget(site.kubeconfig)
  closing.push(() => late.clusters.close())
  const finish = run.moveTo('steps', ({ to }) => to === 'finish')
  const finishing = run.upgrade
  await run.until(
    () => late.target.pursue(finishing, finish),
    (pursuit) => pursuit.state === 'moving' && pursuit.patched,
  )
  run.moveTo('back', ({ to }) => to === 'original')
  const target = await breakingAt(site, 'cluster PATCH deployments back')
  await expect(target.pursue(run.upgrade, original)).rejects.toThrow()
  await run.until(
    () => late.target.pursue(finishing, finish),
    ({ state }) => state === 'reached',
  )
  expect(await records(site)).toEqual([run.upgrade.id])
  expect((await run.back()).state).toBe('reached')
  expect((await site.workload.get()).spec).toEqual(before.spec)
  expect(await records(site)).toEqual([])
})
