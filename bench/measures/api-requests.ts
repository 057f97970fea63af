import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alice, channel } from '../../test/shop.ts'
import { type CountingProxy, startCountingProxy } from '../counting-proxy.ts'
import { aMoment, type Ground, inPhase, openGround, openQuestion, orStop, requested, service } from '../ground.ts'
import type { Measure } from '../report.ts'

const together = 20

/** What one upgrade costs the API server, alone and among others. Watches are shared and told apart. */
export const apiRequests: Measure = async ({ quick, progress }) => {
  const rounds = quick ? 1 : 3
  const names = Array.from({ length: together }, (_, index) => `many-${index + 1}`)
  const strategy = { batches: [1, '25%', '50%', '100%'], continue: 'auto', maxSurge: 2 }
  let proxy: CountingProxy | undefined
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  const opening = openGround(Object.fromEntries(names.map((name) => [name, service(strategy)])), {
    replicas: 10,
    cluster: { readyDelayMs: [50, 250] },
    kubeconfig: async (cluster) => {
      proxy = await startCountingProxy(cluster.url)
      const file = join(dir, 'kubeconfig')
      await writeFile(file, cluster.kubeconfigYaml.replaceAll(cluster.url, proxy.url), { mode: 0o600 })
      return file
    },
  })
  const close = async () => {
    proxy?.stop()
    await rm(dir, { recursive: true, force: true })
  }
  const ground = await orStop(close, opening)
  const take = () => proxy?.take() ?? { total: Number.NaN, watches: Number.NaN, byKind: {} }
  const counts: { alone: ReturnType<typeof take>[]; together: ReturnType<typeof take>[] } = { alone: [], together: [] }
  try {
    // The first upgrade of a namespace opens its watches.
    await upgrade(ground, names[0] ?? '', '1.5.0')
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`)
      for (const name of names.slice(0, 3)) {
        take()
        await upgrade(ground, name, `1.6.${round}`)
        counts.alone.push(take())
      }
      take()
      await Promise.all(names.map((name) => upgrade(ground, name, `1.7.${round}`)))
      counts.together.push(take())
    }
  } finally {
    await ground.stop()
    await close()
  }
  return [
    {
      id: 'api-requests',
      what: `Kubernetes API requests of one upgrade in four batches among ${together}, watches apart`,
      unit: 'requests',
      // How many patches a move takes depends on how many pods become Ready at once.
      limit: { of: 'ratio', atMost: 1.1 },
      runs: counts.together.map(({ total }) => [total / together]),
      peer: { what: 'one alone', runs: counts.alone.map(({ total }) => [total]) },
      detail: counts,
    },
  ]
}

/** One upgrade from the request until nothing of it is left to be done. */
async function upgrade({ slack }: Ground, name: string, version: string): Promise<void> {
  const id = await requested(slack, name, version)
  const { ts } = await openQuestion(slack, id, 'start')
  await slack.click({ user: alice, channel, ts, actionId: 'approve', confirm: true })
  await inPhase(slack, id, 'succeeded')
  // The last Kubernetes Event is written beside the last message.
  await aMoment()
}
