import type { PodLogs } from '../fakes/pod-log.ts'
import { startControlPlane } from './control-plane.ts'
import { startFakeKubelet } from './fake-kubelet.ts'

/** A control plane as an administrator prepares it for Rollcall: namespaces, and the rights of deploy/rbac.yaml. */
export async function controlPlaneForRollcall(readyDelayMs: number | [number, number], podLogs?: PodLogs) {
  const controlPlane = await startControlPlane()
  for (const name of ['shop', 'shop-staging']) await controlPlane.kubectl(['create', 'namespace', name])
  await controlPlane.kubectl(['apply', '-f', 'deploy/rbac.yaml'])
  const kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs, ...(podLogs && { podLogs }) })
  return {
    controlPlane,
    kubeconfig: await controlPlane.kubeconfigFor({ serviceAccount: 'rollcall', namespace: 'rollcall' }),
    adminKubeconfig: controlPlane.adminKubeconfig,
    async stop() {
      await kubelet.stop()
      await controlPlane.stop()
    },
  }
}
