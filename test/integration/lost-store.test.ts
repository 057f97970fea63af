import { describe } from 'vitest'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { lostStoreSuite } from '../lost-store-suite.ts'

describe('a Redis that is lost, on the simulated cluster', { timeout: 90_000 }, () => {
  lostStoreSuite(async () => {
    const cluster = await startCluster({ readyDelayMs: [10, 40] })
    cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
    return { kubeconfig: cluster.kubeconfig, adminKubeconfig: cluster.kubeconfig, stop: () => cluster.stop() }
  })
})
