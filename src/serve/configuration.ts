import type { Redis } from 'ioredis'
import { type Environment, readGateSecrets } from '../config/environment.ts'
import { needGateSecrets } from '../config/gate-secrets.ts'
import { loadConfig } from '../config/load.ts'
import { type ConfigFile, type ConfigKeeper, keepConfig } from '../engine/config-keeper.ts'
import type { Log } from '../engine/parts.ts'
import { kubeconfigContexts } from '../kubernetes/kubeconfig.ts'
import type { Messages } from '../messages/en.ts'
import { postPermissions } from '../slack/permissions.ts'
import { redisConfigStore } from '../store/config-in-force.ts'
import type { AuditKey } from '../upgrade/audit-chain.ts'
import type { Connections } from './connections.ts'

/**
 * The file, with all that it says about clusters and secrets held against what is there.
 *
 * @throws RollcallError CONFIG_INVALID, CONFIG_NOT_FOUND, ENVIRONMENT_INVALID
 */
export async function readConfig(environment: Environment, env: NodeJS.ProcessEnv): Promise<ConfigFile> {
  const kubeconfig = kubeconfigContexts(env)
  const file = await loadConfig(environment.ROLLCALL_CONFIG, 'contexts' in kubeconfig ? { kubeconfig } : {})
  needGateSecrets(file.config, readGateSecrets(env))
  return file
}

export type KeeperParts = {
  environment: Environment
  env: NodeJS.ProcessEnv
  store: Redis
  auditKeys: readonly AuditKey[]
  connections: Pick<Connections, 'slack' | 'addClusters'>
  messages: Messages
  log: Log
  /** This process goes by another configuration from now on. */
  onChanged(): Promise<unknown>
}

/** Keeps this process on one configuration with all others; whoever puts one in force tells what it lets people do. */
export async function keeperOf(first: ConfigFile, parts: KeeperParts): Promise<ConfigKeeper> {
  const { environment, env, store, auditKeys, connections, messages, log } = parts
  return keepConfig(first, {
    file: environment.ROLLCALL_CONFIG,
    read: () => readConfig(environment, env),
    store: redisConfigStore(store, auditKeys),
    log,
    onChanged: ({ clusters }) => {
      connections.addClusters(clusters)
      parts.onChanged().catch((error: unknown) => log.warn({ err: error }, 'not enqueued; the sweeper will'))
    },
    onPutInForce: ({ slack }, changes) => {
      if (changes.length === 0) return
      postPermissions(connections.slack.client, messages, slack.channel, changes).catch((error: unknown) =>
        log.error({ err: error }, 'who may do what has changed, and the channel could not be told'),
      )
    },
  })
}
