import { describe } from 'vitest'
import { clusterConformance } from '../conformance/cluster-api.ts'
import { startControlPlane } from '../control-plane/control-plane.ts'
import { startFakeKubelet } from '../control-plane/fake-kubelet.ts'

describe('a real control plane', () => {
  clusterConformance(async () => {
    const controlPlane = await startControlPlane()
    const kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: [20, 120] })
    return {
      kubeconfig: controlPlane.adminKubeconfig,
      stop: async () => {
        await kubelet.stop()
        await controlPlane.stop()
      },
    }
  })
})
