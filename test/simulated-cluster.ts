import { type ClusterOptions, type FakeCluster, startCluster } from './fakes/cluster/cluster.ts'
import { namespace } from './shop.ts'
import type { ClusterForSuite } from './upgrade-suite.ts'

/** The simulated cluster as a suite takes any cluster: with the shop's namespace in it, and pods that are Ready soon. */
export async function simulatedCluster(
  options: ClusterOptions = {},
): Promise<ClusterForSuite & { simulation: FakeCluster }> {
  const simulation = await startCluster({ readyDelayMs: [10, 40], ...options })
  simulation.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  const { kubeconfig } = simulation
  return { simulation, kubeconfig, adminKubeconfig: kubeconfig, stop: () => simulation.stop() }
}
