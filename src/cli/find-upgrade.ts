import { existsSync } from 'node:fs'
import { loadConfig } from '../config/load.ts'
import { policyFor } from '../config/resolve.ts'
import type { Config } from '../config/schema.ts'
import type { Api } from '../kubernetes/api.ts'
import type { Workload } from '../kubernetes/workload.ts'
import { kinds } from '../targets/index.ts'
import type { Kind } from '../targets/workload/kind.ts'
import { stampOf, upgradeMark } from '../targets/workload/marks.ts'
import { getWorkload, missing, type Ref } from '../targets/workload/requests.ts'
import { RollcallError } from '../upgrade/error.ts'
import { nearest } from '../upgrade/nearest.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import type { Io } from './io.ts'

export type Search = {
  id: string
  /** The workload, when the caller knows it; the mark on it must still fit. */
  workload?: Ref
  /** Where to search instead of everywhere. */
  namespace?: string
  /** What `rollcall.yaml` says is the upgrade's target. */
  configured?: Ref
}

/** A workload, and whether it bears the upgrade's mark: before the start it does not. */
export type Found = { ref: Ref; marked: boolean }

/** How the caller names the workload itself. */
const byName = kinds.map(({ names: [option] }) => `--${option} NAMESPACE/NAME`).join(' or ')

type UnderWay = { id: string; ref: Ref }

/** How many workloads the API server is asked for at a time. */
const pageSize = 500

/**
 * The workload that is under an upgrade, by the mark that it bears.
 *
 * @param api of the cluster to search
 * @param where what the cluster is called
 * @throws RollcallError UPGRADE_NOT_FOUND with the upgrades in view, TARGET_NOT_FOUND, CLUSTER_FORBIDDEN
 */
export async function findUpgrade(
  api: Api,
  where: { cluster: string; namespace: string },
  search: Search,
): Promise<Found> {
  const { id, workload, configured } = search
  if (workload) {
    const live = await getWorkload(api, workload)
    if (!live) throw missing(workload)
    return { ref: workload, marked: idOf(live) === id }
  }
  const known = configured && (await getWorkload(api, configured))
  if (known && idOf(known) === id) return { ref: configured, marked: true }
  const { underWay, searched } = await inView(api, search.namespace, where.namespace)
  const found = underWay.find((one) => one.id === id)
  if (found) return { ref: found.ref, marked: true }
  // The first change is yet to come; whether it ever was one of this workload's, Rollcall knows.
  if (known && idOf(known) === undefined) return { ref: configured, marked: false }
  throw notFound(id, underWay, `${searched} on ${where.cluster}`)
}

/** The target of an upgrade by its ID, and the kubeconfig context that leads there; none where the file has none. */
export async function configuredTarget(id: string, io: Io): Promise<{ ref: Ref; context?: string } | undefined> {
  const file = io.env.ROLLCALL_CONFIG || './rollcall.yaml'
  if (!existsSync(file)) return undefined
  let config: Config
  try {
    config = (await loadConfig(file)).config
  } catch {
    io.err(`${file} has mistakes and is not used; \`rollcall validate\` lists them.`)
    return undefined
  }
  const target = targetOf(id, config)
  if (!target) return undefined
  const context = config.clusters[target.cluster]?.context
  const { kind, namespace, name } = target
  return { ref: { kind, namespace, name }, ...(context && { context }) }
}

function targetOf(id: string, config: Config): TargetRef | undefined {
  for (const [service, { environments }] of Object.entries(config.services)) {
    for (const environment of Object.keys(environments)) {
      const number = id.startsWith(`${service}-${environment}-`) ? id.slice(`${service}-${environment}-`.length) : ''
      if (/^\d+$/.test(number)) return policyFor(config, service, environment)?.target
    }
  }
  return undefined
}

/** Every upgrade that the caller may see: in one namespace, in all, in each that may be listed, or in the context's own. */
async function inView(
  api: Api,
  namespace: string | undefined,
  ownNamespace: string,
): Promise<{ underWay: UnderWay[]; searched: string }> {
  if (namespace) return { underWay: await inNamespace(api, namespace), searched: `namespace ${namespace}` }
  const everywhere = await orForbidden(under(api, '/apis/apps/v1'))
  if (everywhere) return { underWay: everywhere, searched: 'any namespace' }
  const names = await orForbidden(api.get<{ items: { metadata: { name: string } }[] }>('/api/v1/namespaces'))
  if (!names) {
    const own = await orForbidden(inNamespace(api, ownNamespace))
    if (own) return { underWay: own, searched: `namespace ${ownNamespace}` }
    const message = `Your account may list workloads neither everywhere nor in the namespace ${ownNamespace}.`
    throw new RollcallError('CLUSTER_FORBIDDEN', message, {
      hint: `Say where the workload is: --namespace NAMESPACE, or ${byName}. Nothing was changed.`,
    })
  }
  const each = await Promise.all(names.items.map(({ metadata }) => orForbidden(inNamespace(api, metadata.name))))
  return { underWay: each.flatMap((one) => one ?? []), searched: 'any namespace that you may read' }
}

function inNamespace(api: Api, namespace: string): Promise<UnderWay[]> {
  return under(api, `/apis/apps/v1/namespaces/${namespace}`)
}

/** Upgrades by the marks on workloads of every kind that may be listed; CLUSTER_FORBIDDEN where none may. */
async function under(api: Api, path: string): Promise<UnderWay[]> {
  const answers = await Promise.allSettled(kinds.map((kind) => ofKind(api, path, kind)))
  const seen = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  const failure = seen.length === 0 ? failures[0] : failures.find((error) => !isForbidden(error))
  if (failure !== undefined) throw failure
  return seen.flat()
}

async function ofKind(api: Api, path: string, { kind, plural }: Kind): Promise<UnderWay[]> {
  const found: Workload[] = []
  let from = ''
  do {
    const page = await api.get<{ metadata: { continue?: string }; items: Workload[] }>(`${path}/${plural}`, {
      limit: pageSize,
      ...(from && { continue: from }),
    })
    found.push(...page.items)
    from = page.metadata.continue ?? ''
  } while (from)
  return found.flatMap((one) => {
    const id = idOf(one)
    const { namespace, name } = one.metadata
    return id === undefined ? [] : [{ id, ref: { kind, namespace, name } }]
  })
}

function idOf({ metadata }: Workload): string | undefined {
  return stampOf(metadata.annotations?.[upgradeMark])?.id
}

function notFound(id: string, underWay: UnderWay[], searched: string): RollcallError {
  const meant = nearest(
    id,
    underWay.map((one) => one.id),
  )
  const question = meant ? `; did you mean ${meant}?` : ''
  const shown = underWay.slice(0, 10).map((one) => `${one.id} (${one.ref.namespace}/${one.ref.name})`)
  const more = underWay.length > shown.length ? `, and ${underWay.length - shown.length} more` : ''
  const view = underWay.length > 0 ? `Under way there: ${shown.join(', ')}${more}.` : 'No upgrade is under way there.'
  return new RollcallError('UPGRADE_NOT_FOUND', `No workload in ${searched} is under ${id}${question}`, {
    hint: `${view}\nOne that has not started bears no mark yet: name it with ${byName}. --context leads to another cluster.`,
  })
}

async function orForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN'
}
