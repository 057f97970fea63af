import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from '../engine/parts.ts'
import { type Clusters, openClusters } from '../kubernetes/clusters.ts'
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { identify } from '../slack/app.ts'
import { slackClient } from '../slack/client.ts'
import { lastKey } from '../store/audit-trail.ts'
import { connectRedis } from '../store/connect.ts'
import type { AuditKey } from '../upgrade/audit-chain.ts'
import { RollcallError } from '../upgrade/error.ts'

export type Connections = {
  redis: Awaited<ReturnType<typeof connectRedis>>
  slack: {
    /** `SLACK_API_URL`, or Slack's own. */
    url: string
    client: ReturnType<typeof slackClient>
    /** For what somebody in Slack waits for. */
    impatient: ReturnType<typeof slackClient>
  }
  clusters: Clusters
  /** Those of a changed configuration can be reached from now on, too. */
  addClusters(more: Config['clusters']): void
}

export type ConnectionOptions = {
  environment: Environment
  env: NodeJS.ProcessEnv
  config: Config
  auditKeys: readonly AuditKey[]
  log: Log
}

/** An answer to somebody in Slack must not wait longer for Slack itself, milliseconds. */
const impatientMs = 1_500

/**
 * Opens the ways to Redis, Slack and the clusters. All of them are asked at once, so that one start tells everything
 * that is wrong.
 *
 * @throws RollcallError of the first that does not answer, with all of them in its message
 */
export async function openConnections(options: ConnectionOptions): Promise<Connections> {
  const { environment, env, config, auditKeys, log } = options
  const url = environment.SLACK_API_URL ?? 'https://slack.com/api/'
  const slackOptions = { token: environment.SLACK_BOT_TOKEN, apiUrl: url, log }
  const client = slackClient(slackOptions)
  const impatient = slackClient({ ...slackOptions, timeoutMs: impatientMs })
  // What is under way on a cluster that left the file can still be stopped and taken back.
  let known = config.clusters
  const clusters = openClusters(
    () => loadKubeConfig(env),
    () => known,
  )
  const [redis, ...others] = await Promise.allSettled([
    openStore(environment.REDIS_URL, auditKeys),
    identify(client, url, config.slack.replies),
    ...Object.keys(config.clusters).map(async (name) => clusters.get(name).uid()),
  ])
  const failed = [redis, ...others].flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (redis.status === 'fulfilled' && failed.length === 0) {
    const addClusters = (more: Config['clusters']) => {
      known = { ...known, ...more }
    }
    return { redis: redis.value, slack: { url, client, impatient }, clusters, addClusters }
  }
  if (redis.status === 'fulfilled') await redis.value.close()
  clusters.close()
  throw allInOne(failed)
}

/** What is no error of ours is a fault, and goes before everything that somebody can put right. */
function allInOne(failed: readonly unknown[]): unknown {
  const known = failed.filter((error) => error instanceof RollcallError)
  const [worst] = known
  if (!worst || known.length < failed.length) return failed.find((error) => !(error instanceof RollcallError))
  if (known.length === 1) return worst
  const message = known.map((error) => `${error.message}\n  ${error.hint}`).join('\n')
  return new RollcallError(worst.code, message, { hint: `${known.length} things must be put right.`, cause: worst })
}

/**
 * Every start is an entry, so the last one of `admin` tells whether Rollcall ran with a key. A process without one
 * would go on writing what anybody can forge.
 *
 * @throws RollcallError REDIS_UNAVAILABLE, AUDIT_KEY_MISSING
 */
async function openStore(url: string, auditKeys: readonly AuditKey[]): Promise<Connections['redis']> {
  const redis = await connectRedis(url)
  const keyed = auditKeys.length > 0 ? undefined : await lastKey(redis.store).catch(() => undefined)
  if (keyed === undefined) return redis
  await redis.close()
  throw new RollcallError(
    'AUDIT_KEY_MISSING',
    `The audit trail is keyed (${keyed}), and ROLLCALL_AUDIT_KEY is not set.`,
    {
      hint: 'Set it to the key that Rollcall ran with; if that is lost, to a new one, and keep an export of the old entries.',
    },
  )
}
