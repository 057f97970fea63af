import { describe } from 'vitest'
import { connect } from '../conformance/workbench.ts'
import { anAutoscaler, type ClusterForOutsiders, outsideSuite, scaleTo } from '../outside-suite.ts'
import { simulatedCluster } from '../simulated-cluster.ts'

describe('changes from outside on the simulated cluster', { timeout: 60_000 }, () => {
  outsideSuite(simulatedOutsiders)
})

/** It has no autoscaler, so what one would do is done by hand; and it notes nobody's name. */
async function simulatedOutsiders(): Promise<ClusterForOutsiders> {
  const started = await simulatedCluster()
  const { apps } = connect(started.kubeconfig)
  return {
    ...started,
    notesManagers: false,
    autoscale: async (service, replicas) => {
      started.simulation.seed([anAutoscaler(service, replicas)])
      await scaleTo(apps, service, replicas)
    },
  }
}
