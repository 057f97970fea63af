import { describe } from 'vitest'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { namespace } from '../shop.ts'
import { podLogs, workloadGatesSuite } from '../workload-gates-suite.ts'

describe('gates that look into a simulated cluster', () => {
  workloadGatesSuite(async () => {
    const cluster = await startCluster({ readyDelayMs: [10, 40], podLogs })
    cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
    return { kubeconfig: cluster.kubeconfig, adminKubeconfig: cluster.kubeconfig, stop: () => cluster.stop() }
  })
})
