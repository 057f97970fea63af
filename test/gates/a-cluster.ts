import { KubeConfig } from '@kubernetes/client-node'
import { onTestFinished } from 'vitest'
import { type Clusters, openClusters } from '../../src/kubernetes/clusters.ts'

/** For gates that ask no cluster. */
export function noClusters(): Clusters {
  return openClusters(
    () => new KubeConfig(),
    () => ({}),
  )
}

/** Rollcall's view of whatever answers at a URL in the place of an API server, for one test. */
export function clustersAt(server: string): Clusters {
  const kubeConfig = new KubeConfig()
  const [name, user] = ['here', 'rollcall']
  kubeConfig.loadFromOptions({
    clusters: [{ name, server, skipTLSVerify: true }],
    users: [{ name: user }],
    contexts: [{ name, cluster: name, user }],
    currentContext: name,
  })
  const clusters = openClusters(
    () => kubeConfig,
    () => ({ eu: {} }),
  )
  onTestFinished(() => clusters.close())
  return clusters
}
