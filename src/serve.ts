import { parseArgs } from 'node:util'
import { exit, type Io } from './cli/io.ts'
import { type Environment, readAuditKeys, readEnvironment, readGateSecrets, secretsOf } from './config/environment.ts'
import type { ConfigFile } from './engine/config-keeper.ts'
import { engine } from './engine/engine.ts'
import { lookForLost } from './engine/look-for-lost.ts'
import type { RefusedCall } from './http/answer.ts'
import { httpServer, type RefusedConnection } from './http/server.ts'
import { waitingRoom } from './http/waiting-room.ts'
import { bullQueue } from './jobs/queues.ts'
import { messagesIn } from './messages/languages.ts'
import { auditFile } from './observability/audit-file.ts'
import { createLog } from './observability/log.ts'
import { createMetrics } from './observability/metrics.ts'
import { backgroundWork } from './serve/background-work.ts'
import { watchedChannels } from './serve/channels.ts'
import { keeperOf, readConfig } from './serve/configuration.ts'
import { openConnections } from './serve/connections.ts'
import { slackDisplay } from './serve/display.ts'
import { engineParts } from './serve/engine-parts.ts'
import { lookAround } from './serve/look-around.ts'
import { proposing } from './serve/proposals.ts'
import { readiness } from './serve/readiness.ts'
import { routesOf } from './serve/routes.ts'
import { startWork } from './serve/work.ts'
import { tellOfOrphan } from './slack/admins.ts'
import { type SlackTransport, slackApp } from './slack/app.ts'
import type { RefusedDelivery } from './slack/listeners/parts.ts'
import { slackMembers } from './slack/members.ts'
import { redisAuditFeed } from './store/audit-feed.ts'
import { queuePrefix } from './store/keys.ts'
import * as slackState from './store/slack-state.ts'
import { redisUpgrades } from './store/upgrades.ts'
import type { Place } from './upgrade/proposals.ts'
import type { Upgrade } from './upgrade/upgrade.ts'

const usage = `Usage: rollcall serve

Runs Rollcall. Everything is configured by rollcall.yaml and the environment; .env.example lists the variables.
SIGHUP takes up a changed rollcall.yaml, SIGTERM finishes what runs and ends.`

/** Less than the grace that Kubernetes gives, milliseconds. */
const endWithinMs = 10_000

/** `rollcall serve`: resolves when the process was asked to end. */
export async function serve(argv: string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  const environment = readEnvironment(io.env)
  const running = await start(environment, await readConfig(environment, io.env), io.env)
  process.on('SIGHUP', () => void running.reload())
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  // With Redis away a worker would wait for it for ever; everything that counts is stored already.
  setTimeout(() => process.exit(exit.failed), endWithinMs).unref()
  await running.stop()
  return exit.ok
}

