import { describe } from 'vitest'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { type ClusterForSuite, upgradeSuite } from '../upgrade-suite.ts'

describe('an upgrade on the simulated cluster', () => {
  upgradeSuite(simulatedCluster)
})

describe('an upgrade on the simulated cluster, over Socket Mode', () => {
  upgradeSuite(simulatedCluster, 10_000, { socketMode: true })
})

async function simulatedCluster(): Promise<ClusterForSuite> {
  const cluster = await startCluster({ readyDelayMs: [10, 40] })
  cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
  return { kubeconfig: cluster.kubeconfig, adminKubeconfig: cluster.kubeconfig, stop: () => cluster.stop() }
}
