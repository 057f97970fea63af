import { describe } from 'vitest'
import { startControlPlane } from '../control-plane/control-plane.ts'
import { startFakeKubelet } from '../control-plane/fake-kubelet.ts'
import { upgradeSuite } from '../upgrade-suite.ts'

describe('an upgrade on a real control plane, under the rights of deploy/rbac.yaml', () => {
  upgradeSuite(async () => {
    const controlPlane = await startControlPlane()
    await controlPlane.kubectl(['create', 'namespace', 'shop'])
    await controlPlane.kubectl(['create', 'namespace', 'shop-staging'])
    await controlPlane.kubectl(['apply', '-f', 'deploy/rbac.yaml'])
    const kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: [100, 400] })
    return {
      kubeconfig: await controlPlane.kubeconfigFor({ serviceAccount: 'rollcall', namespace: 'rollcall' }),
      adminKubeconfig: controlPlane.adminKubeconfig,
      async stop() {
        await kubelet.stop()
        await controlPlane.stop()
      },
    }
  }, 60_000)
})
