import { z } from 'zod'
import { activeConfig } from '../config/resolve.ts'
import { boundedFetch, jsonOf } from '../gates/bounded-fetch.ts'
import { askPrometheus } from '../gates/prometheus-api.ts'
import { bearerHeaders } from '../gates/secrets.ts'
import { registryImages } from '../registry/images.ts'
import { RollcallError } from '../upgrade/error.ts'
import { nearest } from '../upgrade/nearest.ts'
import { type Check, finding, needed } from './check.ts'
import type { DoctorCode } from './codes.ts'
import type { Finding } from './report.ts'
import { policiesOf, type Setup } from './setup.ts'

/** What gates ask has so long to answer, milliseconds. */
const askTimeoutMs = 5_000

export function configurationChecks(setup: Setup): Check[] {
  const area = 'configuration'
  return [
    { area, whether: 'the configuration is valid', run: () => isValid(setup) },
    { area, whether: 'somebody looks after Rollcall', run: () => admins(setup) },
    { area, whether: 'somebody may send alerts', run: () => alerts(setup) },
    { area, whether: 'what is pushed is proposed', run: () => pushes(setup) },
    { area, whether: 'each pipeline has a token, and each token a pipeline', run: () => pipelines(setup) },
    { area, whether: 'registries answer for the images of services', run: () => registries(setup) },
    { area, whether: 'each Prometheus that gates ask answers', run: () => prometheus(setup) },
    { area, whether: 'each Alertmanager that gates ask answers', run: () => alertmanagers(setup) },
  ]
}

/** What the check of the configuration itself says of it. */
export function codeOfConfig(error: unknown): DoctorCode {
  return error instanceof RollcallError && error.code === 'CONFIG_INVALID' ? 'CONFIG_WRONG' : 'CONFIG_UNREADABLE'
}

async function isValid({ config }: Setup): Promise<Finding[]> {
  try {
    await config()
    return []
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return [finding(codeOfConfig(error), { found: error.message, remedy: error.hint })]
  }
}

async function admins({ config }: Setup): Promise<Finding[]> {
  if ((await needed(config(), codeOfConfig)).admins !== undefined) return []
  return [
    finding('ADMINS_NOT_NAMED', {
      found: 'The configuration names no admins.',
      remedy: 'Give a role to those who look after Rollcall, and name it as `admins:` in rollcall.yaml.',
    }),
  ]
}

async function alerts({ config, env }: Setup): Promise<Finding[]> {
  await needed(config(), codeOfConfig)
  // One that does not have its form is found beside the other variables.
  if (env.ROLLCALL_WEBHOOK_TOKEN?.trim()) return []
  return [
    finding('ALERTS_NOT_TAKEN', {
      found: 'ROLLCALL_WEBHOOK_TOKEN is not set, so nobody may send alerts.',
      remedy: 'Make a token for each sender, set it as alertmanager=…, and tell the sender (docs/guides/alerts.md):',
      command: 'openssl rand -hex 32',
    }),
  ]
}

/** Of the variable only the names count here: a secret that does not have its form is found beside the others. */
async function pushes({ config: read, env }: Setup): Promise<Finding[]> {
  const config = await needed(read(), codeOfConfig)
  const { wishes, policyFor } = activeConfig(config, '')
  const formats = (env.ROLLCALL_REGISTRY_SECRET ?? '').split(',').flatMap((one) => one.trim().split('=')[0] || [])
  const [first] = wishes()
  if (first && formats.length === 0) {
    return [
      finding('PUSHES_NOT_TAKEN', {
        where: `${first.service} in ${first.environment}`,
        found: 'The configuration has `propose`, and ROLLCALL_REGISTRY_SECRET is not set.',
        remedy:
          'Make a secret for each registry, set it as harbor=…, and tell the registry (docs/guides/registry-webhooks.md):',
        command: 'openssl rand -hex 32',
      }),
    ]
  }
  if (!first && formats.length > 0) {
    return [
      finding('PUSHES_NOT_WANTED', {
        found: 'ROLLCALL_REGISTRY_SECRET is set, and no environment in rollcall.yaml has `propose`.',
        remedy: 'Say `propose: { range: "^2" }` where versions are to be proposed, or take the secret away.',
      }),
    ]
  }
  const isAsked = wishes().some(({ service, environment }) => {
    const { resolve = 'off' } = policyFor(service, environment)?.imagePolicy ?? {}
    return resolve !== 'off'
  })
  if (!first || !formats.includes('docker-hub') || isAsked) return []
  return [
    finding('PUSHES_NOT_CONFIRMED', {
      where: `${first.service} in ${first.environment}`,
      found: 'Docker Hub has a secret in ROLLCALL_REGISTRY_SECRET, and no registry is asked.',
      remedy: 'Write `registries: { docker.io: {} }` into rollcall.yaml.',
    }),
  ]
}

