import type { Api } from '../../kubernetes/api.ts'
import { cronJobOf, type MeasuredGate } from '../../upgrade/gate.ts'
import type { Policy } from '../../upgrade/policy.ts'
import type { Finding } from '../../upgrade/upgrade.ts'
import { finding } from './checks/found.ts'
import { recordName } from './record.ts'
import { pluralOf } from './requests.ts'

export type Right = { group: string; resource: string; subresource?: string; verb: string; name?: string }

/** Beside those for the workload itself. */
function ofGate(gate: MeasuredGate): Right[] {
  const cronJob = cronJobOf(gate)
  const readsLogs = gate.type === 'logs' || (gate.type === 'scan' && cronJob !== undefined)
  return [
    ...(cronJob === undefined
      ? []
      : [
          { group: 'batch', resource: 'cronjobs', verb: 'get', name: cronJob },
          ...['create', 'get'].map((verb) => ({ group: 'batch', resource: 'jobs', verb })),
        ]),
    ...(readsLogs ? [{ group: '', resource: 'pods', subresource: 'log', verb: 'get' }] : []),
  ]
}

/**
 * What Rollcall must be allowed to do; the Kubernetes Events that it writes are a courtesy and not among it.
 *
 * @param ofKind what the target's kind needs beside what every kind does
 */
export function neededRights({ target, gates }: Pick<Policy, 'target' | 'gates'>, ofKind: readonly Right[]): Right[] {
  const { kind, name } = target
  const resource = pluralOf(kind)
  const needed: Right[] = [
    ...['get', 'patch'].map((verb) => ({ group: 'apps', resource, verb, name })),
    ...['list', 'watch'].map((verb) => ({ group: 'apps', resource, verb })),
    ...ofKind,
    ...['list', 'watch'].map((verb) => ({ group: '', resource: 'pods', verb })),
    { group: '', resource: 'configmaps', verb: 'create' },
    ...['get', 'delete'].map((verb) => ({ group: '', resource: 'configmaps', verb, name: recordName(target) })),
    { group: '', resource: 'resourcequotas', verb: 'list' },
    { group: 'autoscaling', resource: 'horizontalpodautoscalers', verb: 'list' },
    ...gates.measured.flatMap(ofGate),
  ]
  return [...new Map(needed.map((right) => [JSON.stringify(right), right])).values()]
}

/** `pods/log` */
export function resourceOf({ resource, subresource }: Right): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`
}

/** @param namespace absent for what belongs to none, or for all of them */
export async function isAllowed(api: Api, right: Right, namespace?: string): Promise<boolean> {
  const { status } = await api.post<{ status: { allowed: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...right, ...(namespace !== undefined && { namespace }) } },
    },
  )
  return status.allowed
}

export async function missingRights(
  api: Api,
  policy: Pick<Policy, 'target' | 'gates'>,
  ofKind: readonly Right[],
): Promise<Finding[]> {
  const { namespace } = policy.target
  const answers = await Promise.all(
    neededRights(policy, ofKind).map(async (right) => {
      if (await isAllowed(api, right, namespace)) return []
      return [finding('RBAC_FORBIDDEN', { verb: right.verb, resource: resourceOf(right), namespace })]
    }),
  )
  return answers.flat()
}
