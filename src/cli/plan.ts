import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { policyFor } from '../config/resolve.ts'
import { planOn } from '../engine/request.ts'
import { restrictionFindingsOf } from '../engine/restrictions.ts'
import { openClusters } from '../kubernetes/clusters.ts'
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts'
import { en } from '../messages/en.ts'
import { plainText } from '../messages/plain-text.ts'
import { registryImages } from '../registry/images.ts'
import { connectRedis } from '../store/connect.ts'
import { redisFreezes } from '../store/freezes.ts'
import { isoFromTime } from '../store/time.ts'
import { openTargets } from '../targets/index.ts'
import { RollcallError } from '../upgrade/error.ts'
import { nearest } from '../upgrade/nearest.ts'
import { own } from '../upgrade/own.ts'
import { imageOf } from '../upgrade/plan.ts'
import type { Request } from '../upgrade/upgrade.ts'
import { exit, type Io } from './io.ts'

const usage = `Usage: rollcall plan SERVICE VERSION --in ENVIRONMENT

Shows the pre-flight and the plan of an upgrade, and changes nothing. Exit code 1 if it could not start.
Needs rollcall.yaml (ROLLCALL_CONFIG) and a kubeconfig (KUBECONFIG), and no Slack. With REDIS_URL it looks at freezes too.`

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
  const { config } = await loadConfig(io.env.ROLLCALL_CONFIG || './rollcall.yaml')
  const environments = Object.keys(own(config.services, service)?.environments ?? {})
  const environment = values.in ?? (environments.length === 1 ? environments[0] : undefined)
  const policy = environment === undefined ? undefined : policyFor(config, service, environment)
  if (!policy) throw unknownPlace(service, environments, Object.keys(config.services))

  const clusters = openClusters(
    () => loadKubeConfig(io.env),
    () => config.clusters,
  )
  try {
    const target = openTargets(clusters)(policy.target)
    const identity = await target.identify(policy.target)
    const time = await openTime(io.env)
    const request: Request = {
      service,
      environment: policy.environment,
      version,
      image: imageOf(policy, version),
      by: { kind: 'system', reason: 'PLAN' },
      at: time.now,
      overrides: {},
    }
    const images = registryImages({
      registries: () => config.registries ?? {},
      credentials: io.env.REGISTRY_AUTH_FILE || undefined,
    })
    const restricted = await restrictionFindingsOf(time, policy, request, time.now).finally(time.close)
    const planned = await planOn({ images, target }, policy, identity, request, restricted)
    io.out(plainText(en.planned(planned.request, planned.plan)))
    if (!time.knowsFreezes) io.out(plainText(en.freezesUnknown))
    return planned.plan.findings.some(({ severity }) => severity === 'block') ? exit.failed : exit.ok
  } finally {
    clusters.close()
  }
}

/** Redis's clock and the freezes that it holds; without Redis this machine's clock, and no freeze is known. */
async function openTime(env: NodeJS.ProcessEnv) {
  if (!env.REDIS_URL) {
    const freezes = { all: async () => [] }
    return { now: new Date().toISOString(), freezes, knowsFreezes: false, close: async () => {} }
  }
  const redis = await connectRedis(env.REDIS_URL)
  const now = isoFromTime(await redis.store.time())
  return { now, freezes: redisFreezes(redis.store), knowsFreezes: true, close: () => redis.close() }
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