async function pipelines({ config: read, given, env }: Setup): Promise<Finding[]> {
  const named = Object.keys((await needed(read(), codeOfConfig)).pipelines)
  const tokens = given.ROLLCALL_API_TOKEN
  // One that does not have its form is found beside the other variables.
  if (!tokens && env.ROLLCALL_API_TOKEN?.trim()) return []
  const withToken = new Set((tokens ?? []).map(({ name }) => name))
  const near = (name: string, among: Iterable<string>) => {
    const meant = nearest(name, [...among])
    return meant === undefined ? '' : ` Is ${meant} meant?`
  }
  return [
    ...[...withToken]
      .filter((name) => !named.includes(name))
      .map((name) =>
        finding('API_TOKEN_UNUSED', {
          where: name,
          found: `ROLLCALL_API_TOKEN has a token ${name}, and rollcall.yaml no pipeline of that name.${near(name, named)}`,
          remedy: `Name it under \`pipelines:\` and under \`permissions.pipelines\` where it may ask, or take the token out.`,
        }),
      ),
    ...named
      .filter((name) => !withToken.has(name))
      .map((name) =>
        finding('PIPELINE_WITHOUT_TOKEN', {
          where: name,
          found: `rollcall.yaml has a pipeline ${name}, and ROLLCALL_API_TOKEN no token of that name.${near(name, withToken)}`,
          remedy: `Make a token, add it to ROLLCALL_API_TOKEN as ${name}=…, and give it to the pipeline (docs/guides/pipelines.md):`,
          command: 'openssl rand -hex 32',
        }),
      ),
  ]
}

async function registries({ config: read, given, env }: Setup): Promise<Finding[]> {
  const config = await needed(read(), codeOfConfig)
  const resolved = policiesOf(config).filter(({ imagePolicy }) => imagePolicy && imagePolicy.resolve !== 'off')
  const images = registryImages({
    registries: () => config.registries ?? {},
    credentials: given.REGISTRY_AUTH_FILE ?? (env.REGISTRY_AUTH_FILE?.trim() || undefined),
  })
  const findings: Finding[] = []
  // One after the other: so many at once it does not ask.
  for (const image of new Set(resolved.map((policy) => policy.image))) {
    const look = await images.tags(image)
    if (look.state === 'found' && look.tags.length > 0) continue
    if (look.state === 'found') {
      findings.push(
        finding('REGISTRY_NO_TAGS', {
          where: image,
          found: `The registry has no tag of ${image}.`,
          remedy: 'Push an image there, or correct `image:` of the service in rollcall.yaml.',
        }),
      )
    } else if (look.state === 'unknown') {
      const refused = look.code === 'REGISTRY_FORBIDDEN' || look.code === 'REGISTRY_CREDENTIALS'
      findings.push(
        finding(refused ? 'REGISTRY_REFUSES' : 'REGISTRY_UNREACHABLE', {
          where: image,
          found: look.message,
          remedy: refused
            ? 'Give Rollcall credentials that may pull it: REGISTRY_AUTH_FILE, or `registries:` in rollcall.yaml.'
            : 'Check the host in `image:` and in `registries:` of rollcall.yaml, and whether it can be reached from here.',
        }),
      )
    } else throw new Error(`the registry of ${image} is busy`)
  }
  return findings
}

type Asked = { url: string; tokenEnv?: string | undefined }

/** Each server once, however many gates ask it. */
function different(asked: readonly Asked[]): Asked[] {
  return [...new Map(asked.map((one) => [`${one.tokenEnv ?? ''} ${one.url}`, one])).values()]
}

async function prometheus({ config, gateSecrets }: Setup): Promise<Finding[]> {
  const policies = policiesOf(await needed(config(), codeOfConfig))
  const asked = policies.flatMap(({ gates, traffic }): Asked[] => [
    ...gates.measured.filter((gate) => gate.type === 'prometheus'),
    ...(traffic ? [traffic] : []),
  ])
  const found = await Promise.all(
    different(asked).map(async ({ url, tokenEnv }) => {
      const answer = await askPrometheus(gateSecrets, z.unknown(), {
        url,
        tokenEnv,
        endpoint: 'query',
        parameters: { query: 'vector(1)' },
        timeoutMs: askTimeoutMs,
        signal: AbortSignal.timeout(askTimeoutMs),
      }).catch((error: unknown) => ({ code: whyOf(error) }))
      return 'code' in answer ? [silent('PROMETHEUS_UNREACHABLE', url, answer.code)] : []
    }),
  )
  return found.flat()
}

async function alertmanagers({ config, gateSecrets }: Setup): Promise<Finding[]> {
  const policies = policiesOf(await needed(config(), codeOfConfig))
  const asked = policies.flatMap(({ gates }) => gates.measured.filter((gate) => gate.type === 'alerts'))
  const found = await Promise.all(
    different(asked).map(async ({ url, tokenEnv }) => {
      const why = await alertmanagerSays(url, bearerHeaders(gateSecrets, tokenEnv)).catch(whyOf)
      return why === undefined ? [] : [silent('ALERTMANAGER_UNREACHABLE', url, why)]
    }),
  )
  return found.flat()
}

/** @returns why it is no Alertmanager that answers; `undefined` when it is one */
async function alertmanagerSays(base: string, proof: ReturnType<typeof bearerHeaders>): Promise<string | undefined> {
  if ('missing' in proof) return `${proof.missing} is not set`
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/status`
  const fetched = await boundedFetch(url.href, {
    headers: { accept: 'application/json', ...proof.headers },
    signal: AbortSignal.timeout(askTimeoutMs),
    mostBytes: 1_000_000,
  })
  const isIt = z.object({ versionInfo: z.unknown() }).safeParse(jsonOf(fetched)).success
  return fetched.status === 200 && isIt ? undefined : `status ${fetched.status}, and no Alertmanager`
}

function silent(code: 'PROMETHEUS_UNREACHABLE' | 'ALERTMANAGER_UNREACHABLE', url: string, why: string): Finding {
  const name = code === 'PROMETHEUS_UNREACHABLE' ? 'Prometheus' : 'Alertmanager'
  return finding(code, {
    where: url,
    found: `No ${name} answers at ${url}: ${why}.`,
    remedy: `Correct the url of the gate, or the ${name.toLowerCase()} of its cluster, in rollcall.yaml, and let Rollcall through to it.`,
  })
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