/** Makes each part of those before it, then listens. How a part is put together stands in `serve/`. */
async function start(environment: Environment, first: ConfigFile, env: NodeJS.ProcessEnv) {
  const secrets = readGateSecrets(env)
  const auditKeys = readAuditKeys(env)
  const log = createLog(environment.LOG_LEVEL, { secrets: [...secretsOf(environment), ...Object.values(secrets)] })
  const messages = messagesIn(first.config.slack.locale)
  const connections = await openConnections({ environment, env, config: first.config, auditKeys, log })
  const { redis, slack, clusters } = connections
  const { store } = redis
  const { client } = slack

  const upgrades = redisUpgrades(store, {
    auditKeys,
    onUnreadable: (error) => log.error({ err: error }, 'an upgrade is left alone'),
  })
  const queue = bullQueue(redis.queues, queuePrefix)
  const onChanged = () => Promise.all([reconcileAll(), lookForLost(parts), queue.homes()])
  const keeper = await keeperOf(first, { environment, env, store, auditKeys, connections, messages, log, onChanged })
  const ready = () => readiness(connections, slackAnswers, keeper)
  const metrics = createMetrics({ active: () => upgrades.active(), ready })
  const copy = auditFile({
    feed: redisAuditFeed(store),
    alone: slackState.redisLocks(store),
    path: () => keeper.config().audit?.file,
    log,
    onBehind: (entries) => metrics.auditFileBehind.set(entries),
    onFailure: () => metrics.auditFileFailures.inc(),
  })

  const members = slackMembers(slack.impatient)
  const told = slackState.redisTold(store)
  const looks = slackState.redisLooks(store)
  const reached = slackState.redisReached(store)
  const toAdmins = { client, members, config: keeper.active, told, log, messages }
  const channels = watchedChannels(toAdmins, { upgrades, queue })
  const parts = engineParts(
    { environment, secrets, auditKeys, connections, keeper },
    {
      upgrades,
      queue,
      members,
      display: {
        isReached: reached.isRecent,
        orphaned: (id, ref, hasRecord) => tellOfOrphan(toAdmins, id, ref, hasRecord),
        trouble: channels.trouble,
        doubted: looks.doubt,
      },
      log,
      onEvent: (type, upgrade, before) => {
        metrics.count(type, upgrade, before)
        if (type === 'requested') proposalsChanged(upgrade.request)
      },
      onFrozen: () => display.homesChanged(),
      onProposal: proposalsChanged,
      onRefusal: (code) => metrics.refusals.inc({ code }),
    },
  )
  const surface = engine(parts)

  const background = backgroundWork()
  const linkTo = (upgrade: Upgrade) => app.linkTo(upgrade)
  const { localeOf } = members
  const display = slackDisplay({
    store,
    surface,
    upgrades,
    queue,
    toAdmins,
    told,
    channels,
    looks,
    background,
    localeOf,
    linkTo,
  })
  const proposals = proposing({ store, parts, queue, metrics, display })
  const onRefused = (reason: RefusedDelivery | RefusedConnection | RefusedCall) =>
    metrics.refusals.inc({ code: reason.toUpperCase() })
  const app = slackApp({
    token: environment.SLACK_BOT_TOKEN,
    transport: transportOf(environment),
    apiUrl: slack.url,
    surface,
    messages,
    localeOf,
    shown: display.shown,
    replies: () => keeper.config().slack.replies,
    deliveries: { ...slackState.redisDeliveries(store), ...slackState.redisArrivals(store) },
    log,
    onRefused,
    homes: display.homes,
  })
  const room = waitingRoom(upgrades.lengths)
  const { workspace } = members
  const server = httpServer(
    routesOf({
      environment,
      store,
      parts,
      surface,
      app,
      workspace,
      room,
      metrics,
      ready,
      receivePushes: proposals.receive,
      onRefused,
    }),
    onRefused,
  )
  const heartbeat = () => slackAnswers().then(reached.note)
  const work = startWork({ parts, connections, queue, display, proposing: proposals, keeper, metrics, heartbeat })

  // What a process that died was showing is shown now, without waiting for its jobs to count as lost.
  for (const { id } of await upgrades.active()) await queue.show(id)
  await lookForLost(parts)
  try {
    await app.start()
    await reached.note()
    const port = await server.listen({ port: environment.PORT })
    log.info({ port, config: keeper.active().hash }, 'ready')
  } catch (error) {
    await stop()
    throw error
  }
  background.add(lookAround(env, { store, config: keeper.config, log }))

  /** A service may have left the configuration, or too few people may be left who can approve. */
  async function reconcileAll(): Promise<void> {
    for (const { id } of await upgrades.active()) await queue.reconcile(id)
  }

  function proposalsChanged(place: Place): void {
    queue.proposals(place).catch((error: unknown) => log.warn({ err: error }, 'what is proposed is not looked at'))
  }

  /** Both ways: we get through to Slack, and it gets through to us. */
  async function slackAnswers(): Promise<void> {
    await client.auth.test()
    if (!app.isConnected()) throw new Error('Socket Mode is not connected')
  }

  /** First nothing new comes in, then what runs is finished, then the connections go. */
  async function stop(): Promise<void> {
    log.info({}, 'ending: finishing what runs')
    work.endRounds()
    room.close()
    await Promise.all([server.close(), app.stop()])
    await keeper.leave().catch(() => {})
    await work.finish()
    await background.finish()
    await queue.close()
    await copy.stop()
    clusters.close()
    await redis.close()
  }

  return { reload: keeper.reload, stop }
}

function transportOf(environment: Environment): SlackTransport {
  return 'SLACK_APP_TOKEN' in environment
    ? { kind: 'socketMode', appToken: environment.SLACK_APP_TOKEN }
    : { kind: 'http', signingSecret: environment.SLACK_SIGNING_SECRET }
}
