/** What a measurement stands on: Rollcall's real process with everything around it, all on loopback. */
import { startRedis } from '../scripts/redis.ts'
import { type ClusterOptions, type FakeCluster, startCluster } from '../test/fakes/cluster/cluster.ts'
import type { FakeSlack, Message, SlackOptions } from '../test/fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../test/rollcall.ts'
import { dana, namespace, type ServiceChanges, shopConfig, shopDeployment, shopSlack } from '../test/shop.ts'
import { built } from './build.ts'

export type Office = { slack: FakeSlack; rollcall: Rollcall; redisUrl: string; stop(): Promise<void> }

export type Ground = Office & { cluster: FakeCluster }

/** One approval is enough: what is measured is not how people make up their minds. */
export function service(strategy: Record<string, unknown>): ServiceChanges {
  return { environment: { approval: { quorum: 1 } }, strategy }
}

/** Rollcall on a cluster, with Slack, and a Redis that writes every decision to the disk before it answers. */
export async function openOffice(
  services: Record<string, ServiceChanges>,
  kubeconfig: string,
  options?: SlackOptions,
): Promise<Office> {
  const [redis, slack] = await Promise.all([startRedis({ appendOnly: true }), shopSlack(options)])
  const stop = async () => {
    await slack.stop()
    await redis.stop()
  }
  const rollcall = await orStop(
    stop,
    startRollcall({ node: built(), config: shopConfig(services), redisUrl: redis.url, kubeconfig, slack }),
  )
  return {
    slack,
    rollcall,
    redisUrl: redis.url,
    stop: async () => {
      await rollcall.stop()
      await stop()
    },
  }
}

/** Leaves nothing running when something does not start. */
export function orStop<T>(stop: () => Promise<unknown>, starting: Promise<T>): Promise<T> {
  return starting.catch(async (error: unknown) => {
    await stop()
    throw error
  })
}

/**
 * The same on the simulated cluster, with a running Deployment for each service.
 * @param options.kubeconfig leads to the cluster in another way
 */
export async function openGround(
  services: Record<string, ServiceChanges>,
  options: {
    replicas: number
    cluster?: ClusterOptions
    slack?: SlackOptions
    kubeconfig?: (cluster: FakeCluster) => Promise<string>
  },
): Promise<Ground> {
  const cluster = await startCluster(options.cluster)
  cluster.seed(Object.keys(services).map((name) => shopDeployment(name, { replicas: options.replicas })))
  const open = async () => {
    await available(cluster, Object.keys(services))
    return openOffice(services, (await options.kubeconfig?.(cluster)) ?? cluster.kubeconfig, options.slack)
  }
  const office = await orStop(cluster.stop, open())
  return {
    ...office,
    cluster,
    stop: async () => {
      await office.stop()
      await cluster.stop()
    },
  }
}

async function available(cluster: FakeCluster, names: string[]): Promise<void> {
  const waiting = new Set(names)
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    for (const name of waiting) {
      const deployment = cluster.store.get('deployments', namespace, name)
      if (deployment && deployment.status?.availableReplicas === deployment.spec.replicas) waiting.delete(name)
    }
    if (waiting.size === 0) resolve()
  }
  const poll = setInterval(look, 20)
  await within(60_000, 'every Deployment is available', promise).finally(() => clearInterval(poll))
}

/** Requests an upgrade and returns its ID once people are asked whether to start. */
export async function requested(slack: FakeSlack, name: string, version: string): Promise<string> {
  const image = `${name} ${version} in production`
  const asked = await slack.command({ user: dana, channel: 'C0RELEASES', command: '/upgrade', text: image })
  if (asked.outcome !== 'acknowledged') throw new Error(`${image}: ${asked.outcome}`)
  const live = await slack.waitForMessage(
    (one) => {
      const { service, version: wanted, phase } = payloadOf(one)
      return service === name && wanted === version && (phase === 'awaitingApproval' || phase === 'failed')
    },
    { timeoutMs: 30_000, what: `the plan of ${image}` },
  )
  const { id, phase } = payloadOf(live)
  if (phase === 'failed') throw new Error(`${image}: ${live.text}`)
  return String(id)
}

export function payloadOf(message: Message): Record<string, unknown> {
  return message.metadata?.event_payload ?? {}
}

/** The open question of an upgrade that is not the one answered last. */
export function openQuestion(slack: FakeSlack, id: string, kind: 'start' | 'continue', answered?: Message) {
  return slack.waitForMessage(
    (one) => {
      const asked = payloadOf(one)
      return asked.id === id && asked.kind === kind && asked.open === true && one.ts !== answered?.ts
    },
    { timeoutMs: 30_000, what: `the question ${kind} of ${id}` },
  )
}

export function inPhase(slack: FakeSlack, id: string, phase: string, timeoutMs = 60_000): Promise<Message> {
  return slack.waitForMessage((one) => payloadOf(one).id === id && payloadOf(one).phase === phase, {
    timeoutMs,
    what: `${id} ${phase}`,
  })
}

/** @throws when the promise is not settled within so many milliseconds */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** People take their time, and never the same. */
export function aMoment([least, most]: [number, number] = [80, 240]): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)))
}
