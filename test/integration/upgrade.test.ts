import { describe } from 'vitest'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { upgradeSuite } from '../upgrade-suite.ts'

describe('an upgrade on the simulated cluster', () => {
  upgradeSuite(async () => {
    const cluster = await startCluster({ readyDelayMs: [10, 40] })
    cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
    return { kubeconfig: cluster.kubeconfig, adminKubeconfig: cluster.kubeconfig, stop: () => cluster.stop() }
  })
})
