import { describe } from 'vitest'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { twoProcessesSuite } from '../two-processes-suite.ts'

describe('two processes, on the simulated cluster', { timeout: 300_000 }, () => {
  twoProcessesSuite(async () => {
    const cluster = await startCluster({ readyDelayMs: [100, 300] })
    cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
    return { kubeconfig: cluster.kubeconfig, adminKubeconfig: cluster.kubeconfig, stop: () => cluster.stop() }
  })
})
