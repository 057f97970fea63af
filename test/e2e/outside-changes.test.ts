import { AutoscalingV2Api, type V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import { describe } from 'vitest'
import { connect } from '../conformance/workbench.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { anAutoscaler, outsideSuite } from '../outside-suite.ts'
import { namespace } from '../shop.ts'

describe('changes from outside on a real control plane, under the rights of deploy/rbac.yaml', () => {
  outsideSuite(async () => {
    const prepared = await controlPlaneForRollcall([100, 400])
    const { config } = connect(prepared.adminKubeconfig)
    const autoscaling = config.makeApiClient(AutoscalingV2Api)
    return {
      ...prepared,
      notesManagers: true,
      // Its controller looks every 15 seconds.
      autoscale: async (service, replicas) => {
        const body = anAutoscaler(service, replicas) as V2HorizontalPodAutoscaler
        await autoscaling.createNamespacedHorizontalPodAutoscaler({ namespace, body })
      },
    }
  }, 60_000)
})
