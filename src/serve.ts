import { parseArgs } from 'node:util'
import { drawChart } from './chart/draw-chart.ts'
import { exit, type Io } from './cli/io.ts'
import { type Environment, readAuditKeys, readEnvironment, readGateSecrets, secretsOf } from './config/environment.ts'
import { needGateSecrets } from './config/gate-secrets.ts'
import { loadConfig } from './config/load.ts'
import type { Config } from './config/schema.ts'
import { alertReceiver } from './engine/alerts.ts'
import { type ConfigFile, keepConfig } from './engine/config-keeper.ts'
import { engine } from './engine/engine.ts'
import { lookForLost } from './engine/look-for-lost.ts'
import { measureGate } from './engine/measure.ts'
import type { Parts } from './engine/parts.ts'
import { reconcile } from './engine/reconcile.ts'
import { slackTold } from './engine/slack-told.ts'
import { stopUnmarked } from './engine/stop.ts'
import { showAll, sweep } from './engine/sweep.ts'
import { gates, openMeasures } from './gates/index.ts'
import { trafficHistory } from './gates/traffic.ts'
import { alertWebhooks } from './http/alert-webhooks.ts'
import type { RefusedCall } from './http/answer.ts'
import { apiRoutes } from './http/api/routes.ts'
import { bearerTokens } from './http/bearer-tokens.ts'
import type { CallParts } from './http/call-route.ts'
import { identityTokens } from './http/identity-token.ts'
import { jsonReader } from './http/json-body.ts'
import { probes } from './http/probes.ts'
import { httpServer, type RefusedConnection } from './http/server.ts'
import { waitingRoom } from './http/waiting-room.ts'
import { bullQueue } from './jobs/queues.ts'
import { startWorkers } from './jobs/workers.ts'
import { type Clusters, openClusters } from './kubernetes/clusters.ts'
import { kubeconfigContexts, loadKubeConfig } from './kubernetes/kubeconfig.ts'
import { messagesIn } from './messages/languages.ts'
import { plainText } from './messages/plain-text.ts'
import { auditFile } from './observability/audit-file.ts'
import { createLog } from './observability/log.ts'
import { createMetrics } from './observability/metrics.ts'
import { onCall } from './on-call/on-call.ts'
import { registryImages } from './registry/images.ts'
import { slackAccounts } from './slack/accounts.ts'
import { tellOfChannel, tellOfNotices, tellOfOrphan, tellOfScope, troubleToldOf } from './slack/admins.ts'
import { identify, type SlackApp, type SlackTransport, slackApp } from './slack/app.ts'
import { sharedBudget } from './slack/budget.ts'
import { slackChannels } from './slack/channels.ts'
import { slackClient } from './slack/client.ts'
import { createHomeTabs } from './slack/home.ts'
import type { RefusedDelivery } from './slack/listeners/parts.ts'
import { slackMembers } from './slack/members.ts'
import { createNotices } from './slack/notices.ts'
import { postPermissions } from './slack/permissions.ts'
import { filesScope } from './slack/report-files.ts'
import { sendFile } from './slack/send-file.ts'
import type { Note } from './slack/shown.ts'
import { createSync } from './slack/sync.ts'
import { redisAlerts } from './store/alerts.ts'
import { redisAuditFeed } from './store/audit-feed.ts'
import { lastKey } from './store/audit-trail.ts'
import { redisConfigStore } from './store/config-in-force.ts'
import { connectRedis } from './store/connect.ts'
import { redisFreezes } from './store/freezes.ts'
import { redisHomes } from './store/homes.ts'
import { queuePrefix } from './store/keys.ts'
import { redisCapacities, redisMeasurements } from './store/measurements.ts'
import {
  redisArrivals,
  redisDeliveries,
  redisLines,
  redisLocks,
  redisLooks,
  redisReached,
  redisShown,
  redisTold,
  redisTurns,
  redisWindows,
} from './store/slack-state.ts'
import { redisUpgrades } from './store/upgrades.ts'
import { openTargets } from './targets/index.ts'
import { watchTargets } from './targets/triggers.ts'
import type { AuditKey } from './upgrade/audit-chain.ts'
import { RollcallError } from './upgrade/error.ts'
import type { ChannelTrouble } from './upgrade/events.ts'

const usage = `Usage: rollcall serve

Runs Rollcall. Everything is configured by rollcall.yaml and the environment; .env.example lists the variables.
SIGHUP takes up a changed rollcall.yaml, SIGTERM finishes what runs and ends.`

