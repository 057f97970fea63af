import { randomBytes } from 'node:crypto'
import { asMergePatch, manifest, type Workbench } from '../../conformance/workbench.ts'

/**
 * Scales a Deployment in another namespace from none to so many pods and back, over and over, so that the controllers
 * lag behind.
 */
export async function busyNeighbour(
  { core, apps }: Omit<Workbench, 'namespace'>,
  pods: number,
): Promise<{ stop(): Promise<void> }> {
  const namespace = `neighbour-${randomBytes(4).toString('hex')}`
  await core.createNamespace({ body: { metadata: { name: namespace } } })
  await apps.createNamespacedDeployment({ namespace, body: manifest('noise', 'noise:1', { replicas: 0 }) })
  let stopping = false
  const noise = (async () => {
    for (let replicas = pods; !stopping; replicas = replicas === 0 ? pods : 0) {
      await apps.patchNamespacedDeployment({ namespace, name: 'noise', body: { spec: { replicas } } }, asMergePatch)
      for (let reached = false; !reached && !stopping; ) {
        const { status } = await apps.readNamespacedDeployment({ namespace, name: 'noise' })
        reached = (status?.readyReplicas ?? 0) === replicas
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  })()
  return {
    stop: async () => {
      stopping = true
      await noise
      await core.deleteNamespace({ name: namespace })
    },
  }
}
