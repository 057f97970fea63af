import { describe } from 'vitest'
import { connect } from '../conformance/workbench.ts'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { anAutoscaler, type ClusterForOutsiders, outsideSuite, scaleTo } from '../outside-suite.ts'

describe('changes from outside on the simulated cluster', { timeout: 60_000 }, () => {
  outsideSuite(simulatedCluster)
})

/** It has no autoscaler, so what one would do is done by hand; and it notes nobody's name. */
async function simulatedCluster(): Promise<ClusterForOutsiders> {
  const cluster = await startCluster({ readyDelayMs: [10, 40] })
  cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
  const { kubeconfig } = cluster
  const { apps } = connect(kubeconfig)
  return {
    kubeconfig,
    adminKubeconfig: kubeconfig,
    notesManagers: false,
    autoscale: async (service, replicas) => {
      cluster.seed([anAutoscaler(service, replicas)])
      await scaleTo(apps, service, replicas)
    },
    stop: () => cluster.stop(),
  }
}
