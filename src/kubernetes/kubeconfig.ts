import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { RollcallError } from '../upgrade/error.ts'

const inClusterToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * The kubeconfig that `KUBECONFIG` names (several files as for kubectl), else the Pod's own account, else
 * `~/.kube/config`.
 *
 * @throws RollcallError CONTEXT_NOT_FOUND when there is none, or it cannot be read
 */
export function loadKubeConfig(env: NodeJS.ProcessEnv): KubeConfig {
  const kubeConfig = new KubeConfig()
  const home = join(homedir(), '.kube', 'config')
  try {
    if (!env.KUBECONFIG && existsSync(inClusterToken)) {
      kubeConfig.loadFromCluster()
      return kubeConfig
    }
    const files = env.KUBECONFIG ? env.KUBECONFIG.split(delimiter).filter(Boolean) : existsSync(home) ? [home] : []
    if (files.length === 0) throw new Error(`KUBECONFIG is not set, this is no pod, and there is no ${home}`)
    for (const [index, file] of files.entries()) {
      const one = index === 0 ? kubeConfig : new KubeConfig()
      one.loadFromFile(file)
      if (index > 0) kubeConfig.mergeConfig(one, true)
    }
  } catch (cause) {
    throw new RollcallError('CONTEXT_NOT_FOUND', `No usable kubeconfig: ${(cause as Error).message}`, {
      hint: 'Set KUBECONFIG to a kubeconfig file.',
      cause,
    })
  }
  return kubeConfig
}

/** The contexts that a cluster in `rollcall.yaml` may name, or why nobody can say. */
export function kubeconfigContexts(
  env: NodeJS.ProcessEnv,
): { file: string; contexts: string[] } | { unreadable: string } {
  try {
    const contexts = loadKubeConfig(env).getContexts()
    return { file: env.KUBECONFIG ?? 'the kubeconfig', contexts: contexts.map(({ name }) => name) }
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) }
  }
}
