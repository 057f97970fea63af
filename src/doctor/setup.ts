import type { WebClient } from '@slack/web-api'
import type { Redis } from 'ioredis'
import { examineEnvironment, type GivenVariables, readGateSecrets } from '../config/environment.ts'
import { loadConfig } from '../config/load.ts'
import { policyFor } from '../config/resolve.ts'
import type { Config } from '../config/schema.ts'
import { type Clusters, openClusters } from '../kubernetes/clusters.ts'
import { kubeconfigContexts, loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { slackClient } from '../slack/client.ts'
import { connectRedis } from '../store/connect.ts'
import type { Policy } from '../upgrade/policy.ts'

/** What is looked at, opened once for all checks. Each throws what stands in the way, to whoever asks. */
export type Setup = {
  env: NodeJS.ProcessEnv
  /** Variables that have their form. */
  given: GivenVariables
  gateSecrets: Readonly<Record<string, string>>
  /** @throws RollcallError CONFIG_NOT_FOUND, CONFIG_INVALID */
  config(): Promise<Config>
  /** For the bot token, or the app-level one; `undefined` without it. */
  slack(token: 'SLACK_BOT_TOKEN' | 'SLACK_APP_TOKEN'): { client: WebClient; apiUrl: string } | undefined
  /** `undefined` without an address. @throws RollcallError REDIS_UNAVAILABLE */
  redis(): Promise<Redis | undefined>
  /** @throws as `config` */
  clusters(): Promise<Clusters>
  /** Where Slack sends to, if that is to be tried. */
  requestUrl: string | undefined
  /** Of Node. */
  nodeVersion: string
  /** Epoch milliseconds. */
  now(): number
  close(): Promise<void>
}

export type SetupOptions = Pick<Setup, 'env'> & Partial<Pick<Setup, 'requestUrl' | 'now' | 'nodeVersion'>>

const silent = { info() {}, warn() {}, error() {} }

export function openSetup({
  env,
  requestUrl,
  now = Date.now,
  nodeVersion = process.versions.node,
}: SetupOptions): Setup {
  const { given } = examineEnvironment(env)
  const { REDIS_URL, SLACK_API_URL: apiUrl = 'https://slack.com/api/' } = given
  const closing: (() => unknown)[] = []

  const config = once(async () => {
    const kubeconfig = kubeconfigContexts(env)
    const file = env.ROLLCALL_CONFIG?.trim() || './rollcall.yaml'
    return (await loadConfig(file, 'contexts' in kubeconfig ? { kubeconfig } : {})).config
  })
  const redis = once(async () => {
    if (REDIS_URL === undefined) return undefined
    const opened = await connectRedis(REDIS_URL)
    closing.push(opened.close)
    return opened.store
  })
  const clusters = once(async () => {
    const { clusters: configured } = await config()
    const opened = openClusters(
      () => loadKubeConfig(env),
      () => configured,
    )
    closing.push(opened.close)
    return opened
  })

  return {
    env,
    given,
    gateSecrets: readGateSecrets(env),
    config,
    slack(variable) {
      const token = given[variable]
      return token === undefined ? undefined : { client: slackClient({ token, apiUrl, log: silent }), apiUrl }
    },
    redis,
    clusters,
    requestUrl,
    nodeVersion,
    now,
    async close() {
      await Promise.all(closing.map((close) => close()))
    },
  }
}

/** One for each service in each environment. */
export function policiesOf(config: Config): Policy[] {
  return Object.entries(config.services).flatMap(([service, { environments }]) =>
    Object.keys(environments).flatMap((environment) => policyFor(config, service, environment) ?? []),
  )
}

/** Asks once, for all who want to know. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask()
    return asked
  }
}