const sweepEveryMs = 1_000

/** What the watch sees is shown together, milliseconds. */
const tickEveryMs = 100

/** How often Slack is asked whether it is there: several times before it counts as away. */
const heartbeatEveryMs = 15_000

/** How soon an upgrade that the store has lost while Rollcall ran is found, milliseconds. */
const lookForLostEveryMs = 10_000

/** How soon a message that is gone or out of date is missed, milliseconds, as far as Slack's limits allow. */
const showAllEveryMs = 60_000

/** Less than the grace that Kubernetes gives, milliseconds. */
const endWithinMs = 10_000

/** An answer to somebody in Slack must not wait longer for Slack itself, milliseconds. */
const memberTimeoutMs = 1_500

/** `rollcall serve`: resolves when the process was asked to end. */
export async function serve(argv: string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  const environment = readEnvironment(io.env)
  const first = await readConfig(environment, io.env)
  const running = await start(environment, first, io.env)
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

async function readConfig(environment: Environment, env: NodeJS.ProcessEnv): Promise<ConfigFile> {
  const kubeconfig = kubeconfigContexts(env)
  const file = await loadConfig(environment.ROLLCALL_CONFIG, 'contexts' in kubeconfig ? { kubeconfig } : {})
  needGateSecrets(file.config, readGateSecrets(env))
  return file
}

/** Builds every client, wires them together and starts listening. */
async function start(environment: Environment, first: ConfigFile, env: NodeJS.ProcessEnv) {
  const gateSecrets = readGateSecrets(env)
  const log = createLog(environment.LOG_LEVEL, { secrets: [...secretsOf(environment), ...Object.values(gateSecrets)] })
  const auditKeys = readAuditKeys(env)
  // What is under way on a cluster that left the file can still be stopped and taken back.
  let clustersKnown = first.config.clusters

  const messages = messagesIn(first.config.slack.locale)
  const slackUrl = environment.SLACK_API_URL ?? 'https://slack.com/api/'
  const slackOptions = { token: environment.SLACK_BOT_TOKEN, apiUrl: slackUrl, log }
  const client = slackClient(slackOptions)
  const clusters = openClusters(
    () => loadKubeConfig(env),
    () => clustersKnown,
  )
  const redis = await everythingAnswers(environment, auditKeys, client, slackUrl, clusters, first.config)
  const config = await keepConfig(first, {
    file: environment.ROLLCALL_CONFIG,
    read: () => readConfig(environment, env),
    store: redisConfigStore(redis.store, auditKeys),
    log,
    onChanged: (changed) => {
      clustersKnown = { ...clustersKnown, ...changed.clusters }
      Promise.all([lookAtAll(), lookForLost(parts), queue.homes()]).catch((error: unknown) =>
        log.warn({ err: error }, 'not enqueued; the sweeper will'),
      )
    },
    onPutInForce: ({ slack }, changes) => {
      if (changes.length === 0) return
      postPermissions(client, messages, slack.channel, changes).catch((error: unknown) =>
        log.error({ err: error }, 'who may do what has changed, and the channel could not be told'),
      )
    },
  })

  const upgrades = redisUpgrades(redis.store, {
    auditKeys,
    onUnreadable: (error) => log.error({ err: error }, 'an upgrade is left alone'),
  })
  const queue = bullQueue(redis.queues, queuePrefix)

  /** A service may have left the configuration, or too few people may be left who can approve. */
  async function lookAtAll(): Promise<void> {
    for (const { id } of await upgrades.active()) await queue.reconcile(id)
  }

  const ready = async () => ({
    ...(await readiness(redis.store, () => slackAnswers(client, app), clusters, config.config())),
    config: config.inForce(),
  })
  const metrics = createMetrics({ active: () => upgrades.active(), ready })
  const members = slackMembers(slackClient({ ...slackOptions, timeoutMs: memberTimeoutMs }))
  const reached = redisReached(redis.store)
  const looks = redisLooks(redis.store)
  const told = redisTold(redis.store)
  const channels = slackChannels({ client, onKnown: channelKnown })
  const toAdmins = { client, members, config: config.active, told, log }
  const images = registryImages({
    registries: () => config.config().registries ?? {},
    credentials: environment.REGISTRY_AUTH_FILE,
  })
  const parts: Parts = {
    upgrades,
    targets: openTargets(clusters),
    images,
    gates,
    measures: openMeasures({ clusters, secrets: gateSecrets, attachments: images.attachments }),
    measurements: redisMeasurements(redis.store),
    traffic: trafficHistory(gateSecrets),
    capacities: redisCapacities(redis.store),
    queue,
    members,
    freezes: redisFreezes(redis.store, auditKeys),
    alerts: redisAlerts(redis.store),
    onCall: onCall({
      settings: (service) => config.active().onCall(service),
      secrets: gateSecrets,
      account: slackAccounts(slackClient({ ...slackOptions, timeoutMs: memberTimeoutMs })),
      log,
    }),
    display: {
      isReached: () => reached.isRecent(),
      orphaned: (id, ref, hasRecord) => tellOfOrphan({ ...toAdmins, messages }, id, ref, hasRecord),
      trouble: (channel) => channels.trouble(channel),
      doubted: looks.doubt,
    },
    config: config.active,
    goesBy: config.goesBy,
    log,
    onEvent: metrics.count,
    onFrozen: homesChanged,
    onRefusal: (code) => metrics.refusals.inc({ code }),
  }
  const surface = engine(parts)

  const shown = redisShown<Note>(redis.store)
  const budget = sharedBudget(redisLines(redis.store), looks)
  const aside = new Set<Promise<void>>()
  const background = (work: Promise<void>) => {
    aside.add(work)
    void work.finally(() => aside.delete(work))
  }
  const suspect = (channel: string) => background(channels.suspect(channel))
  const files = {
    draw: drawChart,
    send: sendFile,
    notAllowed: () => background(tellOfScope({ ...toAdmins, messages }, filesScope)),
  }
  const homes = createHomeTabs({
    client,
    surface,
    homes: redisHomes(redis.store),
    budget,
    messages,
    localeOf: members.localeOf,
    log,
    linkTo: (upgrade) => app.linkTo(upgrade),
    lost: async (channel) => troubleToldOf(await told.all(channel)),
    again: (delayMs) => queue.homes(delayMs),
  })
  const showing = { client, surface, shown, budget, messages, log, files, background, suspect }
  const sync = createSync(showing)
  const notices = createNotices({
    ...showing,
    lost: (to, why) => tellOfNotices({ ...toAdmins, messages }, to, why),
  })
  const alone = redisLocks(redis.store)
  const inTurn = redisTurns(redis.store)

  /** A lost channel stops what is shown there; the admins hear of it. */
  async function channelKnown(channel: string, trouble: ChannelTrouble | undefined, isNew: boolean): Promise<void> {
    const underWay = async () =>
      (await upgrades.active()).flatMap(({ id, policy }) => (policy.channel === channel ? [id] : []))
    if (trouble && isNew) {
      log.error({ channel, code: trouble }, `${channel} is lost; nothing shown there goes forward`)
      for (const id of await underWay()) await queue.reconcile(id)
    }
    await tellOfChannel({ ...toAdmins, underWay, messages }, channel, trouble)
  }

  /** Whatever has changed may stand on somebody's Home tab. */
  function homesChanged(): void {
    queue.homes().catch((error: unknown) => log.warn({ err: error }, 'Home tabs are not looked at'))
  }

  async function showHomes(): Promise<void> {
    const { busyMs } = await inTurn('homes', () => homes.sync())
    if (busyMs) await queue.homes(busyMs)
  }

  /** Brings Slack into line; one at a time for each upgrade, since two would post the same message. */
  async function show(id: string): Promise<void> {
    homesChanged()
    const { busyMs } = await inTurn(`show:${id}`, async () => {
      const shownNow = await sync(id)
      const isOver = shownNow.state === 'shown' && shownNow.isOver
      // What has ended asks nobody any more, and is not done with before everybody knows.
      const synced = isOver ? await notices(id) : shownNow
      if (!isOver) background(tellStakeholders(id))
      if (synced.state === 'later') {
        await slackTold(parts, id, synced.at)
        await queue.show(id, Math.max(1, synced.at - Date.now()))
      } else if (synced.isOver) await slackTold(parts, id)
    })
    // Whoever is at it shows this too, unless it dies.
    if (busyMs) await queue.show(id, busyMs)
  }

  /** Nobody who decides waits for those who only want to know. */
  async function tellStakeholders(id: string): Promise<void> {
    try {
      if (!(await surface.find(id))?.policy.notify) return
      const { busyMs } = await inTurn(`notices:${id}`, async () => {
        const told = await notices(id)
        if (told.state === 'later') await queue.show(id, Math.max(1, told.at - Date.now()))
      })
      if (busyMs) await queue.show(id, busyMs)
    } catch (error) {
      log.warn({ upgrade: id, err: error }, `${id}: stakeholders are told with the next look`)
    }
  }

  const copy = auditFile({
    feed: redisAuditFeed(redis.store),
    alone,
    path: () => config.config().audit?.file,
    log,
    onBehind: (entries) => metrics.auditFileBehind.set(entries),
    onFailure: () => metrics.auditFileFailures.inc(),
  })

  const workers = startWorkers(
    redis.queues,
    queuePrefix,
    {
      reconcile: (id, requestId) => reconcile(parts, id, requestId),
      show,
      homes: showHomes,
      measure: (id, gate, key) => measureGate(parts, id, gate, key),
    },
    log,
  )
  watchTargets(clusters, {
    changed: (upgrade) => {
      for (const one of [queue.reconcile(upgrade), queue.show(upgrade, tickEveryMs)]) one.catch(() => {})
    },
    stopAsked: (where) => stopUnmarked(parts, where),
    failed: (error) => log.warn({ err: error }, 'a stop on a workload without an upgrade is still there'),
  })
  const heartbeat = setInterval(() => {
    slackAnswers(client, app)
      .then(() => reached.note())
      .catch((error: unknown) => log.warn({ err: error }, 'Slack does not answer'))
  }, heartbeatEveryMs)
  const sweeper = setInterval(() => {
    Promise.all([sweep(parts), config.look()])
      .then(([count]) => metrics.swept.inc(count))
      .catch((error: unknown) => log.warn({ err: error }, 'the sweeper could not look'))
  }, sweepEveryMs)
  const finder = setInterval(() => {
    lookForLost(parts).catch((error: unknown) => log.warn({ err: error }, 'lost upgrades were not looked for'))
  }, lookForLostEveryMs)
  const shower = setInterval(() => {
    Promise.all([showAll(parts, showAllEveryMs), queue.homes()]).catch((error: unknown) =>
      log.warn({ err: error }, 'Slack was not looked at'),
    )
  }, showAllEveryMs)

  const onRefused = (reason: RefusedDelivery | RefusedConnection | RefusedCall) =>
    metrics.refusals.inc({ code: reason.toUpperCase() })
  const app = slackApp({
    token: environment.SLACK_BOT_TOKEN,
    transport: transportOf(environment),
    apiUrl: slackUrl,
    surface,
    messages,
    localeOf: members.localeOf,
    shown,
    replies: () => config.config().slack.replies,
    deliveries: { ...redisDeliveries(redis.store), ...redisArrivals(redis.store) },
    log,
    onRefused,
    homes,
  })
  const figures = async () => ({ contentType: metrics.registry.contentType, body: await metrics.registry.metrics() })
  const calls: CallParts = { readJson: jsonReader(), onRefused, log }
  const webhooks = alertWebhooks({
    ...calls,
    whose: bearerTokens(environment.ROLLCALL_WEBHOOK_TOKEN ?? []),
    mapping: (source) => config.active().alertMapping(source),
    receive: alertReceiver(parts),
    onReceived: metrics.countAlerts,
  })
  const room = waitingRoom(upgrades.lengths)
  const api = apiRoutes({
    ...calls,
    log,
    surface,
    whose: bearerTokens(environment.ROLLCALL_API_TOKEN ?? []),
    identityOf: (pipeline) => config.active().identityOf(pipeline),
    verify: identityTokens(),
    workspace: members.workspace,
    take: redisWindows(redis.store).take,
    room,
    lengthsOf: upgrades.lengths,
    linkTo: app.linkTo,
    explain: (refused, about) => plainText(messagesIn('en').refusal(refused, about)),
  })
  // A path of its own goes before those of all sources.
  const routes = [...probes({ ready, metrics: figures }), ...api, webhooks, ...app.routes]
  const server = httpServer(routes, onRefused)
  // What a process that died was showing is shown now, without waiting for its jobs to count as lost.
  for (const { id } of await upgrades.active()) await queue.show(id)
  await lookForLost(parts)
  try {
    await app.start()
    await reached.note()
    const port = await server.listen({ port: environment.PORT })
    log.info({ port, config: config.active().hash }, 'ready')
    background(lookAround().catch((error: unknown) => log.warn({ err: error }, 'the set-up was not looked at')))
  } catch (error) {
    await stop()
    throw error
  }

  /** What would not stop a start, and is found out too late otherwise. */
  async function lookAround(): Promise<void> {
    // Loaded now, so that the start does not wait for it.
    const { examine, openSetup, startChecks } = await import('./doctor/at-start.ts')
    const setup = openSetup({ env })
    const opened = { ...setup, redis: async () => redis.store, config: async () => config.config() }
    const { findings } = await examine(startChecks(opened))
    for (const { code, severity, found, means, remedy, command } of findings) {
      if (severity === 'note') continue
      log.warn({ doctor: code, severity, remedy, ...(command && { command }) }, `${found} ${means}`)
    }
  }

  async function stop(): Promise<void> {
    log.info({}, 'ending: finishing what runs')
    clearInterval(sweeper)
    clearInterval(heartbeat)
    clearInterval(finder)
    clearInterval(shower)
    room.close()
    await Promise.all([server.close(), app.stop()])
    await config.leave().catch(() => {})
    await workers.close()
    await Promise.all(aside)
    await queue.close()
    await copy.stop()
    clusters.close()
    await redis.close()
  }

  return { reload: config.reload, stop }
}

/**
 * Asks Redis, Slack and every cluster at once, so that one start tells everything that is wrong.
 *
 * @throws RollcallError of the first that does not answer, with all of them in its message
 */
async function everythingAnswers(
  environment: Environment,
  auditKeys: readonly AuditKey[],
  client: ReturnType<typeof slackClient>,
  slackUrl: string,
  clusters: Clusters,
  config: Config,
) {
  const [redis, ...others] = await Promise.allSettled([
    openStore(environment, auditKeys),
    identify(client, slackUrl, config.slack.replies),
    ...Object.keys(config.clusters).map(async (name) => clusters.get(name).uid()),
  ])
  const failed = [redis, ...others].flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (redis.status === 'fulfilled' && failed.length === 0) return redis.value
  if (redis.status === 'fulfilled') await redis.value.close()
  clusters.close()
  const known = failed.filter((error) => error instanceof RollcallError)
  const [worst] = known
  if (!worst || known.length < failed.length) throw failed.find((error) => !(error instanceof RollcallError))
  if (known.length === 1) throw worst
  const message = known.map((error) => `${error.message}\n  ${error.hint}`).join('\n')
  throw new RollcallError(worst.code, message, { hint: `${known.length} things must be put right.`, cause: worst })
}

/**
 * Every start is an entry, so the last one of `admin` tells whether Rollcall ran with a key. A process without one
 * would go on writing what anybody can forge.
 *
 * @throws RollcallError REDIS_UNAVAILABLE, AUDIT_KEY_MISSING
 */
async function openStore({ REDIS_URL }: Environment, auditKeys: readonly AuditKey[]) {
  const redis = await connectRedis(REDIS_URL)
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

function transportOf(environment: Environment): SlackTransport {
  return 'SLACK_APP_TOKEN' in environment
    ? { kind: 'socketMode', appToken: environment.SLACK_APP_TOKEN }
    : { kind: 'http', signingSecret: environment.SLACK_SIGNING_SECRET }
}

/** Both ways: we get through to Slack, and it gets through to us. */
async function slackAnswers(client: ReturnType<typeof slackClient>, app: SlackApp): Promise<void> {
  await client.auth.test()
  if (!app.isConnected()) throw new Error('Socket Mode is not connected')
}

async function readiness(
  redis: { ping(): Promise<unknown> },
  slack: () => Promise<unknown>,
  clusters: Clusters,
  config: Config,
): Promise<Record<string, boolean>> {
  const answers = (promise: Promise<unknown>) =>
    promise.then(
      () => true,
      () => false,
    )
  const names = Object.keys(config.clusters)
  const [redisUp, slackUp, ...clustersUp] = await Promise.all([
    answers(redis.ping()),
    answers(slack()),
    ...names.map((name) => answers(clusters.get(name).api.get('/version'))),
  ])
  const byCluster = names.map((name, index) => [`cluster:${name}`, clustersUp[index] ?? false] as const)
  return { redis: redisUp, slack: slackUp, ...Object.fromEntries(byCluster) }
}
