import { parseArgs } from 'node:util'
import { readGateSecrets } from '../config/environment.ts'
import { loadConfig } from '../config/load.ts'
import { activeConfig, policyFor } from '../config/resolve.ts'
import type { Freezes, Upgrades } from '../engine/ports.ts'
import { planOn } from '../engine/request.ts'
import { restrictionFindingsOf } from '../engine/restrictions.ts'
import { openMeasures } from '../gates/index.ts'
import { trafficHistory } from '../gates/traffic.ts'
import { openClusters } from '../kubernetes/clusters.ts'
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { en } from '../messages/en.ts'
import { plainText } from '../messages/plain-text.ts'
import { registryImages } from '../registry/images.ts'
import { connectRedis } from '../store/connect.ts'
import { redisFreezes } from '../store/freezes.ts'
import { isoFromTime } from '../store/time.ts'
import { redisUpgrades } from '../store/upgrades.ts'
import { openTargets } from '../targets/index.ts'
import { RollcallError } from '../upgrade/error.ts'
import { nearest } from '../upgrade/nearest.ts'
import { own } from '../upgrade/own.ts'
import { imageOf } from '../upgrade/plan.ts'
import type { Request } from '../upgrade/upgrade.ts'
import { exit, type Io } from './io.ts'

const usage = `Usage: rollcall plan SERVICE VERSION --in ENVIRONMENT

Shows the pre-flight and the plan of an upgrade, and changes nothing. Exit code 1 if it could not start.
Needs rollcall.yaml (ROLLCALL_CONFIG) and a kubeconfig (KUBECONFIG), and no Slack. With REDIS_URL it looks at freezes and
at earlier upgrades too.`

/** `rollcall plan SERVICE VERSION --in ENVIRONMENT` */
export async function plan(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { in: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  const [service, version] = positionals
  if (!service || !version || positionals.length > 2) {
    throw new RollcallError('USAGE', 'plan takes a service and a version.', { hint: usage })
  }
  const { config, text } = await loadConfig(io.env.ROLLCALL_CONFIG || './rollcall.yaml')
  const environments = Object.keys(own(config.services, service)?.environments ?? {})
  const environment = values.in ?? (environments.length === 1 ? environments[0] : undefined)
  const policy = environment === undefined ? undefined : policyFor(config, service, environment)
  if (!policy) throw unknownPlace(service, environments, Object.keys(config.services))

  const clusters = openClusters(
    () => loadKubeConfig(io.env),
    () => config.clusters,
  )
  const store = await openStore(io.env).catch((error: unknown) => {
    clusters.close()
    throw error
  })
  try {
    const targets = openTargets(clusters)
    const target = targets(policy.target)
    const identity = await target.identify(policy.target)
    const request: Request = {
      service,
      environment: policy.environment,
      version,
      image: imageOf(policy, version),
      by: { kind: 'system', reason: 'PLAN' },
      at: store.now,
      overrides: {},
    }
    const images = registryImages({
      registries: () => config.registries ?? {},
      credentials: io.env.REGISTRY_AUTH_FILE || undefined,
    })
    const known = { targets, config: () => activeConfig(config, text), ...store }
    const restricted = await restrictionFindingsOf(known, policy, request, store.now)
    const secrets = readGateSecrets(io.env)
    const traffic = trafficHistory(secrets)
    const { freezes, upgrades } = store
    const measures = openMeasures({ clusters, secrets, attachments: images.attachments })
    const log = { error: ({ err }: Record<string, unknown>, message: string) => io.err(`${message}: ${err}`) }
    const around = { images, measures, log, target, traffic, freezes, ...(upgrades && { upgrades }) }
    const planned = await planOn(around, policy, identity, request, restricted)
    const { title, lines } = en.planned(planned.request, planned.plan, policy.strategy.type)
    for (const line of [title, ...lines]) io.out(plainText(line))
    if (!store.upgrades) io.out(plainText(en.storeUnknown))
    return planned.plan.findings.some(({ severity }) => severity === 'block') ? exit.failed : exit.ok
  } finally {
    clusters.close()
    await store.close()
  }
}

type Store = {
  /** ISO 8601. */
  now: string
  freezes: Pick<Freezes, 'all'>
  /** Absent without Redis. */
  upgrades?: Upgrades
  close: () => Promise<void>
}

/** What Redis knows, and its clock; without it this machine's clock, and neither freezes nor earlier upgrades are known. */
async function openStore(env: NodeJS.ProcessEnv): Promise<Store> {
  if (!env.REDIS_URL) return { now: new Date().toISOString(), freezes: { all: async () => [] }, close: async () => {} }
  const { store, close } = await connectRedis(env.REDIS_URL)
  return {
    now: isoFromTime(await store.time()),
    freezes: redisFreezes(store),
    upgrades: redisUpgrades(store),
    close,
  }
}

function unknownPlace(service: string, environments: string[], services: string[]): RollcallError {
  if (environments.length > 0) {
    return new RollcallError('USAGE', `${service} runs in: ${environments.join(', ')}. Say which with --in.`, {
      hint: usage,
    })
  }
  const meant = nearest(service, services)
  const question = meant ? `; did you mean ${meant}?` : ''
  return new RollcallError('USAGE', `There is no service ${service}${question}`, {
    hint: `The configuration has: ${services.join(', ')}.`,
  })
}
